"""One question for all who ask for the same, bodies that are read while they come, and clients who leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cache.entry import FileSlice
from edge.errors import BadGateway, EdgeError
from edge.exchange import Fields, RawRequest, Reply, StreamBody
from edge.originals.selection import Selection
from edge.origins.base import Ask
from edge.relay import carrier
from edge.relay.spool import INLINE, WINDOW
from tests.edge.relay.relaying import Said, World, drained, read

DOWN = BadGateway("The origin cannot be reached", disconnected=True)


async def crowd(world: World, count: int, target: str = "/a") -> list[asyncio.Task[Reply]]:
    """As many requests, all waiting for the origin's gate."""
    world.origin.gate.clear()
    tasks = [asyncio.ensure_future(world.ask(target)) for _ in range(count)]
    await world.settle()
    return tasks


def streamed(reply: Reply) -> StreamBody:
    assert isinstance(reply.body, StreamBody)
    return reply.body


async def test_all_who_ask_now_share_one_question() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60")
    tasks = await crowd(world, 5)
    assert world.asked == 1
    world.origin.gate.set()
    told = [await read(await task) for task in tasks]
    assert {one.body for one in told} == {b"bytes"}
    assert [one.story.collapsed for one in told] == [False, True, True, True, True]
    assert world.asked == 1


async def test_bytes_reach_all_as_they_come_and_who_comes_late_begins_at_the_first() -> None:
    world, gate = World(), asyncio.Event()
    said = world.says("a", [b"first", b"last"], cache_control="max-age=60")
    opened = asyncio.Event()
    opened.set()
    said.gates = (opened, gate)
    one = streamed(await world.ask("/a"))
    chunks = one.chunks()
    assert await anext(chunks) == b"first"
    late = await world.ask("/a")
    assert late.story.collapsed
    others = streamed(late).chunks()
    assert await anext(others) == b"first"
    gate.set()
    assert (await anext(chunks), await anext(others)) == (b"last", b"last")
    await one.aclose()
    await streamed(late).aclose()
    assert world.asked == 1


@pytest.mark.parametrize("ruling", ["no-store", "no-store, max-age=60", "max-age=0"])
async def test_what_may_not_be_shared_each_fetches_alone_and_all_at_once(ruling: str) -> None:
    world = World()
    world.says("a", cache_control=ruling)
    tasks = await crowd(world, 4)
    assert world.asked == 1
    world.origin.gate.set()
    await (await asyncio.gather(*tasks))[0].body.aclose()  # type: ignore[union-attr]
    assert world.asked == 4
    assert not any(task.result().story.collapsed for task in tasks)
    for task in tasks[1:]:
        assert await drained(task.result()) == b"body"


async def test_nobody_waits_for_a_name_that_is_known_not_to_be_shared() -> None:
    world = World()
    world.says("a", cache_control="no-store", etag='"1"')
    await world.get("/a")
    tasks = await crowd(world, 3)
    assert world.asked == 4
    world.origin.gate.set()
    told = [await read(await task) for task in tasks]
    assert {(one.way, one.story.detail) for one in told} == {("bypass", "hit-for-pass")}
    passed = await world.get("/a", if_none_match='"1"')
    assert passed.status == 304
    assert world.origin.asked[-1].headers.get("if-none-match") == '"1"'


async def test_nobody_waits_for_what_must_be_confirmed_for_each() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="no-cache", etag='"1"')
    await world.get("/a")
    await world.get("/a")
    tasks = await crowd(world, 3)
    assert world.asked == 5
    world.origin.gate.set()
    told = [await read(await task) for task in tasks]
    assert {(one.way, one.story.origin_status, one.body) for one in told} == {("stale", 304, b"bytes")}


async def test_a_name_that_becomes_storable_is_waited_for_again() -> None:
    world = World()
    world.says("a", cache_control="no-store")
    await world.get("/a")
    world.says("a", cache_control="max-age=10")
    await world.get("/a")
    assert (await world.get("/a")).way == "hit:mem"
    assert len(world.relay._passing) == 0


