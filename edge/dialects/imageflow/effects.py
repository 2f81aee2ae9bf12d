"""Nodes that change colours and corners, each as the steps that follow its input."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.dialects.book import Compat
from edge.dialects.imageflow import effect_nodes as job
from edge.dialects.imageflow.geometry import Line
from edge.dialects.imageflow.recipe import Step
from edge.dialects.imageflow.sampling import clamped, colour
from edge.plan import filters, steps

_FILTERS: Final[Mapping[type, Callable[[Any, bool], filters.Matrix]]] = {
    job.GrayscaleNtsc: lambda said, upstream: filters.grayscale("ntsc", upstream),
    job.GrayscaleFlat: lambda said, upstream: filters.grayscale("flat", upstream),
    job.GrayscaleBt709: lambda said, upstream: filters.grayscale("bt709", upstream),
    job.GrayscaleRy: lambda said, upstream: filters.grayscale("ry", upstream),
    job.Sepia: lambda said, upstream: filters.sepia(),
    job.Invert: lambda said, upstream: filters.invert(),
    job.Alpha: lambda said, upstream: filters.alpha(said.value),
    job.Contrast: lambda said, upstream: filters.contrast(said.value),
    job.Brightness: lambda said, upstream: filters.brightness(said.value),
    job.Saturation: lambda said, upstream: filters.saturation(said.value),
}
_STRONGEST: Final = 1e6  # a factor beyond this changes no 8-bit picture
_ROUNDEST: Final = 100.0  # percent of half the shorter side


def colour_filter(node: job.ColorFilterSrgb, whose: Step, compat: Compat) -> Line:
    said = node.value
    return (steps.Recolour(tuple(each + 0.0 for each in _FILTERS[type(said)](said, compat == "imageflow"))),)


def colour_matrix(node: job.ColorMatrixSrgb, whose: Step, compat: Compat) -> Line:
    """Rows are what goes in, columns what comes out: a Recolour has it the other way round. Offsets are of 0 to 1 on
    both sides."""
    outs = zip(*node.matrix, strict=True)
    numbers = (number for _, out in zip(range(4), outs, strict=False) for number in out)
    return (steps.Recolour(tuple(clamped(each, -_STRONGEST, _STRONGEST) for each in numbers)),)


def balance(node: job.WhiteBalance, whose: Step, compat: Compat) -> Line:
    if node.threshold is None:
        return (steps.Balance(),)
    return (steps.Balance(clamped(node.threshold, 0.0, 1.0)),)


def round_corners(node: job.RoundImageCorners, whose: Step, compat: Compat) -> Line:
    radii, unit = _radii(node.radius)
    most = _ROUNDEST if unit == "percent" else float(2**31)
    one, two, three, four = (clamped(each, 0.0, most) for each in radii)
    return (steps.Round((one, two, three, four), colour(node.background_color, "background_color", whose), unit),)


def _radii(said: job.Radius) -> tuple[tuple[float, ...], steps.Unit]:
    """Top left, top right, bottom right, bottom left."""
    match said:
        case job.RadiusPercentage(value=value):
            return (value,) * 4, "percent"
        case job.RadiusPixels(value=value):
            return (value,) * 4, "pixels"
        case job.PercentageCustom(value=each):
            return (each.top_left, each.top_right, each.bottom_right, each.bottom_left), "percent"
        case job.PixelsCustom(value=each):
            return (each.top_left, each.top_right, each.bottom_right, each.bottom_left), "pixels"
        case _:
            return (_ROUNDEST,) * 4, "circle"
