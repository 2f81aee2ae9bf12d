"""What a RIAPI query asks for, value by value, before it becomes a plan: a draft that is filled in key by key."""

from dataclasses import dataclass, field
from typing import Any, Literal

from edge.plan.steps import (
    CENTRE,
    Auto,
    Effect,
    Kernel,
    Light,
    Mode,
    Point,
    Scale,
    SharpenWhen,
    Window,
)

Axis = Literal["x", "y", "both"]
Lossless = bool | Literal["keep"]
Quad = tuple[float, ...]


@dataclass(slots=True)
class Asked:
    """None and empty: not asked for. `width` and `height` are as written, also when they are below 1; what is said of
    turns, mirrors and effects is exact, with everything that would do nothing left out."""

    width: int | Auto | None = None
    height: int | None = None
    max_width: int | None = None
    max_height: int | None = None
    mode: Mode | None = None
    fills: bool = False  # stretch=fill
    scale: Scale = "down"
    zoom: float | Auto = 1.0
    anchor: Point = CENTRE
    gravity: Point | Literal["smart"] | None = None
    focus: Point | None = None
    crop: Quad | Literal["auto", "smart"] | None = None
    percent: Quad | None = None  # c
    x_units: float = 0.0
    y_units: float = 0.0
    window: Window | None = None  # of srcset, beats both
    background: str | None = None
    light: Light | None = None
    up_light: Light | None = None
    down_kernel: Kernel | None = None
    up_kernel: Kernel | None = None
    sharpen: float = 0.0
    sharpen_when: SharpenWhen = "always"
    headroom: float | None = None
    turn_before: int = 0  # quarters, clockwise
    turn_after: int = 0
    mirror_before: Axis | None = None
    mirror_after: Axis | None = None
    trim: int | None = None
    trim_margin: float = 0.0
    frame: int | None = None
    upright: bool = True
    ignore_profile: bool = False
    lenient: bool | None = None  # ignore_icc_errors
    effects: dict[str, Effect] = field(default_factory=dict)
    dot: bool = False
    marks: tuple[str, ...] = ()
    caption: dict[str, Any] = field(default_factory=dict)  # fields of Caption
    format: str | Auto | None = None
    quality: int | Auto | None = None
    qualities: dict[str, int] = field(default_factory=dict)
    lossless: Lossless | None = None
    lossless_of: dict[str, Lossless] = field(default_factory=dict)
    accepts: dict[str, bool] = field(default_factory=dict)
    wide: bool = False  # accept.color_profiles
    profile: float | Literal["lossless", "quality"] | None = None  # qp
    profile_dpr: float | Literal["zoom"] = 3.0
    tuning: dict[str, float] = field(default_factory=dict)
    jpegli: bool = False
    srcset: str | None = None
