"""The application and its subcommands."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

import glassgpt
from glassgpt.cli.bench import bench
from glassgpt.cli.check import check
from glassgpt.cli.compare import compare_command
from glassgpt.cli.data import data_app
from glassgpt.cli.eval import eval_command
from glassgpt.cli.export import export
from glassgpt.cli.guide import guide_app
from glassgpt.cli.runs import runs
from glassgpt.cli.sample import sample
from glassgpt.cli.show import show
from glassgpt.cli.train import train, train_with_defaults
from glassgpt.cli.view.options import examples
from glassgpt.cli.view.usage import translated
from glassgpt.errors import Interrupted

app = typer.Typer(
    name="glassgpt",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"glassgpt {glassgpt.__version__}")
        raise typer.Exit


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "glassgpt",
        "glassgpt train --data my-words.txt",
        "glassgpt show 5",
    ),
)
def _main(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """microGPT made of glass: a GPT from nothing, every number in sight.

    Without a command it trains the GPT of Step 5 on the built-in names,
    prints twenty names and says what to do next.
    """
    if context.invoked_subcommand is None:
        train_with_defaults()


# a command is a row here: its name, its function, examples for its help text
_COMMANDS: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "train": (
        train,
        [
            "glassgpt train --step 3",
            "glassgpt train --data my-words.txt --steps 500 --out runs/mine",
            "glassgpt train --set n_embd=32 --set n_layer=2",
            "glassgpt train --resume --out runs/mine",
        ],
    ),
    "sample": (
        sample,
        [
            "glassgpt sample runs/step5-1 -n 5 --temperature 0.8",
            "glassgpt sample runs/step5-1 --prompt mar --new-only --unique",
            "glassgpt sample runs/step5-1 -n 100000 --together",
        ],
    ),
    "eval": (
        eval_command,
        [
            "glassgpt eval runs/step5-1",
            "glassgpt eval runs/step5-1 --text emma",
            "glassgpt eval runs/step5-1 --data other.txt --eval-docs all",
        ],
    ),
    "check": (
        check,
        [
            "glassgpt check --step 5",
            "glassgpt check --all",
        ],
    ),
    "compare": (
        compare_command,
        [
            "glassgpt compare --out compare.html",
            "glassgpt compare --only 4,5 --steps 5000 --out curves.svg",
            "glassgpt compare --data my-words.txt --set learning_rate=0.3 --only 3,4",
        ],
    ),
    "show": (
        show,
        [
            "glassgpt show 0",
            "glassgpt show 4 --diff 3",
        ],
    ),
    "runs": (
        runs,
        [
            "glassgpt runs",
            "glassgpt runs other-folder",
        ],
    ),
    "export": (
        export,
        [
            "glassgpt export runs/step5-1 --to safetensors model.safetensors",
            "glassgpt export runs/step5-1 --to json model.json",
        ],
    ),
    "bench": (
        bench,
        [
            "glassgpt bench --quick",
            "glassgpt bench --json",
        ],
    ),
}
for _name, (_command, _examples) in _COMMANDS.items():
    app.command(_name, epilog=examples(*_examples))(_command)
app.add_typer(data_app, name="data")
app.add_typer(guide_app, name="guide")


def call(arguments: list[str]) -> None:
    """Run a command line. Raises GlassGPTError for everything that goes wrong."""
    try:
        status = app(arguments, prog_name="glassgpt", standalone_mode=False)
    except TyperException as error:
        raise translated(error) from error
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            raise error.__context__ from None
        raise
    if status == Interrupted.exit_status:  # Typer's word for Ctrl-C
        raise KeyboardInterrupt
