"""Every gradient of every step, against central differences at full size."""

import pytest

from glassgpt.check import check_step
from glassgpt.config import preset
from glassgpt.data import load
from glassgpt.engines.base import num_params


@pytest.mark.full
@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_every_gradient_of_a_step_is_the_slope_of_the_loss(step: int) -> None:
    found = check_step(step, load("names"), every=True)
    assert sum(matrix.checked for matrix in found.matrices) == num_params(
        preset(f"step{step}").model
    )
    assert {
        matrix.name: matrix.largest for matrix in found.matrices if not matrix.passed
    } == {}
