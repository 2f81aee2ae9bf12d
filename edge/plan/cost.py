"""What a picture may cost, and what a concrete plan will cost, by arithmetic on sizes alone.

The limits are refusals with a sentence that holds both numbers. The prediction is a bill (edge.plan.bill) of all that
a plan has to do, each thing times its rate (edge.plan.rates): what decoders do is reckoned in edge.plan.reading, what
steps do in edge.plan.making, what encoders do in edge.plan.writing. docs/cost.md says how far it is off.

Behind a Trim sizes are estimates. There nothing is refused here; the worker, which knows, checks again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.errors import OverLimit
from edge.plan import writing
from edge.plan.bill import Bill, total
from edge.plan.boxes import Size
from edge.plan.facts import Facts, Limits
from edge.plan.making import Course, clearness, details, few, making, set_upright
from edge.plan.plan import Plan
from edge.plan.rates import SHIPPED, Rates
from edge.plan.reading import decoding, detail, goals, holding, sources
from edge.plan.sizes import sizes
from edge.plan.steps import Decode, Encode, Trim


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one core, and bytes at the peak; of an idle worker's too."""

    milliseconds: float
    memory: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.milliseconds + other.milliseconds, self.memory + other.memory)


_OPAQUE: Final = frozenset({"jpeg"})
_HELD_PIXELS: Final = 40_000_000  # a result up to this is in memory before it is written
_HELD_FRAMES: Final = 256 << 20  # bytes of an animation's frames that are held between two steps


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
        raise OverLimit(f"{phrase.format(f'{number:,}')}; the limit is {limit:,}")


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
            counts.append(max((counts[parent] for parent in node.of), default=1))
    return counts


def check_memory(cost: Cost, most: int) -> None:
    """Refuse (422) what is predicted to hold half as much again as a worker may: trying would only cost the worker.
    What takes too long meets its deadline instead, since times depend on the machine."""
    if cost.memory > most + most // 2:
        took, may = cost.memory >> 20, most >> 20
        raise OverLimit(f"The work would need about {took:,} MiB of memory; a worker may have {may:,}")


def predict(plan: Plan, facts: Facts | Sequence[Facts], rates: Rates = SHIPPED, lengths: Sequence[int] = ()) -> Cost:
    """What a plan that `settle` made will take in a worker; of several inputs, facts in their order. Never fails.

    `lengths` are the inputs' bytes: they tell how much there is to decode, and how much detail. 0, or none, = usual.
    """
    sums = bill(plan, facts, lengths)
    milliseconds = total(sums.time, rates.time) / 1e6
    memory = max(total(phase, rates.memory) for phase in sums.phases())
    return Cost(milliseconds, int(memory))


def bill(plan: Plan, facts: Facts | Sequence[Facts], lengths: Sequence[int] = ()) -> Bill:
    """What a plan adds up to, whatever the machine."""
    inputs = (facts,) if isinstance(facts, Facts) else facts
    course = _course(plan, inputs, lengths)
    sums = Bill()
    sums.pay("job.fixed", 1.0)
    sums.keep("base", 1.0)
    for at, node in enumerate(plan.nodes):
        if isinstance(node.step, Decode):
            decoding(sums, course.inputs[at], course.goals[at])
            holding(sums, course.inputs[at], course.goals[at])
            if node.step.upright and course.inputs[at].facts.orientation > 1:
                set_upright(sums, course, at)
        elif not isinstance(node.step, Encode):
            making(sums, course, at, node.step)
    _share(sums, course)
    _write(sums, course)
    return sums


def _course(plan: Plan, inputs: Sequence[Facts], lengths: Sequence[int]) -> Course:
    made, frames = sizes(plan, inputs), _shown(plan, _frames(plan, inputs))
    read = sources(plan, inputs, lengths, frames)
    return Course(plan, made, frames, clearness(plan, read), goals(plan, made), read)


def _shown(plan: Plan, frames: list[int]) -> list[int]:
    """How many frames of each node are made: of what only still outputs rest on, one."""
    moving = [False] * len(frames)
    for at in range(len(frames) - 1, -1, -1):
        node = plan.nodes[at]
        if isinstance(node.step, Encode):
            moving[at] = writing.moves(node.step) and node.step.format != "json"
        if moving[at]:
            for parent in node.of:
                moving[parent] = True
    return [count if moves else 1 for count, moves in zip(frames, moving, strict=True)]


def _share(sums: Bill, course: Course) -> None:
    """What is read more than once is held."""
    users = [0] * len(course.plan.nodes)
    for node in course.plan.nodes:
        for parent in set(node.of):
            users[parent] += 1
    for at, count in enumerate(users):
        if count > 1:
            sums.keep("held", course.pixels(at) * (4 if course.clear[at] else 3))


def _write(sums: Bill, course: Course) -> None:
    """Each output: its pixels are held, if it is no long animation, and so are the frames it is put together from."""
    own = {at: detail(one.facts, one.frames, one.length) for at, one in course.inputs.items()}
    each = details(course, own)
    drawn = few(course)
    for at, node in enumerate(course.plan.nodes):
        step = node.step
        if isinstance(step, Encode):
            frames, size = course.frames[at], course.sizes[at]
            clear = course.clear[at] and str(step.format) not in _OPAQUE
            sheet = writing.Sheet(float(size.width * size.height), frames, clear, each[at], drawn[at])
            writing.writing(sums, step, sheet)
            _finish(sums, course, at, step, sheet)


def _finish(sums: Bill, course: Course, at: int, step: Encode, sheet: writing.Sheet) -> None:
    """The result is made and held, then written."""
    if step.format == "json":
        sums.written.append({})
        return
    whole = sheet.whole
    sums.pay("job.made", whole * sheet.bands)
    if course.clear[at]:
        sums.pay("job.opaque" if sheet.clear else "job.flattened", whole)
    result = {"result": whole * sheet.bands} if whole <= _HELD_PIXELS else {}
    if sheet.frames > 1:
        result["frames"] = min(whole * sheet.bands, _HELD_FRAMES)
    for name, quantity in result.items():
        sums.hold(name, quantity)
    sums.written.append({**result, **writing.held(step, sheet)})
