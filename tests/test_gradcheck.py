"""Every gradient of every step, against central differences at full size."""

import pytest

from glassgpt.config import preset
from glassgpt.data.documents import read
from glassgpt.engines.shapes import num_params
from glassgpt.gradcheck import check_step


@pytest.mark.full
@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_every_gradient_of_a_step_is_the_slope_of_the_loss(step: int) -> None:
    found = check_step(step, read("names"), every=True)
    assert sum(matrix.checked for matrix in found.matrices) == num_params(
        preset(f"step{step}").model
    )
    assert {
        matrix.name: matrix.largest for matrix in found.matrices if not matrix.passed
    } == {}
