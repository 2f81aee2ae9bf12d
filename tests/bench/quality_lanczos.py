"""A picture made small the slow and exact way, to hold quick ways against. It shares no code with the edge.

Every pixel of the original counts: it is decoded at full size, converted to sRGB by its profile with 16 bits, taken as
light, premultiplied, resampled in float64 with a Lanczos window of three lobes stretched to the ratio, and only then
rounded to 8 bits. libvips is used to read the file and to apply its profile, and for nothing else.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyvips

from edge.plan.steps import Light

Plane = npt.NDArray[np.float64]
Levels = npt.NDArray[np.uint8]  # height × width × 3, sRGB

LOBES = 3.0
_PROFILE = "icc-profile-data"
_BY_PROFILE = {"embedded": True, "intent": "relative", "black_point_compensation": True, "depth": 16}
_BANDS = {"cmyk": 4, "b-w": 1, "grey16": 1}
_FULL = {"uchar": 255, "ushort": 65535}


def reference(data: bytes, width: int, height: int, ground: int, mixed: Light = "srgb") -> Levels:
    """The original seen upright at this size. What is transparent is laid over the grey level `ground` (0 to 255), by
    levels as browsers do, or by light as the edge does when it flattens while it resamples."""
    colours, alpha = _apart(_upright(data))
    planes = (_light(colours[..., band]) for band in range(3))
    if alpha is None:
        return _rounded(_levels(np.stack([resampled(plane, width, height) for plane in planes], axis=2)))
    light = np.stack([resampled(plane * alpha, width, height) for plane in planes], axis=2)
    cover = np.clip(resampled(alpha, width, height), 0.0, 1.0)[..., np.newaxis]
    light = np.clip(light / np.maximum(cover, 1e-6), 0.0, 1.0)
    if mixed == "linear":
        return _rounded(_levels(light * cover + float(_light(np.array([ground], np.uint8))[0]) * (1 - cover)))
    return _rounded(_over(_levels(light), cover, ground))


def shown(body: bytes, ground: int) -> Levels:
    """What a viewer sees of a finished file."""
    colours, alpha = _apart(_upright(body))
    return _rounded(_unit(colours) if alpha is None else _over(_unit(colours), alpha[..., np.newaxis], ground))


def resampled(plane: Plane, width: int, height: int) -> Plane:
    """One band at another size: columns, then rows."""
    return np.ascontiguousarray(_rows(np.ascontiguousarray(_rows(plane, height).T), width).T)


def _rows(plane: Plane, count: int) -> Plane:
    """`plane` with so many rows. Each is a weighted sum of those under the window around its centre; where the window
    leaves the picture, what is left of it weighs more."""
    ratio = plane.shape[0] / count
    reach = LOBES * max(ratio, 1.0)
    result = np.empty((count, plane.shape[1]))
    for row in range(count):
        centre = (row + 0.5) * ratio
        first, last = max(0, int(centre - reach + 0.5)), min(plane.shape[0], int(centre + reach + 0.5))
        away = (np.arange(first, last) + 0.5 - centre) / max(ratio, 1.0)
        weights = np.where(np.abs(away) < LOBES, np.sinc(away) * np.sinc(away / LOBES), 0.0)
        result[row] = (weights / weights.sum()) @ plane[first:last]
    return result


def _upright(data: bytes) -> Any:
    """Upright, at full size, in sRGB with 8 or 16 bits, with or without alpha. A gain-map JPEG counts as the JPEG that
    it also is."""
    jpeg = data.startswith(b"\xff\xd8\xff")
    image = (pyvips.Image.jpegload_buffer(data) if jpeg else pyvips.Image.new_from_buffer(data, "")).autorot()
    bands = _BANDS.get(image.interpretation, 3)
    colours, alpha = image.extract_band(0, n=bands), image[bands] if image.bands > bands else None
    if colours.get_typeof(_PROFILE) or bands == 4:
        colours = colours.icc_transform("srgb", input_profile="cmyk" if bands == 4 else "srgb", **_BY_PROFILE)
    elif bands == 1:
        colours = colours.bandjoin([colours, colours])
    if alpha is None:
        return colours
    scale = _FULL[colours.format] / _FULL[alpha.format]
    return colours.bandjoin((alpha * scale).cast(colours.format))


def _apart(image: Any) -> tuple[npt.NDArray[Any], Plane | None]:
    """Colours as stored, and opacity from 0 to 1."""
    kind = {"uchar": np.uint8, "ushort": np.uint16}[image.format]
    pixels = np.frombuffer(image.write_to_memory(), kind).reshape(image.height, image.width, image.bands)
    return pixels[..., :3], _unit(pixels[..., 3]) if image.bands == 4 else None


def _unit(levels: npt.NDArray[Any]) -> Plane:
    return levels / np.float64(np.iinfo(levels.dtype).max)


def _light(levels: npt.NDArray[Any]) -> Plane:
    """IEC 61966-2-1: sRGB levels as shares of the brightest light, by a table of all there are."""
    table = np.linspace(0.0, 1.0, int(np.iinfo(levels.dtype).max) + 1)
    table = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4)
    light: Plane = table[levels]
    return light


def _levels(light: Plane) -> Plane:
    """The way back, from 0 to 1."""
    light = np.clip(light, 0.0, 1.0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def _over(level: Plane, cover: Plane, ground: int) -> Plane:
    return level * cover + ground / 255 * (1 - cover)


def _rounded(level: Plane) -> Levels:
    return np.rint(level * 255).astype(np.uint8)
