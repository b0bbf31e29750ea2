"""Runs a part of a lesson, as it stands or changed: here, and in the reader's browser.

This file needs nothing but the standard library, for Pyodide loads it as it is: what a
page shows as printed came out of the same lines that run when the reader asks.
"""

import ast
import contextlib
import io
import json
import math
import os
import re
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

SHOWN = 20_000  # characters of output that are kept
TOLERANCE = 1e-9  # sums of floats differ by more than bits between versions of Python
YOURS = "<your code>"
_TELL_EVERY = 0.1  # seconds
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
Tell = Callable[[str], object]


class Printed(io.TextIOBase):
    """What a program prints, as far as it is shown, and how much it was in all."""

    def __init__(self, tell: Tell | None = None) -> None:
        self.text, self.characters = "", 0
        self._tell, self._told = tell, time.monotonic()

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, text: str) -> int:
        """Keep what still fits, and tell now and then what there is."""
        self.characters += len(text)
        self.text += text[: SHOWN - len(self.text)]
        now = time.monotonic()
        if self._tell and now - self._told >= _TELL_EVERY:
            self._told = now
            self._tell(self.text)
        return len(text)


def run(
    path: str,
    before: list[list[int]],
    numbers: dict[str, float],
    first: int,
    code: str,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Run the lines `before` of the file at `path` in silence, then `code`.

    `before` holds ranges of line numbers, first and last, both included; `numbers`
    takes the place of numbers that the file writes down. `code` stands at line `first`
    of the file. Where its last line is an expression, its value is printed.

    Returns output (at most SHOWN characters), characters (printed in all) and error:
    None, or kind, message and lines, those of the file that led to it, outermost first;
    and unknown, a character that has no id, where that is the cause.
    """
    printed = Printed(tell)
    space: dict[str, Any] = {"__name__": "__main__", "__file__": path}
    kept = sys.argv, sys.stdin, os._exit
    sys.argv, sys.stdin, os._exit = [path], io.StringIO(), _leave
    error = None
    try:
        with contextlib.redirect_stderr(printed):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(earlier(path, before, numbers), path, "exec"), space)
            with contextlib.redirect_stdout(printed):
                exec(compile(_showing(code, first), YOURS, "exec"), space)
    except SystemExit as left:
        if left.code not in (None, 0):
            error = _told_of(left, path)
    except BaseException as raised:
        error = _told_of(raised, path)
    finally:
        sys.argv, sys.stdin, os._exit = kept
    return {
        "output": printed.text,
        "characters": printed.characters,
        "error": error,
    }


def _leave(status: int) -> NoReturn:
    """What os._exit is meanwhile: the real one would end the page's Python."""
    raise SystemExit(status)


def earlier(path: str, before: list[list[int]], numbers: dict[str, float]) -> str:
    """The lines `before` where they stand in their file, and nothing between them."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    kept = {n for start, stop in before for n in range(start, stop + 1)}
    text = [line if n in kept else "" for n, line in enumerate(lines, start=1)]
    return with_numbers("\n".join(text), numbers)


def with_numbers(code: str, numbers: dict[str, float]) -> str:
    """The code with other numbers where a line begins with `name = number`."""
    for name, value in numbers.items():
        code = re.sub(rf"(?m)^{name} = [-\d.e]+", f"{name} = {value}", code)
    return code


def same(one: str, other: str) -> bool:
    """Whether two texts agree, word for word, their numbers within TOLERANCE."""
    numbers = _NUMBER.findall(one), _NUMBER.findall(other)
    if _NUMBER.sub("", one) != _NUMBER.sub("", other):
        return False
    if len(numbers[0]) != len(numbers[1]):
        return False
    pairs = zip(*numbers, strict=True)
    return all(
        math.isclose(float(a), float(b), rel_tol=TOLERANCE, abs_tol=1e-12)
        for a, b in pairs
    )


def answer(asked: str, tell: Tell | None = None) -> str:
    """`run` for a page: JSON in and out, `shipped` is what it should have printed."""
    given = json.loads(asked)
    shipped = given.pop("shipped")
    found = run(**given, tell=tell)
    agrees = found["error"] is None and same(found["output"], shipped)
    return json.dumps({**found, "same": agrees})


def _showing(code: str, first: int) -> ast.Module:
    """The code at its place in the file, its last value printed."""
    tree = ast.parse("\n" * (first - 1) + code, YOURS)
    match tree.body:
        case [*_, ast.Expr(value) as last] if not _prints(value):
            show = ast.Name("_show", ast.Load())
            last.value = ast.copy_location(ast.Call(show, [value], []), value)
            shower = ast.parse("def _show(x):\n    if x is not None: print(repr(x))")
            tree.body = [*shower.body, *tree.body]
    return ast.fix_missing_locations(tree)


def _prints(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "print"


def _told_of(raised: BaseException, path: str) -> dict[str, Any]:
    """What went wrong, and the lines of the lesson or the reader on the way there."""
    lines, unknown = [], None
    if isinstance(raised, SyntaxError) and raised.filename == YOURS:
        lines.append(raised.lineno or 0)
        message = raised.msg
    else:
        message = _words_of(raised)
        step = raised.__traceback__
        while step:
            if step.tb_frame.f_code.co_filename in (YOURS, path):
                lines.append(step.tb_lineno)
                unknown = _unknown(raised, step.tb_frame) or unknown
            step = step.tb_next
    return {
        "kind": type(raised).__name__,
        "message": message[:SHOWN],
        "lines": lines[:2] + lines[2:][-3:],
        "unknown": unknown,
    }


def _words_of(raised: BaseException) -> str:
    """What an exception says, where it can say anything."""
    try:
        return str(raised)
    except Exception as error:
        return f"its own text fails with {type(error).__name__}"


def _unknown(raised: BaseException, frame: types.FrameType) -> dict[str, Any] | None:
    """The character that a lesson's encode does not know, and how many it knows.

    Newer Pythons have no `char` any more when its loop has failed: the text is read.
    """
    chars = frame.f_globals.get("chars")
    if not isinstance(raised, ValueError) or not isinstance(chars, list):
        return None
    if frame.f_code.co_name not in ("encode", "<listcomp>"):
        return None
    texts = (text for text in frame.f_locals.values() if isinstance(text, str))
    unknown = [char for text in texts for char in text if char not in chars]
    return {"character": unknown[0], "count": len(chars)} if unknown else None
