"""Requests that are passed on, and answers that come back as they are."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from edge.errors import BadGateway, GatewayTimeout, NotFound
from edge.exchange import Fields, RawRequest, Reply, Story
from edge.http import raw
from edge.http.pictures import Pictures
from tests.edge.http.listening import Got, Relay, Stream, Watched, answers, listening, no_picture, replying

HEAD = b"Host: a.example\r\nConnection: close\r\n"


# What is passed on


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "M-SEARCH", "PROPFIND"])
async def test_a_raw_route_takes_any_method(method: str) -> None:
    relay = Relay(replying(b"answer", 200))
    async with listening(relay.respond) as door:
        assert (await door.get("/raw/a%2Fb?c=%20&d", method)).status == 200
    (asked,) = relay.asked
    assert (asked.method, asked.path, asked.query, asked.host) == (method, "/raw/a%2Fb", "c=%20&d", "a.example")
    assert (asked.scheme, asked.content, asked.content_length) == ("http", None, None)
    assert asked.received > 1e9


async def test_other_routes_are_pictures_as_before() -> None:
    async with listening(replying(b"raw")) as door:
        assert (await door.get("/photos/a")).body == b"picture"
        assert (await door.get("/photos/a", "POST")).status == 405
        assert (await door.get("/photos/a", "OPTIONS")).one("allow") == b"GET, HEAD, OPTIONS"
    async with listening() as door:
        assert (await door.get("/raw/a")).body == b"picture"


async def test_the_host_decides_too() -> None:
    async with listening(replying(b"raw")) as door:
        head = b"GET /raw/a HTTP/1.1\r\nHost: Elsewhere.example:80\r\nConnection: close\r\n\r\n"
        assert Got.of(await door.talk(head)).body == b"picture"


async def whole(request: RawRequest) -> Reply:
    assert request.content is not None
    content = b"".join([chunk async for chunk in request.content])
    return Reply(200, Fields(), f"{request.content_length} {content.decode()}".encode())


async def test_content_of_a_known_length_is_passed_on() -> None:
    async with listening(whole) as door:
        assert (await door.get("/raw/a", "PUT", body=b"content")).body == b"7 content"


async def test_content_in_chunks_is_passed_on() -> None:
    async with listening(whole) as door:
        sent = (
            b"POST /raw/a HTTP/1.1\r\n"
            + HEAD
            + b"Transfer-Encoding: Chunked\r\n\r\n3\r\ncon\r\n4;x=y\r\ntent\r\n0\r\n\r\n"
        )
        assert Got.of(await door.talk(sent)).body == b"None content"


async def test_content_of_no_length_is_none() -> None:
    relay = Relay(replying())
    async with listening(relay.respond) as door:
        await door.get("/raw/a", "POST", "Content-Length: 0")
    assert (relay.asked[0].content, relay.asked[0].content_length) == (None, 0)


async def test_large_content_is_not_held() -> None:
    seen: list[int] = []

    async def measuring(request: RawRequest) -> Reply:
        assert request.content is not None
        async for chunk in request.content:
            seen.append(len(chunk))
        return Reply(204, Fields())

    async with listening(measuring) as door:
        assert (await door.get("/raw/a", "PUT", body=bytes(5 << 20))).status == 204
    assert (sum(seen), max(seen) <= 1 << 20) == (5 << 20, True)


async def test_whoever_waits_to_be_asked_for_content_is_asked() -> None:
    async with listening(whole) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"PUT /raw/a HTTP/1.1\r\n" + HEAD + b"Content-Length: 2\r\nExpect: 100-Continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"hi")
        assert Got.of(await reader.read()).body == b"2 hi"
        writer.close()


@pytest.mark.parametrize("path", ["/raw/a", "/photos/a"])
async def test_content_that_nobody_asked_for_is_never_the_next_request(path: str) -> None:
    async with listening(replying(b"no", 403)) as door:
        sent = f"PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n".encode()
        answered = await door.talk(sent + b"GET /photos/smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    got = Got.of(answered)
    assert got.status in (403, 405)
    assert (got.one("connection"), answers(answered)) == (b"close", 1)


@pytest.mark.parametrize("broken", [b"2\r\nhiXX\r\n", b"-2\r\n", b"zz\r\n"])
async def test_broken_content_is_the_client_s_error(broken: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "_GLANCE", 0.02)
    async with listening(whole) as door:
        head = b"POST /raw/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        answered = await door.talk(head, b"1\r\na\r\n" + broken)
    answered = answered.partition(b"\r\n\r\n")[2]
    assert (Got.of(answered).status, Got.of(answered).one("connection")) == (400, b"close")
    assert answers(answered) == 1


async def test_a_client_that_leaves_takes_its_request_along() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def waiting(request: RawRequest) -> Reply:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    async with listening(waiting) as door:
        _, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"GET /raw/a HTTP/1.1\r\n" + HEAD + b"\r\n")
        await asyncio.wait_for(began.wait(), 5)
        writer.close()
        await asyncio.wait_for(ended.wait(), 5)


# Interim answers


async def hinting(request: RawRequest) -> Reply:
    assert request.interim is not None
    request.interim(103, Fields([("link", "</a>"), ("link", "</b>"), ("x-odd", "\udcfc")]))
    request.interim(199, Fields())
    return Reply(200, Fields(), b"final")


async def test_interim_answers_come_before_the_final_one() -> None:
    async with listening(hinting) as door:
        answered = await door.talk(b"GET /raw/a HTTP/1.1\r\n" + HEAD + b"\r\n")
    early, odd, final, body = answered.split(b"\r\n\r\n")
    assert early == b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nlink: </b>\r\nx-odd: \xfc"
    assert odd == b"HTTP/1.1 199 "
    assert final.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (b"link" in final, body) == (False, b"final")


async def test_clients_of_the_older_protocol_get_no_interim_answers() -> None:
    async with listening(hinting) as door:
        answered = await door.talk(b"GET /raw/a HTTP/1.0\r\n\r\n")
    assert answered.startswith(b"HTTP/1.0 200 OK\r\n")


async def test_an_interim_answer_after_the_final_one_is_dropped() -> None:
    kept: list[RawRequest] = []

    async def keeping(request: RawRequest) -> Reply:
        kept.append(request)
        return Reply(200, Fields(), Late())

    class Late(Stream):
        def __init__(self) -> None:
            super().__init__([])

        async def chunks(self) -> AsyncIterator[bytes]:
            assert kept[0].interim is not None
            kept[0].interim(103, Fields())
            yield b"body"

    async with listening(keeping) as door:
        answered = await door.talk(b"GET /raw/a HTTP/1.1\r\n" + HEAD + b"\r\n")
    assert b"103" not in answered


# What comes back


async def test_an_answer_s_fields_arrive_as_they_were() -> None:
    lines = (
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("server", "theirs/1"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("etag", '"abcdef\udcfc"'),
        ("x-utf", "ü"),
        ("vary", "A"),
        ("vary", "B"),
    )
    async with listening(replying(b"body", 299, *lines)) as door:
        got = await door.get()
    assert got.status == 299
    assert [got.one("date"), got.one("server")] == [b"Sun, 06 Nov 1994 08:49:37 GMT", b"theirs/1"]
    assert (got.all("set-cookie"), got.all("vary")) == ([b"a=1", b"b=2"], [b"A", b"B"])
    assert (got.one("etag"), got.one("x-utf")) == (b'"abcdef\xfc"', "ü".encode())
    assert (got.one("content-type"), got.one("content-length"), got.body) == (None, b"4", b"body")


async def test_octets_of_a_request_reach_the_relay_and_come_back() -> None:
    async def mirror(request: RawRequest) -> Reply:
        return Reply(200, Fields([("x-seen", request.headers.get("if-none-match") or "")]))

    async with listening(mirror) as door:
        for tag in ('"abcdef\xfc"', '"abcdef\xc3\xbc"', "\xff"):
            got = await door.get("/raw/a", "GET", f"If-None-Match: {tag}")
            assert got.one("x-seen") == tag.encode("latin-1")


async def test_date_and_server_are_added_where_they_are_missing_and_the_way_is_told() -> None:
    async with listening(replying(b"body", 200, ("via", "1.0 a"), ("via", "1.1 b"))) as door:
        got = await door.get()
    assert got.one("date") is not None
    assert (got.one("server"), got.one("via")) == (b"image-edge", b"1.0 a, 1.1 b, 1.1 image-edge")


async def test_pictures_and_errors_of_ours_came_no_way() -> None:
    async with listening(replying(failure=NotFound("No such thing"))) as door:
        assert (await door.get("/photos/a")).one("via") is None
        failed = await door.get("/raw/a")
    assert (failed.status, failed.one("via")) == (404, None)


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_content_has_none(status: int) -> None:
    async with listening(replying(b"stray", status, ("content-length", "5"), ("etag", '"a"'))) as door:
        got = await door.get()
    assert (got.status, got.body, got.one("content-length"), got.one("transfer-encoding")) == (status, b"", None, None)
    assert got.one("etag") == b'"a"'


@pytest.mark.parametrize("status", [299, 400, 499, 503, 599, 999])
async def test_odd_statuses_pass(status: int) -> None:
    async with listening(replying(b"odd", status)) as door:
        got = await door.get()
    assert (got.status, got.body) == (status, b"odd")


async def test_head_says_the_length_that_get_would_have() -> None:
    async with listening(replying(b"", 200, ("content-length", "123"))) as door:
        passed = await door.get("/raw/a", "HEAD")
        got = await door.get("/raw/a")
    assert (passed.one("content-length"), passed.body) == (b"123", b"")
    assert (got.one("content-length"), got.body) == (b"0", b"")
    async with listening(replying(b"body")) as door:
        held = await door.get("/raw/a", "HEAD")
    assert (held.one("content-length"), held.body) == (b"4", b"")


async def test_a_length_that_nobody_said_is_not_said_to_be_none() -> None:
    async with listening(replying(b"", 200, ("etag", '"a"'))) as door:
        passed = await door.get("/raw/a", "HEAD")
        older = Got.of(await door.talk(b"HEAD /raw/a HTTP/1.0\r\n\r\n"))
    assert (passed.status, passed.one("content-length"), passed.one("transfer-encoding")) == (200, None, None)
    assert (older.status, older.one("content-length")) == (200, None)


async def test_fields_of_the_connection_are_ours_alone() -> None:
    lines = (("transfer-encoding", "xyz"), ("connection", "x"), ("keep-alive", "timeout=9"), ("content-length", "99"))
    async with listening(replying(b"body", 200, *lines)) as door:
        got = await door.get()
    assert (got.one("transfer-encoding"), got.one("connection"), got.one("keep-alive")) == (None, b"close", None)
    assert (got.one("content-length"), got.body) == (b"4", b"body")


async def test_cache_status_is_appended_last_and_timings_too() -> None:
    story = Story(route="/raw/", fwd="uri-miss", origin_status=200, seconds={"fetch": 0.01})
    lines = (("cache-status", "Origin; hit"), ("server-timing", "db;dur=1"))
    async with listening(replying(b"", 200, *lines, story=story)) as door:
        got = await door.get()
    assert got.all("cache-status") == [b"Origin; hit", b"edge; fwd=uri-miss; fwd-status=200"]
    assert got.all("server-timing") == [b"db;dur=1", b"fetch;dur=10.0"]


# Loops


async def test_a_request_that_was_here_before_is_refused() -> None:
    relay = Relay(replying(b"raw"))
    async with listening(relay.respond, pseudonym="image-edge-1") as door:
        for path in ("/raw/a", "/photos/a"):
            got = await door.get(path, "GET", "CDN-Loop: other", "CDN-Loop: image-edge-1; x=y")
            assert (got.status, got.one("cache-control")) == (508, b"no-store")
            assert (got.one("content-type"), got.one("proxy-status")) == (
                b"application/problem+json",
                b"image-edge; error=proxy_loop_detected",
            )
        assert (await door.get("/raw/a", "GET", "CDN-Loop: image-edge-2")).status == 200
    assert len(relay.asked) == 1
    assert door.watched.failures == ["LoopDetected"] * 2


# Errors


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (BadGateway("x"), 502, None),
        (BadGateway("x", error="dns_error", disconnected=True), 502, b"image-edge; error=dns_error"),
        (GatewayTimeout("x", error="connection_timeout"), 504, b"image-edge; error=connection_timeout"),
        (BadGateway("x", received=503), 502, b"image-edge; received-status=503"),
        (
            BadGateway("x", error="http_protocol_error", received=206),
            502,
            b"image-edge; error=http_protocol_error; received-status=206",
        ),
    ],
)
async def test_what_failed_before_the_origin_is_told_in_proxy_status(
    error: Exception, status: int, told: bytes | None
) -> None:
    async with listening(replying(failure=error)) as door:
        got = await door.get()
    assert (got.status, got.one("proxy-status"), got.one("cache-status")) == (status, told, None)


async def test_a_fault_of_ours_is_one_sentence() -> None:
    async with listening(replying(failure=RuntimeError("secret"))) as door:
        got = await door.get()
    assert (got.status, b"secret" in got.body) == (500, False)


def test_a_listener_without_raw_routes_needs_no_relay() -> None:
    assert Pictures(no_picture, Watched()).server is None
