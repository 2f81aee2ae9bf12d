"""What a picture may cost, and what a concrete plan will cost, by arithmetic on sizes alone.

The limits are refusals with a sentence that holds both numbers. The prediction serves admission, which needs the order
of magnitude and the order among jobs, not the millisecond: the figures are nanoseconds per pixel of one core, rounded
from the throughputs that libjpeg-turbo, libwebp, zlib-ng and aom publish, and are to be replaced by measurements.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.errors import Unprocessable
from edge.plan.boxes import Size
from edge.plan.facts import Facts, Limits
from edge.plan.formats import FORMATS
from edge.plan.layout import sizes
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Mirror, Pad, Resize, Turn


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one core, and bytes at the peak."""

    milliseconds: float
    memory: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.milliseconds + other.milliseconds, self.memory + other.memory)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Nanoseconds per stored pixel that are due anyway, and per pixel that comes out of a decoder that can shrink."""

    entropy: float
    pixels: float
    shrinks: bool = False
    streams: bool = False  # a strip at a time, unless progressive or interlaced
    drawn: bool = False  # at whatever size is wanted


_READING: Final[dict[str, _Reading]] = {
    "jpeg": _Reading(4, 5, shrinks=True, streams=True),
    "webp": _Reading(10, 4, shrinks=True),
    "png": _Reading(12, 3, streams=True),
    "avif": _Reading(25, 5),
    "heic": _Reading(25, 5),
    "jxl": _Reading(25, 5),
    "jp2": _Reading(80, 5),
    "gif": _Reading(5, 3),
    "tiff": _Reading(5, 3, streams=True),
    "svg": _Reading(0, 100, drawn=True),
    "pdf": _Reading(0, 100, drawn=True),
}
_READING_OTHERS: Final = _Reading(20, 5)

_WRITING: Final[dict[str, float]] = {"jpeg": 15, "webp": 60, "png": 40, "avif": 250, "jxl": 150, "gif": 120, "tiff": 5}
_WRITING_OTHERS: Final = 100.0

# An encoder's own buffers, in bytes per pixel; frames of an animation are all held until they are written.
_ENCODER_BYTES: Final[dict[str, int]] = {"avif": 40, "jxl": 40, "webp": 12, "png": 4, "jpeg": 4, "gif": 8}

_RESAMPLE: Final[dict[str, tuple[float, float]]] = {"linear": (12, 40), "srgb": (4, 15)}  # per pixel in, per pixel out
_COPY: Final = 2.0  # turns, mirrors and padding, per pixel
_FIXED_MILLISECONDS: Final = 2.0  # hand-over, open, headers
_FIXED_MEMORY: Final = 48 << 20  # an idle worker holds about 30 MB (measured), the rest is allocator slack
_STRIP: Final = 256  # rows that a streaming decoder and the resampler keep between them
_CHANNELS: Final = 4


def check_source(facts: Facts, limits: Limits, frames: int | None = None) -> None:
    """Refuse (422) a picture too large to decode. `frames` is how many will be decoded; by default all there are."""
    count = facts.frames if frames is None else frames
    pixels = facts.width * facts.height
    _within("The picture has a side of {} pixels", max(facts.width, facts.height), limits.source_side)
    _within("The picture has {} pixels", pixels, limits.source_pixels)
    if count > 1:
        _within("The picture has {} frames", count, limits.animation_frames)
        _within("The picture has {} pixels in all its frames", pixels * count, limits.animation_pixels)


def frames_of(plan: Plan, facts: Facts, input: int = 0) -> int:
    """How many frames of this input the plan decodes."""
    decodes = (step for step in plan.steps() if isinstance(step, Decode) and step.input == input)
    return max((facts.frames if step.frame is None else 1 for step in decodes), default=1)


def check_output(plan: Plan, facts: Facts | Sequence[Facts], limits: Limits) -> None:
    """Refuse (422) a plan that makes too large a picture: each frame has the output limit, all have the animation's."""
    for size, frames, _ in _outputs(plan, facts):
        pixels = size.width * size.height
        _within("The result would have {} pixels", pixels, limits.output_pixels)
        if frames > 1:
            _within("The result would have {} pixels in all its frames", pixels * frames, limits.animation_pixels)


def _within(phrase: str, number: int, limit: int) -> None:
    if number > limit:
        raise Unprocessable(f"{phrase.format(f'{number:,}')}; the limit is {limit:,}")


