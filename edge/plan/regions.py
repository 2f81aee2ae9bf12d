"""Rectangles by their corners: windows that may reach beyond a picture, room around it, parts of it painted over; and
the plain canvas that is left where a window misses its picture."""

from dataclasses import replace
from typing import Final

from edge.errors import Misfit, expected
from edge.plan.boxes import I32_MAX, Rect, Size, f32, round_away
from edge.plan.colour import is_opaque, visible
from edge.plan.ends import Ends, beyond, ground
from edge.plan.steps import Canvas, Crop, Expand, Fill, Pad, Region
from edge.plan.view import Settling, View, cropped, needed

_MOST_PERCENT: Final = 1e28  # of a side of 32 bits: what 32-bit floats still hold


def window(step: Region, size: Size) -> Rect:
    """What a region keeps, in the pixels of a picture of this size, at least one on each axis. It may reach beyond."""
    x1, x2 = _span(step.x1, step.x2, size.width, step.percent)
    y1, y2 = _span(step.y1, step.y2, size.height, step.percent)
    return Rect(x1, y1, x2 - x1, y2 - y1)


def expanded(step: Expand, size: Size) -> Size:
    """The size with the room around it."""
    return Size(step.left + size.width + step.right, step.top + size.height + step.bottom)


def _span(near: float, far: float, length: int, percent: bool) -> tuple[int, int]:
    start, end = (_pixel(value, length, percent) for value in (near, far))
    return start, max(end, start + 1)


def _pixel(value: float, length: int, percent: bool) -> int:
    if percent:
        value = f32(f32(f32(length) * f32(max(-_MOST_PERCENT, min(value, _MOST_PERCENT)))) / 100)
    return round_away(max(-float(I32_MAX), min(value, float(I32_MAX))))


def canvas(settling: Settling, views: tuple[View, ...], step: Canvas, to: Ends) -> View:
    """One that holds no transparency takes a colour for what it is, whatever its alpha."""
    background = visible(step.background) if step.alpha else _solid(step.background)
    step = replace(step, background=background)
    return View(settling.put(step), Size(step.width, step.height), not is_opaque(background), sealed=not step.alpha)


def _solid(colour: str) -> str:
    return f"{colour[:6]}ff"


def region(settling: Settling, views: tuple[View, ...], step: Region, to: Ends) -> View:
    view = settling.padded(views[0])
    wanted = window(step, view.size)
    kept = _shared(wanted, view.size)
    if not (step.x1 < step.x2 and step.y1 < step.y2) or (step.inside and kept != wanted):
        raise misfit("x1, y1, x2, y2", (step.x1, step.y1, step.x2, step.y2), view.size)
    paper = ground(step.background, beyond(to), view.paper)
    if kept is None:
        plain = canvas(settling, (), Canvas(*wanted.size, paper), to)
        return replace(plain, paper=view.paper, plain=True)
    view = cropped(settling, view, Crop(*kept))
    return _around(settling, view, Pad(kept.left - wanted.left, kept.top - wanted.top, *wanted.size, paper))


def _shared(rect: Rect, size: Size) -> Rect | None:
    """The part of a rectangle that lies in a picture."""
    left, right = max(rect.left, 0), min(rect.left + rect.width, size.width)
    top, bottom = max(rect.top, 0), min(rect.top + rect.height, size.height)
    return Rect(left, top, right - left, bottom - top) if left < right and top < bottom else None


def expand(settling: Settling, views: tuple[View, ...], step: Expand, to: Ends) -> View:
    view = settling.padded(views[0])
    paper = ground(step.background, beyond(to), view.paper)
    return _around(settling, view, Pad(step.left, step.top, *expanded(step, view.size), paper))


def _around(settling: Settling, view: View, step: Pad) -> View:
    pad = needed(step, view.size)
    return replace(view if pad is None else settling.pad(view, pad), image=None, plain=False)


def fill(settling: Settling, views: tuple[View, ...], step: Fill, to: Ends) -> View:
    """What is painted over has the colour's alpha, where there can be any."""
    view = settling.padded(views[0])
    rect = Rect(step.x1, step.y1, step.x2 - step.x1, step.y2 - step.y1)
    if _shared(rect, view.size) != rect:
        raise misfit("x1, y1, x2, y2", (step.x1, step.y1, step.x2, step.y2), view.size)
    step = replace(step, colour=_solid(step.colour) if view.is_sealed else visible(step.colour))
    return replace(settling.after(view, step), alpha=view.alpha or not is_opaque(step.colour))


def misfit(names: str, numbers: tuple[float, ...], size: Size) -> Misfit:
    """The error of a rectangle that is empty or leaves its picture."""
    what = f"a rectangle inside the picture of {size.width} × {size.height} pixels"
    return Misfit(expected(what, names, ", ".join(f"{number:.10g}" for number in numbers)))
