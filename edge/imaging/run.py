"""From plan and bytes to encoded pictures: the one place where the order of work is decided.

The plan's nodes are taken in their order; each is one row of a table. Turning, mirroring and cropping only move a
View (edge.imaging.geometry), so a Decode can look ahead (edge.imaging.ahead) and know how small its picture will
become, and pixels are made once, at a Resize, a Pad, an effect or the end.

Two steps must see pixels to know where they lie. SmartCrop looks at a small copy, decoded for that, and the stream
goes on. Trim looks at every pixel: it puts a plan in the place of the one in hand, and the walk starts again with what
was decoded; an animation, too large to be held, is decoded again. While a Trim waits, only what it rests on is made.

Where the plan forks, what is shared is made once and held (edge.imaging.holding): each input is decoded once.

libvips is lazy: a picture's rows are decoded while they are resampled. So `decode` in the timings is opening and
header, `transform` decoding and resampling until the result is in memory, `encode` the rest. An animation too large
to be held is made while it is written, and its `transform` shows none.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from edge.errors import BadRequest, expected
from edge.imaging import colour, content, effects, encode, plain, resize
from edge.imaging.ahead import VIEWS
from edge.imaging.capabilities import capabilities
from edge.imaging.caption import caption
from edge.imaging.decode import Goal, decode, seen
from edge.imaging.describe import describe
from edge.imaging.failures import translated, unwritable
from edge.imaging.finish import finish
from edge.imaging.geometry import View
from edge.imaging.holding import at_hand, given, holds, kept, large
from edge.imaging.job import Job
from edge.imaging.overlay import overlay
from edge.imaging.picture import Picture
from edge.imaging.prepare import prepare
from edge.plan.facts import Facts, Limits
from edge.plan.layout import resolve
from edge.plan.plan import Plan
from edge.plan.steps import (
    Balance,
    Blur,
    Canvas,
    Caption,
    Crop,
    Decode,
    Dot,
    Encode,
    Fill,
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
)
from edge.plan.work import Done, Made, Source

log = logging.getLogger("edge.imaging")  # a worker's warnings go to its stderr, and so into the edge's log

# What a step makes: a picture, an output, or the plan to go on with.
Work: TypeAlias = Callable[..., Picture | Made | Plan]


def run(plan: Plan, sources: Sequence[Source], limits: Limits) -> Made:
    """The plan's first output. The plan is concrete: no AUTO, and no Fit or Watermark but behind a Trim. Raises
    EdgeErrors only: UnsupportedPicture, Unprocessable, TooLarge, BadRequest."""
    job = _worked(plan, sources, limits, False)
    return replace(job.outputs[0], seconds=job.seconds)


def run_all(plan: Plan, sources: Sequence[Source], limits: Limits) -> Done:
    """Every output of such a plan, in its order. What goes wrong with one is raised for all."""
    job = _worked(plan, sources, limits, True)
    return Done(tuple(job.outputs), job.seconds, tuple(job.decodes[input] for input in range(len(sources))))


def _worked(plan: Plan, sources: Sequence[Source], limits: Limits, every: bool) -> Job:
    prepare()
    _refuse_unwritable(plan)
    job = Job(plan, sources, limits, every)
    with translated():
        while (settled := _walk(job)) is not None:
            job.go_on(settled)
    return job


def _walk(job: Job) -> Plan | None:
    """Node after node, to the first Trim or, where none waits, to the end. What no later node asks for is let go."""
    for at in job.ahead.order:
        job.at = at
        node = job.plan.nodes[at]
        made = _work(node.step)(job, node.step, *[given(job, place, of) for place, of in enumerate(node.of)])
        if isinstance(made, Plan):
            return made
        if isinstance(made, Made):
            job.outputs.append(made)
        else:
            job.pictures[at] = kept(job, made)
        for over in job.ahead.done(at):
            del job.pictures[over]
    return None


def _work(step: Step) -> Work:
    work = _STEPS.get(type(step))
    if work is None:
        raise BadRequest(expected("a concrete plan", "plan", type(step).__name__))
    return work


def _refuse_unwritable(plan: Plan) -> None:
    """Before any decoding: a format without a saver here."""
    for output in plan.outputs:
        if output.format not in _WRITERS and encode.name(output) not in capabilities().savers:
            raise unwritable(encode.name(output))


def _decode(job: Job, step: Decode) -> Picture:
    if step in job.held:
        return job.held[step]
    header = job.open(step.input)
    goal = job.ahead.goal(job.at, seen(header.facts, step))
    picture = decode(header, step, goal, job.ahead.moving(job.at), job.limits)
    job.decodes[step.input] += 1
    if step.profile == "lenient" and not colour.sound(picture.frames[0]):
        log.warning("the colour profile of picture %s is broken and counts as none", job.sources[step.input].digest)
    picture = replace(picture, gamut=job.ahead.gamut(job.at))
    if job.ahead.trimmed(job.at) and len(picture.frames) == 1:
        picture = job.held[step] = picture.held()
    job.lap("decode")
    return picture


def _trim(job: Job, step: Trim, picture: Picture) -> Plan:
    box = content.box(resize.settle(picture).frames, step)
    return resolve(job.plan, job.at, box, picture.view.upright, _facts(job))


def _facts(job: Job) -> list[Facts]:
    """Of every input, as the plan was settled with: a mark may not have been opened yet."""
    for input in range(len(job.sources)):
        if input not in job.headers:
            job.open(input)
    return [job.headers[input].facts for input in range(len(job.sources))]


def _look(job: Job, step: Step, picture: Picture) -> Picture:
    return replace(picture, view=VIEWS[type(step)](picture.view, step))


def _look_closely(job: Job, step: SmartCrop, picture: Picture) -> Picture:
    picture, small = _glance(job, picture)
    spot = content.attention(small, step, picture.view.upright)
    return replace(picture, view=picture.view.around(*spot, step))


def _glance(job: Job, picture: Picture) -> tuple[Picture, Picture]:
    """The picture, and a small still copy of what it shows: of the stream decoded once more, or of what is at hand."""
    decoded = job.ahead.seen(job.at)
    if decoded is None:
        picture = resize.settle(picture).held(1)
    if decoded is None or at_hand(job, decoded):
        return picture, content.small(picture.still, job.limits)
    goal = Goal(picture.view.ratio(*picture.view.within(content.SMALL)), "srgb", True)
    again = decode(job.open(decoded.input), decoded, goal, False, job.limits)
    job.decodes[decoded.input] += 1
    return picture, content.small(replace(again, view=picture.view), job.limits)


def _resize(job: Job, step: Resize, picture: Picture) -> Picture:
    """Frames of an animation one after the other: what resamples one holds a megabyte, hundreds of them too many."""
    pixels = step.width * step.height * len(picture.frames)
    if not holds(pixels, picture) or pixels > job.limits.animation_pixels:
        return resize.resize(picture, step, job.limits)
    singles = (replace(picture, frames=(frame,)) for frame in picture.frames)
    made = [resize.resize(single, step, job.limits).held() for single in singles]
    return replace(made[0], frames=tuple(each.frames[0] for each in made))


def _settled(picture: Picture) -> Picture:
    """After an effect: the more steps wait in one pipeline, the more each of its frames holds."""
    width, height = picture.view.upright
    return picture.held() if holds(width * height * len(picture.frames), picture) else picture


def _pad(job: Job, step: Pad, picture: Picture) -> Picture:
    return resize.pad(picture, step, job.limits)


def _painted(work: Callable[[effects.Frames, Any], effects.Frames]) -> Work:
    """A row for what changes the pixels of upright frames and not their number or size."""

    def paint(_: Job, step: Step, picture: Picture) -> Picture:
        picture = resize.settle(picture)
        return _settled(replace(picture, frames=work(picture.frames, step)))

    return paint


def _canvas(job: Job, step: Canvas) -> Picture:
    resize.within(step.width, step.height, 1, job.limits)
    return Picture((plain.canvas(step),), View.whole(step.width, step.height))


def _overlay(job: Job, step: Overlay, base: Picture, mark: Picture) -> Picture:
    base, mark = resize.settle(base), resize.settle(mark)
    if len(mark.frames) > len(base.frames) == 1:
        base = _repeated(job, base, mark)
    if not large(mark) or len(mark.frames) < len(base.frames):
        mark = mark.held()
    root = job.plan.nodes[job.ahead.root(job.at)].step
    flat = isinstance(root, Canvas) and not root.alpha
    return _settled(replace(base, frames=overlay(base.frames, mark.frames, step, flat)))


def _repeated(job: Job, base: Picture, mark: Picture) -> Picture:
    """A still as often as a mark has frames, each shown as long as the mark's."""
    count = len(mark.frames)
    resize.within(*base.view.upright, count, job.limits)
    return replace(base, frames=base.held().frames * count, delays=mark.delays, loop=mark.loop)


def _write(job: Job, step: Encode, picture: Picture) -> Made:
    return _WRITERS.get(step.format, finish)(job, step, picture)


_WRITERS: Mapping[object, Callable[[Job, Encode, Picture], Made]] = {"json": describe}
_STEPS: Mapping[type[Step], Work] = {
    Decode: _decode,
    Canvas: _canvas,
    Trim: _trim,
    Turn: _look,
    Mirror: _look,
    Crop: _look,
    SmartCrop: _look_closely,
    Resize: _resize,
    Pad: _pad,
    Fill: _painted(plain.filled),
    Round: _painted(effects.rounded),
    Recolour: _painted(effects.recoloured),
    Balance: _painted(effects.balanced),
    Blur: _painted(effects.blurred),
    Pixelate: _painted(effects.pixelated),
    Overlay: _overlay,
    Caption: _painted(caption),
    Dot: _painted(effects.dotted),
    Encode: _write,
}
