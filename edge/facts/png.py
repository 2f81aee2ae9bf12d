"""PNG (W3C PNG third edition): chunks up to the first IDAT, as far as libpng has read when libvips asks for the size.

An animated PNG is a still picture to libvips, so its acTL is passed over. An eXIf chunk after the pixels is not seen.
Checksums are not computed: libvips reads headers that fail them.
"""

import struct
from dataclasses import dataclass

from edge.facts.exif import orientation
from edge.facts.head import MOST_STEPS, Head, Odd, expect
from edge.plan.facts import Facts

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # §11.2.1, by colour type
_PALETTE = 3
_ALPHA = 4  # a bit of the colour type
_CHUNK = struct.Struct(">I4s")
_MOST_SIDE = (1 << 31) - 1
_CRITICAL = (b"PLTE", b"IDAT")
_TRANSPARENT_LENGTH = {0: 2, 2: 6}


@dataclass(slots=True)
class _Reading:
    """What the chunks have said so far."""

    depth: int
    colour: int
    palette: int = 0
    transparent: bool = False
    turned: int | None = None


def read(head: Head) -> Facts:
    expect(head.span(8, 8) == b"\0\0\0\x0dIHDR")
    width, height = head.number(16, 4), head.number(20, 4)
    depth, colour, compression, filtering, interlace = head.span(24, 5)
    expect(0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE)
    expect(depth in _DEPTHS.get(colour, ()) and compression == filtering == 0 and interlace <= 1)
    reading = _walk(head, _Reading(depth, colour))
    return Facts(
        format="png",
        width=width,
        height=height,
        orientation=reading.turned or 1,
        alpha=bool(colour & _ALPHA) or reading.transparent,
        bits=depth,
        lossless=colour != _PALETTE,
        progressive=interlace == 1,
    )


def _walk(head: Head, reading: _Reading) -> _Reading:
    at = 33
    for _ in range(MOST_STEPS):
        length, name = _CHUNK.unpack(head.span(at, 8))
        expect(length <= _MOST_SIDE and name.isalpha() and (name[0] & 0x20 != 0 or name in _CRITICAL))
        if name == b"IDAT":
            expect(reading.colour != _PALETTE or reading.palette > 0)
            return reading
        if taker := _TAKERS.get(name):
            taker(reading, head.span(at + 8, length))
        at += 12 + length
    raise Odd


def _take_palette(reading: _Reading, body: bytes) -> None:
    """Of a palette longer than the bit depth can name, libpng keeps what it can."""
    expect(0 < len(body) <= 768 and len(body) % 3 == 0)
    reading.palette = reading.palette or min(len(body) // 3, 1 << min(reading.depth, 8))


def _take_transparency(reading: _Reading, body: bytes) -> None:
    """libpng passes over a tRNS of the wrong length, or before the palette."""
    if reading.colour == _PALETTE:
        reading.transparent |= 0 < len(body) <= reading.palette
    else:
        reading.transparent |= len(body) == _TRANSPARENT_LENGTH.get(reading.colour)


def _take_exif(reading: _Reading, body: bytes) -> None:
    if reading.turned is None:
        reading.turned = orientation(body)


_TAKERS = {b"PLTE": _take_palette, b"tRNS": _take_transparency, b"eXIf": _take_exif}
