"""Sample pictures, painted rather than shipped: `python -m edge.imaging.samples FOLDER`.

Each has something that a resizer can spoil: soft gradients, fine grain, repeating texture, hard saturated edges,
half-transparent pixels, movement. All are made from noise and arithmetic, so nobody owns them. Colours are sRGB from
0 to 255, shares and places from 0 to 1.
"""

import math
import sys
from array import array
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import pyvips

from edge.imaging.older import clamped

Image: TypeAlias = Any  # pyvips ships no types; what stands here is a pyvips.Image
Stop: TypeAlias = tuple[float, Sequence[float]]  # a place from 0 to 1, and the colour there


def _grid(width: int, height: int) -> tuple[Image, Image]:
    """x and y, from 0 to 1."""
    place = pyvips.Image.xyz(width, height)
    return (place[0] / width).copy_memory(), (place[1] / height).copy_memory()


def _clip(share: Image) -> Image:
    return clamped(share, 0, 1)


def _blend(below: Image, above: Image | list[int], share: Image) -> Image:
    """`above` over `below`, by a share of 0 to 1."""
    return below - (below - above) * share


def _gradient(share: Image, stops: Sequence[Stop]) -> Image:
    """Colours along a share, straight lines between the stops."""
    table = []
    for step in range(1024):
        at = step / 1023
        upper = next((number for number, stop in enumerate(stops) if stop[0] >= at), len(stops) - 1)
        (low, before), (high, after) = stops[max(0, upper - 1)], stops[upper]
        part = (at - low) / (high - low) if high > low else 0.0
        table.append([of + (to - of) * min(1.0, max(0.0, part)) for of, to in zip(before, after, strict=True)])
    lookup = pyvips.Image.new_from_memory(array("f", chain.from_iterable(table)).tobytes(), 1024, 1, 3, "float")
    return (_clip(share) * 1023).rint().cast("ushort").maplut(lookup)


