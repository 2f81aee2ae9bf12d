"""JPEG (ITU T.81 annex B): segments up to the first scan. What follows it, gain maps and further pictures of a
multi-picture file included, is not looked at; nor are thumbnails, which sit inside application segments.
"""

import re
from dataclasses import dataclass

from edge.facts.exif import orientation
from edge.facts.head import MOST_STEPS, Beyond, Head, Odd, expect
from edge.plan.facts import Facts

_MARKER = re.compile(rb"\xff[^\x00\xff]", re.DOTALL)
_SOS, _APP1 = 0xDA, 0xE1
_BARE = frozenset((0x01, *range(0xD0, 0xD8)))  # TEM and RSTn stand without a length
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the others of the row are DHT, JPG and DAC
_KNOWN = _SOF | {0xC4, 0xCC, _SOS, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))


@dataclass(frozen=True, slots=True)
class _Frame:
    width: int
    height: int
    components: int
    progressive: bool


def read(head: Head) -> Facts:
    at = 2
    frame: _Frame | None = None
    turned: int | None = None
    for _ in range(MOST_STEPS):
        marker, at = _next_marker(head, at)
        if marker in _BARE:
            continue
        expect(marker in _KNOWN)  # SOI, EOI and reserved markers end libjpeg's patience here
        length = head.number(at, 2)
        expect(length >= 2)
        if marker == _SOS:
            return _facts(frame, turned or 1, head.byte(at + 2))
        if marker in _SOF:
            expect(frame is None)
            frame = _frame(head.span(at, length), marker)
        elif marker == _APP1 and turned is None:
            turned = _turned(head.span(at + 2, length - 2))
        at += length
    raise Odd


def _next_marker(head: Head, at: int) -> tuple[int, int]:
    """The next marker, past garbage and fill bytes as libjpeg skips them, and where its segment begins."""
    found = _MARKER.search(head.octets, at)
    if found is None:
        raise Beyond(max(at, len(head.octets)) + 1)
    return found[0][1], found.end()


def _frame(segment: bytes, marker: int) -> _Frame:
    """B.2.2. A height of 0 would be told by a DNL segment after the scan; libjpeg refuses it."""
    expect(len(segment) >= 8 and len(segment) == 8 + 3 * segment[7])
    frame = _Frame(
        width=int.from_bytes(segment[5:7]),
        height=int.from_bytes(segment[3:5]),
        components=segment[7],
        progressive=marker in _PROGRESSIVE,
    )
    expect(segment[2] == 8 and frame.width > 0 and frame.height > 0 and frame.components > 0)
    return frame


def _turned(payload: bytes) -> int | None:
    """The first EXIF segment counts, even when it says nothing; None = this is not one (XMP, say)."""
    if not payload.startswith(b"Exif"):
        return None
    return orientation(payload[6:]) if payload.startswith(b"Exif\0\0") else 1


def _facts(frame: _Frame | None, turned: int, scanned: int) -> Facts:
    """A first scan without all components means several scans: as costly as progressive, and libvips says so too."""
    if frame is None:
        raise Odd
    return Facts(
        format="jpeg",
        width=frame.width,
        height=frame.height,
        orientation=turned,
        progressive=frame.progressive or scanned < frame.components,
    )
