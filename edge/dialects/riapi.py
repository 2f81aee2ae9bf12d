"""RIAPI: the query string of ImageResizer and Imageflow (`w=400&h=300&mode=crop&format=webp`).

Nothing in a query is an error: what is unknown, doubled, invalid or without effect becomes a notice and counts as
absent. Ours besides: `w=auto`, `w=auto:640`, `dpr=auto`, `format=auto`, `quality=auto` ask the edge to choose.
"""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeVar

from edge.dialects import srcset, values
from edge.dialects.asked import FORMATS, Asked, Axis, clamped_quality, clamped_zoom
from edge.dialects.query import pairs
from edge.errors import expected
from edge.plan.boxes import round_away
from edge.plan.colour import visible
from edge.plan.plan import Notice, Plan, Wish
from edge.plan.steps import (
    AUTO,
    CENTRE,
    TRANSPARENT,
    Auto,
    Decode,
    Encode,
    Fit,
    Light,
    Mirror,
    Mode,
    Scale,
    Step,
    Turn,
    Window,
)

T = TypeVar("T")
Fate = Literal["used", "later", "dead"]

_USED: Final = """
mode anchor flip sflip scale quality jpeg.quality zoom crop cropxunits cropyunits w h width height maxwidth maxheight
format thumbnail srotate rotate stretch webp.lossless webp.quality frame page down.colorspace bgcolor png.quality
png.lossless dpr dppx srcset short accept.webp accept.avif accept.jxl c c.gravity avif.quality jxl.quality jxl.lossless
lossless
"""
_LATER: Final = """
ignoreicc ignore_icc_errors watermark_red_dot subsampling f.sharpen f.sharpen_when preset watermark s.invert s.sepia
s.grayscale s.alpha s.brightness s.contrast s.saturation trim.threshold trim.percentpadding a.blur a.balancewhite
jpeg.progressive jpeg.turbo s.roundcorners decoder.min_precise_scaling_ratio png.min_quality png.quantization_speed
png.libpng png.max_deflate up.filter down.filter up.colorspace accept.color_profiles qp qp.dpr qp.dppx avif.speed
jxl.effort jxl.distance jpeg.li
"""
_DEAD: Final = """
cache process autorotate colors 404 paddingcolor bordercolor floatspace jpeg_idct_downscale_linear a.sharpen
a.removenoise dither encoder decoder builder paddingwidth paddingheight margin borderwidth
"""

# The 100 keys of RIAPI §1: those that act here, those that will, and those that act nowhere.
KEYS: Final[dict[str, Fate]] = {
    **dict.fromkeys(_USED.split(), "used"),
    **dict.fromkeys(_LATER.split(), "later"),
    **dict.fromkeys(_DEAD.split(), "dead"),
}
EXTENSIONS: Final[dict[str, Fate]] = {"a.pixelate": "later"}

_FATES: Final = {**KEYS, **EXTENSIONS}
_UNUSED: Final[dict[Fate, str]] = {"later": "{} is not supported yet", "dead": "{} has no effect"}

_MODES: Final[dict[str, Mode | None]] = {
    "none": None,
    "max": "max",
    "pad": "pad",
    "crop": "crop",
    "carve": "stretch",
    "stretch": "stretch",
    "aspectcrop": "aspectcrop",
}
_SCALES: Final[dict[str, Scale]] = {
    **dict.fromkeys(("down", "downscaleonly"), "down"),
    **dict.fromkeys(("up", "upscaleonly"), "up"),
    "both": "both",
    **dict.fromkeys(("canvas", "upscalecanvas"), "canvas"),
}
_LIGHTS: Final[dict[str, Light | None]] = {"srgb": "srgb", "linear": "linear", "gamma": None}
_AXES: Final[dict[str, Axis | None]] = {
    "none": None,
    **dict.fromkeys(("h", "x"), "x"),
    **dict.fromkeys(("v", "y"), "y"),
    **dict.fromkeys(("both", "xy"), "both"),
}
_QUALITIES: Final[dict[str, tuple[str, Callable[[str], float | None], str]]] = {
    "jpeg": ("jpeg.quality", values.whole, "a whole number"),
    "webp": ("webp.quality", values.decimal, "a number"),
    "avif": ("avif.quality", values.decimal, "a number"),
    "jxl": ("jxl.quality", values.decimal, "a number"),
    "png": ("png.quality", values.byte, "a whole number from 0 to 255"),
}
_BOOLEAN: Final = "true or false"
_KEEP: Final = "true, false or keep"


