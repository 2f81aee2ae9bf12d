"""What a proxy owes: authorization, methods, loops, clean requests (RFC 9110 §7, §9; RFC 9111 §3.5, §4.4)."""

import asyncio

import pytest

from tests.conformance.harness import JPEG, Cached, picture
from tests.conformance.origin import Answer
from tests.conformance.wire import Headers, written

FRESH = {"Cache-Control": "max-age=600"}
SECRET = {"Authorization": "Basic abc"}


@pytest.mark.parametrize(
    ("said", "allowed"),
    [("max-age=60", False), ("max-age=60, public", True), ("max-age=60, must-revalidate", True), ("s-maxage=60", True)],
)
async def test_8_1_an_authorized_answer_is_shared_only_with_permission(
    cached: Cached, said: str, allowed: bool
) -> None:
    assert await cached.reuses({"Cache-Control": said}, 0, SECRET, {}) == allowed


async def test_8_1_credentials_reach_the_origin(cached: Cached) -> None:
    seen = await cached.get("/a", FRESH, SECRET)
    assert seen.asked[0].get("authorization") == "Basic abc"


async def test_8_1_an_expires_date_is_no_such_permission(cached: Cached) -> None:
    assert not await cached.reuses({"Expires": cached.date(600)}, 0, SECRET, {})


METHODS = ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "PROPPATCH"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [200, 201, 204, 303])
async def test_8_2_a_change_invalidates_its_url(cached: Cached, method: str, status: int) -> None:
    await cached.get("/a", FRESH)
    changed = await cached.get("/a", Answer({}, status), method=method, content=b"abc")
    assert (changed.status, [asked.body for asked in changed.asked]) == (status, [b"abc"])
    assert not (await cached.get("/a", FRESH)).hit


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_8_2_a_change_that_failed_does_not(cached: Cached, method: str, status: int) -> None:
    await cached.get("/a", FRESH)
    failed = await cached.get("/a", Answer({}, status), method=method, content=b"abc")
    assert failed.status == status
    assert (await cached.get("/a")).hit


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET"])
async def test_8_2_safe_methods_change_nothing(cached: Cached, method: str) -> None:
    await cached.get("/a", FRESH)
    await cached.get("/a", method=method)
    assert (await cached.get("/a")).hit


async def test_8_2_all_variants_go_and_other_queries_stay(cached: Cached) -> None:
    for foo in "12":
        await cached.get("/a?x", {**FRESH, "Vary": "Foo"}, {"Foo": foo})
    await cached.get("/a?y", FRESH)
    await cached.get("/a?x", Answer(), method="POST", content=b"")
    assert (await cached.get("/a?y")).hit
    for foo in "12":
        assert not (await cached.get("/a?x", {**FRESH, "Vary": "Foo"}, {"Foo": foo})).hit


@pytest.mark.parametrize("name", ["Location", "Content-Location"])
@pytest.mark.parametrize("method", METHODS[:4])
async def test_8_2_what_it_points_at_goes_too(cached: Cached, name: str, method: str) -> None:
    await cached.get("/b?q=1", FRESH)
    await cached.get("/a", Answer({name: "b?q=1"}), method=method, content=b"")
    assert not (await cached.get("/b?q=1", FRESH)).hit


@pytest.mark.parametrize("name", ["Location", "Content-Location"])
async def test_8_2_but_not_at_another_host(cached: Cached, name: str) -> None:
    await cached.get("/b", FRESH)
    await cached.get("/a", Answer({name: "http://elsewhere.example" + cached.at("/b")}), method="POST", content=b"")
    assert (await cached.get("/b")).hit


async def test_8_2_a_change_is_never_answered_from_the_store(cached: Cached) -> None:
    for _ in range(2):
        assert not (await cached.get("/a", FRESH, method="POST", content=b"x")).hit


async def test_8_2_a_large_body_reaches_the_origin_whole(cached: Cached) -> None:
    content = bytes(range(256)) * 8192
    seen = await cached.get("/a", Answer(), method="PUT", content=content)
    assert [asked.body == content for asked in seen.asked] == [True]


