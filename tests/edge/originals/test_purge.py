"""Purging: every tier, every process, nothing brought back."""

from collections.abc import Mapping

import pytest

from cache.entry import Entry
from cache.fake import FakeDisk, FakeIndex
from cache.memory import Memory
from cache.tiered import Tiered
from edge.exchange import Fields
from edge.freshness.judge import Stored
from edge.originals.purge import NoPeers, Peers, Purger
from edge.originals.record import Record, tag_of
from edge.originals.records import Records
from edge.originals.selection import Selection


class Process:
    """A serving process: its own memory, a shared disk and index."""

    def __init__(self, disk: FakeDisk, index: FakeIndex, peers: Peers | None = None) -> None:
        self.index = index
        self.records = Records(index, lambda: 50.0)
        self.cache = Tiered(Memory(1 << 20), disk)
        self.purger = Purger(self.records, index, self.cache, peers or NoPeers(), lambda: 50.0)

    async def keep(self, name: str, tags: tuple[str, ...] = ()) -> None:
        with self.records.asking(name) as asking:
            self.records.put(Record(name, "id", 1, Stored(200, Fields(), 1.0), tags=tags), asking)
        self.cache.put_behind(f"p:{name}", Entry(b"picture", tags=(tag_of(name),)))
        await self.cache.flush()

    async def knows(self, name: str) -> tuple[bool, bool]:
        """Its record, its rendition."""
        return bool(await self.records.find(name)), await self.cache.get(f"p:{name}") is not None


class Telling:
    """Peers in one process."""

    def __init__(self) -> None:
        self.others: list[Process] = []
        self.told: list[Mapping[str, object]] = []

    async def tell(self, message: Mapping[str, object]) -> None:
        self.told.append(message)
        for other in self.others:
            await other.purger.heed(message)


@pytest.fixture
def pair() -> tuple[Process, Process]:
    disk, index, telling = FakeDisk(), FakeIndex(), Telling()
    one, other = Process(disk, index, telling), Process(disk, index)
    telling.others.append(other)
    return one, other


NAMES = ("o\0a", "o\0b", "p\0a")
CASES = [
    (Selection("name", "o\0a"), {"o\0a"}),
    (Selection("prefix", "o\0"), {"o\0a", "o\0b"}),
    (Selection("tag", "t"), {"o\0a", "p\0a"}),
    (Selection("tag", "t", "p\0"), {"p\0a"}),
    (Selection("all"), set(NAMES)),
]


async def fill(*processes: Process) -> None:
    for process in processes:
        for name in NAMES:
            await process.keep(name, ("t",) if name.endswith("a") else ())


@pytest.mark.parametrize(("selection", "gone"), CASES)
async def test_a_hard_purge_leaves_nothing_anywhere(
    pair: tuple[Process, Process], selection: Selection, gone: set[str]
) -> None:
    await fill(*pair)
    assert await pair[0].purger.purge([selection]) == len(gone)
    for process in pair:
        for name in NAMES:
            assert await process.knows(name) == (name not in gone, name not in gone)


@pytest.mark.parametrize(("selection", "gone"), CASES)
async def test_again_is_nothing(pair: tuple[Process, Process], selection: Selection, gone: set[str]) -> None:
    await fill(*pair)
    await pair[0].purger.purge([selection])
    assert await pair[0].purger.purge([selection]) == 0


@pytest.mark.parametrize(("selection", "gone"), CASES)
async def test_a_soft_purge_expires_and_deletes_nothing(
    pair: tuple[Process, Process], selection: Selection, gone: set[str]
) -> None:
    await fill(*pair)
    assert await pair[0].purger.purge([selection], soft=True) == len(gone)
    for process in pair:
        for name in NAMES:
            (found,) = await process.records.find(name)
            assert found.stored.expired == (50.0 if name in gone else None)
            assert await process.knows(name) == (True, True)


async def test_a_soft_purge_survives_a_restart(pair: tuple[Process, Process]) -> None:
    await fill(pair[0])
    await pair[0].purger.purge([Selection("all")], soft=True)
    (found,) = await Records(pair[0].index, lambda: 0.0).find("o\0a")
    assert found.stored.expired == 50.0


async def test_the_generation_rises_everywhere(pair: tuple[Process, Process]) -> None:
    before = pair[0].records.generation
    await pair[0].purger.purge([Selection("name", "o\0a")])
    assert pair[0].records.generation == pair[1].records.generation > before


async def test_what_memory_alone_knows_is_purged_too(pair: tuple[Process, Process]) -> None:
    pair[0].index.failing = True
    await fill(pair[0])
    pair[0].index.failing = False
    assert await pair[0].purger.purge([Selection("prefix", "o\0")]) == 2
    assert await pair[0].knows("o\0a") == (False, False)


async def test_renditions_go_although_their_record_was_evicted(pair: tuple[Process, Process]) -> None:
    await fill(pair[0])
    await pair[0].records.forget("o\0a")
    assert await pair[0].purger.purge([Selection("name", "o\0a")]) == 0
    assert await pair[0].knows("o\0a") == (False, False)


async def test_names_in_many_batches_all_go(pair: tuple[Process, Process]) -> None:
    for number in range(2500):
        with pair[0].records.asking(f"o\0{number}") as asking:
            pair[0].records.put(Record(f"o\0{number}", "id", 1, Stored(200, Fields(), 1.0)), asking)
    assert await pair[0].purger.purge([Selection("prefix", "o\0")]) == 2500
    assert await pair[0].index.names() == ()


@pytest.mark.parametrize("message", [{"purge": "x"}, {"purge": "meet"}, {"purge": "drop", "names": 1}])
async def test_what_is_no_message_is_refused(pair: tuple[Process, Process], message: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="purge"):
        await pair[0].purger.heed(message)
