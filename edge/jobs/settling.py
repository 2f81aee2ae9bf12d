"""From a recipe and the facts of its inputs to the concrete plan, refused before any pixel where it may not be done.

The order: what inputs may be read, what their decoders give, what is left open, every rectangle, every size. What lies
behind a `crop_whitespace` has a size that the worker alone learns: there nothing is refused here, the worker gets
limits of pixels that hold the same, and what it made is held to the sides that it may have.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from edge.dialects.book import Compat
from edge.dialects.imageflow.errors import JobError, job_error
from edge.dialects.imageflow.recipe import Hint, Recipe, Step
from edge.dialects.imageflow.sampling import shrunk
from edge.errors import EdgeError, Misfit, Unprocessable, expected
from edge.jobs.choosing import Means, chosen, moves, sized
from edge.jobs.security import Caps, Frame
from edge.plan.cost import check_output, check_source, frames_of
from edge.plan.facts import Facts, Limits
from edge.plan.layout import sizes, walk
from edge.plan.plan import Node, Plan
from edge.plan.steps import Decode, Encode, Fit
from edge.plan.steps import Step as AnyStep
from edge.plan.view import View
from edge.plan.work import Made

_SIZE: Final = "SizeLimitExceeded"
_LENIENT_STEP: Final = "command_string"  # it has its decoder shrink, so that what comes out of that is no frame
_SHRINKING: Final = "jpeg"


@dataclass(frozen=True, slots=True)
class Sized:
    """An output's size in pixels. `exact` False: it lies behind a crop_whitespace, and this is an estimate, as if
    nothing had been trimmed off. `node` is the job's own number of the node that writes it."""

    io_id: int
    width: int
    height: int
    exact: bool = True
    node: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Settled:
    """`plan` is concrete, `outputs` are in its order, `limits` are what the worker holds. `frames` are what an output
    must fit in whose size the worker alone learns."""

    plan: Plan
    outputs: tuple[Sized, ...]
    limits: Limits
    frames: tuple[Frame, ...] = ()

    def check(self, made: Sequence[Made]) -> None:
        """Refuse what came out larger than it may be, where that could not be foretold. JobError: SizeLimitExceeded."""
        for output, picture in zip(self.outputs, made, strict=True):
            for frame in () if output.exact else self.frames:
                _hold(frame, (picture.width, picture.height), output.node)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A recipe's plan on its way, and whose node each of its steps is. `given` are the sizes, as stored, of what
    decoders were told to give smaller, by node."""

    plan: Plan
    steps: Sequence[Step]
    given: dict[int, tuple[int, int]]


def settle_job(
    recipe: Recipe, facts: Sequence[Facts], savers: frozenset[str], limits: Limits, compat: Compat = "modern"
) -> Settled:
    """The concrete plan of a job for inputs of these facts, in the order of `recipe.inputs`. `savers` are the formats
    that can be written. JobError names the node that is at fault."""
    caps, means = Caps.of(recipe.securities, limits), Means(facts, savers, compat)
    wish = _hinted(recipe, facts)
    _check_inputs(wish, facts, caps)
    with _told(wish.steps):
        plan = chosen(sized(wish.plan, means), wish.steps, recipe.allowed or (None,) * len(recipe.outputs), means)
        settling, views = walk(plan, facts)
    concrete = settling.plan()
    _check_frames(wish, facts, views, caps)
    _check_limits(concrete, facts, limits)
    ends = [
        (not view.wild, whose.node)
        for node, view, whose in zip(plan.nodes, views, wish.steps, strict=True)
        if isinstance(node.step, Encode)
    ]
    outputs = _outputs(recipe, concrete, facts, ends)
    return Settled(concrete, outputs, caps.limits(limits), (caps.max_frame_size, caps.max_encode_size))


def _outputs(recipe: Recipe, plan: Plan, facts: Sequence[Facts], ends: Sequence[tuple[bool, int]]) -> tuple[Sized, ...]:
    """`ends` tell of each output whether its size is exact, and whose node it is."""
    made = zip(plan.nodes, sizes(plan, facts), strict=True)
    written = (size for node, size in made if isinstance(node.step, Encode))
    return tuple(Sized(io_id, *size, *end) for io_id, size, end in zip(recipe.outputs, written, ends, strict=True))


@contextmanager
def _told(steps: Sequence[Step]) -> Iterator[None]:
    """What does not fit is told by the node of the job that it belongs to."""
    try:
        yield
    except Misfit as error:
        if error.at < 0:
            raise job_error(error, "InvalidNodeParams") from error
        raise steps[error.at].fault(error.sentence) from error
    except EdgeError as error:
        raise job_error(error) from error


def _hinted(recipe: Recipe, facts: Sequence[Facts]) -> _Wish:
    """The recipe's plan with every decoder that takes a hint followed by the size that comes of it."""
    hints: dict[int, Hint] = dict(recipe.hints)
    nodes: list[Node] = []
    steps: list[Step] = []
    places: list[int] = []
    given: dict[int, tuple[int, int]] = {}
    for at, (step, node) in enumerate(zip(_read_once(recipe.plan, facts), recipe.plan.nodes, strict=True)):
        nodes.append(Node(step, tuple(places[of] for of in node.of)))
        steps.append(recipe.steps[at])
        size = shrunk(hints.get(at), facts[step.input]) if isinstance(step, Decode) else None
        if size is not None and isinstance(step, Decode):
            given[len(nodes) - 1] = size
            nodes.append(Node(_smaller(size, step, facts[step.input]), (len(nodes) - 1,)))
            steps.append(recipe.steps[at])
        places.append(len(nodes) - 1)
    return _Wish(Plan(tuple(nodes)), steps, given)


