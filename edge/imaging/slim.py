"""A picture's own bytes without what travels beside the pixels: EXIF with its places and thumbnails, XMP, IPTC,
comments, profiles, gain maps, what follows the end. Nothing is decoded, so no pixel changes.

Each format is parsed strictly: a list of what is kept, a list of what is known and dropped, and for anything else, or
anything cut, misplaced or out of bounds, the answer is None and the caller writes the picture anew. Work is bounded by
the number of bytes: every reader moves forwards only.

The caller has decoded the whole picture from the same bytes before, and knows that its profile says sRGB or nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

# Marker segments, chunks, blocks or boxes of one picture; real ones have a few dozen, animations one to three a frame.
MOST = 20_000


T = TypeVar("T")


class _Odd(Exception):
    """Not a file that we take apart: it is written anew instead."""


def slim(data: bytes, format: str) -> bytes | None:
    """The same picture in fewer bytes, or None when it cannot be had without writing it anew."""
    slimmer = _SLIMMERS.get(format)
    if slimmer is None:
        return None
    try:
        return b"".join(slimmer(data))
    except _Odd:
        return None


def _sure(condition: bool) -> None:
    if not condition:
        raise _Odd


def _bounded(parts: Iterator[T]) -> Iterator[T]:
    for count, part in enumerate(parts):
        _sure(count < MOST)
        yield part


# JPEG: ITU-T T.81 annex B. Kept: frames of the three kinds that everything reads (baseline, extended, progressive; 8
# bits), tables, restart intervals, scans.

_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_TABLES = frozenset({0xC4, 0xDB, 0xDD})
_DROPPED = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
# The next marker inside coded data: stuffed zeroes, restarts and fill bytes are part of it.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield b"\xff\xd8"
    _sure(data[:2] == b"\xff\xd8")
    frames = scans = 0
    for marker, part in _bounded(_segments(data)):
        if marker in _DROPPED:
            continue
        if marker in _FRAMES:
            frames += 1
            _sure(frames == 1 and part[4:5] == b"\x08")
        elif marker == 0xDA:
            scans += 1
            _sure(frames == 1)
        else:
            _sure(marker in _TABLES or marker in (0xE0, 0xEE))
        yield _application(marker, part) if marker in (0xE0, 0xEE) else part
    _sure(scans > 0)
    yield b"\xff\xd9"


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every segment up to the end of the image, a scan together with its coded data."""
    at = 2
    while True:
        _sure(data[at : at + 1] == b"\xff")
        while data[at + 1 : at + 2] == b"\xff":
            at += 1
        marker = data[at + 1] if at + 1 < len(data) else 0
        if marker == 0xD9:
            return
        _sure(marker >= 0xC0 and not 0xD0 <= marker <= 0xD8)
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        _sure(length >= 2 and end <= len(data))
        if marker == 0xDA:
            following = _MARKER.search(data, end)
            _sure(following is not None)
            end = following.start() if following else end
        yield marker, data[at:end]
        at = end


def _application(marker: int, part: bytes) -> bytes:
    """JFIF's header without its thumbnail and Adobe's, which say how the colours are stored; nothing of others."""
    if marker == 0xE0 and part[4:9] == b"JFIF\0" and len(part) >= 18:
        return b"\xff\xe0\0\x10" + part[4:16] + b"\0\0"
    if marker == 0xEE and part[4:9] == b"Adobe" and len(part) >= 16:
        return b"\xff\xee\0\x0e" + part[4:16]
    return b""


# PNG: third edition. A chunk whose name begins with a small letter may be passed over by whoever does not know it; of
# those, some change what is seen, and an animated one (acTL) is written anew as a still.

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_MEANT = frozenset({b"acTL", b"fcTL", b"fdAT", b"cICP"})


def _png(data: bytes) -> Iterator[bytes]:
    _sure(data[:8] == _PNG and data[12:16] == b"IHDR")
    yield _PNG
    for name, chunk in _bounded(_png_chunks(data)):
        _sure(name in _PNG_KEPT or (name[:1].islower() and name not in _PNG_MEANT))
        if name in _PNG_KEPT:
            yield chunk


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, name = 8, b""
    while name != b"IEND":
        length = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + length
        _sure(name.isalpha() and len(name) == 4 and end <= len(data))
        yield name, data[at:end]
        at = end


# WebP: RFC 9649. The flags of the extended header say what follows, so those of dropped chunks are cleared.

_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM"})
_WEBP_DROPPED = frozenset({b"ICCP", b"EXIF", b"XMP "})
_FRAME_KEPT = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_ALPHA, _ANIMATION = 0x10, 0x02


def _webp(data: bytes) -> Iterator[bytes]:
    end = 8 + int.from_bytes(data[4:8], "little")
    _sure(data[:4] == b"RIFF" and data[8:12] == b"WEBP" and end <= len(data))
    body = b"".join(_webp_part(name, payload) for name, payload in _bounded(_riff_chunks(data, 12, end)))
    _sure(len(body) > 8)
    yield b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


