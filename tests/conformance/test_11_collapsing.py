"""One question for many, and what an origin or a client may not spoil."""

import asyncio

import pytest

from tests.conformance.harness import Cached, picture
from tests.conformance.origin import Answer, gone
from tests.conformance.wire import Asked, Headers, Seen, read_head, written

FRESH = {"Cache-Control": "max-age=600"}
Tasks = list["asyncio.Task[Seen]"]


def many(cached: Cached, number: int, asks: Headers | None = None, method: str = "GET") -> Tasks:
    content = b"x" if method == "POST" else None
    return [asyncio.create_task(cached.get("/a", asks=asks, method=method, content=content)) for _ in range(number)]


async def settle(cached: Cached, number: int) -> int:
    """Wait for so many questions, give more a chance to come; how many there are."""
    await cached.origin.arrived(cached.at("/a"), number)
    await asyncio.sleep(0.1)
    return len(cached.origin.asked(cached.at("/a")))


async def test_11_1_one_question_for_all_who_wait(cached: Cached) -> None:
    gate = asyncio.Event()
    cached.says("/a", Answer(FRESH, gate=gate))
    tasks = many(cached, 8)
    assert await settle(cached, 1) == 1
    gate.set()
    seen = [await task for task in tasks]
    assert len({one.body for one in seen}) == 1
    assert {one.status for one in seen} == {200}
    assert len(cached.origin.asked(cached.at("/a"))) == 1


@pytest.mark.parametrize("said", ["no-store", "private", "private, max-age=60"])
async def test_11_1_what_may_not_be_shared_is_fetched_for_each(cached: Cached, said: str) -> None:
    cached.says("/a", Answer({"Cache-Control": said}))
    bodies = [(await task).body for task in many(cached, 5)]
    assert len(set(bodies)) == 5
    assert len(cached.origin.asked(cached.at("/a"))) == 5


async def test_11_1_and_from_then_on_nobody_waits_for_another(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "no-store"})
    gate = asyncio.Event()
    cached.says("/a", Answer({"Cache-Control": "no-store"}, gate=gate))
    tasks = many(cached, 4)
    await cached.origin.arrived(cached.at("/a"), 5)
    gate.set()
    assert len({(await task).body for task in tasks}) == 4


async def test_11_1_until_it_may_be_shared_again(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "no-store"})
    await cached.get("/a", FRESH)
    assert (await cached.get("/a")).hit


@pytest.mark.parametrize(("asks", "method"), [({"Authorization": "Basic x"}, "GET"), (None, "POST")])
async def test_11_1_never_for_the_authorized_or_for_changes(cached: Cached, asks: Headers | None, method: str) -> None:
    gate = asyncio.Event()
    cached.says("/a", Answer(FRESH, gate=gate))
    tasks = many(cached, 3, asks, method)
    await cached.origin.arrived(cached.at("/a"), 3)
    gate.set()
    assert len({(await task).body for task in tasks}) == 3


async def test_11_1_who_waits_gets_the_variant_that_was_asked_for(cached: Cached) -> None:
    gate = asyncio.Event()

    def answer(asked: Asked) -> Answer:
        return Answer({**FRESH, "Vary": "Foo"}, 200, (asked.get("foo") or "").encode(), gate=gate)

    cached.says("/a", answer)
    tasks = {foo: many(cached, 3, {"Foo": foo}) for foo in "12"}
    await settle(cached, 1)
    gate.set()
    for foo, waiting in tasks.items():
        assert {(await task).text for task in waiting} == {foo}


async def test_11_1_an_error_is_told_to_all_who_wait(cached: Cached) -> None:
    gate = asyncio.Event()
    cached.says("/a", Answer(raw=b"", gate=gate))
    tasks = many(cached, 4)
    await settle(cached, 1)
    gate.set()
    assert all([(await task).status in (502, 504) for task in tasks])
    assert (await cached.get("/a", FRESH)).status == 200


