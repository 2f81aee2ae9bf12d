"""What the cache keeps: a body, a little metadata, the time it was stored."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

Scalar = str | int | float | bool | None


class FileSlice:
    """A stretch of an open regular file. Owns the descriptor: close it once."""

    __slots__ = ("_fd", "length", "offset")

    def __init__(self, fd: int, offset: int, length: int) -> None:
        self._fd = fd
        self.offset = offset
        self.length = length

    def fileno(self) -> int:
        return self._fd

    def read(self) -> bytes:
        """All of it. Blocks."""
        return os.pread(self._fd, self.length, self.offset)

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __repr__(self) -> str:
        return f"FileSlice(fd={self._fd}, {self.length} bytes at {self.offset})"


@dataclass(frozen=True, slots=True)
class Entry:
    """`meta` is small (a few KiB) and flat; `stored_at` is Unix seconds; `tags` name groups to forget together."""

    body: bytes | FileSlice
    meta: Mapping[str, Scalar] = field(default_factory=dict)
    stored_at: float = 0.0
    tags: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        return len(self.body) if isinstance(self.body, bytes) else self.body.length
