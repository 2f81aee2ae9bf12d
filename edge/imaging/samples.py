"""Sample pictures, painted rather than shipped: `python -m edge.imaging.samples FOLDER`.

Each has something that a resizer can spoil: fine grain, thin lines, soft gradients, saturated edges, transparency,
movement. All are made from noise and arithmetic, so nobody owns them.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pyvips

Image: TypeAlias = Any  # pyvips ships no types; what stands here is a pyvips.Image


def _grid(width: int, height: int) -> tuple[Image, Image]:
    """x and y, from 0 to 1."""
    place = pyvips.Image.xyz(width, height)
    return place[0] / width, place[1] / height


def _mix(share: Image, low: list[float], high: list[float]) -> Image:
    """From one colour to another by a share of 0 to 1."""
    return share * [to - of for of, to in zip(low, high, strict=True)] + low


def _noise(width: int, height: int, cell: int, seed: int) -> Image:
    """Smooth noise, 0 to 1."""
    return (pyvips.Image.perlin(width, height, cell_size=cell, seed=seed) + 1) / 2


def _layers(width: int, height: int, cell: int, seed: int) -> Image:
    """Noise with detail at four scales, 0 to 1."""
    total = _noise(width, height, cell, seed) * 8
    for octave, weight in ((2, 4), (4, 2), (8, 1)):
        total += _noise(width, height, max(4, cell // octave), seed + octave) * weight
    return total / 15


def _finish(picture: Image) -> Image:
    grain = pyvips.Image.gaussnoise(picture.width, picture.height, sigma=2.2, mean=0, seed=7)
    return (picture + grain).cast("uchar").copy(interpretation="srgb")


def _ridge(width: int, height: int, level: float, rough: float, seed: int) -> Image:
    """1 below a skyline, 0 above, softly edged."""
    line = _layers(width, 1, width // 3, seed).embed(0, 0, width, height, extend="copy")
    y = _grid(width, height)[1]
    return ((y - level - line * rough) * height / 3).clamp(min=0, max=1)


def hills(width: int = 2400, height: int = 1600) -> Image:
    """Six ridges in evening haze."""
    x, y = _grid(width, height)
    sky = _mix(y, [38, 62, 122], [255, 186, 120])
    sun = (-(((x - 0.68) * 1.5) ** 2 + (y - 0.42) ** 2) * 38).exp()
    picture = sky + sun * [120, 90, 40]
    near, far = [18, 26, 38], [196, 140, 132]
    for step in range(6):
        share = step / 5
        colour = [of + (to - of) * share for of, to in zip(far, near, strict=True)]
        mask = _ridge(width, height, 0.28 + 0.1 * step, 0.25 - 0.02 * step, 11 * step + 3)
        shade = _layers(width, height, 90, step + 40) * (10 + 14 * share) - 8
        picture = picture * (1 - mask) + (shade + colour) * mask
    return _finish(picture.clamp(min=0, max=255))


def dunes(width: int = 2000, height: int = 2000) -> Image:
    """Sand, lit from the side."""
    base = _layers(width, height, 620, 5)
    x, y = _grid(width, height)
    ripples = (((x * 0.35 + y + base * 0.9) * 42 * 360).sin() + 1) / 2
    field = base * 0.9 + ripples * 0.018
    slope = field.conv(pyvips.Image.new_from_array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
    light = (0.52 + slope * 13).clamp(min=0, max=1)
    return _finish(_mix(light, [92, 46, 34], [255, 214, 150]))


def lagoon(width: int = 1600, height: int = 2400) -> Image:
    """Shallow water from above, upright."""
    depth = _layers(width, height, 700, 21)
    net = pyvips.Image.worley(width, height, cell_size=120, seed=9) / 120
    caustics = ((1 - net).clamp(min=0, max=1) ** 6) * 0.5 + _noise(width, height, 60, 4) * 0.08
    water = _mix(depth, [232, 222, 180], [6, 84, 120])
    shore = _mix((depth * 2.6 - 0.7).clamp(min=0, max=1), [240, 226, 186], [20, 160, 170])
    return _finish((water * 0.5 + shore * 0.5 + caustics * [58, 70, 60]).clamp(min=0, max=255))


def mosaic(width: int = 1800, height: int = 1200) -> Image:
    """Saturated tiles with thin dark joints."""
    x, y = _grid(width, height)
    swirl = _layers(width, height, 500, 33)
    hue = ((x * 1.2 + swirl * 1.6) * 360).bandjoin([(y * 1.7 + swirl) * 360 + 120, (x + y - swirl) * 360 + 240])
    colour = (hue.sin() + 1) * 110 + 20
    tile = 24
    tiles = colour.shrink(tile, tile).resize(tile, kernel="nearest").crop(0, 0, width, height)
    place = pyvips.Image.xyz(width, height)
    joint = ((place[0] % tile) < 2) | ((place[1] % tile) < 2)
    return _finish(joint.ifthenelse(tiles * 0.35, tiles))


def leaf(width: int = 1200, height: int = 1200) -> Image:
    """A leaf with a soft transparent edge."""
    x, y = _grid(width, height)
    u, v = (x - 0.5) * 2, (y - 0.5) * 2
    edge = ((v * 90).cos() * 0.46 + (v * 900).sin() * 0.012 - u.abs()) * 40
    veins = (((v * 14 + u.abs() * 9) * 180).sin().abs() < 0.12) & (u.abs() > 0.012)
    colour = _mix(_layers(width, height, 260, 2), [30, 92, 38], [148, 190, 62])
    colour = veins.ifthenelse(colour * 0.72 + 40, colour)
    colour = (u.abs() < 0.012).ifthenelse(colour * 0.6 + 70, colour)
    alpha = edge.clamp(min=0, max=1) * 255
    return _finish(colour.clamp(min=0, max=255)).bandjoin(alpha.cast("uchar"))


def orbit(side: int = 320, count: int = 24) -> Image:
    """A turning figure: an animation of `count` frames."""
    x, y = _grid(side, side)
    frames = [_orbit_at(x, y, 360 * step / count) for step in range(count)]
    strip = pyvips.Image.arrayjoin(frames, across=1).cast("uchar").copy(interpretation="srgb")
    strip.set_type(pyvips.GValue.gint_type, "page-height", side)
    strip.set_type(pyvips.GValue.array_int_type, "delay", [60] * count)
    strip.set_type(pyvips.GValue.gint_type, "loop", 0)
    return strip


def _orbit_at(x: Image, y: Image, turn: float) -> Image:
    picture = _mix(y, [20, 22, 50], [60, 30, 80])
    for ball in range(3):
        at = pyvips.Image.black(1, 1) + turn + ball * 120
        left, top = 0.5 + 0.3 * at.cos().avg(), 0.5 + 0.3 * at.sin().avg()
        glow = (-((x - left) ** 2 + (y - top) ** 2) * 260).exp()
        picture += glow * [[250, 90, 60], [80, 220, 120], [90, 140, 255]][ball]
    return picture.clamp(min=0, max=255)


SAMPLES: dict[str, tuple[Callable[[], Image], dict[str, object]]] = {
    "hills.jpg": (hills, {"Q": 92}),
    "dunes.jpg": (dunes, {"Q": 92}),
    "lagoon.jpg": (lagoon, {"Q": 92}),
    "mosaic.png": (mosaic, {"compression": 4}),
    "leaf.png": (leaf, {"compression": 4}),
    "orbit.gif": (orbit, {"effort": 3}),
}


def paint(folder: Path) -> None:
    """Write those samples that are not there yet; each appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (make, options) in SAMPLES.items():
        place = folder / name
        if not place.exists():
            half = folder / f".{name}.part"
            half.write_bytes(make().write_to_buffer(place.suffix, **options))
            half.rename(place)


if __name__ == "__main__":
    paint(Path(sys.argv[1]))
