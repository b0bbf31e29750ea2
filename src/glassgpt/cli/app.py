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
from glassgpt.cli.view.options import EXAMPLES
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


@app.callback(invoke_without_command=True, epilog=EXAMPLES["glassgpt"])
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


_COMMANDS: dict[str, Callable[..., Any]] = {
    "train": train,
    "sample": sample,
    "eval": eval_command,
    "check": check,
    "compare": compare_command,
    "show": show,
    "runs": runs,
    "export": export,
    "bench": bench,
}
for _name, _command in _COMMANDS.items():
    app.command(_name, epilog=EXAMPLES[_name])(_command)
app.add_typer(data_app, name="data", epilog=EXAMPLES["data"])
app.add_typer(guide_app, name="guide", epilog=EXAMPLES["guide"])


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
