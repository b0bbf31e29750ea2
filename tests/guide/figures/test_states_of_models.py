"""The trained states of Steps 3 to 5: their files, and the page's passes."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.guide.figure import Opener
from support.guide.lessons import NAMES, NEAR, ODD
from support.guide.passes import passed, state_pass

from glassgpt.errors import CheckpointError, UsageError
from glassgpt.guide import states
from glassgpt.training.session import Session

# a question to the worker that figures have, of a page where it runs
ASK = """([job, input]) => new Promise((on) => {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  window.asked ??= new Worker(loaded.find((one) => /worker-[^/]*\\.js$/.test(one)), {
    type: "module" });
  window.count = (window.count ?? 0) + 1;
  const id = window.count;
  const pieces = [];
  window.asked.addEventListener("message", ({ data }) => {
    if (data.id !== id) return;
    if ("piece" in data) pieces.push(data.piece);
    else on({ ...data, pieces });
  });
  if (input.text) input = { ...input, bytes: new TextEncoder().encode(input.text) };
  window.asked.postMessage({ id, job, input, tells: true });
}).then(({ result, error, pieces }) => ({
  error: error ?? null, pieces,
  result: result && Object.fromEntries(Object.entries(result).map(
    ([key, value]) => [key, ArrayBuffer.isView(value) ? [...value] : value])),
}))"""
SQUARES = ("scores", "weights")
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(figure: Opener) -> Ask:
    """Ask the worker for a job; its answer, and the pieces before it."""
    page = figure("loss-walk").page

    def asked(job: str, **given: Any) -> dict[str, Any]:
        answer: dict[str, Any] = page.evaluate(ASK, [job, given])
        assert answer["error"] is None
        return answer

    return asked


def flat(expected: Any, name: str, n: int) -> list[float]:
    """An activation of the lesson as the page has it."""
    if name in SQUARES:
        return [x for row in expected[name] for x in [*row, *[0.0] * (n - len(row))]]
    rows = expected[name]
    return rows if name == "losses" else [x for row in rows for x in row]


def agree(found: dict[str, Any], expected: dict[str, Any], **near: float) -> None:
    """Every number of a pass is the lesson's."""
    assert found["tokens"] == expected["tokens"]
    n = found["positions"]
    assert n == len(expected["losses"])
    for name in expected.keys() - {"tokens", "residual"}:
        assert found[name] == pytest.approx(flat(expected, name, n), **near), name
    start = flat(expected, "residual", n)
    assert found["residual"][: len(start)] == pytest.approx(start, **near)
    assert found["loss"] == pytest.approx(sum(expected["losses"]) / n, **near)


@pytest.mark.parametrize("state", states.STATES)
@pytest.mark.parametrize("step", [3, 4])
def test_a_pass_in_each_state_has_every_number_of_the_lesson(
    step: int, state: str, ask: Ask
) -> None:
    for word in ("emma", ODD["word"], "maximilianalexandermontgomery"):
        given = {"source": "names", "step": step, "state": state, "word": word}
        found = ask("pass", **given)["result"]
        agree(found, state_pass(step, state, word), **NEAR)


def test_step_five_has_the_model_of_step_four(ask: Ask) -> None:
    given = {"source": "names", "state": "adam-1000", "word": "emma"}
    both = [ask("pass", step=step, **given)["result"] for step in (4, 5)]
    assert both[0] == both[1]


def test_parts_left_out_of_one_pass_are_there_in_the_next(ask: Ask) -> None:
    given = {"source": "names", "step": 3, "state": "adam-1000", "word": "emma"}
    whole = ask("pass", **given)["result"]
    raw = ask("pass", without=["scale"], **given)["result"]
    assert raw["scores"] == pytest.approx([4 * x for x in whole["scores"]], **NEAR)
    unmasked = ask("pass", without=["mask"], **given)["result"]
    n = whole["positions"]
    assert 0 not in unmasked["weights"]
    assert whole["weights"].count(0) == n * (n - 1) / 2
    assert ask("pass", **given)["result"] == whole


def test_documents_of_ones_own_are_trained_to_the_state_in_the_page(ask: Ask) -> None:
    # the built-in names as somebody's own: the page trains what the package trained
    ask("documents", source="own-names", text=NAMES.read_text("utf-8"))
    for state in ("sgd-1000", "adam-1000"):
        given = {"step": 3, "state": state, "word": "emma"}
        answer = ask("pass", source="own-names", **given)
        agree(answer["result"], state_pass(3, state, "emma"), rel=1e-4, abs=1e-5)
        steps = [piece["at"] for piece in answer["pieces"]]
        assert steps == sorted(steps) and steps[-1] == 1000
        assert {piece["numSteps"] for piece in answer["pieces"]} == {1000}


def test_files_of_states_are_small_and_are_what_the_manifest_says() -> None:
    kept = states.manifest()
    files = {file.name: file for file in states.FOLDER.glob("*.bin")}
    assert set(kept) == set(files) and len(files) == 6
    for name, about in kept.items():
        body = files[name].read_bytes()
        assert len(body) == 4 * 4192 <= 20_000
        assert hashlib.sha256(body).hexdigest() == about["sha256"]
        step, state = about["record"]["step"], name[6:-4]
        assert about["command"] == states.command_of(step, state)
        settings = {"step": step, "seed": 42, **states.settings(step, state)}
        assert about["record"] == settings


@pytest.mark.parametrize(
    ("step", "state"),
    [(3, "sgd-1000"), pytest.param(4, "adam-20000", marks=pytest.mark.full)],
)
def test_a_state_made_again_is_the_one_that_is_kept(step: int, state: str) -> None:
    import array

    again = array.array("f")
    again.frombytes(states.make(step, state))
    # other processors sum in another order
    near = {"rel": 1e-3, "abs": 1e-4}
    assert list(again) == pytest.approx(states.read(step, state), **near)


def test_a_damaged_state_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "step3-sgd-1000.bin"
    monkeypatch.setattr(states, "FOLDER", tmp_path)
    (tmp_path / name).write_bytes(bytes(4 * 4192))
    (tmp_path / "manifest.json").write_text(json.dumps({name: {"sha256": "00"}}))
    with pytest.raises(CheckpointError, match="its sha256 is") as refused:
        states.session(3, "sgd-1000")
    assert refused.value.remedy.endswith("trained_states.py step3-sgd-1000")
    with pytest.raises(UsageError, match="adam-7"):
        states.session(3, "adam-7")


def test_the_kernel_and_the_reference_agree_in_a_state() -> None:
    tokens = states.session(3, "adam-20000").tokenizer.encode("emma")
    engines = [states.engine(3, "adam-20000", name) for name in ("reference", "kernel")]
    losses = [engine.loss(tokens) for engine in engines]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    begun = Session(states.record_of(3, "untrained"), states.load_corpus("names"))
    weights = list(begun.engine.weights().values())
    assert passed(3, weights, "emma")["losses"] == pytest.approx(
        states.engine(3, "untrained").token_losses(tokens), rel=1e-12
    )