async def test_who_wants_another_variant_asks_for_it_once_more_for_all_of_its_kind() -> None:
    world = World()

    def answer(ask: Ask) -> Said:
        return Said((ask.headers.get("foo") or "").encode(), {"cache-control": "max-age=60", "vary": "foo"})

    world.origin.answers["a"] = answer
    world.origin.gate.clear()
    tasks = [asyncio.ensure_future(world.get("/a", foo=foo)) for foo in ("1", "2", "1", "2", "2")]
    await world.settle()
    world.origin.gate.set()
    assert [one.body for one in await asyncio.gather(*tasks)] == [b"1", b"2", b"1", b"2", b"2"]
    assert world.asked == 2


@pytest.mark.parametrize("field", [{"authorization": "Basic eA=="}, {"range": "bytes=0-1"}])
async def test_credentials_and_ranges_neither_lead_nor_join(field: dict[str, str]) -> None:
    world = World()
    world.says("a", cache_control="max-age=60, public")
    world.origin.gate.clear()
    tasks = [asyncio.ensure_future(world.get("/a", **one)) for one in (field, {}, field, {})]
    await world.settle()
    assert world.asked == 3
    world.origin.gate.set()
    assert {one.body for one in await asyncio.gather(*tasks)} == {b"body"}


async def test_a_wish_for_a_validation_is_not_answered_by_a_question_without_it() -> None:
    world = World(route={"client_cache_control": "honour"})
    world.says("a", cache_control="max-age=60")
    world.origin.gate.clear()
    wishes: list[dict[str, str]] = [{}, {"cache_control": "no-cache"}, {"cache_control": "no-cache"}]
    tasks = [asyncio.ensure_future(world.get("/a", **one)) for one in wishes]
    await world.settle()
    assert world.asked == 2
    world.origin.gate.set()
    await asyncio.gather(*tasks)


async def test_a_question_that_takes_long_keeps_nobody_waiting_for_ever() -> None:
    world = World(patience=0.01)
    world.says("a", cache_control="max-age=60")
    tasks = await crowd(world, 3)
    await asyncio.sleep(0.05)
    await world.settle()
    assert world.asked == 3
    world.origin.gate.set()
    assert {(await read(await task)).body for task in tasks} == {b"body"}


async def test_all_who_wait_hear_of_the_failure() -> None:
    world = World()
    tasks = await crowd(world, 3)
    world.origin.failure = DOWN
    world.origin.gate.set()
    for task in tasks:
        with pytest.raises(BadGateway):
            await task
    assert world.asked == 1


async def test_confirmed_answers_are_shared_too() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=10", etag='"1"')
    await world.get("/a")
    world.now += 20
    tasks = await crowd(world, 3)
    world.origin.gate.set()
    told = [await read(await task) for task in tasks]
    assert {(one.body, one.way, one.story.origin_status) for one in told} == {(b"bytes", "stale", 304)}
    assert world.asked == 2


# Who leaves.


async def test_a_client_who_leaves_does_not_stop_what_can_be_kept() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60")
    (task,) = await crowd(world, 1)
    task.cancel()
    await world.settle()
    world.origin.gate.set()
    await world.settle()
    assert (await world.get("/a")).way == "hit:mem"


async def test_a_client_who_leaves_in_the_midst_poisons_nothing() -> None:
    world, gate = World(), asyncio.Event()
    said = world.says("a", [b"first", b"last"], cache_control="max-age=60")
    opened = asyncio.Event()
    opened.set()
    said.gates = (opened, gate)
    body = streamed(await world.ask("/a"))
    assert await anext(aiter(body.chunks())) == b"first"
    await body.aclose()
    gate.set()
    await world.settle()
    told = await world.get("/a")
    assert (told.way, told.body) == ("hit:mem", b"firstlast")


async def test_what_cannot_be_kept_is_given_up_when_all_have_left() -> None:
    world = World()
    said = world.says("a", [b"first", b"last"], cache_control="no-store")
    said.gates = (asyncio.Event(),)
    body = streamed(await world.ask("/a"))
    assert world.origin.open == 1
    await body.aclose()
    await world.settle()
    assert (world.origin.open, len(world.relay._carrier)) == (0, 0)


