"""The server: this machine only, this folder only, the small copies first."""

import contextlib
import gzip
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from glassgpt.errors import GlassGPTError
from glassgpt.guide import server


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site, with a file beside it that nobody may read."""
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    folder = tmp_path / "site"
    (folder / "step/0").mkdir(parents=True)
    (folder / "embed/bars").mkdir(parents=True)
    (folder / "assets").mkdir()
    for name in ("", "step/0/", "embed/bars/"):
        (folder / f"{name}index.html").write_text(f"<p>/{name}", encoding="utf-8")
    (folder / "404.html").write_text("<p>none", encoding="utf-8")
    (folder / "assets/a.js").write_text("let a", encoding="utf-8")
    (folder / "assets/a.js.gz").write_bytes(gzip.compress(b"let a"))
    (folder / "assets/a.js.br").write_bytes(b"br")
    (folder / "assets/a.wasm").write_bytes(b"\0asm")
    (folder / ".hidden").write_text("hidden", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def port(site: Path) -> Iterator[int]:
    """Where it is served."""
    with server.serve(site=site) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running.server_port
        running.shutdown()


def ask(
    port: int, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(server.HOST, port, timeout=10)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.closing(connection):
        connection.request(method, path, headers={"Connection": "close", **given})
        answer = connection.getresponse()
        return answer, answer.read()


def test_a_page_comes_with_the_policy(port: int) -> None:
    answer, body = ask(port, "/step/0/")
    assert (answer.status, body) == (200, b"<p>/step/0/")
    assert answer.getheader("Content-Type") == "text/html; charset=utf-8"
    policy = answer.getheader("Content-Security-Policy") or ""
    assert policy == f"{server.POLICY}; frame-ancestors 'none'"
    assert answer.getheader("X-Content-Type-Options") == "nosniff"


def test_only_embeds_may_be_framed(port: int) -> None:
    answer, _ = ask(port, "/embed/bars/")
    assert answer.getheader("Content-Security-Policy") == server.POLICY


def test_a_folder_without_its_slash_is_sent_on(port: int) -> None:
    answer, _ = ask(port, "/step/0")
    assert (answer.status, answer.getheader("Location")) == (301, "0/")


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"br"),
        ("gzip", "gzip", b"\x1f\x8b"),
        ("identity", None, b"let a"),
    ],
)
def test_the_smaller_copy_is_sent(
    accepted: str, encoding: str | None, body: bytes, port: int
) -> None:
    answer, got = ask(port, "/assets/a.js", Accept_Encoding=accepted)
    assert answer.getheader("Content-Encoding") == encoding
    assert answer.getheader("Content-Type") == "text/javascript; charset=utf-8"
    assert "immutable" in (answer.getheader("Cache-Control") or "")
    assert got[:2] == body[:2]


def test_webassembly_has_its_own_type(port: int) -> None:
    answer, _ = ask(port, "/assets/a.wasm")
    assert answer.getheader("Content-Type") == "application/wasm"


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/%2e%2e/secret.txt", "/step/../../secret.txt"),
        *("/..%2fsecret.txt", "/..\\secret.txt", "/.hidden", "/link.txt"),
        *("//etc/passwd", "/%00", "/none/", "/assets/"),
    ],
)
def test_nothing_outside_the_site_is_served(path: str, port: int) -> None:
    answer, body = ask(port, path)
    assert (answer.status, body) == (404, b"<p>none")


def test_head_sends_no_body(port: int) -> None:
    answer, body = ask(port, "/", "HEAD")
    assert (answer.status, body) == (200, b"")
    assert answer.getheader("Content-Length") == "4"


def test_it_listens_to_this_machine_only(site: Path) -> None:
    with server.serve(site=site) as running:
        assert running.server_address[0] == "127.0.0.1"


def test_a_taken_port_is_an_error(site: Path) -> None:
    with socket.socket() as taken:
        taken.bind((server.HOST, 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(GlassGPTError, match=f"invalid port: {number}; it is taken"):
            server.serve(number, site)


def test_a_site_that_was_not_built_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(GlassGPTError, match="missing guide") as caught:
        server.serve(site=tmp_path)
    assert "make site" in caught.value.remedy


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ there")
def test_ctrl_c_ends_it_quietly(site: Path) -> None:
    code = (
        "import sys, pathlib, glassgpt.guide.server as s\n"
        "from glassgpt import cli\n"
        "real = s.serve\n"
        "s.serve = lambda port: real(port, pathlib.Path(sys.argv[1]))\n"
        "sys.exit(cli.run(['guide', '--no-open']))"
    )
    command = [sys.executable, "-c", code, str(site)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout and running.stderr
        assert running.stdout.readline().startswith("guide: http://127.0.0.1:")
        os.kill(running.pid, signal.SIGINT)
        assert running.wait(20) == 0
        assert running.stderr.read() == ""
