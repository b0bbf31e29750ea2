"""The page's own code: documents, numbers and hashes as Python has them; no maths."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from support import CASES, not_run
from support.documents import case_bytes

from glassgpt.config import preset

GUIDE = Path(__file__).parents[3] / "guide"
RUNTIME = GUIDE / "runtime"
KERNEL = RUNTIME / "worker" / "kernel"

# one file without imports, as JavaScript, and what it gives for each line of stdin
RUN = """
import ts from "typescript";
import { readFileSync } from "node:fs";
const [file, call] = process.argv.slice(-2);
const { outputText } = ts.transpileModule(readFileSync(file, "utf-8"), {
  compilerOptions: { target: "ES2022", module: "ESNext" },
});
const url = "data:text/javascript;base64," + Buffer.from(outputText).toString("base64");
const made = await import(url);
const work = new Function("made", "input", `return ${call}`);
const given = JSON.parse(readFileSync(0, "utf-8"));
const results = given.map((input) => {
  try { return work(made, input); } catch (error) { return { error: error.message }; }
});
console.log(JSON.stringify(results));
"""


def in_node(file: str, call: str, inputs: list[Any]) -> list[Any]:
    """What `call` gives for each input, with the file's exports in `made`."""
    if shutil.which("node") is None or not (GUIDE / "node_modules").is_dir():
        not_run("browser", "node or its modules are missing: npm ci in guide/")
    done = subprocess.run(
        ["node", "--input-type=module", "-e", RUN, "--", str(RUNTIME / file), call],
        cwd=GUIDE, input=json.dumps(inputs), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def cases(kind: str) -> list[dict[str, Any]]:
    """The shared cases."""
    found = json.loads((CASES / "documents.json").read_text("utf-8"))[kind]
    return list(found)


def test_documents_are_read_as_python_reads_them() -> None:
    import base64

    given = cases("documents")
    assert len(given) == 70
    call = 'made.readDocuments(new Uint8Array(Buffer.from(input, "base64")))'
    inputs = [base64.b64encode(case_bytes(case)).decode() for case in given]
    for case, found in zip(
        given, in_node("worker/data/documents.ts", call, inputs), strict=True
    ):
        name = case["name"]
        if "error" in case:
            assert found == {"error": case["error"]}, name
            continue
        assert found["blank"] == case["blank"], name
        if "documents" in case:
            assert found["documents"] == case["documents"], name
        else:
            assert list(map(len, found["documents"])) == case["lengths"], name
        if "vocabulary" in case:
            assert "".join(found["vocabulary"]) == case["vocabulary"], name
        else:
            assert len(found["vocabulary"]) == case["vocabulary_size"], name


def test_the_trimmed_characters_are_those_of_the_shared_list() -> None:
    trimmed = json.loads((CASES / "documents.json").read_text("utf-8"))["trimmed"]
    call = "made.clean(input) === ''"
    characters = [*map(chr, [*range(0xD800), *range(0xE000, 0x110000)])]
    found = in_node("worker/data/documents.ts", call, characters)
    assert [c for c, gone in zip(characters, found, strict=True) if gone] == trimmed


def test_numbers_are_written_as_python_writes_them() -> None:
    given = cases("numbers")
    call = (
        "made.plainNumber(typeof input.value === 'string' ? "
        "{ nan: NaN, inf: Infinity, '-inf': -Infinity }[input.value] : input.value, "
        "input.digits)"
    )
    found = in_node("figure/formatting.ts", call, given)
    assert found == [case["text"] for case in given]


def test_labels_keep_apart_as_python_has_them() -> None:
    given = json.loads((CASES / "labels.json").read_text("utf-8"))
    call = "made.spread(input.wanted, input.gap, input.low, input.high)"
    found = in_node("../kit/logic/labels.ts", call, given)
    assert found == [case["places"] for case in given]


def test_presets_are_those_of_the_package() -> None:
    written = json.loads((RUNTIME / "worker/data/presets.json").read_text("utf-8"))
    assert written == {str(step): preset(f"step{step}").to_json() for step in range(6)}


def test_calls_are_those_of_the_kernel() -> None:
    if shutil.which("node") is None:
        not_run("browser", "there is no node on this machine")
    script = "import { calls } from './make-calls.mjs'; console.log(calls())"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        cwd=KERNEL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == (KERNEL / "calls.ts").read_text("utf-8").strip()


def sources() -> list[Path]:
    """The front end's own files."""
    return [
        path
        for folder in ("figures", "kit", "runtime", "editor", "verify")
        for path in sorted((GUIDE / folder).rglob("*"))
        if path.suffix in (".ts", ".svelte", ".mjs")
    ]


def test_no_maths_of_the_model_is_outside_the_runtime() -> None:
    maths = re.compile(r"Math\.(exp|log|sqrt|pow|random|tanh)")
    checked = [path for path in sources() if RUNTIME not in path.parents]
    assert {"figures", "kit", "editor", "verify"} <= {
        path.relative_to(GUIDE).parts[0] for path in checked
    }
    for path in [*checked, *GUIDE.glob("*.ts"), *GUIDE.glob("*.mjs")]:
        assert not maths.search(path.read_text("utf-8")), path


def test_every_word_of_the_interface_is_in_the_strings() -> None:
    strings = tomllib.loads((GUIDE / "strings/en.toml").read_text("utf-8"))["figure"]
    text = "\n".join(path.read_text("utf-8") for path in sources())
    used = set(re.findall(r'\bt\(\s*(?:[^()"]*\? )?"([\w-]+)"', text))
    assert used and used <= set(strings)
    quoted = set(re.findall(r'"([\w-]+)"', text))
    # what is put together, as `said-${id}`, is used as far as it is written there
    prefixes = tuple(set(re.findall(r"`([\w-]+-)\$\{", text)))
    assert "play-step-" in prefixes and "play-" not in prefixes
    unused = {key for key in strings if not key.startswith(prefixes)} - quoted
    assert unused == set()
    figures = {path.stem for path in (GUIDE / "figures").rglob("*.svelte")}
    assert {key[6:] for key in strings if key.startswith("title-")} == figures


@pytest.mark.parametrize("word", ["http://", "https://"])
def test_nothing_points_off_the_host(word: str) -> None:
    for path in sources():
        lines = [line for line in path.read_text("utf-8").splitlines() if word in line]
        assert [line for line in lines if "www.w3.org" not in line] == [], path
