"""What the guide costs a reader, and how fast it computes in the page.

    python benchmarks/page.py [ROUNDS]

Opens the built site in Chromium, every kind of page in a context of its own, in
interleaved rounds; each figure is the median over them. Prints tables in Markdown, to
go into RESULTS.md as they stand. Needs `make site browser`.
"""

import platform
import statistics
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from glassgpt.guide import server

sys.path.append(str(Path(__file__).parents[1] / "tools"))
import chromium

KINDS = ("/", "/step/0/", "/step/0/3/", "/step/1/9/", "/sandbox/generate/")
SECONDS = 3  # that the rate is dragged
MOVES = 60  # a second, as a mouse tells of them
# what the browser says of a page while it is read
WATCH = """
window.seen = { shift: 0, long: [], frames: 0, curves: 0 };
const watch = (type, each) => new PerformanceObserver((list) =>
  list.getEntries().forEach(each)).observe({ type, buffered: true });
watch("layout-shift", (one) => { if (!one.hadRecentInput) seen.shift += one.value; });
watch("longtask", (one) => seen.long.push(one.duration));
"""
TIMES = """(() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint?.startTime ?? NaN, page.loadEventEnd];
})()"""
# each frame, and each time the smoothed curve is drawn anew, while the rate goes to and
# fro as under a hand; by a script, for a pointer sent from outside waits for answers
DRAG = """([moves, seconds]) => new Promise((done) => {
  const turn = () => { seen.frames++; requestAnimationFrame(turn); };
  requestAnimationFrame(turn);
  new MutationObserver((all) => { seen.curves += all.length; }).observe(
    document.querySelector("gg-train-home svg.curve path.smooth"),
    { attributeFilter: ["d"] });
  seen.frames = seen.curves = 0;
  const slider = document.querySelector("gg-train-home .slider input");
  const [low, high] = [+slider.min, +slider.max];
  const begun = performance.now();
  let move = 0;
  const timer = setInterval(() => {
    const share = 0.35 + 0.25 * Math.abs((move++ % moves) / (moves / 2) - 1);
    slider.value = low + share * (high - low);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const spent = (performance.now() - begun) / 1000;
    if (spent < seconds) return;
    clearInterval(timer);
    done({ frames: seen.frames / spent, curves: seen.curves / spent });
  }, 1000 / moves);
})"""
# the time in the worker of a training whose pieces are not shown: the figure's own
WORKER = """
const add = Worker.prototype.addEventListener;
Worker.prototype.addEventListener = function (kind, heard, ...more) {
  add.call(this, kind, (event) => {
    const spent = (event.data?.result ?? event.data?.piece)?.milliseconds;
    if (spent !== undefined) window.spent = [...(window.spent ?? []), spent];
    heard(event);
  }, ...more);
};
const send = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (question) {
  const asked = question?.input?.asked;
  if (asked && window.precision) asked.dtype = window.precision;
  send.apply(this, arguments);
};
"""
# trainings one after another, each begun when the one before has ended
REPEAT = """async (times) => {
  const again = document.querySelector("gg-train-home .fast");
  for (let i = 0; i < times; i++) {
    const before = spent.length;
    again.click();
    while (spent.length === before) await new Promise((go) => setTimeout(go));
  }
  return spent.slice(-times).sort((a, b) => a - b)[Math.floor(times / 2)];
}"""
TIMES_AGAIN = 15
# from a press to the first piece of the curve and to the last number, in frames as they
# are drawn, and what of it the worker trained
PRESS = """() => new Promise((done) => {
  const figure = document.querySelector("gg-train-home");
  const line = () => figure.querySelector("path.smooth").getAttribute("d");
  const last = () => figure.querySelectorAll(".quartet dd")[2].textContent;
  const before = [line(), last()];
  const begun = performance.now();
  let first = 0;
  const look = () => {
    const now = performance.now() - begun;
    if (!first && line() && line() !== before[0]) first = now;
    if (/\\d/.test(last()) && last() !== before[1])
      setTimeout(() => done({ first, whole: now, worker: spent.at(-1) }), 300);
    else requestAnimationFrame(look);
  };
  figure.querySelector(".fast").click();
  requestAnimationFrame(look);
})"""
PRESSES = 4
Row = dict[str, float]


def sizes(requests: list[Any]) -> Row:
    """Encoded bytes of answers, by what they are."""
    found: Row = {"scripts": 0, "styles": 0, "fonts": 0, "pages": 0, "training": 0}
    kinds = {"script": "scripts", "stylesheet": "styles", "font": "fonts"}
    for request in requests:
        if request.url.startswith("http"):
            data = request.url.endswith((".wasm", ".txt"))
            kind = "training" if data else kinds.get(request.resource_type, "pages")
            found[kind] += request.sizes()["responseBodySize"]
    return found


def settle(page: Page, name: str = "") -> None:
    """Wait until the figures that began have their numbers."""
    busy = f"gg-{name}[data-state=busy]" if name else "[data-state=busy]"
    page.wait_for_timeout(150)
    page.wait_for_selector(busy, state="detached", timeout=120_000)


