"""The map of two weights: cells by the lesson's own loss, ways by the package."""

import math
import random
from array import array
from typing import Any

import pytest
from support.guide.figure import Figure, Opener
from support.guide.lessons import NEAR, ODD

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import preset
from glassgpt.guide.facts import names
from glassgpt.guide.facts.adam import above
from glassgpt.training.session import Session

MATRICES = list(above.steepest_weights())
CELLS = 21


def rows(visit: Figure, kind: str) -> list[list[Any]]:
    return [row for row in visit.table if row[0] == kind]


def mean_loss(moves: dict[str, float], name_of_engine: str) -> float:
    """The mean over the tokens of the map's names, with steepest weights moved."""
    engine = Session(preset("step5"), names.corpus(), name_of_engine).engine
    weights = {}
    for name, tensor in engine.weights().items():
        values = array("d", tensor.values)
        if name in moves:
            values[above.steepest_weights()[name][0]] += moves[name]
        weights[name] = Tensor(tensor.shape, values)
    engine.restore(weights, engine.buffers())
    encode = names.tokenizer().encode
    texts = names.order()[: above.mapped_names()]
    losses = [loss for text in texts for loss in engine.token_losses(encode(text))]
    return math.fsum(losses) / len(losses)


def test_ten_cells_are_the_lessons_mean_loss(figure: Opener) -> None:
    visit = figure("landscape")
    for across, up, count in ((2, 3, 6), (0, 8, 4)):
        visit.turn(across=across, up=up)
        cells = rows(visit, "map")
        assert len(cells) == CELLS * CELLS
        chosen = [(CELLS * CELLS - 1) // 2, *random.Random(7).sample(range(441), 9)]
        for i in chosen[:count]:
            _, _, x, y, loss = cells[i]
            # a cell by the lesson itself, the others by its equal
            engine = "kernel" if i in chosen[1:] else "reference"
            wanted = mean_loss({MATRICES[across]: x, MATRICES[up]: y}, engine)
            assert loss == pytest.approx(wanted, **NEAR), (across, up, i)
        assert cells[0][2:4] == [cells[0][2]] * 2 and cells[0][2] < 0
        assert cells[(CELLS * CELLS - 1) // 2][2:4] == [0, 0]


def test_both_ways_are_the_package_s_step_by_step(figure: Opener) -> None:
    visit = figure("landscape")
    for across, up, rate in ((2, 3, 0.1), (2, 3, 0.5), (8, 0, 0.3)):
        visit.turn(across=across, up=up, rate=rate)
        for kind, step, of in (("SGD", 4, rate), ("Adam", 5, 0.01)):
            found = rows(visit, kind)
            moved = above.moved_through(step, of)
            assert [row[1] for row in found] == list(range(1001))
            for column, matrix in ((2, across), (3, up)):
                wanted = moved[MATRICES[matrix]]
                assert [r[column] for r in found] == pytest.approx(wanted, **NEAR)
    assert "After step 1,000" in visit.sentence


def test_what_the_page_says_of_both_ways_is_so() -> None:
    steep, flat = "lm_head", "layer0.attn_wq"
    assert above.steepest_slope(steep) > 100 * above.steepest_slope(flat)
    sgd = above.farthest_moved(4, steep) / above.farthest_moved(4, flat)
    adam = above.farthest_moved(5, steep) / above.farthest_moved(5, flat)
    assert sgd > 100 and adam < 5


def test_a_rate_that_breaks_and_own_documents_have_a_map_too(figure: Opener) -> None:
    visit = figure("landscape", rate=1)
    assert "training breaks at step" in visit.sentence
    assert len(rows(visit, "SGD")) < 1001 == len(rows(visit, "Adam"))
    visit.turn(at=1)
    assert "After step 1," in visit.sentence
    own = figure("landscape", docs=ODD["docs"])
    assert len(rows(own, "map")) == CELLS * CELLS
    assert all(math.isfinite(row[4]) for row in rows(own, "map"))
