"""The first bytes of a file, read without ever running past them, and the four answers a sniffer gives.

A format's module is one function `read(head) -> Facts`. It reads as if it had the whole file; a read past the end
raises Beyond, which sniff turns into NeedMore, or into Unsure when there is no more or it would be too much. Whatever a
module does not understand exactly as the decoder does raises Odd, which becomes Unsure.
"""

from dataclasses import dataclass
from typing import Literal

from edge.plan.facts import Facts

# Longer headers are for a worker's probe: the longest of 490 real and hostile files has 600 KiB (a JPEG's profiles).
MOST_BYTES = 1 << 20

# Chunks, segments, frames, directory entries looked at in one file: a step takes about a microsecond, so a hostile file
# of the smallest ones costs some 15 ms, however long it is.
MOST_STEPS = 1 << 14

Order = Literal["big", "little"]


@dataclass(frozen=True, slots=True)
class NeedMore:
    """Give at least this many bytes from the start of the file: more than before, at most MOST_BYTES and the total."""

    bytes: int


@dataclass(frozen=True, slots=True)
class Unsure:
    """It begins as this format does, but only a worker's probe can say the rest: sizes, or that it is broken."""

    format: str


@dataclass(frozen=True, slots=True)
class NotAPicture:
    """Begins as no format of edge.plan.formats does."""


Answer = Facts | NeedMore | Unsure | NotAPicture


class Beyond(Exception):
    """There would have to be `needed` bytes."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


class Odd(Exception):
    """Not what the format's specification says, or rarer than is worth knowing here."""


class Head:
    """The bytes at hand, and how many the whole file has if that is known."""

    __slots__ = ("octets", "total")

    def __init__(self, octets: bytes, total: int | None = None) -> None:
        self.octets = octets
        self.total = total

    def span(self, at: int, length: int) -> bytes:
        if at + length > len(self.octets):
            raise Beyond(at + length)
        return self.octets[at : at + length]

    def byte(self, at: int) -> int:
        if at >= len(self.octets):
            raise Beyond(at + 1)
        return self.octets[at]

    def number(self, at: int, size: int, order: Order = "big") -> int:
        return int.from_bytes(self.span(at, size), order)

    def ends_at(self, at: int) -> bool:
        """Whether the file ends here. Without a known total it cannot: one byte more has to be asked for."""
        if self.total is not None:
            return at >= self.total
        return False

    def __repr__(self) -> str:
        return f"Head({len(self.octets)} of {'unknown' if self.total is None else self.total} bytes)"


def expect(sound: bool) -> None:
    """Raise Odd unless this holds."""
    if not sound:
        raise Odd