async def test_8_3_head_is_get_without_the_body(cached: Cached) -> None:
    first = await cached.get("/a", {**FRESH, "ETag": '"v"', "X-A": "1", "Content-Type": "text/plain"})
    head = await cached.get("/a", method="HEAD")
    assert (head.hit, head.status, head.body) == (True, 200, b"")
    for name in ("etag", "x-a", "content-type", "date", "cache-control", "content-length"):
        assert head.get(name) == first.get(name)


async def test_8_3_a_head_on_a_miss_stores_no_empty_body(cached: Cached) -> None:
    head = await cached.get("/a", Answer(FRESH, 200, b"whole"), method="HEAD")
    assert (head.status, head.get("content-length")) == (200, "5")
    seen = await cached.get("/a")
    assert (seen.status, seen.text) == (200, "whole")


async def test_8_3_options_is_never_stored(cached: Cached) -> None:
    for _ in range(2):
        assert not (await cached.get("/a", FRESH, method="OPTIONS")).hit
    assert not (await cached.get("/a", FRESH)).hit


async def test_8_3_options_for_the_server_is_answered_here(cached: Cached) -> None:
    seen = await cached.raw(b"OPTIONS * HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")
    assert seen.status in (200, 204)
    assert "GET" in (seen.get("allow") or "")


@pytest.mark.parametrize("route", ["plain", "p"])
async def test_8_3_trace_is_refused(cached: Cached, route: str) -> None:
    seen = await cached.get("/a", FRESH, SECRET, method="TRACE", route=route)
    assert (seen.status, seen.hit) == (405, True)
    assert b"Basic" not in seen.body


