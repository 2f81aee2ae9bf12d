"""Light: pixels as numbers that may be averaged, and back; in proportion to light, or as stored."""

import array
import functools
from itertools import pairwise

import pyvips

from edge.imaging import colour
from edge.plan.steps import Light


def enter(image: pyvips.Image, light: Light) -> pyvips.Image:
    """A sane image as numbers that may be averaged: premultiplied, and proportional to light when that is linear.
    8 bits of what is stored, floats of light."""
    alpha = colour.has_alpha(image)
    if light == "srgb":
        # Only 8 bits have a vector path in libvips' resize: 2.3 ms against 15 to 19 for 1.5 Mpx.
        return image.premultiply(max_alpha=255).rint().cast("uchar") if alpha else image
    image = image.maplut(_bands(_inward(), _inward_alpha(), image.bands, alpha))
    return image.premultiply(max_alpha=65535) if alpha else image


def leave(image: pyvips.Image, light: Light, like: pyvips.Image) -> pyvips.Image:
    """The way back from `enter`, to the interpretation of `like`."""
    alpha = colour.has_alpha(like)
    if alpha:
        image = image.unpremultiply(max_alpha=255 if light == "srgb" else 65535)
    if light == "linear":
        image = image.rint().cast("ushort").maplut(_bands(outward(), _outward_alpha(), image.bands, alpha))
    elif image.format != "uchar":
        image = image.rint().cast("uchar")
    return image.copy(interpretation=like.interpretation)


def over(image: pyvips.Image, matte: str, light: Light) -> pyvips.Image:
    """A settled image laid over a colour; without alpha when the colour is opaque."""
    *rgb, opacity = bytes.fromhex(matte)
    if not colour.has_alpha(image) or not opacity:
        return image
    image = colour.as_rgb(image) if len(set(rgb)) > 1 else image
    ground = _ground(image, [*rgb[: image.bands - 1], opacity])
    top, bottom = enter(image, light), enter(ground, light)
    full = 255 if light == "srgb" else 65535
    shown = top + bottom * (top[image.bands - 1] * (-1 / full) + 1)
    laid = leave(shown, light, image)
    return laid.extract_band(0, n=image.bands - 1) if opacity == 255 else laid


def _ground(image: pyvips.Image, values: list[int]) -> pyvips.Image:
    return image.new_from_image(values).copy(interpretation=image.interpretation)


def _bands(each: pyvips.Image, alpha: pyvips.Image, bands: int, has: bool) -> pyvips.Image:
    return each.bandjoin([each] * (bands - 2) + [alpha]) if has else each


# Light as 0 to 65535: the way back is then one look-up, and near black one 8-bit level is 20 steps wide.
def light(level: float) -> float:
    """IEC 61966-2-1: light of an sRGB value, both 0 to 1."""
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4


def slopes(level: float) -> tuple[float, float]:
    """First and second derivative of `light`."""
    if level <= 0.04045:
        return 1 / 12.92, 0.0
    base = (level + 0.055) / 1.055
    return 2.4 / 1.055 * base**1.4, 2.4 * 1.4 / 1.055**2 * base**0.4


def _level(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _shown(light: int) -> int:
    """The 8-bit sRGB value of light from 0 to 65535."""
    return round(255 * _level(light / 65535))


def _first(level: int) -> int:
    """The least light that shows as a level, or more. Found near where the curve says, whatever way floats round."""
    at = max(0, round(65535 * light((level - 0.5) / 255)))
    while _shown(at) < level:
        at += 1
    while at and _shown(at - 1) >= level:
        at -= 1
    return at


@functools.cache
def outward() -> pyvips.Image:
    """The 8-bit sRGB value of each light from 0 to 65535, one row."""
    firsts = [*(_first(level) for level in range(256)), 65536]
    table = b"".join(bytes([level]) * (after - first) for level, (first, after) in enumerate(pairwise(firsts)))
    return pyvips.Image.new_from_memory(table, 65536, 1, 1, "uchar")


@functools.cache
def _inward() -> pyvips.Image:
    table = array.array("f", (65535 * light(level / 255) for level in range(256)))
    return pyvips.Image.new_from_memory(table.tobytes(), 256, 1, 1, "float")


@functools.cache
def _inward_alpha() -> pyvips.Image:
    table = array.array("f", (257.0 * level for level in range(256)))
    return pyvips.Image.new_from_memory(table.tobytes(), 256, 1, 1, "float")


@functools.cache
def _outward_alpha() -> pyvips.Image:
    # A level is 257 wide and lies in the middle of its own.
    table = b"".join(bytes([level]) * 257 for level in range(256))[128:-128]
    return pyvips.Image.new_from_memory(table, 65536, 1, 1, "uchar")
