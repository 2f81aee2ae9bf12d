"""The index of small records: the same sentences for the file, for memory, and for the fake."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.fake import FakeIndex
from cache.index import SqliteIndex
from cache.tier import Index, Row


def row(name: str, at: float = 1.0, variant: str = "", tags: tuple[str, ...] = (), record: bytes = b"r") -> Row:
    return Row(name, variant, record, at, tags)


@pytest.fixture(params=["file", "memory", "fake"])
async def index(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Index]:
    index: Index
    if request.param == "fake":
        index = FakeIndex()
    else:
        index = SqliteIndex(folder / "index.db" if request.param == "file" else None, 1000)
    yield index
    await index.close()


async def filled(index: Index, *rows: Row) -> Index:
    for one in rows:
        index.put(one)
    await index.flush()
    return index


@pytest.mark.parametrize("wait", [False, True])
async def test_what_was_put_is_found_written_or_not(index: Index, wait: bool) -> None:
    stored = Row("o\0k", "v", b"\0record", 7.5, ("a", "b"))
    index.put(stored)
    if wait:
        await index.flush()
    assert await index.find("o\0k") == (stored,)
    assert await index.find("o\0") == ()


async def test_all_variants_are_found_the_youngest_first(index: Index) -> None:
    await filled(index, row("n", 2.0, "b"), row("n", 3.0, "c"))
    index.put(row("n", 1.0, "a"))
    assert [one.variant for one in await index.find("n")] == ["c", "b", "a"]
    index.put(row("n", 4.0, "a"))
    assert [one.variant for one in await index.find("n")] == ["a", "c", "b"]


async def test_a_put_replaces_its_variant_with_its_tags_and_its_mark(index: Index) -> None:
    await filled(index, row("n", tags=("old", "both")), row("n", variant="other", tags=("old",)))
    await index.expire(["n"], 9.0)
    await filled(index, row("n", 2.0, tags=("both", "new"), record=b"new"))
    assert [(one.record, one.expired_at) for one in await index.find("n")] == [(b"new", None), (b"r", 9.0)]
    await index.remove_variant("n", "other")
    assert [await index.names(tag=tag) for tag in ("old", "both", "new")] == [(), ("n",), ("n",)]


async def test_names_are_in_code_point_order_by_prefix_tag_and_page(index: Index) -> None:
    names = ["a\0b", "a\0é", "a\0\ud800", "a\0\uffff", "a\0\U0001f600", "b", "a"]
    await filled(index, *(row(name, tags=("all", f"t{number % 2}")) for number, name in enumerate(names)))
    ours = [name for name in names if name.startswith("a\0")]
    assert await index.names() == tuple(sorted(names))
    assert await index.names(prefix="a\0") == tuple(sorted(ours))
    assert await index.names(prefix="a\0", tag="all", after="a\0b", limit=2) == tuple(sorted(ours)[1:3])
    assert await index.names(tag="t1") == tuple(sorted(names[1::2]))
    assert (await index.names(after="b"), await index.names(tag="none"), await index.names(limit=0)) == ((), (), ())


async def test_what_is_just_put_is_among_the_names(index: Index) -> None:
    index.put(row("n", tags=("t",)))
    assert await index.names(tag="t", prefix="n") == ("n",)


async def test_a_name_is_listed_once_though_many_variants_carry_the_tag(index: Index) -> None:
    await filled(index, *(row("n", variant=str(number), tags=("t",)) for number in range(5)), row("o", tags=("t",)))
    assert await index.names(tag="t", limit=2) == ("n", "o")


async def test_removed_is_gone_with_all_variants_and_counted_by_name(index: Index) -> None:
    await filled(index, row("n", variant="a", tags=("t",)), row("n", variant="b"), row("m", tags=("t",)))
    assert await index.remove(["n", "n", "nobody"]) == 1
    assert (await index.find("n"), await index.names(), await index.names(tag="t")) == ((), ("m",), ("m",))
    assert index.stats.names == 1


async def test_expired_is_marked_and_counted_by_name(index: Index) -> None:
    await filled(index, row("n", variant="a"), row("n", variant="b"), row("m"))
    assert await index.expire(["n", "nobody"], 5.0) == 1
    assert [one.expired_at for name in "nm" for one in await index.find(name)] == [5.0, 5.0, None]


async def test_calls_take_effect_in_their_order_though_nobody_waits_for_them(index: Index) -> None:
    index.put(row("a"))
    removing = asyncio.ensure_future(index.remove(["a", "b"]))
    await asyncio.sleep(0)
    index.put(row("b", 2.0))
    found = [await index.find(name) for name in "ab"]
    expiring = asyncio.ensure_future(index.expire(["b"], 5.0))
    await asyncio.sleep(0)
    found.append(await index.find("b"))
    index.put(row("b", 3.0))
    found.append(await index.find("b"))
    assert found == [(), (row("b", 2.0),), (Row("b", "", b"r", 2.0, (), 5.0),), (row("b", 3.0),)]
    assert (await removing, await expiring) == (1, 1)


async def test_clear_leaves_nothing_and_says_how_much_that_was(index: Index) -> None:
    await filled(index, row("a", tags=("t",)), row("b"), row("b", variant="v"))
    index.put(row("c"))
    assert await index.clear() == 3
    assert (await index.names(), await index.names(tag="t"), await index.find("c")) == ((), (), ())
    await filled(index, row("d"))
    assert await index.names() == ("d",)


async def test_the_generation_rises_and_never_falls(index: Index) -> None:
    numbers = [await index.generation(), await index.generation(), await index.generation(rise=True)]
    await index.clear()
    numbers += [await index.generation(), await index.generation(rise=True), await index.generation()]
    assert numbers[0] == numbers[1] < numbers[2] <= numbers[3] < numbers[4] == numbers[5]


async def test_closed_it_finds_and_keeps_nothing(index: Index) -> None:
    index.put(row("n"))
    await index.close()
    await index.close()
    if isinstance(index, SqliteIndex):
        index.put(row("m"))
        assert (await index.find("n"), await index.names(), await index.remove(["n"])) == ((), (), 0)
        assert (await index.clear(), await index.expire(["n"], 1.0), index.stats.dropped) == (0, 0, 1)
        await index.flush()


async def test_a_restart_loses_nothing(folder: Path) -> None:
    index = SqliteIndex(folder / "index.db", 10)
    index.put(Row("n", "v", b"r", 2.0, ("t",)))
    index.put(row("gone"))
    risen = await index.generation(rise=True)
    await index.remove(["gone"])
    await index.expire(["n"], 4.0)
    await index.close()
    index = SqliteIndex(folder / "index.db", 10)
    assert await index.find("n") == (Row("n", "v", b"r", 2.0, ("t",), 4.0),)
    assert (await index.names(), await index.names(tag="t"), await index.generation()) == (("n",), ("n",), risen)
    assert (index.stats.names, index.stats.rebuilds) == (1, 0)
    await index.close()


async def test_over_its_most_the_names_longest_not_stored_go(folder: Path) -> None:
    index = SqliteIndex(folder / "index.db", 10)
    await filled(index, *(row(f"n{number}", variant=variant) for variant in "ab" for number in range(10)))
    await filled(index, row("n0", variant="c"), row("n10", tags=("t",)), row("n11"))
    assert await index.names() == tuple(sorted(["n0", *(f"n{number}" for number in range(3, 12))]))
    assert [one.variant for one in await index.find("n0")] == ["c", "b", "a"]
    assert index.stats.names == 10
    await index.close()


async def test_many_names_more_than_fit_are_evicted_with_their_tags(folder: Path) -> None:
    index = SqliteIndex(folder / "index.db", 1000)
    for number in range(3000):
        index.put(row(f"n{number:04}", tags=(f"t{number % 2}",)))
    await index.flush()
    kept = await index.names(limit=5000)
    assert 900 < len(kept) <= 1000
    assert kept == tuple(f"n{number:04}" for number in range(3000 - len(kept), 3000))
    assert len(await index.names(tag="t1", limit=5000)) == len([name for name in kept if int(name[1:]) % 2])
    assert index.stats.names == len(kept)
    await index.close()


async def test_too_many_that_wait_are_dropped_and_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cache.index.QUEUE_BYTES", 50_000)
    index = SqliteIndex(folder / "index.db", 1000)
    for number in range(100):
        index.put(row(f"n{number}", record=bytes(9_000)))
    await index.flush()
    assert index.stats.dropped + index.stats.puts == 100
    assert 90 <= index.stats.dropped <= 96
    index.put(row("later", record=bytes(9_000)))
    assert len(await index.find("later")) == 1
    await index.close()


async def test_the_file_is_ours_alone(folder: Path) -> None:
    index = await filled(SqliteIndex(folder / "index.db", 10), row("n"))
    assert stat.S_IMODE((folder / "index.db").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    await index.close()


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (Row("n", "", "text", 1.0), TypeError),  # type: ignore[arg-type]
        (Row("n", "", b"", float("nan")), ValueError),
        (Row("n", "", b"", 1.0, (7,)), TypeError),  # type: ignore[arg-type]
    ],
)
async def test_what_is_no_row_is_a_mistake_of_the_caller(folder: Path, bad: Row, error: type[Exception]) -> None:
    index = SqliteIndex(folder / "index.db", 10)
    with pytest.raises(error):
        index.put(bad)
    with pytest.raises(TypeError):
        await index.remove([7])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="NaN"):
        await index.expire(["n"], float("nan"))
    assert (await index.names(), index.stats.rebuilds, index.stats.failures) == ((), 0, 0)
    await index.close()


async def test_it_counts_and_says_what_it_holds(folder: Path) -> None:
    index = SqliteIndex(folder / "index.db", 10)
    await filled(index, row("n"), row("n", variant="v"), row("m"))
    assert (index.stats.names, index.stats.puts, index.stats.healthy) == (2, 3, True)
    assert repr(index).startswith("SqliteIndex(2 of 10 names, 0 waiting, 0 dropped, generation 0, Lane(reads, idle")
    await index.close()


async def test_a_caller_who_leaves_has_removed(folder: Path) -> None:
    index = await filled(SqliteIndex(folder / "index.db", 10), row("n"), row("m"))
    leaving = asyncio.ensure_future(index.remove(["n"]))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert (await index.find("n"), await index.names()) == ((), ("m",))
    await index.close()


async def test_a_find_does_not_wait_for_a_purge_of_others(folder: Path) -> None:
    index = await filled(SqliteIndex(folder / "index.db", 9000), *(row(f"n{number}") for number in range(6000)))
    purging = asyncio.ensure_future(index.remove([f"n{number}" for number in range(5000)]))
    await asyncio.sleep(0)
    assert len(await index.find("n5999")) == 1
    assert not purging.done()
    assert await purging == 5000
    await index.close()


calls = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 4), st.sampled_from(["", "v"]), st.sets(st.sampled_from("xyz"))),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 5), max_size=3)),
        st.tuples(st.just("expire"), st.lists(st.integers(0, 5), max_size=3)),
        st.tuples(st.just("remove_variant"), st.integers(0, 5), st.sampled_from(["", "v"])),
        st.tuples(st.just("clear")),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(calls)
def test_it_does_what_the_fake_does(made: list[tuple[object, ...]]) -> None:
    async def both() -> None:
        real, fake = SqliteIndex(None, 1000), FakeIndex()
        for at, call in enumerate(made):
            assert await apply(real, call, at) == await apply(fake, call, at)
        for name in "012345":
            assert await real.find(name) == await fake.find(name)
        for tag in (None, *"xyz"):
            assert await real.names(tag=tag) == await fake.names(tag=tag)
        assert real.stats.names == fake.stats.names
        await real.close()

    asyncio.run(both())


async def apply(index: Index, call: tuple[object, ...], at: int) -> object:
    match call:
        case "put", name, str(variant), set(tags):
            index.put(Row(str(name), variant, str(at).encode(), float(at), tuple(sorted(tags))))
            return None
        case "remove", list(names):
            return await index.remove([str(name) for name in names])
        case "expire", list(names):
            return await index.expire([str(name) for name in names], float(at))
        case "remove_variant", name, str(variant):
            await index.remove_variant(str(name), variant)
            return None
    return await index.clear()


def test_closed_it_leaves_no_descriptor(folder: Path) -> None:
    async def once() -> None:
        await (await filled(SqliteIndex(folder / "index.db", 10), row("n"))).close()

    before = len(os.listdir("/dev/fd"))  # noqa: PTH208
    for _ in range(3):
        asyncio.run(once())
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208