@dataclass(frozen=True, slots=True)
class _Given:
    """The values that may act, and what there is to say about all of them."""

    texts: dict[str, str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def note(self, kind: str, key: str, sentence: str) -> None:
        self.notices.append(Notice(kind, key, sentence))

    def take(self, keys: str, read: Callable[[str], T], what: str) -> T | None:
        """The value of the first of these synonyms that is present and valid."""
        taken: T | None = None
        winner = ""
        for key in keys.split():
            text = self.texts.get(key)
            if text is None:
                continue
            if taken is not None:
                self.note("ignored", key, f"{key} has no effect beside {winner}")
                continue
            taken, winner = read(text), key
            if taken is None:
                self.note("invalid", key, expected(what, key, text))
        return taken

    def choose(self, key: str, meanings: Mapping[str, T | None]) -> T | None:
        """What one of a set of words means; None also for a word that means nothing."""
        text = self.texts.get(key)
        if text is None:
            return None
        if text.lower() not in meanings:
            self.note("invalid", key, expected(f"one of {', '.join(meanings)}", key, text))
        return meanings.get(text.lower())


def parse(query: str) -> Wish:
    """The wish that a query string speaks of. Never raises."""
    given = _given(query)
    asked = _asked(given)
    text = given.take("srcset short", str, "a srcset")
    if text is not None:
        asked = srcset.apply(asked, text, given.notices)
    for name in sorted(asked.lossless_of.keys() - {asked.format}):
        given.note("ignored", f"{name}.lossless", f"{name}.lossless has no effect without format={name}")
    return Wish(_plan(asked), tuple(given.notices), bool(given.texts))


def _given(query: str) -> _Given:
    """Sort the pairs by what becomes of their keys."""
    given, seen = _Given(), set()
    for key, text in pairs(query):
        fate = _FATES.get(key)
        if key in seen:
            if fate is not None:
                given.note("duplicate", key, f"{key} is given more than once; the first counts")
            continue
        seen.add(key)
        if fate is None:
            given.note("unknown", key, f"{key[:80]} is not a known parameter")
        elif fate == "used":
            given.texts[key] = text
        else:
            given.note("ignored", key, _UNUSED[fate].format(key))
    return given


def _asked(given: _Given) -> Asked:
    zoom = given.take("zoom dpr dppx", _zoom, "a number or auto")
    anchor = given.take("anchor", values.point, "a position like topleft, or two percentages")
    lossless = given.take("lossless", values.boolean_or_keep, _KEEP)
    return Asked(
        width=given.take("width w", _width, "a whole number or auto"),
        height=given.take("height h", values.whole, "a whole number"),
        max_width=given.take("maxwidth", values.whole, "a whole number"),
        max_height=given.take("maxheight", values.whole, "a whole number"),
        mode=_mode(given),
        scale=given.choose("scale", _SCALES) or "down",
        zoom=1.0 if zoom is None else zoom,
        anchor=anchor or CENTRE,
        gravity=given.take("c.gravity", values.percent_point, "two percentages"),
        window=_window(given),
        background=given.take("bgcolor", values.colour, "a colour"),
        light=given.choose("down.colorspace", _LIGHTS),
        turns=(_quarters(given, "srotate"), _quarters(given, "rotate")),
        mirrors=(given.choose("sflip", _AXES), given.choose("flip", _AXES)),
        frame=given.take("frame page", values.whole, "a whole number"),
        format=given.take("format thumbnail", _format, "a format"),
        quality=_quality(given),
        qualities=_qualities(given),
        lossless=lossless,
        lossless_of=_lossless_of(given),
        accepts=tuple(
            name for name in ("avif", "jxl", "webp") if given.take(f"accept.{name}", values.boolean, _BOOLEAN)
        ),
    )


def _width(text: str) -> int | Auto | None:
    """A width, or auto with perhaps a fallback in CSS pixels."""
    word, colon, fallback = text.lower().partition(":")
    if word != "auto":
        return values.whole(text)
    pixels = values.whole(fallback)
    if not colon:
        return AUTO
    return Auto(pixels) if pixels is not None and pixels > 0 else None


def _zoom(text: str) -> float | Auto | None:
    if text.lower() == "auto":
        return AUTO
    number = values.decimal(text.rstrip("x"))
    return None if number is None else clamped_zoom(number)


def _format(text: str) -> str | Auto | None:
    return values.word(text, FORMATS)


def _mode(given: _Given) -> Mode:
    """`stretch=fill` and `crop=auto` are modes when none is given."""
    mode: Mode | None = given.choose("mode", _MODES)
    if given.texts.get("mode", "").lower() == "carve":
        given.note("ignored", "mode", "carve is done as stretch")
    fills = given.take("stretch", lambda text: text.lower() == "fill" or None, "fill")
    cuts = given.texts.get("crop", "").lower() == "auto"
    if mode is None:
        mode = "stretch" if fills else "crop" if cuts else "pad"
    return mode


def _window(given: _Given) -> Window | None:
    x_units = given.take("cropxunits", values.decimal, "a number")
    y_units = given.take("cropyunits", values.decimal, "a number")
    percent = given.take("c", values.quad, "four numbers")
    text = given.texts.get("crop", "auto")
    if percent is not None and text.lower() != "auto":
        given.note("ignored", "crop", "crop has no effect beside c")
    if percent is not None:
        return _corners(percent, 100.0, 100.0)
    if text.lower() == "auto":
        return None
    corners = values.quad(text)
    if corners is None:
        given.note("invalid", "crop", expected("four numbers", "crop", text))
        corners = values.lenient_quad(text)
    return None if corners is None else _corners(corners, x_units or 0.0, y_units or 0.0)


def _corners(corners: tuple[float, ...], x_units: float, y_units: float) -> Window | None:
    """A window of finite numbers: NaN is the near edge, and no far edge at all; Infinity is beyond every picture."""
    x1, y1, x2, y2 = (number if abs(number) < sys.float_info.max else _finite(number) for number in corners)
    return None if x2 is None or y2 is None else Window(x1 or 0.0, y1 or 0.0, x2, y2, x_units, y_units)


def _finite(number: float) -> float | None:
    if math.isnan(number):
        return None
    return sys.float_info.max if number > 0 else -sys.float_info.max


def _quarters(given: _Given, key: str) -> int:
    degrees = given.take(key, values.decimal, "a number of degrees")
    if degrees is None:
        return 0
    quarters = round_away(degrees / 90)
    if abs(degrees - 90 * quarters) > 0.1:
        given.note("invalid", key, expected("a multiple of 90", key, given.texts[key]))
    return quarters % 4


def _quality(given: _Given) -> int | None:
    if given.texts.get("quality", "").lower() == "auto":
        return None
    quality = given.take("quality", values.whole, "a whole number or auto")
    return None if quality is None else clamped_quality(quality)


def _qualities(given: _Given) -> dict[str, int]:
    read = {name: given.take(*row) for name, row in _QUALITIES.items()}
    return {name: clamped_quality(number) for name, number in read.items() if number is not None}


def _lossless_of(given: _Given) -> dict[str, bool | Literal["keep"]]:
    said = {}
    for name in ("webp", "png", "jxl"):
        value = given.take(f"{name}.lossless", values.boolean_or_keep, _KEEP)
        if value is not None:
            said[name] = value
    return said


def _plan(asked: Asked) -> Plan:
    steps: list[Step] = [Decode(frame=None if asked.frame is None else max(0, asked.frame))]
    steps += _orientation(asked.turns[0], asked.mirrors[0])
    steps.append(_fit(asked))
    steps += _orientation(asked.turns[1], asked.mirrors[1])
    return Plan.chain(*steps, _encode(asked))


def _orientation(quarters: int, axis: Axis | None) -> list[Step]:
    turn: list[Step] = [Turn(quarters)] if quarters else []
    return turn if axis is None else [*turn, Mirror(axis)]


def _fit(asked: Asked) -> Fit:
    """The sizing wish with its effective mode: without width and height, written at all, it is max (RIAPI §4.3)."""
    sized = asked.width is not None or asked.height is not None
    fit = Fit(
        width=asked.width,
        height=asked.height,
        max_width=asked.max_width if (asked.max_width or 0) > 0 else None,
        max_height=asked.max_height if (asked.max_height or 0) > 0 else None,
        mode=asked.mode if sized else "max",
        scale=asked.scale,
        zoom=asked.zoom,
        anchor=asked.anchor,
        gravity=asked.gravity,
        window=asked.window,
        background=_background(asked),
        light=asked.light,
    )
    return _without_idle_lengths(fit)


def _without_idle_lengths(fit: Fit) -> Fit:
    """Lengths below 1 go, but for a 0 that the other axis' bound would meet (RIAPI §7.10)."""
    width, height = fit.width, fit.height
    if isinstance(width, int) and width < 1 and not (width == 0 and fit.max_height and (height or 0) < 1):
        width = None
    if height is not None and height < 1 and not (height == 0 and fit.max_width and _unsized(fit.width)):
        height = None
    return replace(fit, width=width, height=height)


def _unsized(width: int | Auto | None) -> bool:
    return width is None or (isinstance(width, int) and width < 1)


def _background(asked: Asked) -> str | None:
    background = None if asked.background is None else visible(asked.background)
    return None if background == TRANSPARENT else background


def _encode(asked: Asked) -> Encode:
    own = asked.lossless_of.get(asked.format) if isinstance(asked.format, str) else None
    return Encode(
        format=asked.format,
        quality=asked.quality,
        qualities=tuple(sorted(asked.qualities.items())),
        lossless=asked.lossless if own is None else own,
        matte=_background(asked),
        accepts=asked.accepts,
    )
