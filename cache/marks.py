"""Which rows carry a tag: a table beside diskcache's own, true in the same transaction.

diskcache's column for a tag holds one per row, and ours have many. So a row's tags stand in `Marks`, as digests: equal
tags are all that is ever asked, and a digest bounds what a long tag costs. Triggers take a row's marks away whenever
the row goes (forgotten, evicted, culled) or is written anew, whoever does it: also a program that knows nothing of
marks and has the folder open.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any, Final, TypeVar

MARK_BYTES: Final = 80  # what one mark takes in the table and its index; measured 57 in pages that are filled at random
_BATCH: Final = 100  # rows that go in one transaction: 5 ms and more, while which no other process can write
_TAGS: Final = 500  # in one statement

_UNMARK: Final = "DELETE FROM Marks WHERE row = OLD.rowid"
_OBJECTS: Final = (
    "CREATE TABLE IF NOT EXISTS Marks (tag BLOB NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (tag, row)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS Marks_row ON Marks(row)",
    f"CREATE TRIGGER IF NOT EXISTS Marks_delete AFTER DELETE ON Cache FOR EACH ROW BEGIN {_UNMARK}; END",
    f"CREATE TRIGGER IF NOT EXISTS Marks_update AFTER UPDATE OF store_time ON Cache FOR EACH ROW BEGIN {_UNMARK}; END",
)

_CARRIERS: Final = (
    "SELECT DISTINCT Cache.rowid, Cache.filename FROM Marks JOIN Cache ON Cache.rowid = Marks.row"
    " WHERE Marks.tag IN ({some}) LIMIT ?"
)

Sql = Callable[..., Any]
T = TypeVar("T")


def mark_of(tag: str) -> bytes:
    return blake2b(tag.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def marks_of(tags: Iterable[str]) -> tuple[bytes, ...]:
    return tuple({mark_of(tag): None for tag in tags})


def prepare(sql: Sql) -> None:
    """Make the table when it is not there: the folder may be one of an older program."""
    ((there,),) = sql("SELECT COUNT(*) FROM sqlite_master WHERE name GLOB 'Marks*'").fetchall()
    if there == len(_OBJECTS):
        return
    sql("BEGIN IMMEDIATE")
    try:
        for statement in _OBJECTS:
            sql(statement)
    except BaseException:
        sql("ROLLBACK")
        raise
    sql("COMMIT")


def attach(sql: Sql, marks: Iterable[bytes], row: int) -> None:
    """Within a transaction."""
    for mark in marks:
        sql("INSERT OR IGNORE INTO Marks(tag, row) VALUES (?, ?)", (mark, row))


def carriers(sql: Sql, marks: Sequence[bytes]) -> list[tuple[int, str | None]]:
    """Some of the rows that carry one of these, and their files. None is left when there are fewer than a batch."""
    some = ", ".join("?" * len(marks))
    found: list[tuple[int, str | None]] = sql(_CARRIERS.format(some=some), (*marks, _BATCH)).fetchall()
    return found


def whole(found: Sequence[object]) -> bool:
    """Whether `carriers` gave a full batch, so that there may be more."""
    return len(found) == _BATCH


def in_statements(marks: Iterable[bytes]) -> Iterator[tuple[bytes, ...]]:
    """As many at once as one statement takes."""
    return batched(marks, _TAGS)


def batched(things: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    rest = iter(things)
    while batch := tuple(islice(rest, size)):
        yield batch
