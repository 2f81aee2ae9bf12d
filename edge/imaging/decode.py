"""The step Decode: bytes to a Picture, letting the decoder shrink as far as the result allows.

A JPEG decoder can leave out detail by 2, 4 or 8, libwebp can scale, librsvg draws at any size. How much larger than
the result the shrunk picture stays is the *headroom*. Decoders average values as stored, so mixing light linearly
wants the factor RIAPI uses, 2.1 (decoder.min_precise_scaling_ratio). The fast path, light as stored, goes closer:
against a result made from every pixel, two photographs at eight widths differ by 39 dB or more at 1.33, where quality
80 itself costs 34 to 36 dB, and it saves 2 of 13 ms.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyvips

from edge.errors import BadRequest, Unprocessable, expected
from edge.imaging import colour, loaders
from edge.imaging.failures import over
from edge.imaging.geometry import View
from edge.imaging.picture import Picture
from edge.imaging.probe import STRICT, Header
from edge.plan.facts import Facts, Limits
from edge.plan.steps import Decode, Light, Profile

HEADROOM: dict[Light, float] = {"linear": 2.1, "srgb": 1.33}
# A crop whose edges fall between shrunk pixels is rounded to the nearest: with this headroom that moves an edge by
# less than a quarter of a pixel of the result.
CROPPED = 2.1

ANIMATED = frozenset({"gif", "webp"})
# Delay of a frame that names none, in milliseconds: what browsers use.
DELAY = 100
# cairo, under librsvg, draws no further.
SVG_SIDE = 32_000


@dataclass(frozen=True, slots=True)
class Goal:
    """What will be done with a decoded picture, as far as it may shrink: the view resampled, the ratio of its size to
    the result's (the smaller axis), in which light. Ratio 1 asks for every pixel. `wanted`: the headroom asked for, at
    least 1; None = what the light needs."""

    ratio: float = 1.0
    light: Light = "linear"
    cropped: bool = False
    wanted: float | None = None

    @property
    def headroom(self) -> float:
        headroom = HEADROOM[self.light] if self.wanted is None else max(self.wanted, 1.0)
        return max(headroom, CROPPED) if self.cropped else headroom


def most_demanding(goals: Sequence[Goal]) -> Goal:
    """What is enough for every one of some goals. A vector drawing is made as large as the largest result; a bitmap is
    left as many pixels as any of them wants for itself."""
    if len(goals) == 1:
        return goals[0]
    if any(goal == Goal() for goal in goals):
        return Goal()
    ratio = min(goal.ratio for goal in goals)
    shrink = min(goal.ratio / goal.headroom for goal in goals)
    light: Light = "linear" if any(goal.light == "linear" for goal in goals) else "srgb"
    return Goal(ratio, light, wanted=ratio / shrink)


def seen(facts: Facts, step: Decode) -> View:
    """The whole picture, turned as its EXIF orientation says unless the step wants it as it is stored."""
    return View.whole(facts.width, facts.height, facts.orientation if step.upright else 1)


def decode(header: Header, step: Decode, goal: Goal, animated: bool, limits: Limits) -> Picture:
    """Open the frames wanted: all when the output moves, else the one asked for or the first."""
    facts = header.facts
    if step.frame is not None and not 0 <= step.frame < facts.frames:
        raise BadRequest(expected(f"a frame from 0 to {facts.frames - 1}", "frame", step.frame))
    view = seen(facts, step)
    if animated and step.frame is None and facts.frames > 1 and facts.format in ANIMATED:
        return _moving(header, view, limits, step.profile)
    shrink = _shrink(facts, goal, limits)
    options = {**_page(step, facts), **shrink.options}
    image = _reopened(header, options) if options else header.image
    if "page" in options:
        _expect_alike(image, facts, shrink)
    spans = (shrink.span,) * 2 if shrink.span else (facts.width / image.width, facts.height / image.height)
    return Picture((_bare(image, step.profile),), view, spans)


@dataclass(frozen=True, slots=True)
class _Shrink:
    """A loader's options and, where it is not simply the ratio of the sizes, what one of its pixels spans."""

    options: dict[str, float]
    span: float | None = None


def _page(step: Decode, facts: Facts) -> dict[str, object]:
    return {"page": step.frame} if step.frame and facts.frames > 1 else {}


