"""What is read from a picture's bytes before libvips sees them: its format, and what libvips tells too late or never.

* libvips allocates a WebP's whole canvas when it opens the header: 16383 × 16383 asks for 1 GB before any check. It
  does not say whether one is lossless.
* Its GIF reader takes a file cut between or inside later frames for a shorter animation.
* librsvg inflates SVGZ without a bound.
* PDF readers mend what is cut off by guessing.
"""

import re
import zlib
from collections.abc import Iterator

from edge.errors import Unprocessable
from edge.imaging.bmp import is_bmp
from edge.imaging.failures import CUT, over
from edge.plan.formats import SIGNATURES

# Text of an SVG after inflation. The largest hand-made illustrations are a few MB; librsvg's tree takes 20 times it.
SVG_BYTES = 16 << 20

_SIGNS = (*SIGNATURES, (b"\0\0\1\0", "ico"))
_AVIF = {b"avif", b"avis"}
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def format_of(start: bytes) -> str | None:
    """A name of edge.plan.formats, by the first bytes; None for what is no picture."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    if start[4:8] == b"ftyp":
        return _brand(start)
    for sign, name in _SIGNS:
        if start.startswith(sign):
            return name
    if is_bmp(start):
        return "bmp"
    return "svg" if _looks_svg(start) else None


def _brand(start: bytes) -> str | None:
    size = min(int.from_bytes(start[:4], "big"), 512)
    brands = {start[8:12], *(start[at : at + 4] for at in range(16, size, 4))}
    if brands & _AVIF:
        return "avif"
    return "heic" if brands & _HEIC else None


def _looks_svg(start: bytes) -> bool:
    # libvips itself looks for the tag in the first 1000 bytes.
    return start[:2] == b"\x1f\x8b" or b"<svg" in start[:1000].replace(b"\0", b"")


def svg_text(text: bytes) -> bytes:
    """The SVG's text, inflated within bounds when it is gzipped."""
    if text[:2] == b"\x1f\x8b":
        text = _inflated(text)
    if len(text) > SVG_BYTES:
        raise over("bytes of SVG", SVG_BYTES, len(text))
    return text


def _inflated(packed: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(packed, SVG_BYTES + 1)
    except zlib.error as error:
        raise Unprocessable("This SVGZ is broken and cannot be inflated") from error
    if not inflater.eof and len(text) <= SVG_BYTES:
        raise Unprocessable(CUT)
    return text


def webp_canvas(start: bytes) -> tuple[int, int]:
    """Width and height a WebP claims; (0, 0) when its first chunk is none of the three known."""
    kind = start[12:16]
    if kind == b"VP8X" and len(start) >= 30:
        return int.from_bytes(start[24:27], "little") + 1, int.from_bytes(start[27:30], "little") + 1
    if kind == b"VP8L" and len(start) >= 25:
        sizes = int.from_bytes(start[21:25], "little")
        return (sizes & 0x3FFF) + 1, (sizes >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(start) >= 30:
        return int.from_bytes(start[26:28], "little") & 0x3FFF, int.from_bytes(start[28:30], "little") & 0x3FFF
    return 0, 0


def webp_lossless(data: bytes) -> bool:
    """Is every picture in it VP8L? Those of an animation lie inside its frames."""
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    kinds = set(_webp_pictures(data, 12, end))
    return kinds == {b"VP8L"}


def _webp_pictures(data: bytes, at: int, end: int) -> Iterator[bytes]:
    while at + 8 <= end:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in (b"VP8 ", b"VP8L"):
            yield kind
        if kind == b"ANMF":
            yield from _webp_pictures(data, at + 24, min(end, at + 8 + size))
        at += 8 + size + size % 2


def pdf_is_whole(pdf: bytes) -> bool:
    """Does it end as a PDF does, within the 1024 bytes other readers allow for? A linearized one ends so behind its
    first page too, and says how long it is (ISO 32000-1, annex F)."""
    if b"%%EOF" not in pdf[-1024:]:
        return False
    length = re.search(rb"/Linearized\b[^>]*?/L\s+(\d{1,12})\b", pdf[:1024])
    return length is None or int(length[1]) <= len(pdf)


def gif_is_whole(gif: bytes) -> bool:
    """Does every block end inside the file? A missing trailer alone is forgiven: many old encoders wrote none."""
    at = 13 + _palette(gif, 10)
    while at < len(gif):
        introducer = gif[at]
        if introducer == 0x2C:  # image: descriptor, palette, one byte of code size, data
            at = _after_blocks(gif, at + 11 + _palette(gif, at + 9))
        elif introducer == 0x21:  # extension: label, data
            at = _after_blocks(gif, at + 2)
        else:  # the trailer, or bytes nobody knows: the decoder's business
            return True
    return at == len(gif)


def _palette(gif: bytes, at: int) -> int:
    flags = gif[at] if at < len(gif) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(gif: bytes, at: int) -> int:
    """The position after a run of sub-blocks; past the end of the file when the run is cut."""
    while at < len(gif):
        size = gif[at]
        at += size + 1
        if not size:
            return at
    return len(gif) + 1
