"""The memory tier: never over its size, and a scan does not flush what is hot."""

import os
import random
from collections import OrderedDict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cache.entry import Entry
from cache.memory import LARGEST_SHARE, Memory, weigh
from tests.cache.samples import file_entry

keys = st.integers(0, 25).map(str)


class MemoryMachine(RuleBasedStateMachine):
    """Any order of puts, gets and forgets, beside a plain dict that forgets what is said to be evicted."""

    @initialize(capacity=st.integers(0, 40_000))
    def open(self, capacity: int) -> None:
        self.memory = Memory(capacity)
        self.model: dict[str, Entry] = {}

    @rule(key=keys, size=st.integers(0, 6_000), tag=st.integers(0, 9))
    def put(self, key: str, size: int, tag: int) -> None:
        entry = Entry(bytes(size), {"tag": tag}, tags=(str(tag), str(tag % 3), "all"))
        for evicted in self.memory.put(key, entry):
            del self.model[evicted]
        self.model.pop(key, None)
        if weigh(key, entry) <= self.memory.capacity * LARGEST_SHARE:
            self.model[key] = entry
            assert self.memory.get(key) is entry or self.memory.peek(key) is entry

    @rule(key=keys)
    def get(self, key: str) -> None:
        assert self.memory.get(key) is self.model.get(key)

    @rule(key=keys)
    def forget(self, key: str) -> None:
        assert self.memory.forget(key) == (self.model.pop(key, None) is not None)
        assert self.memory.peek(key) is None

    @rule(tags=st.sets(st.integers(0, 9).map(str)))
    def forget_tags(self, tags: set[str]) -> None:
        gone = [key for key, entry in self.model.items() if not tags.isdisjoint(entry.tags)]
        assert sorted(self.memory.forget_tags(tags)) == sorted(gone)
        for key in gone:
            del self.model[key]

    @invariant()
    def the_index_is_what_the_queues_hold(self) -> None:
        memory, model = self.memory, self.model
        assert len(memory) == len(model)
        assert all(key in memory for key in model)
        assert memory.bytes == sum(weigh(key, entry) for key, entry in model.items()) <= memory.capacity
        assert memory._small_bytes == sum(slot.weight for slot in memory._small.values())
        assert set(memory._tagged) == {tag for entry in model.values() for tag in entry.tags}
        assert set(memory._tagged.get("all", ())) == set(model)
        assert memory._ghost_bytes == sum(memory._ghost.values()) <= memory.capacity


TestMemory = MemoryMachine.TestCase
TestMemory.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


@settings(deadline=None)
@given(st.lists(st.tuples(keys, st.integers(0, 9_000)), max_size=60))
def test_a_put_that_fits_is_found_at_once(puts: list[tuple[str, int]]) -> None:
    memory = Memory(40_000)
    for key, size in puts:
        memory.put(key, Entry(bytes(size)))
        assert memory.get(key) is not None


def hit_ratio_of_lru(capacity: int, asked: list[str], size: int) -> float:
    queue: OrderedDict[str, None] = OrderedDict()
    hits = 0
    for key in asked:
        hits += key in queue
        queue[key] = None
        queue.move_to_end(key)
        if len(queue) * weigh(key, Entry(bytes(size))) > capacity:
            queue.popitem(last=False)
    return hits / len(asked)


def hit_ratio(memory: Memory, asked: list[str], size: int) -> float:
    hits = 0
    for key in asked:
        if memory.get(key) is not None:
            hits += 1
        else:
            memory.put(key, Entry(bytes(size)))
    return hits / len(asked)


def test_a_scan_of_one_hit_wonders_does_not_flush_the_hot_set() -> None:
    memory = Memory(1_000_000)
    hot = [f"h{number}" for number in range(40)]
    for key in hot * 2:
        memory.get(key) or memory.put(key, Entry(bytes(10_000)))
    for number in range(5_000):
        memory.put(f"s{number}", Entry(bytes(10_000)))
    assert [key for key in hot if key not in memory] == []


def test_it_hits_more_often_than_lru_when_a_third_is_asked_for_once() -> None:
    rng = random.Random(7)
    asked = [f"s{n}" if rng.random() < 0.3 else str(int(rng.paretovariate(0.7))) for n in range(8_000)]
    ours = hit_ratio(Memory(300_000), asked, 10_000)
    assert ours > 1.1 * hit_ratio_of_lru(300_000, asked, 10_000)


def test_who_returns_while_remembered_enters_main() -> None:
    memory = Memory(100_000)
    for number in range(12):
        memory.put(str(number), Entry(bytes(9_000)))
    assert "0" not in memory
    memory.put("0", Entry(bytes(9_000)))
    for number in range(20, 80):
        memory.put(str(number), Entry(bytes(9_000)))
    assert "0" in memory


def test_a_new_body_replaces_the_old_in_the_count_too() -> None:
    memory = Memory(100_000)
    memory.put("a", Entry(bytes(9_000)))
    memory.put("a", Entry(b"new"))
    assert (len(memory), memory.bytes) == (1, weigh("a", Entry(b"new")))


def test_what_is_over_a_quarter_is_not_kept_nor_is_what_it_replaces() -> None:
    memory = Memory(100_000)
    memory.put("a", Entry(b"old"))
    assert memory.put("a", Entry(bytes(25_001))) == []
    assert (memory.get("a"), len(memory), memory.bytes) == (None, 0, 0)


def test_a_file_body_is_not_kept(tmp_path: Path) -> None:
    memory, spooled = Memory(100_000), file_entry(tmp_path, b"x")
    memory.put("a", spooled)
    spooled.close()
    assert memory.get("a") is None


@pytest.mark.parametrize("capacity", [0, -1])
def test_without_capacity_it_is_off(capacity: int) -> None:
    memory = Memory(capacity)
    assert memory.put("a", Entry(b"")) == []
    assert memory.get("a") is None


def test_metadata_and_keys_have_weight() -> None:
    assert weigh("key", Entry(b"")) > len("key")
    assert weigh("key", Entry(b"", {"a": "x" * 500}, tags=("t" * 50,))) > weigh("key", Entry(b"")) + 550


def test_it_counts_and_says_what_it_did() -> None:
    memory = Memory(100_000)
    for number in range(12):
        memory.put(str(number), Entry(bytes(9_000)))
    memory.get("11")
    memory.get("nobody")
    memory.peek("nobody")
    stats = memory.stats
    assert (stats.hits, stats.misses, stats.puts, stats.evictions, stats.entries) == (1, 1, 12, 2, 10)
    assert (stats.bytes, stats.capacity) == (memory.bytes, 100_000)
    assert repr(memory) == f"Memory(10 entries, {memory.bytes} of 100000 bytes, small 10, main 0, ghost 2)"


def test_what_carries_one_of_the_tags_is_forgotten_once() -> None:
    memory = Memory(100_000)
    for key, tags in {"a": ("x", "y"), "b": ("y", "y"), "c": ("z",), "d": ()}.items():
        memory.put(key, Entry(b"", tags=tags))
    memory.put("c", Entry(b"", tags=("w",)))
    assert memory.forget_tags(["x", "y", "z", "none"]) == ["a", "b"]
    assert ([key for key in "abcd" if key in memory], memory.forget_tags(["w"])) == (["c", "d"], ["c"])


def test_clear_leaves_nothing() -> None:
    memory = Memory(100_000)
    for number in range(20):
        memory.put(os.urandom(4).hex(), Entry(bytes(9_000)))
        memory.get(str(number))
    memory.clear()
    assert (len(memory), memory.bytes, memory.put("a", Entry(b"x"))) == (0, 0, [])
