"""What a page may say of the names and the programs, worked out here and now.

One file a subject: its functions marked `@call` are what pages ask by name. A new file
is found by itself.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Called = TypeVar("Called", bound=Callable[..., Any])
_CALLS: dict[str, Callable[..., Any]] = {}


class Sentence(str):
    """Words of an answer, which are shown in the page's language."""


def call(function: Called) -> Called:
    """Let pages ask for a function by its name."""
    name = function.__name__
    if name in _CALLS:
        raise ValueError(f"two calls of pages are named {name}")
    _CALLS[name] = function
    return function


@functools.cache
def calls() -> Mapping[str, Callable[..., Any]]:
    """Every function that pages may call, by name."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return _CALLS
