"""Encoder settings beside quality: which a URL may turn, how far, and what a perceptual profile turns them to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from edge.negotiate.profiles import Row
from edge.plan.boxes import round_away
from edge.plan.steps import TUNING

Tuning = tuple[tuple[str, float], ...]


class Knob(NamedTuple):
    """From `low` to `high`. At `usual` it changes nothing; `lossless` tells when only it matters, None = always;
    `column` of the profile's row turns it, and where `ruled`, beats the URL's own word, since it is a quality."""

    low: float
    high: float
    usual: float | None = None
    lossless: bool | None = None
    whole: bool = True
    column: str = ""
    ruled: bool = False


KNOBS: Final[Mapping[str, Knob]] = MappingProxyType(
    {
        "jpeg.fast": Knob(0, 1, usual=0),
        "jpeg.progressive": Knob(0, 1),
        "jpeg.subsampling": Knob(411, 444),
        "png.max_deflate": Knob(0, 1, usual=0),
        "png.min_quality": Knob(0, 100, usual=0, lossless=False, column="png_least", ruled=True),
        "png.plain": Knob(0, 1, usual=0, lossless=True),
        "png.speed": Knob(1, 10, lossless=False),
        "avif.speed": Knob(0, 10, column="avif_speed"),
        "jxl.distance": Knob(0, 15, lossless=False, whole=False, column="jxl_distance", ruled=True),
        "jxl.effort": Knob(0, 9, column="jxl_effort"),
    }
)
_SUBSAMPLINGS: Final = frozenset({411.0, 420.0, 422.0, 444.0})  # there is nothing between these


def tuned(said: Tuning, name: str, lossless: bool | None, row: Row | None) -> Tuning:
    """The settings that make a difference to a file of this format, sorted, within their ranges."""
    if not said and row is None:
        return ()
    wishes = dict(said)
    found = ((each, _turned(KNOBS[each], wishes.get(each), row)) for each in TUNING.get(name, ()))
    return tuple((each, value) for each, value in found if value is not None and _matters(each, value, lossless))


def _turned(knob: Knob, said: float | None, row: Row | None) -> float | None:
    """The profile's value or the URL's."""
    profile = float(getattr(row, knob.column)) if row is not None and knob.column else None
    first, second = (profile, said) if knob.ruled else (said, profile)
    value = second if first is None else first
    if value is None:
        return None
    within = min(max(value, knob.low), knob.high)
    return float(round_away(within)) if knob.whole else round(within, 2)


def _matters(name: str, value: float, lossless: bool | None) -> bool:
    knob = KNOBS[name]
    if name == "jpeg.subsampling" and value not in _SUBSAMPLINGS:
        return False
    return value != knob.usual and knob.lossless in (None, bool(lossless))


def distance_of(said: Tuning) -> float | None:
    """JPEG XL's distance where the URL names it."""
    for name, value in said:
        if name == "jxl.distance":
            return _turned(KNOBS[name], value, None)
    return None


def quality_of(distance: float) -> int:
    """What JPEG XL's encoders call a distance on a scale like JPEG's: 0.1 at 100, 1 at 90, 6.4 at 30; below 30 the
    scale is not straight, and here it is only told, since the distance rules."""
    return max(0, min(100, round_away(100 - (distance - 0.1) / 0.09)))
