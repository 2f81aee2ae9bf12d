"""Headers: what a picture is and how large, learnt without decoding a pixel."""

import os
from dataclasses import dataclass
from typing import TypeVar

import pyvips

from edge.errors import TooLarge, Unprocessable, UnsupportedPicture
from edge.imaging.capabilities import LOADERS, capabilities
from edge.imaging.containers import format_of, gif_is_whole, svg_text, webp_canvas
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
    if format not in LOADERS.values() and format != "heic":
        raise unreadable(format)
    data = _checked(data, format, limits)
    image = _opened(data, format)
    loader = image.get("vips-loader")
    if LOADERS.get(loader) is None:
        raise unreadable(format)
    facts = _facts(image, loader)
    if facts.format not in capabilities().loaders:
        raise unreadable(facts.format)
    _within(facts, limits)
    return Header(data, loader, image, facts)


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
    if format == "svg":
        return svg_text(data)
    if format == "webp":
        _within(Facts("webp", *webp_canvas(data)), limits)
    if format == "gif" and not gif_is_whole(data):
        raise Unprocessable(CUT)
    return data


def _opened(data: bytes, format: str) -> pyvips.Image:
    try:
        return pyvips.Image.new_from_buffer(data, "", **STRICT)
    except pyvips.Error:
        if format not in capabilities().loaders:
            raise unreadable(format) from None
        raise


def _facts(image: pyvips.Image, loader: str) -> Facts:
    format = LOADERS[loader]
    if format == "avif" and _said(image, "heif-compression", "av1") != "av1":
        format = "heic"
    orientation = _said(image, "orientation", 1)
    return Facts(
        format=format,
        width=image.width,
        height=image.height,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        frames=max(1, _said(image, "n-pages", 1)),
        alpha=bool(image.hasalpha()),
        bits=_said(image, "bits-per-sample", _BITS.get(image.format, 8)),
        progressive=bool(_said(image, "jpeg-multiscan", 0) or _said(image, "interlaced", 0)),
    )


_BITS = {"ushort": 16, "short": 16, "uint": 32, "int": 32, "float": 32, "double": 64}


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
