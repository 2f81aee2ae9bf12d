"""The end of a run: the picture's pixels made, and written."""

from edge.imaging import encode, resize
from edge.imaging.colour import opaque
from edge.imaging.failures import refuse_patched_jpeg
from edge.imaging.job import Job
from edge.imaging.picture import Picture
from edge.plan.steps import Encode
from edge.plan.work import Made


def finish(job: Job, step: Encode, picture: Picture) -> Made:
    format = encode.name(step)
    picture = resize.settle(picture)
    width, height = picture.view.upright
    image = encode.drawn(picture, step)
    frames = image.height // height
    if image.width * image.height <= job.limits.output_pixels:
        image = image.copy_memory()
        image = opaque(image) if frames == 1 else image
    refuse_patched_jpeg()
    job.lap("transform")
    body = encode.write(image, step, height)
    refuse_patched_jpeg()
    job.lap("encode")
    return Made(body, format, width, height, frames, job.seconds)
