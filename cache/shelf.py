"""One generation of the disk tier: a diskcache folder, opened by one thread.

What diskcache 5.6.3 is good at, it does here: an index in SQLite, small values inline, large ones as files. What it
leaves to the caller is done here too:

* It unpickles whatever a row calls a pickle, and keeps one tag for each. See cache/rows.py and cache/marks.py.
* It believes a value file of any length. Every value is an envelope (cache/entry.py), checked before it is returned.
* It culls ten rows at a time, after the write, and does not count the slack of file blocks. `_make_room` evicts the
  oldest rows one by one, before the write, and counts blocks: the folder never outgrows its size.
* A writer that is killed leaves files which no row names; `sweep` removes them.

Settings that differ from its own, and why. Journal: `truncate`, not `wal`, and no mmap: a wal index is mapped memory,
and a mapped file that someone truncates kills the process with SIGBUS instead of raising; so does a full tmpfs. The
price, readers that wait out a commit, is small since commits do not sync (`synchronous` 0): a power cut may cost the
cache, never a wrong byte, as every value carries its checksum and its key.
"""

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import diskcache

from cache.entry import Entry, decode, decode_file
from cache.fault import Unsound, is_outage
from cache.generation import folders_of
from cache.marks import MARK_BYTES, carriers, in_statements, marks_of, whole
from cache.rows import BLOCK, INLINE, Pieces, RawDisk, Rows

LARGE: Final = 1 << 20  # bodies over this are handed out as open files
LARGEST_SHARE: Final = 0.25  # one entry may take a quarter of the room, as in memory
PARTS: Final = 16  # of the 256 folders of an earlier generation, removed at once
ABANDONED_AFTER: Final = 3600.0  # seconds; a file no row names, while other processes live: surely no write in progress


class Shelf:
    """An open generation. Belongs to the thread that made it."""

    def __init__(self, folder: Path, size: int, patience: float) -> None:
        """`patience`: how many seconds to wait for another's lock."""
        self.folder = folder
        self.size = size
        self._rows: Any = Rows(
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
        marks = marks_of(entry.tags)
        if need > self.size * LARGEST_SHARE:
            self.forget(key)
            return None
        evicted = self._make_room(need + MARK_BYTES * len(marks))
        try:
            pieces = chain((head,), entry.chunks())
            self._rows.set_marked(key, b"".join(pieces) if need < INLINE else Pieces(pieces), marks)
        except BaseException:
            self._rows.disk.give_up()
            raise
        self._rows.disk.unnamed = None
        return evicted

    def forget(self, key: str) -> bool:
        return bool(self._rows.delete(key))

    def forget_tags(self, tags: Sequence[str]) -> int:
        """How many entries carried one of these. In batches, each with its files: the lock is held for a moment."""
        count = 0
        for marks in in_statements(marks_of(tags)):
            more = True
            while more:
                with self._rows._transact() as (sql, cleanup):
                    found = carriers(sql, marks)
                    for rowid, filename in found:
                        sql("DELETE FROM Cache WHERE rowid = ?", (rowid,))
                        cleanup(filename)
                count += len(found)
                more = whole(found)
        return count

    def volume(self) -> int:
        """Bytes on disk: the pages of the database and the blocks of the value files."""
        return int(self._rows.volume())

    def sweep(self, alone: bool, closing: Callable[[], bool]) -> int:
        """Remove what killed writers left; how many files. `alone` says that no other process
        has the folder open; otherwise a file that no row names yet may be a write in progress, unless it is old."""
        files = list(self._files())  # before the rows
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

    def _files(self) -> Iterator[str]:
        """Of values, and whatever else lies where they do. Folders may vanish meanwhile: the last file of one went."""
        for part in sorted(self.folder.iterdir()):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                yield from [f"{part.name}/{file.name}" for file in part.iterdir()]

    def sweep_older(self) -> bool:
        """Remove some of what earlier generations left, which may be a million files; whether there is more."""
        for older in sorted(folders_of(self.folder.parent)):
            if older >= self.folder:
                break
            try:
                parts = sorted(older.iterdir())
            except FileNotFoundError:  # another sweeps too
                continue
            for part in parts[:PARTS]:
                shutil.rmtree(part, ignore_errors=True)
            if len(parts) > PARTS and not parts[0].exists():
                return True
            shutil.rmtree(older, ignore_errors=True)
        return False

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


def _unlinked(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    with contextlib.suppress(OSError):
        path.parent.rmdir()
    return True
