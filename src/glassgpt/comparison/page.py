"""A comparison as one HTML file: picture, tables, names, and how it was made.

It needs no script and asks nobody for anything; light, dark, paper and phone.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape

from glassgpt.comparison.experiment import (
    TEMPERATURE,
    Comparison,
    Outcome,
    heldout_loss,
)
from glassgpt.comparison.notes import notes, summary, written
from glassgpt.comparison.plot import INK, MUTED, PAPER, draw
from glassgpt.errors import shown
from glassgpt.formatting import format_number


def page(comparison: Comparison, version: str) -> str:
    """The whole file; `version` is of the program that makes it."""
    title = "The lessons side by side"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{escape(summary(comparison))}</p>",
        _figure(comparison),
        "<h2>Held-out loss</h2>",
        _heldout(comparison),
        "<h2>While training</h2>",
        _training(comparison),
        "<h2>How to read it</h2>",
        "".join(f"<p>{escape(note)}</p>" for note in notes(comparison)),
        "<h2>What they write</h2>",
        _samples(comparison),
        "<h2>How it was made</h2>",
        _making(comparison, version),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _figure(comparison: Comparison) -> str:
    """The picture twice: one for wide places, one for narrow ones."""
    wide, narrow = draw(comparison), draw(comparison, 360, 560)
    caption = (
        "Dots: losses of single steps. Lines: the same, smoothed over about a "
        "twentieth of the run. Large dots at the right: held-out losses. Dashed: "
        "baselines."
    )
    return (
        f'<figure><div class="wide">{wide}</div><div class="narrow">{narrow}</div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _heldout(comparison: Comparison) -> str:
    """Steps and baselines in one table, the best first."""
    evaluation = comparison.evaluation
    if evaluation is None:
        return "<p>None: --holdout 0.1 keeps documents out to measure on.</p>"
    rows = [
        (heldout_loss(group[0]), f"<b>{_name(group)}</b>")
        for group in comparison.groups()
        if group[0].evaluation
    ]
    rows += [(loss, f"{name} baseline") for name, loss in evaluation.baselines.items()]
    over = (
        f"On {format_number(evaluation.documents, 0)} documents, "
        f"{format_number(evaluation.tokens, 0)} tokens, that none was trained on."
    )
    return f"<p>{over}</p>" + _table(
        ["", "loss", "as good as choosing among"],
        [
            [name, format_number(loss), f"{format_number(math.exp(loss), 1)} tokens"]
            for loss, name in sorted(rows)
        ],
    )


def _training(comparison: Comparison) -> str:
    return _table(
        ["", "first loss", "smoothed last", "parameters"],
        [
            [
                f"<b>{_name([outcome])}</b>",
                written(outcome.losses[0] if outcome.losses else None),
                written(outcome.smoothed),
                format_number(outcome.parameters, 0),
            ]
            for outcome in comparison.outcomes
        ],
    )


def _samples(comparison: Comparison) -> str:
    """Each step's own at one temperature; those that are in the data are marked."""
    rows = [
        f"<dt>{_name(group)}</dt><dd>{', '.join(_words(group[0]))}</dd>"
        for group in comparison.groups()
        if group[0].samples
    ]
    said = (
        f"All at temperature {TEMPERATURE}, step 0 too, and from the same seed. "
        "Dotted ones are in the data."
    )
    return f"<p>{said}</p><dl>{''.join(rows)}</dl>"


def _words(outcome: Outcome) -> Iterable[str]:
    for sample in outcome.samples:
        text = escape(shown(sample.text, 200)) or "(nothing)"
        yield f"<u>{text}</u>" if sample.known else text


def _making(comparison: Comparison, version: str) -> str:
    corpus, outcomes = comparison.corpus, comparison.outcomes
    facts = {
        "Command": f"<code>{escape(comparison.command())}</code>",
        "Data": f"{escape(corpus.name)}, {len(corpus.documents):,} documents",
        "Their sha256": f"<code>{corpus.sha256}</code>",
        "Seed": str(comparison.seed),
        "Engine": escape(", ".join(dict.fromkeys(x.engine for x in outcomes))),
        "Precision": outcomes[0].record.train.dtype,
        "Trained in": f"{comparison.seconds:,.3f} seconds, all of them",
        "Made by": f"glassgpt {version}",
    }
    rows = (f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    return f"<dl>{''.join(rows)}</dl>"


def _name(group: Sequence[Outcome]) -> str:
    numbers = " = ".join(str(outcome.step) for outcome in group)
    titles = ", ".join(outcome.title for outcome in group)
    return f"{numbers} {titles}".replace(" ", "\N{NO-BREAK SPACE}", 1)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td>{cell}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_STYLE = (
    f":root{{--paper:{PAPER[0]};--ink:{INK[0]};--muted:{MUTED[0]};--rule:#d6d7da}}"
    "@media screen and (prefers-color-scheme:dark){"
    f":root{{--paper:{PAPER[1]};--ink:{INK[1]};--muted:{MUTED[1]};--rule:#3a3e46}}}}"
    "body{margin:0;background:var(--paper);color:var(--ink);"
    "font:17px/1.6 system-ui,sans-serif}"
    "main{max-width:960px;margin:0 auto;padding:24px 16px 48px}"
    "h1{font-size:30px;line-height:1.2;margin:16px 0}"
    "h2{font-size:20px;line-height:1.3;margin:40px 0 8px}"
    "p,dl{max-width:38em;margin:0 0 12px}figure{margin:24px 0}svg{display:block}"
    "figcaption,td,thead th{color:var(--muted)}figcaption{font-size:15px}"
    ".wide svg{width:100%;height:auto}.narrow{display:none}"
    "table{border-collapse:collapse;font-size:15px;font-variant-numeric:tabular-nums}"
    "th,td{padding:5px 0 5px 20px;border-bottom:1px solid var(--rule);"
    "text-align:right;vertical-align:bottom}"
    "th:first-child{padding-left:0;text-align:left}th{font-weight:400}"
    "tbody td:nth-child(2){color:var(--ink)}b{font-weight:600}"
    "dt{color:var(--muted);font-size:15px}dd{margin:0 0 8px;overflow-wrap:anywhere}"
    "code{font:14px/1.5 ui-monospace,monospace}"
    "u{text-decoration-style:dotted;text-underline-offset:3px}"
    "@media (max-width:760px){.wide{display:none}"
    ".narrow{display:block;margin:0 -16px}.narrow svg{margin:0 auto;max-width:100%;"
    "height:auto}th,td{padding-left:5px}table{width:100%;font-size:13px}"
    "thead{font-size:12px}}"
    "@media print{body{font-size:11pt}main{padding:0}.wide{display:block}"
    ".narrow{display:none}figure,table,dl,tr{break-inside:avoid}"
    "h2{break-after:avoid}}"
)