def read(page: Page, address: str) -> Row:
    """A page opened and read to its end."""
    requests: list[Any] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(address, wait_until="load")
    page.wait_for_timeout(300)
    paint, loaded = page.evaluate(TIMES)
    settle(page)
    before = sizes(requests)
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 500):
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(60)
        if top % 2000 == 0:
            settle(page)
    settle(page)
    seen = page.evaluate("seen")
    reading = ("scripts", "styles", "pages")
    whole = sizes(requests)
    return {
        "paint": paint,
        "load": loaded,
        **{key: before[key] for key in ("scripts", "styles", "fonts")},
        "total": sum(before.values()),
        "read": sum(whole[key] for key in reading),
        "training": whole["training"],
        "shift": seen["shift"],
        "long": float(sum(one > 50 for one in seen["long"])),
        "longest": max(seen["long"], default=0),
    }


def trained(page: Page) -> None:
    """A training at full speed, to its end."""
    page.click("gg-train-home .fast")
    settle(page, "train-home")


def press(page: Page, address: str) -> Row:
    """The first press, a second after the pointer came, and the median of some more."""
    page.goto(address, wait_until="load")
    page.wait_for_selector("gg-train-home[data-state=ready]")
    page.hover("gg-train-home .names")
    page.wait_for_timeout(1000)
    rows: list[Row] = []
    for _ in range(PRESSES + 1):
        rows.append(page.evaluate(PRESS))
        page.wait_for_timeout(600)
    begun, *more = rows
    return {
        **{f"{key} at once": begun[key] for key in begun},
        **{key: statistics.median(row[key] for row in more) for key in begun},
        "times": statistics.median(row["whole"] / row["worker"] for row in more),
    }


def drag(page: Page, address: str) -> Row:
    """Home, trained once, and its rate dragged to and fro."""
    page.goto(address, wait_until="load")
    trained(page)
    slider = page.locator("gg-train-home .slider input")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    row: Row = page.evaluate(DRAG, [MOVES, SECONDS])
    page.mouse.up()
    return row


def train(page: Page, address: str, precision: str) -> Row:
    """The milliseconds that 1,000 steps take in the worker.

    First after a rest, the second training of the page; then one after another, as
    while a slider is dragged: the median.
    """
    page.goto(address, wait_until="load")
    page.evaluate(f"window.precision = {precision!r}")
    trained(page)
    trained(page)
    rested = page.evaluate("spent.at(-1)")
    return {"rested": rested, "again": page.evaluate(REPEAT, TIMES_AGAIN)}


def visits(browser: Browser, root: str) -> Iterator[tuple[str, Row]]:
    """One round: each case in a fresh context."""
    for case in ("train float64", "train float32", "press", "drag", *KINDS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.add_init_script(WATCH + WORKER)
        if case.startswith("train "):
            yield case, train(page, f"{root}/", case.split()[1])
        elif case in ("drag", "press"):
            yield case, {"drag": drag, "press": press}[case](page, f"{root}/")
        else:
            yield case, read(page, root + case)
        context.close()


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def report(rows: dict[str, Row], rounds: int, version: str) -> None:
    """Print the tables."""
    print(f"{date.today()}, {processor()}, Chromium {version},")
    print(f"median of {rounds} interleaved rounds, served by `glassgpt guide`:\n")
    print("| on home | |\n|---|---|")
    for precision in ("float64", "float32"):
        for when, key in (("one after another", "again"), ("after a rest", "rested")):
            spent = rows[f"train {precision}"][key]
            what = f"1,000 steps of Step 5 in the worker, {precision}, {when}"
            print(f"| {what} | {spent:,.1f} ms |")
    pressed = rows["press"]
    for when, key in (("the first press", " at once"), ("a later press", "")):
        first, whole = pressed["first" + key], pressed["whole" + key]
        print(f"| from {when} to the first piece of the curve | {first:,.0f} ms |")
        print(f"| to the finished curve and names | {whole:,.0f} ms |")
    print(f"| the latter, by the worker's own time | {pressed['times']:.1f} |")
    dragged = rows["drag"]
    print(f"| frames a second while the rate is dragged | {dragged['frames']:,.0f} |")
    print(f"| whole curves of 1,000 steps a second | {dragged['curves']:,.0f} |\n")
    heads = ("first paint", "load", "scripts", "styles", "fonts", "before use", "read")
    more = ("to train", "shift", "tasks over 50 ms", "longest")
    print(f"| page | {' | '.join(heads + more)} |")
    print("|---" * (len(heads) + len(more) + 1) + "|")
    for kind in KINDS:
        row = rows[kind]
        times = [f"{row[key]:,.0f} ms" for key in ("paint", "load")]
        keys = ("scripts", "styles", "fonts", "total", "read", "training")
        bytes_ = [f"{row[key] / 1000:,.1f} kB" for key in keys]
        rest = [f"{row['shift']:.4f}", f"{row['long']:.0f}", f"{row['longest']:.0f} ms"]
        print(f"| `{kind}` | {' | '.join(times + bytes_ + rest)} |")


def main() -> None:
    """Measure all cases in interleaved rounds and print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found: dict[str, list[Row]] = {}
    with server.serve() as running, sync_playwright() as play:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        root = f"http://{server.HOST}:{running.server_port}"
        browser = chromium.launch(play)
        if browser is None:
            sys.exit("missing browser: run tools/browser")
        for number in range(rounds):
            for case, row in visits(browser, root):
                found.setdefault(case, []).append(row)
                print(f"round {number + 1} of {rounds}: {case}", file=sys.stderr)
        version = browser.version
        browser.close()
        running.shutdown()
    middle = {
        case: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        for case, rows in found.items()
    }
    report(middle, rounds, version)


if __name__ == "__main__":
    main()
