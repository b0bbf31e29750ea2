"""All HTML of the site comes from templates: escaped, and no name left undefined."""

import base64
import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **given: Any) -> Markup:
    """A template filled in, as HTML that other templates take as it is."""
    return Markup(_environment().get_template(template).render(**given))


@functools.cache
def macros(template: str) -> Any:
    """The macros of a template, to be called as functions."""
    return _environment().get_template(template).module


def as_json(value: Any, **more: Any) -> str:
    """JSON in its own characters, for an attribute or a file."""
    return json.dumps(value, ensure_ascii=False, **more)


def in_script(value: Any) -> Markup:
    """JSON that may stand inside a script element."""
    text = as_json(value, separators=(",", ":"))
    return Markup(text.replace("</", "<\\/"))


@dataclass(frozen=True)
class InlineScript:
    """A script inside a page, and what lets a policy allow it and no other."""

    text: Markup
    allowed: str


def inline_script(name: str) -> InlineScript:
    """A script of the templates' folder."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return InlineScript(Markup(text), f"'sha256-{digest}'")
