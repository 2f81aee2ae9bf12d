"""What a sizing wish means for a picture of known size: which part is used, how large it is drawn, on what canvas.

`compute` cuts the source by the manual window, finds the *target* (the box asked for), lets `edge.plan.arrange` say
what mode and scale make of the two, and puts the result in place: RIAPI §4, exactly where `Fit.exact` says so.

Else one quirk is mended (RIAPI §7.3). A derived side is rounded before zoom multiplies it, so the canvas may be a line
or two larger than the picture in it, and upstream paints those. Here the picture fills the canvas, whose size stays.

A point in the picture (`Fit.focus`) counts from the whole picture that the Fit meets, before its window: a face does
not move because somebody cuts elsewhere.
"""

from dataclasses import dataclass
from typing import Final

from edge.plan.arrange import arrange
from edge.plan.boxes import I32_MAX, Rect, Size, height_for, place, round_away, side, width_for, within
from edge.plan.steps import Auto, Fit, Point

# What rounding a side and then multiplying it leaves at most: half a pixel times the usual densities, up to 4.
_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """Which rectangle of the upright (and source-turned) picture is used, drawn at what size, where on what canvas."""

    crop_left: int
    crop_top: int
    crop: Size
    image: Size
    canvas: Size
    left: int
    top: int


def compute(fit: Fit, width: int, height: int) -> Layout:
    """Lay a picture of width × height out. Never fails: every number gives sizes from 1 to 2³¹−1."""
    whole = Size(max(1, width), max(1, height))
    window = window_of(fit, *whole)
    asked = _asked(fit, window.size)
    used, image, canvas = arrange(fit.mode, fit.scale, window.size, _target(fit, asked, whole, window.size))
    if _is_lined(fit, asked, used, image, canvas):
        image = canvas
    crop_left, crop_top = _place_crop(fit, whole, window, used)
    return Layout(
        crop_left=crop_left,
        crop_top=crop_top,
        crop=used,
        image=image,
        canvas=canvas,
        left=place(canvas.width - image.width, fit.anchor.x),
        top=place(canvas.height - image.height, fit.anchor.y),
    )


def window_of(fit: Fit, width: int, height: int) -> Rect:
    """What the manual crop keeps of a picture; a window that keeps nothing is no window (RIAPI §4.1)."""
    if fit.window is None:
        return Rect(0, 0, width, height)
    window, (full_width, full_height) = fit.window, fit.full or (width, height)
    x1, x2 = _span(window.x1, window.x2, window.x_units or full_width, width)
    y1, y2 = _span(window.y1, window.y2, window.y_units or full_height, height)
    if x2 <= x1 or y2 <= y1:
        return Rect(0, 0, width, height)
    return Rect(x1, y1, x2 - x1, y2 - y1)


def _span(near: float, far: float, units: float, length: int) -> tuple[int, int]:
    """Both ends in whole pixels. Negative counts from the far edge, and so does 0 where it is the far end."""
    start, end = (value * length / units for value in (near, far))
    if start < 0:
        start += length
    if end <= 0:
        end += length
    return within(start, length), within(end, length)


def _asked(fit: Fit, source: Size) -> tuple[int, int]:
    """The two lengths asked for (RIAPI §4.2), below 1 where nothing is. -1 is "not given"; 0 counts as given in the
    rule about the other axis' bound only, as upstream."""
    width, max_width = _bounded(fit.width, fit.max_width)
    height, max_height = _bounded(fit.height, fit.max_height)
    if width >= 0 and max_height >= 0:
        max_height = min(max_height, height_for(source, width))
    if height >= 0 and max_width >= 0:
        max_width = min(max_width, width_for(source, height))
    return max(width, max_width), max(height, max_height)


def _bounded(length: int | Auto | None, bound: int | None) -> tuple[int, int]:
    """A length and what is left of its bound once both are given."""
    given = -1 if length is None or isinstance(length, Auto) else min(max(-1, length), I32_MAX)
    limit = -1 if bound is None else min(max(-1, bound), I32_MAX)
    return (min(given, limit), -1) if given > 0 and limit > 0 else (given, limit)


def _target(fit: Fit, asked: tuple[int, int], whole: Size, source: Size) -> Size:
    """The box asked for. What is missing follows from the source: one side by its proportions, both its own."""
    width, height = asked
    if width < 1 and height < 1:
        box = _own(fit, whole, source)
    elif height < 1:
        box = Size(width, height_for(source, width))
    elif width < 1:
        box = Size(width_for(source, height), height)
    else:
        box = Size(width, height)
    zoom = 1.0 if isinstance(fit.zoom, Auto) else fit.zoom
    return Size(side(box.width * zoom), side(box.height * zoom))


def _own(fit: Fit, whole: Size, source: Size) -> Size:
    """The source's own size; behind a Trim the width it had before, in the proportions it has now (RIAPI §5)."""
    if fit.full is None:
        return source
    width = side(source.width * fit.full[0] / whole.width)
    return Size(width, height_for(source, width))


def _is_lined(fit: Fit, asked: tuple[int, int], used: Size, image: Size, canvas: Size) -> bool:
    """Is there padding that nobody asked for? A canvas that grows around an unscaled picture is asked for."""
    wanted = fit.exact or fit.mode != "pad" or (fit.scale == "canvas" and image == used)
    if wanted or (asked[0] >= 1) == (asked[1] >= 1):
        return False
    return max(canvas.width - image.width, canvas.height - image.height) <= _LINES


def _place_crop(fit: Fit, whole: Size, window: Rect, used: Size) -> tuple[int, int]:
    """Left and top of the used part: around the focus, else by gravity or anchor inside the window."""
    if fit.focus is not None:
        return _around(fit.focus, whole, window, used)
    spot = fit.gravity or fit.anchor
    return (
        window.left + place(window.width - used.width, spot.x),
        window.top + place(window.height - used.height, spot.y),
    )


def _around(focus: Point, whole: Size, window: Rect, used: Size) -> tuple[int, int]:
    across, down = (50.0 if part is None else part for part in (focus.x, focus.y))
    left = round_away(whole.width * across / 100 - used.width / 2)
    top = round_away(whole.height * down / 100 - used.height / 2)
    return (
        min(max(left, window.left), window.left + window.width - used.width),
        min(max(top, window.top), window.top + window.height - used.height),
    )
