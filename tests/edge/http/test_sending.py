"""Bodies on the wire: streams, files, parts of both, and what happens when the rest never comes."""

import asyncio
from pathlib import Path

import pytest

from edge.errors import BadGateway
from edge.exchange import Fields, RawRequest, Reply
from edge.http import sending
from tests.edge.http.listening import Door, File, Got, Stream, listening, replying

PARTS = (b"01234", b"", b"567", b"89")
TAG = ("etag", '"a"')
PARTIAL = (("accept-ranges", "bytes"), TAG)
GONE = BadGateway("The origin broke off")


async def raw(door: Door, version: str = "1.1", *lines: str) -> bytes:
    head = "\r\n".join([f"GET /raw/a HTTP/{version}", "Host: a", "Connection: close", *lines, "", ""])
    return await door.talk(head.encode())


# Streams


async def test_a_stream_of_known_length_says_it() -> None:
    body = Stream(PARTS, 10)
    async with listening(replying(body)) as door:
        got = await door.get()
    assert (got.one("content-length"), got.one("transfer-encoding"), got.body) == (b"10", None, b"0123456789")
    assert (body.closed, door.watched.told[0][1:]) == (1, (200, 10))


async def test_a_stream_of_unknown_length_comes_in_chunks() -> None:
    body = Stream(PARTS)
    async with listening(replying(body, 200, ("content-length", "99"))) as door:
        got = await door.get()
    assert (got.one("content-length"), got.one("transfer-encoding")) == (None, b"chunked")
    assert got.body == b"5\r\n01234\r\n3\r\n567\r\n2\r\n89\r\n0\r\n\r\n"
    assert (body.closed, door.watched.told[0][1:]) == (1, (200, 10))


@pytest.mark.parametrize("keep", ["close", "keep-alive"])
async def test_for_the_older_protocol_the_connection_s_end_is_the_stream_s(keep: str) -> None:
    async with listening(replying(Stream(PARTS))) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(f"GET /raw/a HTTP/1.0\r\nConnection: {keep}\r\n\r\n".encode())
        answered = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    assert (answered.endswith(b"\r\n\r\n0123456789"), b"chunked" in answered) == (True, False)


async def test_an_empty_stream_is_a_whole_answer() -> None:
    async with listening(replying(Stream(()))) as door:
        assert (await door.get()).body == b"0\r\n\r\n"
        assert Got.of(await raw(door, "1.0")).body == b""


async def test_the_head_does_not_wait_for_the_body() -> None:
    body = Stream((b"late",), gate=asyncio.Event())
    async with listening(replying(body)) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"GET /raw/a HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 200")
        assert body.gate is not None
        body.gate.set()
        assert await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 5) == b"4\r\nlate\r\n0\r\n\r\n"
        writer.close()


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("status", [200, 204, 304])
async def test_a_stream_that_is_not_sent_is_closed_unread(method: str, status: int) -> None:
    body = Stream((b"never",), 5, gate=asyncio.Event())
    if (method, status) == ("GET", 200):
        body.gate = None
    async with listening(replying(body, status)) as door:
        got = await door.get("/raw/a", method)
    assert (body.closed, got.body) == (1, b"never" if body.gate is None else b"")
    assert got.one("content-length") == (b"5" if status == 200 else None)


@pytest.mark.parametrize("failure", [GONE, RuntimeError("a fault")])
@pytest.mark.parametrize("length", [20, None])
async def test_a_stream_that_breaks_off_is_seen_to_be_incomplete(failure: Exception, length: int | None) -> None:
    body = Stream(PARTS, length, failure)
    async with listening(replying(body)) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"GET /raw/a HTTP/1.1\r\nHost: a\r\n\r\n")
        answered = await asyncio.wait_for(reader.read(), 5)  # the server ends it
        writer.close()
    assert b"89" in answered
    assert not answered.endswith(b"0\r\n\r\n")
    assert (body.closed, door.watched.told[0][2]) == (1, 10)


async def test_where_only_the_end_frames_a_stream_breaking_off_is_a_reset() -> None:
    async with listening(replying(Stream(PARTS, None, GONE))) as door:
        with pytest.raises(ConnectionResetError):
            await raw(door, "1.0")


