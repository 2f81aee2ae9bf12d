"""The content of jobs' requests over real sockets: what is taken in, what is refused, what is left behind."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from edge.dialects.imageflow import endpoints
from edge.errors import Unauthorized
from edge.exchange import Fields, ImageRequest, Reply, Story
from edge.http import bodies, raw, spooling
from edge.pipeline.jobs.route import JobsRoute
from edge.pipeline.jobs.sent import MOST_PARTS, Bounds, Room, Sent
from edge.pipeline.jobs.spine import Entry
from edge.routing.access import Access
from tests.edge.http.listening import Door, Got, answers, listening

BUILD, QUERY = "/jobs/v1/build", "/jobs/v1/querystring"
JSON = "Content-Type: application/json"
FORM = "Content-Type: multipart/form-data; boundary=b"


@dataclass
class Working:
    """Tells what came. With a `gate`, it works until that opens."""

    bounds: Bounds = field(default_factory=lambda: Bounds(1 << 20, 1000))
    room: Room = field(default_factory=Room)
    spool_folder: str | None = None
    gate: asyncio.Event | None = None
    failure: Exception | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    left: list[str] = field(default_factory=list)

    def serves(self, host: str, path: str) -> bool:
        return path.startswith("/jobs/")

    def allowed(self, request: ImageRequest) -> str:
        return "POST, OPTIONS"

    def shown(self, request: ImageRequest) -> str:
        return f"{request.path}?…" if request.query else request.path

    def enter(self, request: ImageRequest) -> Entry:
        if request.query == "locked":
            raise Unauthorized("This route needs a key")
        return Entry(JobsRoute("/jobs/", Access()), endpoints.find(request.path.removeprefix("/jobs/")), request)

    async def respond(self, entry: Entry, sent: Sent) -> Reply:
        self.begun.set()
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.left.append("cancelled")
            raise
        if self.failure is not None:
            raise self.failure
        told = {
            "document": None if sent.document is None else sent.document.decode(),
            "parts": {str(io_id): [kept.length, kept.identity] for io_id, kept in sent.parts.items()},
            "spooled": [io_id for io_id, kept in sent.parts.items() if not isinstance(kept.body, bytes)],
        }
        return Reply(200, Fields(), json.dumps(told).encode() + b"\n", Story(route="/jobs/", fwd="method"))


async def post(door: Door, url: str, body: bytes, *lines: str) -> Got:
    return await door.get(url, "POST", *lines, body=body)


async def told(door: Door, url: str, body: bytes, *lines: str) -> Any:
    got = await post(door, url, body, *lines)
    assert got.status == 200, got.body
    return json.loads(got.body)


async def refused(door: Door, url: str, body: bytes, *lines: str) -> tuple[int, str]:
    got = await post(door, url, body, *lines)
    reply = json.loads(got.body)
    assert (reply["code"], reply["success"], reply["data"]) == (got.status, False, "none")
    assert got.one("cache-control") == b"no-store"
    return got.status, reply["message"]


def digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def form(*parts: tuple[str, bytes]) -> bytes:
    lines = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + body + b"\r\n"
        for name, body in parts
    )
    return lines + b"--b--\r\n"


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def soon(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0.01)


async def test_json_is_a_document() -> None:
    async with listening(jobs=Working()) as door:
        assert (await told(door, BUILD, b"{}", JSON))["document"] == "{}"
        assert (await told(door, BUILD, b"{}", "Content-Type: Application/vnd.x+JSON; charset=utf-8"))["document"]
        assert (await told(door, BUILD, b"{}"))["document"] == "{}"


@pytest.mark.parametrize("size", [0, 1, spooling.SMALL, spooling.SMALL + 1, 1 << 20])
async def test_a_picture_is_digested_and_long_ones_lie_in_a_file(size: int) -> None:
    picture = b"\xff" * size
    async with listening(jobs=Working()) as door:
        open_before = descriptors()
        found = await told(door, QUERY, picture, "Content-Type: image/png")
        expected = {"0": [size, digest(picture)]} if size else {}
        assert (found["parts"], bool(found["spooled"])) == (expected, size > spooling.SMALL)
        await soon(lambda: descriptors() <= open_before)


async def test_parts_are_named_by_io_id() -> None:
    parts = [("job", b"{}"), ("0", b"zero"), ("-1", b""), ("70000", b"x" * 300_000)]
    async with listening(jobs=Working()) as door:
        found = await told(door, BUILD, form(*parts), FORM)
    assert found["document"] == "{}"
    assert found["parts"] == {name: [len(body), digest(body)] for name, body in parts[1:]}
    assert found["spooled"] == [70000]


REFUSED = [
    (BUILD, b"{}", ("Content-Type: text/plain",), 415, "Expected application/json or multipart/form-data"),
    (BUILD, b"{}", (JSON, "Content-Encoding: gzip"), 415, "Expected content as it is for Content-Encoding"),
    (BUILD, b"x" * 1001, (JSON,), 413, "The job's JSON has more than 1000 bytes"),
    (BUILD, form(("job", b"x" * 1001)), (FORM,), 413, "The job's JSON has more than 1000 bytes"),
    (QUERY, b"x" * ((1 << 20) + 1), (), 413, "The picture of io_id 0 has more than 1048576 bytes"),
    (BUILD, form(("0", b"x" * ((1 << 20) + 1))), (FORM,), 413, "The picture of io_id 0 has more than 1048576 bytes"),
    (BUILD, form(("1", b""), ("1", b"")), (FORM,), 400, "DuplicateIoId: Two parts are named '1'"),
    (BUILD, form(("job", b""), ("job", b"")), (FORM,), 400, "Two parts are named 'job'"),
    (BUILD, form(("picture", b"")), (FORM,), 400, "Expected job, or the io_id of an input"),
    (BUILD, form(("01", b"")), (FORM,), 400, "Expected job, or the io_id of an input"),
    (BUILD, form(("2147483648", b"")), (FORM,), 400, "Expected job, or the io_id of an input"),
    (BUILD, form(("n" * 101, b"")), (FORM,), 400, "at most 100 characters"),
    (BUILD, form(*[(str(at), b"") for at in range(MOST_PARTS + 1)]), (FORM,), 413, "more than 64 parts"),
    (BUILD, form(("0", b""))[:-4], (FORM,), 400, "ends before its last delimiter"),
    (BUILD, b"{}", ("Content-Type: multipart/form-data",), 400, "Expected a boundary"),
    (BUILD, b"{}", ("Content-Type: multipart/form-data; boundary=b",), 400, "ends before its last delimiter"),
    (f"{BUILD}?locked", b"{}", (JSON,), 401, "AuthorizationRequired: AuthorizationRequired: This route needs a key"),
    ("/jobs/v1/paint", b"{}", (JSON,), 400, "ArgumentInvalid: InvalidMessageEndpoint"),
]


@pytest.mark.parametrize(("url", "body", "lines", "status", "sentence"), REFUSED)
async def test_what_may_not_be_sent(url: str, body: bytes, lines: tuple[str, ...], status: int, sentence: str) -> None:
    async with listening(jobs=Working()) as door:
        code, message = await refused(door, url, body, *lines)
        assert (code, sentence in message) == (status, True), message
        assert len(door.watched.failures) == 1


async def test_too_much_is_refused_before_it_is_sent() -> None:
    async with listening(jobs=Working()) as door:
        head = f"POST {QUERY} HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\nExpect: 100-continue\r\n\r\n"
        got = await door.talk(head.encode())
        assert answers(got) == 1
        assert Got.of(got).status == 413


async def test_all_parts_together_have_a_limit() -> None:
    parts = form(*[(str(at), b"x" * (1 << 20)) for at in range(4)])
    async with listening(jobs=Working()) as door:
        chunked = f"{len(parts):x}\r\n".encode() + parts + b"\r\n0\r\n\r\n"
        head = f"POST {BUILD} HTTP/1.1\r\nHost: a\r\n{FORM}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        got = Got.of(await door.talk(head.encode() + chunked))
        assert (got.status, b"more than 4194304 bytes" in got.body) == (413, True)


async def test_whoever_asks_first_is_told_to_go_on() -> None:
    async with listening(jobs=Working()) as door:
        head = f"POST {QUERY} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n".encode()
        got = await door.talk(head, b"abc")
        assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


async def test_chunks_that_break_are_told() -> None:
    async with listening(jobs=Working()) as door:
        head = f"POST {QUERY} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        got = (await door.talk(head.encode(), b"3\r\nabc\r\nzz\r\n")).partition(b"\r\n\r\n")[2]
        assert (answers(got), Got.of(got).status) == (1, 400)
        assert b"broke off" in got


async def test_silence_is_told_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)
    monkeypatch.setattr(raw, "_GLANCE", 0.05)
    async with listening(jobs=Working()) as door:
        got = await door.talk(f"POST {QUERY} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc".encode())
        assert Got.of(got).status == 408


async def test_trickles_are_told_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.2)
    async with listening(jobs=Working()) as door:
        head = f"POST {QUERY} HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(head)
        for _ in range(8):
            writer.write(b"x")
            await asyncio.sleep(0.05)
        assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_what_is_longer_than_it_says_is_no_further_request() -> None:
    async with listening(jobs=Working()) as door:
        smuggled = b"GET /stolen HTTP/1.1\r\nHost: a\r\n\r\n"
        head = f"POST {QUERY} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n".encode()
        got = await door.talk(head + b"abc" + smuggled)
        assert (answers(got), Got.of(got).status) == (1, 200)
        assert Got.of(got).one("connection") == b"close"


async def test_the_connection_serves_on_after_a_job() -> None:
    async with listening(jobs=Working()) as door:
        one = f"POST {QUERY} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".encode()
        assert answers(await door.talk(one, one, one)) == 3


@pytest.mark.parametrize("sent", [600_000, 1 << 20])
async def test_a_client_that_leaves_leaves_nothing_behind(
    sent: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While it sends, and while it waits."""
    working = Working(spool_folder=str(tmp_path), gate=asyncio.Event())
    async with listening(jobs=working) as door:
        before = descriptors()
        _, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(f"POST {QUERY} HTTP/1.1\r\nHost: a\r\nContent-Length: {1 << 20}\r\n\r\n".encode() + b"x" * sent)
        await writer.drain()
        if sent == 1 << 20:
            await working.begun.wait()
        writer.transport.abort()
        await soon(lambda: descriptors() <= before)
        assert working.left == (["cancelled"] if sent == 1 << 20 else [])
    assert list(tmp_path.iterdir()) == []
    assert [record for record in caplog.records if record.exc_info] == []