async def test_what_turned_out_too_long_is_given_up_when_all_have_left() -> None:
    world = World(most_bytes=4)
    said = world.says("a", [b"1234", b"5678", b"9"], cache_control="max-age=60")
    opened = asyncio.Event()
    opened.set()
    said.length, said.gates = None, (opened, opened, asyncio.Event())
    body = streamed(await world.ask("/a"))
    await world.settle()
    await body.aclose()
    await world.settle()
    assert world.origin.open == 0


async def test_questions_for_nobody_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "_LONELY", 2)
    world = World()
    world.origin.gate.clear()
    tasks = [asyncio.ensure_future(world.ask(f"/{number}")) for number in range(5)]
    await world.settle()
    for task in tasks:
        task.cancel()
        await world.settle()
    assert len(world.relay._carrier) == 2
    world.origin.gate.set()
    await world.settle()


async def test_closing_gives_up_what_does_not_come_home() -> None:
    world = World()
    world.says("a", cache_control="max-age=60")
    (task,) = await crowd(world, 1)
    await world.relay._carrier.close(grace=0.01)
    with pytest.raises(EdgeError, match="given up"):
        await task


# Origins that lie, and bodies that are long.


@pytest.mark.parametrize("length", [3, 5])
async def test_a_body_of_another_length_than_declared_is_cut_and_not_kept(length: int) -> None:
    world = World()
    said = world.says("a", b"four", cache_control="max-age=60")
    said.length = length
    reply = await world.ask("/a")
    with pytest.raises(BadGateway, match="not as long"):
        await drained(reply)
    said.length = -1
    told = await world.get("/a")
    assert (told.body, told.way) == (b"four", "uri-miss")


async def test_a_body_that_breaks_off_is_cut_for_all_who_read_it() -> None:
    world = World()
    said = world.says("a", [b"first", b"half"], cache_control="max-age=60")
    said.failure = DOWN
    tasks = await crowd(world, 2)
    world.origin.gate.set()
    for task in tasks:
        with pytest.raises(BadGateway):
            await drained(await task)
    assert (await world.records.find(world.name("a"))) == ()


