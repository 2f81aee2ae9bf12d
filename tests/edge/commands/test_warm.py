"""`edge warm` against a server that stands in for the edge."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from edge.cli import main
from edge.commands import ACCEPT
from edge.commands.warm import retry_after
from tests.edge.commands.stub import Asked, Stub, said, standing_in

Captured = pytest.CaptureFixture[str]
MADE = said(200, b"x" * 1000, Cache_Status="edge; fwd=uri-miss; fwd-status=200; stored")
HIT = said(200, b"x" * 1000, Cache_Status='other; hit, edge; hit; ttl=9; detail="a, b"')


@pytest.fixture
def edge() -> Iterator[Stub]:
    with standing_in(lambda asked: MADE) as stub:
        yield stub


def warm(stub: Stub, tmp_path: Path, text: str, *words: str) -> int:
    file = tmp_path / "urls.txt"
    file.write_bytes(text.encode())
    return main(["warm", str(file), "--edge", stub.url, *words])


def test_each_line_is_fetched_once_as_browsers_ask(edge: Stub, tmp_path: Path, capsys: Captured) -> None:
    assert warm(edge, tmp_path, "/a.jpg?w=4&&x=%7E\n\n# not this\n  /b c/ü.jpg#top\r\n/c.jpg") == 0
    assert edge.targets == ["/a.jpg?w=4&&x=%7E", "/b%20c/%C3%BC.jpg", "/c.jpg"]
    assert {asked.headers["accept"] for asked in edge.asked} == {ACCEPT}
    assert {asked.method for asked in edge.asked} == {"GET"}
    assert capsys.readouterr() == ("3 fetched (0 hits already, 3 made), 0 failed, 2.9 KiB\n", "")


def test_widths_times_accepts_times_lines(edge: Stub, tmp_path: Path) -> None:
    accepts = ["--accept", "image/avif", "--accept", "image/webp,image/*", "--accept", "image/avif"]
    assert warm(edge, tmp_path, "/a.jpg?w=9&q=1\n/b.jpg\n", "--widths", "320, 640,320", *accepts) == 0
    asked = sorted((each.target, each.headers["accept"]) for each in edge.asked)
    targets = ["/a.jpg?w=320&q=1", "/a.jpg?w=640&q=1", "/b.jpg?w=320", "/b.jpg?w=640"]
    assert asked == [(target, accept) for target in targets for accept in ("image/avif", "image/webp,image/*")]


def test_an_absolute_url_goes_to_the_edge_with_its_own_host(edge: Stub, tmp_path: Path) -> None:
    assert warm(edge, tmp_path, "https://IMG.example.com:8443/a.jpg?w=1\n/b.jpg\nhttp://c.example?x\n") == 0
    hosts = {asked.target: asked.headers["host"] for asked in edge.asked}
    own = edge.url.removeprefix("http://")
    assert hosts == {"/a.jpg?w=1": "IMG.example.com:8443", "/b.jpg": own, "/?x": "c.example"}


def test_hits_are_told_from_what_was_made(tmp_path: Path, capsys: Captured) -> None:
    with standing_in(lambda asked: HIT if asked.target == "/a" else MADE) as stub:
        assert warm(stub, tmp_path, "/a\n/b\n/a\n") == 0
    assert capsys.readouterr().out.startswith("3 fetched (2 hits already, 1 made), 0 failed, ")


def test_connections_are_kept_and_bounded(tmp_path: Path) -> None:
    def answer(asked: Asked) -> bytes:
        time.sleep(0.005)
        return MADE

    with standing_in(answer) as stub:
        assert warm(stub, tmp_path, "".join(f"/{at}\n" for at in range(40)), "--concurrency", "3") == 0
    assert len(stub.asked) == 40
    assert stub.busiest <= 3
    assert stub.connections <= 3


def test_the_list_may_come_from_standard_input(edge: Stub, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf/a\n/b\n")))
    assert main(["warm", "-", "--edge", edge.url]) == 0
    assert edge.targets == ["/a", "/b"]


def test_an_edge_on_a_unix_socket_is_asked(tmp_path: Path) -> None:
    with standing_in(lambda asked: MADE, tmp_path / "edge.sock") as stub:
        assert warm(stub, tmp_path, "/a\n") == 0
    assert stub.targets == ["/a"]


# What fails ----------------------------------------------------------------------------------------------------------


def test_the_first_ten_failures_are_told_and_the_rest_counted(tmp_path: Path, capsys: Captured) -> None:
    refused = said(404, b'{"detail": "There is no such original"}')
    with standing_in(lambda asked: MADE if asked.target == "/fine" else refused) as stub:
        assert warm(stub, tmp_path, "/fine\n" + "/gone\n" * 13, "--concurrency", "1") == 1
    captured = capsys.readouterr()
    assert captured.out == "1 fetched (0 hits already, 1 made), 13 failed, 1000 B\n"
    assert captured.err.splitlines() == [
        *["/gone: 404, There is no such original"] * 10,
        "… and 3 more failures",
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("photos/a.jpg", "Expected a path that starts with /, or an absolute URL"),
        ("ftp://a/b", "Expected a path that starts with /, or an absolute URL"),
        ("http://", "Expected an absolute URL with a host name in ASCII"),
        ("https://user@a/b", "Expected an absolute URL with a host name in ASCII"),
        ("/" + "x" * 70000, "a line is longer than 64 KiB"),
    ],
)
def test_a_line_that_is_no_url_fails_alone(
    line: str, sentence: str, edge: Stub, tmp_path: Path, capsys: Captured
) -> None:
    assert warm(edge, tmp_path, f"/a\n{line}\n/b\n") == 1
    assert edge.targets == ["/a", "/b"]
    assert capsys.readouterr().err == f"line 2: {sentence}\n"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (said(200, b"abc", length=90), "the answer broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "the answer broke off"),
        (b"nonsense\r\n\r\n", "answers with something that is not HTTP"),
        (b"", "closed the connection without an answer"),
    ],
)
def test_an_answer_that_breaks_off_is_a_failure(answer: bytes, sentence: str, tmp_path: Path, capsys: Captured) -> None:
    with standing_in(lambda asked: answer if asked.target == "/bad" else MADE) as stub:
        assert warm(stub, tmp_path, "/a\n/bad\n/b\n", "--concurrency", "1") == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("2 fetched (0 hits already, 2 made), 1 failed, ")
    assert captured.err.startswith("/bad: ")
    assert captured.err.endswith(f"{sentence}\n")


def test_a_connection_closed_between_two_requests_is_opened_anew(tmp_path: Path) -> None:
    closing = said(200, b"x")  # the head does not say so: the stub closes after the body it takes for cut short
    with standing_in(lambda asked: closing.replace(b"Content-Length: 1", b"content-length: 1")) as stub:
        assert warm(stub, tmp_path, "/a\n/b\n/c\n", "--concurrency", "1") == 0
    assert stub.targets == ["/a", "/b", "/c"]
    assert stub.connections == 3


def test_interim_answers_are_skipped(tmp_path: Path, capsys: Captured) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 2
    with standing_in(lambda asked: early + HIT) as stub:
        assert warm(stub, tmp_path, "/a\n/b\n", "--concurrency", "1") == 0
    assert stub.connections == 1
    assert capsys.readouterr().out.startswith("2 fetched (2 hits already, 0 made)")


def test_an_edge_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "urls.txt"
    file.write_text("/a\n" * 5000)
    assert main(["warm", str(file), "--edge", "http://127.0.0.1:1"]) == 1
    assert capsys.readouterr() == ("", "http://127.0.0.1:1 cannot be reached: Connection refused\n")


def test_an_edge_that_goes_away_ends_it(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "urls.txt"
    file.write_text("/a\n" * 5000)
    place = tmp_path / "edge.sock"

    def answer(asked: Asked) -> bytes:
        place.unlink(missing_ok=True)
        return MADE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    with standing_in(answer, place):
        assert main(["warm", str(file), "--edge", f"unix:{place}", "--concurrency", "1"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    sentences = captured.err.splitlines()
    assert sentences[0] == f"the edge went away: unix:{place} cannot be reached: No such file or directory"
    assert sentences[1].startswith("1 fetched (0 hits already, 1 made), 9 failed, ")


# No room -------------------------------------------------------------------------------------------------------------


class Busy:
    """Has no room for the first few requests."""

    def __init__(self, refusals: int, retry: str) -> None:
        self.left = refusals
        self.retry = retry
        self.lock = threading.Lock()

    def __call__(self, asked: Asked) -> bytes:
        with self.lock:
            self.left -= 1
            if self.left < 0:
                return MADE
        return said(503, b'{"detail": "There is no room now"}', Retry_After=self.retry)


def test_an_edge_without_room_is_asked_again_later(tmp_path: Path, capsys: Captured) -> None:
    with standing_in(Busy(3, "0")) as stub:
        assert warm(stub, tmp_path, "/a\n/b\n/c\n", "--concurrency", "2") == 0
    assert len(stub.asked) == 6
    assert capsys.readouterr().out.startswith("3 fetched (0 hits already, 3 made), 0 failed")


def test_an_edge_that_never_has_room_fails_in_the_end(tmp_path: Path, capsys: Captured) -> None:
    with standing_in(Busy(99, formatdate(0, usegmt=True))) as stub:
        assert warm(stub, tmp_path, "/a\n") == 1
    assert len(stub.asked) == 6
    assert capsys.readouterr().err == "/a: 503, There is no room now\n"


def test_a_503_that_does_not_say_when_is_a_failure(tmp_path: Path, capsys: Captured) -> None:
    with standing_in(Busy(1, "soon")) as stub:
        assert warm(stub, tmp_path, "/a\n/b\n", "--concurrency", "1") == 1
    assert len(stub.asked) == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), (" 0 ", 0), ("Thu, 01 Jan 1970 00:01:50 GMT", 10), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)],
)
def test_retry_after_is_read_in_both_forms(text: str, seconds: float) -> None:
    assert retry_after(text, 100.0) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1.5", "soon", "9" * 30, "٣", "Thu, 99 Jan 1970 00:00:00 GMT"])
def test_a_retry_after_that_says_nothing_is_none(text: str) -> None:
    assert retry_after(text, 100.0) is None


# Usage ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["gone.txt"],
        ["/"],
        ["-", "--widths", "a"],
        ["-", "--widths", "0"],
        ["-", "--widths", "320,,640"],
        ["-", "--widths", "65536"],
        ["-", "--widths", ""],
        ["-", "--accept", "image/ü"],
        ["-", "--accept", "a\r\nb"],
        ["-", "--edge", "nowhere"],
        ["-", "--concurrency", "0"],
        ["-", "--concurrency", "65"],
        ["-", "--concurrency", "many"],
    ],
)
def test_wrong_usage_exits_with_2(words: list[str], capsys: Captured) -> None:
    assert main(["warm", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_an_empty_list_is_fine(edge: Stub, tmp_path: Path, capsys: Captured) -> None:
    assert warm(edge, tmp_path, "# nothing yet\n") == 0
    assert capsys.readouterr().out == "0 fetched (0 hits already, 0 made), 0 failed, 0 B\n"


# As a process --------------------------------------------------------------------------------------------------------


def started(stub: Stub, source: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "edge", "warm", "-", "--edge", stub.url]
    return subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def asked_for(stub: Stub, count: int) -> None:
    end = time.monotonic() + 30
    while len(stub.asked) < count:
        assert time.monotonic() < end, "the command asked for nothing"
        time.sleep(0.01)


@pytest.mark.parametrize("waits_for", ["the list", "an answer"])
def test_ctrl_c_ends_it_with_its_summary(waits_for: str) -> None:
    """While it waits for more of the list, and while the edge is silent."""
    release = threading.Event()

    def answer(asked: Asked) -> bytes:
        if asked.target == "/slow":
            release.wait(60)
        return MADE

    read, write = os.pipe()
    with standing_in(answer) as stub, os.fdopen(write, "wb", 0) as lines:
        process = started(stub, read)
        os.close(read)
        lines.write(b"/a\n/slow\n" if waits_for == "an answer" else b"/a\n/b\n")
        asked_for(stub, 2)
        time.sleep(0.1)  # until what was asked has been counted
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        release.set()
    fetched = 1 if waits_for == "an answer" else 2
    assert out.decode().startswith(f"stopped: {fetched} fetched (0 hits already, {fetched} made), 0 failed")
    assert (process.returncode, err) == (1, b"")


def test_a_huge_list_takes_no_memory() -> None:
    """A line of 300 MiB, and what it holds at its peak."""
    code = (
        "import resource, sys; from edge.cli import main; before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "code = main(sys.argv[1:]); after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(code, (after - before) // 1024)"
    )
    with standing_in(lambda asked: MADE) as stub:
        command = [sys.executable, "-P", "-c", code, "warm", "-", "--edge", stub.url]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdin is not None
        for _ in range(300):
            process.stdin.write(b"x" * (1 << 20))
        out, _ = process.communicate(b"\n/a\n", timeout=60)
    code_and_size = out.decode().splitlines()[-1].split()
    assert code_and_size[0] == "1"
    assert int(code_and_size[1]) < 60
    assert stub.targets == ["/a"]
