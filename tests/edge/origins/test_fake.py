"""The fake keeps the contract that the others keep."""

import asyncio

import pytest

from edge.errors import BadGateway, TooLarge
from edge.exchange import Fields
from edge.origins.base import Ask, Origin, Watched
from edge.origins.fake import FakeOrigin, WatchedFake

NOON = "Thu, 01 Jan 1970 12:00:00 GMT"


async def read(origin: Origin, ask: Ask) -> tuple[int, bytes]:
    reply = await origin.fetch(ask)
    try:
        return reply.status, b"".join([chunk async for chunk in reply.body()])
    finally:
        await reply.close()


async def test_it_hands_out_what_it_holds_and_counts() -> None:
    origin = FakeOrigin({"a": (b"body", {"X-A": "1"})})
    assert await read(origin, Ask("a")) == (200, b"body")
    assert await read(origin, Ask("b")) == (404, b"")
    assert (origin.fetches("a"), origin.fetches()) == (1, 2)
    assert repr(origin) == "FakeOrigin('fake', 1 originals, 2 fetches)"


async def test_it_answers_conditionals_by_tag_and_by_date() -> None:
    origin = FakeOrigin({"a": (b"body", {"Last-Modified": NOON}), "b": (b"", {"ETag": ""})})
    etag = (await origin.fetch(Ask("a"))).headers.get("etag") or ""
    assert await read(origin, Ask("a", headers=Fields([("If-None-Match", etag)]))) == (304, b"")
    assert await read(origin, Ask("a", headers=Fields([("If-Modified-Since", NOON)]))) == (304, b"")
    assert "etag" not in (await origin.fetch(Ask("b"))).headers


async def test_a_changed_body_has_another_tag() -> None:
    origin = FakeOrigin({"a": (b"one", {})})
    first = await origin.fetch(Ask("a"))
    origin.put("a", b"two")
    assert (await origin.fetch(Ask("a"))).headers != first.headers
    origin.remove("a")
    assert (await origin.fetch(Ask("a"))).status == 404


async def test_it_fails_when_told_to() -> None:
    origin = FakeOrigin({"a": (b"body", {})}, max_bytes=4)
    origin.body_failure = BadGateway("cut")
    with pytest.raises(BadGateway, match="cut"):
        await read(origin, Ask("a"))
    origin.failure = BadGateway("down")
    with pytest.raises(BadGateway, match="down"):
        await origin.fetch(Ask("a"))
    origin.failure = None
    origin.put("a", b"large")
    with pytest.raises(TooLarge):
        await origin.fetch(Ask("a"))
    origin.status = 503
    origin.put("a", b"late")
    origin.body_failure = None
    assert await read(origin, Ask("a")) == (503, b"late")


async def test_a_fetch_waits_at_the_gate() -> None:
    origin = FakeOrigin({"a": (b"body", {})})
    origin.gate.clear()
    fetching = asyncio.ensure_future(read(origin, Ask("a")))
    await asyncio.sleep(0)
    assert (origin.fetches(), fetching.done()) == (1, False)
    origin.gate.set()
    assert await fetching == (200, b"body")


async def test_only_the_watched_one_is_near() -> None:
    assert isinstance(WatchedFake(), Watched)
    assert not isinstance(FakeOrigin(), Watched)
    assert await read(FakeOrigin(), Ask("a", method="POST")) == (405, b"")
    origin = FakeOrigin()
    await origin.close()
    assert origin.closed
