"""Keys of size, crop, turning and resampling, and the steps they become: Decode, Trim, turns and mirrors, Fit."""

import math
import sys
from typing import Final, Literal

from edge.dialects import values
from edge.dialects.book import Compat
from edge.dialects.kernels import KERNELS
from edge.dialects.riapi.asked import Asked, Axis, Quad
from edge.dialects.riapi.row import BOOLEAN, NUMBER, WHOLE, Notices, Row, clamped, words
from edge.plan.boxes import round_away
from edge.plan.colour import visible
from edge.plan.steps import (
    AUTO,
    TRANSPARENT,
    Auto,
    Decode,
    Fit,
    Mirror,
    Mode,
    Point,
    Profile,
    Step,
    Trim,
    Turn,
    Window,
)

_MODES: Final = {name: name for name in ("max", "pad", "crop", "stretch", "aspectcrop")}
_SCALES: Final = {
    **dict.fromkeys(("down", "downscaleonly"), "down"),
    **dict.fromkeys(("up", "upscaleonly"), "up"),
    "both": "both",
    **dict.fromkeys(("canvas", "upscalecanvas"), "canvas"),
}
_AXES: Final = {
    "none": None,
    **dict.fromkeys(("h", "x"), "x"),
    **dict.fromkeys(("v", "y"), "y"),
    **dict.fromkeys(("both", "xy"), "both"),
}
_WHEN: Final = {name: name for name in ("downscaling", "sizediffers", "always")}
_CROPS: Final[dict[str, Literal["auto", "smart"]]] = {"auto": "auto", "smart": "smart"}
_CUTTING: Final = ("crop", "aspectcrop")
_DEGREES: Final = "a number of degrees"
_WIDEST_MARGIN: Final = 1000.0  # percent; grown five times over, no box is smaller than the picture it was found in


def clamped_zoom(number: float) -> float:
    """Zero and negatives too end at the lower bound."""
    return min(max(number, 0.00008), 80000.0)


def _width(text: str) -> int | Auto | None:
    """A width, or auto with perhaps a fallback in CSS pixels."""
    word, colon, fallback = text.lower().partition(":")
    if word != "auto":
        return values.whole(text)
    if not colon:
        return AUTO
    pixels = values.whole(fallback)
    return Auto(pixels) if pixels is not None and pixels > 0 else None


def _zoom(text: str) -> float | Auto | None:
    if text.lower() == "auto":
        return AUTO
    number = values.decimal(text.rstrip("x"))
    return None if number is None else clamped_zoom(number)


def _gravity(text: str) -> Point | Literal["smart"] | None:
    return "smart" if text.lower() == "smart" else values.percent_point(text)


def _crop(text: str) -> Quad | Literal["auto", "smart"] | None:
    word = _CROPS.get(text.lower())
    if word is not None:
        return word
    corners = values.quad(text)
    return values.lenient_quad(text) if corners is None else corners


def _crop_remark(text: str) -> tuple[str, str] | None:
    if text.lower() in _CROPS or values.quad(text) is not None:
        return None
    return "invalid", "Expected four numbers for crop; what is no number in it counts as 0"


def _mode_remark(text: str) -> tuple[str, str] | None:
    return ("ignored", "carve is done as stretch") if text.lower() == "carve" else None


def _quarters(text: str) -> int | None:
    degrees = values.decimal(text)
    return None if degrees is None else round_away(degrees / 90) % 4


def _quarters_remark(text: str) -> tuple[str, str] | None:
    """Angles between quarters turn all the same. Upstream says so of positive ones; so do we of all."""
    degrees = values.decimal(text) or 0.0
    if abs(degrees - 90 * round_away(degrees / 90)) <= 0.1:
        return None
    return "invalid", f"Expected a multiple of 90 but received {text[:40]}; it was rounded to one"


def _fill(text: str) -> bool | None:
    return text.lower() == "fill" or None


