"""Colour: whatever a file holds becomes 8-bit sRGB or grey, and light is mixed linearly on the way when asked.

A picture passes three states. *Sane*: 8 bits, grey, RGB or CMYK with at most one alpha band, still in the colours of
its own profile. *Linear*: float proportional to light, premultiplied. *Settled*: sRGB or grey without a profile.
Converting by profile costs about 10 ns a pixel and 3 ms a picture, so it is done on the small result where that is
exact enough: mixing light needs only the tone curve, and Display P3, Adobe RGB and most cameras' curves are within a
level or two of sRGB's. Profiles with another curve (ProPhoto, linear ones) and CMYK are converted before mixing.
"""

import array
import functools
import math

import pyvips

from edge.plan.steps import Light

PROFILE = "icc-profile-data"

# How many colour bands each sane interpretation has; one more is alpha.
_COLOURS = {"b-w": 1, "srgb": 3, "cmyk": 4}
# 16-bit and nameless interpretations, and what they are once narrowed to 8 bits.
_NARROW = {"grey16": "b-w", "rgb16": "srgb", "rgb": "srgb", "b-w": "b-w", "srgb": "srgb", "cmyk": "cmyk"}


def sane(image: pyvips.Image) -> pyvips.Image:
    """8 bits a band; grey, RGB or CMYK, each with at most one band of alpha."""
    kind = _NARROW.get(image.interpretation)
    if kind is None and image.interpretation == "multiband":
        kind = "b-w" if image.bands < 3 else "srgb"
    if kind is None:
        image, kind = image.colourspace("srgb"), "srgb"
    if image.bands < _COLOURS[kind]:
        image, kind = image[0], "b-w"
    if image.bands > _COLOURS[kind] + 1:
        image = image[0 : _COLOURS[kind] + 1]
    if image.format != "uchar":
        image = image.cast("uchar", shift=image.format in ("ushort", "uint"))
    return image if image.interpretation == kind else image.copy(interpretation=kind)


def has_alpha(image: pyvips.Image) -> bool:
    """Of a sane image."""
    return bool(image.bands > _COLOURS[image.interpretation])


def settle(image: pyvips.Image) -> pyvips.Image:
    """sRGB or grey of a sane image. A broken or unfitting profile counts as none, and none as sRGB."""
    profile = _profile(image)
    if image.interpretation == "cmyk":
        image = _converted(image, "cmyk")
    elif profile and b"sRGB IEC61966-2" not in profile:
        grey = image.interpretation == "b-w"
        image = _converted(image, "srgb")
        if grey and image.bands > 2:  # a neutral stays one: any band will do
            image = image[1].bandjoin(image[3]) if image.bands == 4 else image[1]
            image = image.copy(interpretation="b-w")
    return _without_profile(image)


def _converted(image: pyvips.Image, assumed: str) -> pyvips.Image:
    """By the embedded profile, or as `assumed` where there is none that fits. Relative colorimetric with black point
    compensation is what browsers do."""
    try:
        return image.icc_transform(
            "srgb", embedded=True, input_profile=assumed, intent="relative", black_point_compensation=True
        )
    except pyvips.Error:
        return image.colourspace("srgb")


def _profile(image: pyvips.Image) -> bytes:
    return bytes(image.get(PROFILE)) if image.get_typeof(PROFILE) else b""


def _without_profile(image: pyvips.Image) -> pyvips.Image:
    if not image.get_typeof(PROFILE):
        return image
    image = image.copy()
    image.remove(PROFILE)
    return image


def mixable(image: pyvips.Image) -> bool:
    """May light be mixed with sRGB's tone curve before the profile is applied?"""
    if image.interpretation == "cmyk":
        return False
    profile = _profile(image)
    return not profile or 2.0 <= gamma(profile) <= 2.5


def gamma(profile: bytes) -> float:
    """The exponent of an ICC profile's tone curve at its middle; 0 when it has none or cannot be read (ICC.1 §10)."""
    count = int.from_bytes(profile[128:132], "big")
    for at in range(132, 132 + 12 * min(count, 64), 12):
        if profile[at : at + 4] in (b"rTRC", b"kTRC"):
            start = int.from_bytes(profile[at + 4 : at + 8], "big")
            middle = _middle(profile[start : start + 12 + 2 * 65536])
            return math.log(middle) / math.log(0.5) if 0 < middle < 1 else 0.0
    return 0.0


