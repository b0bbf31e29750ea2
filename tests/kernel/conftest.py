"""The kernel's tests need a kernel: it is built when it is missing or out of date."""

import pytest
from hypothesis import settings
from support import not_run

from glassgpt.errors import GlassGPTError
from glassgpt.kernel import build
from glassgpt.kernel.bindings.library import why_unavailable

# where each call takes longer, under sanitizers
settings.register_profile("few", max_examples=15, deadline=None, derandomize=True)


@pytest.fixture(scope="session", autouse=True)
def built_kernel() -> None:
    """Both native libraries, of the sources as they are."""
    if why_unavailable():
        try:
            build.build()
        except GlassGPTError as error:
            not_run("cc", str(error))
    assert not why_unavailable("float64")
    assert not why_unavailable("float32")
