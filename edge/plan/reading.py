"""What decoding a picture adds to the bill: how far the decoder may shrink, and how much of what it has to do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.plan.bill import Bill
from edge.plan.boxes import Size
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.steps import Crop, Decode, Encode, Light, Mirror, Resize, SmartCrop, Step, Turn

VIEWS: Final = (Turn, Mirror, Crop, SmartCrop)  # they move no pixel: a decoder may shrink through them
_HEADROOM: Final[dict[Light, float]] = {"linear": 2.1, "srgb": 1.33}
_CROPPED: Final = 2.1
_TOLD: Final = 128  # longest side of the copy that is described
_GLANCE: Final = 256  # longest side of the copy in which attention is looked for
_MOVING: Final = frozenset({"gif", "webp"})
_DRAWN: Final = frozenset({"svg", "pdf"})
_SHRINK: Final = frozenset({"jpeg", "webp", "svg", "pdf"})
_STREAMED: Final = frozenset({"jpeg", "png", "tiff"})  # a strip at a time, and no further than what is wanted


@dataclass(frozen=True, slots=True)
class Goal:
    """What users want of a picture: how many times larger it is than what they make of it, by how much it may be
    shrunk, in which light, and down to which share of its height they read it."""

    ratio: float = 1.0
    shrink: float = 1.0
    light: Light = "linear"
    reach: float = 1.0

    def joined(self, other: "Goal") -> "Goal":
        """At a fork the most demanding branch decides."""
        light: Light = "linear" if "linear" in (self.light, other.light) else "srgb"
        reach = max(self.reach, other.reach)
        return Goal(min(self.ratio, other.ratio), min(self.shrink, other.shrink), light, reach)


WHOLE: Final = Goal()
GLANCE: Final = Goal(math.inf, math.inf, "srgb")


def goals(plan: Plan, made: Sequence[Size]) -> list[Goal]:
    """For each node, what is wanted of it."""
    found: list[Goal | None] = [None] * len(plan.nodes)
    for at in range(len(plan.nodes) - 1, -1, -1):
        node = plan.nodes[at]
        for parent in node.of:
            goal = _wanted(node.step, made[parent], found[at] or WHOLE)
            before = found[parent]
            found[parent] = goal if before is None else before.joined(goal)
    return [each or WHOLE for each in found]


def _wanted(step: Step, size: Size, later: Goal) -> Goal:
    """What a step wants of a picture of this size, its own users wanting `later`."""
    if isinstance(step, Resize):
        ratio = min(size.width / step.width, size.height / step.height)
        headroom = _HEADROOM[step.light] if step.headroom is None else max(step.headroom, 1.0)
        return Goal(ratio, ratio / headroom, step.light)
    if isinstance(step, Encode) and step.format == "json":
        return told(size, _TOLD)
    if not isinstance(step, VIEWS):
        return WHOLE
    if isinstance(step, Crop | SmartCrop):
        reach = (step.top + step.height) / size.height if isinstance(step, Crop) else 1.0
        return Goal(later.ratio, min(later.shrink, later.ratio / _CROPPED), later.light, min(1.0, reach * later.reach))
    return Goal(later.ratio, later.shrink, later.light)


def told(size: Size, side: int) -> Goal:
    """A copy of at most so many pixels a side."""
    ratio = max(1.0, max(size.width, size.height) / side)
    return Goal(ratio, ratio / _HEADROOM["srgb"], "srgb")


def glance(size: Size) -> Goal:
    """The copy in which attention is looked for."""
    goal = told(size, _GLANCE)
    return Goal(goal.ratio, goal.ratio / _CROPPED, "srgb")


def shrunk(facts: Facts, goal: Goal) -> float:
    """What the decoder divides each side by; below 1 where it draws larger."""
    if facts.format in _DRAWN:
        return max(goal.ratio, 1e-3)
    power = 1.0 if goal.shrink < 2 else 2.0 if goal.shrink < 4 else 4.0 if goal.shrink < 8 else 8.0
    if facts.format == "jpeg":
        return power
    if facts.format == "webp" and facts.frames == 1:
        return max(1.0, goal.shrink) if goal.light == "srgb" else power
    return 1.0


def kind(facts: Facts, frames: int) -> str:
    """Which decoder's rates count."""
    name = facts.format
    if frames > 1 and name in _MOVING:
        return name + "-moving"
    if name == "jpeg":
        return "jpeg-progressive" if facts.progressive else name
    if name == "png":
        return "png-interlaced" if facts.progressive else name if facts.lossless else "png-palette"
    if name == "webp" and facts.lossless:
        return "webp-lossless"
    return name if name in _KNOWN else "others"


_KNOWN: Final = frozenset({"webp", "avif", "gif", "tiff", "svg"})

