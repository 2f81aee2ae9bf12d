"""Watermarks as jobs write them (JSON_JOBS §3)."""

from typing import Literal

from edge.dialects.imageflow import nodes as job
from edge.dialects.imageflow.sampling import clamped, percent, point, sampling
from edge.plan.steps import Area, Watermark


def watermark(mark: job.Mark) -> Watermark:
    """The step that lays the mark's picture over another one."""
    opacity = 1.0 if mark.opacity is None else clamped(mark.opacity, 0.0, 1.0)
    return Watermark(
        area=_area(mark.fit_box),
        mode=mark.fit_mode or "within",
        gravity=point(mark.gravity),
        opacity=opacity,
        min_width=mark.min_canvas_width or 0,
        min_height=mark.min_canvas_height or 0,
        **sampling(mark.hints),
    )


def lies_on_canvas(mark: job.Mark) -> bool:
    return mark.fit_box is not None and _ground(mark.fit_box) == "canvas"


def _area(box: job.FitBox | None) -> Area:
    match box:
        case job.ImagePercentage(value=said) | job.CanvasPercentage(value=said):
            return Area(_ground(box), percent(said.x1), percent(said.y1), percent(said.x2), percent(said.y2))
        case job.ImageMargins(value=free) | job.CanvasMargins(value=free):
            left, top, right, bottom = map(float, (free.left, free.top, free.right, free.bottom))
            return Area(_ground(box), left, top, right, bottom, margins=True)
        case _:
            return Area()


def _ground(box: job.FitBox) -> Literal["image", "canvas"]:
    return "canvas" if isinstance(box, job.CanvasPercentage | job.CanvasMargins) else "image"
