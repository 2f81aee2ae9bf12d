"""The mini-language of `srcset` (and `short`): `webp-80,2x,100w,fit-crop`. Items override what the other keys said.

Every item sets mode=max, only `fit-…` another: so `fit-…` must come last to survive (RIAPI §2 and §7.4).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from edge.dialects import values
from edge.dialects.asked import FORMATS, Asked, Lossless, clamped_quality, clamped_zoom
from edge.errors import expected
from edge.plan.boxes import I32_MAX, round_away
from edge.plan.plan import Notice
from edge.plan.steps import AUTO, Mode, Window

_FITS: Final[dict[str, Mode]] = {
    **dict.fromkeys(("max", "scale", "contain"), "max"),
    **dict.fromkeys(("crop", "cover"), "crop"),
    **dict.fromkeys(("distort", "fill"), "stretch"),
    "pad": "pad",
}
_LATER: Final = frozenset({"sharp", "sharpen", "qp"})
_LATER_ARGUMENT: Final = re.compile(r"progressive|baseline|(mq|s|d|e)[0-9.]+", re.ASCII)


def apply(asked: Asked, text: str, notices: list[Notice]) -> Asked:
    """What is asked for once every item of the text has had its say; remarks are added to the notices."""
    for item in text.lower().split(","):
        if item.strip():
            asked = _apply_item(replace(asked, mode="max"), item.strip(), notices)
    return asked


def _apply_item(asked: Asked, item: str, notices: list[Notice]) -> Asked:
    name, *arguments = item.split("-")
    if name in FORMATS:
        return _format(asked, name, arguments, notices)
    if name in _LATER:
        notices.append(Notice("ignored", "srcset", f"{item[:80]} in srcset is not supported yet"))
        return asked
    changed = _ITEMS[name](asked, arguments) if name in _ITEMS else _length(asked, name)
    if changed is None:
        notices.append(Notice("invalid", "srcset", expected("a size, fit, crop or format", "srcset", item)))
        return asked
    return changed


def _length(asked: Asked, text: str) -> Asked | None:
    """`100w`, `100h`, `2x`."""
    number = values.decimal(text[:-1])
    if number is None:
        return None
    length = round_away(min(number, float(I32_MAX)))
    match text[-1]:
        case "w":
            return replace(asked, width=length)
        case "h":
            return replace(asked, height=length)
        case "x":
            return replace(asked, zoom=clamped_zoom(number))
    return None


def _fit(asked: Asked, arguments: Sequence[str]) -> Asked | None:
    mode = _FITS.get(arguments[0]) if arguments else None
    return None if mode is None else replace(asked, mode=mode)


def _crop(asked: Asked, arguments: Sequence[str]) -> Asked | None:
    """`crop-x1-y1-x2-y2` in percent; the separator leaves no room for a sign."""
    corners = [number for number in map(values.decimal, arguments) if number is not None]
    if len(corners) != 4 or len(arguments) != 4:
        return None
    x1, y1, x2, y2 = corners
    return replace(asked, window=Window(x1, y1, x2, y2, 100.0, 100.0))


def _upscale(asked: Asked, arguments: Sequence[str]) -> Asked:
    return replace(asked, scale="both")


def _lossless(asked: Asked, arguments: Sequence[str]) -> Asked:
    return replace(asked, format=AUTO, lossless=True)


def _lossy(asked: Asked, arguments: Sequence[str]) -> Asked:
    return replace(asked, format=AUTO, lossless=False)


_ITEMS: Final[dict[str, Callable[[Asked, Sequence[str]], Asked | None]]] = {
    "fit": _fit,
    "crop": _crop,
    "upscale": _upscale,
    "lossless": _lossless,
    "lossy": _lossy,
}


def _format(asked: Asked, name: str, arguments: Sequence[str], notices: list[Notice]) -> Asked:
    """`webp-80`, `png-lossless`: arguments of a format come in any order."""
    asked = replace(asked, format=FORMATS[name])
    for argument in arguments:
        changed = _format_argument(asked, argument)
        if changed is not None:
            asked = changed
        elif _LATER_ARGUMENT.fullmatch(argument):
            notices.append(Notice("ignored", "srcset", f"{name}-{argument[:80]} in srcset is not supported yet"))
        else:
            notices.append(
                Notice("invalid", "srcset", expected(f"a quality or lossless after {name}-", "srcset", argument))
            )
    return asked


def _format_argument(asked: Asked, argument: str) -> Asked | None:
    lossless = _LOSSLESS.get(argument)
    number = values.decimal(argument.removeprefix("q"))
    if lossless is not None:
        if isinstance(asked.format, str) and asked.format != "keep":
            return replace(asked, lossless_of={**asked.lossless_of, asked.format: lossless})
        return replace(asked, lossless=lossless)
    if number is None:
        return None
    if isinstance(asked.format, str) and asked.format != "keep":
        return replace(asked, qualities={**asked.qualities, asked.format: clamped_quality(number)})
    return replace(asked, quality=clamped_quality(number))


_LOSSLESS: Final[dict[str, Lossless]] = {"lossless": True, "l": True, "lossy": False, "keep": "keep"}
