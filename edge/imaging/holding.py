"""What stays in memory between two steps, and what a step is given to read.

A picture that many read is made once and held, as small as its Decode could make it. An animation too large for that,
of which nothing but a view is shown, is decoded again for each further reader.
"""

from dataclasses import replace

from edge.imaging.decode import Goal, decode
from edge.imaging.job import Job
from edge.imaging.picture import Picture
from edge.plan.steps import Decode

# Bytes of an animation's frames, each pixel of so many channels, that are held between two steps.
HELD, _CHANNELS = 256 << 20, 4

# So many steps may wait in one pipeline: what runs it calls itself once for each, and its time grows faster than they.
DEEP = 16


def holds(pixels: int, picture: Picture) -> bool:
    """Are the frames of this animation, so many pixels together, small enough to be held between two steps?"""
    return len(picture.frames) > 1 and pixels * _CHANNELS <= HELD


def large(picture: Picture) -> bool:
    """Is it an animation too large to be held?"""
    frames = picture.frames
    return len(frames) > 1 and not holds(frames[0].width * frames[0].height * len(frames), picture)


def kept(job: Job, picture: Picture) -> Picture:
    """What the node in hand made, fit to be read as often as it will be."""
    job.depths[job.at] = 1 + max((job.depths.get(of, 0) for of in job.plan.nodes[job.at].of), default=0)
    if not job.ahead.shared(job.at):
        return _shallow(job, picture)
    if large(picture) and job.ahead.seen(job.at) is not None:
        job.streams[job.at] = False
        return picture
    return picture.held()


def _shallow(job: Job, picture: Picture) -> Picture:
    """A still is made before too many steps wait for it; views are no such steps."""
    if job.depths[job.at] < DEEP or len(picture.frames) > 1 or job.ahead.seen(job.at) is not None:
        return picture
    job.depths[job.at] = 0
    return picture.held()


def at_hand(job: Job, decoded: Decode) -> bool:
    """Is the picture of which the node in hand shows a view in memory, so that it may be read once more?"""
    line = job.ahead.line(job.at)[1:]
    return decoded in job.held or any(job.ahead.shared(at) and at not in job.streams for at in line)


def given(job: Job, place: int, of: int) -> Picture:
    """What the node in hand reads from node `of`: as its first picture one of the gamut that its outputs keep; a still
    where they do not move."""
    picture = _read(job, of)
    if len(picture.frames) > 1 and not job.ahead.moving(job.at):
        picture = picture.still
    gamut = "srgb" if place else job.ahead.gamut(job.at)
    return picture if picture.gamut == gamut else replace(picture, gamut=gamut)


def _read(job: Job, of: int) -> Picture:
    picture = job.pictures[of]
    if of not in job.streams:
        return picture
    if job.streams[of]:
        return _again(job, of, picture)
    job.streams[of] = True
    return picture


def _again(job: Job, of: int, picture: Picture) -> Picture:
    """The same view of the animation, decoded once more."""
    step = job.ahead.seen(of)
    if step is None:
        raise ValueError(f"Node {of} shows no Decode")
    job.decodes[step.input] += 1
    again = decode(job.open(step.input), step, Goal(), job.ahead.moving(job.at), job.limits)
    return replace(again, view=picture.view)
