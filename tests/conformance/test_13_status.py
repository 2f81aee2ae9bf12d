"""Cache-Status (RFC 9211), Proxy-Status (RFC 9209) and Server-Timing."""

import asyncio
import re

import pytest

from tests.conformance.harness import Cached, picture
from tests.conformance.origin import Answer, gone, not_modified
from tests.conformance.wire import Headers, Seen

FRESH = {"Cache-Control": "max-age=60"}


def ours(seen: Seen) -> dict[str, str]:
    """The parameters of the last member, which is ours."""
    name, *rest = (seen.get("cache-status") or "").rpartition(",")[2].strip().split("; ")
    assert name == "edge"
    return {key: value for key, _, value in (part.partition("=") for part in rest)}


@pytest.mark.parametrize("route", ["plain", "p"])
async def test_13_1_a_miss_and_a_hit(cached: Cached, route: str) -> None:
    said = Answer(FRESH) if route == "plain" else picture(FRESH)
    miss = ours(await cached.get("/a.jpg?w=20", said, route=route))
    assert (miss["fwd"], miss["fwd-status"], miss["ttl"], "stored" in miss) == ("uri-miss", "200", "60", True)
    cached.clock.tick(7)
    hit = ours(await cached.get("/a.jpg?w=20", route=route))
    assert (hit["hit"], hit["ttl"], hit["detail"]) == ("", "53", "mem")
    assert "fwd" not in hit
    assert "hit" not in miss


async def test_13_1_reasons_to_ask_the_origin(cached: Cached) -> None:
    vary = {**FRESH, "Vary": "Foo", "ETag": '"v"'}
    await cached.get("/a", vary, {"Foo": "1"})
    assert ours(await cached.get("/a", asks={"Foo": "2"}))["fwd"] == "vary-miss"
    cached.clock.tick(61)
    stale = ours(await cached.get("/a", not_modified(ETag='"v"', Vary="Foo", Cache_Control="max-age=60"), {"Foo": "1"}))
    assert (stale["fwd"], stale["fwd-status"]) == ("stale", "304")
    assert ours(await cached.get("/a", Answer(), method="POST", content=b""))["fwd"] == "method"


async def test_13_1_a_request_that_insists(cached: Cached) -> None:
    await cached.get("/a", FRESH, route="honour")
    assert ours(await cached.get("/a", asks={"Cache-Control": "no-cache"}, route="honour"))["fwd"] == "request"


@pytest.mark.parametrize("said", ["no-store", "private"])
async def test_13_1_what_is_not_stored_does_not_say_so(cached: Cached, said: str) -> None:
    told = ours(await cached.get("/a", {"Cache-Control": said}))
    assert told["fwd"] in ("uri-miss", "bypass")
    assert "stored" not in told


async def test_13_1_who_waited_says_collapsed(cached: Cached) -> None:
    gate = asyncio.Event()
    cached.says("/a", Answer(FRESH, gate=gate))
    tasks = [asyncio.create_task(cached.get("/a")) for _ in range(4)]
    await cached.origin.arrived(cached.at("/a"), 1)
    await asyncio.sleep(0.1)
    gate.set()
    told = [ours(await task) for task in tasks]
    assert sorted("collapsed" in one for one in told) == [False, True, True, True]


async def test_13_1_ours_comes_after_those_of_other_caches(cached: Cached) -> None:
    said = {**FRESH, "Cache-Status": 'Origin; hit, "Middle, one"; fwd=stale'}
    for seen in (await cached.get("/a", said), await cached.get("/a")):
        value = seen.get("cache-status") or ""
        assert value.startswith('Origin; hit, "Middle, one"; fwd=stale, edge; ')
        assert value.count("edge;") == 1


@pytest.mark.parametrize("target", ["/nowhere/a", "/p/../etc/passwd", "/p/a%00b"])
async def test_13_1_not_on_errors_made_here(cached: Cached, target: str) -> None:
    seen = await cached.raw(f"GET {target} HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n".encode())
    assert seen.status >= 400
    assert "cache-status" not in seen


async def test_13_1_the_key_is_not_told_to_strangers(cached: Cached) -> None:
    for asks in ({}, {"Pragma": "x-key"}, {"X-Debug": "1"}):
        assert "key" not in ours(await cached.get("/a", FRESH, asks))


async def test_13_2_server_timing_tells_the_phases(cached: Cached) -> None:
    seen = await cached.get("/a.jpg?w=20", picture(FRESH), route="p")
    phases = {part.split(";")[0].strip() for part in (seen.get("server-timing") or "").split(",")}
    assert {"fetch", "decode", "encode"} <= phases


FAILURES: list[tuple[str, Answer]] = [
    ("closed", gone()),
    ("nonsense", Answer(raw=b"220 ESMTP\r\n\r\n")),
]


@pytest.mark.parametrize("route", ["plain", "p"])
@pytest.mark.parametrize(("name", "failure"), FAILURES)
async def test_13_2_proxy_status_says_why_the_origin_failed(
    cached: Cached, name: str, failure: Answer, route: str
) -> None:
    seen = await cached.get(f"/{name}.jpg", failure, route=route)
    assert seen.status in (502, 504)
    told = seen.get("proxy-status") or ""
    assert re.match(r"[a-z-]*edge; error=[a-z_]+", told)
    assert str(cached.origin.port) not in told


async def test_13_2_no_proxy_status_for_what_the_origin_said_itself(cached: Cached) -> None:
    headers: Headers = {"Cache-Control": "no-store"}
    seen = await cached.get("/a", Answer(headers, 503))
    assert (seen.status, "error=" in (seen.get("proxy-status") or "")) == (503, False)
