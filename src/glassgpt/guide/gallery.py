"""The page of all figures: each with its picture, its lesson and places to begin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from glassgpt.guide.content.writing import Context, Page
from glassgpt.guide.fallbacks import fallback_name

# what all figures have in the address: the reader's word and documents
_SHARED = ("word", "docs")
Group = tuple[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Use:
    """Where the guide has a figure first: its page, its id there, its props."""

    page: Page
    identity: str
    props: dict[str, Any]


def first_uses(pages: Iterable[Page]) -> dict[str, Use]:
    """Of every figure on a page the first use, in reading order."""
    used: dict[str, Use] = {}
    for page in pages:
        for identity, one in page.figures.items():
            used.setdefault(one["name"], Use(page, identity, one["props"]))
    return used


def groups(
    context: Context, words: Mapping[str, str], first: Mapping[str, Use]
) -> list[Group]:
    """Every figure by the part of the guide that has it first."""
    found: dict[str, list[dict[str, Any]]] = {}
    table = context.figures.table
    for name in [*first, *(name for name in table if name not in first)]:
        use = first.get(name)
        one = {
            "name": name,
            "title": words.get(f"title-{name}", name),
            "states": _states(context, name),
            **_place(context, use),
        }
        found.setdefault(_part(context, use), []).append(one)
    return list(found.items())


def _part(context: Context, use: Use | None) -> str:
    """The step of a figure's lesson; for the rest of the guide one name."""
    step = use and use.page.source.step
    title = None if step is None else context.titles.get(f"/step/{step}/")
    return context.words["around"] if title is None else context.say(title)


def _place(context: Context, use: Use | None) -> dict[str, Any]:
    """The lesson's link, and the figure's picture there."""
    if use is None:
        return {"link": "", "place": "", "picture": None}
    source = use.page.source
    picture = fallback_name(source.path, use.identity)
    return {
        "link": source.path,
        "place": context.place(source),
        "picture": context.figures.fallbacks.get(picture),
    }


def _states(context: Context, name: str) -> list[tuple[str, str]]:
    """The states of a figure: as its address holds them, and in words."""
    found = []
    for state in context.figures.table[name].get("states", [{}]):
        own = {key if key in _SHARED else f"{name}.{key}": state[key] for key in state}
        said = ", ".join(in_words(context.words, name, *one) for one in state.items())
        found.append((urlencode(own) or "main", said or context.words["at_first"]))
    return found


def in_words(words: Mapping[str, str], figure: str, control: str, value: str) -> str:
    """What a control is set to, as words: some figures and values have their own."""
    kinds = (f"{control}_{value}", f"{figure}_{control}", control)
    said = next((words[f"state_{key}"] for key in kinds if f"state_{key}" in words), "")
    shown = ", ".join(" ".join(value.split()).split(","))
    return (said or f"{control} {{value}}").format(value=shown)
