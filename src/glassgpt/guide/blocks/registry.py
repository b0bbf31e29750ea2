"""Which function writes which block."""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping

from markdown_it.token import Token
from markupsafe import Markup

from glassgpt.errors import unknown
from glassgpt.guide import blocks as package
from glassgpt.guide.content.writing import Writing

Block = Callable[[Writing, str, str], Markup]
"""Takes the page, what stands after the block's name, and the block's lines."""
_BLOCKS: dict[str, Block] = {}


def block(*names: str) -> Callable[[Block], Block]:
    """Let a function write the blocks of these names."""

    def register(function: Block) -> Block:
        _BLOCKS.update(dict.fromkeys(names, function))
        return function

    return register


@functools.cache
def blocks() -> Mapping[str, Block]:
    """Every function that writes blocks, by the block's name."""
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return _BLOCKS


def write_block(writing: Writing, token: Token) -> str:
    """A block as HTML. Raises UsageError for one of an unknown name."""
    kind, _, rest = token.info.strip().partition(" ")
    if kind not in blocks():
        raise unknown("block", kind, blocks())
    made = blocks()[kind](writing, rest.strip(), token.content)
    predicts = kind == "question" and writing.page.questions[-1].predict
    writing.page.blocks.append("prediction" if predicts else kind)
    return made
