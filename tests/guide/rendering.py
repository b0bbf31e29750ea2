"""A page of a test's own, rendered with the interface's words and one figure."""

from pathlib import Path

from glassgpt.guide.content.markdown import render
from glassgpt.guide.content.pages import FOLDER, Source, read_page, read_strings
from glassgpt.guide.content.writing import Context, Page
from glassgpt.guide.figures import Figures

HEAD = '+++\ntitle = "A title"\nsummary = "A line."\n+++\n'
WORDS = read_strings(FOLDER, "en")["page"]
FIGURES = Figures(
    {
        "bars": {
            "chunk": "bars.js",
            "props": {"step": "number", "names": "text?"},
            "height": {"390": 300, "960": 200},
        }
    },
    {"runtime/figure/loader.ts": {"file": "loader-1.js"}},
)
GOOD = '```figure bars\nid = "b"\nalt = "Bars."\n[props]\nstep = 0\n```\n'


def source(text: str, folder: Path, name: str = "step/0/3.md") -> Source:
    """A page's file with this text under its head."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HEAD + text, encoding="utf-8")
    return read_page(file, folder)


def rendered(text: str, folder: Path, language: str = "en") -> Page:
    """A lesson with this text, rendered."""
    context = Context(WORDS, FIGURES, {"/step/0/3/": "Count table"}, language)
    return render(source(text, folder), context)
