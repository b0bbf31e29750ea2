"""The rules of pages: each has a page that breaks it."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("markdown_it")
pytest.importorskip("jinja2")

from support import not_run

from glassgpt.errors import GlassGPTError
from glassgpt.formatting import format_number
from glassgpt.guide import pseudo_locale
from glassgpt.guide.build import build, check_links
from glassgpt.guide.code import listings
from glassgpt.guide.content import blocks, markdown, pages
from glassgpt.guide.content.pages import PageError, Source
from glassgpt.guide.facts import counting
from glassgpt.guide.facts import names as facts
from glassgpt.guide.figures import Figures
from glassgpt.lessons import lesson

HEAD = '+++\ntitle = "A title"\nsummary = "A line."\n+++\n'
WORDS = pages.read_strings(pages.FOLDER, "en")["page"]
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


def source(text: str, tmp_path: Path, name: str = "step/0/3.md") -> Source:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HEAD + text, encoding="utf-8")
    return pages.read_page(file, tmp_path)


def rendered(text: str, tmp_path: Path, language: str = "en") -> markdown.Page:
    titles = {"/step/0/3/": "Count table"}
    made = blocks.ready_made([], WORDS, str)
    context = markdown.Context(WORDS, FIGURES, titles, language, made)
    return markdown.render(source(text, tmp_path), context)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("There are 27 tokens.", "bare number: 27"),
        ("## Heading 27", "bare number: 27"),
        ("| a |\n|---|\n| 3.5 |", "bare number: 3.5"),
        ("$x = 27$", "bare number in maths: 27"),
        ("{= nothing() }", "expression: nothing()"),
        ("{= params(9) }", "unknown preset: step9"),
        ("{= ().__class__.__base__ | 2 }\n\n12", "bare number: 12"),
        ("See [[0.9]].", "unknown lesson: 0.9"),
        ("```slice step0 nowhere\n```", "unknown part of step 0: nowhere"),
        ("```slice step9 data\n```", "unknown step: 9"),
        ("```reading step0 data\nno such code => x\n```", "fragment: no such code"),
        ("```reading step0 data\npath\n```", "reading: path"),
        ("```figure pie\nid = 'a'\nalt = 'x'\n```", "unknown figure: pie"),
        ("```figure bars\nid = 'a'\n[props]\nstep = 1\n```", "no alt"),
        ("```figure bars\nalt = 'a'\n[props]\nstep = 1\n```", "no id"),
        ("```figure bars\nid = 'a'\nalt = 'x'\n```", "missing prop of bars: step"),
        (GOOD.replace("step = 0", "step = 'a'"), "prop step of bars: a"),
        (GOOD.replace("step = 0", "step = 0\nwidth = 2"), "prop of bars: width"),
        (GOOD.replace("Bars.", "27 bars."), "bare number: 27"),
        (GOOD + GOOD, "figure id: b"),
        ("```question\nask = 'Why?'\nanswer = 'b'\n```", "no working"),
        (
            "```question\nask='Why?'\nanswer='b'\nworking='Because of 12.'\n```",
            "bare number: 12",
        ),
        ("```pie\n```", "unknown block: pie"),
        ("```program 7\n```", "step of a block: 7"),
        ("## Twice\n\n## Twice", "heading: Twice"),
        ("![](/x.png)", "image: /x.png"),
    ],
)
def test_a_page_that_breaks_a_rule_is_refused(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(PageError) as caught:
        rendered(text, tmp_path)
    assert said in str(caught.value)
    assert str(caught.value).startswith("step/0/3.md:")


def test_an_error_names_the_line_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"^step/0/3\.md:7: invalid bare number: 27"):
        rendered("Good.\n\n27 is bare.", tmp_path)


@pytest.mark.parametrize("missing", ["title", "summary"])
def test_a_page_without_a_title_or_summary_is_refused(
    missing: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.md"
    head = re.sub(f"{missing} = .*\n", "", HEAD)
    file.write_text(head + "Text.\n", encoding="utf-8")
    with pytest.raises(PageError, match=rf"missing {missing} in a\.md"):
        pages.read_page(file, tmp_path)


def test_numbers_in_text_come_from_calls(tmp_path: Path) -> None:
    html = rendered("{= vocab() } tokens, {= heldout(0) | 2 } nats.", tmp_path).html
    assert ">27<" in html
    assert f">{format_number(facts.heldout(0), 2)}<" in html


@pytest.mark.parametrize(
    "text",
    ["Step 0 and Steps 1 to 5", "in 2018", "`x[0]`", "lesson 1.2", "{fixed 16 | a}"],
)
def test_a_number_that_needs_no_call_may_stand(text: str, tmp_path: Path) -> None:
    assert rendered(text, tmp_path).html


def test_code_is_the_file_s_own(tmp_path: Path) -> None:
    page = rendered('```slice step0 "model: bigram"\n```', tmp_path)
    plain = re.sub(r"<[^>]+>", "", page.html)
    (one,) = page.slices
    assert "def bigram(token_id):" in one.text
    for line in one.text.splitlines():
        assert line.replace("&", "&amp;").replace(">", "&gt;") in plain
    assert f'data-n="{one.lines.start}"' in page.html


def test_every_part_of_every_step_can_be_named() -> None:
    for step in range(6):
        program = lesson(step)
        for name in [*program.sections, *listings._parts(program)]:
            assert listings.named_slice(program, name).text.strip()


def test_a_fragment_and_its_meaning_have_one_number(tmp_path: Path) -> None:
    text = '```reading step0 "update: update"\n+= 1 => *One* more.\n```'
    html = rendered(text, tmp_path).html
    assert '<li data-f="1" tabindex="0">' in html
    assert "<em>One</em> more." in html
    marked = re.findall(r'<span class="frag" data-f="1">(.*?)</span>', html)
    assert "".join(marked) == "+= 1"


def test_a_fragment_may_leave_out_its_middle() -> None:
    one = listings.named_slice(lesson(0), "update: update")
    (found,) = listings.find_fragments(one, ["for pos_id … += 1"])
    assert one.text[found.start : found.end].startswith("for pos_id in range(n):")
    assert one.text[found.start : found.end].endswith("+= 1")


def test_names_that_were_defined_before_come_from_the_program() -> None:
    one = listings.named_slice(lesson(0), "model: bigram")
    found = {d.name: d.meaning for d in listings.needed([one])}
    assert set(found) == {"vocab_size", "counts", "smoothing"}
    assert "(vocab_size, vocab_size)" in found["counts"]


def test_a_name_made_between_two_slices_is_explained_too() -> None:
    names = ("gradient: numerical_gradient", "gradient check")
    slices = [listings.named_slice(lesson(1), name) for name in names]
    for given in (slices, slices[::-1]):
        found = {d.name: d.meaning for d in listings.needed(given)}
        assert found["analytic_gradient"].startswith("The chain rule by hand")
        assert {"forward", "params", "encode", "docs"} <= set(found)
        assert "numerical_gradient" not in found and "largest" not in found


def test_a_question_may_ask_how_many_different_characters(tmp_path: Path) -> None:
    one = (
        "```question\nask = 'How many of {word}?'\neach = 'distinct'\n"
        "answer = '{= 2 * key }'\nworking = 'Twice {= key }.'\n```\n"
    )
    html = rendered(one + "\n" + one, tmp_path).html
    (answers, again) = re.findall(r'data-answers="([^"]+)"', html)
    found = json.loads(answers.replace("&quot;", '"').replace("&lt;", "<")
                       .replace("&gt;", ">"))  # fmt: skip
    assert answers == again and [found[str(n)][0] for n in (1, 3, 26)] == [
        "2", "6", "52",
    ]  # fmt: skip
    ids = re.findall(r' id="([^"]+)"', html)
    assert ids == ["question", "answer", "question-2", "answer-2"]


def test_a_prop_may_be_what_the_package_answers(tmp_path: Path) -> None:
    text = GOOD.replace("step = 0", 'step = "{= num_steps(5) }"')
    page = rendered(text, tmp_path)
    assert page.figures["b"]["props"] == {"step": 1000}


def test_no_line_can_begin_with_what_ends_a_formula(tmp_path: Path) -> None:
    html = rendered("With $x$, and $y$ too.", tmp_path).html
    closed = r'<span class="nobr"><span class="math.*?</math></span>,</span> and'
    assert re.search(closed, html)
    assert html.count("nobr") == 1


def test_a_map_of_a_file_says_where_each_section_is_explained() -> None:
    program = lesson(0)
    lines = program.sections["update"]
    block = listings.Block("update", lines, "/step/0/3/", "update: lesson 0.3")
    pages = dict.fromkeys(lines, "/step/0/3/")
    svg = listings.map_svg(program, [block], pages, set(lines), set(), across=False)
    assert '<a href="/step/0/3/" aria-label="update: lesson 0.3">' in svg
    (count,) = re.findall(
        r'class="known" data-page="/step/0/3/" data-lines="(\d+)"', svg
    )
    text = program.source.splitlines()
    assert int(count) == sum(bool(text[n - 1].strip()) for n in lines)


def test_the_ladder_names_what_runs_before_its_settings() -> None:
    assert blocks.new_names(0) == ["bigram", "forward", "update", "smoothing"]
    assert blocks.new_names(1)[-1] == "learning_rate"


def test_a_smoothed_line_is_the_average_of_the_losses() -> None:
    line, losses = facts.smoothed(5), facts.span(5)
    assert len(line) == 126 and losses[0] < min(line) and max(line) < losses[1]
    assert line[0] == round(facts.first_loss(5), 3)


def test_a_question_is_answered_for_every_letter(tmp_path: Path) -> None:
    text = (
        "```question\nask = 'After **{key}** of {word}?'\neach = 'first'\n"
        "answer = '{= follower(key) }'\nworking = '{key}: {= most(key) }'\n```"
    )
    html = rendered(text, tmp_path).html
    found = re.search(r'data-answers="([^"]+)"', html)
    assert found
    answers = json.loads(found[1].replace("&quot;", '"').replace("&lt;", "<")
                         .replace("&gt;", ">"))  # fmt: skip
    assert len(answers) == 26
    assert answers["q"][0] == counting.follower("q")
    assert str(counting.most("q")) in answers["q"][1]


def test_the_facts_are_the_programs_own() -> None:
    assert facts.params(5) == 4192
    assert facts.params(1) == 3184


def test_the_ladder_has_six_steps_and_links_only_what_is_there() -> None:
    made = blocks.ready_made([], WORDS, str)["ladder"]("", str)
    assert made.count('<th scope="row">') == 6
    assert "href" not in made
    for step in range(6):
        assert format_number(facts.heldout(step), 3) in made


def test_the_difference_gives_every_reason() -> None:
    from glassgpt.lessons import changes

    made = blocks.ready_made([], WORDS, str)["difference"]("1", str)
    for kind in ("adds", "changes", "drops"):
        for why in changes()[1][kind].values():
            assert why.replace("'", "&#x27;") in made


def test_the_other_language_has_accents_and_is_longer(tmp_path: Path) -> None:
    html = rendered("Plain words, {= vocab() }, and `code`.", tmp_path, "xx").html
    assert "Plain words" not in html
    assert '<code translate="no">code</code>' in html
    assert pseudo_locale.accented("{count} of ten").startswith("{count} ")
    assert len(pseudo_locale.accented("a" * 100)) >= 130


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<a href="nowhere/">x</a>', "nothing is there"),
        ('<a href="#nowhere">x</a>', "no such place"),
        ('<img src="index.html">', "picture"),
        ('<p id="a"></p><p id="a"></p>', "twice"),
        ('<a href="../outside.html">x</a>', "nothing is there"),
    ],
)
def test_a_dead_link_is_found(html: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    with pytest.raises(PageError, match=said):
        check_links(tmp_path)


def test_links_between_pages_are_checked_and_fine(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "index.html").write_text('<a href="b/#here">x</a>', "utf-8")
    (tmp_path / "b/index.html").write_text('<p id="here"></p>', "utf-8")
    check_links(tmp_path)


def test_a_failed_build_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "site"
    target.mkdir()
    (target / "index.html").write_text("old", encoding="utf-8")
    with pytest.raises(GlassGPTError):
        build(target, folder=tmp_path / "nothing")
    assert (target / "index.html").read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_two_builds_at_once_leave_one_whole_site(tmp_path: Path) -> None:
    if not (pages.ASSETS / "figures.json").is_file():
        not_run("browser", "the figures are not built: make site")
    shutil.copytree(pages.FOLDER / "strings", tmp_path / "guide/strings")
    shutil.copytree(pages.FOLDER / "style", tmp_path / "guide/style")
    shutil.copytree(pages.FOLDER / "fonts", tmp_path / "guide/fonts")
    (tmp_path / "guide/pages/en").mkdir(parents=True)
    (tmp_path / "guide/pages/en/index.md").write_text(f"{HEAD}Hello.\n", "utf-8")
    target = tmp_path / "made/site"
    with ThreadPoolExecutor() as threads:
        for _ in range(3):
            given = [target, tmp_path / "guide", pages.ASSETS, "en", False]
            both = [threads.submit(build, *given) for _ in range(2)]
            assert [len(one.result()) for one in both] == [1, 1]
            assert "Hello." in (target / "index.html").read_text("utf-8")
    assert [p.name for p in (tmp_path / "made").iterdir()] == ["site"]


def test_a_folder_with_other_files_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(GlassGPTError, match="it holds other files"):
        build(tmp_path)


def test_two_builds_are_the_same(guide_site: Path, tmp_path: Path) -> None:
    build(tmp_path / "again")
    files = sorted(p.relative_to(guide_site) for p in guide_site.rglob("*"))
    assert files == sorted(
        p.relative_to(tmp_path / "again") for p in (tmp_path / "again").rglob("*")
    )
    for file in files:
        if (guide_site / file).is_file():
            one, other = guide_site / file, tmp_path / "again" / file
            assert one.read_bytes() == other.read_bytes(), file


def test_search_knows_where_terms_are_explained_and_listed(guide_site: Path) -> None:
    entries: list[list[Any]] = json.loads(
        (guide_site / "search.json").read_text("utf-8")
    )
    for word, path in (("softmax", "/step/1/3/"), ("bos", "/step/0/2/")):
        explains = [e[0] for e in entries if word in map(str.lower, e[6])]
        listed = [e[0] for e in entries if e[3] == f"term-{word}"]
        assert explains[0] == path and listed == ["/glossary/"]


def test_reading_costs_at_most_120_kilobytes(guide_site: Path) -> None:
    manifest = json.loads((guide_site / "assets/manifest.json").read_text("utf-8"))

    def size(file: Path) -> int:
        return file.with_name(file.name + ".gz").stat().st_size

    scripts = {
        manifest[f"runtime/{name}.ts"]["file"]
        for name in ("figure/loader", "page/page")
    }
    shared = [guide_site / "assets" / name for name in scripts]
    shared += list(guide_site.glob("assets/guide-*.css"))
    shared += list(guide_site.glob("assets/early-*.js"))
    assert len(shared) == 4
    for page in guide_site.rglob("index.html"):
        assert size(page) + sum(map(size, shared)) <= 120_000, page


def test_fonts_are_at_most_80_kilobytes(guide_site: Path) -> None:
    fonts = list(guide_site.glob("assets/*.woff2"))
    assert len(fonts) == 4
    assert sum(font.stat().st_size for font in fonts) <= 80_000
