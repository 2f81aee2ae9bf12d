"""What a picture may cost, and what a concrete plan will cost, by arithmetic on sizes alone.

The limits are refusals with a sentence that holds both numbers. The prediction serves admission, which needs the order
of magnitude and the order among jobs, not the millisecond, and refuses what no worker could end: the figures are
nanoseconds per pixel of one core, measured with libvips 8.18 on pictures of 0.1 to 100 megapixels. The parts of a plan
are within a factor of 3 of what is measured; those of the encoders are in edge.plan.writing.

Behind a Trim sizes are estimates. There nothing is refused here; the worker, which knows, checks again.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edge.errors import Unprocessable
from edge.plan import writing
from edge.plan.boxes import Size
from edge.plan.colour import is_opaque
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Node, Plan
from edge.plan.sizes import sizes
from edge.plan.steps import (
    Balance,
    Blur,
    Caption,
    Crop,
    Decode,
    Dot,
    Encode,
    Fit,
    Mirror,
    Overlay,
    Pad,
    Pixelate,
    Recolour,
    Resize,
    Round,
    SmartCrop,
    Step,
    Trim,
    Turn,
    Watermark,
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one core, and bytes at the peak; of an idle worker's too."""

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
    "jpeg": _Reading(2, 3, shrinks=True, streams=True),
    "webp": _Reading(10, 4, shrinks=True),
    "png": _Reading(8, 3, streams=True),
    "avif": _Reading(25, 5),
    "heic": _Reading(25, 5),
    "jxl": _Reading(25, 5),
    "jp2": _Reading(80, 5),
    "gif": _Reading(5, 3),
    "tiff": _Reading(5, 3, streams=True),
    "svg": _Reading(0, 40, streams=True, drawn=True),
    "pdf": _Reading(0, 40, streams=True, drawn=True),
}
_READING_OTHERS: Final = _Reading(20, 5)

_RESAMPLE: Final[dict[str, tuple[float, float]]] = {"linear": (4, 25), "srgb": (3, 15)}  # per pixel in, per pixel out
_RESAMPLE_FRAME: Final = 6.0  # milliseconds for each further frame of an animation
# Work on every pixel that a step yields (Pad, turns and mirrors copy), and what it holds for each.
_WORK: Final[dict[type[Step], tuple[float, int]]] = {
    Turn: (2, 0),
    Mirror: (2, 0),
    Pad: (2, 0),
    Round: (20, 1),
    Recolour: (10, 0),
    Balance: (10, 4),
    Blur: (35, 1),
    Pixelate: (5, 1),
    Trim: (25, 0),
    Watermark: (22, 4),
    Dot: (2, 0),
}
_LAID: Final = 22.0  # nanoseconds for each pixel that a mark covers
_TEXT: Final = 30.0  # milliseconds to draw a line of text
_WHOLE: Final = (Turn, Mirror, Trim)  # they do not take rows as they come
_KEEPS_SCALE: Final = (Turn, Mirror, Crop, SmartCrop)  # a decoder may shrink through these
_FIXED_MILLISECONDS: Final = 2.0  # hand-over, open, headers
_FIXED_MEMORY: Final = 48 << 20  # an idle worker holds about 30 MB (measured), the rest is allocator slack
_HEADROOM: Final = 2.0  # a decoder that shrinks leaves so many times what is wanted
_STRIP: Final = 256  # rows that a streaming decoder and the resampler keep between them
_FRAMES: Final = 3  # of an animation that a decoder keeps at a time
_CHANNELS, _COLOURS = 4, 3
_HELD_PIXELS: Final = 40_000_000  # a result up to this is in memory before it is written
_HELD_FRAMES: Final = 256 << 20  # bytes of an animation's frames that are held between two steps
_SEEN: Final = 10.0  # milliseconds to look for what draws the eye
_ENDLESS: Final = 1e9


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
    guesses = _guessed(plan)
    for at, size, frames in _outputs(plan, facts):
        if at in guesses:
            continue
        pixels = size.width * size.height
        _within("The result would have {} pixels", pixels, limits.output_pixels)
        if frames > 1:
            _within("The result would have {} pixels in all its frames", pixels * frames, limits.animation_pixels)


def _within(phrase: str, number: int, limit: int) -> None:
    if number > limit:
        raise Unprocessable(f"{phrase.format(f'{number:,}')}; the limit is {limit:,}")


