"""Strict readers of single values. Each answers None for what it does not accept; none raises.

Only ASCII digits count, and no underscores: Python's own int() and float() take more than URLs mean. Words and colours
are compared without regard to case.
"""

import math
import re
from collections.abc import Mapping
from typing import Final, Literal, TypeVar

from edge.dialects.colours import NAMED
from edge.plan.boxes import I32_MAX, f32
from edge.plan.steps import Point

T = TypeVar("T")

_WHOLE: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_ENDLESS: Final = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_HEX: Final = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE | re.ASCII)
_NAMED_POINT: Final = re.compile(r"(top|middle|bottom)(left|center|right)", re.IGNORECASE | re.ASCII)

_BOOLEANS: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_PLACES: Final[dict[str, float | None]] = {
    "top": 0.0,
    "left": 0.0,
    "middle": None,
    "center": None,
    "bottom": 100.0,
    "right": 100.0,
}


def whole(text: str) -> int | None:
    """A whole number of 32 bits: no decimals, exponents or units."""
    if not _WHOLE.fullmatch(text):
        return None
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > 10:  # int() itself refuses thousands of digits with an error
        return None
    number = -int(digits) if text[0] == "-" else int(digits)
    return number if -I32_MAX - 1 <= number <= I32_MAX else None


def byte(text: str) -> int | None:
    """A whole number from 0 to 255."""
    number = whole(text)
    return number if number is not None and 0 <= number <= 255 and text[0] != "-" else None


def decimal(text: str) -> float | None:
    """A finite number in the usual notation, with or without exponent."""
    if not _DECIMAL.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def listed(text: str) -> float | None:
    """A number as lists take it: NaN and Infinity are accepted there, and surrounding blanks."""
    text = text.strip()
    return float(text) if _DECIMAL.fullmatch(text) or _ENDLESS.fullmatch(text) else None


def boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.lower())


def boolean_or_keep(text: str) -> bool | Literal["keep"] | None:
    """`keep` and `preserve` follow the source."""
    return "keep" if text.lower() in ("keep", "preserve") else boolean(text)


def word(text: str, meanings: Mapping[str, T]) -> T | None:
    """What one of a set of words means."""
    return meanings.get(text.lower())


def colour(text: str) -> str | None:
    """RRGGBBAA of a CSS name or of hex digits RGB, RGBA, RRGGBB, RRGGBBAA, with or without `#`."""
    named = NAMED.get(text.lower()) if text.isascii() else None
    if named is not None:
        return named
    match = _HEX.fullmatch(text)
    if match is None:
        return None
    digits = match[1].lower()
    if len(digits) <= 4:
        digits = "".join(digit * 2 for digit in digits)
    return digits if len(digits) == 8 else digits + "ff"


def numbers(text: str, count: int) -> tuple[float, ...] | None:
    """Exactly `count` numbers between commas."""
    read = tuple(listed(item) for item in text.split(","))
    known = tuple(number for number in read if number is not None)
    return known if len(known) == len(read) == count else None


def percent_point(text: str) -> Point | None:
    """`x,y` in percent, each clamped to 0…100 and kept to two decimals of a 32-bit float (RIAPI §5)."""
    pair = numbers(text, 2)
    return None if pair is None else Point(*(_percent(number) for number in pair))


def _percent(number: float) -> float:
    """NaN is 0: comparisons with it are never true."""
    clamped = min(number, 100.0) if number > 0 else 0.0
    return float(f"{f32(clamped):.2f}")


def point(text: str) -> Point | None:
    """A position: one of nine names as `topleft`, or a pair of percentages."""
    match = _NAMED_POINT.fullmatch(text)
    if match is None:
        return percent_point(text)
    vertical, horizontal = match.groups()
    return Point(_PLACES[horizontal.lower()], _PLACES[vertical.lower()])


def quad(text: str) -> tuple[float, ...] | None:
    """Exactly four numbers."""
    return numbers(text, 4)


def lenient_quad(text: str) -> tuple[float, ...] | None:
    """Four items, parentheses dropped, each 0 where it is no number (RIAPI §2, `crop`)."""
    items = text.replace("(", "").replace(")", "").split(",")
    return tuple(listed(item) or 0.0 for item in items) if len(items) == 4 else None
