"""Nodes that cut, scale, pad, turn and paint, each as the steps that follow its input."""

from collections.abc import Mapping
from typing import Final

from edge.dialects.book import Compat
from edge.dialects.imageflow import nodes as job
from edge.dialects.imageflow.recipe import Step
from edge.dialects.imageflow.sampling import clamped, colour, corners, fitting, matte, paint, point, side
from edge.errors import expected
from edge.plan import steps
from edge.plan.boxes import I32_MAX

Line = tuple[steps.Step, ...]

# Behind this a picture is what it looks like: its padding is part of it, and the size before a Trim is forgotten.
WHOLE: Final = steps.Region(0.0, 0.0, 100.0, 100.0, percent=True)

_MODES: Final[Mapping[job.ConstraintMode, tuple[steps.Mode, steps.Scale]]] = {
    "distort": ("stretch", "both"),
    "within": ("max", "down"),
    "fit": ("max", "both"),
    "larger_than": ("max", "up"),
    "within_crop": ("crop", "down"),
    "fit_crop": ("crop", "both"),
    "within_pad": ("pad", "down"),
    "fit_pad": ("pad", "both"),
    "aspect_crop": ("aspectcrop", "down"),
}
_TURN: Final = tuple(steps.Turn(quarters) for quarters in range(4))
_ACROSS, _DOWN = steps.Mirror("x"), steps.Mirror("y")
_TRANSPOSE: Final[Line] = (_TURN[1], _ACROSS)
# What makes a picture upright, by its EXIF orientation.
_UPRIGHT: Final[Mapping[int, Line]] = {
    2: (_ACROSS,),
    3: (_TURN[2],),
    4: (_DOWN,),
    5: _TRANSPOSE,
    6: (_TURN[1],),
    7: (_TURN[3], _ACROSS),
    8: (_TURN[3],),
}
TURNS: Final[Mapping[type, Line]] = {
    job.FlipH: (_ACROSS,),
    job.FlipV: (_DOWN,),
    job.Transpose: _TRANSPOSE,
    job.Rotate90: (_TURN[1],),
    job.Rotate180: (_TURN[2],),
    job.Rotate270: (_TURN[3],),
    job.WatermarkRedDot: (steps.Dot(),),
}
_WIDEST: Final = 1e6  # percent: ten thousand times a side of 2^31 pixels is beyond every limit


def constrain(node: job.Constrain, whose: Step, compat: Compat) -> Line:
    """One side alone brings the other along; without any the picture stays as it is."""
    mode, scale = _MODES[node.mode]
    fit = steps.Fit(
        width=None if node.w is None else side(node.w, "w", whose),
        height=None if node.h is None else side(node.h, "h", whose),
        mode="max" if node.w is None and node.h is None else mode,
        scale=scale,
        anchor=point(node.gravity),
        exact=compat == "imageflow",
        **fitting(node.hints, whose, node.canvas_color),
    )
    return fit, WHOLE


def exactly(width: int, height: int, hints: job.ResampleHints | None, whose: Step) -> Line:
    """Both sides as they are asked for, whatever the proportions."""
    wide, high = side(width, "w", whose), side(height, "h", whose)
    return steps.Fit(wide, high, mode="stretch", scale="both", **matte(hints, whose)), WHOLE


def resample(node: job.Resample2d, whose: Step, compat: Compat) -> Line:
    return exactly(node.w, node.h, node.hints, whose)


def crop(node: job.Crop, whose: Step, compat: Compat) -> Line:
    corners(node.x1, node.x2, "x", whose)
    corners(node.y1, node.y2, "y", whose)
    return (steps.Region(float(node.x1), float(node.y1), float(node.x2), float(node.y2), inside=True),)


def crop_whitespace(node: job.CropWhitespace, whose: Step, compat: Compat) -> Line:
    margin = clamped(node.percent_padding, 0.0, 1000.0)  # more finds the picture's edges everywhere
    return steps.Trim(node.threshold, margin), WHOLE


def region(node: job.Region, whose: Step, compat: Compat) -> Line:
    return (_window(node, whose, percent=False),)


def region_percent(node: job.RegionPercent, whose: Step, compat: Compat) -> Line:
    return (_window(node, whose, percent=True),)


def _window(node: job.Region | job.RegionPercent, whose: Step, percent: bool) -> steps.Region:
    corners(node.x1, node.x2, "x", whose)
    corners(node.y1, node.y2, "y", whose)
    sides = (float(node.x1), float(node.y1), float(node.x2), float(node.y2))
    if percent:
        sides = tuple(min(max(each, -_WIDEST), _WIDEST) for each in sides)  # type: ignore[assignment]  # still four
    background = colour(node.background_color, "background_color", whose)
    x1, y1, x2, y2 = (each + 0.0 for each in sides)
    return steps.Region(x1, y1, x2, y2, percent=percent, background=background)


def expand(node: job.ExpandCanvas, whose: Step, compat: Compat) -> Line:
    for near, far in (("left", "right"), ("top", "bottom")):
        both = getattr(node, near) + getattr(node, far)
        if both > I32_MAX:
            raise whose.fault(expected(f"at most {I32_MAX} pixels", f"{near} and {far} together", str(both)))
    background = colour(node.color, "color", whose)
    return (steps.Expand(node.left, node.top, node.right, node.bottom, background),)


def fill(node: job.FillRect, whose: Step, compat: Compat) -> Line:
    corners(node.x1, node.x2, "x", whose)
    corners(node.y1, node.y2, "y", whose)
    return (steps.Fill(node.x1, node.y1, node.x2, node.y2, paint(node.color, "color", whose)),)


def upright(node: job.ApplyOrientation, whose: Step, compat: Compat) -> Line:
    """A number that is no orientation is none."""
    return _UPRIGHT.get(node.flag, ())
