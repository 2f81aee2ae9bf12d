"""The end of a run: the picture's pixels made, and written. Where nothing changed a pixel and the format stays, never
in more bytes than the source has."""

import pyvips

from edge.imaging import colour, encode, resize
from edge.imaging.colour import opaque
from edge.imaging.encode import Shown
from edge.imaging.failures import refuse_patched_jpeg, writing
from edge.imaging.job import Job
from edge.imaging.picture import Picture
from edge.imaging.probe import Header
from edge.imaging.rights import rights
from edge.imaging.slim import slim
from edge.plan.steps import Crop, Decode, Encode, Mirror, Resize, SmartCrop, Step, Trim, Turn
from edge.plan.work import Made

# Steps after which a picture has no colours but its own and those between them.
_SAME_COLOURS: frozenset[type[Step]] = frozenset({Decode, Trim, Turn, Mirror, Crop, SmartCrop, Resize, Encode})


def finish(job: Job, step: Encode, picture: Picture) -> Made:
    format = encode.name(step)
    header = source(job)
    picture = resize.settle(picture)
    width, height = picture.view.upright
    image = encode.drawn(picture, step)
    frames = image.height // height
    held = image.width * image.height <= job.limits.output_pixels
    if held:
        image = image.copy_memory()
        image = opaque(image) if frames == 1 else image
    refuse_patched_jpeg()
    job.lap("transform")
    exif = rights(header.image) if header and "copyright" in step.keep else b""
    with writing(held):
        body = encode.write(image, step, height, Shown(_depth(job, header), exif, held))
    refuse_patched_jpeg()
    if header and not exif and _untouched(job, step, header):
        body = _smaller(body, header)
    frames = _frames(body) if frames > 1 else 1
    job.lap("encode")
    return Made(body, format, width, height, frames)


def source(job: Job) -> Header | None:
    """Of the input whose picture the output in hand is; None of a plain canvas."""
    step = job.plan.nodes[job.ahead.root(job.at)].step
    return job.headers[step.input] if isinstance(step, Decode) else None


def _depth(job: Job, header: Header | None) -> int:
    """Bits a pixel that are enough for a GIF made of a GIF. Resampling makes colours between the source's: one bit more
    shows them; eight would let a drawing of 16 colours grow five times as large a pixel."""
    if header is None or header.facts.format != "gif":
        return 8
    own = all(type(step) in _SAME_COLOURS for step in job.ahead.under(job.at))
    return min(8, max(4, header.facts.bits + 1)) if own else 8


def _untouched(job: Job, step: Encode, header: Header) -> bool:
    """Is the output the source, pixel for pixel, in the source's own format?"""
    nodes, facts = job.plan.nodes, header.facts
    decode = nodes[nodes[job.at].of[0]].step
    if not isinstance(decode, Decode) or facts.format != step.format:
        return False
    upright = facts.orientation == 1 or not decode.upright
    whole = decode.frame is None or facts.frames == 1
    return upright and whole and facts.bits <= 8 and _plain(header.image, decode)


def _plain(image: pyvips.Image, step: Decode) -> bool:
    """Do its numbers mean sRGB or grey?"""
    if image.interpretation not in ("srgb", "b-w"):
        return False
    profile = bytes(image.get(colour.PROFILE)) if image.get_typeof(colour.PROFILE) else b""
    return step.profile == "ignore" or not profile or b"sRGB IEC61966-2" in profile


def _smaller(body: bytes, header: Header) -> bytes:
    """The source without its metadata where that is no larger; it was never coded twice."""
    own = slim(header.data, header.facts.format)
    return own if own is not None and len(own) <= len(body) else body


def _frames(body: bytes) -> int:
    """How many frames were written: equal neighbours may have become one that is shown as long."""
    image = pyvips.Image.new_from_buffer(body, "", access="sequential")
    return int(image.get("n-pages")) if image.get_typeof("n-pages") else 1