async def test_a_long_body_is_kept_in_a_file(tmp_path: Path) -> None:
    world = World(spool_folder=str(tmp_path))
    chunks = [bytes([number]) * (INLINE // 3) for number in range(5)]
    world.says("a", chunks, cache_control="max-age=60")
    world.disk.gate.clear()
    assert (await world.get("/a")).body == b"".join(chunks)
    reply = await world.ask("/a")
    assert isinstance(reply.body, FileSlice)
    assert await drained(reply) == b"".join(chunks)
    world.disk.gate.set()
    await world.cache.flush()
    assert (await world.get("/a")).body == b"".join(chunks)
    await world.close()


async def test_without_a_disk_memory_keeps_what_it_can() -> None:
    world = World()
    world.cache._disk = None
    world.says("a", [b"x" * INLINE, b"y"], cache_control="max-age=60")
    await world.get("/a")
    told = await world.get("/a")
    assert (told.way, len(told.body)) == ("hit:mem", INLINE + 1)


@pytest.mark.parametrize("length", [-1, None])
async def test_what_is_too_long_to_keep_comes_as_fast_as_it_is_read(length: int | None) -> None:
    world = World(most_bytes=WINDOW)
    chunks = [bytes(WINDOW // 2)] * 12
    said = world.says("a", chunks, cache_control="max-age=60")
    said.length = length
    reply = await world.ask("/a")
    await asyncio.sleep(0.02)
    assert world.origin.sent < 6 * WINDOW
    assert reply.story.stored is (length is None)
    assert len(await drained(reply)) == 6 * WINDOW
    await world.settle()
    assert (await world.records.find(world.name("a"))) == ()


async def test_who_comes_after_the_beginning_is_gone_asks_alone() -> None:
    world = World(most_bytes=4)
    said = world.says("a", [b"1234", b"5678"], cache_control="max-age=60")
    said.length = None
    first = await world.ask("/a")
    await world.settle()
    second = await world.ask("/a")
    assert (await drained(first), await drained(second)) == (b"12345678", b"12345678")
    assert world.asked == 2


# Interim answers.


async def test_interim_answers_go_to_the_one_who_asked_and_are_not_kept() -> None:
    world = World()
    hints: list[tuple[int, Fields]] = []
    said = world.says("a", cache_control="max-age=60")
    said.interims = ((103, Fields([("link", "</x>")])),)

    async def asking() -> Reply:
        request = RawRequest("GET", "/a", "", "edge.example", interim=lambda *told: hints.append(told))
        return await world.relay.respond(request)

    assert "link" not in (await read(await asking())).fields
    assert "link" not in (await read(await asking())).fields
    assert hints == [(103, Fields([("link", "</x>")]))]


async def test_an_interim_answer_that_cannot_be_handed_on_is_nobody_elses_loss() -> None:
    world = World()
    said = world.says("a", cache_control="max-age=60")
    said.interims = ((103, Fields()),)

    def broken(status: int, fields: Fields) -> None:
        raise RuntimeError("The connection is gone")

    reply = await world.relay.respond(RawRequest("GET", "/a", "", "edge.example", interim=broken))
    assert await drained(reply) == b"body"


# Several processes.


class OneAtATime:
    """A lock that processes share."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self.waited = 0

    @asynccontextmanager
    async def held(self, key: str) -> AsyncIterator[None]:
        self.waited += self._lock.locked()
        async with self._lock:
            yield


async def test_two_processes_ask_once() -> None:
    lock = OneAtATime()
    one = World(lock=lock)
    other = World(lock=lock, beside=one)
    one.says("a", b"bytes", cache_control="max-age=60")
    one.origin.gate.clear()
    tasks = [asyncio.ensure_future(world.get("/a")) for world in (one, other)]
    await one.settle()
    one.origin.gate.set()
    told = await asyncio.gather(*tasks)
    assert (lock.waited, one.asked) == (1, 1)
    assert [(answer.body, answer.story.collapsed) for answer in told] == [(b"bytes", False), (b"bytes", True)]


async def test_a_lock_that_is_held_for_long_is_not_waited_for() -> None:
    lock = OneAtATime()
    world = World(lock=lock, patience=0.01)
    world.says("a", cache_control="max-age=60")
    async with lock.held("a"):
        assert (await world.get("/a")).body == b"body"


async def test_what_cannot_be_kept_lets_go_of_the_lock_at_its_head() -> None:
    lock = OneAtATime()
    one = World(lock=lock)
    other = World(lock=lock, beside=one)
    said = one.says("a", [b"x", b"y"], cache_control="no-store")
    said.gates = (asyncio.Event(),)
    bodies = [streamed(await world.ask("/a")) for world in (one, other)]
    assert (one.asked, lock._lock.locked()) == (2, False)
    for body in bodies:
        await body.aclose()
    await one.settle()


async def test_a_purge_by_tag_in_the_midst_sends_those_who_come_after_to_the_origin() -> None:
    world, gate = World(), asyncio.Event()
    said = world.says("a", [b"one"], cache_control="max-age=60", cache_tag="t")
    said.gates = (gate,)
    old = await world.ask("/a")
    await world.purger.purge([Selection("tag", "t")])
    world.says("a", [b"two"], cache_control="max-age=60", cache_tag="t")
    assert (await world.get("/a")).body == b"two"
    gate.set()
    assert await drained(old) == b"one"
    assert (await world.get("/a")).body == b"two"


@pytest.mark.parametrize("tag", ["t", "another"])
async def test_a_purge_by_tag_before_the_head_sends_those_who_come_after_to_the_origin(tag: str) -> None:
    world = World()
    world.says("a", b"one", cache_control="max-age=60", cache_tag="t")
    world.origin.gate.clear()
    old = asyncio.ensure_future(world.get("/a"))
    await world.settle()
    await world.purger.purge([Selection("tag", tag)])
    new = asyncio.ensure_future(world.get("/a"))
    await world.settle()
    world.origin.gate.set()
    await asyncio.gather(old, new)
    assert (world.asked, new.result().story.collapsed) == (2, False)


@pytest.mark.parametrize("times", [1, 2])
async def test_of_several_processes_too_one_asks_again_for_a_body_that_was_evicted(times: int) -> None:
    world = World(lock=OneAtATime())
    world.says("a", b"bytes", cache_control="max-age=60", etag='"v"')
    await world.get("/a")
    await world.cache.clear()
    told = [await world.get("/a") for _ in range(times)]
    assert ([one.body for one in told], world.asked) == ([b"bytes"] * times, 2)
