"""Keys that change colours and edges, and the steps they become, in the one order of RIAPI §3.

What would change nothing is left out. Successive clamping shows, so each colour filter is a step of its own.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from edge.dialects import values
from edge.dialects.book import Compat
from edge.dialects.riapi.asked import Asked
from edge.dialects.riapi.row import BOOLEAN, NOTHING, NUMBER, WHOLE, Row, when, words
from edge.dialects.riapi.sizing import background
from edge.plan import filters
from edge.plan.steps import TRANSPARENT, Balance, Blur, Effect, Pixelate, Recolour, Round, Step

_ORDER: Final = (
    "round",
    "alpha",
    "brightness",
    "contrast",
    "saturation",
    "sepia",
    "grayscale",
    "invert",
    "balance",
    "blur",
    "pixelate",
)
_SIGMAS: Final = (0.1, 100.0)
_BLOCKS: Final = (2, 512)


def _filter(matrix: Callable[[float], filters.Matrix]) -> Callable[[str], Any]:
    """Reads the strength of a colour filter."""

    def read(text: str) -> object:
        number = values.decimal(text)
        return None if number is None else _recolour(matrix(number))

    return read


def _recolour(matrix: filters.Matrix) -> object:
    return NOTHING if matrix == filters.IDENTITY else Recolour(matrix)


def _round(text: str) -> object:
    """One radius for all corners or one for each. NaN, which lists may hold, is none."""
    radii = values.numbers(text, 1) or values.numbers(text, 4)
    if radii is None:
        return None
    first, second, third, fourth = (min(radius, 100.0) if radius > 0 else 0.0 for radius in radii * (4 // len(radii)))
    corners = Round((first, second, third, fourth))
    return corners if any(corners.radii) else NOTHING


def _blur(text: str) -> object:
    sigma = values.decimal(text)
    if sigma is None:
        return None
    return Blur(min(max(sigma, _SIGMAS[0]), _SIGMAS[1])) if sigma > 0 else NOTHING


def _pixelate(text: str) -> object:
    block = values.whole(text)
    if block is None:
        return None
    return Pixelate(min(block, _BLOCKS[1])) if block >= _BLOCKS[0] else NOTHING


def _greys(upstream: bool) -> tuple[Callable[[str], Any], str]:
    ntsc = Recolour(filters.grayscale("ntsc", upstream))
    rest = {
        "ry": Recolour(filters.grayscale("ry", upstream)),
        "flat": Recolour(filters.grayscale("flat", upstream)),
        "bt709": Recolour(filters.grayscale("bt709", upstream)),
    }
    return words({"true": ntsc, "y": ntsc, "ntsc": ntsc, **rest})


def _balance_remark(text: str) -> tuple[str, str] | None:
    if text.lower() not in ("simple", "gimp"):
        return None
    return "ignored", f"a.balancewhite={text.lower()} does nothing; area is the way there is"


_BALANCES: Final = {"true": Balance(), "area": Balance(), "simple": None, "gimp": None}

_COMMON: Final = (
    Row("effects", ("s.roundcorners",), _round, "one percentage or four", "round"),
    Row("effects", ("s.alpha",), _filter(filters.alpha), NUMBER, "alpha"),
    Row("effects", ("s.brightness",), _filter(filters.brightness), NUMBER, "brightness"),
    Row("effects", ("s.contrast",), _filter(filters.contrast), NUMBER, "contrast"),
    Row("effects", ("s.saturation",), _filter(filters.saturation), NUMBER, "saturation"),
    Row("effects", ("s.sepia",), when(values.boolean, Recolour(filters.sepia())), BOOLEAN, "sepia"),
    Row("effects", ("s.invert",), when(values.boolean, Recolour(filters.invert())), BOOLEAN, "invert"),
    Row("effects", ("a.balancewhite",), *words(_BALANCES), "balance", _balance_remark),
    Row("effects", ("a.blur",), _blur, NUMBER, "blur"),
    Row("effects", ("a.pixelate",), _pixelate, WHOLE, "pixelate"),
    Row("dot", ("watermark_red_dot",), values.boolean, BOOLEAN),
)
ROWS: Final[dict[Compat, tuple[Row, ...]]] = {
    "modern": (*_COMMON, Row("effects", ("s.grayscale",), *_greys(upstream=False), "grayscale")),
    "imageflow": (*_COMMON, Row("effects", ("s.grayscale",), *_greys(upstream=True), "grayscale")),
}


def effects(asked: Asked) -> list[Step]:
    """What is asked for, in order."""
    return [_with_background(asked.effects[name], asked) for name in _ORDER if name in asked.effects]


def _with_background(effect: Effect, asked: Asked) -> Effect:
    return replace(effect, background=background(asked) or TRANSPARENT) if isinstance(effect, Round) else effect
