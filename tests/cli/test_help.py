"""Help, version, completion, and output that nobody reads."""

import os
import re
from pathlib import Path

import pytest
import typer
from support.commands import Call, glassgpt, started

from glassgpt import __version__
from glassgpt.cli.app import app

COMMANDS = tuple(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
DATA = (("data", "list"), ("data", "fetch"), ("data", "inspect"))


def test_version_is_printed(call: Call) -> None:
    done = call("--version")
    assert (done.status, done.out) == (0, f"glassgpt {__version__}\n")


@pytest.mark.parametrize("words", [(), *((word,) for word in COMMANDS), *DATA])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_of_every_command_shows_an_example(
    words: tuple[str, ...], flag: str, call: Call
) -> None:
    done = call(*words, flag)
    assert (done.status, done.err) == (0, "")
    assert f"Usage: glassgpt {' '.join(words)}".rstrip() in done.out
    assert (
        f"glassgpt {words[0] if words else 'train'} " in done.out.split("Examples:")[1]
    )


@pytest.mark.parametrize("group", ["data", "guide"])
def test_each_subcommand_shows_examples_of_its_own(group: str, call: Call) -> None:
    command = typer.main.get_command(app).commands[group]  # type: ignore[attr-defined]
    for name in command.commands:
        shown = call(group, name, "--help").out.split("Examples:")[1]
        lines = re.findall(r"glassgpt .*", shown)
        assert lines and all(f"{group} {name}" in line for line in lines)


def test_the_commands_are_all_there() -> None:
    assert {"train", "sample", "compare", "export", "data", "guide"} < {*COMMANDS}


def test_help_names_every_command(call: Call) -> None:
    out = call("--help").out
    assert all(f" {command} " in out for command in COMMANDS)


def scripts(shell: str) -> str:
    env = {"_GLASSGPT_COMPLETE": f"source_{shell}"}
    done = glassgpt(cwd=Path.cwd(), env=env)
    assert (done.status, done.err) == (0, "")
    return done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed_for_each_shell(shell: str) -> None:
    found = scripts(shell)
    assert f"complete_{shell}" in found and "glassgpt" in found


def test_completion_completes_commands(tmp_path: Path) -> None:
    words = {"COMP_WORDS": "glassgpt e", "COMP_CWORD": "1"}
    env = {"_GLASSGPT_COMPLETE": "complete_bash", **words}
    assert glassgpt(cwd=tmp_path, env=env).lines == ["eval", "export"]


@pytest.mark.parametrize(
    "words",
    [
        ("show", 5),
        ("data", "inspect", "names"),
        ("--help",),
        ("data", "list", "--json"),
    ],
)
def test_a_reader_that_goes_after_a_line_is_no_error(
    words: tuple[object, ...], tmp_path: Path
) -> None:
    with started(*words, cwd=tmp_path) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 0


def test_a_reader_that_was_never_there_is_no_error(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w") as nobody:
        done = glassgpt("show", 5, cwd=tmp_path, stdout=nobody)
    assert (done.status, done.err) == (0, "")