_FILTER: Final = (lambda text: KERNELS.get(text.lower()), "the name of a filter, like mitchell")
_LIGHT: Final = words({"srgb": "srgb", "linear": "linear", "gamma": None})

ROWS: Final = (
    Row("width", ("width", "w"), _width, "a whole number or auto"),
    Row("height", ("height", "h"), values.whole, WHOLE),
    Row("max_width", ("maxwidth",), values.whole, WHOLE),
    Row("max_height", ("maxheight",), values.whole, WHOLE),
    Row("mode", ("mode",), *words({"none": None, **_MODES, "carve": "stretch"}), remark=_mode_remark),
    Row("fills", ("stretch",), _fill, "fill"),
    Row("scale", ("scale",), *words(_SCALES)),
    Row("zoom", ("zoom", "dpr", "dppx"), _zoom, "a number or auto"),
    Row("anchor", ("anchor",), values.point, "a position like topleft, or two percentages"),
    Row("gravity", ("c.gravity",), _gravity, "two percentages or smart"),
    Row("focus", ("c.focus",), values.percent_point, "two percentages"),
    Row("percent", ("c",), values.quad, "four numbers"),
    Row("crop", ("crop",), _crop, "four numbers, auto or smart", remark=_crop_remark),
    Row("x_units", ("cropxunits",), values.decimal, NUMBER),
    Row("y_units", ("cropyunits",), values.decimal, NUMBER),
    Row("background", ("bgcolor",), values.colour, "a colour"),
    Row("light", ("down.colorspace",), *_LIGHT),
    Row("up_light", ("up.colorspace",), *_LIGHT),
    Row("down_kernel", ("down.filter",), *_FILTER),
    Row("up_kernel", ("up.filter",), *_FILTER),
    Row("sharpen", ("f.sharpen",), clamped(values.decimal, 0.0, 100.0), NUMBER),
    Row("sharpen_when", ("f.sharpen_when", "f.sharpenwhen"), *words(_WHEN)),
    Row("headroom", ("decoder.min_precise_scaling_ratio",), clamped(values.decimal, 1.0, 16.0), NUMBER),
    Row("turn_before", ("srotate",), _quarters, _DEGREES, remark=_quarters_remark),
    Row("turn_after", ("rotate",), _quarters, _DEGREES, remark=_quarters_remark),
    Row("mirror_before", ("sflip",), *words(_AXES)),
    Row("mirror_after", ("flip",), *words(_AXES)),
    Row("trim", ("trim.threshold",), clamped(values.whole, 0, sys.maxsize), WHOLE),
    Row("trim_margin", ("trim.percentpadding",), clamped(values.decimal, 0.0, _WIDEST_MARGIN), NUMBER),
    Row("frame", ("frame", "page"), clamped(values.whole, 0, sys.maxsize), WHOLE),
    Row("upright", ("autorotate",), values.boolean, BOOLEAN),
    Row("ignore_profile", ("ignoreicc",), values.boolean, BOOLEAN),
    Row("lenient", ("ignore_icc_errors",), values.boolean, BOOLEAN),
)


def check(asked: Asked, notices: Notices) -> None:
    """Say what of a crop has no effect beside the rest."""
    if asked.percent is not None and isinstance(asked.crop, tuple):
        notices.note("ignored", "crop", "crop has no effect beside c")
    if asked.focus is not None and asked.gravity == "smart":
        notices.note("ignored", "c.gravity", "c.gravity=smart has no effect beside c.focus")
    if asked.trim is None and asked.trim_margin:
        notices.note("ignored", "trim.percentpadding", "trim.percentpadding has no effect without trim.threshold")


def decode(asked: Asked, compat: Compat) -> Decode:
    return Decode(frame=asked.frame, upright=asked.upright, profile=_profile(asked, compat))


