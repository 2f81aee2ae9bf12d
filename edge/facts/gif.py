"""GIF (GIF89a): every block, since only counting tells how many frames there are. Reads sizes as libnsgif does:
the first frame may enlarge the screen, and screens that old programs wrote without meaning them count for nothing.
"""

import struct
from dataclasses import dataclass

from edge.facts.head import MOST_STEPS, Beyond, Head, Odd, expect
from edge.plan.facts import Facts

# Screen sizes that libnsgif takes for the author's monitor; the first frame's extent is used instead.
_MONITORS = frozenset(((640, 480), (640, 512), (800, 600), (1024, 768), (1280, 1024), (1600, 1200)))
_MOST_SCREEN = 2048
_MOST_CODE = 12  # bits of an LZW code
_MOST_BLOCKS = 1 << 16  # as many as 16 MiB of full ones; the smallest take 4 ms

_DESCRIPTOR = struct.Struct("<HHHHB")
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL, _COMMENT = 0xF9, 0xFE


@dataclass(slots=True)
class _Reading:
    width: int
    height: int
    depth: int  # of the largest colour table
    frames: int = 0
    blocks: int = 0
    transparent: bool = False
    announced: bool = False  # a control block says that the next frame is transparent
    interlaced: bool = False


def read(head: Head) -> Facts:
    width, height, flags = head.number(6, 2, "little"), head.number(8, 2, "little"), head.byte(10)
    if (width, height) in _MONITORS or not width or not height or max(width, height) > _MOST_SCREEN:
        width = height = 1
    reading = _Reading(width, height, _depth(flags))
    _walk(head, 13 + _table(flags), reading)
    expect(reading.frames > 0)
    return Facts(
        format="gif",
        width=reading.width,
        height=reading.height,
        frames=reading.frames,
        alpha=reading.transparent,
        bits=reading.depth,
        progressive=reading.interlaced,
    )


def _depth(flags: int) -> int:
    """Bits of a pixel; without a table, black and white are assumed."""
    return (flags & 7) + 1 if flags & 0x80 else 1


def _table(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 * (2 << (flags & 7)) if flags & 0x80 else 0


def _walk(head: Head, at: int, reading: _Reading) -> None:
    """A file that simply stops after a whole frame is taken as it is; one that stops within a frame is not."""
    while not head.ends_at(at):
        block = head.byte(at)
        if block == _EXTENSION:
            at = _extension(head, at, reading)
        elif block == _IMAGE:
            at = _image(head, at, reading)
        else:
            expect(block == _TRAILER)
            return


def _extension(head: Head, at: int, reading: _Reading) -> int:
    label = head.byte(at + 1)
    expect(label == _COMMENT or head.byte(at + 2) > 0)  # libnsgif would read on past an empty first block
    if label == _GRAPHIC_CONTROL:
        reading.announced |= head.byte(at + 3) & 1 == 1
    return _past_blocks(head, at + 2, reading)


def _image(head: Head, at: int, reading: _Reading) -> int:
    left, top, width, height, flags = _DESCRIPTOR.unpack(head.span(at + 1, 9))
    if not reading.frames:
        reading.width = max(reading.width, left + width)
        reading.height = max(reading.height, top + height)
    reading.depth = max(reading.depth, _depth(flags))
    reading.interlaced |= bool(flags & 0x40)
    reading.transparent |= reading.announced
    reading.announced = False
    reading.frames += 1
    expect(reading.frames <= MOST_STEPS)
    at += 10 + _table(flags)
    expect(head.byte(at) < _MOST_CODE)
    return _past_blocks(head, at + 1, reading)


def _past_blocks(head: Head, at: int, reading: _Reading) -> int:
    """The place after the chain of sub-blocks that begins here."""
    octets, end = head.octets, len(head.octets)
    for block in range(reading.blocks, _MOST_BLOCKS):
        if at >= end:
            raise Beyond(at + 1)
        size = octets[at]
        at += size + 1
        if not size:
            reading.blocks = block + 1
            return at
    raise Odd
