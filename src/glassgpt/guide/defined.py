"""What a page's code uses of the lessons before it, and what it uses ahead of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glassgpt.errors import invalid
from glassgpt.guide.code import listings
from glassgpt.guide.code.listings import Definition, Slice
from glassgpt.guide.content.pages import PageError
from glassgpt.guide.content.writing import Context, Page
from glassgpt.lessons import Lesson, lesson


@dataclass(frozen=True)
class Name:
    """A name of the code, what it means, and the page that explains it."""

    name: str
    meaning: str
    page: Page

    @property
    def link(self) -> str:
        """The address of that page."""
        return self.page.source.path


def names_before(page: Page, pages: Sequence[Page], context: Context) -> list[Name]:
    """The names that a page's code uses and that pages before it explain.

    Raises PageError for one that is explained only later, unless the page's front
    matter says so (`later`), and for one without a meaning.
    """
    place = [one.source.path for one in pages].index(page.source.path)
    own, found, ahead = _used(page), list[Name](), list[Name]()
    for program, one in own:
        if by := _explained_by(program, one, pages[:place]):
            found.append(Name(one.name, _meaning(page, one, context), by))
        elif by := _explained_by(program, one, pages[place + 1 :], same_step=True):
            ahead.append(Name(one.name, "", by))
    _check_order(page, ahead)
    return found


def _used(page: Page) -> list[tuple[Lesson, Definition]]:
    """What the page's code needs, each name once."""
    found: dict[str, tuple[Lesson, Definition]] = {}
    for step in sorted({one.program.step for one in page.slices}):
        own = [one for one in page.slices if one.program.step == step]
        for one in listings.needed(own):
            found[one.name] = (lesson(step), one)
    return list(found.values())


def _explained_by(
    program: Lesson, one: Definition, pages: Sequence[Page], same_step: bool = False
) -> Page | None:
    """The first of some lessons that explains a name, there or in an equal line."""
    for page in pages:
        for part in page.slices if page.source.number else []:
            if part.program.step != program.step and same_step:
                continue
            if any(_equal(program, one, part, other) for other in _defined_in(part)):
                return page
    return None


def _defined_in(part: Slice) -> Iterator[Definition]:
    return (
        one
        for one in listings.definitions(part.program).values()
        if one.line in part.lines
    )


def _equal(program: Lesson, one: Definition, part: Slice, other: Definition) -> bool:
    """Whether two steps make a name in the same words."""
    if one.name != other.name:
        return False
    return program.step == part.program.step or one.text == other.text


def _meaning(page: Page, one: Definition, context: Context) -> str:
    if meaning := context.meanings.get(one.name) or one.meaning:
        return context.say(meaning)
    remedy = f'Write {one.name} = "…" in names.toml, beside the glossary.'
    what = f"{page.source.name}: missing meaning of a name that its code uses"
    raise PageError(f"{what}: {one.name}", remedy)


def _check_order(page: Page, ahead: Sequence[Name]) -> None:
    """Raise PageError for a name that is used before its lesson, and not said to be."""
    said = list(page.source.front.get("later", []))
    for one in ahead:
        if one.name not in said:
            where = one.page.source.number
            what = f"{page.source.name}: name used before its lesson, {where}"
            remedy = f'Change the order, or say so above: later = ["{one.name}"]'
            raise PageError(f"{what}: {one.name}", remedy)
    names = [one.name for one in ahead]
    if idle := [name for name in said if name not in names]:
        why = "its code does not use it before its lesson"
        raise invalid(f"later of {page.source.name}", idle[0], why, error=PageError)
