"""The block of a figure: its place in a page, and what stands there without scripts."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from glassgpt.errors import invalid
from glassgpt.guide.blocks.registry import block
from glassgpt.guide.content.expressions import CALL, evaluate
from glassgpt.guide.content.pages import PageError, read_toml
from glassgpt.guide.content.writing import Context, Writing
from glassgpt.guide.facts import Sentence
from glassgpt.guide.fallbacks import fallback_name
from glassgpt.guide.templating import as_json, render

_FIELDS = {"id", "alt", "hint", "height", "props"}


@block("figure")
def figure(writing: Writing, name: str, text: str) -> Markup:
    """A figure with hints above it and its sentence under it."""
    given = _read(name, text)
    figures = writing.context.figures
    answers = _worked_out(given.get("props", {}))
    props = figures.props(name, _told(writing.context, answers))
    identity = str(given["id"])
    if identity in writing.page.figures:
        raise invalid("figure id", identity, "it is there twice")
    writing.page.figures[identity] = {"name": name, "props": props}
    fallback = figures.fallbacks.get(fallback_name(writing.source.path, identity))
    return figure_html(
        writing.context,
        name,
        identity,
        props,
        height=given.get("height"),
        hints=[writing.inline(one) for one in given.get("hint", [])],
        alt=writing.inline(given["alt"]),
        fallback=fallback,
        # elsewhere it would add to what reading costs
        meanwhile=writing.source.front.get("kind") == "home",
    )


def figure_html(
    context: Context, name: str, identity: str, props: dict[str, Any], **more: Any
) -> Markup:
    """A figure's place: its room, and the fallback in it where nothing can compute.

    `more` may hold height, hints, alt, fallback, and whether that stands meanwhile.
    """
    room = context.figures.height(name, more.pop("height", None))
    return render(
        "blocks/figure.html",
        words=context.words,
        name=name,
        id=identity,
        props=as_json(props, sort_keys=True),
        room=";".join(f"--h-{width}:{px}px" for width, px in room.items()),
        wide=context.figures.wide(name),
        **{"hints": [], "alt": "", "fallback": None, "meanwhile": False, **more},
    )


def _read(name: str, text: str) -> dict[str, Any]:
    given = read_toml(text)
    for wanted in ("id", "alt"):
        if not given.get(wanted):
            why = "it has no words for those who cannot see it"
            raise invalid(f"figure {name}", f"no {wanted}", why, error=PageError)
    if given.keys() - _FIELDS:
        raise invalid(f"figure {name}", ", ".join(given), error=PageError)
    return given


def _worked_out(props: dict[str, Any]) -> dict[str, Any]:
    """Props, those that are a call replaced by what the package answers."""
    return {
        key: evaluate(call["call"])
        if isinstance(value, str) and (call := CALL.fullmatch(value))
        else value
        for key, value in props.items()
    }


def _told(context: Context, answer: Any) -> Any:
    """An answer whose sentences are in the language that is built."""
    if isinstance(answer, Sentence):
        return context.say(answer)
    if isinstance(answer, Mapping):
        return {key: _told(context, value) for key, value in answer.items()}
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        return [_told(context, value) for value in answer]
    return answer