async def test_methods_are_answered_without_a_job() -> None:
    async with listening(jobs=Working()) as door:
        got = await door.get(BUILD, "OPTIONS")
        assert (got.status, got.one("allow")) == (204, b"POST, OPTIONS")


async def test_a_fault_of_ours_is_told_in_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    async with listening(jobs=Working(failure=RuntimeError("a secret"))) as door:
        code, message = await refused(door, f"{BUILD}?key=secret", b"{}", JSON)
        assert (code, message) == (500, "InternalError: InternalError: Something went wrong inside the edge")
        assert door.watched.failures == ["InternalError"]
    assert "secret" not in caplog.records[-1].getMessage()


async def test_what_only_access_reads_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "edge.access")
    async with listening(jobs=Working()) as door:
        await post(door, f"{BUILD}?%6bey=secret", b"{}", JSON)
        await post(door, f"{BUILD}?locked", b"{}", JSON)
    assert [each.getMessage() for each in caplog.records if each.name == "edge.access"] == [f"POST {BUILD}?…"] * 2


async def test_stories_of_jobs_are_told() -> None:
    async with listening(jobs=Working()) as door:
        got = await post(door, BUILD, b"{}", JSON)
        assert got.one("cache-status") == b"edge; fwd=method"
        assert replace(door.watched.told[0][0], seconds={}) == Story(route="/jobs/", fwd="method")
