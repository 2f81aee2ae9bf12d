"""Headers: what a picture is and how large, learnt without decoding a pixel."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pyvips

from edge.errors import TooLarge, Unprocessable, UnsupportedPicture
from edge.imaging import bmp, jpeg2000, loaders
from edge.imaging.capabilities import capabilities
from edge.imaging.containers import format_of, gif_is_whole, pdf_is_whole, svg_text, webp_canvas, webp_lossless
from edge.imaging.failures import CUT, over, translated, unreadable
from edge.imaging.prepare import prepare
from edge.plan.facts import Facts, Limits
from edge.plan.work import Source

T = TypeVar("T")

# thumbnail_buffer drops `fail_on`; the loaders themselves keep it, so pictures are opened by those alone. "truncated"
# lets the TIFF reader hand out black for strips that are not there. Warnings are no failures: many cameras' files hold
# stray bytes that harm nothing.
STRICT = {"access": "sequential", "fail_on": "error"}


@dataclass(frozen=True, slots=True)
class Header:
    """An opened picture: its bytes, its loader, its first frame as a stream that no one has read yet, and its facts."""

    data: bytes
    loader: str
    image: pyvips.Image
    facts: Facts

    def __repr__(self) -> str:
        return f"Header({self.loader}, {len(self.data)} bytes, {self.facts})"


def probe(source: Source, limits: Limits) -> Facts:
    """What the header says. UnsupportedPicture, Unprocessable or TooLarge when it is not fit to be decoded."""
    prepare()
    with translated():
        return open_header(source, limits).facts


def open_header(source: Source, limits: Limits) -> Header:
    """Open a picture and hold what it claims against the limits, before any pixel."""
    data = _read(source, limits)
    format = format_of(data[:4096])
    if format is None:
        raise UnsupportedPicture("Expected a picture but received bytes of no known picture format")
    if not loaders.exists(format):
        raise unreadable(format)
    data = _checked(data, format, limits)
    image = _opened(data, format)
    facts = _facts(data, image, format)
    if facts.format not in capabilities().loaders:
        raise unreadable(facts.format)
    _within(facts, limits)
    return Header(data, loaders.LOADERS[format], image, facts)


def _read(source: Source, limits: Limits) -> bytes:
    # Read rather than mapped: a file that shrinks under a mapping kills the process. And by position: the descriptor
    # may be shared with another worker, and its offset with it.
    length = source.length if source.data is None else len(source.data)
    if length > limits.source_bytes:
        raise TooLarge(f"Expected at most {limits.source_bytes} bytes but the picture has {length}")
    if source.data is not None:
        return source.data
    parts: list[bytes] = []
    at, end = source.offset, source.offset + source.length
    while at < end and (part := os.pread(source.fd, end - at, at)):
        parts.append(part)
        at += len(part)
    if at < end:
        raise Unprocessable(CUT)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _checked(data: bytes, format: str, limits: Limits) -> bytes:
    """What libvips would only tell too late, per format; see edge.imaging.containers."""
    check = _CHECKS.get(format)
    return check(data, limits) if check else data


def _check_svg(data: bytes, _: Limits) -> bytes:
    return svg_text(data)


def _check_webp(data: bytes, limits: Limits) -> bytes:
    _within(Facts("webp", *webp_canvas(data)), limits)
    return data


def _check_gif(data: bytes, _: Limits) -> bytes:
    if not gif_is_whole(data):
        raise Unprocessable(CUT)
    return data


def _check_pdf(data: bytes, _: Limits) -> bytes:
    if not pdf_is_whole(data):
        raise Unprocessable(CUT)
    return data


def _check_bmp(data: bytes, limits: Limits) -> bytes:
    bitmap = bmp.header(data)
    _within(Facts("bmp", bitmap.width, bitmap.height), limits)
    return data


def _check_jp2(data: bytes, limits: Limits) -> bytes:
    stream = jpeg2000.checked(data)
    _within(Facts("jp2", stream.width, stream.height), limits)
    return data


_CHECKS: Mapping[str, Callable[[bytes, Limits], bytes]] = {
    "svg": _check_svg,
    "webp": _check_webp,
    "gif": _check_gif,
    "pdf": _check_pdf,
    "bmp": _check_bmp,
    "jp2": _check_jp2,
}


def _opened(data: bytes, format: str) -> pyvips.Image:
    try:
        return loaders.load(format, data, STRICT)
    except pyvips.Error:
        if format not in capabilities().loaders:
            raise unreadable(format) from None
        raise


def _facts(data: bytes, image: pyvips.Image, format: str) -> Facts:
    if format in ("avif", "heic"):
        format = "avif" if _said(image, "heif-compression", "av1") == "av1" else "heic"
    orientation = _said(image, "orientation", 1) if format in _TURNED else 1
    return Facts(
        format=format,
        width=image.width,
        height=image.height,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        frames=max(1, _said(image, "n-pages", 1)) if format in _PAGED else 1,
        alpha=bool(image.hasalpha()),
        bits=_bits(image),
        lossless=_lossless(data, image, format),
        progressive=bool(_said(image, "jpeg-multiscan", 0) or _said(image, "interlaced", 0)),
    )


# The others' decoders turn the picture themselves, or the format has no orientation.
_TURNED = frozenset({"jpeg", "png", "webp", "tiff"})
# JPEG 2000's "pages" are the sizes it can be had in.
_PAGED = frozenset({"gif", "webp", "tiff", "avif", "heic", "pdf", "jxl"})
_LOSSLESS = frozenset({"tiff", "bmp", "svg"})
# What says the depth: the first since 8.15, the others before.
_DEPTHS = ("bits-per-sample", "palette-bit-depth", "heif-bitdepth")
_BITS = {"ushort": 16, "short": 16, "uint": 32, "int": 32, "float": 32, "double": 64}


def _bits(image: pyvips.Image) -> int:
    told = (_said(image, name, 0) for name in _DEPTHS)
    return next((bits for bits in told if bits), _BITS.get(image.format, 8))


def _lossless(data: bytes, image: pyvips.Image, format: str) -> bool:
    """See Facts. A palette may be all a picture ever had, but mostly it is what someone made of it."""
    if format == "png":
        return not (_said(image, "palette", 0) or _said(image, "palette-bit-depth", 0))
    return webp_lossless(data) if format == "webp" else format in _LOSSLESS


def _said(image: pyvips.Image, name: str, otherwise: T) -> T:
    """A header field, or what to take for it when it is absent or of another kind."""
    value = image.get(name) if image.get_typeof(name) else otherwise
    return value if isinstance(value, type(otherwise)) else otherwise


def _within(facts: Facts, limits: Limits) -> None:
    """One frame against the limits. How many frames may be decoded is asked when more than one is."""
    side = max(facts.width, facts.height)
    if side > limits.source_side:
        raise over("pixels a side", limits.source_side, side)
    if facts.width * facts.height > limits.source_pixels:
        raise over("pixels", limits.source_pixels, facts.width * facts.height)
