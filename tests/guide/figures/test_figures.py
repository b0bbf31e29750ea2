"""Every figure in every state: quiet, within its place, and the same from its link."""

import json
from typing import Any

import figure_site
import pytest
from browsing.figure import Opener, chromium, figure, site

__all__ = ["chromium", "figure", "site"]


def known() -> dict[str, dict[str, Any]]:
    """The figures, as long as there are any to test."""
    built = (figure_site.ASSETS / "figures.json").is_file()
    return figure_site.figures() if built else {}


STATES = [(name, state) for name, each in known().items() for state in each["states"]]


@pytest.mark.parametrize(("name", "state"), STATES, ids=str)
@pytest.mark.parametrize("width", [390, 1000])
def test_a_figure_is_quiet_and_keeps_to_its_place(
    name: str, state: dict[str, str], width: int, figure: Opener
) -> None:
    visit = figure(name, width=width, **state)
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.sentence.strip() and "{" not in visit.sentence
    sizes = page.evaluate(
        "[...document.querySelectorAll('.frame *')].filter(e => e.childNodes.length)"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 12
    if width == 390:
        touched = page.evaluate(
            "[...document.querySelectorAll('.frame :is(button, select, summary)')]"
            ".filter((each) => each.checkVisibility())"
            ".map((each) => each.offsetHeight)"
        )
        assert min(touched) >= 44
    named = page.evaluate(
        "[...document.querySelectorAll('.frame button, .frame input, .frame select')]"
        ".filter(e => !(e.labels?.length || e.ariaLabel || e.innerText?.trim()"
        " || e.textContent.trim())).map(e => e.outerHTML)"
    )
    assert named == []


@pytest.mark.parametrize("name", known())
def test_every_control_is_in_the_address(name: str, figure: Opener) -> None:
    visit = figure(name, word="ava", **({"run": 1} if name == "train-home" else {}))
    page = visit.page
    for kind, act in {
        "input[type=range]:enabled": lambda each: each.press("ArrowLeft"),
        ".frame input[type=checkbox]": lambda each: each.click(),
        "button[aria-pressed=false]:not(.frame-tools *):not(.pair)": (
            lambda each: each.click()
        ),
        ".frame-controls select": lambda each: each.select_option(index=1),
        ".frame input[type=search]": lambda each: each.fill("an"),
    }.items():
        for each in page.query_selector_all(kind):
            act(each)
            visit.settle()
    page.wait_for_timeout(400)
    address = page.url
    again = figure(name, address=address)
    assert again.page.url == address
    assert again.table == visit.table
    assert again.sentence == visit.sentence


@pytest.mark.parametrize("name", known())
def test_a_copied_link_and_the_files_hold_what_is_shown(
    name: str, figure: Opener
) -> None:
    state: dict[str, Any] = known()[name]["states"][1]
    visit = figure(name, word="ava", **state)
    page = visit.page
    page.evaluate(
        "navigator.clipboard.writeText = async (text) => { window.copied = text }"
    )
    page.click(".frame-tools summary")
    page.get_by_role("button", name="Copy link").click()
    link = page.evaluate("window.copied")
    again = figure(name, address=link)
    assert again.table == visit.table
    with page.expect_download() as csv:
        page.get_by_role("button", name="Save numbers").click()
    lines = csv.value.path().read_text("utf-8").splitlines()
    assert len(lines) == len(visit.table) + 1
    page.get_by_role("button", name="Copy code").click()
    assert f"embed/{name}/" in page.evaluate("window.copied")
    if page.query_selector("svg.picture"):
        for kind, start in {"SVG": b"<svg", "PNG": b"\x89PNG"}.items():
            with page.expect_download() as saved:
                page.get_by_role("button", name=f"Save as {kind}").click()
            assert saved.value.path().read_bytes().startswith(start)
    page.get_by_role("button", name="Show as a table").click()
    shown = page.query_selector_all(".frame-table tbody tr")
    assert len(shown) == min(1000, len(visit.table))


def test_keys_step_through_a_sequence_and_play_rests_unseen(figure: Opener) -> None:
    visit = figure("generate")
    page = visit.page
    page.focus(".stepper button:nth-of-type(2)")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    assert "it.at=2" in page.url
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(400)
    assert "it.at=1" in page.url
    page.evaluate("document.querySelector('main').style.paddingTop = '3000px'")
    page.wait_for_timeout(200)
    page.evaluate("document.querySelector('[aria-label=Play]').click()")
    page.wait_for_timeout(1600)
    assert "it.at=1" in page.url


@pytest.mark.parametrize(
    ("name", "picture", "state", "picked"),
    [
        ("bigram-row", "svg.bars", {"token": "q"}, "it.next=c"),
        ("mlp-layers", "svg.signed-bars >> nth=0", {}, "it.unit=2"),
        ("weight-maps", "svg.signed-map >> nth=0", {}, "it.index="),
        ("train-live", "svg.curve", {"at": 5}, "it.at=3"),
        ("gradient-scatter", "svg.scatter", {}, ""),
    ],
)
def test_a_picture_is_read_and_chosen_from_with_keys(
    name: str, picture: str, state: dict[str, Any], picked: str, figure: Opener
) -> None:
    visit = figure(name, **state)
    page, said = visit.page, []
    page.focus(picture)
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        said.append(page.get_attribute(picture, "aria-label"))
    assert len(set(said)) == 3
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute(picture, "aria-label") == said[1]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)
    assert picked in page.url
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") != "svg" or picked


