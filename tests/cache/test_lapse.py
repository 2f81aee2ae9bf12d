"""What is remembered for a while."""

from cache.lapse import Lapsing
from tests.cache.samples import Clock


def test_a_row_lapses(clock: Clock) -> None:
    table: Lapsing[str, int] = Lapsing(10, clock)
    table.put("a", 1, 5)
    clock.now += 4.9
    assert table.get("a") == 1
    clock.now += 0.2
    assert (table.get("a"), len(table)) == (None, 0)


def test_the_oldest_rows_make_room(clock: Clock) -> None:
    table: Lapsing[int, int] = Lapsing(3, clock)
    for key in range(5):
        table.put(key, key, 60)
    assert [table.get(key) for key in range(5)] == [None, None, 2, 3, 4]
    assert repr(table) == "Lapsing(3 of 3)"


def test_a_row_put_again_is_young_again(clock: Clock) -> None:
    table: Lapsing[str, int] = Lapsing(2, clock)
    for key in ("a", "b", "a", "c"):
        table.put(key, 1, 60)
    assert (table.get("a"), table.get("b")) == (1, None)


def test_no_time_is_no_row_and_forgets_the_old_one(clock: Clock) -> None:
    table: Lapsing[str, int] = Lapsing(2, clock)
    table.put("a", 1, 60)
    table.put("a", 2, 0)
    assert table.get("a") is None
    table.put("b", 1, 60)
    table.forget("b")
    table.forget("never there")
    assert len(table) == 0
