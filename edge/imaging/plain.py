"""Plain colour: a canvas of it, and a rectangle of it in a picture. Nothing is mixed; alpha is what the colour says."""

import pyvips

from edge.imaging import colour
from edge.imaging.effects import Frames, Image
from edge.plan.steps import Canvas, Fill


def canvas(step: Canvas) -> Image:
    """Its rows are made when they are read. One that can hold no transparency shows the colour without its opacity."""
    values = list(bytes.fromhex(step.background))
    return _plain(values if step.alpha else values[:3], step.width, step.height)


def filled(frames: Frames, step: Fill) -> Frames:
    """The rectangle in every frame. What lies outside the picture is left out. Grey becomes RGB for a colour, and what
    is opaque gets alpha for one that is not."""
    left, top = max(step.x1, 0), max(step.y1, 0)
    width, height = min(step.x2, frames[0].width) - left, min(step.y2, frames[0].height) - top
    if width <= 0 or height <= 0:
        return frames
    *rgb, opacity = bytes.fromhex(step.colour)
    return tuple(_filled(frame, rgb, opacity, (left, top, width, height)) for frame in frames)


def _filled(image: Image, rgb: list[int], opacity: int, box: tuple[int, int, int, int]) -> Image:
    left, top, width, height = box
    image = colour.as_rgb(image) if len(set(rgb)) > 1 else image
    image = colour.with_alpha(image) if opacity < 255 else image
    values = [*rgb[: 1 if image.bands < 3 else 3], *([opacity] if colour.has_alpha(image) else [])]
    return image.insert(_plain(values, width, height), left, top)


def _plain(values: list[int], width: int, height: int) -> Image:
    """An image of one colour: grey for one or two numbers, RGB for three or four."""
    spot = pyvips.Image.new_from_memory(bytes(values), 1, 1, len(values), "uchar")
    spot = spot.copy(interpretation="b-w" if len(values) < 3 else "srgb")
    return spot.embed(0, 0, width, height, extend="copy")
