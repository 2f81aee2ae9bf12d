"""Colour: whatever a file holds becomes 8-bit sRGB or grey.

A picture passes three states. *Sane*: 8 bits, grey, RGB or CMYK with at most one alpha band, still in the colours of
its own profile. *Linear*: float proportional to light, premultiplied. *Settled*: sRGB or grey without a profile.
Converting by profile costs about 10 ns a pixel and 3 ms a picture, so it is done on the small result where that is
exact enough: mixing light needs only the tone curve, and Display P3, Adobe RGB and most cameras' curves are within a
level or two of sRGB's. Profiles with another curve (ProPhoto, linear ones) and CMYK are converted before mixing.
"""

import math

import pyvips

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
