"""ISO base media file format (ISO/IEC 14496-12): the boxes, and the few full boxes that a still picture needs.

A box is a stretch of the head. Its readers walk the tree level by level, so how deep they go is not the file's choice.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.facts.head import Head, expect

MOST_BOXES = 4096  # in one box; libheif has limits of its own and refuses far fewer
MOST_NUMBERED = 1 << 16  # bytes of a box that is read number by number; pictures of a hundred tiles need 2 KiB


@dataclass(frozen=True, slots=True)
class Box:
    kind: bytes
    start: int  # of the content
    end: int


def boxes(head: Head, start: int, end: int) -> Iterator[Box]:
    """The boxes that fill this stretch. A box without an end (size 0) is Odd."""
    at = start
    for _ in range(MOST_BOXES):
        if at >= end:
            break
        size, kind, content = head.number(at, 4), head.span(at + 4, 4), at + 8
        if size == 1:
            size, content = head.number(at + 8, 8), at + 16
        expect(size >= content - at and at + size <= end)
        yield Box(kind, content, at + size)
        at += size
    expect(at == end)


def only(found: list[Box], kind: bytes) -> Box:
    """The one box of this kind; none or several is Odd, for readers differ on which of several counts."""
    fitting = [box for box in found if box.kind == kind]
    expect(len(fitting) == 1)
    return fitting[0]


class Cursor:
    """Reads numbers one after another within a box."""

    __slots__ = ("_at", "_end", "_head")

    def __init__(self, head: Head, box: Box) -> None:
        expect(box.end - box.start <= MOST_NUMBERED)
        self._head = head
        self._at = box.start
        self._end = box.end

    def take(self, size: int) -> int:
        expect(self._at + size <= self._end)
        number = self._head.number(self._at, size)
        self._at += size
        return number

    def code(self) -> bytes:
        return self.take(4).to_bytes(4)

    def version(self) -> tuple[int, int]:
        """Version and flags of a full box."""
        return self.take(1), self.take(3)

    def __repr__(self) -> str:
        return f"Cursor({self._at} to {self._end})"