def _expect_alike(image: pyvips.Image, facts: Facts, shrink: _Shrink) -> None:
    """The layout was made for the first page's size: another page has to have it, but for rounding."""
    scale = shrink.options.get("scale", 1.0)
    wanted = facts.width * scale, facts.height * scale
    if abs(image.width - wanted[0]) > 1 or abs(image.height - wanted[1]) > 1:
        size, received = f"{facts.width}x{facts.height}", f"{image.width / scale:.0f}x{image.height / scale:.0f}"
        raise Unprocessable(f"Expected a page of {size} pixels, like the first one, but received one of {received}")


def _shrink(facts: Facts, goal: Goal, limits: Limits) -> _Shrink:
    shrinker = _SHRINKERS.get(facts.format)
    return shrinker(facts, goal, limits) if shrinker else _Shrink({})


def _shrink_jpeg(_: Facts, goal: Goal, __: Limits) -> _Shrink:
    # Pixel i of the shrunk picture spans exactly [i·n, (i+1)·n), and the last, incomplete one is left out: so it is
    # n that pixels span, not the ratio of the sizes.
    shrink = _power(goal)
    return _Shrink({"shrink": shrink} if shrink > 1 else {}, float(shrink))


def _power(goal: Goal) -> int:
    """The largest of 8, 4, 2 that leaves the headroom, or 1."""
    return next((shrink for shrink in (8, 4, 2) if goal.ratio >= shrink * goal.headroom), 1)


def _shrink_webp(facts: Facts, goal: Goal, _: Limits) -> _Shrink:
    # libwebp could scale to the headroom exactly, but it mixes as stored: in linear light it gets no more to mix than
    # a JPEG decoder does. Composed frames are placed at whole pixels, which scaling would move.
    shrink = goal.ratio / goal.headroom if goal.light == "srgb" else _power(goal)
    return _Shrink({"scale": 1 / shrink} if shrink > 1 and facts.frames == 1 else {})


def _scale_svg(facts: Facts, goal: Goal, limits: Limits) -> _Shrink:
    # Drawn at the size of the result; beyond the limits it is enlarged like any picture.
    pixels, side = facts.width * facts.height, max(facts.width, facts.height)
    scale = min(1 / goal.ratio, math.sqrt(limits.source_pixels / pixels), min(SVG_SIDE, limits.source_side) / side)
    return _Shrink({"scale": scale} if scale != 1 else {})


_SHRINKERS = {"jpeg": _shrink_jpeg, "webp": _shrink_webp, "svg": _scale_svg, "pdf": _scale_svg}


def _reopened(header: Header, options: Mapping[str, object]) -> pyvips.Image:
    return loaders.load(header.facts.format, header.data, {**STRICT, **options})


def _bare(image: pyvips.Image, profile: Profile) -> pyvips.Image:
    """A sane image that carries nothing which a saver might write in spite of being told not to: heifsave writes that a
    picture lies on its side, which the View knows; webpsave before 8.15 writes EXIF."""
    image = colour.obey(colour.sane(image), profile).copy()
    for name in image.get_fields():
        if name.startswith(_PRIVATE):
            image.remove(name)
    return image


_PRIVATE = ("orientation", "exif-", "xmp-", "iptc-", "photoshop-")


def _moving(header: Header, view: View, limits: Limits, profile: Profile) -> Picture:
    """All frames. They come as one tall stream, read forwards once: each frame is a window on it, so that only the
    results of a long animation are ever in memory together."""
    facts = header.facts
    if facts.frames > limits.animation_frames:
        raise over("frames", limits.animation_frames, facts.frames)
    if facts.pixels > limits.animation_pixels:
        raise over("pixels in all frames", limits.animation_pixels, facts.pixels)
    strip = _bare(_reopened(header, {"n": -1}), profile)
    height = strip.get("page-height")
    frames = tuple(strip.crop(0, at * height, strip.width, height) for at in range(strip.height // height))
    delays = strip.get("delay") if strip.get_typeof("delay") else []
    loop = strip.get("loop") if strip.get_typeof("loop") else 0
    delays = tuple(delays[: len(frames)]) + (DELAY,) * (len(frames) - len(delays))
    return Picture(frames, view, delays=delays, loop=loop)
