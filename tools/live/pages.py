"""Builds the pages for each line that comes in, and answers each with a line of JSON.

It stays, so that what the pages compute is computed once:
python tools/live/pages.py GUIDE ASSETS SITE
"""

import json
import signal
import sys
from pathlib import Path

from glassgpt.errors import GlassGPTError
from glassgpt.guide.build import build


def answer(guide: Path, assets: Path, site: Path) -> dict[str, str]:
    """What came of a build: an error and its remedy, both empty when it is good."""
    try:
        build(site, guide, assets, encode=False)
    except GlassGPTError as error:
        return {"error": str(error), "remedy": error.remedy or ""}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "remedy": ""}
    return {"error": "", "remedy": ""}


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this ends it
    for _line in sys.stdin:
        print(json.dumps(answer(*map(Path, sys.argv[1:4]))), flush=True)
