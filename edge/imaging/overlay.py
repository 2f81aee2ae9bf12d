"""Overlay: one picture over another, as browsers lay them: source over, in sRGB as stored (Compositing 1 §5); or in
its place, colours and alpha.

Only the rectangle where the two meet is computed; the rest of the base passes as it is, and may be a stream.
"""

from edge.imaging import colour
from edge.imaging.effects import Frames, Image, premultiplied, settled
from edge.plan.steps import Overlay


def overlay(frames: Frames, marks: Frames, step: Overlay, flat: bool = False) -> Frames:
    """A mark on every frame: its first on the first, and so on; the last one stays. What lies outside the base is cut
    off. An opaque base stays opaque, but where it is overwritten by what is not; `flat` even there."""
    pairs = zip(frames, (*marks, *[marks[-1]] * (len(frames) - len(marks))), strict=False)
    corner = step.left, step.top
    if step.blend == "overwrite":
        return tuple(_replaced(frame, mark, corner, flat) for frame, mark in pairs)
    return tuple(laid(frame, mark, corner, step.opacity) for frame, mark in pairs)


def _replaced(base: Image, mark: Image, corner: tuple[int, int], flat: bool) -> Image:
    """The mark's pixels in the place of the base's. Without alpha, its colours are shown as they are stored."""
    box = _meeting(base, mark, corner)
    if box is None:
        return base
    left, top, width, height = box
    clear = colour.has_alpha(mark)
    base, mark = _alike(base, mark.crop(left - corner[0], top - corner[1], width, height))
    if clear and not flat:
        base = colour.with_alpha(base)
    if not colour.has_alpha(base):
        mark = mark.extract_band(0, n=mark.bands - 1)
    return base.insert(mark, left, top)


def laid(base: Image, mark: Image, corner: tuple[int, int], opacity: float) -> Image:
    """`mark`, in memory, over `base`, its top left corner at `corner`; both settled."""
    box = _meeting(base, mark, corner)
    opacity = min(max(opacity, 0.0), 1.0)
    if box is None or not opacity:
        return base
    left, top, width, height = box
    mark = mark.crop(left - corner[0], top - corner[1], width, height)
    base, mark = _alike(base, mark)
    return base.insert(_over(base.crop(*box), mark, opacity), left, top)


def _meeting(base: Image, mark: Image, corner: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The rectangle of the base that the mark covers, or None."""
    left, top = (max(at, 0) for at in corner)
    width = min(corner[0] + mark.width, base.width) - left
    height = min(corner[1] + mark.height, base.height) - top
    return (left, top, width, height) if width > 0 and height > 0 else None


def _alike(base: Image, mark: Image) -> tuple[Image, Image]:
    """Both grey or both in colour, and of one gamut: the base's. The mark gets an alpha band."""
    if base.interpretation != mark.interpretation:
        base, mark = colour.as_rgb(base), colour.as_rgb(mark)
    if colour.is_p3(base) and not colour.is_p3(mark):
        mark = mark.icc_transform("p3", input_profile="srgb")
    return base, colour.with_alpha(mark)


def _over(base: Image, mark: Image, opacity: float) -> Image:
    top = premultiplied(mark) * opacity
    shown = 1 - top[top.bands - 1] / 255
    if not colour.has_alpha(base):
        top = top.extract_band(0, n=top.bands - 1)
    return settled(premultiplied(base) * shown + top, base)
