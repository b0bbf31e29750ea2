"""Works out what pages ask for from the last on, while the build comes from the first.

Each keeps its answers where the other finds them (`glassgpt.guide.cache`), so that a
build that has nothing to go on takes two processors. What is wrong with a page is the
build's to say.
"""

from contextlib import suppress

from glassgpt.guide import verify
from glassgpt.guide.build import read_context
from glassgpt.guide.content.markdown import render
from glassgpt.guide.content.pages import ASSETS, FOLDER
from glassgpt.guide.figures import Figures
from glassgpt.lessons import FILES


def main() -> None:
    """Render every page and forget it."""
    context, _ = read_context(FOLDER, Figures.read(ASSETS))
    for source in reversed(context.sources):
        with suppress(Exception):
            render(source, context)
    for step in range(len(FILES)):
        with suppress(Exception):
            verify.expected(step)


if __name__ == "__main__":
    main()