def _guessed(plan: Plan) -> frozenset[int]:
    """The nodes behind a Trim."""
    found: set[int] = set()
    for at, node in enumerate(plan.nodes):
        if isinstance(node.step, Trim) or not found.isdisjoint(node.of):
            found.add(at)
    return frozenset(found)


def _outputs(plan: Plan, facts: Facts | Sequence[Facts]) -> list[tuple[int, Size, int]]:
    """Node, size and number of frames of each output."""
    frames = _frames(plan, facts)
    return [
        (at, size, frames[at] if writing.moves(node.step) else 1)
        for at, (node, size) in enumerate(zip(plan.nodes, sizes(plan, facts), strict=True))
        if isinstance(node.step, Encode)
    ]


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


def check_memory(cost: Cost, most: int) -> None:
    """Refuse (422) what is predicted to hold half as much again as a worker may: trying would only cost the worker.
    What takes too long meets its deadline instead, since times depend on the machine."""
    if cost.memory > most + most // 2:
        took, may = cost.memory >> 20, most >> 20
        raise Unprocessable(f"The work would need about {took:,} MiB of memory; a worker may have {may:,}")


def predict(plan: Plan, facts: Facts | Sequence[Facts]) -> Cost:
    """What a plan that `settle` made will take in a worker; of several inputs, facts in their order. Never fails."""
    job = _Job.of(plan, (facts,) if isinstance(facts, Facts) else facts)
    cost = Cost(_FIXED_MILLISECONDS, _FIXED_MEMORY)
    for at, node in enumerate(plan.nodes):
        cost += job.cost(at, node)
    return cost


@dataclass(frozen=True, slots=True)
class _Job:
    """A plan and, for each of its nodes: size, frames, and how many times larger than wanted the pictures come."""

    plan: Plan
    inputs: Sequence[Facts]
    sizes: Sequence[Size]
    frames: Sequence[int]
    spare: Sequence[float]

    @classmethod
    def of(cls, plan: Plan, inputs: Sequence[Facts]) -> "_Job":
        made = sizes(plan, inputs)
        return cls(plan, inputs, made, _frames(plan, inputs), _spare(plan, made))

    def cost(self, at: int, node: Node) -> Cost:
        step = node.step
        if type(step) in _COSTS:
            return _COSTS[type(step)](self, at, step)
        nanoseconds, held = _WORK.get(type(step), (0.0, 0))
        return _work(self.sizes[at], self.frames[at], nanoseconds, held)

    def reading(self, at: int, step: Decode) -> Cost:
        """An animation that is to be trimmed is decoded twice."""
        whole = any(isinstance(each, _WHOLE) for each in self.plan.steps())
        cost = _decoding(self.inputs[step.input], self.frames[at], self.spare[at], whole)
        again = self.frames[at] > 1 and self.plan.find(Trim) is not None
        return Cost(cost.milliseconds * (2 if again else 1), cost.memory)

    def looking(self, at: int, step: SmartCrop) -> Cost:
        """Where attention falls is seen on a small copy, decoded for that."""
        node = self.plan.nodes[self.plan.nodes[at].of[0]]
        while node.of:
            node = self.plan.nodes[node.of[0]]
        assert isinstance(node.step, Decode)
        return Cost(_decoding(self.inputs[node.step.input], 1, _ENDLESS, False).milliseconds + _SEEN, 0)

    def resizing(self, at: int, step: Resize) -> Cost:
        return self._resampling(at, step)

    def fitting(self, at: int, step: Fit) -> Cost:
        return self._resampling(at, Resize(*self.sizes[at], light=step.light or "linear"))

    def laying(self, at: int, step: Overlay) -> Cost:
        """The mark is held, once for all that use it; what it covers is mixed."""
        of = self.plan.nodes[at].of
        base, mark = (_pixels(self.sizes[each]) for each in of)
        first = all(node.of[1:] != of[1:] for node in self.plan.nodes[:at])
        return Cost(min(base, mark) * self.frames[at] * _LAID / 1e6, mark * _CHANNELS if first else 0)

    def lettering(self, at: int, step: Caption) -> Cost:
        covered = min(_pixels(self.sizes[at]), int(len(step.text) * step.size**2))
        return Cost(_TEXT + covered * self.frames[at] * _LAID / 1e6, covered * _CHANNELS)

    def writing(self, at: int, step: Encode) -> Cost:
        """The result is held, if it is no long animation; so are the frames that one is put together from."""
        frames = self.frames[at] if writing.moves(step) else 1
        pixels, clear = _pixels(self.sizes[at]), self._is_clear()
        whole = pixels * frames
        held = whole * (_CHANNELS if clear or frames > 1 else _COLOURS) if whole <= _HELD_PIXELS else 0
        held += min(whole * _CHANNELS, _HELD_FRAMES) if frames > 1 else 0
        held += writing.held(step, pixels, frames, clear)
        return Cost(writing.milliseconds(step, pixels, frames), held)

    def _is_clear(self) -> bool:
        """May the result be transparent?"""
        grounds = (step.background for step in self.plan.steps() if isinstance(step, Pad | Round))
        return self.inputs[0].alpha or not all(map(is_opaque, grounds))

    def _resampling(self, at: int, step: Resize) -> Cost:
        before = self.plan.nodes[at].of[0]
        return _resampling(step, self.sizes[before], self.frames[at], self._shrunk(before))

    def _shrunk(self, at: int) -> float:
        """What a decoder has divided the sides of this picture by."""
        node = self.plan.nodes[at]
        while isinstance(node.step, _KEEPS_SCALE):
            at = node.of[0]
            node = self.plan.nodes[at]
        return _shrink(self.inputs[node.step.input], self.spare[at]) if isinstance(node.step, Decode) else 1.0


