"""One generation of the disk tier: a diskcache folder, opened by one thread.

What diskcache 5.6.3 is good at, it does here: an index in SQLite, small values inline, large ones as files. What it
leaves to the caller is done here too:

* It unpickles whatever a row calls a pickle (CVE-2025-69872, no release mends it). `RawDisk` stores bytes and streams
  under text keys and refuses every other kind of row, unread.
* It believes a value file of any length. Every value is an envelope (cache/entry.py), checked before it is returned.
* It culls ten rows at a time, after the write, and does not count the slack of file blocks. `_make_room` evicts the
  oldest rows one by one, before the write, and counts blocks: the folder never outgrows its size.
* A writer that is killed leaves files which no row names; `sweep` removes them.

Settings that differ from its own, and why. Journal: `truncate`, not `wal`, and no mmap: a wal index is mapped memory,
and a mapped file that someone truncates kills the process with SIGBUS instead of raising; so does a full tmpfs. The
price, readers that wait out a commit, is small since commits do not sync (`synchronous` 0): a power cut may cost the
cache, never a wrong byte, as every value carries its checksum and its key.

Generations. SQLite must not be replaced under an open connection, and threads and processes share the folder. So a
damaged generation is never repaired in place: its successor, `rows-000002` after `rows-000001`, is created, its own
database is unlinked, and whoever still has it open sees that (`alive`) and moves to the newest.
"""

import contextlib
import errno
import os
import re
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

import diskcache

from cache.entry import CHUNK, Entry, decode, decode_file

INLINE: Final = 32 * 1024  # below this SQLite is faster than a file of its own; above it sendfile pays
LARGE: Final = 1 << 20  # bodies over this are handed out as open files
LARGEST_SHARE: Final = 0.25  # one entry may take a quarter of the room, as in memory
BLOCK: Final = 4096  # what a file system rounds a file up to
ABANDONED_AFTER: Final = 3600.0  # seconds; a file no row names, while other processes live: surely no write in progress

_MODE_RAW, _MODE_BINARY = 1, 2  # diskcache.core's; pinned with its version
_VALUE_FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.val")
_GENERATION = re.compile(r"rows-\d{6}")
_DATABASE_FILES = ("cache.db", "cache.db-journal", "cache.db-wal", "cache.db-shm")

# Primary result codes that tell of the machine, not of the database: it may work again later.
_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_AUTH,
    }
)


class Unsound(Exception):
    """A row or file that is not what this tier wrote."""


def is_outage(error: BaseException) -> bool:
    """Whether the disk is full, gone, locked or read-only; otherwise what is stored there is damaged."""
    if isinstance(error, diskcache.Timeout):  # diskcache says so of any failure to begin a transaction
        return error.__context__ is None or is_outage(error.__context__)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        return code != sqlite3.SQLITE_IOERR_SHORT_READ and code & 0xFF in _OUTAGES
    return isinstance(error, OSError)


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


class _Rows(diskcache.Cache):  # type: ignore[misc]  # diskcache has no types
    """Closes its connection when it cannot be opened, which nobody else could; and waits for another's lock as long as
    it was told to, where diskcache in `__init__` and `reset` spins for up to a minute at each statement."""

    def __init__(self, directory: str, timeout: float, **settings: object) -> None:
        self._patience = timeout
        try:
            super().__init__(directory, timeout, **settings)
        except BaseException:
            self.close()
            raise

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


