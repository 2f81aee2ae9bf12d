"""Questions and answers between two processes: what arrives, what is refused, what happens at the end."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from edge.errors import BadGateway, EdgeError, NotFound, Unavailable
from edge.processes.channel import ASKS, FRAME_MOST, Channel, Heed, Lost, Message, encode


async def echo(message: Message) -> Message:
    return {"said": message}


@asynccontextmanager
async def pair(left: Heed = echo, right: Heed = echo) -> AsyncIterator[tuple[Channel, Channel]]:
    channels = [Channel(sock, heed) for sock, heed in zip(socket.socketpair(), (left, right), strict=True)]
    for channel in channels:
        await channel.open()
    try:
        yield channels[0], channels[1]
    finally:
        for channel in channels:
            channel.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def raw(heed: Heed = echo) -> AsyncIterator[tuple[Channel, Callable[[bytes], None], socket.socket]]:
    """A channel whose other end is a bare socket."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours, heed)
    await channel.open()
    try:
        yield channel, theirs.sendall, theirs
    finally:
        theirs.close()
        channel.close()
        await asyncio.sleep(0)


async def test_a_question_is_answered_both_ways_at_once() -> None:
    async with pair() as (left, right):
        told = tuple(await asyncio.gather(left.ask({"a": 1}), right.ask({"b": "ü\udc80"})))
        assert told == ({"said": {"a": 1}}, {"said": {"b": "ü\udc80"}})


async def test_answers_find_their_question_whatever_their_order() -> None:
    gates = {name: asyncio.Event() for name in "abc"}

    async def wait(message: Message) -> Message:
        await gates[str(message["name"])].wait()
        return message

    async with pair(right=wait) as (left, _):
        asks = [asyncio.ensure_future(left.ask({"name": name})) for name in "abc"]
        await asyncio.sleep(0)
        for name in "cab":
            gates[name].set()
        assert [answer["name"] for answer in await asyncio.gather(*asks)] == ["a", "b", "c"]


async def test_a_large_message_arrives_whole() -> None:
    async with pair() as (left, _):
        text = "x" * (3 << 20)
        assert await left.ask({"text": text}) == {"said": {"text": text}}


async def test_a_message_over_the_limit_is_never_sent() -> None:
    async with pair() as (left, _):
        with pytest.raises(ValueError, match="at most"):
            await left.ask({"text": "x" * FRAME_MOST})
        assert await left.ask({}) == {"said": {}}


@pytest.mark.parametrize("error", [NotFound("No such"), BadGateway("Nonsense", {"X": "y"}), Unavailable("Full", 7)])
async def test_a_refusal_is_raised_as_it_was_over_there(error: EdgeError) -> None:
    async def refuse(_: Message) -> Message:
        raise error

    async with pair(right=refuse) as (left, _):
        with pytest.raises(type(error)) as told:
            await left.ask({})
    assert (told.value.sentence, dict(told.value.headers)) == (error.sentence, dict(error.headers))


async def test_a_fault_over_there_is_an_error_without_details(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_: Message) -> Message:
        raise RuntimeError("secret")

    async with pair(right=fail) as (left, _):
        with pytest.raises(EdgeError, match="Something went wrong"):
            await left.ask({})
    assert "secret" in caplog.text


async def test_patience_ends_and_a_late_answer_harms_nothing() -> None:
    gate = asyncio.Event()

    async def slow(message: Message) -> Message:
        if message:
            await gate.wait()
        return message

    async with pair(right=slow) as (left, _):
        with pytest.raises(TimeoutError):
            await left.ask({"slow": True}, 0.01)
        gate.set()
        assert await left.ask({}) == {}


async def test_who_waits_when_the_other_side_ends_is_told() -> None:
    async def never(_: Message) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async with pair(right=never) as (left, right):
        asks = [asyncio.ensure_future(left.ask({})) for _ in range(ASKS + 3)]  # some still wait for their turn
        await asyncio.sleep(0.01)
        right.close()
        told = await asyncio.gather(*asks, return_exceptions=True)
        assert {type(error) for error in told} == {Lost}
        with pytest.raises(Lost):
            await left.ask({})
        assert repr(left) == "Channel(closed, 0 asked, 0 heeding)"


async def test_more_questions_than_may_be_under_way_wait_for_their_turn() -> None:
    most = now = 0

    async def count(message: Message) -> Message:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return message

    async with pair(right=count) as (left, _):
        assert len(await asyncio.gather(*(left.ask({}) for _ in range(ASKS * 3)))) == ASKS * 3
    assert 1 < most <= ASKS


async def test_who_floods_is_refused_and_takes_no_more_memory() -> None:
    async def never(_: Message) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async with raw(never) as (channel, send, theirs):
        send(b"".join(encode({"id": at, "ask": {}}) for at in range(ASKS + 1)))
        theirs.settimeout(5)
        prefix = await asyncio.to_thread(theirs.recv, 4)
        answer = await asyncio.to_thread(theirs.recv, struct.unpack(">I", prefix)[0])
        assert b'"status": 503' in answer
        assert f"{ASKS} heeding" in repr(channel)


@pytest.mark.parametrize(
    "nonsense",
    [
        struct.pack(">I", FRAME_MOST + 1),
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 3) + b"{x}",
        struct.pack(">I", 2) + b"{}",
        encode({"id": "1", "ask": {}}),
        struct.pack(">I", 100_000) + b"[" * 100_000,
    ],
    ids=["too large", "a list", "no JSON", "no id", "no number", "too deep"],
)
async def test_nonsense_ends_the_channel(nonsense: bytes) -> None:
    async with raw() as (channel, send, _):
        send(nonsense)
        async with asyncio.timeout(5):
            await channel.closed.wait()


async def test_an_answer_that_nobody_asked_for_is_ignored() -> None:
    async with raw() as (channel, send, theirs):
        send(encode({"id": 9, "answer": {}}) + encode({"id": 1, "ask": {"x": 1}}))
        theirs.settimeout(5)
        assert b'"said": {"x": 1}' in await asyncio.to_thread(theirs.recv, 100)
        assert not channel.closed.is_set()


def test_a_question_after_a_broken_write_is_lost_on_the_loop_that_serves_too() -> None:
    async def ask() -> None:
        async with raw() as (channel, _, theirs):
            theirs.close()
            assert channel._writer is not None
            channel._writer.transport.abort()
            await asyncio.sleep(0)  # it is closed, and nobody has heard of it
            assert not channel.closed.is_set()
            with pytest.raises(Lost):
                await channel.ask({})

    uvloop.run(ask())
