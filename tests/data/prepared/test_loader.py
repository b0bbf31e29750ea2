"""A run on prepared data is the run on the text it was prepared from."""

import random
from pathlib import Path
from typing import Any

import pytest
from support import small
from support.prepared import KINDS, prepared, texts_of

from glassgpt import config
from glassgpt.data.loader import CorpusLoader, loader_of, suited
from glassgpt.data.prepared import dataset
from glassgpt.data.prepared import loader as prepared_loader
from glassgpt.data.prepared.dataset import PreparedData
from glassgpt.data.prepared.loader import PreparedLoader
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.errors import DataError, UsageError
from glassgpt.evaluation import Evaluation
from glassgpt.training.loop import train
from glassgpt.training.result import Result
from glassgpt.training.session import Session

# with copies, and more than one block of documents when blocks are small
TEXTS = [*small.names(90), *small.names(40)[::3], "é", "ab cd"]
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 16 documents, so that there are some of them."""
    for module in ("dataset", "index"):
        monkeypatch.setattr(f"glassgpt.data.prepared.{module}.BLOCK", 16)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PreparedData]:
    root = tmp_path_factory.mktemp("prepared")
    return {kind: prepared(root / kind, TEXTS, kind, shard=100) for kind in KINDS}


def both(data: PreparedData, **settings: Any) -> tuple[CorpusLoader, PreparedLoader]:
    """The course on the texts, and the one on what was prepared from them."""
    record = small.record(5, **{"order": "permute", **settings})
    seed, size = record.train.seed, record.model.block_size
    corpus = small.corpus(TEXTS)
    rng = random.Random(seed)
    plain = CorpusLoader(corpus, record.train, rng, data.tokenizer, size)
    return plain, PreparedLoader(data, record, random.Random(seed))


MODES = [
    {"order": "shuffle"},
    {"order": "permute"},
    {"order": "permute", "doc_mode": "chunk"},
    {"order": "permute", "doc_mode": "pack"},
]


@EVERY_KIND
@pytest.mark.parametrize("holdout", [0.0, 0.3])
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_draws_and_heldout_documents_are_those_of_the_text(
    kind: str, holdout: float, mode: dict[str, Any], folders: dict[str, PreparedData]
) -> None:
    settings = {**mode, "holdout": holdout, "num_steps": 7, "batch_docs": 3}
    plain, other = both(folders[kind], **settings)
    for k in range(300):
        wanted = plain.tokens(k)
        if mode.get("doc_mode") is None:
            wanted = wanted[:7]  # the block of 6, and the last target
        assert other.tokens(k) == wanted
    for some in (plain, other):  # many at once are the same
        assert some.sequences(90, 60) == [some.tokens(k) for k in range(90, 150)]
    assert list(other.trained()) == plain.trained()
    for limit in (None, 3, 0, 20, 1000):
        assert list(other.heldout(limit)) == plain.heldout(limit)
    texts = [*TEXTS[::7], "nobody"]
    assert other.reached_among(texts) == plain.reached_among(texts)


def test_with_enough_steps_every_document_is_reached(
    folders: dict[str, PreparedData],
) -> None:
    for mode in MODES:
        plain, other = both(folders["char"], **mode, num_steps=400)
        assert set(other.trained()) == set(TEXTS) == set(plain.trained())
        assert list(other.heldout()) == plain.heldout() == []


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_losses_samples_and_evaluation_are_those_of_the_text(
    mode: dict[str, Any], folders: dict[str, PreparedData]
) -> None:
    record = small.record(5, **mode, batch_docs=2, holdout=0.3, eval_docs=25)
    results: list[Result] = [
        train(Session(record, corpus))
        for corpus in (small.corpus(TEXTS), folders["char"])
    ]
    plain, other = results
    assert plain.losses == other.losses
    assert plain.samples == other.samples
    assert plain.evaluation == other.evaluation
    assert isinstance(plain.evaluation, Evaluation)


def test_heldout_documents_are_found_by_looking_further(
    folders: dict[str, PreparedData], monkeypatch: pytest.MonkeyPatch
) -> None:
    from glassgpt.data.prepared import heldout

    looked: list[float] = []
    below = heldout._below

    def spy(data: Any, seed: int, fraction: float) -> Any:
        looked.append(fraction)
        return below(data, seed, fraction / 1000 if fraction < 1 else fraction)

    monkeypatch.setattr(heldout, "_below", spy)
    monkeypatch.setattr(heldout, "MARGIN", 20)
    plain, other = both(folders["char"], num_steps=20, eval_docs=2)
    assert list(other.heldout()) == plain.heldout()
    assert len(looked) > 1


def test_prepared_data_brings_its_tokenizer_and_its_order(
    folders: dict[str, PreparedData],
) -> None:
    record = config.preset("step5")
    for kind, data in folders.items():
        found = suited(record, data, {}).train
        assert (found.tokenizer, found.order) == (kind, "permute")
        assert suited(record, data, {"order"}).train.order == "shuffle"
    assert suited(record, small.corpus(), {}) == record


def test_another_tokenizer_than_that_of_the_data_is_an_error(
    folders: dict[str, PreparedData],
) -> None:
    record = small.record(5, tokenizer="char")
    with pytest.raises(DataError, match="tokenizer: char; the data was prepared with"):
        Session(record, folders["bytes"])
    with pytest.raises(DataError, match="tokenizer: bpe; a text file has no trained"):
        Session(small.record(5, tokenizer="bpe"), small.corpus())


def test_what_needs_a_list_of_too_many_documents_is_an_error(
    folders: dict[str, PreparedData], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="joined in the order they lie in"):
        both(folders["char"], order="shuffle", doc_mode="pack")
    monkeypatch.setattr(prepared_loader, "MOST_SHUFFLED", 100)
    with pytest.raises(UsageError, match="that needs a list of 106 documents"):
        both(folders["char"], order="shuffle")


def test_a_holdout_that_leaves_nothing_is_an_error(tmp_path: Path) -> None:
    data = prepared(tmp_path, ["emma"])
    with pytest.raises(UsageError, match="it leaves none of 1 documents"):
        PreparedLoader(data, small.record(5, holdout=0.9, seed=7), random.Random(7))


def test_baselines_count_only_so_many_tokens(
    folders: dict[str, PreparedData], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared_loader, "COUNTED_TOKENS", 20)
    _, other = both(folders["char"], num_steps=50)
    counted = list(other.trained())
    assert 0 < len(counted) < 8
    assert sum(map(len, counted)) <= 20


def test_what_is_mapped_is_let_go_and_read_again(
    folders: dict[str, PreparedData], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_TOUCHED", 0)
    monkeypatch.setattr(dataset, "_OPEN", 2)
    assert len(folders["char"].manifest.shards) > 3
    assert texts_of(folders["char"]) == TEXTS


@pytest.mark.parametrize("engine", ["reference", "kernel"])
@pytest.mark.parametrize("order", ["shuffle", "permute"])
def test_packed_sequences_are_the_ring_of_all_documents(
    engine: str, order: str
) -> None:
    texts, block = small.names(12), 6
    record = small.record(5, doc_mode="pack", order=order, batch_docs=2, num_steps=3)
    session = Session(record, small.corpus(texts), "reference")
    rng = random.Random(42)
    joined = list(texts)
    if order == "shuffle":
        rng.shuffle(joined)
    ring = [i for text in joined for i in session.tokenizer.encode(text)[:-1]]
    count = -(-len(ring) // block)
    wanted = [
        [ring[(j * block + i) % len(ring)] for i in range(block + 1)]
        for j in range(count)
    ]
    drawn = [session.loader.tokens(k) for k in range(2 * count)]
    if order == "shuffle":
        assert drawn == wanted * 2
    else:
        assert sorted(drawn[:count]) == sorted(drawn[count:]) == sorted(wanted)
        assert drawn[:count] != drawn[count:]
    if engine == "kernel":
        pytest.importorskip("glassgpt.engines.kernel")
    result = train(Session(record, small.corpus(texts), engine))
    model = ReferenceEngine(session.record, random.Random(0))
    model.restore(session.engine.weights(), session.engine.buffers())
    losses = [model.loss(sequence) for sequence in drawn[:2]]
    assert result.losses[0] == pytest.approx(sum(losses) / 2, rel=1e-9)


def test_data_smaller_than_a_block_goes_round() -> None:
    record = small.record(5, doc_mode="pack", block_size=50)
    corpus = small.corpus(["ab", "c"])
    session = Session(record, corpus, "reference")
    course = loader_of(corpus, record, session.tokenizer, random.Random(42))
    assert len(course.tokens(0)) == 51
    assert course.tokens(0) == course.tokens(1)
    assert set(course.trained()) == {"ab", "c"}
