"""Proportions in whole pixels: how a side follows from the other, and how one rectangle is put in or around another.

Every side is a signed 32-bit number and stays one: what would overflow saturates, and the limit of output pixels
refuses it later. Ratios are 64-bit floats; positions in percent are 32-bit floats (RIAPI §4.5).
"""

import math
import struct
from typing import Final, NamedTuple

I32_MAX: Final = 2**31 - 1

# Without a snap box anything less than a whole pixel away is the side itself.
_UNDER_ONE: Final = math.nextafter(1.0, 0.0)


class Size(NamedTuple):
    """Width and height in pixels, both at least 1."""

    width: int
    height: int

    @property
    def ratio(self) -> float:
        return self.width / self.height

    @property
    def swapped(self) -> "Size":
        return Size(self.height, self.width)


class Rect(NamedTuple):
    """The rectangle [left, left+width) × [top, top+height) of a picture or canvas, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def size(self) -> Size:
        return Size(self.width, self.height)

    def turned(self, quarters: int, canvas: Size) -> "Rect":
        """Where it lies once the canvas was turned clockwise by `quarters` quarters."""
        rect = self
        for _ in range(quarters % 4):
            rect = Rect(canvas.height - rect.top - rect.height, rect.left, rect.height, rect.width)
            canvas = canvas.swapped
        return rect

    def mirrored(self, canvas: Size) -> "Rect":
        """Where it lies once left and right of the canvas have changed places."""
        return self._replace(left=canvas.width - self.left - self.width)


def round_away(value: float) -> int:
    """The nearest whole number, halves away from zero (round() halves to even)."""
    whole = math.floor(abs(value))
    if abs(value) - whole >= 0.5:
        whole += 1
    return whole if value >= 0 else -whole


def within(value: float, length: int) -> int:
    """A position on a side in whole pixels, brought to the nearer end when it lies outside; 0 when it is no number."""
    return 0 if math.isnan(value) else round_away(min(max(value, 0.0), float(length)))


def side(value: float) -> int:
    """A length in pixels: rounded, at least 1, at most what 32 bits hold."""
    return I32_MAX if value >= I32_MAX else max(1, round_away(value))


def _snap(value: float, own: int, other: int, tolerance: float) -> int:
    """`own` or `other` when the computed side is that near, else the rounded side."""
    if abs(value - own) <= tolerance and abs(value - own) <= abs(value - other):
        return own
    if abs(value - other) <= tolerance:
        return other
    return side(value)


def height_for(shape: Size, width: int, box: Size | None = None) -> int:
    """The height that goes with `width` in the proportions of `shape`, snapped to the shape's own or the box's."""
    value = width / shape.ratio
    if box is None:
        return _snap(value, shape.height, shape.height, _UNDER_ONE)
    back = round_away(shape.width * box.height / shape.height)
    return _snap(value, shape.height, box.height, abs(box.height - back / shape.ratio))


def width_for(shape: Size, height: int, box: Size | None = None) -> int:
    """The width that goes with `height`; the mirror image of `height_for`."""
    value = height * shape.ratio
    if box is None:
        return _snap(value, shape.width, shape.width, _UNDER_ONE)
    back = round_away(shape.height * box.width / shape.width)
    return _snap(value, shape.width, box.width, abs(box.width - back * shape.ratio))


def inner_box(shape: Size, box: Size) -> Size:
    """The largest rectangle of the shape's proportions inside the box."""
    if shape.ratio > box.ratio:
        return Size(box.width, height_for(shape, box.width, box))
    return Size(width_for(shape, box.height, box), box.height)


def outer_box(shape: Size, box: Size) -> Size:
    """The smallest rectangle of the shape's proportions around the box."""
    if shape.ratio > box.ratio:
        return Size(width_for(shape, box.height, box), box.height)
    return Size(box.width, height_for(shape, box.width, box))


def smaller(one: Size, other: Size) -> Size:
    """The smaller side on each axis."""
    return Size(min(one.width, other.width), min(one.height, other.height))


def f32(value: float) -> float:
    single: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return single


def place(leftover: int, percent: float | None) -> int:
    """How much of `leftover` pixels goes before: the named centre (None) floors, a percentage rounds."""
    if percent is None:
        return leftover // 2
    if percent >= 100:
        return leftover
    share = f32(f32(f32(leftover) * f32(percent)) / 100)
    return min(max(round_away(share), 0), leftover)
