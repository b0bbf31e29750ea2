"""The two builders, processes that stay: figures by Vite, then pages by Python."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
Answer = tuple[str, str]
"""An error and its remedy, both empty when all is well."""


class Builder:
    """A process that builds when it is asked to, and says what came of it."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._command = [str(part) for part in command]
        self._process: subprocess.Popen[str] | None = None

    def build(self) -> Answer:
        """Build once; a process that died is started again."""
        if self._process is None or self._process.poll() is not None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                self._command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8"
            )
        process = self._process
        assert process.stdin and process.stdout
        try:
            process.stdin.write("build\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            return f"{self._command[0]} ended", "What it said stands above."
        found = json.loads(line)
        return found["error"], found["remedy"]

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process = None


class Builders:
    """Figures and pages, in that order."""

    def __init__(self, guide: Path, work: Path) -> None:
        assets, site = work / "assets", work / "site"
        self.figures = Builder(["node", guide / "live.mjs", assets])
        pages = HERE / "pages.py"
        self.pages = Builder([sys.executable, pages, guide, assets, site])

    def build(self, parts: set[str]) -> Answer:
        """Build these parts: "figures", "pages", or "builder", the code of pages."""
        if "builder" in parts:
            self.pages.end()
        if "figures" in parts:
            error, remedy = self.figures.build()
            if error:
                return error, remedy
        return self.pages.build()

    def end(self) -> None:
        """End both."""
        self.figures.end()
        self.pages.end()
