"""What a RIAPI query asks for, value by value, before it becomes a plan; and the words it may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from edge.plan.boxes import round_away
from edge.plan.formats import WRITABLE
from edge.plan.steps import AUTO, CENTRE, Auto, Light, Mode, Point, Scale, Window

Axis = Literal["x", "y", "both"]
Lossless = bool | Literal["keep"]

FORMATS: Final[dict[str, str | Auto]] = {**WRITABLE, "auto": AUTO, "keep": "keep"}


@dataclass(frozen=True, slots=True)
class Asked:
    """None and empty: not asked for. `width` and `height` are as written, also when they are below 1."""

    width: int | Auto | None = None
    height: int | None = None
    max_width: int | None = None
    max_height: int | None = None
    mode: Mode = "pad"
    scale: Scale = "down"
    zoom: float | Auto = 1.0
    anchor: Point = CENTRE
    gravity: Point | None = None
    window: Window | None = None
    background: str | None = None
    light: Light | None = None
    turns: tuple[int, int] = (0, 0)  # quarters before and after sizing
    mirrors: tuple[Axis | None, Axis | None] = (None, None)
    frame: int | None = None
    format: str | Auto | None = None
    quality: int | None = None
    qualities: Mapping[str, int] = field(default_factory=dict)
    lossless: Lossless | None = None
    lossless_of: Mapping[str, Lossless] = field(default_factory=dict)
    accepts: tuple[str, ...] = ()


def clamped_zoom(number: float) -> float:
    """Zero and negatives too end at the lower bound."""
    return min(max(number, 0.00008), 80000.0)


def clamped_quality(number: float) -> int:
    return round_away(min(max(number, 0.0), 100.0))
