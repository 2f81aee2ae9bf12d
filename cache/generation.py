"""Generations: names for what is stored, each used once.

SQLite must not be replaced under an open connection, and threads and processes share the folder. So a damaged database
is never repaired or replaced in place: its successor is made, under the next number, its own database is unlinked, and
whoever still has it open sees that and moves to the newest.
"""

import contextlib
import errno
import os
import re
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

DATABASE_FILES: Final = ("cache.db", "cache.db-journal", "cache.db-wal", "cache.db-shm")

_FOLDER = re.compile(r"rows-\d{6}")
_NUMBER = re.compile(r"\.(\d{6})$")
_making = threading.Lock()


class Generations(Protocol):
    def newest(self) -> Path:
        """Of the current generation, made when there is none. OSError when that cannot be done."""
        ...

    def condemn(self, generation: Path) -> bool:
        """Begin the next generation and take this one's database away. Whether nobody else had done so yet."""
        ...

    def present(self, generation: Path) -> bool:
        """Whether its database is there."""
        ...


class Folders:
    """`rows-000002` after `rows-000001`, each with a cache.db and value files. Implements Generations."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def newest(self) -> Path:
        return _unless_moving(self._newest)

    def _newest(self) -> Path:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = max(folders_of(self.root), default=self.root / "rows-000001")
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _private(folder, stat.S_ISDIR):
            folder = self._after(folder)
            folder.mkdir(mode=0o700, exist_ok=True)
        if not _private(folder, stat.S_ISDIR):
            raise PermissionError(errno.EPERM, "The folder is not ours alone", folder.name)
        return folder

    def condemn(self, generation: Path) -> bool:
        """Its value files go at the next sweep."""
        following = self._after(generation)
        try:
            following.mkdir(mode=0o700)
            first = True
        except FileExistsError:
            first = False
        except OSError:  # no room for a folder: then this one gets the next name
            _unlink(generation / name for name in DATABASE_FILES)
            generation.rename(following)
            return True
        _unlink(generation / name for name in DATABASE_FILES)
        return first

    def present(self, generation: Path) -> bool:
        return (generation / "cache.db").exists()

    def _after(self, folder: Path) -> Path:
        return folder.with_name(f"rows-{int(folder.name.removeprefix('rows-')) + 1:06d}")


def folders_of(root: Path) -> Iterator[Path]:
    return (path for path in root.iterdir() if _FOLDER.fullmatch(path.name))


class Files:
    """`index.db`, then `index.db.000002`: each one database and its journal. Implements Generations."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def newest(self) -> Path:
        return _unless_moving(self._newest)

    def _newest(self) -> Path:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = self._there()
        path = there[-1] if there else self.path
        _make(path)
        if not _private(path, stat.S_ISREG):
            path = following_file(path)
            _make(path)
        if not _private(path, stat.S_ISREG):
            raise PermissionError(errno.EPERM, "The file is not ours alone", path.name)
        for older in there[:-1]:  # whoever began the newest was killed before he took it away, or could not
            with contextlib.suppress(OSError):
                self._take_away(older)
        return path

    def condemn(self, generation: Path) -> bool:
        following = following_file(generation)
        try:
            first = _make(following)
        except OSError:  # perhaps there is room when this one is gone
            self._take_away(generation)
            return _make(following)
        with contextlib.suppress(OSError):  # what has a successor is not used any more
            self._take_away(generation)
        return first

    def present(self, generation: Path) -> bool:
        return generation.exists()

    def _there(self) -> list[Path]:
        """In their order."""
        start = self.path.name
        with _making:
            beside = list(self.path.parent.iterdir())
        return sorted(path for path in beside if path.name == start or _follows(path.name, start))

    def _take_away(self, path: Path) -> None:
        _unlink(path.with_name(path.name + suffix) for suffix in ("", "-journal", "-wal", "-shm"))


class Nowhere:
    """In memory there is one, and who drops it has condemned it. Implements Generations."""

    def newest(self) -> Path:
        return Path(":memory:")

    def condemn(self, generation: Path) -> bool:
        return True

    def present(self, generation: Path) -> bool:
        return True


def following_file(path: Path) -> Path:
    number = _NUMBER.search(path.name)
    return path.with_name(f"{_NUMBER.sub('', path.name)}.{int(number[1]) + 1 if number else 2:06d}")


def _follows(name: str, start: str) -> bool:
    return name.startswith(start) and _NUMBER.fullmatch(name, len(start)) is not None


def _make(path: Path) -> bool:
    """An empty file; whether it was not there. Never opens one that is: closing it would take away the locks that
    another thread's SQLite holds there. Nor may another thread see the new one before it is closed."""
    with _making:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            return False
    return True


def _unless_moving(look: Callable[[], Path]) -> Path:
    """Look again when another takes away just what was seen: then there is a newer."""
    for _ in range(3):
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            return look()
    return look()


def _private(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Ours, of this kind and no link, and closed to everyone else: rows of another's making could only be refused one
    by one."""
    status = path.lstat()
    return is_kind(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
