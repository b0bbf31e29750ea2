"""What `glassgpt data inspect` prints."""

from collections.abc import Iterator

from glassgpt.data.inspection import Inspection, Lengths
from glassgpt.errors import shown
from glassgpt.formatting import format_number

_BAR = 40
_ROWS = 20


def inspection_lines(found: Inspection) -> Iterator[str]:
    """The facts about some documents, as a person would ask for them."""
    yield f"{_count(found.documents)} documents in {shown(found.name)}"
    yield f"  distinct {_count(found.distinct)}, blank lines dropped {found.blank}"
    if found.indented:
        line = (
            f"  spaces trimmed at the beginning of {_count(found.indented)} documents"
        )
        yield f"{line}; data prepare --whole keeps those inside a file"
    if found.duplicates:
        commonest = ", ".join(f"{shown(text, 30)} x{n}" for text, n in found.commonest)
        yield f"  repeated {_count(found.duplicates)}: {commonest}"
    yield ""
    yield f"vocabulary: {len(found.vocabulary)} characters, and BOS"
    yield from _vocabulary(found.vocabulary)
    for odd in found.odd[:_ROWS]:
        where = (
            f"in {_count(odd.documents)} documents, such as {shown(odd.example, 30)}"
        )
        yield f"  odd: {shown(odd.character)} {odd.code} {odd.name}, {where}"
    if len(found.odd) > _ROWS:
        yield f"  and {len(found.odd) - _ROWS} more odd ones"
    yield ""
    yield from _lengths(found.lengths)
    yield f"  longest: {shown(found.longest_document, 60)}"
    yield ""
    yield _cut(found)


def _vocabulary(counts: dict[str, int]) -> Iterator[str]:
    words = [f"{_visible(char)} {_count(n)}" for char, n in counts.items()]
    for start in range(0, min(len(words), 120), 6):
        yield (
            "  " + "".join(word.ljust(13) for word in words[start : start + 6]).rstrip()
        )
    if len(words) > 120:
        yield f"  and {len(words) - 120} more"


def _lengths(lengths: Lengths) -> Iterator[str]:
    mean, median = format_number(lengths.mean, 1), format_number(lengths.median, 1)
    shortest, longest = lengths.shortest, _count(lengths.longest)
    yield f"length: {shortest} to {longest} characters, mean {mean}, median {median}"
    bins = _bins(lengths.histogram)
    most = max(n for _, n in bins)
    for name, n in bins:
        bar = "#" * max(1, round(_BAR * n / most)) if n else ""
        yield f"  {name:>11} {bar} {_count(n)}"


def _bins(histogram: dict[int, int]) -> list[tuple[str, int]]:
    """The histogram in at most twenty rows of equal width."""
    low, high = min(histogram), max(histogram)
    width = -(-(high - low + 1) // _ROWS)
    bins = []
    for start in range(low, high + 1, width):
        end = start + width - 1
        name = str(start) if width == 1 else f"{start} to {end}"
        bins.append((name, sum(n for k, n in histogram.items() if start <= k <= end)))
    return bins


def _cut(found: Inspection) -> str:
    cut = found.cut
    line = f"block_size {cut.block_size} cuts "
    if not cut.documents:
        return line + "none of them"
    return (
        line + f"{_count(cut.documents)} documents, and drops {_count(cut.characters)} "
        f"characters; --set block_size={found.lengths.longest + 1} cuts none"
    )


def _visible(character: str) -> str:
    return "space" if character == " " else shown(character)


def _count(number: int) -> str:
    return format_number(number, 0)
