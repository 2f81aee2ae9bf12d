"""A body that grows while it is read: every reader gets exactly the bytes, however the readers and the writer mix."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.entry import FileSlice
from edge.errors import BadGateway
from edge.relay import spool as spooling
from edge.relay.spool import WINDOW, Deserted, Seat, Spool


def made(most: int = 1 << 30, inline: int = 8, folder: str | None = None) -> Spool:
    spool = Spool(folder, lambda: None, inline)
    spool.most = most
    return spool


def seated(spool: Spool) -> Seat:
    seat = spool.seat()
    assert seat is not None
    return seat


async def all_of(seat: Seat) -> bytes:
    try:
        return b"".join([chunk async for chunk in seat.chunks()])
    finally:
        await seat.aclose()


CHUNKS = st.lists(st.binary(min_size=1, max_size=12), max_size=8)


@given(
    chunks=CHUNKS,
    most=st.sampled_from([0, 5, 20, 1000]),
    pauses=st.lists(st.integers(0, 5), max_size=6),
    data=st.data(),
)
def test_any_mix_of_readers_gets_exactly_the_bytes(
    chunks: list[bytes], most: int, pauses: list[int], data: st.DataObject
) -> None:
    async def story() -> None:
        spool, window = made(most), data.draw(st.sampled_from([1, 16, WINDOW]))
        first = seated(spool)
        readers = [asyncio.ensure_future(all_of(first))]
        spooling_window, spooling.WINDOW = spooling.WINDOW, window  # type: ignore[misc]
        try:
            for number, chunk in enumerate(chunks):
                await spool.feed(chunk)
                for _ in range(pauses[number] if number < len(pauses) else 0):
                    await asyncio.sleep(0)
                seat = spool.seat()
                assert (seat is None) == (spool.length > most)
                if seat is not None:
                    readers.append(asyncio.ensure_future(all_of(seat)))
        finally:
            spooling.WINDOW = spooling_window  # type: ignore[misc]
        spool.finish()
        assert set(await asyncio.gather(*readers)) == {b"".join(chunks)}

    asyncio.run(story())


@given(chunks=CHUNKS, inline=st.integers(0, 40))
def test_what_is_left_is_the_whole_and_its_digest(chunks: list[bytes], inline: int) -> None:
    async def story() -> None:
        spool, whole = made(inline=inline), b"".join(chunks)
        for chunk in chunks:
            await spool.feed(chunk)
        body = spool.body()
        content = body.read() if isinstance(body, FileSlice) else body
        if isinstance(body, FileSlice):
            body.close()
        spool.finish()
        assert (content, spool.identity) == (whole, sha256(whole).hexdigest())
        assert isinstance(body, bytes) == (len(whole) <= inline)

    asyncio.run(story())


async def test_what_cannot_be_kept_comes_no_faster_than_its_slowest_reader_takes_it() -> None:
    spool = made(most=0)
    quick, slow = seated(spool), seated(spool)
    chunk = bytes(WINDOW // 2)
    await spool.feed(chunk)
    await spool.feed(chunk)
    reading = asyncio.ensure_future(all_of(quick))
    waiting = asyncio.ensure_future(spool.feed(b"more"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    chunks = slow.chunks()
    assert await anext(chunks) == chunk
    await waiting
    await slow.aclose()
    spool.finish()
    assert len(await reading) == WINDOW + 4


async def test_a_slow_reader_who_leaves_holds_up_nobody() -> None:
    spool = made(most=0)
    quick, slow = seated(spool), seated(spool)
    await spool.feed(bytes(WINDOW))
    reading = asyncio.ensure_future(all_of(quick))
    waiting = asyncio.ensure_future(spool.feed(b"more"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    slow.leave()
    await waiting
    spool.finish()
    assert len(await reading) == WINDOW + 4


async def test_what_passes_is_not_taken_in_for_nobody() -> None:
    spool = made(most=0)
    seated(spool).leave()
    with pytest.raises(Deserted):
        await spool.feed(b"x")


async def test_the_writer_who_waits_learns_that_all_have_left() -> None:
    spool = made(most=0)
    seat = seated(spool)
    await spool.feed(bytes(WINDOW))
    waiting = asyncio.ensure_future(spool.feed(b"x"))
    await asyncio.sleep(0)
    seat.leave()
    with pytest.raises(Deserted):
        await waiting


async def test_what_is_kept_comes_in_although_nobody_reads() -> None:
    spool = made()
    for _ in range(3):
        await spool.feed(bytes(WINDOW))
    seat = seated(spool)
    spool.finish()
    assert len(await all_of(seat)) == 3 * WINDOW


async def test_a_body_that_breaks_off_is_an_error_after_all_its_bytes() -> None:
    spool = made()
    seat = seated(spool)
    await spool.feed(b"half")
    spool.fail(BadGateway("cut short"))
    chunks = seat.chunks()
    assert await anext(chunks) == b"half"
    with pytest.raises(BadGateway, match="cut short"):
        await anext(chunks)
    seat.leave()


async def test_a_failure_after_the_end_changes_nothing() -> None:
    spool = made()
    seat = seated(spool)
    await spool.feed(b"whole")
    spool.finish()
    spool.fail(BadGateway("too late"))
    assert await all_of(seat) == b"whole"


async def test_without_room_on_the_disk_the_readers_still_get_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, data: bytes, at: int) -> None:
        raise OSError(28, "No space left on device")

    spool = made(inline=4)
    seat = seated(spool)
    await spool.feed(b"1234")
    monkeypatch.setattr(spooling, "_write_at", full)
    await spool.feed(b"5678")
    assert spool.passing
    assert spool.seat() is None
    spool.finish()
    assert await all_of(seat) == b"12345678"


async def test_a_folder_that_has_vanished_is_replaced_by_the_systems(tmp_path: Path) -> None:
    spool = made(inline=0, folder=str(tmp_path / "gone"))
    seat = seated(spool)
    await spool.feed(b"bytes")
    assert not spool.passing
    spool.finish()
    assert await all_of(seat) == b"bytes"


async def test_the_last_who_leaves_is_told_of_and_the_file_is_closed() -> None:
    told: list[str] = []
    spool = Spool(None, lambda: told.append("deserted"), 0)
    spool.most = 100
    one, other = seated(spool), seated(spool)
    await spool.feed(b"bytes")
    spool.finish()
    one.leave()
    one.leave()
    assert told == []
    other.leave()
    assert told == ["deserted"]
    assert spool.seat() is None
    assert "in a file" in repr(spool)


async def test_who_has_read_all_that_was_kept_reads_on_when_the_rest_passes() -> None:
    spool = made(most=WINDOW)
    seat = seated(spool)
    await spool.feed(bytes(WINDOW))
    chunks = seat.chunks()
    assert len(await anext(chunks)) == WINDOW
    await asyncio.wait_for(spool.feed(b"more"), 1)
    assert await anext(chunks) == b"more"
    spool.finish()
    seat.leave()
