"""glassgpt guide: opens the guide in a browser, or writes it for a host of your own."""

import contextlib
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from glassgpt.cli.view.options import examples
from glassgpt.cli.view.output import say
from glassgpt.errors import GlassGPTError, missing

_EXAMPLES = examples(
    "glassgpt guide",
    "glassgpt guide build my-site",
    "glassgpt guide key --word ava",
)
guide_app = typer.Typer(no_args_is_help=False, epilog=_EXAMPLES)


@guide_app.callback(invoke_without_command=True, epilog=_EXAMPLES)
def guide(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="By default a free one."),
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open a browser on it.")
    ] = True,
) -> None:
    """Serve the guide on this machine; Ctrl-C ends it."""
    if context.invoked_subcommand is not None:
        return
    # loaded here: with all that it needs it takes a tenth of every command's start
    from glassgpt.guide import server

    with contextlib.suppress(KeyboardInterrupt), server.serve(port) as running:
        address = f"http://{server.HOST}:{running.server_port}/"
        say(f"guide: {address} (Ctrl-C ends it)")
        sys.stdout.flush()
        if open_browser:
            webbrowser.open(address)
        running.serve_forever()


@guide_app.command(
    "build",
    epilog=examples(
        "glassgpt guide build my-site", "glassgpt guide build my-site --language en"
    ),
)
def build(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, or one built before.")
    ],
    language: Annotated[
        str, typer.Option(help="A folder of guide/pages, such as en.")
    ] = "en",
) -> None:
    """Write the guide as files for any static host."""
    from glassgpt.guide import server
    from glassgpt.guide.content.pages import FOLDER

    if not (FOLDER / "pages").is_dir():
        server.copy_built(folder)
        say(f"guide: {folder}")
        return
    try:
        from glassgpt.guide.build import build as build_site
    except ImportError as error:
        remedy = 'In the source folder: pip install -e ".[guide]"'
        raise missing(f"package {error.name}", remedy, GlassGPTError) from error
    pages = build_site(folder, language=language)
    say(f"guide: {folder}, {len(pages)} pages")


@guide_app.command(
    "key", epilog=examples("glassgpt guide key", "glassgpt guide key --word ava")
)
def key(
    word: Annotated[
        str, typer.Option(help="The word that the questions are about.")
    ] = "emma",
) -> None:
    """Print every question of the guide with its answer, for those who teach."""
    from glassgpt.guide import server
    from glassgpt.guide.content.answer_key import answer_key

    for line in answer_key(server.SITE, word):
        say(line)
