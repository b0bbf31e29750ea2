"""PyTorch is there, or these tests are not run."""

import pytest
from support import require_torch


@pytest.fixture(autouse=True)
def torch_is_installed() -> None:
    require_torch()