def _middle(curve: bytes) -> float:
    """The curve's value at 0.5."""
    count = int.from_bytes(curve[8:12], "big")
    if curve[:4] == b"para":
        # Function type 0 is a bare power; 1 to 4 add a scale, an offset and a straight foot.
        kind = int.from_bytes(curve[8:10], "big")
        power, scale, offset = (int.from_bytes(curve[at : at + 4], "big", signed=True) / 65536 for at in (12, 16, 20))
        base = 0.5 if kind == 0 else scale * 0.5 + offset
        return base**power if base > 0 else 0.0
    if curve[:4] != b"curv":
        return 0.0
    if count < 2:
        power = int.from_bytes(curve[12:14], "big") / 256 if count else 1.0
        return float(0.5**power)
    at = 12 + 2 * (count // 2)
    return int.from_bytes(curve[at : at + 2], "big") / 65535


def enter(image: pyvips.Image, light: Light) -> pyvips.Image:
    """A sane image as numbers that may be averaged: premultiplied, and proportional to light when that is linear."""
    alpha = has_alpha(image)
    if light == "srgb":
        # Only 8 bits have a vector path in libvips' resize: 2.3 ms against 15 to 19 for 1.5 Mpx.
        return image.premultiply(max_alpha=255).rint().cast("uchar") if alpha else image
    image = image.maplut(_bands(_inward(), _inward_alpha(), image.bands, alpha))
    return image.premultiply(max_alpha=65535) if alpha else image


def leave(image: pyvips.Image, light: Light, like: pyvips.Image) -> pyvips.Image:
    """The way back from `enter`, to the interpretation of `like`."""
    alpha = has_alpha(like)
    if alpha:
        image = image.unpremultiply(max_alpha=255 if light == "srgb" else 65535)
    if light == "linear":
        image = image.rint().cast("ushort").maplut(_bands(_outward(), _outward_alpha(), image.bands, alpha))
    elif alpha:
        image = image.rint().cast("uchar")
    return image.copy(interpretation=like.interpretation)


def over(image: pyvips.Image, matte: str, light: Light) -> pyvips.Image:
    """A settled image laid over a colour; without alpha when the colour is opaque."""
    *rgb, opacity = bytes.fromhex(matte)
    if not has_alpha(image) or not opacity:
        return image
    image = as_rgb(image) if len(set(rgb)) > 1 else image
    ground = _ground(image, [*rgb[: image.bands - 1], opacity])
    top, bottom = enter(image, light), enter(ground, light)
    full = 255 if light == "srgb" else 65535
    shown = top + bottom * (top[image.bands - 1] * (-1 / full) + 1)
    laid = leave(shown, light, image)
    return laid.extract_band(0, n=image.bands - 1) if opacity == 255 else laid


def _ground(image: pyvips.Image, colour: list[int]) -> pyvips.Image:
    return image.new_from_image(colour).copy(interpretation=image.interpretation)


def as_rgb(image: pyvips.Image) -> pyvips.Image:
    """Grey as sRGB; anything else as it is."""
    return image.colourspace("srgb") if image.interpretation == "b-w" else image


def with_alpha(image: pyvips.Image) -> pyvips.Image:
    return image if has_alpha(image) else image.bandjoin(255).copy(interpretation=image.interpretation)


def opaque(image: pyvips.Image) -> pyvips.Image:
    """Without its alpha when that hides nothing: it would cost a quarter of the bytes, and double an AVIF's time."""
    if has_alpha(image) and image[image.bands - 1].min() == 255:
        return image.extract_band(0, n=image.bands - 1)
    return image


def _bands(colour: pyvips.Image, alpha: pyvips.Image, bands: int, has: bool) -> pyvips.Image:
    return colour.bandjoin([colour] * (bands - 2) + [alpha]) if has else colour


# Light as 0 to 65535: the way back is then one look-up, and near black one 8-bit level is 20 steps wide.
def _light(level: float) -> float:
    """IEC 61966-2-1: light of an sRGB value, both 0 to 1."""
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4


def _level(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


@functools.cache
def _inward() -> pyvips.Image:
    table = array.array("f", (65535 * _light(level / 255) for level in range(256)))
    return pyvips.Image.new_from_memory(table.tobytes(), 256, 1, 1, "float")


@functools.cache
def _inward_alpha() -> pyvips.Image:
    table = array.array("f", (257.0 * level for level in range(256)))
    return pyvips.Image.new_from_memory(table.tobytes(), 256, 1, 1, "float")


@functools.cache
def _outward() -> pyvips.Image:
    table = bytes(round(255 * _level(light / 65535)) for light in range(65536))
    return pyvips.Image.new_from_memory(table, 65536, 1, 1, "uchar")


@functools.cache
def _outward_alpha() -> pyvips.Image:
    return pyvips.Image.new_from_memory(bytes(round(light / 257) for light in range(65536)), 65536, 1, 1, "uchar")