async def test_a_stream_shorter_than_it_said_is_incomplete() -> None:
    async with listening(replying(Stream(PARTS, 20))) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"GET /raw/a HTTP/1.1\r\nHost: a\r\n\r\n")
        assert Got.of(await asyncio.wait_for(reader.read(), 5)).body == b"0123456789"
        writer.close()


async def test_a_stream_longer_than_it_said_never_reaches_the_next_answer() -> None:
    async with listening(replying(Stream((b"0123", b"4567", b"HTTP/1.1 200 OK\r\n\r\n"), 6))) as door:
        assert (await door.get()).body == b"012345"


async def test_a_client_that_leaves_closes_the_stream() -> None:
    body = Stream((b"first", b"never"), gate=asyncio.Event())
    async with listening(replying(body)) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"GET /raw/a HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"first"), 5)
        writer.close()
        for _ in range(500):
            if body.closed:
                break
            await asyncio.sleep(0.01)
    assert (body.closed, door.watched.told[0][2]) == (1, 5)


async def test_a_client_that_does_not_read_holds_nobody_up() -> None:
    taken = 0

    class Endless(Stream):
        async def chunks(self):  # type: ignore[no-untyped-def]
            nonlocal taken
            while True:
                taken += 1
                yield bytes(1 << 20)

    async def answer(request: RawRequest) -> Reply:
        return Reply(200, Fields(), Endless(()) if request.path == "/raw/endless" else b"quick")

    async with listening(answer) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port, limit=1 << 10)
        writer.write(b"GET /raw/endless HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"\n"), 5)
        assert (await door.get("/raw/quick")).body == b"quick"
        seen = 0
        while seen != taken:  # what nobody reads is not taken from the origin: it comes to a halt
            seen = taken
            await asyncio.sleep(0.05)
        writer.transport.abort()


async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_PATIENCE", 0.05)
    body = Stream([bytes(1 << 20)] * 64)
    async with listening(replying(body)) as door:
        _, writer = await asyncio.open_connection("127.0.0.1", door.port, limit=1 << 10)
        writer.write(b"GET /raw/a HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(5):
            while not body.closed:
                await asyncio.sleep(0.01)
        writer.transport.abort()


async def test_a_client_that_waits_for_the_origin_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_PATIENCE", 0.01)
    gate = asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, gate.set)
    async with listening(replying(Stream((b"first", b"last"), 9, gate=gate))) as door:
        assert (await door.get()).body == b"firstlast"


# Files


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "body"
    place.write_bytes(b"xx0123456789")
    return place


async def test_a_file_is_sent_and_closed(place: Path) -> None:
    body = File(place, offset=2)
    async with listening(replying(body)) as door:
        got = await door.get()
    assert (got.body, got.one("content-length"), body.closed) == (b"0123456789", b"10", True)


@pytest.mark.parametrize("trouble", ["changed", "shorter"])
async def test_a_file_that_changed_meanwhile_is_not_sent_whole(place: Path, trouble: str) -> None:
    body = File(place, offset=2, changed=trouble == "changed")
    body.length += trouble == "shorter"
    async with listening(replying(body)) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"GET /raw/a HTTP/1.1\r\nHost: a\r\n\r\n")
        got = Got.of(await asyncio.wait_for(reader.read(), 5))
        writer.close()
    assert len(got.body) < int(got.one("content-length") or b"")
    assert body.closed


# Parts

ASKED = [
    ("bytes=0-0", 206, b"0"),
    ("bytes=3-6", 206, b"3456"),
    ("bytes=7-", 206, b"789"),
    ("bytes=-2", 206, b"89"),
    ("bytes=0-", 206, b"0123456789"),
    ("bytes=9-99", 206, b"9"),
    ("bytes=10-", 416, b""),
    ("bytes=-0", 416, b""),
    ("bytes=0-1,4-5", 200, b"0123456789"),
    ("bytes=5-3", 200, b"0123456789"),
    ("lines=0-1", 200, b"0123456789"),
]


