"""The index on disk: one SQLite database, opened by one thread.

    Rows  one for each name and variant. `id` is the order in which names were last put: all variants of a name that is
          put move to the end together, so that the oldest row belongs to the name that was longest not stored.
    Tags  (digest of a tag, name, variant): the members of a tag in the order of their names, so that a page of them is
          one walk along the table, whatever else there is.
    Meta  the purge generation, and how many names there are: counting a million takes too long.

Names are UTF-8 in BLOBs, whose order is that of code points; a lone surrogate is encoded like any other. Every row
carries a checksum, for SQLite would believe a flipped byte in a value. What cannot be believed is damage (`Torn`), and
the whole index begins anew: a purge must be able to trust what it is told.

Journal: `truncate`, for the reasons in cache/shelf.py, and commits do not sync: killed processes lose nothing by that.
A power cut may cost the index, or undo what the kernel had not yet written, some half a minute. Measured with a
million names on a busy machine: to remove one takes 0.3 ms, and 18 ms if it syncs; a thousand of a tag, 120 ms and
1 s. The file is synced when it is closed.
"""

import contextlib
import json
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from cache.generation import following_file
from cache.marks import mark_of, marks_of
from cache.tier import Row

_APPLICATION: Final = 0x8B434549  # whose file this is; SQLite keeps it in the header, as it does the version
_VERSION: Final = 1
_EVICTED: Final = 256  # names that go at once, so that not every put pays; never over a 64th of all
_CACHE_KIB: Final = 8192
_LENGTHS: Final = struct.Struct(">IIIId")

_SCHEMA: Final = (
    "CREATE TABLE Meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE Rows (
        id INTEGER PRIMARY KEY, name BLOB NOT NULL, variant BLOB NOT NULL, tags BLOB NOT NULL, stored_at REAL NOT NULL,
        expired_at REAL, checksum BLOB NOT NULL, record BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX Rows_name ON Rows(name, variant)",
    "CREATE TABLE Tags (tag BLOB, name BLOB, variant BLOB, PRIMARY KEY (tag, name, variant)) WITHOUT ROWID",
)
_PRAGMAS: Final = (
    "PRAGMA journal_mode = truncate",
    "PRAGMA synchronous = off",
    "PRAGMA mmap_size = 0",
    "PRAGMA secure_delete = 0",
    "PRAGMA cell_size_check = 1",
    "PRAGMA temp_store = memory",
    f"PRAGMA cache_size = -{_CACHE_KIB}",
)


class Torn(Exception):
    """What is stored is not what this program wrote."""