# Bits a pixel of a source as a measure of its detail, in bits a pixel of a JPEG of quality 85: factor and power where
# it was coded with loss, factor and exponent where without, since noise is then all that counts.
_POWERS: Final[dict[str, tuple[float, float]]] = {
    "jpeg": (1.0, 1.0),
    "jpeg-progressive": (1.05, 1.0),
    "webp": (1.45, 0.65),
    "webp-moving": (1.45, 0.65),
    "avif": (1.85, 0.8),
}
_EXPONENTS: Final[dict[str, tuple[float, float]]] = {
    "png": (0.14, 0.17),
    "png-interlaced": (0.12, 0.17),
    "webp-lossless": (0.14, 0.17),
    "tiff": (0.108, 0.17),
    "png-palette": (0.1, 0.42),
    "gif": (0.1, 0.34),
    "gif-moving": (0.1, 0.34),
}
_DRAWINGS: Final = frozenset({"png", "webp"})
_FEW_BITS: Final = 2.0
USUAL: Final = 0.9  # detail where nothing is known
_LEAST, _MOST = 0.05, 4.0
_RAW: Final = 23.5  # bits a pixel from which nothing was coded
_OTHERS_BITS: Final = 12.0
_DRAWN_BYTES: Final = 4000.0
_LONGEST: Final = float(Limits().source_bytes)


def length_of(facts: Facts, frames: int) -> float:
    """A usual length in bytes."""
    if facts.format in _DRAWN:
        return _DRAWN_BYTES
    name = kind(facts, frames)
    if name in _POWERS:
        factor, power = _POWERS[name]
        bits = math.pow(USUAL / factor, 1 / power)
    elif name in _EXPONENTS:
        factor, exponent = _EXPONENTS[name]
        bits = math.log(USUAL / factor) / exponent
    else:
        bits = _OTHERS_BITS
    return facts.width * facts.height * facts.frames * bits / 8


def detail(facts: Facts, frames: int, length: float) -> float:
    """How much there is to code, for each pixel, by how much was coded."""
    name = kind(facts, frames)
    bits = 8 * length / max(1, facts.width * facts.height * facts.frames)
    if name in _POWERS:
        factor, power = _POWERS[name]
        return float(min(_MOST, max(_LEAST, factor * bits**power)))
    if name not in _EXPONENTS or bits > _RAW:
        return USUAL
    factor, exponent = _EXPONENTS[name]
    return min(_MOST, max(_LEAST, factor * math.exp(exponent * bits)))


@dataclass(frozen=True, slots=True)
class Input:
    """A picture to be decoded: how many of its frames, and its length in bytes."""

    facts: Facts
    frames: int
    length: float


def decoding(bill: Bill, input: Input, goal: Goal) -> None:
    """All that one pass of a decoder does."""
    facts, name = input.facts, kind(input.facts, input.frames)
    shrink = shrunk(facts, goal)
    stored = facts.width * facts.height * input.frames
    reach = goal.reach if name in _STREAMED and facts.orientation == 1 else 1.0
    part = input.frames / facts.frames if facts.format in _MOVING or facts.format == "tiff" else 1.0
    made = stored * reach / (shrink * shrink)
    bands = 4 if facts.alpha else 3
    bill.pay("job.input", 1.0)
    bill.pay(name + ".in.byte", input.length * reach * part)
    if facts.format not in _DRAWN:
        bill.pay(name + ".in.stored", stored * reach)
    if facts.format in _SHRINK:
        bill.pay(name + ".in.made", made * bands)
    if facts.bits > 8:
        bill.pay("job.narrowed", made * bands)


def holding(bill: Bill, input: Input, goal: Goal) -> None:
    """What a decoder holds: a strip, or the whole picture; that and the source's bytes may stay while it is written."""
    facts, name = input.facts, kind(input.facts, input.frames)
    shrink = shrunk(facts, goal)
    bands = (4 if facts.alpha else 3) * (2 if facts.bits > 8 else 1)
    row = facts.width * bands / shrink
    made = row * facts.height / shrink
    bill.keep("source", min(input.length, _LONGEST))
    if name in _STREAMED or facts.format in _DRAWN:
        bill.hold(name + ".in.row", row)
        return
    stored = facts.width * facts.height * bands
    bill.hold(name + ".in.stored", stored)
    bill.hold(name + ".in.made", made)
    bill.stay(name + ".in.stored", stored)
    bill.stay(name + ".in.made", made)


def is_drawing(input: Input) -> bool:
    """Has it few colours, as far as its header and length tell?"""
    facts = input.facts
    if facts.format == "gif" or (facts.format == "png" and not facts.lossless):
        return True
    bits = 8 * input.length / max(1, facts.pixels)
    return facts.lossless and facts.format in _DRAWINGS and bits < _FEW_BITS


def sources(plan: Plan, inputs: Sequence[Facts], lengths: Sequence[int], frames: Sequence[int]) -> dict[int, Input]:
    """What each Decode reads, by its node."""
    found: dict[int, Input] = {}
    for at, node in enumerate(plan.nodes):
        step = node.step
        if isinstance(step, Decode):
            facts = inputs[step.input]
            said = lengths[step.input] if step.input < len(lengths) else 0
            found[at] = Input(facts, frames[at], float(said) or length_of(facts, frames[at]))
    return found