async def test_8_3_connect_is_refused(cached: Cached) -> None:
    seen = await cached.raw(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
    assert 400 <= seen.status < 600


async def test_8_3_no_upgrade_is_forwarded(cached: Cached) -> None:
    asks = {"Connection": ["Upgrade"], "Upgrade": "websocket", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
    seen = await cached.get("/a", FRESH, asks)
    assert seen.status == 200
    assert "upgrade" not in seen.asked[0]


async def test_8_4_via_tells_each_hop_both_ways(cached: Cached) -> None:
    seen = await cached.get("/a", {**FRESH, "Via": "1.1 behind"}, {"Via": "1.0 before"})
    upstream, downstream = seen.asked[0].get("via") or "", seen.get("via") or ""
    assert upstream.startswith("1.0 before, 1.1 ")
    assert downstream.startswith("1.1 behind, 1.1 ")
    assert (await cached.get("/a")).get("via") == downstream


async def test_8_4_max_forwards_is_counted_down(cached: Cached) -> None:
    asks = {"Max-Forwards": "2"}
    seen = await cached.get("/a", Answer({"Allow": "GET"}), asks, method="OPTIONS")
    assert [asked.get("max-forwards") for asked in seen.asked] == ["1"]
    last = await cached.get("/a", asks={"Max-Forwards": "0"}, method="OPTIONS")
    assert (last.hit, last.status) == (True, 200) or (last.hit, last.status) == (True, 204)


@pytest.mark.parametrize("route", ["plain", "p"])
async def test_8_4_a_loop_is_508(cached: Cached, route: str) -> None:
    said = FRESH if route == "plain" else picture(FRESH)
    seen = await cached.get("/a.jpg", said, {"CDN-Loop": "other; x=1"}, route=route)
    loop = seen.asked[0].get("cdn-loop") or ""
    assert loop
    assert loop.startswith("other; x=1, ") or route == "p"  # many askers share one question for a picture
    again = await cached.get("/b.jpg", said, {"CDN-Loop": loop}, route=route)
    assert (again.status, again.hit) == (508, True)


SMUGGLED = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a list of lengths": b"Content-Length: 5, 6\r\n\r\nhello",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"Content-Length: -5\r\n\r\nhello",
    "a length with a sign": b"Content-Length: +5\r\n\r\nhello",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a folded line": b"X-A: 1\r\n  folded\r\n\r\n",
    "a space before the colon": b"X-A : 1\r\n\r\n",
    "NUL": b"X-A: a\0b\r\n\r\n",
    "a bare CR": b"X-A: a\rX-B: b\r\n\r\n",
    "no name": b": 1\r\n\r\n",
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("what", list(SMUGGLED))
async def test_8_5_ambiguous_requests_are_refused(cached: Cached, what: str, method: str) -> None:
    head = f"{method} {cached.url('/a')} HTTP/1.1\r\nHost: e\r\n".encode()
    seen = await cached.raw(head + SMUGGLED[what])
    assert seen.status in (400, 501)
    assert not cached.origin.asked(cached.at("/a"))


@pytest.mark.parametrize("hosts", [[], ["a", "b"], ["a b"], ["a/b"], ["user@host"]])
async def test_8_5_the_host_is_one_and_plain(cached: Cached, hosts: list[str]) -> None:
    lines = [("Host", host) for host in hosts]
    seen = await cached.raw(written("GET", cached.url("/a"), [*lines, ("Connection", "close")], None))
    assert 400 <= seen.status < 500
    assert not cached.origin.asked(cached.at("/a"))


async def test_8_5_fields_of_the_clients_hop_stay_here(cached: Cached) -> None:
    asks: Headers = {"Connection": "X-Hop, keep-alive", "X-Hop": "1", "Keep-Alive": "5", "TE": "trailers", "X-End": "1"}
    seen = await cached.get("/a", FRESH, {**asks, "Proxy-Connection": "close", "Proxy-Authorization": "x"})
    for name in ("x-hop", "keep-alive", "te", "proxy-connection", "proxy-authorization"):
        assert name not in seen.asked[0]
    assert seen.asked[0].get("x-end") == "1"


@pytest.mark.parametrize("asks", [None, {"Cache-Control": "no-transform"}])
async def test_8_6_no_transform_hands_the_original_on(cached: Cached, asks: Headers | None) -> None:
    said = picture({"Cache-Control": "max-age=60" if asks else "max-age=60, no-transform"})
    for _ in range(2):
        seen = await cached.get("/a.jpg?w=20", said, asks, route="p")
        assert (seen.status, seen.get("content-type"), seen.body) == (200, "image/jpeg", JPEG)
    assert seen.hit


async def test_8_7_coded_bodies_pass_as_they_are(cached: Cached) -> None:
    coded = b"\x1f\x8b not really"
    said = Answer({**FRESH, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}, 200, coded)
    asks = {"Accept-Encoding": "gzip"}
    for seen in (await cached.get("/a", said, asks), again := await cached.get("/a", asks=asks)):
        assert (seen.body, seen.get("content-encoding")) == (coded, "gzip")
    assert again.hit
    assert not (await cached.get("/a", Answer(FRESH, 200, b"plain"), {"Accept-Encoding": "identity"})).hit


async def test_8_7_originals_are_fetched_plain_and_pictures_never_coded(cached: Cached) -> None:
    seen = await cached.get("/a.jpg?w=20", picture(FRESH), {"Accept-Encoding": "gzip, br"}, route="p")
    assert seen.asked[0].get("accept-encoding") == "identity"
    assert "content-encoding" not in seen
    assert "accept-encoding" not in (seen.get("vary") or "").lower()


async def test_8_accelerator_fields_never_pass(cached: Cached) -> None:
    said = {**FRESH, "X-Accel-Redirect": "/etc/passwd", "X-Accel-Buffering": "no"}
    for seen in (await cached.get("/a", said), await cached.get("/a")):
        assert "x-accel-redirect" not in seen


async def test_8_2_a_change_under_way_keeps_an_older_answer_from_being_stored(cached: Cached) -> None:
    gate = asyncio.Event()
    cached.says("/a", Answer(FRESH, 200, b"before", gate=gate))
    reading = asyncio.create_task(cached.get("/a"))
    await cached.origin.arrived(cached.at("/a"), 1)
    await cached.get("/a", Answer(), method="POST", content=b"x")
    gate.set()
    assert (await reading).text == "before"
    assert not (await cached.get("/a", Answer(FRESH, 200, b"after"))).hit
