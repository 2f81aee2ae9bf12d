"""From plan and bytes to one encoded picture: the one place where the order of work is decided.

The plan's nodes are taken in their order; each is one row of a table. Turning, mirroring and cropping only move a
View (edge.imaging.geometry), so a Decode can look ahead and know how small its picture will become, and pixels are
made once, at a Resize, a Pad or the end.

libvips is lazy: a picture's rows are decoded while they are resampled. So `decode` in the timings is opening and
header, `transform` decoding and resampling until the result is in memory, `encode` the rest. An animation too large
to be held is made while it is written, and its `transform` shows none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from edge.errors import BadRequest, expected
from edge.imaging import encode, resize
from edge.imaging.capabilities import capabilities
from edge.imaging.decode import Goal, decode
from edge.imaging.failures import translated, unwritable
from edge.imaging.finish import finish
from edge.imaging.geometry import View
from edge.imaging.job import Job
from edge.imaging.picture import Picture
from edge.imaging.prepare import prepare
from edge.imaging.probe import open_header
from edge.plan.facts import Limits
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import Crop, Decode, Encode, Mirror, Pad, Resize, Step, Turn
from edge.plan.work import Made, Source


def run(plan: Plan, sources: Sequence[Source], limits: Limits) -> Made:
    """The plan's first output. The plan is concrete: no AUTO, no Fit. Raises EdgeErrors only: UnsupportedPicture,
    Unprocessable, TooLarge, BadRequest."""
    prepare()
    _refuse_unwritable(plan)
    job = Job(plan, sources, limits)
    with translated():
        for at, node in enumerate(plan.nodes):
            work = _STEPS.get(type(node.step))
            if work is None:
                raise BadRequest(expected("a concrete plan", "plan", type(node.step).__name__))
            made = work(job, node.step, *[job.pictures[of] for of in node.of])
            if isinstance(made, Made):
                return made
            job.pictures[at] = made
    raise BadRequest(expected("an output", "plan", "none"))


def _refuse_unwritable(plan: Plan) -> None:
    """Before any decoding: a format without a saver here."""
    for output in plan.outputs:
        if encode.name(output) not in capabilities().savers:
            raise unwritable(encode.name(output))


def _decode(job: Job, step: Decode) -> Picture:
    if not 0 <= step.input < len(job.sources):
        raise BadRequest(expected(f"an input below {len(job.sources)}", "input", step.input))
    header = job.headers[step.input] = open_header(job.sources[step.input], job.limits)
    facts = header.facts
    goal = _goal(job.plan, step, View.whole(facts.width, facts.height, facts.orientation))
    moving = any(FORMATS[encode.name(output)].animated for output in job.plan.outputs)
    picture = decode(header, step, goal, moving, job.limits)
    job.lap("decode")
    return picture


def _goal(plan: Plan, step: Decode, view: View) -> Goal:
    """How far the decoder may shrink: look along the chain to the first Resize. A fork, a Pad or the end wants every
    pixel."""
    at = next(at for at, node in enumerate(plan.nodes) if node.step is step)
    cropped = False
    while True:
        users = [later for later, node in enumerate(plan.nodes) if at in node.of]
        if len(users) != 1:
            return Goal()
        at = users[0]
        following = plan.nodes[at].step
        if isinstance(following, Resize):
            width, height = view.swapped(following.width, following.height)
            return Goal(min(view.width / width, view.height / height), following.light, cropped)
        if type(following) not in _VIEWS:
            return Goal()
        cropped = cropped or isinstance(following, Crop)
        view = _VIEWS[type(following)](view, following)


def _look(job: Job, step: Step, picture: Picture) -> Picture:
    return replace(picture, view=_VIEWS[type(step)](picture.view, step))


def _resize(job: Job, step: Resize, picture: Picture) -> Picture:
    return resize.resize(picture, step, job.limits)


def _pad(job: Job, step: Pad, picture: Picture) -> Picture:
    return resize.pad(picture, step, job.limits)


_VIEWS: Mapping[type[Step], Callable[[View, Any], View]] = {
    Turn: View.turn,
    Mirror: View.mirror,
    Crop: View.crop,
}
_STEPS: Mapping[type[Step], Callable[..., Picture | Made]] = {
    Decode: _decode,
    Turn: _look,
    Mirror: _look,
    Crop: _look,
    Resize: _resize,
    Pad: _pad,
    Encode: finish,
}
