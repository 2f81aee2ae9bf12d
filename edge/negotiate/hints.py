"""Client Hints (RFC 8942, WICG responsive images) and Save-Data, read defensively: a hint is a wish of the browser,
never an error, and whatever is not plainly a number is as good as absent."""

import re
from dataclasses import dataclass
from fractions import Fraction

from edge.exchange import Fields

# ASCII only: Python's own number parsing accepts `1_0`, `nan`, `1e9` and digits of other scripts.
_NUMBER = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,3}))?")
_DIGITS = 15  # what a Structured Fields number can hold (RFC 9651 §3.3)
_TOP_DPR = 20


@dataclass(frozen=True, slots=True)
class Hints:
    """What the request says. `dpr` is device pixels per CSS pixel; `width` is device pixels and contains the dpr
    already; `viewport_width` is CSS pixels. Exact fractions, so that rounding up never adds a pixel."""

    dpr: Fraction | None = None
    width: Fraction | None = None
    viewport_width: Fraction | None = None
    mobile: bool = False
    save_data: bool = False


NO_HINTS = Hints()


def read_hints(fields: Fields, legacy: bool = False) -> Hints:
    """The hints among these fields; `legacy` also reads DPR, Width and Viewport-Width. Never raises."""
    return Hints(
        dpr=_density(fields, "Sec-CH-DPR") or (_density(fields, "DPR") if legacy else None),
        width=_length(fields, "Width", legacy),
        viewport_width=_length(fields, "Viewport-Width", legacy),
        mobile=_last(fields, "Sec-CH-UA-Mobile") == "?1",
        save_data=_saves(fields),
    )


def _last(fields: Fields, name: str) -> str:
    """The last list member: where a field was repeated, the later line was added by someone nearer to us."""
    return (fields.get(name) or "").rpartition(",")[2].strip(" \t")


def _number(text: str) -> Fraction | None:
    read = _NUMBER.fullmatch(text)
    if read is None or len(read[1]) + len(read[2] or "") > _DIGITS:
        return None
    return Fraction(text)


def _density(fields: Fields, name: str) -> Fraction | None:
    value = _number(_last(fields, name))
    return value if value is not None and 0 < value <= _TOP_DPR else None


def _length(fields: Fields, name: str, legacy: bool) -> Fraction | None:
    value = _number(_last(fields, f"Sec-CH-{name}"))
    return _number(_last(fields, name)) if value is None and legacy else value


def _saves(fields: Fields) -> bool:
    first = (fields.get("Save-Data") or "").partition(",")[0]
    return first.partition(";")[0].strip(" \t").lower() == "on"
