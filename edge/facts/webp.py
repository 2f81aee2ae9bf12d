"""WebP (RFC 9649): a RIFF file of one VP8 or VP8L picture, or an extended one (VP8X) whose canvas the picture must
fill. An animation's frames are counted to the end of the file.
"""

from dataclasses import dataclass

from edge.facts.exif import orientation
from edge.facts.head import MOST_STEPS, Beyond, Head, Odd, expect
from edge.plan.facts import Facts

_ANIMATED, _EXIF, _ALPHA = 0x02, 0x08, 0x10  # flags of VP8X, §2.7.1
_MOST_CANVAS = 1 << 32  # pixels


@dataclass(frozen=True, slots=True)
class _Picture:
    width: int
    height: int
    alpha: bool
    lossless: bool


@dataclass(slots=True)
class _Reading:
    picture: _Picture | None = None
    frames: int = 0
    turned: int | None = None
    alpha: bool = False  # of a frame
    lossy: bool = False  # a frame


def read(head: Head) -> Facts:
    end = 8 + head.number(4, 4, "little")
    first = head.span(12, 4)
    if first == b"VP8X":
        return _extended(head, end)
    picture = _picture(head, 12)
    return Facts(
        format="webp", width=picture.width, height=picture.height, alpha=picture.alpha, lossless=picture.lossless
    )


def _picture(head: Head, at: int) -> _Picture:
    """The bitstream whose chunk begins here."""
    name = head.span(at, 4)
    if name == b"VP8L":
        expect(head.byte(at + 8) == 0x2F)
        said = head.number(at + 9, 4, "little")  # 14 bits width, 14 height, 1 alpha, 3 version
        expect(said >> 29 == 0)
        return _Picture((said & 0x3FFF) + 1, (said >> 14 & 0x3FFF) + 1, bool(said >> 28 & 1), lossless=True)
    expect(name == b"VP8 ")
    frame = head.span(at + 8, 10)
    expect(frame[0] & 1 == 0 and frame[3:6] == b"\x9d\x01\x2a")  # a key frame, RFC 6386 §9.1
    width, height = int.from_bytes(frame[6:8], "little") & 0x3FFF, int.from_bytes(frame[8:10], "little") & 0x3FFF
    expect(width > 0 and height > 0)
    return _Picture(width, height, alpha=False, lossless=False)


def _extended(head: Head, end: int) -> Facts:
    expect(head.number(16, 4, "little") == 10)
    flags = head.byte(20)
    width, height = head.number(24, 3, "little") + 1, head.number(27, 3, "little") + 1
    expect(width * height < _MOST_CANVAS)
    reading = _walk(head, end, flags)
    if flags & _ANIMATED:
        expect(reading.frames > 0 and reading.picture is None)
    else:
        # libwebp refuses a still whose bitstream is not the size of the canvas.
        expect(reading.picture is not None and (reading.picture.width, reading.picture.height) == (width, height))
    return Facts(
        format="webp",
        width=width,
        height=height,
        orientation=reading.turned or 1,
        frames=max(1, reading.frames),
        alpha=bool(flags & _ALPHA) or reading.alpha,
        lossless=not reading.lossy if reading.picture is None else reading.picture.lossless,
    )


def _frame(head: Head, at: int, reading: _Reading) -> None:
    """The frame whose ANMF payload begins here. It must be inside the canvas and as large as it says.

    A frame that leaves some of the canvas uncovered makes libvips add alpha, too.
    """
    left, top, width, height = (head.number(at + place, 3, "little") for place in (0, 3, 6, 9))
    canvas = head.number(24, 3, "little"), head.number(27, 3, "little")
    expect(2 * left + width <= canvas[0] and 2 * top + height <= canvas[1])
    inner = at + 16
    covered = head.span(inner, 4) == b"ALPH"
    if covered:
        size = head.number(inner + 4, 4, "little")
        inner += 8 + size + size % 2
        expect(head.span(inner, 4) == b"VP8 ")
    picture = _picture(head, inner)
    expect((picture.width, picture.height) == (width + 1, height + 1))
    reading.frames += 1
    reading.alpha |= covered or picture.alpha or (width, height) != canvas
    reading.lossy |= not picture.lossless


def _walk(head: Head, end: int, flags: int) -> _Reading:
    """Every chunk: EXIF comes after the pixels. What lies behind the RIFF's end does not belong to it."""
    reading = _Reading()
    at = 30
    for _ in range(MOST_STEPS):
        if at >= end:
            return reading
        name, size = head.span(at, 4), head.number(at + 4, 4, "little")
        following = at + 8 + size + size % 2
        expect(following <= end)
        if head.total is not None and following > head.total:
            raise Beyond(following)
        if name in (b"VP8 ", b"VP8L"):
            expect(reading.picture is None)
            reading.picture = _picture(head, at)
        elif name == b"ANMF":
            _frame(head, at + 8, reading)
        elif name == b"EXIF" and flags & _EXIF and reading.turned is None:
            reading.turned = orientation(head.span(at + 8, size).removeprefix(b"Exif\0\0"))
        at = following
        if not flags & _ANIMATED and reading.picture is not None and not flags & _EXIF:
            return reading
    raise Odd