def _outputs(plan: Plan, facts: Facts | Sequence[Facts]) -> list[tuple[Size, int, Encode]]:
    """Size, number of frames and step of each output."""
    frames = _frames(plan, facts)
    return [
        (size, frames[at] if _moves(node.step) else 1, node.step)
        for at, (node, size) in enumerate(zip(plan.nodes, sizes(plan, facts), strict=True))
        if isinstance(node.step, Encode)
    ]


def _moves(step: Encode) -> bool:
    name = str(step.format)
    return name not in FORMATS or FORMATS[name].animated


def _frames(plan: Plan, facts: Facts | Sequence[Facts]) -> list[int]:
    """How many frames each node yields."""
    inputs = (facts,) if isinstance(facts, Facts) else facts
    counts: list[int] = []
    for node in plan.nodes:
        if isinstance(node.step, Decode):
            counts.append(inputs[node.step.input].frames if node.step.frame is None else 1)
        else:
            counts.append(max(counts[parent] for parent in node.of))
    return counts


def predict(plan: Plan, facts: Facts | Sequence[Facts]) -> Cost:
    """What a concrete plan will take in a worker. Never fails for one that `settle` made."""
    inputs = (facts,) if isinstance(facts, Facts) else facts
    made = sizes(plan, inputs)
    frames = _frames(plan, inputs)
    cost = Cost(_FIXED_MILLISECONDS, _FIXED_MEMORY)
    spare = _spare(plan, made)
    whole = any(isinstance(step, Turn | Mirror) for step in plan.steps())
    for at, node in enumerate(plan.nodes):
        if isinstance(node.step, Decode):
            cost += _decoding(inputs[node.step.input], frames[at], spare, whole)
        elif isinstance(node.step, Resize):
            cost += _resampling(node.step, made[node.of[0]], frames[at], _shrink(inputs[0], spare))
        elif isinstance(node.step, Turn | Mirror | Pad):
            cost += _work(made[at], frames[at], _COPY, 0)
    for size, count, step in _outputs(plan, inputs):
        name = str(step.format)
        cost += _work(size, count, _WRITING.get(name, _WRITING_OTHERS), _CHANNELS + _ENCODER_BYTES.get(name, 8))
    return cost


def _work(size: Size, frames: int, nanoseconds: float, bytes_per_pixel: int) -> Cost:
    pixels = size.width * size.height * frames
    return Cost(pixels * nanoseconds / 1e6, pixels * bytes_per_pixel)


def _spare(plan: Plan, made: Sequence[Size]) -> float:
    """How many times larger than wanted the pictures come, on the axis where that is least."""
    ratios = (
        min(made[node.of[0]].width / node.step.width, made[node.of[0]].height / node.step.height)
        for node in plan.nodes
        if isinstance(node.step, Resize)
    )
    return min(ratios, default=1.0)


def _shrink(facts: Facts, spare: float) -> float:
    """What the decoder divides each side by: drawing by any; shrinking by 1, 2, 4 or 8, to twice the size wanted."""
    reading = _READING.get(facts.format, _READING_OTHERS)
    if reading.drawn:
        return spare
    if not reading.shrinks or spare < 4:
        return 1.0
    return 2.0 ** min(3, math.floor(math.log2(spare / 2)))


def _decoding(facts: Facts, frames: int, spare: float, whole: bool) -> Cost:
    reading = _READING.get(facts.format, _READING_OTHERS)
    shrink = _shrink(facts, spare)
    stored = facts.width * facts.height * frames
    out = stored / shrink**2
    depth = _CHANNELS * (2 if facts.bits > 8 else 1)
    rows = facts.height if whole or not reading.streams else min(facts.height, math.ceil(_STRIP * shrink))
    memory = int(facts.width * rows * frames * depth / shrink**2)
    if facts.progressive:
        memory += facts.width * facts.height * 3 * 2  # every coefficient of every scan, 16 bits each
    entropy = reading.entropy * (3 if facts.progressive else 1)
    return Cost((stored * entropy + out * reading.pixels) / 1e6, memory)


def _resampling(step: Resize, source: Size, frames: int, shrink: float) -> Cost:
    before, after = _RESAMPLE[step.light]
    taken = source.width * source.height / shrink**2 * before
    given = step.width * step.height * after
    strip = max(int(source.width / shrink), step.width) * _STRIP * _CHANNELS * 4
    return Cost((taken + given) * frames / 1e6, strip)
