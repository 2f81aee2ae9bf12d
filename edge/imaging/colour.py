"""Colour: whatever a file holds becomes 8-bit sRGB or grey.

A picture passes three states. *Sane*: 8 bits, grey, RGB or CMYK with at most one alpha band, still in the colours of
its own profile. *Linear*: float proportional to light, premultiplied. *Settled*: sRGB or grey without a profile.
Converting by profile costs about 10 ns a pixel and 3 ms a picture, so it is done on the small result where that is
exact enough: mixing light needs only the tone curve, and Display P3, Adobe RGB and most cameras' curves are within a
level or two of sRGB's. Profiles with another curve (ProPhoto, linear ones) and CMYK are converted before mixing.

Where an output keeps a wide gamut, a picture whose profile holds more than sRGB is settled in Display P3 instead. Such
a picture carries libvips' own P3 profile, which is how it is told from one in sRGB: see `is_p3`.
"""

import functools

import pyvips

from edge.errors import Unprocessable
from edge.imaging import icc
from edge.plan.steps import Gamut, Profile

PROFILE = "icc-profile-data"
BROKEN_PROFILE = "This picture's colour profile is broken"

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


def obey(image: pyvips.Image, profile: Profile) -> pyvips.Image:
    """A sane image with the profile that counts. Unprocessable when a strict reader would stumble over it."""
    if profile == "ignore":
        return _without_profile(image)
    if profile == "strict" and not sound(image):
        raise Unprocessable(BROKEN_PROFILE)
    return image


def sound(image: pyvips.Image) -> bool:
    """Has this sane image a profile that is whole and fits, or none?"""
    said = _profile(image)
    return not said or (icc.is_sound(said) and _fits(image, said))


def _fits(image: pyvips.Image, profile: bytes) -> bool:
    """Is it for pictures of this kind? Old libvips would not ask."""
    return icc.space(profile) == _SPACES[image.interpretation]


_SPACES = {"b-w": "GRAY", "srgb": "RGB", "cmyk": "CMYK"}


def settle(image: pyvips.Image, gamut: Gamut = "srgb") -> pyvips.Image:
    """sRGB or grey of a sane image; Display P3 where that is wanted and the picture is wider than sRGB. A broken or
    unfitting profile counts as none, and none as sRGB. A second time changes nothing."""
    profile = _profile(image)
    if not _fits(image, profile):
        image, profile = _without_profile(image), b""
    if gamut == "p3" and image.interpretation == "srgb" and icc.is_wide(profile):
        return image if profile == p3() else _converted(image, "srgb", gamut)
    if image.interpretation == "cmyk":
        image = _converted(image, "cmyk")
    elif not is_srgb(image):
        grey = image.interpretation == "b-w"
        image = _converted(image, "srgb")
        if grey and image.bands > 2:  # a neutral stays one: any band will do
            image = image[1].bandjoin(image[3]) if image.bands == 4 else image[1]
            image = image.copy(interpretation="b-w")
    return _without_profile(image)


def _converted(image: pyvips.Image, assumed: str, gamut: Gamut = "srgb") -> pyvips.Image:
    """By the embedded profile, or as `assumed` where there is none that fits. Relative colorimetric with black point
    compensation is what browsers do."""
    try:
        return image.icc_transform(
            gamut, embedded=True, input_profile=assumed, intent="relative", black_point_compensation=True
        )
    except pyvips.Error:
        return _without_profile(image.colourspace("srgb"))


def is_srgb(image: pyvips.Image) -> bool:
    """Do its numbers mean sRGB, or grey with sRGB's curve, by the profile it has or has not?"""
    profile = _profile(image)
    return not profile or b"sRGB IEC61966-2" in profile


def is_p3(image: pyvips.Image) -> bool:
    """Is this settled image in Display P3? Then its profile has to be written with it, or its colours are wrong."""
    return bool(image.get_typeof(PROFILE)) and _profile(image) == p3()


@functools.cache
def p3() -> bytes:
    """The profile that libvips has for Display P3."""
    spot = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb")
    return _profile(spot.icc_transform("p3", input_profile="srgb"))


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
    return not profile or 2.0 <= icc.gamma(profile) <= 2.5


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
