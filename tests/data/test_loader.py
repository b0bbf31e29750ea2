"""What a run is trained on, and what it never sees."""

import hashlib
import random
from collections import Counter

import pytest
from support import small

from glassgpt.data.loader import CorpusLoader
from glassgpt.data.order import shuffled

ORDERS = ("shuffle", "permute")
# 40 texts, each of them four times
COPIES = [f"{a}{b}" for a in "abcdefgh" for b in "uvxyz"] * 4


def course(documents: list[str], **settings: object) -> CorpusLoader:
    record = small.record(**settings)
    return CorpusLoader(small.corpus(documents), record.train, random.Random(42))


def by_hash(texts: list[str], seed: int = 42) -> list[str]:
    """The rule, once more: sha256 of the seed, a line end and the text."""
    return sorted(texts, key=lambda t: hashlib.sha256(f"{seed}\n{t}".encode()).digest())


def test_documents_come_in_the_lessons_order_round_and_round() -> None:
    documents = small.names(5)
    expected = shuffled(documents, random.Random(42))
    drawn = [course(documents).batch(step)[0] for step in range(12)]
    assert drawn == (expected * 3)[:12]


def test_a_permuted_order_goes_through_all_before_it_repeats() -> None:
    documents = small.names(7)
    drawn = [course(documents, order="permute").batch(step)[0] for step in range(14)]
    assert sorted(drawn[:7]) == sorted(drawn[7:]) == sorted(documents)
    assert drawn[:7] != drawn[7:]


@pytest.mark.parametrize("order", ORDERS)
def test_the_steps_together_see_what_trained_says(order: str) -> None:
    some = course(COPIES, order=order, num_steps=9, batch_docs=3)
    seen = [text for step in range(9) for text in some.batch(step)]
    assert len(seen) == 27
    assert some.trained() == list(dict.fromkeys(seen))


@pytest.mark.parametrize("order", ORDERS)
def test_heldout_is_distinct_and_never_trained_on(order: str) -> None:
    some = course(COPIES, order=order, num_steps=20, eval_docs=0)
    heldout, trained = some.heldout(), some.trained()
    assert Counter(heldout) == Counter(set(COPIES) - set(trained))
    assert heldout and trained


@pytest.mark.parametrize("settings", [{}, {"holdout": 0.7}])
def test_heldout_is_cut_to_those_of_smallest_hash(settings: dict[str, float]) -> None:
    some = course(small.names(), **settings, eval_docs=7)
    everything = some.heldout(0)
    assert everything == by_hash(everything)
    assert some.heldout() == everything[:7] and len(everything) > 7
    assert some.heldout(3) == everything[:3]


@pytest.mark.parametrize("order", ORDERS)
def test_no_copy_of_a_held_out_text_is_trained_on(order: str) -> None:
    some = course(COPIES, order=order, holdout=0.3, num_steps=200, eval_docs=0)
    seen = {text for step in range(200) for text in some.batch(step)}
    heldout = some.heldout()
    assert 0 < len(heldout) < 40
    assert seen == set(COPIES) - set(heldout)


def test_holdout_is_about_the_fraction_and_grows_with_it() -> None:
    documents = small.names(1000)
    less, more = (
        set(course(documents, holdout=share, eval_docs=0).heldout())
        for share in (0.1, 0.3)
    )
    assert 70 < len(less) < 130 and 250 < len(more) < 350
    assert less < more


def test_the_same_seed_holds_out_the_same_whatever_the_order() -> None:
    documents, kept = small.names(200), []
    for order in ORDERS:
        for texts in (documents, documents[::-1]):
            kept.append(course(texts, order=order, holdout=0.2).heldout())
    assert all(texts == kept[0] for texts in kept)
    assert course(documents, holdout=0.2, seed=7).heldout() != kept[0]


def test_two_runs_of_a_record_measure_on_the_same_documents() -> None:
    kept = [small.session(step).loader.heldout() for step in range(6)]
    assert len(kept[0]) == 20
    assert all(texts == kept[0] for texts in kept)


@pytest.mark.parametrize("step", [1, 5])
def test_holding_out_leaves_the_first_weights_alone(step: int) -> None:
    plain = small.session(step)
    kept = small.session(step, holdout=0.3)
    assert kept.engine.weights() == plain.engine.weights()
    assert kept.rng.getstate() == plain.rng.getstate()