@pytest.mark.parametrize("kind", ["bytes", "file", "stream"])
@pytest.mark.parametrize(("field", "status", "part"), ASKED)
async def test_one_part_of_any_body_is_sent(place: Path, kind: str, field: str, status: int, part: bytes) -> None:
    body = b"0123456789" if kind == "bytes" else File(place, 2) if kind == "file" else Stream(PARTS, 10)
    async with listening(replying(body, 200, *PARTIAL)) as door:
        got = await door.get("/raw/a", "GET", f"Range: {field}")
    assert (got.status, got.body, got.one("content-length")) == (status, part, str(len(part)).encode())
    if status == 206:
        first = 0 if not part else b"0123456789".index(part)
        assert got.one("content-range") == f"bytes {first}-{first + len(part) - 1}/10".encode()
    assert kind == "bytes" or getattr(body, "closed", False)


async def test_a_part_of_a_stream_does_not_wait_for_the_rest() -> None:
    body = Stream((b"0123456", b"789"), 10, gate=asyncio.Event())
    async with listening(replying(body, 200, *PARTIAL)) as door:
        got = await door.get("/raw/a", "GET", "Range: bytes=2-5")
    assert (got.body, body.closed) == (b"2345", 1)


async def test_a_stream_of_unknown_length_has_no_parts() -> None:
    async with listening(replying(Stream(PARTS), 200, *PARTIAL)) as door:
        assert (await door.get("/raw/a", "GET", "Range: bytes=0-1")).status == 200


@pytest.mark.parametrize(
    ("method", "status", "lines"),
    [
        ("POST", 200, PARTIAL),
        ("GET", 203, PARTIAL),
        ("GET", 404, PARTIAL),
        ("GET", 200, (TAG,)),
        ("GET", 200, (("accept-ranges", "none"), TAG)),
    ],
)
async def test_only_a_get_of_what_has_parts_gets_one(
    method: str, status: int, lines: tuple[tuple[str, str], ...]
) -> None:
    async with listening(replying(b"0123456789", status, *lines)) as door:
        got = await door.get("/raw/a", method, "Range: bytes=0-1")
    assert (got.status, got.body) == (status, b"0123456789")


@pytest.mark.parametrize(
    ("tag", "field", "status"),
    [
        ('"a"', '"a"', 206),
        ('"a"', '"b"', 200),
        ('W/"a"', 'W/"a"', 200),
        ('"a"', 'W/"a"', 200),
        ('"a"', "Sun, 06 Nov 1994 08:49:37 GMT", 206),
        ('"a"', "Sun, 06 Nov 1994 08:49:38 GMT", 200),
        ('"a"', "yesterday", 200),
    ],
)
async def test_if_range_must_name_this_very_body(tag: str, field: str, status: int) -> None:
    dates = (("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"), ("date", "Sun, 06 Nov 1994 08:49:38 GMT"))
    lines = (("accept-ranges", "bytes"), ("etag", tag), *dates)
    async with listening(replying(b"0123456789", 200, *lines)) as door:
        got = await door.get("/raw/a", "GET", "Range: bytes=0-1", f"If-Range: {field}")
    assert got.status == status


async def test_if_range_without_a_range_means_nothing() -> None:
    async with listening(replying(b"0123456789", 200, *PARTIAL)) as door:
        assert (await door.get("/raw/a", "GET", 'If-Range: "b"')).status == 200


async def test_a_part_keeps_the_fields_but_digests_of_the_whole() -> None:
    lines = (("content-md5", "x"), ("content-digest", "y"), ("set-cookie", "a"), ("set-cookie", "b"), *PARTIAL)
    async with listening(replying(b"0123456789", 200, *lines)) as door:
        got = await door.get("/raw/a", "GET", "Range: bytes=0-1")
    assert (got.one("content-md5"), got.one("content-digest"), got.all("set-cookie")) == (None, None, [b"a", b"b"])
    assert got.one("etag") == b'"a"'


async def test_what_no_part_can_satisfy_is_told_to_nobody_else() -> None:
    lines = (("access-control-allow-origin", "*"), ("cache-control", "max-age=9"), ("set-cookie", "a"), *PARTIAL)
    async with listening(replying(b"0123456789", 200, *lines)) as door:
        got = await door.get("/raw/a", "GET", "Range: bytes=10-")
    assert (got.status, got.one("content-range"), got.one("cache-control")) == (416, b"bytes */10", b"no-store")
    assert (got.one("access-control-allow-origin"), got.one("set-cookie"), got.one("etag")) == (b"*", None, None)
