"""What writing a picture costs: milliseconds of one core, and bytes that the encoder holds besides the pixels.

The figures were measured with libvips 8.18 on photographs of 0.1 to 40 megapixels, by the settings of
edge.imaging.savers, and rounded up. Drawings cost less.
"""

from collections.abc import Mapping
from typing import Final

from edge.plan.formats import FORMATS
from edge.plan.steps import Encode

_MOST: Final = 1 << 60
_Rows = tuple[tuple[int, float], ...]  # up to so many pixels, so many nanoseconds for each

_STILL: Final[Mapping[str, _Rows]] = {
    "jpeg": ((1_000_000, 30), (_MOST, 8)),
    "webp": ((300_000, 100), (_MOST, 45)),
    "png": ((_MOST, 120),),
    "avif": ((300_000, 400), (4_000_000, 130), (_MOST, 80)),
    "jxl": ((_MOST, 150),),
    "gif": ((_MOST, 450),),
    "tiff": ((_MOST, 60),),
}
_MOVING: Final[Mapping[str, float]] = {"webp": 80, "gif": 220}
_LOSSLESS: Final[Mapping[str, _Rows]] = {"webp": ((4_000_000, 600), (_MOST, 350)), "avif": ((_MOST, 350),)}
_OTHERS: Final[_Rows] = ((_MOST, 100),)

_PALETTE: Final = 270.0
_DEFLATE: Final = ((4_000_000, 530.0), (_MOST, 120.0))
_TELLING: Final = 30.0  # milliseconds, whatever the size

# AVIF by speed, 0 to 9; a search so slow is only made where it ends in time.
_SPEEDS: Final = (44_000.0, 25_000.0, 13_000.0, 7_000.0, 3_500.0, 1_200.0, 450.0, 270.0, 130.0, 80.0)
_SLOWEST: Final = 2000.0  # milliseconds

# quality=auto: so many encodes and comparisons of a part of at most so many pixels, then the whole (edge.imaging.aim).
_AIMED: Final = 5
_PART: Final = 512 * 512
_COMPARED: Final = 250.0

# Bytes for each pixel of a still, of one that is written without loss, and more where there is alpha.
_BYTES: Final[Mapping[str, tuple[int, int, int]]] = {
    "jpeg": (1, 1, 0),
    "webp": (10, 32, 6),
    "png": (2, 2, 0),
    "avif": (20, 32, 6),
    "jxl": (40, 40, 0),
    "gif": (12, 12, 0),
    "json": (0, 0, 0),
}
_BYTES_OTHERS: Final = (8, 8, 0)
_PALETTE_BYTES: Final = 8


def milliseconds(step: Encode, pixels: int, frames: int) -> float:
    """Of `frames` frames of so many pixels."""
    name = str(step.format)
    if name == "json":
        return _TELLING
    if frames > 1 and name in _MOVING and not step.lossless:
        whole = pixels * frames * _MOVING[name] / 1e6
    else:
        whole = _still(step, name, pixels) * frames
    part = min(pixels, _PART)
    aimed = 0.0 if step.aim is None else _AIMED * (_still(step, name, part) + part * _COMPARED / 1e6)
    return whole + aimed


def _still(step: Encode, name: str, pixels: int) -> float:
    tuned = dict(step.tuning)
    if name == "png":
        return pixels * _deflating(step, tuned, pixels) / 1e6
    rows = _LOSSLESS.get(name) if step.lossless else None
    usual = pixels * _row(rows or _STILL.get(name, _OTHERS), pixels) / 1e6
    if name == "avif" and "avif.speed" in tuned:
        asked = pixels * _SPEEDS[min(max(round(tuned["avif.speed"]), 0), 9)] / 1e6
        return min(asked, max(usual, _SLOWEST))
    return usual


def _deflating(step: Encode, tuned: Mapping[str, float], pixels: int) -> float:
    """A palette that is not good enough is given up for full colour."""
    full = _row(_DEFLATE, pixels) if tuned.get("png.max_deflate") else _row(_STILL["png"], pixels)
    if not _coarse(step, tuned):
        return full
    return _PALETTE + (full if tuned.get("png.min_quality") else 0.0)


def _coarse(step: Encode, tuned: Mapping[str, float]) -> bool:
    """Does a PNG lose colours?"""
    lossy = isinstance(step.quality, int) and step.quality < 100 and not step.lossless
    return lossy and not tuned.get("png.plain")


def _row(rows: _Rows, pixels: int) -> float:
    return next(nanoseconds for most, nanoseconds in rows if pixels <= most)


def held(step: Encode, pixels: int, frames: int, clear: bool) -> int:
    """Bytes that the encoder holds; `clear`: the picture has alpha. Of an animation it holds a few frames at a time."""
    name = str(step.format)
    usual, lossless, alpha = _BYTES.get(name, _BYTES_OTHERS)
    each = (lossless if step.lossless and name in _LOSSLESS else usual) + (alpha if clear else 0)
    if name == "png" and _coarse(step, dict(step.tuning)):
        each = _PALETTE_BYTES
    return pixels * min(frames, 3) * each


def moves(step: Encode) -> bool:
    """May the result be an animation?"""
    name = str(step.format)
    return name not in FORMATS or FORMATS[name].animated
