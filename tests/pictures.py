"""Small sample pictures for every test, made on the spot: nothing here is anyone's photograph.

Each function returns a file's bytes. The pixels are the same on every run.
"""

import functools
import struct
import zlib
from typing import Any

import pytest
import pyvips

# How a picture of each format is saved; AVIF with its quickest effort.
_SUFFIX = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "avif": ".avif", "gif": ".gif", "tiff": ".tif"}
_QUICK: dict[str, dict[str, object]] = {"avif": {"effort": 0}, "gif": {"effort": 1}, "webp": {"effort": 0}}
FORMATS = tuple(_SUFFIX)

RED, GREEN, BLUE, WHITE = (230, 20, 30), (20, 200, 40), (30, 40, 220), (250, 250, 250)


def photo(width: int, height: int, format: str = "jpeg", **options: object) -> bytes:
    """Photo-like: soft gradients, an edge and texture. `options` are the saver's: Q=60, interlace=True …"""
    return _save(pixels(width, height), format, **options)


def with_alpha(width: int, height: int, format: str = "png", **options: object) -> bytes:
    """The same photo, fading from transparent at the left to opaque at the right."""
    fade = (pyvips.Image.xyz(width, height)[0] * (255 / max(1, width - 1))).cast("uchar")
    return _save(pixels(width, height).bandjoin(fade).copy(interpretation="srgb"), format, **options)


def corners(width: int = 60, height: int = 40, orientation: int = 1, format: str = "jpeg", **options: object) -> bytes:
    """Seen upright: red top left, green top right, blue bottom left, white bottom right, whatever the EXIF orientation
    (1 to 8) it is stored with. `width` and `height` are the upright ones."""
    image = _stored(_quadrants(width, height), orientation).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    body = _save(image, format, **{"Q": 95, **options} if format in ("jpeg", "webp", "avif") else options)
    if format == "avif" and orientation > 1 and not any(box in body for box in (b"irot", b"imir")):
        pytest.skip("this libvips writes no orientation into AVIF")
    return body


def _turned_png(body: bytes, orientation: int) -> bytes:
    """With an eXIf chunk in front of the pixels."""
    exif = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    at = body.index(b"IDAT") - 4
    return body[:at] + _chunk(b"eXIf", exif) + body[at:]


def plain(width: int, height: int, colour: tuple[int, ...], format: str = "png", **options: object) -> bytes:
    """One colour: three numbers, or four with alpha, or one for grey."""
    image = (pyvips.Image.black(width, height, bands=len(colour)) + list(colour)).cast("uchar")
    return _save(image.copy(interpretation="srgb" if len(colour) > 2 else "b-w"), format, **options)


def checkerboard(width: int, height: int, format: str = "png") -> bytes:
    """Black and white in squares of one pixel."""
    at = pyvips.Image.xyz(width, height)
    white = ((at[0] + at[1]) % 2 * 255).cast("uchar")
    return _save(white.bandjoin([white, white]).copy(interpretation="srgb"), format)


def gray(width: int, height: int, format: str = "jpeg", **options: object) -> bytes:
    return _save(pixels(width, height).colourspace("b-w"), format, **options)


def cmyk(width: int, height: int, colour: tuple[int, int, int, int] = (0, 255, 255, 0), format: str = "jpeg") -> bytes:
    """One ink mixture without a profile; red by default."""
    ink = (pyvips.Image.black(width, height, bands=4) + list(colour)).cast("uchar").copy(interpretation="cmyk")
    return _save(ink, format)


def display_p3(width: int, height: int, colour: tuple[int, int, int] = (120, 200, 90), format: str = "png") -> bytes:
    """An sRGB colour, stored as its Display P3 numbers with the profile embedded."""
    image = (pyvips.Image.black(width, height, bands=3) + list(colour)).cast("uchar").copy(interpretation="srgb")
    return _save(image.icc_transform("p3", input_profile="srgb"), format, keep="icc")


def profile(gamma: float, grey: bool = False) -> bytes:
    """A minimal ICC profile: sRGB's primaries (or grey) with a bare power as tone curve."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)

    def point(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))

    white = (b"wtpt", point(0.9642, 1.0, 0.8249))
    primaries = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
    tags = [white, (b"kTRC", curve)] if grey else [white]
    for letter, primary in zip((b"r", b"g", b"b"), primaries if not grey else (), strict=False):
        tags += [(letter + b"XYZ", point(*primary)), (letter + b"TRC", curve)]
    at, table, body = 132 + 12 * len(tags), b"", b""
    for name, tag in tags:
        table += name + struct.pack(">II", at + len(body), len(tag))
        body += tag
    head = struct.pack(
        ">I4sI4s4s4s12x4s", at + len(body), b"", 0x02100000, b"mntr", b"GRAY" if grey else b"RGB ", b"XYZ ", b"acsp"
    )
    return (
        head.ljust(68, b"\0") + point(0.9642, 1.0, 0.8249)[8:] + bytes(48) + struct.pack(">I", len(tags)) + table + body
    )


def profiled(body: bytes, icc: bytes, format: str = "png") -> bytes:
    """The same pixels with another profile embedded. Only a JPEG keeps one that is broken or does not fit: libpng
    refuses it, and so do libvips' savers."""
    image = pyvips.Image.new_from_buffer(body, "").copy()
    if format == "jpeg":
        plain = _save(image, format, keep="none", Q=100)
        parts = [icc[at : at + 65_000] for at in range(0, len(icc), 65_000)]
        texts = [b"ICC_PROFILE\0" + bytes((at, len(parts))) + part for at, part in enumerate(parts, 1)]
        segments = b"".join(b"\xff\xe2" + struct.pack(">H", len(text) + 2) + text for text in texts)
        return plain[:2] + segments + plain[2:]
    if format == "png":
        plain = _save(image, format, keep="none")
        at = plain.index(b"IDAT") - 4
        return plain[:at] + _chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc, 0)) + plain[at:]
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    return _save(image, format, keep="icc")