def _profile(asked: Asked, compat: Compat) -> Profile:
    """A broken colour profile fails upstream unless the URL says otherwise, and here only if it does."""
    if asked.ignore_profile:
        return "ignore"
    lenient = compat == "modern" if asked.lenient is None else asked.lenient
    return "lenient" if lenient else "strict"


def before(asked: Asked) -> list[Step]:
    """Trim, turns and mirrors before sizing."""
    trim: list[Step] = [] if asked.trim is None else [Trim(asked.trim, asked.trim_margin)]
    return trim + _orientation(asked.turn_before, asked.mirror_before)


def after(asked: Asked) -> list[Step]:
    return _orientation(asked.turn_after, asked.mirror_after)


def _orientation(quarters: int, axis: Axis | None) -> list[Step]:
    turn: list[Step] = [Turn(quarters)] if quarters else []
    return turn if axis is None else [*turn, Mirror(axis)]


def fit(asked: Asked, compat: Compat) -> Fit:
    """The sizing wish with its effective mode: without width and height, written at all, it is max (RIAPI §4.3)."""
    mode = _mode(asked)
    width, height = _lengths(asked)
    smart = asked.gravity == "smart" or (asked.crop == "smart" and mode in _CUTTING)
    return Fit(
        width=width,
        height=height,
        max_width=_bound(asked.max_width),
        max_height=_bound(asked.max_height),
        mode="max" if asked.width is None and asked.height is None else mode,
        scale=asked.scale,
        zoom=asked.zoom,
        anchor=asked.anchor,
        gravity=asked.gravity if isinstance(asked.gravity, Point) else None,
        window=_window(asked) if asked.window is None else asked.window,
        background=background(asked),
        light=asked.light,
        up_light=asked.up_light,
        smart=smart and asked.focus is None,
        focus=asked.focus,
        down_kernel=asked.down_kernel,
        up_kernel=asked.up_kernel,
        sharpen=asked.sharpen,
        sharpen_when=asked.sharpen_when if asked.sharpen else "always",
        headroom=asked.headroom,
        exact=compat == "imageflow",
    )


def _mode(asked: Asked) -> Mode:
    """`stretch=fill` and `crop=auto` are modes when none is given."""
    if asked.mode is not None:
        return asked.mode
    if asked.fills:
        return "stretch"
    return "crop" if isinstance(asked.crop, str) else "pad"


def _bound(length: int | None) -> int | None:
    return length if length is not None and length > 0 else None


def _lengths(asked: Asked) -> tuple[int | Auto | None, int | None]:
    """Lengths below 1 go, but for a 0 that the other axis' bound would meet (RIAPI §7.10)."""
    width, height = asked.width, asked.height
    idle_width = isinstance(width, int) and width < 1
    if idle_width and not (width == 0 and _bound(asked.max_height) and (height or 0) < 1):
        width = None
    meets = height == 0 and _bound(asked.max_width) and (asked.width is None or idle_width)
    if height is not None and height < 1 and not meets:
        height = None
    return width, height


def background(asked: Asked) -> str | None:
    """The colour of padding and matte; None where nothing would be seen of it."""
    colour = None if asked.background is None else visible(asked.background)
    return None if colour == TRANSPARENT else colour


def _window(asked: Asked) -> Window | None:
    if asked.percent is not None:
        return _corners(asked.percent, 100.0, 100.0)
    if isinstance(asked.crop, tuple):
        return _corners(asked.crop, asked.x_units, asked.y_units)
    return None


def _corners(corners: Quad, x_units: float, y_units: float) -> Window | None:
    """A window of finite numbers: NaN is the near edge, and no far edge at all; Infinity is beyond every picture."""
    x1, y1, x2, y2 = (number if abs(number) < sys.float_info.max else _finite(number) for number in corners)
    return None if x2 is None or y2 is None else Window(x1 or 0.0, y1 or 0.0, x2, y2, x_units, y_units)


def _finite(number: float) -> float | None:
    if math.isnan(number):
        return None
    return sys.float_info.max if number > 0 else -sys.float_info.max
