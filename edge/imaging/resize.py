"""The steps that make pixels: resample, pad, and cut out what a View shows.

What becomes smaller is resampled in 8 bits, for linear light in two planes of them (edge.imaging.moments); what grows
in linear light goes through floats: there, darks would show the steps.
"""

from dataclasses import replace

import pyvips

from edge.imaging import colour, kernels, mixing, moments, sharpen
from edge.imaging.failures import over
from edge.imaging.geometry import View
from edge.imaging.picture import Picture
from edge.plan.facts import Limits
from edge.plan.steps import Pad, Resize


def resize(picture: Picture, step: Resize, limits: Limits) -> Picture:
    """Resample what the view shows to exactly the step's size."""
    within(step.width, step.height, len(picture.frames), limits)
    width, height = picture.view.swapped(step.width, step.height)
    frames = tuple(_resized(frame, picture, (width, height), step) for frame in picture.frames)
    view = View(0, 0, width, height, picture.view.mirrored, picture.view.quarters)
    return replace(picture, frames=frames, view=view, spans=(1.0, 1.0))


def pad(picture: Picture, step: Pad, limits: Limits) -> Picture:
    """Put what the view shows on a canvas."""
    within(step.width, step.height, len(picture.frames), limits)
    picture = settle(picture)
    frames = tuple(_padded(frame, step) for frame in picture.frames)
    return replace(picture, frames=frames, view=View.whole(step.width, step.height))


def settle(picture: Picture) -> Picture:
    """Exactly the pixels the view shows, upright, in sRGB or grey."""
    view = picture.view
    frames = tuple(_turned(colour.settle(_cut(frame, picture.box), picture.gamut), view) for frame in picture.frames)
    return replace(picture, frames=frames, view=View.whole(*view.upright), spans=(1.0, 1.0))


def within(width: int, height: int, frames: int, limits: Limits) -> None:
    """A result's size against the limits, before any of its pixels. Unprocessable when it is too large."""
    if width * height > limits.output_pixels:
        raise over("pixels in the result", limits.output_pixels, width * height)
    if width * height * frames > limits.animation_pixels:
        raise over("pixels in all frames of the result", limits.animation_pixels, width * height * frames)


def _resized(image: pyvips.Image, picture: Picture, size: tuple[int, int], step: Resize) -> pyvips.Image:
    box = picture.box
    scales = size[0] / box[2], size[1] / box[3]
    image = _cut(image, box)
    if scales != (1.0, 1.0) or step.sharpen > 0:
        if step.light == "linear" and not colour.mixable(image):
            image = colour.settle(image, picture.gamut)
        image = _resampled(image, scales, size, step)
    return mixing.over(colour.settle(image, picture.gamut), step.matte, step.light)


def _resampled(image: pyvips.Image, scales: tuple[float, float], size: tuple[int, int], step: Resize) -> pyvips.Image:
    grow, keep_or_shrink = (_only(scales, grows) for grows in (True, False))
    image = sharpen.sharpened(image, grow, step.sharpen, step.kernel, step.light)
    if scales != (1.0, 1.0):
        image = _exactly(_scaled(image, scales, step), *size)
    return sharpen.sharpened(image, keep_or_shrink, step.sharpen, step.kernel, step.light)


def _only(scales: tuple[float, float], grows: bool) -> tuple[float, float]:
    """The scales of the axes that grow, or of those that do not; 0 for the others."""
    across, down = (scale if (scale > 1) is grows else 0.0 for scale in scales)
    return across, down


def _scaled(image: pyvips.Image, scales: tuple[float, float], step: Resize) -> pyvips.Image:
    if step.kernel == "nearest":  # nothing is mixed
        return kernels.scaled(image, *scales, step.kernel)
    if step.light == "linear" and max(scales) <= 1:
        return moments.shrunk(image, *scales, step.kernel)
    mixed = kernels.scaled(mixing.enter(image, step.light), *scales, step.kernel)
    return mixing.leave(mixed, step.light, image)


def _cut(image: pyvips.Image, box: tuple[float, float, float, float]) -> pyvips.Image:
    """The rectangle, its edges moved to the nearest pixels.

    A decoder that shrinks rounds its size down, so the far edge may lie half a pixel outside: the last pixel is
    repeated there. The scale stays exact and libvips centres the result on what it is given, so rounding moves the
    picture by at most a quarter of a (shrunk) pixel, or half of one when both edges are rounded the same way, but it
    never drifts.
    """
    left, top = (min(round(box[at]), limit - 1) for at, limit in ((0, image.width), (1, image.height)))
    width, height = (max(1, round(box[at] + box[at + 2]) - start) for at, start in ((0, left), (1, top)))
    inside = min(width, image.width - left), min(height, image.height - top)
    if (left, top, *inside) != (0, 0, image.width, image.height):
        image = image.crop(left, top, *inside)
    return _exactly(image, width, height)


def _exactly(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """The size asked for, whatever way libvips rounded: a column too many goes, one too few repeats its neighbour."""
    if (image.width, image.height) == (width, height):
        return image
    return image.embed(0, 0, width, height, extend="copy")


def _turned(image: pyvips.Image, view: View) -> pyvips.Image:
    if view.mirrored:
        image = image.fliphor()
    if view.quarters:
        # A turn reads columns, a stream gives rows.
        image = image.copy_memory().rot(f"d{90 * view.quarters}")
    return image


def _padded(image: pyvips.Image, step: Pad) -> pyvips.Image:
    *rgb, opacity = bytes.fromhex(step.background)
    if opacity and len(set(rgb)) > 1:
        image = colour.as_rgb(image)
    if opacity < 255:
        image = colour.with_alpha(image)
    ground = rgb[: image.bands - 1 if colour.has_alpha(image) else image.bands]
    background = [*ground, opacity] if colour.has_alpha(image) else ground
    return image.embed(step.left, step.top, step.width, step.height, extend="background", background=background)