def test_the_last_question_wins_and_few_before_it_are_worked_on(
    figure: Opener,
) -> None:
    visit = figure("train-home", run=1)
    page = visit.page
    page.evaluate(
        "(() => { window.asked = 0; const send = Worker.prototype.postMessage;"
        "Worker.prototype.postMessage = function (m) { window.asked += 'job' in m;"
        " send.apply(this, arguments) } })()"
    )
    slider = page.locator("input[type=range]").first
    slider.evaluate(
        "async (input) => { for (let i = 0; i < 100; i++) { input.value = 30 + i % 9;"
        " input.dispatchEvent(new Event('input', { bubbles: true }));"
        " await new Promise((on) => setTimeout(on, 10)) }"
        " input.dispatchEvent(new Event('change', { bubbles: true })) }"
    )
    visit.settle()
    page.wait_for_timeout(400)
    assert 3 <= page.evaluate("window.asked") <= 60
    assert figure("train-home", address=page.url).table == visit.table


def test_a_training_that_is_reset_is_given_up(figure: Opener) -> None:
    visit = figure("train-home")
    page = visit.page
    page.evaluate(
        "(() => { window.cancels = 0; const send = Worker.prototype.postMessage;"
        "Worker.prototype.postMessage = function (m) { window.cancels += 'cancel' in m;"
        " send.apply(this, arguments) } })()"
    )
    page.evaluate(
        "document.querySelector('.primary').click();"
        "setTimeout(() => document.querySelector('[aria-label=Reset]').click(), 5)"
    )
    page.wait_for_timeout(1000)
    assert page.evaluate("window.cancels") == 1
    assert visit.table == []


def test_what_cannot_be_read_is_refused_and_the_names_come_back(
    figure: Opener,
) -> None:
    visit = figure("dataset-browser")
    page, before = visit.page, visit.table
    both = {"name": "own.txt", "mimeType": "text/plain"}
    page.set_input_files(
        "input[type=file]", {**both, "buffer": "ab\n".encode("utf-16")}
    )
    page.wait_for_selector(".said.refused")
    assert "UTF-16" in page.inner_text(".said") and visit.table == before
    page.set_input_files("input[type=file]", {**both, "buffer": b"ab\nabc\n"})
    page.wait_for_selector(".in-use:has-text('2 documents of your own')")
    visit.settle()
    assert visit.column(1) == ["ab", "abc"]
    assert page.locator(".said.refused").count() == 0
    page.get_by_role("button", name="Back to the names").click()
    page.wait_for_selector(".in-use:has-text('built-in names')")
    visit.settle()
    assert visit.table == before


