"""The held-out loss and its baselines, against counts made here."""

import math
from collections import Counter
from itertools import pairwise

import pytest
from support import small

from glassgpt.errors import GlassGPTError
from glassgpt.evaluation import FEWEST, Evaluation, baseline_losses, evaluate
from glassgpt.kernel.bindings.library import constants, open_library
from glassgpt.tokenizers import CharTokenizer
from glassgpt.training.events import Noted
from glassgpt.training.loop import train

TRAINED = ["anna", "hanna", "ada", "bea", "abba", "nana"]
HELDOUT = ["annab", "bah", "dan", "h"]
TOKENIZER = CharTokenizer.from_documents(TRAINED)
VOCABULARY = len("abdehn") + 1


def baselines(trained: list[str], heldout: list[str]) -> dict[str, float]:
    trained_tokens, heldout_tokens = (
        [TOKENIZER.encode(text) for text in texts] for texts in (trained, heldout)
    )
    return baseline_losses(trained_tokens, heldout_tokens, TOKENIZER.vocab_size)


def mean_surprise(probs: list[float]) -> float:
    return sum(-math.log(p) for p in probs) / len(probs)


def marked(text: str) -> str:
    """A document with a mark where it begins and ends."""
    return f"|{text}|"


@pytest.mark.parametrize("step", range(6))
def test_the_loss_is_the_mean_over_tokens_not_over_documents(step: int) -> None:
    session = small.session(step)
    result = train(session)
    documents = session.loader.heldout()
    tokens = [session.tokenizer.encode(text) for text in documents]
    longest = 6 if step >= 3 else 99
    lengths = [min(longest, len(text) + 1) for text in documents]
    losses = [session.engine.loss(one) for one in tokens]
    weighted = sum(loss * n for loss, n in zip(losses, lengths, strict=True))
    evaluation = result.evaluation
    assert evaluation is not None
    assert (evaluation.documents, evaluation.tokens) == (20, sum(lengths))
    assert evaluation.loss == pytest.approx(weighted / sum(lengths), rel=1e-12)
    assert evaluation.loss != pytest.approx(sum(losses) / len(losses), rel=1e-6)


def test_uniform_is_the_logarithm_of_the_vocabulary() -> None:
    assert baselines(TRAINED, HELDOUT)["uniform"] == pytest.approx(math.log(VOCABULARY))


def test_letter_counts_each_character_and_the_end() -> None:
    counts = Counter("".join(text + "|" for text in TRAINED))
    total = sum(counts.values()) + VOCABULARY
    probs = [(counts[c] + 1) / total for text in HELDOUT for c in text + "|"]
    assert baselines(TRAINED, HELDOUT)["letter"] == pytest.approx(mean_surprise(probs))


def test_bigram_counts_each_pair() -> None:
    seen = Counter(
        text[i : i + 2] for text in map(marked, TRAINED) for i in range(len(text) - 1)
    )
    rows = Counter(c for text in map(marked, TRAINED) for c in text[:-1])
    probs = [
        (seen[text[i : i + 2]] + 1) / (rows[text[i]] + VOCABULARY)
        for text in map(marked, HELDOUT)
        for i in range(len(text) - 1)
    ]
    assert baselines(TRAINED, HELDOUT)["bigram"] == pytest.approx(mean_surprise(probs))


def test_trigram_leans_on_the_pair_as_if_seen_five_times() -> None:
    doubled = [f"|{marked(text)}" for text in TRAINED]
    triples = Counter(text[i : i + 3] for text in doubled for i in range(len(text) - 2))
    before = Counter(text[i : i + 2] for text in doubled for i in range(len(text) - 2))
    pair = Counter(text[i : i + 2] for text in doubled for i in range(1, len(text) - 1))
    row = Counter(c for text in doubled for c in text[1:-1])
    probs = []
    for text in (f"|{marked(text)}" for text in HELDOUT):
        for i in range(len(text) - 2):
            x, y, z = text[i : i + 3]
            p2 = (pair[y + z] + 1) / (row[y] + VOCABULARY)
            probs.append((triples[x + y + z] + 5 * p2) / (before[x + y] + 5))
    assert baselines(TRAINED, HELDOUT)["trigram"] == pytest.approx(mean_surprise(probs))