async def leave(cached: Cached, cut_after: int) -> None:
    """Ask, read so many bytes at most, and close the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", cached.edge.public.port)
    writer.write(written("GET", cached.url("/a"), [("Host", "e")], None))
    if cut_after:
        await reader.readexactly(cut_after)
    else:
        await cached.origin.arrived(cached.at("/a"), 1)
    writer.transport.abort()


async def test_11_1_when_the_first_leaves_the_others_are_served(cached: Cached) -> None:
    gate = asyncio.Event()
    cached.says("/a", Answer(FRESH, 200, b"whole", gate=gate))
    leaving = asyncio.create_task(leave(cached, 0))
    await cached.origin.arrived(cached.at("/a"), 1)
    waiting = many(cached, 2)
    await leaving
    await asyncio.sleep(0.05)
    gate.set()
    assert {(await task).text for task in waiting} == {"whole"}


@pytest.mark.parametrize("cut_after", [0, 20])
async def test_11_1_a_client_that_leaves_spoils_nothing(cached: Cached, cut_after: int) -> None:
    body = bytes(range(256)) * 2048
    gate = asyncio.Event()
    cached.says("/a", Answer(FRESH, 200, body, gate=gate, early=4096))
    await leave(cached, cut_after)
    gate.set()
    for _ in range(2):
        seen = await cached.get("/a")
        assert (seen.status, seen.whole, seen.body == body) == (200, True, True)


async def test_11_1_a_body_is_streamed_while_it_comes(cached: Cached) -> None:
    gate = asyncio.Event()
    cached.says("/a", Answer(FRESH, 200, b"a" * 5000 + b"b" * 5000, gate=gate, early=5000))
    first = await asyncio.open_connection("127.0.0.1", cached.edge.public.port)
    second = await asyncio.open_connection("127.0.0.1", cached.edge.public.port)
    async with asyncio.timeout(10):
        for reader, writer in (first, second):
            writer.write(written("GET", cached.url("/a"), [("Host", "e"), ("Connection", "close")], None))
            head = await read_head(reader)
            assert head is not None
            assert await reader.readexactly(5000) == b"a" * 5000
        gate.set()
        for reader, writer in (first, second):
            assert await reader.read() == b"b" * 5000
            writer.close()
    assert len(cached.origin.asked(cached.at("/a"))) == 1


async def test_11_2_many_renditions_of_one_cold_original(cached: Cached) -> None:
    gate = asyncio.Event()
    cached.says("/a.jpg", Answer({**FRESH, "Content-Type": "image/jpeg"}, 200, picture().body, gate=gate))
    tasks = [asyncio.create_task(cached.get(f"/a.jpg?w={width}", route="p")) for width in range(10, 16)]
    await cached.origin.arrived(cached.at("/a.jpg"), 1)
    await asyncio.sleep(0.1)
    gate.set()
    assert {(await task).status for task in tasks} == {200}
    assert len(cached.origin.asked(cached.at("/a.jpg"))) == 1


async def test_11_2_many_askers_and_one_transform(cached: Cached) -> None:
    cached.says("/a.jpg", picture(FRESH))
    await cached.get("/a.jpg?w=10", route="p")
    before = cached.edge.pool.stats().jobs
    tasks = [asyncio.create_task(cached.get("/a.jpg?w=30", route="p")) for _ in range(6)]
    assert len({(await task).body for task in tasks}) == 1
    assert cached.edge.pool.stats().jobs == before + 1


@pytest.mark.parametrize("status", [404, 410])
async def test_11_3_misses_are_remembered_for_a_while(cached: Cached, status: int) -> None:
    assert await cached.reuses(Answer({}, status), 9, route="window")
    assert not await cached.reuses(Answer({}, status), 11, route="window")
    assert not await cached.reuses(Answer({}, status))


@pytest.mark.parametrize("status", [404, 410, 503])
async def test_11_3_explicit_freshness_of_an_error_counts(cached: Cached, status: int) -> None:
    assert await cached.reuses(Answer({"Cache-Control": "max-age=100"}, status), 99)
    assert not await cached.reuses(Answer({"Cache-Control": "max-age=100"}, status), 101)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_11_3_server_errors_for_five_seconds_at_most(cached: Cached, status: int) -> None:
    assert not await cached.reuses(Answer({}, status), 6, route="window")


async def test_11_3_a_broken_picture_is_looked_at_once(cached: Cached) -> None:
    broken = picture(FRESH, b"\xff\xd8\xff\xe0 broken")
    first = await cached.get("/a.jpg?w=20", broken, route="pw")
    assert 400 <= first.status < 500
    second = await cached.get("/a.jpg?w=20", route="pw")
    assert (second.status, second.hit) == (first.status, True)


@pytest.mark.parametrize("query", ["", "?w=20", "?w=20&sig=AAAA", "?sig=" + "A" * 43])
async def test_11_4_refused_signatures_are_not_to_be_stored(cached: Cached, query: str) -> None:
    seen = await cached.get("/a.jpg" + query, picture(FRESH), route="signed")
    assert seen.status in (401, 403)
    assert (seen.hit, seen.get("cache-control")) == (True, "no-store")


_OK = b"HTTP/1.1 200 OK\r\n"
LIES = {
    "an unknown transfer coding": _OK + b"Cache-Control: max-age=600\r\nTransfer-Encoding: xyz\r\n\r\nwords",
    "two lengths": _OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nwords",
    "a negative length": _OK + b"Content-Length: -5\r\n\r\nwords",
    "length and chunks": _OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwords\r\n0\r\n\r\n",
    "an endless head": _OK + b"X-A: " + b"a" * (1 << 20) + b"\r\n\r\n",
    "very many fields": _OK + b"X-A: 1\r\n" * 50_000 + b"\r\n",
    "NUL in a field": _OK + b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of words": b"HTTP/1.1 fine OK\r\nContent-Length: 0\r\n\r\n",
    "no HTTP at all": b"220 mail.example.com ESMTP\r\n\r\n",
    "only interim answers": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("route", ["plain", "p"])
@pytest.mark.parametrize("lie", list(LIES))
async def test_11_lying_origins_crash_and_poison_nothing(cached: Cached, lie: str, route: str) -> None:
    seen = await cached.get("/a.jpg", Answer(raw=LIES[lie]), route=route)
    assert seen.status in (200, 415, 502, 504) or not seen.whole
    held_or_stored = route == "p" or b"max-age" in LIES[lie]
    honest = await cached.get("/b.jpg" if held_or_stored else "/a.jpg", picture(FRESH), route=route)
    assert (honest.status, honest.body) == (200, picture().body)


async def test_11_an_unknown_transfer_coding_hides_no_second_answer(cached: Cached) -> None:
    smuggled = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 6\r\n\r\npoison"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    assert (await cached.get("/a", Answer(raw=head + smuggled))).text == "ok"
    assert "poison" not in (await cached.get("/b", Answer(FRESH, 200, b"honest"))).text


async def test_11_1_an_origin_that_fails_cold_is_a_502_or_504(cached: Cached) -> None:
    seen = await cached.get("/a", gone())
    assert seen.status in (502, 504)
    assert seen.get("content-type") == "application/problem+json"
    assert seen.get("cache-control") == "no-store"
