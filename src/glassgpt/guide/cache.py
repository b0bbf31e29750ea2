"""What takes long and always comes out the same: kept in build/ at the checkout.

What is kept is named by all that it comes from, so nothing in it is ever stale: what
changed has another name. What nothing asked for in a month goes. Without a checkout
everything is made anew.
"""

import functools
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from glassgpt.guide import stamp
from glassgpt.guide.content.pages import CHECKOUT

FOLDER = CHECKOUT / "build"
ROOMS = ("encoded", "facts")
_KEPT_FOR = 30 * 24 * 3600  # seconds
Fact = TypeVar("Fact", bound=Callable[..., Any])


def recall(room: str, name: str, make: Callable[[], bytes]) -> bytes:
    """The bytes that are kept in a room by this name, made when they are not there."""
    if not (CHECKOUT / "guide").is_dir():
        return make()
    file = FOLDER / room / name
    with suppress(OSError):
        body = file.read_bytes()
        os.utime(file)
        return body
    body = make()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        _put(file, body)
    return body


def _put(file: Path, body: bytes) -> None:
    """Write a file that is there as a whole or not at all."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as out:
        out.write(body)
    Path(name).replace(file)


def kept_fact(function: Fact) -> Fact:
    """A function whose answers are kept as JSON, by the code that they come from."""
    called = f"{function.__module__}.{function.__name__}"

    @functools.wraps(function)
    def asked(*given: Any, **more: Any) -> Any:
        question = f"{stamp.of_facts()} {called}{given}{sorted(more.items())}"
        name = hashlib.sha256(question.encode()).hexdigest()
        make = partial(function, *given, **more)
        return json.loads(recall("facts", name, lambda: json.dumps(make()).encode()))

    return cast(Fact, functools.cache(asked))


def clear_old() -> None:
    """Remove what nothing has asked for in a month."""
    last = time.time() - _KEPT_FOR
    for room in ROOMS:
        for file in (FOLDER / room).glob("*"):
            with suppress(OSError):
                if file.stat().st_mtime < last:
                    file.unlink()
