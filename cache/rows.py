"""diskcache as the shelf needs it: no pickles in or out, no waiting but what it was told to, and marks for every row.

diskcache 5.6.3 unpickles whatever a row calls a pickle (CVE-2025-69872, no release mends it). `RawDisk` stores bytes
and streams under text keys and refuses every other kind of row, unread.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import diskcache

from cache.entry import CHUNK
from cache.fault import Unsound
from cache.marks import attach, prepare

INLINE: Final = 32 * 1024  # below this SQLite is faster than a file of its own; above it sendfile pays
BLOCK: Final = 4096  # what a file system rounds a file up to

_MODE_RAW, _MODE_BINARY = 1, 2  # diskcache.core's; pinned with its version
_VALUE_FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.val")


class RawDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Text keys; bytes or a readable stream as value; nothing else goes in or comes out."""

    def __init__(self, directory: str, min_file_size: int = INLINE, pickle_protocol: int = 0) -> None:
        super().__init__(directory, min_file_size, pickle_protocol)
        self.unnamed: str | None = None  # the file of a value whose row is not committed yet

    def put(self, key: object) -> tuple[str, bool]:
        if not isinstance(key, str):
            raise TypeError(f"Expected text for key but received {type(key).__name__}")
        return key, True

    def get(self, key: object, raw: object) -> str:
        if not isinstance(key, str) or not raw:
            raise Unsound("a key that is not text")
        return key

    def store(
        self, value: object, read: bool, key: object = diskcache.UNKNOWN
    ) -> tuple[int, int, str | None, bytes | None]:
        if type(value) is bytes and not read:
            if len(value) < self.min_file_size:
                return 0, _MODE_RAW, None, value
            return self._store_file(iter((value,)))
        reader = getattr(value, "read", None)
        if not read or reader is None:
            raise TypeError(f"Expected bytes or a stream for value but received {type(value).__name__}")
        return self._store_file(iter(partial(reader, CHUNK), b""))

    def _store_file(self, pieces: Iterator[bytes]) -> tuple[int, int, str, None]:
        name, path = self.filename()
        self.unnamed = name
        size = self._write(path, pieces, "xb")
        return -(-size // BLOCK) * BLOCK, _MODE_BINARY, name, None

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> object:
        if mode == _MODE_RAW and type(value) is bytes:
            return value
        if mode == _MODE_BINARY and type(filename) is str and _VALUE_FILE.fullmatch(filename):
            try:
                return Path(self._directory, filename).open("rb", buffering=0)
            except FileNotFoundError:
                raise Unsound("a row without its file") from None
        raise Unsound(f"a row of mode {mode!r}")

    def filename(self, key: object = diskcache.UNKNOWN, value: object = diskcache.UNKNOWN) -> tuple[str, str]:
        """One level of 256 folders: two, as diskcache makes, would cost a block for nearly every file."""
        digits = os.urandom(16).hex()
        name = f"{digits[:2]}/{digits[2:]}.val"
        return name, str(Path(self._directory, name))

    def remove(self, file_path: object) -> None:
        """A name that no writer here gives is never unlinked: it could point anywhere."""
        if type(file_path) is str and _VALUE_FILE.fullmatch(file_path):
            super().remove(file_path)

    def give_up(self) -> None:
        """Remove the file of a value whose row was never committed."""
        name, self.unnamed = self.unnamed, None
        self.remove(name)


class Rows(diskcache.Cache):  # type: ignore[misc]  # diskcache has no types
    """Closes its connection when it cannot be opened, which nobody else could; and waits for another's lock as long as
    it was told to, where diskcache in `__init__` and `reset` spins for up to a minute at each statement."""

    def __init__(self, directory: str, timeout: float, **settings: object) -> None:
        self._patience = timeout
        self._marks: Sequence[bytes] = ()  # of the row that is being set
        try:
            super().__init__(directory, timeout, **settings)
            prepare(self._sql)
        except BaseException:
            self.close()
            raise

    def set_marked(self, key: str, value: object, marks: Sequence[bytes]) -> None:
        """`set`, and these marks instead of those the row had, in the same transaction."""
        self._marks = marks
        try:
            self.set(key, value, read=not isinstance(value, bytes))
        finally:
            self._marks = ()

    def _row_insert(self, key: str, raw: bool, now: float, columns: tuple[object, ...]) -> None:
        super()._row_insert(key, raw, now, columns)
        if self._marks:
            ((row,),) = self._sql("SELECT rowid FROM Cache WHERE key = ? AND raw = ?", (key, raw)).fetchall()
            attach(self._sql, self._marks, row)

    def _row_update(self, rowid: int, now: float, columns: tuple[object, ...]) -> None:
        super()._row_update(rowid, now, columns)
        attach(self._sql, self._marks, rowid)

    @property
    def _timeout(self) -> float:
        return self._patience

    @_timeout.setter
    def _timeout(self, seconds: float) -> None:
        """diskcache sets 0 while it opens, to do the waiting itself."""

    @property
    def _sql(self) -> Callable[..., sqlite3.Cursor]:
        return self._execute

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            cursor: sqlite3.Cursor = self._con.execute(statement, *values)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise diskcache.Timeout from error
            raise
        return cursor


class Pieces:
    """Chunks as a stream to read from, in whatever sizes they come."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def read(self, _size: int) -> bytes:
        return next((piece for piece in self._pieces if piece), b"")