class _Pieces:
    """Chunks as a stream to read from, in whatever sizes they come."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def read(self, _size: int) -> bytes:
        return next((piece for piece in self._pieces if piece), b"")


class Shelf:
    """An open generation. Belongs to the thread that made it."""

    def __init__(self, folder: Path, size: int, patience: float) -> None:
        """`patience`: how many seconds to wait for another's lock."""
        self.folder = folder
        self.size = size
        self._rows: Any = _Rows(
            str(folder),
            timeout=patience,
            disk=RawDisk,
            size_limit=size,
            cull_limit=0,  # _make_room instead
            eviction_policy="least-recently-stored",  # the others write to SQLite at every get
            statistics=0,
            tag_index=0,
            disk_min_file_size=INLINE,
            sqlite_journal_mode="truncate",
            sqlite_mmap_size=0,
            sqlite_synchronous=0,
        )
        self._inode = self._database().st_ino

    def alive(self) -> bool:
        """Whether this is still the database at its path; a successor, or an operator, may have taken it away."""
        try:
            return self._database().st_ino == self._inode
        except OSError:
            return False

    def get(self, key: str) -> Entry | None:
        """Raises Unsound, and deletes the row, when there is one but it cannot be believed."""
        try:
            value = self._rows.get(key, read=True)
            if value is None:
                return None
            entry = self._decoded(key, value)
        except Unsound:
            self._discard(key)
            raise
        return entry

    def put(self, key: str, head: bytes, entry: Entry) -> int | None:
        """How many others had to go for it; None when it is too large to be kept at all."""
        need = len(head) + entry.length
        if need > self.size * LARGEST_SHARE:
            self.forget(key)
            return None
        evicted = self._make_room(need)
        try:
            if need < INLINE:
                self._rows.set(key, b"".join((head, *entry.chunks())))
            else:
                self._rows.set(key, _Pieces(chain((head,), entry.chunks())), read=True)
        except BaseException:
            self._rows.disk.give_up()
            raise
        self._rows.disk.unnamed = None
        return evicted

    def forget(self, key: str) -> bool:
        return bool(self._rows.delete(key))

    def volume(self) -> int:
        """Bytes on disk: the pages of the database and the blocks of the value files."""
        return int(self._rows.volume())

    def sweep(self, alone: bool, closing: Callable[[], bool]) -> int:
        """Remove what earlier generations and killed writers left; how many files. `alone` says that no other process
        has the folder open; otherwise a file that no row names yet may be a write in progress, unless it is old."""
        for older in _generations(self.folder.parent):
            if older < self.folder:
                shutil.rmtree(older, ignore_errors=True)
        files = [path.relative_to(self.folder).as_posix() for path in self.folder.glob("*/*")]  # before the rows
        named = dict(self._rows._sql("SELECT filename, rowid FROM Cache WHERE filename IS NOT NULL").fetchall())
        removed = 0
        for name in files:
            if closing():
                return removed
            if name not in named and (alone or self._abandoned(name)):
                removed += _unlinked(self.folder / name)
        if alone:
            self._recount([named[name] for name in named.keys() - set(files)])
        return removed

    def close(self) -> None:
        self._rows.close()

    def entries(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"Shelf({self.folder.name}, {self.size} bytes)"

    def _database(self) -> os.stat_result:
        return (self.folder / "cache.db").stat()

    def _decoded(self, key: str, value: Any) -> Entry:
        if isinstance(value, bytes):
            entry = decode(key, value)
        else:
            with value:
                entry = decode_file(key, value.fileno(), LARGE)
        if entry is None:
            raise Unsound("a torn envelope")
        return entry

    def _discard(self, key: str) -> None:
        """A disk that is full or read-only keeps the row; it is refused again at the next get."""
        try:
            self.forget(key)
        except (sqlite3.Error, diskcache.Timeout) as error:
            if not is_outage(error):
                raise

    def _make_room(self, need: int) -> int:
        evicted = 0
        while (excess := self.volume() + need + BLOCK - self.size) > 0:
            gone = self._evict(excess)
            if not gone:
                break
            evicted += gone
        return evicted

    def _evict(self, excess: int) -> int:
        """The oldest rows that hold so many bytes, at most a hundred in one transaction."""
        oldest = "SELECT rowid, size + COALESCE(LENGTH(value), 0), filename FROM Cache ORDER BY store_time LIMIT 100"
        count = 0
        with self._rows._transact() as (sql, cleanup):
            for rowid, weight, filename in sql(oldest).fetchall():
                sql("DELETE FROM Cache WHERE rowid = ?", (rowid,))
                cleanup(filename)
                count += 1
                excess -= weight
                if excess <= 0:
                    break
        return count

    def _abandoned(self, name: str) -> bool:
        try:
            return (self.folder / name).stat().st_mtime < time.time() - ABANDONED_AFTER
        except OSError:
            return False

    def _recount(self, lost: list[int]) -> None:
        """Drop rows whose file is gone, and set right the sums that diskcache keeps by triggers: a flipped byte in one
        would make the tier believe for ever that it is full."""
        with self._rows._transact() as (sql, _):
            for rowid in lost:
                sql("DELETE FROM Cache WHERE rowid = ?", (rowid,))
            sql("UPDATE Settings SET value = (SELECT COUNT(*) FROM Cache) WHERE key = 'count'")
            sql("UPDATE Settings SET value = (SELECT COALESCE(SUM(size), 0) FROM Cache) WHERE key = 'size'")


def newest(root: Path) -> Path:
    """The folder of the current generation, made when there is none. OSError when that cannot be done."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = max(_generations(root), default=root / "rows-000001")
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _private(folder):
        folder = successor(folder)
    if not _private(folder):
        raise PermissionError(errno.EPERM, "The folder is not ours alone", folder.name)
    return folder


def successor(folder: Path) -> Path:
    following = _successor_path(folder)
    following.mkdir(mode=0o700, exist_ok=True)
    return following


def condemn(folder: Path) -> bool:
    """Begin the next generation and take this one's database away. Its value files go at the next sweep. Whether
    nobody else had done so yet."""
    try:
        _successor_path(folder).mkdir(mode=0o700)
        first = True
    except FileExistsError:
        first = False
    for name in _DATABASE_FILES:
        (folder / name).unlink(missing_ok=True)
    return first


def _successor_path(folder: Path) -> Path:
    return folder.with_name(f"rows-{int(folder.name.removeprefix('rows-')) + 1:06d}")


def _generations(root: Path) -> Iterator[Path]:
    return (path for path in root.iterdir() if _GENERATION.fullmatch(path.name))


def _private(folder: Path) -> bool:
    """Ours, a real folder, and closed to everyone else: rows of another's making could only be refused one by one."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _unlinked(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    with contextlib.suppress(OSError):
        path.parent.rmdir()
    return True