def test_place_counts_each_letter_where_it_stands_and_leans_on_the_pair() -> None:
    placed = Counter(
        (i, text[i], text[i + 1])
        for text in map(marked, TRAINED)
        for i in range(len(text) - 1)
    )
    stands = Counter((i, a) for i, a, _ in placed.elements())
    pair = Counter((a, b) for _, a, b in placed.elements())
    row = Counter(a for _, a, _ in placed.elements())
    probs = []
    # the last is longer than all that were counted: there the pair decides alone
    measured = [*HELDOUT, "annanna"]
    for text in map(marked, measured):
        for i, (a, b) in enumerate(pairwise(text)):
            p2 = (pair[a, b] + 1) / (row[a] + VOCABULARY)
            probs.append((placed[i, a, b] + 5 * p2) / (stands[i, a] + 5))
    assert probs[-1] == (pair["a", "|"] + 1) / (row["a"] + VOCABULARY)
    assert baselines(TRAINED, measured)["place"] == pytest.approx(mean_surprise(probs))


def test_trigram_equals_bigram_where_no_pair_was_seen_before() -> None:
    found = baselines(["ab", "na"], ["hh"])
    assert found["trigram"] > found["bigram"]  # |h was never seen, but || was
    found = baselines([], HELDOUT)
    assert found["trigram"] == pytest.approx(found["bigram"])
    assert found["place"] == pytest.approx(found["bigram"])


def test_baselines_know_more_the_further_they_look() -> None:
    documents = small.names(3000)
    tokenizer = CharTokenizer.from_documents(documents)
    tokens = [tokenizer.encode(text) for text in documents]
    found = baseline_losses(tokens[500:], tokens[:500], tokenizer.vocab_size)
    assert list(found) == ["uniform", "letter", "bigram", "trigram", "place"]
    further = ["uniform", "letter", "bigram", "trigram"]
    assert sorted(further, key=lambda name: -found[name]) == further
    assert found["place"] < found["bigram"]


def test_bigram_is_step_0_trained_on_the_same_documents() -> None:
    settings = {"documents": small.names(100), "holdout": 0.4}
    heldout = small.session(0, **settings).loader.heldout(0)
    session = small.session(0, **settings, num_steps=100 - len(heldout))
    evaluation = train(session).evaluation
    assert sorted(session.loader.trained() + heldout) == sorted(small.names(100))
    assert evaluation is not None
    assert evaluation.loss == pytest.approx(evaluation.baselines["bigram"], rel=1e-12)


def test_without_a_kernel_nothing_is_measured_and_a_line_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = small.session()
    monkeypatch.setenv("GLASSGPT_KERNEL", "none")
    open_library.cache_clear()
    told = []
    try:
        assert train(session, told.append).evaluation is None
        with pytest.raises(GlassGPTError, match="missing kernel"):
            evaluate(session.engine, session.tokenizer, session.loader)
        with pytest.raises(GlassGPTError, match="missing kernel"):
            small.session(holdout=0.1)
    finally:
        open_library.cache_clear()
    assert [event for event in told if isinstance(event, Noted)] == [
        Noted("no held-out loss: missing kernel; Unset GLASSGPT_KERNEL to have it.")
    ]


def test_the_kernels_fewest_are_those_of_the_package() -> None:
    assert constants()["FEWEST_HELDOUT"] == FEWEST


@pytest.mark.parametrize(("left", "measured"), [(19, False), (20, True)])
def test_fewer_than_20_documents_say_nothing(left: int, measured: bool) -> None:
    session = small.session(documents=small.names(6 + left))
    train(session)
    found = session.evaluate()
    assert (found is not None) is measured


def test_the_limit_says_how_many_documents_count() -> None:
    session = small.session(eval_docs=30)
    for limit, expected in ((None, 30), (25, 25), (0, 54), (19, 19)):
        found = evaluate(session.engine, session.tokenizer, session.loader, limit)
        assert (found.documents if found else None) == expected


def test_measuring_leaves_the_generator_and_the_weights_alone() -> None:
    session = small.session(5)
    state, weights = session.rng.getstate(), session.engine.weights()
    session.evaluate()
    assert session.rng.getstate() == state
    assert session.engine.weights() == weights


@pytest.mark.parametrize("loss", [2.5, 800.0, math.inf])
def test_an_evaluation_survives_json(loss: float) -> None:
    evaluation = Evaluation(loss, 20, 90, {"uniform": 3.3})
    plain = evaluation.to_json()
    again = Evaluation.from_json(plain)
    assert again == evaluation
    assert plain["loss"] == (loss if loss < math.inf else None)
    assert plain["perplexity"] == (math.exp(loss) if loss == 2.5 else None)


def test_perplexity_is_that_of_choosing_among_so_many() -> None:
    assert Evaluation(math.log(27), 20, 90, {}).perplexity == pytest.approx(27)
