"""Small bodies, files and tiers for the cache's tests."""

import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cache.disk import DiskTier
from cache.entry import Entry, FileSlice, Scalar

META: dict[str, Scalar] = {"type": "image/webp", "width": 400, "ratio": 1.5, "lossless": False, "note": None}


def body(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def entry(size: int = 100, seed: int = 0) -> Entry:
    return Entry(body(size, seed), META, 1_700_000_000.5, ("a", "b"))


def file_entry(folder: Path, content: bytes, before: bytes = b"") -> Entry:
    """An entry whose body is a stretch of a file that is already unlinked. Whoever made it closes it."""
    path = folder / f"spool-{os.urandom(4).hex()}"
    path.write_bytes(before + content + b"after")
    fd = os.open(path, os.O_RDONLY)
    path.unlink()
    return Entry(FileSlice(fd, len(before), len(content)), META, 5.0)


def content(found: Entry | None) -> bytes | None:
    """The bytes of an entry, whose descriptor is closed."""
    if found is None:
        return None
    whole = b"".join(found.chunks())
    found.close()
    return whole


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 # the entries are links that vanish


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0xFF]))


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "first byte": lambda path: flip(path, 0),
    "middle": lambda path: flip(path, path.stat().st_size // 2),
    "last byte": lambda path: flip(path, path.stat().st_size - 1),
    "zeros": zero,
    "half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "gone": lambda path: path.unlink(),
}

# for programs of other processes
HERE = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def opened(
    path: Path, size: int = 64 << 20, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[DiskTier]:
    """A disk tier that is closed at the end, whatever happens."""
    tier = DiskTier(path, size, clock)
    try:
        yield tier
    finally:
        await tier.close()


def value_files(path: Path) -> list[Path]:
    return sorted(path.glob("rows-*/*/*.val"))