def _noise(width: int, height: int, cell: int, seed: int) -> Image:
    """Smooth noise around 0. Large cells are drawn small and enlarged, which is quicker and looks the same."""
    shrink = max(1, cell // 48)
    small = pyvips.Image.perlin(width // shrink + 2, height // shrink + 2, cell_size=cell // shrink, seed=seed)
    return small.resize(shrink).crop(0, 0, width, height) if shrink > 1 else small.crop(0, 0, width, height)


def _skyline(width: int, height: int, cell: int, seed: int) -> Image:
    """Noise that changes from left to right only, with detail at five scales."""
    line = sum(
        (pyvips.Image.perlin(width, 1, cell_size=max(6, cell >> octave), seed=seed + octave) / 2**octave)
        for octave in range(5)
    )
    return line.embed(0, 0, width, height, extend="copy")


def _finish(picture: Image, grain: float = 2.0) -> Image:
    """As 8 bits, with the grain of film."""
    noise = pyvips.Image.gaussnoise(picture.width, picture.height, sigma=grain, mean=0, seed=7)
    return (picture + noise).cast("uchar").copy(interpretation="srgb")


def alps(width: int = 2400, height: int = 1600) -> Image:
    """Ridges in evening haze above a lake that mirrors them."""
    shore = round(height * 0.66)
    x, y = _grid(width, shore)
    picture = _gradient(y, [(0, (24, 36, 84)), (0.35, (98, 84, 140)), (0.6, (236, 142, 120)), (0.8, (255, 206, 150))])
    away = ((x - 0.64) * width / shore) ** 2 + (y - 0.5) ** 2
    picture += (away * -14).exp() * [70, 48, 20] + _clip((0.0021 - away) * 9000) * [60, 70, 70]
    far, near, haze = (206, 128, 132), (16, 26, 46), [255, 190, 156]
    for step in range(5):
        share = step / 4
        rough = 0.16 - 0.018 * step
        below = y - (0.5 + 0.1 * step) - _skyline(width, shore, 620 - 90 * step, 17 * step + 3) * rough
        if step == 4:  # a wood along the nearest one
            below += _skyline(width, shore, 14, 5).abs() * 0.03
        colour = [of + (to - of) * share for of, to in zip(far, near, strict=True)]
        mist = _clip(below * (3.2 - 1.6 * share)) * (0.85 - 0.7 * share)
        ground = mist * [to - of for of, to in zip(colour, haze, strict=True)] + colour
        picture = _blend(picture, ground, _clip(below * shore / 2))
    return _finish(clamped(picture.join(_mirrored(picture, height - shore), "vertical"), 0, 255))


def _mirrored(scene: Image, height: int) -> Image:
    """The lower part of a scene as a lake shows it: upside down, rippled, darker with depth."""
    y = _grid(scene.width, height)[1]
    still = scene.flipver().crop(0, 0, scene.width, round(height * 1.4)).resize(1, vscale=1 / 1.4, kernel="linear")
    ripples = _noise(scene.width // 12, height, 9, 61).resize(12, vscale=1)
    place = pyvips.Image.xyz(scene.width, height)
    moved = place[1] + ripples * (y * 26 + 2)
    water = still.mapim(place[0].bandjoin(clamped(moved, 0, height - 1)), extend="copy")
    return _blend(water * 0.9, [20, 34, 66], y * 0.45) + _clip(ripples - 0.35) * (y * 70)


def beach(width: int = 1600, height: int = 2400) -> Image:
    """A shore from above: deep water, shallows, surf, sand."""
    x, y = _grid(width, height)
    swell = _noise(width, height, 900, 21) * 0.09 + _noise(width, height, 240, 5) * 0.02
    depth = y + (x - 0.5) * 0.22 + swell
    stops: list[Stop] = [(0, (6, 62, 112)), (0.3, (10, 118, 152)), (0.52, (64, 190, 190)), (0.63, (176, 226, 208))]
    stops += [(0.66, (206, 178, 138)), (0.72, (222, 194, 150)), (0.78, (240, 218, 178)), (1, (250, 234, 204))]
    picture = _gradient(depth, stops)
    web = 1 - _noise(width, height, 110, 9).abs() * 2.2 - _noise(width, height, 60, 4).abs() * 0.8
    shallow = _clip((0.64 - depth) * 12) * _clip(depth * 1.6)
    picture += _clip(web) ** 5 * shallow * [54, 62, 50]
    lace = _noise(width, height, 40, 3).abs() + _noise(width, height, 18, 2).abs() * 0.7
    for at, wide in ((0.645, 0.022), (0.56, 0.012), (0.47, 0.006)):
        wave = depth + _noise(width, height, 330, round(at * 100)) * 0.03 - at
        foam = _clip(1 - wave.abs() / wide) * _clip(1.25 - lace * (1.4 + wave.abs() / wide * 2))
        picture = _blend(picture, [252, 254, 252], _clip(foam * 1.5))
    picture += _noise(width, height, 5, 8) * _clip((depth - 0.66) * 20) * 13
    return _finish(clamped(picture, 0, 255))


def dunes(width: int = 2000, height: int = 2000) -> Image:
    """Wind ripples in sand, lit from the side."""
    x, y = _grid(width, height)
    hills = _noise(width, height, 1100, 5) * 0.55 + _noise(width, height, 420, 12) * 0.12
    phase = (y * 0.92 + x * 0.3 + hills * 0.55) * 30 + _noise(width, height, 260, 3) * 0.55
    crest = (phase * 360).sin()
    field = hills * 0.5 + (crest * 0.8 + (phase * 720 + 60).sin() * 0.24) * 0.0075
    slope = field.conv(pyvips.Image.new_from_array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]))
    light = _clip(0.56 + slope * 26 + hills * 0.5)
    stops: list[Stop] = [(0, (70, 30, 34)), (0.35, (164, 84, 54)), (0.65, (232, 160, 96)), (1, (255, 226, 170))]
    return _finish(_gradient(light, stops) + _noise(width, height, 4, 30) * 7, 3.0)


def glaze(width: int = 1800, height: int = 1350) -> Image:
    """Glazed tiles: waves from seven sides make a pattern that never repeats; flat colours, thin dark joints."""
    place = pyvips.Image.xyz(width, height) - [width * 0.5, height * 0.5]
    total = pyvips.Image.black(width, height)
    for side in range(7):
        east, north = math.cos(math.pi * side / 7), math.sin(math.pi * side / 7)
        total = total + ((place[0] * east - place[1] * north) * 2.9).cos()
    share = (total + 7) / 14
    palette = [
        (14, 44, 92),
        (18, 92, 140),
        (22, 150, 158),
        (244, 240, 224),
        (240, 178, 60),
        (216, 84, 52),
        (120, 28, 60),
    ]
    edges = (0.0, 0.34, 0.425, 0.5, 0.575, 0.66, 0.8, 1.0)
    stops: list[Stop] = []
    for number, colour in enumerate(palette):
        stops += [(edges[number] + 0.006, colour), (edges[number + 1] - 0.006, colour)]
        stops += [(edges[number + 1] - 0.003, (16, 18, 30)), (edges[number + 1] + 0.003, (16, 18, 30))]
    return _gradient(share, stops[:-2]).cast("uchar").copy(interpretation="srgb")


def bubbles(width: int = 1600, height: int = 1200) -> Image:
    """Soap bubbles on nothing: every share of transparency there is."""
    colour, alpha = pyvips.Image.black(width, height, bands=3), pyvips.Image.black(width, height)
    for left, top, radius, seed in ((80, 138, 492, 3), (904, 132, 264, 8), (936, 744, 168, 5)):
        film, share = (layer.embed(left, top, width, height) for layer in _bubble(radius, seed))
        colour = _blend(colour, film, share)
        alpha = alpha + (1 - alpha) * share
    picture = clamped((colour / (alpha + 0.001)).bandjoin(alpha * 255), 0, 255)
    return picture.cast("uchar").copy(interpretation="srgb")


def _bubble(radius: int, seed: int) -> tuple[Image, Image]:
    """Its colours and its opacity, just as large as itself."""
    side = 2 * radius
    x, y = _grid(side, side)
    u, v = x * 2 - 1, y * 2 - 1
    out = ((u**2 + v**2) ** 0.5).copy_memory()
    thick = out**3 * 620
    flow = _noise(side, side, 330, seed) * 150
    film = (thick + v * 130 + u * 60 + flow).bandjoin([thick + v * 130 + 120, thick + u * 90 + 250])
    shine = (((u + 0.42) ** 2 * 3 + (v + 0.5) ** 2 * 9) * -9).exp() * 0.95
    shine += (((u - 0.5) ** 2 * 5 + (v - 0.48) ** 2 * 12) * -16).exp() * 0.5
    shine = _clip(shine).copy_memory()
    opacity = _clip(out) ** 5 * 0.75 + 0.1 + shine
    return _blend(film.sin() * 62 + 186, [255, 255, 255], shine), _clip(opacity) * _clip((1 - out) * radius / 1.5)


def lava(width: int = 480, height: int = 360, count: int = 24) -> Image:
    """Drops that meet and part: an animation of `count` frames that ends where it begins."""
    x, y = _grid(width, height)
    heat = [_heat(x * width / height, y, math.tau * step / count) for step in range(count)]
    stops: list[Stop] = [(0, (24, 16, 48)), (0.22, (40, 20, 72)), (0.23, (92, 30, 110)), (0.33, (108, 32, 116))]
    stops += [(0.34, (206, 52, 98)), (0.45, (220, 60, 90)), (0.46, (250, 128, 60)), (0.6, (252, 140, 60))]
    stops += [(0.61, (255, 208, 96)), (1, (255, 226, 130))]
    strip = _gradient(pyvips.Image.arrayjoin(heat, across=1), stops).cast("uchar").copy(interpretation="srgb")
    strip.set_type(pyvips.GValue.gint_type, "page-height", height)
    strip.set_type(pyvips.GValue.array_int_type, "delay", [60] * count)
    strip.set_type(pyvips.GValue.gint_type, "loop", 0)
    return strip


def _heat(x: Image, y: Image, turn: float) -> Image:
    total = pyvips.Image.black(x.width, x.height)
    for drop in range(6):
        across = 0.667 + 0.42 * math.sin(turn * (1 + drop % 2) + drop * 1.17)
        down = 0.5 + 0.33 * math.cos(turn + drop * 2.29)
        total += 0.004 / ((x - across) ** 2 + (y - down) ** 2 + 0.003)
    return total


SAMPLES: dict[str, tuple[Callable[[], Image], dict[str, object]]] = {
    "alps.jpg": (alps, {"Q": 92}),
    "beach.jpg": (beach, {"Q": 92}),
    "bubbles.png": (bubbles, {"compression": 4}),
    "dunes.jpg": (dunes, {"Q": 92}),
    "glaze.png": (glaze, {"compression": 4}),
    "lava.gif": (lava, {"effort": 1, "dither": 0, "interframe_maxerror": 3}),
}


def paint(folder: Path) -> None:
    """Write those samples that are not there yet; each appears whole or not at all."""
    missing = [name for name in SAMPLES if not (folder / name).exists()]
    if not missing:
        return
    print(f"Painting {len(missing)} sample pictures, once …", flush=True)  # noqa: T201 - says why nothing happens yet
    folder.mkdir(parents=True, exist_ok=True)
    for name in missing:
        make, options = SAMPLES[name]
        half = folder / f".{name}.part"
        half.write_bytes(make().write_to_buffer(Path(name).suffix, **options))
        half.rename(folder / name)


if __name__ == "__main__":
    try:
        paint(Path(sys.argv[1]))
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