class Ledger:
    """Belongs to the thread that made it. Raises sqlite3.Error, OSError and Torn."""

    def __init__(self, path: Path, *, most: int, seed: Callable[[], int], patience: float) -> None:
        """`seed` is the generation of a new database; `patience`: how many seconds to wait for another's lock."""
        self.path = path
        self._most = max(1, most)
        self._seed = seed
        self._inode = _inode(path)
        address = ":memory:" if self._inode is None else f"file:{quote(str(path))}?mode=rw"
        self._db = sqlite3.connect(address, timeout=patience, isolation_level=None, uri=True)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def alive(self) -> bool:
        """Whether this is still the newest generation: no successor stands beside it, and nobody took it away."""
        if self._inode is None:
            return True
        try:
            return _inode(self.path) == self._inode and not following_file(self.path).exists()
        except OSError:
            return False

    def sync(self) -> None:
        """All that was written so far outlives a power cut."""
        self._db.execute("PRAGMA synchronous = normal")
        with self._transaction():
            self._count(0)

    def close(self) -> None:
        self._db.close()

    def find(self, name: str) -> list[Row]:
        """In the order of their puts."""
        statement = "SELECT variant, tags, stored_at, expired_at, checksum, record FROM Rows WHERE name = ? ORDER BY id"
        return [_believed(name, row) for row in self._all(statement, _bytes(name))]

    def put(self, rows: Sequence[Row]) -> int:
        """In one transaction; how many names had to go for them."""
        with self._transaction():
            fresh = sum([self._put(row) for row in rows])
            self._count(fresh)
            return self._evict()

    def names(self, prefix: str, tag: str | None, after: str, limit: int) -> list[str]:
        start, low, high = _bytes(prefix), _bytes(after), _bytes(prefix) + b"\xff"  # which no UTF-8 holds
        above = f"name {'>' if low >= start else '>='} ?"
        if tag is None:
            found = self._all(
                f"SELECT DISTINCT name FROM Rows WHERE {above} AND name < ? ORDER BY name LIMIT ?",  # noqa: S608
                max(low, start), high, limit,
            )  # fmt: skip
        else:
            found = self._all(
                f"SELECT DISTINCT name FROM Tags WHERE tag = ? AND {above} AND name < ? AND EXISTS"  # noqa: S608
                " (SELECT 1 FROM Rows WHERE Rows.name = Tags.name AND Rows.variant = Tags.variant)"
                " ORDER BY name LIMIT ?",
                mark_of(tag), max(low, start), high, limit,
            )  # fmt: skip
        return [_text(name) for (name,) in found]

    def remove(self, names: Sequence[str]) -> int:
        with self._transaction():
            count = sum([self._remove(_bytes(name)) for name in names])
            self._count(-count)
            return count

    def remove_variant(self, name: str, variant: str) -> int:
        """How many names went with it."""
        key, part = _bytes(name), _bytes(variant)
        with self._transaction():
            for number, tags in self._all("SELECT id, tags FROM Rows WHERE name = ? AND variant = ?", key, part):
                self._take(number, key, part, tags)
                gone = not self._all("SELECT 1 FROM Rows WHERE name = ? LIMIT 1", key)
                self._count(-gone)
                return int(gone)
            return 0

    def expire(self, names: Sequence[str], at: float) -> int:
        with self._transaction():
            statement = "UPDATE Rows SET expired_at = ? WHERE name = ?"
            return sum([self._db.execute(statement, (at, _bytes(name))).rowcount > 0 for name in names])

    def count(self) -> int:
        return self._meta("names")

    def generation(self) -> int:
        return self._meta("generation")

    def rise(self, above: int) -> int:
        """The new generation, larger than the stored one and than `above`."""
        with self._transaction():
            value = max(self.generation(), above) + 1
            self._db.execute("UPDATE Meta SET value = ? WHERE key = 'generation'", (value,))
            return value

    def __repr__(self) -> str:
        return f"Ledger({self.path.name}, at most {self._most} names)"

    def _prepare(self) -> None:
        for pragma in _PRAGMAS:
            self._db.execute(pragma)
        if not self._is_ours():
            with self._transaction():
                if not self._is_ours():
                    self._create()
        if self.count() < 0 or self.generation() < 0:
            raise Torn("sums below zero")

    def _is_ours(self) -> bool:
        """False for an empty database; Torn for another program's, or an older one of ours."""
        ((application, version, objects),) = self._all(
            "SELECT application_id, user_version, (SELECT COUNT(*) FROM sqlite_master)"
            " FROM pragma_application_id, pragma_user_version"
        )
        if (application & 0xFFFFFFFF, version) == (_APPLICATION, _VERSION):
            return True
        if objects or application or version:
            raise Torn(f"a database of program {application:#x}, version {version}")
        return False

    def _create(self) -> None:
        for statement in _SCHEMA:
            self._db.execute(statement)
        self._db.execute("INSERT INTO Meta VALUES ('generation', ?), ('names', 0)", (self._seed(),))
        self._db.execute(f"PRAGMA application_id = {_APPLICATION - (1 << 32)}")  # signed
        self._db.execute(f"PRAGMA user_version = {_VERSION}")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # the first error says more; closing ends what this could not
                self._db.execute("ROLLBACK")
            raise

    def _put(self, row: Row) -> bool:
        """Whether the name is new."""
        name, variant, tags = _bytes(row.name), _bytes(row.variant), json.dumps(row.tags).encode()
        there = self._all("SELECT id, variant, tags FROM Rows WHERE name = ? ORDER BY id", name)
        marks = marks_of(row.tags)
        for number, other, old in there:
            if other != variant:
                self._db.execute("UPDATE Rows SET id = (SELECT MAX(id) + 1 FROM Rows) WHERE id = ?", (number,))
            elif old == tags:
                self._db.execute("DELETE FROM Rows WHERE id = ?", (number,))
                marks = ()  # they stand there already
            else:
                self._take(number, name, variant, old)
        checksum = _checksum(name, variant, tags, row.record, row.stored_at)
        self._db.execute(
            "INSERT INTO Rows (name, variant, tags, stored_at, checksum, record) VALUES (?, ?, ?, ?, ?, ?)",
            (name, variant, tags, row.stored_at, checksum, row.record),
        )
        self._db.executemany("INSERT OR IGNORE INTO Tags VALUES (?, ?, ?)", [(mark, name, variant) for mark in marks])
        return not there

    def _remove(self, name: bytes) -> bool:
        """Whether the name was there."""
        rows = self._all("SELECT id, variant, tags FROM Rows WHERE name = ?", name)
        for number, variant, tags in rows:
            self._take(number, name, variant, tags)
        return bool(rows)

    def _take(self, number: int, name: bytes, variant: bytes, tags: bytes) -> None:
        rows = [(mark, name, variant) for mark in marks_of(_tags(tags))]
        self._db.executemany("DELETE FROM Tags WHERE tag = ? AND name = ? AND variant = ?", rows)
        self._db.execute("DELETE FROM Rows WHERE id = ?", (number,))

    def _evict(self) -> int:
        """The names that were longest not put, when there are more than may be."""
        excess = self.count() - self._most
        if excess <= 0:
            return 0
        want = excess + min(_EVICTED, self._most // 64)
        gone = 0
        while gone < want and (oldest := self._all("SELECT name FROM Rows ORDER BY id LIMIT ?", want)):
            for name in list(dict.fromkeys(name for (name,) in oldest))[: want - gone]:
                gone += self._remove(name)
        self._count(-gone)
        return gone

    def _count(self, change: int) -> None:
        self._db.execute("UPDATE Meta SET value = value + ? WHERE key = 'names'", (int(change),))

    def _meta(self, key: str) -> int:
        match self._all("SELECT value FROM Meta WHERE key = ?", key):
            case [(int(value),)]:
                return value
        raise Torn(f"no {key}")

    def _all(self, statement: str, *values: object) -> list[Any]:
        return self._db.execute(statement, values).fetchall()


def _inode(path: Path) -> int | None:
    return None if str(path) == ":memory:" else path.stat().st_ino


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(stored: object) -> str:
    try:
        return stored.decode("utf-8", "surrogatepass")  # type: ignore[attr-defined, no-any-return] # what fails is torn
    except (AttributeError, UnicodeDecodeError) as error:
        raise Torn("a name that is no text") from error


def _tags(stored: object) -> list[str]:
    try:
        tags = json.loads(stored)  # type: ignore[arg-type] # what fails is torn
    except (TypeError, ValueError) as error:
        raise Torn("tags that cannot be read") from error
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Torn("tags that are no list")
    return tags


def _believed(name: str, row: tuple[object, ...]) -> Row:
    match row:
        case bytes(variant), bytes(tags), float(at), None | float() as expired_at, bytes(checksum), bytes(record):
            if checksum == _checksum(_bytes(name), variant, tags, record, at):
                return Row(name, _text(variant), record, at, tuple(_tags(tags)), expired_at)
    raise Torn("a row whose checksum is wrong")


def _checksum(name: bytes, variant: bytes, tags: bytes, record: bytes, stored_at: float) -> bytes:
    lengths = _LENGTHS.pack(len(name), len(variant), len(tags), len(record), stored_at)
    return blake2b(b"".join((lengths, name, variant, tags, record)), digest_size=8).digest()