_COSTS: Final[dict[type[Step], Callable[[_Job, int, Any], Cost]]] = {
    Decode: _Job.reading,
    SmartCrop: _Job.looking,
    Resize: _Job.resizing,
    Fit: _Job.fitting,
    Overlay: _Job.laying,
    Caption: _Job.lettering,
    Encode: _Job.writing,
}


def _pixels(size: Size) -> int:
    return size.width * size.height


def _work(size: Size, frames: int, nanoseconds: float, bytes_per_pixel: int) -> Cost:
    pixels = size.width * size.height * frames
    return Cost(pixels * nanoseconds / 1e6, pixels * bytes_per_pixel)


def _spare(plan: Plan, made: Sequence[Size]) -> list[float]:
    """By how much each node's picture could come smaller: by as much as all its users would do without."""
    spare = [math.inf] * len(plan.nodes)
    for at in reversed(range(len(plan.nodes))):
        node = plan.nodes[at]
        for parent in node.of:
            spare[parent] = min(spare[parent], _spared(node.step, made[parent], spare[at]))
    return [1.0 if math.isinf(each) else each for each in spare]


def _spared(step: Step, size: Size, later: float) -> float:
    """What a step could do without of a picture of this size, its own users having `later` to spare."""
    if isinstance(step, Resize):
        return min(size.width / step.width, size.height / step.height) * _HEADROOM / (step.headroom or _HEADROOM)
    return later if isinstance(step, _KEEPS_SCALE) else 1.0


def _shrink(facts: Facts, spare: float) -> float:
    """What the decoder divides each side by: drawing by any; shrinking by 1, 2, 4 or 8, to twice the size wanted."""
    reading = _READING.get(facts.format, _READING_OTHERS)
    if reading.drawn:
        return spare
    if not reading.shrinks or spare < 2 * _HEADROOM:
        return 1.0
    return 2.0 ** min(3, math.floor(math.log2(spare / _HEADROOM)))


def _decoding(facts: Facts, frames: int, spare: float, whole: bool) -> Cost:
    reading = _READING.get(facts.format, _READING_OTHERS)
    shrink = _shrink(facts, spare)
    stored = facts.width * facts.height * frames
    out = stored / shrink**2
    depth = _CHANNELS * (2 if facts.bits > 8 else 1)
    rows = facts.height if whole or not reading.streams else min(facts.height, math.ceil(_STRIP * shrink))
    memory = int(facts.width * rows * min(frames, _FRAMES) * depth / shrink**2)
    if facts.progressive:
        memory += facts.width * facts.height * 3 * 2  # every coefficient of every scan, 16 bits each
    entropy = reading.entropy * (3 if facts.progressive else 1)
    return Cost((stored * entropy + out * reading.pixels) / 1e6, memory)


def _resampling(step: Resize, source: Size, frames: int, shrink: float) -> Cost:
    before, after = _RESAMPLE[step.light]
    taken = source.width * source.height / shrink**2 * before
    given = step.width * step.height * after
    strip = max(int(source.width / shrink), step.width) * _STRIP * _CHANNELS * 4
    return Cost((taken + given) * frames / 1e6 + (frames - 1) * _RESAMPLE_FRAME, strip)