def broken_profile(width: int, height: int, colour: tuple[int, int, int], format: str = "jpeg") -> bytes:
    """One sRGB colour, with rubbish where the profile should be."""
    return profiled(plain(width, height, colour, format), b"no profile at all " * 20, format)


def deep(width: int, height: int, format: str = "png") -> bytes:
    """The photo in 16 bits."""
    wide = (pixels(width, height).cast("ushort") * 257).cast("ushort")
    return _save(wide.copy(interpretation="rgb16"), format)


def animated(
    width: int = 40, height: int = 30, frames: int = 4, format: str = "gif", delays: tuple[int, ...] = (), loop: int = 0
) -> bytes:
    """Frames of plain colour that differ: frame i is 50·i red on blue. Delays in milliseconds, 100 by default."""
    strips = [
        pyvips.Image.black(width, height, bands=3)
        .linear(1, [min(255, 50 * at), 0, 255 - min(255, 50 * at)])
        .cast("uchar")
        for at in range(frames)
    ]
    image = pyvips.Image.arrayjoin(strips, across=1).copy(interpretation="srgb").copy()
    image.set_type(pyvips.GValue.gint_type, "page-height", height)
    image.set_type(pyvips.GValue.gint_type, "loop", loop)
    image.set_type(pyvips.GValue.array_int_type, "delay", list(delays) or [100] * frames)
    return _save(image, format)


def svg(width: int, height: int, colour: str = "#e6141e") -> bytes:
    """A disc on nothing."""
    radius = min(width, height) / 2
    disc = f'<circle cx="{width / 2}" cy="{height / 2}" r="{radius}" fill="{colour}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{disc}</svg>'.encode()


def tiff_first(width: int, height: int) -> bytes:
    """An uncompressed grey TIFF whose directory comes before its pixels, so that a cut loses only pixels."""
    start = 8 + 2 + 12 * 9 + 4
    # tag, type (3 short, 4 long), value: size, depth, no compression, black is zero, one strip at `start`.
    tags = ((256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, start))
    strip = ((277, 3, 1), (278, 4, height), (279, 4, width * height))
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags + strip)
    head = b"II*\0" + struct.pack("<IH", 8, 9) + entries + bytes(4)
    return head + bytes(at * 7 % 256 for at in range(width * height))


def truncated(whole: bytes, part: float = 0.6) -> bytes:
    """The first part of a file."""
    return whole[: int(len(whole) * part)]


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG header that claims much and holds nothing."""
    return _png(
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b"\x78\x9c\x63"), (b"IEND", b"")
    )


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, text) for name, text in chunks)


def _chunk(name: bytes, text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + name + text + struct.pack(">I", zlib.crc32(name + text))


@functools.lru_cache(maxsize=32)
def pixels(width: int, height: int) -> pyvips.Image:
    """The photo's pixels, 8-bit sRGB."""
    at = pyvips.Image.xyz(width, height)
    across, down = at[0] / max(1, width), at[1] / max(1, height)
    texture = pyvips.Image.gaussnoise(width, height, mean=0, sigma=12, seed=7).gaussblur(0.8)
    hill = (across + down * 0.5 > 0.8).ifthenelse(60.0, 0.0)
    bands = [across * 150 + 40 + hill, down * 160 + 30, (across * down * 180) + 50 - hill / 2]
    return (bands[0].bandjoin(bands[1:]) + texture).cast("uchar").copy(interpretation="srgb").copy_memory()


def _quadrants(width: int, height: int) -> pyvips.Image:
    at = pyvips.Image.xyz(width, height)
    right, low = at[0] >= width // 2, at[1] >= height // 2
    bands = [
        low.ifthenelse(right.ifthenelse(WHITE[band], BLUE[band]), right.ifthenelse(GREEN[band], RED[band]))
        for band in range(3)
    ]
    return bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")


def _stored(image: pyvips.Image, orientation: int) -> pyvips.Image:
    """What must be stored so that a reader who obeys the orientation sees `image` (the inverse of EXIF's turning)."""
    turn = {3: "d180", 4: "d180", 5: "d90", 6: "d270", 7: "d270", 8: "d90"}.get(orientation)
    image = image.rot(turn) if turn else image
    return image.fliphor() if orientation in (2, 4, 5, 7) else image


def _save(image: pyvips.Image, format: str, **options: Any) -> bytes:
    extra = {"compression": "av1"} if format == "avif" else {}
    if "keep" in options and not pyvips.at_least_libvips(8, 15):  # older ones keep everything or nothing
        options = {**options, "strip": options["keep"] == "none"}
        del options["keep"]
    body: bytes = image.write_to_buffer(_SUFFIX[format], **{**_QUICK.get(format, {}), **extra, **options})
    if format == "png" and image.get_typeof("orientation") and b"eXIf" not in body:  # older ones write none
        return _turned_png(body, image.get("orientation"))
    return body