def test_negative_numbers_stand_in_brackets_in_a_sum(figure: Opener) -> None:
    sentence = figure("linear-edit").sentence
    assert "(-2.00) +" in sentence and "+ (-1.00)" in sentence
    assert "+ -" not in sentence


def test_a_matrix_can_be_taken_off_the_scatter(figure: Opener) -> None:
    visit = figure("gradient-scatter")
    points = ".scatter .points"
    drawn = "(all) => all.map((each) => each.getAttribute('d').length)"
    before = visit.page.eval_on_selector_all(points, drawn)
    visit.page.get_by_role("button", name="wte 432").click()
    after = visit.page.eval_on_selector_all(points, drawn)
    assert before[0] and not after[0] and before[1:] == after[1:]
    x, y = visit.page.eval_on_selector(
        ".scatter .level",
        "(line) => ['x', 'y'].map((a) => Math.abs("
        "line[a + '1'].baseVal.value - line[a + '2'].baseVal.value))",
    )
    assert x == pytest.approx(y, rel=0.15)


def test_home_shows_a_run_before_there_is_one(figure: Opener) -> None:
    props = {"curve": [3.3, 2.5, 2.4], "span": [1.5, 5.0], "heldout": 2.36}
    more = {"levels": [3.3, 2.8, 2.5, 2.4], "names": ["ann", "bob"]}
    visit = figure("train-home", props={**props, **more})
    assert visit.page.get_attribute(".ghost", "d").count("L") == 2
    assert "letter 2.80" in str(visit.page.text_content("svg.curve"))
    assert visit.page.inner_text(".names").split() == ["ann", "bob"]
    visit.page.click(".primary")
    visit.settle()
    assert visit.page.get_attribute(".ghost", "d") == ""
    assert visit.page.locator(".names li").count() == 20


def test_a_half_typed_number_stays_until_it_is_one(figure: Opener) -> None:
    visit = figure("softmax-edit")
    box = visit.page.locator(".number-box").first
    before = visit.column(0)
    box.fill("-")
    assert box.input_value() == "-" and visit.column(0) == before
    box.fill("-3.5")
    visit.settle()
    assert visit.column(0)[0] == -3.5


def test_a_browser_without_vectors_is_told_so(chromium: Any, site: str) -> None:
    page = chromium.new_page()
    page.add_init_script("WebAssembly.validate = () => false")
    page.goto(f"{site}/figure/generate/")
    page.wait_for_selector("[data-state=unsupported]")
    assert "vector instructions" in page.inner_text(".gg-unsupported")
    page.close()


def shipped_with(entry: str) -> set[str]:
    """The files that a script of the build comes with: itself, and what it imports."""
    manifest = json.loads((figure_site.ASSETS / "manifest.json").read_text())
    each = manifest[entry]
    return {each["file"]}.union(*map(shipped_with, each.get("imports", [])))


def test_nothing_is_fetched_for_figures_before_one_is_near(
    chromium: Any, site: str
) -> None:
    page = chromium.new_page()
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => {"
        "document.querySelector('main').style.paddingTop = '5000px' })"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    page.goto(f"{site}/figure/train-live/")
    page.wait_for_timeout(500)
    assert set(asked) == {"", *shipped_with("runtime/figure/loader.ts")}
    page.evaluate("scrollTo(0, 5000)")
    page.wait_for_selector("gg-train-live[data-state=ready]")
    assert any(name.endswith(".wasm") for name in asked)
    page.close()


def test_every_figure_is_described() -> None:
    for name, each in known().items():
        assert each["chunk"].endswith(".js"), name
        asked = {prop for prop, kind in each["props"].items() if kind[-1] != "?"}
        assert asked <= set(each.get("sample", {})) <= set(each["props"]), name
        for state in each["states"]:
            assert set(state) <= set(each["controls"]) | {"word", "docs"}, name
        json.dumps(each)
