"""Watermarks: where they lie on a picture, and what is laid over what.

The area is a share of the image or of the canvas, or what margins leave of it. The mark is fitted into it by the same
sizing rules as any picture, and put where its gravity says. A mark that has no room, no opacity or too small a canvas
is hidden: it leaves nothing in the plan.
"""

from dataclasses import replace
from typing import Final

from edge.plan.boxes import Rect, Size, place, within
from edge.plan.ends import Ends
from edge.plan.filters import IDENTITY
from edge.plan.regions import misfit
from edge.plan.resample import resized, wanted
from edge.plan.sizing import compute
from edge.plan.steps import Area, Crop, Fit, FitMode, Mode, Overlay, Recolour, Scale, Watermark
from edge.plan.view import Settling, View, cropped

_MODES: Final[dict[FitMode, tuple[Mode, Scale]]] = {
    "distort": ("stretch", "both"),
    "within": ("max", "down"),
    "fit": ("max", "both"),
    "within_crop": ("crop", "down"),
    "fit_crop": ("crop", "both"),
}
_OPAQUE: Final = Recolour((*IDENTITY[:18], 0.0, 1.0))


def area_of(area: Area, whole: Rect) -> Rect | None:
    """The rectangle of an area of `whole`, in the same pixels; None when not one is left."""
    x1, x2 = _span(area.x1, area.x2, whole.width, area.margins)
    y1, y2 = _span(area.y1, area.y2, whole.height, area.margins)
    if x2 <= x1 or y2 <= y1:
        return None
    return Rect(whole.left + x1, whole.top + y1, x2 - x1, y2 - y1)


def _span(near: float, far: float, length: int, margins: bool) -> tuple[int, int]:
    start, end = (near, length - far) if margins else (near / 100 * length, far / 100 * length)
    return within(start, length), within(end, length)


def watermark(settling: Settling, views: tuple[View, ...], step: Watermark, to: Ends) -> View:
    """Padding that is due waits while marks are laid on the image, and is put before those on the canvas."""
    base, mark = views
    if step.opacity <= 0 or base.canvas.width <= step.min_width or base.canvas.height <= step.min_height:
        return base
    if step.area.on == "canvas":
        base = settling.padded(base)
    area = area_of(step.area, _ground(base, step.area))
    return views[0] if area is None else _laid(settling, base, mark, step, area)


def _ground(base: View, area: Area) -> Rect:
    """What an area is a share of, in the pixels of `base`."""
    if area.on == "image" and base.pad is None and base.image is not None:
        return base.image
    return Rect(0, 0, *base.size)


def _laid(settling: Settling, base: View, mark: View, step: Watermark, area: Rect) -> View:
    mark = settling.padded(mark)
    mode, scale = _MODES[step.mode]
    fit = Fit(
        *area.size,
        mode=mode,
        scale=scale,
        anchor=step.gravity,
        light=step.light,
        up_light=step.light,
        down_kernel=step.down_kernel,
        up_kernel=step.up_kernel,
        sharpen=step.sharpen,
        sharpen_when=step.sharpen_when,
    )
    layout = compute(fit, *mark.size)
    mark = cropped(settling, mark, Crop(layout.crop_left, layout.crop_top, *layout.crop))
    mark = resized(settling, mark, wanted(fit, mark.size, layout.image))
    left = area.left + place(area.width - layout.image.width, step.gravity.x)
    top = area.top + place(area.height - layout.image.height, step.gravity.y)
    return settling.after(base, Overlay(left, top, min(step.opacity, 1.0)), mark)


def overlay(settling: Settling, views: tuple[View, ...], step: Overlay, to: Ends) -> View:
    """Laid on the canvas; what nobody could see is left out."""
    base, mark = views
    if step.inside and not _holds(step, base.canvas, mark.canvas):
        raise misfit("x, y, w, h", (step.left, step.top, *mark.canvas), base.canvas)
    replaces = step.blend == "overwrite"
    if not _meet(step, base.canvas, mark.canvas) or (step.opacity <= 0 and not replaces):
        return base
    base, mark = settling.padded(base), settling.padded(mark)
    if not replaces:
        return settling.after(base, Overlay(step.left, step.top, min(step.opacity, 1.0)), mark)
    mark = _opaque(settling, mark) if base.is_sealed else mark
    laid = settling.after(base, Overlay(step.left, step.top, blend="overwrite"), mark)
    return replace(laid, alpha=base.alpha or mark.alpha)


def _opaque(settling: Settling, view: View) -> View:
    """The view with its alpha dropped, for a base that can hold none: colours stay as they are stored."""
    return replace(settling.after(view, _OPAQUE), alpha=False) if view.alpha else view


def _holds(step: Overlay, base: Size, mark: Size) -> bool:
    across = 0 <= step.left <= base.width - mark.width
    return across and 0 <= step.top <= base.height - mark.height


def _meet(step: Overlay, base: Size, mark: Size) -> bool:
    """Do the two share a pixel?"""
    across = -mark.width < step.left < base.width
    return across and -mark.height < step.top < base.height
