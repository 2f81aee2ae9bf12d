"""The vocabulary of a plan: frozen steps. A wish may say AUTO or leave a thing open (None); a concrete plan may not.

Order of a RIAPI plan: Decode, Turn and Mirror (before sizing), Fit, Turn and Mirror (after sizing), Encode.
`edge.plan.layout` replaces Fit by Crop, Resize and Pad once the source's size is known.
Lengths are pixels, angles are clockwise quarter turns, colours are eight lower-case hex digits RRGGBBAA.
"""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["max", "pad", "crop", "stretch", "aspectcrop"]
Scale = Literal["down", "up", "both", "canvas"]
Light = Literal["linear", "srgb"]

TRANSPARENT = "00000000"
WHITE = "ffffffff"


@dataclass(frozen=True, slots=True)
class Auto:
    """The edge is asked to choose. `fallback` is in CSS pixels, for widths only (`w=auto:640`)."""

    fallback: int | None = None


AUTO = Auto()


@dataclass(frozen=True, slots=True)
class Point:
    """A position in percent, 0 to 100 on each axis; None is the named centre, which floors where 50 rounds."""

    x: float | None = None
    y: float | None = None


CENTRE = Point()


@dataclass(frozen=True, slots=True)
class Window:
    """A manual crop as written: corners in units of width/x_units and height/y_units, 0 = source pixels."""

    x1: float
    y1: float
    x2: float
    y2: float
    x_units: float = 0.0
    y_units: float = 0.0


@dataclass(frozen=True, slots=True)
class Decode:
    """Read input number `input`, upright by its EXIF orientation, as sRGB. `frame` None = every frame there is."""

    input: int = 0
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    quarters: int  # 1, 2 or 3, clockwise


@dataclass(frozen=True, slots=True)
class Mirror:
    axis: Literal["x", "y", "both"]  # x mirrors left-right, y top-bottom


@dataclass(frozen=True, slots=True)
class Fit:
    """The sizing wish. Only in wishes: layout turns it into Crop, Resize and Pad."""

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
    background: str | None = None  # None = transparent, or the matte of the format
    light: Light | None = None  # None = the route's


@dataclass(frozen=True, slots=True)
class Crop:
    """Keep the rectangle [left, left+width) × [top, top+height) of what came before, in its full-size pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Resize:
    """Resample to exactly width × height, mixing light linearly or as stored; `matte` under transparent pixels."""

    width: int
    height: int
    light: Light = "linear"
    matte: str = TRANSPARENT


@dataclass(frozen=True, slots=True)
class Pad:
    """Put the picture at (left, top) on a canvas of width × height filled with `background`."""

    left: int
    top: int
    width: int
    height: int
    background: str = TRANSPARENT


@dataclass(frozen=True, slots=True)
class Encode:
    """Write the picture. In a concrete plan: `format` is a name of edge.plan.formats, `qualities` and `accepts` empty.

    format: None = the URL is silent (the route decides), AUTO = negotiate, "keep" = the source's, or a name.
    quality: 0 to 100; None = the format's or route's own. `qualities` are per format: (("jpeg", 80), …), sorted.
    lossless: None = the format's own way. matte: what transparent pixels are flattened on where the format has none.
    accepts: formats the URL itself vouches for ("webp", "avif"), sorted.
    """

    format: str | Auto | None = None
    quality: int | None = None
    qualities: tuple[tuple[str, int], ...] = ()
    lossless: bool | Literal["keep"] | None = None
    matte: str | None = None
    accepts: tuple[str, ...] = ()


Step = Decode | Turn | Mirror | Fit | Crop | Resize | Pad | Encode
