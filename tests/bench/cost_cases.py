"""Which work is measured: operations and encoders, drawn at random (the same in every run) over given pictures."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from edge.errors import EdgeError
from edge.plan.layout import settle
from edge.plan.plan import Node, Plan
from edge.plan.sizes import sizes
from edge.plan.steps import (
    Area,
    Balance,
    Blur,
    Caption,
    Decode,
    Encode,
    Fit,
    Mirror,
    Pixelate,
    Point,
    Recolour,
    Round,
    Step,
    Trim,
    Turn,
    Watermark,
    Window,
)
from tests.bench.cost_pictures import Picture

MOST = 8e6  # pixels of a result, but where the picture itself is written


@dataclass(frozen=True, slots=True)
class Case:
    """A settled plan over pictures, and what it is an example of."""

    operation: str
    encoder: str
    pictures: tuple[Picture, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class _Draw:
    """Chance, and the picture it is about."""

    chance: random.Random
    picture: Picture

    def width(self, least: float, most: float) -> int:
        """A share of the picture's width, evenly over its logarithm."""
        full = self.picture.facts.upright[0]
        return max(16, round(full * least * math.pow(most / least, self.chance.random())))

    def fit(self, least: float = 0.08, most: float = 0.95, **said: object) -> Fit:
        light = self.chance.choice(("linear", "linear", "srgb"))
        return Fit(self.width(least, most), **{"mode": "max", "light": light, **said})  # type: ignore[arg-type]

    def maybe(self) -> list[Step]:
        """Something smaller first, in most cases: effects are seldom asked for at full size."""
        small = self.picture.facts.width * self.picture.facts.height < 3e6
        return [] if small and self.chance.random() < 0.35 else [self.fit(0.1, 0.7)]


_SEPIA = (0.39, 0.77, 0.19, 0, 0, 0.35, 0.69, 0.17, 0, 0, 0.27, 0.53, 0.13, 0, 0, 0, 0, 0, 1, 0)
_GREY = (0.3, 0.6, 0.1, 0, 0) * 3 + (0, 0, 0, 1, 0)
Steps = Callable[[_Draw], Sequence[Step]]


def _up(draw: _Draw) -> list[Step]:
    facts = draw.picture.facts
    most = (MOST / 2 / (facts.width * facts.height)) ** 0.5
    if most < 1.1 or facts.frames > 1:
        return [draw.fit()]
    factor = draw.chance.uniform(1.1, min(3.0, most))
    light = draw.chance.choice(("linear", "srgb"))
    return [Fit(round(facts.upright[0] * factor), scale="both", mode="max", light=light, up_light=light)]  # type: ignore[arg-type]


def _crop(draw: _Draw) -> list[Step]:
    width = draw.width(0.1, 0.8)
    return [Fit(width, round(width * draw.chance.uniform(0.4, 1.4)), mode="crop", light="linear")]


def _window(draw: _Draw) -> list[Step]:
    width, height = draw.picture.facts.upright
    x, y = (draw.chance.uniform(0, 0.5) for _ in "xy")
    part = draw.chance.uniform(0.2, 0.5)
    box = (x * width, y * height, (x + part) * width, (y + part) * height)
    return [Fit(draw.width(0.05, part), mode="max", light="linear", window=Window(*map(float, map(int, box))))]


def _corners(draw: _Draw) -> list[Step]:
    ground = draw.chance.choice(("00000000", "ffffffff"))
    return [*draw.maybe(), Round((draw.chance.uniform(5, 100),) * 4, ground)]


def _smart(draw: _Draw) -> list[Step]:
    width = draw.width(0.1, 0.5)
    return [Fit(width, width, mode="crop", smart=True, light="linear")]


def _pad(draw: _Draw) -> list[Step]:
    width = draw.width(0.1, 0.7)
    ground = draw.chance.choice(("ffffffff", "20406080", None))
    return [Fit(width, width, mode="pad", scale="canvas", background=ground, light="linear")]


OPERATIONS: Mapping[str, Steps] = {
    "none": lambda draw: [],
    "down": lambda draw: [draw.fit()],
    "down, linear": lambda draw: [draw.fit(light="linear")],
    "down, srgb": lambda draw: [draw.fit(light="srgb")],
    "up": _up,
    "crop": _crop,
    "window": _window,
    "turn": lambda draw: [draw.fit(), Turn(draw.chance.choice((1, 2, 3)))],
    "mirror": lambda draw: [draw.fit(), Mirror(draw.chance.choice(("x", "y")))],
    "pad": _pad,
    "sharpen": lambda draw: [draw.fit(sharpen=draw.chance.uniform(16, 60))],
    "blur": lambda draw: [*draw.maybe(), Blur(draw.chance.choice((0.7, 1.5, 3.0, 6.0, 20.0)))],
    "recolour": lambda draw: [*draw.maybe(), Recolour(draw.chance.choice((_SEPIA, _GREY)))],
    "round": _corners,
    "balance": lambda draw: [*draw.maybe(), Balance()],
    "pixelate": lambda draw: [*draw.maybe(), Pixelate(draw.chance.choice((3, 8, 20)))],
    "trim": lambda draw: [Trim(draw.chance.choice((20, 80))), draw.fit(0.1, 0.6)],
    "smart crop": _smart,
    "caption": lambda draw: [*draw.maybe(), Caption("Words on a picture", size=draw.chance.choice((14.0, 24.0, 60.0)))],
    "watermark": lambda draw: [*draw.maybe()],
}


