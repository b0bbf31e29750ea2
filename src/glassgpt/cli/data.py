"""glassgpt data: the documents to train on."""

from pathlib import Path
from typing import Annotated

import typer

from glassgpt import data
from glassgpt.cli.view.inspection import inspection_lines
from glassgpt.cli.view.options import Json, examples
from glassgpt.cli.view.output import say, say_json
from glassgpt.data import catalog, inspection
from glassgpt.data.documents import Corpus
from glassgpt.formatting import format_number

data_app = typer.Typer(
    help="The documents to train on: list, fetch, look at or prepare them.",
    epilog=examples(
        "glassgpt data list",
        "glassgpt data inspect my-words.txt",
        "glassgpt data fetch karpathy-names",
        "glassgpt data prepare book.txt --tokenizer bytes --out prepared",
    ),
)


@data_app.command(
    "list", epilog=examples("glassgpt data list", "glassgpt data list --json")
)
def list_command(json: Json = False) -> None:
    """List the data sets that have a name."""
    for status in catalog.datasets():
        dataset = status.dataset
        if json:
            facts = {"name": dataset.name, "documents": dataset.documents}
            facts |= {"state": status.state, "source": dataset.source}
            say_json({**facts, "licence": dataset.licence})
            continue
        documents = format_number(dataset.documents, 0) if dataset.documents else "?"
        say(f"{dataset.name:16} {documents:>7} documents  {status.state}")
        say(f"{'':16} {dataset.source} ({dataset.licence})")


@data_app.command(
    epilog=examples(
        "glassgpt data fetch karpathy-names",
        "glassgpt data fetch karpathy-names --from names.txt",
    )
)
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The data set's name.")],
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Use a local copy.", readable=False
        ),
    ] = None,
) -> None:
    """Download a data set, verify its sha256 and keep it for later."""
    path = catalog.fetch(name, from_file)
    say(f"{name}: {path}")
    say(f"Train on it with: glassgpt train --data {name}")


@data_app.command(
    epilog=examples(
        "glassgpt data inspect names",
        "glassgpt data inspect my-words.txt --block-size 32",
        "glassgpt data inspect prepared --json",
    )
)
def inspect(
    file: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE|DIR", help="A data set, a text file, or a prepared one."
        ),
    ],
    block_size: Annotated[
        int, typer.Option("--block-size", help="The block to measure cuts by.")
    ] = 16,
    json: Json = False,
) -> None:
    """Say what a text holds before training on it.

    Of a prepared folder every byte is verified.
    """
    corpus = data.load(file, whole=True)
    if not isinstance(corpus, Corpus):
        _inspect_prepared(file, block_size, json)
        return
    found = inspection.inspect(corpus, block_size)
    if json:
        say_json(found.to_json())
        return
    for line in inspection_lines(found):
        say(line)


@data_app.command(
    epilog=examples(
        "glassgpt data prepare book.txt --tokenizer bytes --out prepared",
        "glassgpt data prepare books/*.txt --whole --tokenizer bpe --out books",
        "glassgpt data prepare pages.jsonl --jsonl --field body --out pages",
    )
)
def prepare(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILES...", help="Texts, one document a line."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="The new folder.", readable=False),
    ],
    tokenizer: Annotated[
        str, typer.Option("--tokenizer", help="char, bytes or bpe.")
    ] = "char",
    vocab_size: Annotated[
        int | None,
        typer.Option("--vocab-size", help="Tokens for bpe, BOS included. [4096]"),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="MB", help="Text that bpe learns from. [32]"),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Each file is one document.")
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Each line is a JSON object.")
    ] = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Each row is a document.")
    ] = False,
    field: Annotated[
        str | None,
        typer.Option("--field", help="The field or column with the text. [text]"),
    ] = None,
    shard_tokens: Annotated[
        int | None,
        typer.Option("--shard-tokens", help="About how many a file. [16777216]"),
    ] = None,
    json: Json = False,
) -> None:
    """Turn files of any size into token ids on disk, to train on with --data DIR.

    Stopped at any moment, the same command goes on where it was.
    """
    from glassgpt.cli.view.prepare import prepare_files

    kinds = {"whole": whole, "jsonl": jsonl, "parquet": parquet}
    choices = {
        "tokenizer": tokenizer,
        "vocab_size": vocab_size,
        "sample": sample,
        "text_field": field,
        "shard": shard_tokens,
    }
    chosen = [kind for kind, given in kinds.items() if given]
    prepare_files(files, out, chosen, choices, json)


def _inspect_prepared(folder: str, block_size: int, json: bool) -> None:
    from glassgpt.cli.view.prepare import inspect_folder

    inspect_folder(folder, block_size, json)
