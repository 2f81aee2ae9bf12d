"""JPEG 2000 (ITU-T T.800): is it of the plain kind that libvips reads safely?

libvips sizes its buffers by the header of the codestream and lets OpenJPEG fill them. Where a palette, a canvas offset
or differing components make these two disagree, releases before 8.16 write beyond them. So only pictures are let
through for which they cannot: what cameras, scanners and libvips itself write.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from edge.errors import Unprocessable, UnsupportedPicture
from edge.imaging.failures import BROKEN, CUT

_BOXED = b"\0\0\0\x0cjP  "
_START, _END = b"\xff\x4f\xff\x51", b"\xff\xd9"
_MOST_BOXES = 1024
_REMAPPING = (b"pclr", b"cmap")

# Sampling of the second and third component against the first, across and down.
_SUBSAMPLED = ((2, 2), (2, 1), (1, 2))


@dataclass(frozen=True, slots=True)
class Codestream:
    """The SIZ marker: the size, and of each component its depth (above 127: signed) and sampling across and down."""

    width: int
    height: int
    components: tuple[tuple[int, int, int], ...]


def checked(data: bytes) -> Codestream:
    """Unprocessable when it is cut or broken, UnsupportedPicture when it is whole but not plain."""
    start, end = _codestream(data) if data.startswith(_BOXED) else (0, len(data))
    if data[end - 2 : end] != _END:
        raise Unprocessable(CUT)
    found = _size(data, start)
    _expect_plain(_alike(found.components), "components that are alike")
    return found


def _codestream(data: bytes) -> tuple[int, int]:
    """Where the codestream of a boxed file lies."""
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"jp2h":
            inside = {inner for inner, _, _ in _boxes(data, start, end)}
            _expect_plain(inside.isdisjoint(_REMAPPING), "no palette")
        elif kind == b"jp2c":
            return start, end
    raise Unprocessable(CUT)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each; the last may say that it reaches to the end."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, kind, content = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, content = int.from_bytes(data[at + 8 : at + 16]), at + 16
        after = at + size if size else end
        if after < content:
            raise Unprocessable(BROKEN)
        if after > end:
            raise Unprocessable(CUT)
        yield kind, content, after
        at = after


def _size(data: bytes, at: int) -> Codestream:
    if data[at : at + 4] != _START or len(data) < at + 42:
        raise Unprocessable(BROKEN)
    right, bottom, left, top, across, down, tile_left, tile_top, count = struct.unpack_from(">8IH", data, at + 8)
    if len(data) < at + 42 + 3 * count or not count or not right or not bottom or not across or not down:
        raise Unprocessable(BROKEN)
    _expect_plain(not (left or top or tile_left or tile_top), "no offset")
    return Codestream(right, bottom, tuple(struct.iter_unpack("3B", data[at + 42 : at + 42 + 3 * count])))


def _alike(components: tuple[tuple[int, int, int], ...]) -> bool:
    """One to four, unsigned, of one depth up to 16 bits, each with every pixel; or chroma subsampled."""
    depths, samplings = {depth for depth, _, _ in components}, [sampling for _, *sampling in components]
    whole = all(sampling == [1, 1] for sampling in samplings)
    chroma = len(components) == 3 and samplings[0] == [1, 1] and samplings[1] == samplings[2]
    halved = chroma and tuple(samplings[1]) in _SUBSAMPLED
    return len(components) <= 4 and len(depths) == 1 and max(depths) < 16 and (whole or halved)


def _expect_plain(plain: bool, what: str) -> None:
    if not plain:
        raise UnsupportedPicture(f"Expected a JPEG 2000 picture with {what} but received another kind")