def _encoders(chance: random.Random) -> Mapping[str, tuple[Encode, float]]:
    """By name: the step, and the most pixels of all frames that it is asked for."""
    quality = chance.choice((45, 60, 75, 80, 85, 92))
    return {
        "jpeg": (Encode("jpeg", quality), 3e7),
        "jpeg, fast": (Encode("jpeg", quality, tuning=(("jpeg.fast", 1.0),)), 3e7),
        "png": (Encode("png", 100), 6e6),
        "png, palette": (Encode("png", chance.choice((50, 80))), 2.5e6),
        "webp": (Encode("webp", quality), 2.5e7),
        "webp, lossless": (Encode("webp", 78, lossless=True), 2e6),
        "avif": (Encode("avif", chance.choice((40, 55, 70))), 1.3e7),
        "avif, slow": (Encode("avif", 55, tuning=(("avif.speed", float(chance.choice((0, 2, 3, 4, 5, 6)))),)), 3e5),
        "gif": (Encode("gif"), 1.5e6),
        "tiff": (Encode("tiff"), 6e6),
        "jpeg, auto": (Encode("jpeg", aim=80.0), 4e6),
        "webp, auto": (Encode("webp", aim=80.0), 4e6),
        "avif, auto": (Encode("avif", aim=75.0), 4e6),
        "json": (Encode("json"), 3e7),
    }


_WEIGHTS = {"jpeg": 7, "jpeg, fast": 2, "png": 3, "webp": 6, "avif": 5, "webp, lossless": 2, "avif, slow": 1.5}
_WEIGHTS |= {"png, palette": 2, "gif": 2, "tiff": 1, "jpeg, auto": 1, "webp, auto": 1, "avif, auto": 1.5, "json": 1}
_MOVING_WEIGHTS = {"webp": 4, "gif": 3, "jpeg": 2, "webp, lossless": 1}
_PLAIN = ("down", "down, linear", "down, srgb", "crop", "none", "blur", "round", "watermark", "recolour", "pad")


def drawn(pictures: Sequence[Picture], marks: Sequence[Picture], count: int, seed: int) -> Iterator[Case]:
    """So many cases: every kind of picture and every operation as often as any other."""
    chance = random.Random(seed)
    kinds: dict[str, list[Picture]] = {}
    for picture in pictures:
        kinds.setdefault(picture.kind, []).append(picture)
    names = [*kinds, "jpeg", "jpeg", "png"]
    made = 0
    while made < count:
        kind = names[made % len(names)]
        case = _case(chance, chance.choice(kinds[kind]), marks)
        if case is not None:
            made += 1
            yield case


def _case(chance: random.Random, picture: Picture, marks: Sequence[Picture]) -> Case | None:
    moving = picture.facts.frames > 1
    operation = chance.choice(_PLAIN if moving else [*OPERATIONS, "down, linear", "down"])
    weights = _MOVING_WEIGHTS if moving else _WEIGHTS
    encoder = chance.choices(list(weights), list(weights.values()))[0]
    encode, most = _encoders(chance)[encoder]
    steps = OPERATIONS[operation](_Draw(chance, picture))
    plan, used = Plan.chain(Decode(), *steps, encode), [picture]
    if operation == "watermark":
        plan, used = _marked(chance, steps, encode), [picture, chance.choice(marks)]
    try:
        plan = settle(plan, [each.facts for each in used])
    except EdgeError:
        return None
    size = sizes(plan, [each.facts for each in used])[-1]
    pixels = size.width * size.height * (picture.facts.frames if moving and encode.format != "jpeg" else 1)
    if pixels > most or (operation not in ("none", "balance") and pixels > MOST):
        return None
    if pixels < 2e4 and chance.random() < 0.7:
        return None
    return Case(operation, encoder, tuple(used), plan)


def _marked(chance: random.Random, steps: Sequence[Step], encode: Encode) -> Plan:
    nodes = [Node(step, (at - 1,) if at else ()) for at, step in enumerate([Decode(), *steps])]
    area = chance.choice((Area(), Area(x1=60.0, y1=60.0)))
    mark = Watermark(area, gravity=Point(100.0, 100.0), opacity=chance.choice((1.0, 0.6)))
    at = len(nodes)
    return Plan((*nodes, Node(Decode(1)), Node(mark, (at - 1, at)), Node(encode, (at + 1,))))
