"""Records in memory and in the index, and what purges do to both."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.fake import FakeIndex
from cache.tier import Row
from edge.exchange import Fields
from edge.freshness.judge import Stored
from edge.originals.record import Record
from edge.originals.records import MOST_VARIANTS, Records, weigh
from edge.originals.selection import Selection

NAME = "o\0a.jpg"


def record(
    identity: str = "id", received: float = 1.0, language: str | None = None, tags: tuple[str, ...] = ()
) -> Record:
    selecting = (("accept-language", language),) if language else ()
    return Record(NAME, identity, 1, Stored(200, Fields(), received), selecting=selecting, tags=tags)


@pytest.fixture
def index() -> FakeIndex:
    return FakeIndex()


@pytest.fixture
def records(index: FakeIndex) -> Records:
    return Records(index, lambda: 100.0)


def put(records: Records, *given: Record, durable: bool = True) -> list[bool]:
    with records.asking(NAME) as asking:
        return [records.put(each, asking, durable=durable) for each in given]


async def test_what_was_put_is_found_in_memory_and_after_a_restart(records: Records, index: FakeIndex) -> None:
    put(records, record())
    assert records.peek(NAME) == (record(),)
    assert await Records(index, lambda: 0.0).find(NAME) == (record(),)


async def test_variants_live_side_by_side_the_youngest_first(records: Records) -> None:
    put(records, record("en", 1.0, "en"), record("de", 2.0, "de"), record("en2", 3.0, "en"))
    assert [each.identity for each in await records.find(NAME)] == ["en2", "de"]


async def test_a_new_answer_replaces_the_old_one_though_the_clock_was_set_back(records: Records) -> None:
    put(records, record("old", 9.0), record("new", 1.0))
    assert [each.identity for each in records.peek(NAME)] == ["new"]


async def test_variants_are_bounded(records: Records, index: FakeIndex) -> None:
    put(records, *[record(str(number), float(number), f"l{number}") for number in range(MOST_VARIANTS + 3)])
    await records.close()
    assert len(records.peek(NAME)) == len(await index.find(NAME)) == MOST_VARIANTS
    assert records.peek(NAME)[-1].identity == "3"


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000), st.sampled_from(["put", "get", "drop"])), max_size=40)
)
def test_memory_holds_as_many_bytes_as_it_may(steps: list[tuple[int, int, str]]) -> None:
    records, kept = Records(FakeIndex(), lambda: 0.0, room=6000), {}
    for number, length, step in steps:
        name = f"o\0{number}"
        if step == "put":
            with records.asking(name) as asking:
                kept[name] = Record(name, "id", 1, Stored(200, Fields([("x", "y" * length)]), 1.0))
                records.put(kept[name], asking, durable=False)
        elif step == "drop":
            records.drop([name], None)
            kept.pop(name, None)
        assert records.peek(name) in ((), (kept.get(name),))
    held = [each for name in kept for each in records.peek(name)]
    assert sum(map(weigh, held)) <= 6000
    assert len(records) == len(held)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sets(st.sampled_from("abc")), st.booleans(), st.sampled_from(["en", "de"]))
    )
)
def test_a_purge_by_tag_means_in_memory_who_carries_it(steps: list[tuple[int, set[str], bool, str]]) -> None:
    records, kept = Records(FakeIndex(), lambda: 0.0), {}
    for number, tags, dropped, language in steps:
        name = f"{'op'[number % 2]}\0{number}"
        selecting = (("accept-language", language),)
        with records.asking(name) as asking:
            told = Record(name, "id", 1, Stored(200, Fields(), 1.0), selecting=selecting, tags=tuple(sorted(tags)))
            records.put(told, asking, durable=False)
            kept[name, language] = tags
        if dropped:
            records.drop([name], None)
            kept = {key: value for key, value in kept.items() if key[0] != name}
    carriers = {name for (name, _), tags in kept.items() if "a" in tags and name.startswith("o")}
    assert records.meet([Selection("tag", "a", "o\0")], 5.0) == carriers
    assert records.meet([Selection("tag", "a", "o\0")], None) == carriers
    assert records.meet([Selection("tag", "a", "o\0")], None) == set()


async def test_who_was_asked_for_lately_stays() -> None:
    one = weigh(Record("o\0a", "id", 1, Stored(200, Fields(), 1.0)))
    records = Records(FakeIndex(), lambda: 0.0, room=2 * one)
    for name in ("o\0a", "o\0b", "o\0a", "o\0c"):
        with records.asking(name) as asking:
            records.peek(name) or records.put(Record(name, "id", 1, Stored(200, Fields(), 1.0)), asking)
    assert [bool(records.peek(name)) for name in ("o\0a", "o\0b", "o\0c")] == [True, False, True]


async def test_what_has_no_bytes_stays_in_memory(records: Records, index: FakeIndex) -> None:
    put(records, record(""))
    assert records.peek(NAME) == (record(""),)
    assert await index.find(NAME) == ()


async def test_the_index_may_know_better_than_memory(records: Records, index: FakeIndex) -> None:
    put(records, record("old", 1.0))
    other = Records(index, lambda: 0.0)
    put(other, record("new", 2.0))
    assert (await records.find(NAME))[0].identity == "old"
    assert (await records.refind(NAME))[0].identity == "new"
    assert (await records.find(NAME))[0].identity == "new"


async def test_what_is_not_durable_is_in_memory_only(records: Records, index: FakeIndex) -> None:
    put(records, record(), durable=False)
    assert records.peek(NAME)
    assert await index.find(NAME) == ()


@pytest.mark.parametrize(
    "selection", [Selection("name", NAME), Selection("prefix", "o\0"), Selection("tag", "t"), Selection("all")]
)
async def test_a_question_that_a_purge_overtook_is_not_kept(records: Records, selection: Selection) -> None:
    with records.asking(NAME) as asking:
        records.meet([selection], None)
        assert not records.put(record(tags=("t",)), asking)
    assert records.peek(NAME) == ()


async def test_another_names_purge_overtakes_nothing(records: Records) -> None:
    with records.asking(NAME) as asking:
        records.meet([Selection("name", "o\0b"), Selection("tag", "u")], None)
        assert records.put(record(tags=("t",)), asking)


async def test_soft_marks_and_hard_forgets(records: Records) -> None:
    put(records, record())
    assert records.meet([Selection("all")], 7.0) == {NAME}
    assert records.peek(NAME)[0].stored.expired == 7.0
    assert records.meet([Selection("name", NAME)], None) == {NAME}
    assert records.peek(NAME) == ()


@pytest.mark.parametrize(
    "selection", [Selection("name", NAME), Selection("prefix", "o\0"), Selection("tag", "t"), Selection("all")]
)
async def test_a_purge_forgets_that_there_was_nothing(records: Records, selection: Selection) -> None:
    put(records, record("", tags=("t",)))
    assert records.meet([selection], None) == set()
    assert records.peek(NAME) == ()


class Slow(FakeIndex):
    """Answers what it knew before it was told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def find(self, name: str) -> tuple[Row, ...]:
        found = await super().find(name)
        await self.gate.wait()
        return found


async def test_what_was_read_before_a_purge_is_read_again(records: Records) -> None:
    slow = Slow()
    put(Records(slow, lambda: 0.0), record())
    late = Records(slow, lambda: 0.0)
    finding = asyncio.create_task(late.find(NAME))
    await asyncio.sleep(0)
    await slow.remove([NAME])
    late.drop([NAME], None)
    slow.gate.set()
    assert await finding == ()


async def test_it_shows_what_it_holds(records: Records) -> None:
    put(records, record())
    assert repr(records) == "Records(1 names, 0 absent, 0 being asked)"
