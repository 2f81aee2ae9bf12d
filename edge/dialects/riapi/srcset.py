"""The mini-language of `srcset` (and `short`): `webp-80,2x,100w,fit-crop`. Items override what the other keys said.

Every item sets mode=max, only `fit-…` another: so `fit-…` must come last to survive (RIAPI §2 and §7.4).
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from edge.dialects import values
from edge.dialects.book import Compat
from edge.dialects.riapi.asked import Asked, Lossless
from edge.dialects.riapi.encoding import FORMATS, clamped_dpr, clamped_quality, profile
from edge.dialects.riapi.row import Notices
from edge.dialects.riapi.sizing import clamped_zoom
from edge.plan.boxes import I32_MAX, round_away
from edge.plan.steps import AUTO, Mode, Window

_MOST_ITEMS: Final = 64
_MOST_ARGUMENTS: Final = 8  # no format has more

_FITS: Final[dict[str, Mode]] = {
    **dict.fromkeys(("max", "scale", "contain"), "max"),
    **dict.fromkeys(("crop", "cover"), "crop"),
    **dict.fromkeys(("distort", "fill"), "stretch"),
    "pad": "pad",
}
_LOSSLESS: Final[dict[str, Lossless]] = {"lossless": True, "l": True, "lossy": False, "keep": "keep"}
_WHAT: Final = "a size, fit, crop, sharp, qp or format"

# format → words among its arguments; and letters before a number: the knob and its bounds
_WORDS: Final[dict[str, dict[str, tuple[str, float]]]] = {
    "jpeg": {"progressive": ("jpeg.progressive", 1.0), "baseline": ("jpeg.progressive", 0.0)},
}
_KNOBS: Final[dict[str, dict[str, tuple[str, float, float]]]] = {
    "png": {"mq": ("png.min_quality", 0.0, 100.0)},
    "avif": {"s": ("avif.speed", 0.0, 10.0)},
    "jxl": {"d": ("jxl.distance", 0.0, 25.0), "e": ("jxl.effort", 0.0, 9.0)},
}
_WHOLE_KNOBS: Final = ("png.min_quality", "avif.speed", "jxl.effort")
_KNOB: Final = re.compile(r"([a-z]+)([0-9.]+)", re.ASCII)

# What upstream parses and never gives to its encoders (RIAPI §2).
_DEAD_FORMATS: Final = ("avif", "jxl")
_DEAD_WORDS: Final = ("progressive", "baseline")


def apply(asked: Asked, text: str, compat: Compat, notices: Notices) -> None:
    """Let every item of the text have its say; remarks are added to the notices."""
    items = [item.strip() for item in text.lower().split(",", _MOST_ITEMS)]
    if len(items) > _MOST_ITEMS:
        items.pop()
        notices.note("ignored", "srcset", f"Only the first {_MOST_ITEMS} items of srcset count")
    fitted = ""
    for item in filter(None, items):
        if fitted:
            notices.note("ignored", "srcset", f"{fitted} in srcset is undone by what follows it; put it last")
        asked.mode = "max"
        _apply_item(asked, item, compat, notices)
        fitted = item[:80] if asked.mode != "max" else ""


def _apply_item(asked: Asked, item: str, compat: Compat, notices: Notices) -> None:
    name, *arguments = item.split("-")
    if name in FORMATS:
        asked.format = FORMATS[name]
        _format_arguments(asked, name, arguments, compat, notices)
        return
    change = _ITEMS.get(name)
    if not (_length(asked, name) if change is None else change(asked, arguments)):
        notices.invalid(_WHAT, "srcset", item)


def _length(asked: Asked, text: str) -> bool:
    """`100w`, `100h`, `2x`."""
    number = values.decimal(text[:-1])
    if number is None:
        return False
    length = round_away(max(min(number, float(I32_MAX)), -float(I32_MAX)))
    match text[-1]:
        case "w":
            asked.width = length
        case "h":
            asked.height = length
        case "x":
            asked.zoom = clamped_zoom(number)
        case _:
            return False
    return True


def _fit(asked: Asked, arguments: Sequence[str]) -> bool:
    mode = _FITS.get(arguments[0]) if arguments else None
    if mode is not None:
        asked.mode = mode
    return mode is not None


def _crop(asked: Asked, arguments: Sequence[str]) -> bool:
    """`crop-x1-y1-x2-y2` in percent; the separator leaves no room for a sign."""
    corners = [number for number in map(values.decimal, arguments) if number is not None]
    if len(corners) != 4 or len(arguments) != 4:
        return False
    x1, y1, x2, y2 = corners
    asked.window = Window(x1, y1, x2, y2, 100.0, 100.0)
    return True


def _upscale(asked: Asked, arguments: Sequence[str]) -> bool:
    asked.scale = "both"
    return True


def _sharpen(asked: Asked, arguments: Sequence[str]) -> bool:
    """`sharp-20` in percent."""
    percent = values.decimal("-".join(arguments))
    if percent is None:
        return False
    asked.sharpen = min(max(percent, 0.0), 100.0)
    return True


def _profile(asked: Asked, arguments: Sequence[str]) -> bool:
    """`qp-medium-low`, `qp-80`, `qp-dpr-2x`."""
    if arguments and arguments[0] in ("dpr", "dppx"):
        number = values.decimal("-".join(arguments[1:]).rstrip("x"))
        if number is not None:
            asked.profile_dpr = clamped_dpr(number)
        return number is not None
    said: Any = profile("-".join(arguments))
    if said is not None:
        asked.profile = said
    return said is not None


def _lossless(asked: Asked, arguments: Sequence[str]) -> bool:
    asked.format, asked.lossless = AUTO, True
    return True


def _lossy(asked: Asked, arguments: Sequence[str]) -> bool:
    asked.format, asked.lossless = AUTO, False
    return True


_ITEMS: Final[dict[str, Callable[[Asked, Sequence[str]], bool]]] = {
    "fit": _fit,
    "crop": _crop,
    "upscale": _upscale,
    "sharp": _sharpen,
    "sharpen": _sharpen,
    "qp": _profile,
    "lossless": _lossless,
    "lossy": _lossy,
}


def _format_arguments(asked: Asked, name: str, arguments: Sequence[str], compat: Compat, notices: Notices) -> None:
    """`webp-80`, `png-lossless`: arguments of a format come in any order."""
    if len(arguments) > _MOST_ARGUMENTS:
        notices.note("ignored", "srcset", f"Only the first {_MOST_ARGUMENTS} arguments of {name} in srcset count")
    for argument in arguments[:_MOST_ARGUMENTS]:
        if compat == "imageflow" and (asked.format in _DEAD_FORMATS or argument in _DEAD_WORDS):
            notices.note("ignored", "srcset", f"{name}-{argument[:80]} in srcset has no effect with compat: imageflow")
        elif not _format_argument(asked, argument):
            notices.invalid(f"a quality, lossless or a setting after {name}-", "srcset", argument)


def _format_argument(asked: Asked, argument: str) -> bool:
    named = asked.format if isinstance(asked.format, str) and asked.format != "keep" else ""
    lossless = _LOSSLESS.get(argument)
    if lossless is not None:
        _say_lossless(asked, named, lossless)
        return True
    number = values.decimal(argument.removeprefix("q"))
    if number is not None:
        _say_quality(asked, named, clamped_quality(number))
        return True
    knob = _WORDS.get(named, {}).get(argument) or _turned(named, argument)
    if knob is not None:
        asked.tuning[knob[0]] = knob[1]
    return knob is not None


def _say_lossless(asked: Asked, named: str, lossless: Lossless) -> None:
    if named:
        asked.lossless_of[named] = lossless
    else:
        asked.lossless = lossless


def _say_quality(asked: Asked, named: str, quality: int) -> None:
    if named:
        asked.qualities[named] = quality
    else:
        asked.quality = quality


def _turned(named: str, argument: str) -> tuple[str, float] | None:
    """What `mq50`, `s6`, `d2`, `e5` set."""
    match = _KNOB.fullmatch(argument)
    row = _KNOBS.get(named, {}).get(match[1]) if match else None
    if match is None or row is None:
        return None
    name, low, high = row
    number = values.whole(match[2]) if name in _WHOLE_KNOBS else values.decimal(match[2])
    return None if number is None else (name, min(max(float(number), low), high))