def _read_once(plan: Plan, facts: Sequence[Facts]) -> Iterator[AnyStep]:
    """The steps; of a still the first frame is all there is, so that it is read once, whole or as a mark."""
    for step in plan.steps():
        whole = isinstance(step, Decode) and step.frame is None
        yield replace(step, frame=0) if isinstance(step, Decode) and whole and not moves(facts[step.input]) else step


def _smaller(size: tuple[int, int], decode: Decode, facts: Facts) -> Fit:
    """The mean of whole areas, as decoders that shrink have it."""
    width, height = size[::-1] if decode.upright and facts.orientation >= 5 else size
    return Fit(width, height, mode="stretch", scale="both", light="srgb", down_kernel="box")


def _check_inputs(wish: _Wish, facts: Sequence[Facts], caps: Caps) -> None:
    """All that is read: the pixels of the whole file, and the frame that comes out of its decoder, as it is stored."""
    for at, (node, whose) in enumerate(zip(wish.plan.nodes, wish.steps, strict=True)):
        if isinstance(node.step, Decode):
            read = facts[node.step.input]
            caps.check_pixels(read)
            if node.step.frame is not None and node.step.frame >= read.frames:
                raise whose.fault(expected(f"a frame from 0 to {read.frames - 1}", "frame", str(node.step.frame)))
            _hold(caps.max_decode_size, wish.given.get(at, (read.width, read.height)), whose.node)


def _check_frames(wish: _Wish, facts: Sequence[Facts], views: Sequence[View], caps: Caps) -> None:
    """Every picture on the way, and those that are written. What a decoder gives smaller is judged by what it gives."""
    for at, (node, whose, view) in enumerate(zip(wish.plan.nodes, wish.steps, views, strict=True)):
        if view.wild or at in wish.given or _shrinks(node, whose, facts):
            continue
        _hold(caps.max_frame_size, view.canvas, whose.node)
        if isinstance(node.step, Encode):
            _hold(caps.max_encode_size, view.canvas, whose.node)


def _shrinks(node: Node, whose: Step, facts: Sequence[Facts]) -> bool:
    """A JPEG that a command string reads is decoded as small as it will do."""
    shrinking = isinstance(node.step, Decode) and facts[node.step.input].format == _SHRINKING
    return shrinking and whose.name == _LENIENT_STEP


def _hold(frame: Frame, size: tuple[int, int], node: int | None) -> None:
    fault = frame.fault(*size)
    if fault is not None:
        raise JobError(_SIZE, fault, node=node)


def _check_limits(plan: Plan, facts: Sequence[Facts], limits: Limits) -> None:
    """The server's own, which hold for every request."""
    read = {step.input for step in plan.steps() if isinstance(step, Decode)}
    try:
        for number in sorted(read):
            check_source(facts[number], limits, frames_of(plan, facts[number], number))
        check_output(plan, facts, limits)
    except Unprocessable as error:
        raise JobError(_SIZE, error.sentence) from error
