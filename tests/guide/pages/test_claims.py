"""What pages once said that was not so: what runs stands there, and nothing else."""

import html
import re
from pathlib import Path

import pytest

# of a page, what stands there and what must not
CLAIMS = [
    ("/", r"31,257 of them the training never reads", r"reads 32,257"),
    ("/", r"1,000 steps", r"only a few named parts"),
    ("/step/0/", r"Five steps from here", r"[Ss]ix steps from here"),
    (
        "/step/0/",
        r"to count which pairs|counts?",
        r"[Nn]othing (to tune|that could be tuned)",
    ),
    ("/step/0/2/", r"between 100,000 and 260,000", r"tens of thousands"),
    ("/step/0/3/", r"Row j is short and clear", r"sure of itself|nearly always u"),
    ("/step/0/5/", r"nats a token", r"too small to write|nats a letter"),
    ("/step/0/6/", r"Step 3 begins at 3\.19", r"[Aa] first loss different"),
    ("/step/1/", r"trained by this loop", r"[Ee]verything that is called training"),
    ("/step/1/3/", r"mostly positive where the other is negative", r"where .* is low"),
    ("/step/1/5/", r"5 predictions for emma", r"A thousand predictions|way back"),
    ("/step/1/6/", r"the curve looks like a straight line", r"no single slope"),
    ("/step/1/7/", r"used in one multiplication", r"should move"),
    ("/step/1/9/", r"stochastic means by chance", r"stagger|hence the name"),
    ("/start/", r"Its size says how steep it is", r"how much there is to gain"),
    ("/about/", r"no result was typed in", r"no number was typed|and no third"),
    ("/about/", r"losses to seven digits", r"losses to nine digits"),
    ("/glossary/", r"power of one over the temperature", r"[Dd]ivides the logits"),
]


def said(file: Path) -> str:
    """What a page says, code and all."""
    body = re.sub(
        r"(?s)<(script|style|svg|math)\b.*?</\1>", " ", file.read_text("utf-8")
    )
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", body)))


@pytest.mark.parametrize(("path", "stands", "never"), CLAIMS)
def test_a_claim_that_was_wrong_is_put_right(
    path: str, stands: str, never: str, guide_site: Path
) -> None:
    text = said(guide_site / path.strip("/") / "index.html")
    assert re.search(stands, text)
    assert not (found := re.search(never, text)), found