def _webp_part(name: bytes, payload: bytes) -> bytes:
    if name == b"VP8X":
        _sure(len(payload) == 10)
        return _riff(name, bytes((payload[0] & (_ALPHA | _ANIMATION),)) + payload[1:])
    if name == b"ANMF":
        _sure(len(payload) > 16)
        inner = list(_riff_chunks(payload, 16, len(payload)))
        _sure(all(each in _FRAME_KEPT for each, _ in inner))
        return _riff(name, payload[:16] + b"".join(_riff(*chunk) for chunk in inner))
    _sure(name in _WEBP_KEPT or name in _WEBP_DROPPED)
    return _riff(name, payload) if name in _WEBP_KEPT else b""


def _riff(name: bytes, payload: bytes) -> bytes:
    return name + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2)


def _riff_chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    while at < end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        start, past = at + 8, at + 8 + length
        _sure(past <= end)
        yield data[at : at + 4], data[start:past]
        at = past + length % 2


# GIF89a. Kept: frames, their control blocks, and the one application block that says how often they are shown.

_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def _gif(data: bytes) -> Iterator[bytes]:
    _sure(data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 13)
    start = 13 + _colours(data[10])
    _sure(start <= len(data))
    yield data[:start]
    frames = 0
    for label, block in _bounded(_gif_blocks(data, start)):
        frames += label == 0x2C
        if label in (0x2C, 0xF9):
            yield block
        elif label == 0xFF:
            yield _loop(block)
        else:
            _sure(label == 0xFE)
    _sure(frames > 0)
    yield b";"


def _loop(block: bytes) -> bytes:
    """The loop count alone, whatever else the block carries; nothing of another application's."""
    known = block[2] == 11 and block[3:14] in _LOOPS and block[14:16] == b"\x03\x01"
    return block[:18] + b"\0" if known and len(block) >= 19 else b""


def _gif_blocks(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """A frame (0x2C) or an extension, by its label, with all its data."""
    while at < len(data) and data[at] != 0x3B:
        label, start = data[at], at
        if label == 0x2C:
            _sure(at + 10 <= len(data))
            at += 11 + _colours(data[at + 9])
        else:
            _sure(label == 0x21 and at + 2 <= len(data))
            label, at = data[at + 1], at + 2
        at = _after_blocks(data, at)
        yield label, data[start:at]


def _after_blocks(data: bytes, at: int) -> int:
    while at < len(data):
        size = data[at]
        at += size + 1
        if not size:
            return at
    raise _Odd


def _colours(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


# AVIF: ISO/IEC 14496-12 and 23000-22. Its parts refer to each other by place, so it is given whole or not at all: when
# every box, item and property is one that pixels need.

_BOXES = frozenset({b"ftyp", b"meta", b"mdat"})
_META = frozenset({b"hdlr", b"pitm", b"iloc", b"iinf", b"iref", b"iprp", b"idat"})
_ITEMS = frozenset({b"av01", b"grid"})
_PROPERTIES = frozenset({b"ispe", b"pixi", b"av1C", b"colr", b"auxC", b"pasp"})


def _avif(data: bytes) -> Iterator[bytes]:
    boxes = list(_boxes(data, 0, len(data)))
    _sure({name for name, _ in boxes} == _BOXES and boxes[0][0] == b"ftyp" and b"avis" not in boxes[0][1])
    for name, payload in boxes:
        if name == b"meta":
            _only_pixels(payload)
    yield data


def _only_pixels(meta: bytes) -> None:
    for name, payload in _boxes(meta, 4, len(meta)):
        _sure(name in _META)
        if name == b"iinf":
            head = 6 if payload[:1] == b"\0" else 8
            _sure(all(_item(*entry) in _ITEMS for entry in _boxes(payload, head, len(payload))))
        if name == b"iprp":
            inner = dict(_boxes(payload, 0, len(payload)))
            properties = list(_boxes(inner.get(b"ipco", b""), 0, len(inner.get(b"ipco", b""))))
            _sure(all(each in _PROPERTIES for each, _ in properties))
            _sure(all(value[:4] == b"nclx" for each, value in properties if each == b"colr"))


def _item(name: bytes, entry: bytes) -> bytes:
    """The type of an item information entry of version 2 or 3."""
    _sure(name == b"infe" and entry[:1] in (b"\2", b"\3"))
    at = 8 if entry[0] == 2 else 10
    return entry[at : at + 4]


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    count = 0
    while at < end:
        size, count = int.from_bytes(data[at : at + 4], "big"), count + 1
        _sure(size >= 8 and at + size <= end and count < MOST)
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


_SLIMMERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "avif": _avif,
}
