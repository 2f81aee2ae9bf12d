"""The vocabulary of a plan: frozen steps. A wish may say AUTO or leave a thing open (None); a concrete plan may not.

Order of a RIAPI plan: Decode, Trim, Turn and Mirror (before sizing), Fit, effects and watermarks on the image,
watermarks on the canvas, Turn and Mirror (after sizing), Dot, Encode.

`edge.plan.layout` replaces Fit by Crop, SmartCrop, Resize and Pad, and Watermark by Crop, Resize and Overlay, once the
sizes are known. They are known before any pixel, but for Trim: what follows one is settled in the worker, when the
content's box has been found. Effects (`EFFECTS`) and watermarks on the image come between Resize and Pad: the padding
that a Fit implies is put around the picture by the first step after it that is none of these.

Lengths are pixels, angles are clockwise quarter turns, colours are eight lower-case hex digits RRGGBBAA.
"""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["max", "pad", "crop", "stretch", "aspectcrop"]
Scale = Literal["down", "up", "both", "canvas"]
Light = Literal["linear", "srgb"]
# Resampling kernels, by libvips' names; "box" averages whole areas.
Kernel = Literal["box", "nearest", "linear", "cubic", "mitchell", "lanczos2", "lanczos3", "mks2013", "mks2021"]
SharpenWhen = Literal["always", "downscaling", "upscaling", "sizediffers"]
# compose: source over; overwrite: colour and alpha of the mark replace those below.
Blend = Literal["compose", "overwrite"]
# What radii of corners are given in: percent of half the shorter side, or pixels. circle: the largest circle in the
# middle of the picture is all that stays, whatever the radii say.
Unit = Literal["percent", "pixels", "circle"]
# lenient: convert by the embedded profile, a broken one counts as none; strict: a broken one is an error (422);
# ignore: the pixels are taken for sRGB, whatever a profile says.
Profile = Literal["lenient", "strict", "ignore"]
Gamut = Literal["srgb", "p3"]
FitMode = Literal["distort", "within", "fit", "within_crop", "fit_crop"]

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
    """Read input number `input` as sRGB. `frame` None = every frame there is. `upright` False leaves the picture as it
    is stored, whatever its EXIF orientation."""

    input: int = 0
    frame: int | None = None
    upright: bool = True
    profile: Profile = "lenient"


@dataclass(frozen=True, slots=True)
class Canvas:
    """A plain picture of one frame that no input is read for. `alpha` False: it can hold no transparency, whatever is
    laid on it; `background` is opaque then."""

    width: int
    height: int
    background: str = TRANSPARENT
    alpha: bool = True


@dataclass(frozen=True, slots=True)
class Trim:
    """Keep the box of what stands out from its surroundings by more than `threshold` (edge energy, 8-bit luma), grown
    on each side by `margin` percent of the mean of its sides (RIAPI §5). Its size is known to the worker alone."""

    threshold: int
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    quarters: int  # 1, 2 or 3, clockwise


@dataclass(frozen=True, slots=True)
class Mirror:
    axis: Literal["x", "y", "both"]  # x mirrors left-right, y top-bottom


@dataclass(frozen=True, slots=True)
class Fit:
    """The sizing wish. Only in wishes, and after Trim: layout turns it into Crop, SmartCrop, Resize and Pad.

    Where the crop lies: `smart` = where attention falls; `focus` = as near as can be around this point of the picture;
    else `gravity` or `anchor` say how much of what is cut off is cut off left and above.
    Kernels and lights None = the usual ones; those of `up` count where either axis grows. `sharpen` and `headroom`: see
    Resize. `exact` True = upstream's layout to the pixel, even where it leaves a line of padding (RIAPI §7.3).
    `full` is the size before a Trim, which windows and missing sides refer to (RIAPI §5); the worker fills it in.
    """

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
    up_light: Light | None = None
    smart: bool = False
    focus: Point | None = None
    down_kernel: Kernel | None = None
    up_kernel: Kernel | None = None
    sharpen: float = 0.0
    sharpen_when: SharpenWhen = "always"
    headroom: float | None = None
    exact: bool = False
    full: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Crop:
    """Keep the rectangle [left, left+width) × [top, top+height) of what came before, in its full-size pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Region:
    """Keep the window [x1, x2) × [y1, y2) of the picture with the padding that is due; beyond its edges lies
    `background`. Only in wishes, and after Trim: layout turns it into Crop and Pad, or a Canvas where the window misses
    the picture.

    Corners in pixels, or with `percent` in percent of the sides, rounded, at least a pixel apart (JSON_JOBS §3,
    region_percent). `inside`: a window that reaches beyond the picture is a Misfit. What is behind it knows nothing of
    the picture before: a Fit's `full`, a watermark's image.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    percent: bool = False
    inside: bool = False
    background: str = TRANSPARENT


@dataclass(frozen=True, slots=True)
class Expand:
    """Put `background` around the picture, so many pixels at each side. Only in wishes, and after Trim: layout turns
    it into Pad."""

    left: int
    top: int
    right: int
    bottom: int
    background: str = TRANSPARENT


@dataclass(frozen=True, slots=True)
class Fill:
    """Replace the pixels of the rectangle [x1, x2) × [y1, y2), colour and alpha. One that reaches beyond the picture is
    a Misfit."""

    x1: int
    y1: int
    x2: int
    y2: int
    colour: str


@dataclass(frozen=True, slots=True)
class SmartCrop:
    """Keep the width × height rectangle of what came before that attracts most attention."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Resize:
    """Resample to exactly width × height, mixing light linearly or as stored; `matte` under transparent pixels.

    `sharpen`: the share of the kernel's weight, in percent, that its negative lobes have at least. `headroom`: how many
    times larger than the result a decoder that shrinks must leave the picture; None = what the light needs.
    """

    width: int
    height: int
    light: Light = "linear"
    matte: str = TRANSPARENT
    kernel: Kernel = "lanczos3"
    sharpen: float = 0.0
    headroom: float | None = None


@dataclass(frozen=True, slots=True)
class Pad:
    """Put the picture at (left, top) on a canvas of width × height filled with `background`."""

    left: int
    top: int
    width: int
    height: int
    background: str = TRANSPARENT


@dataclass(frozen=True, slots=True)
class Round:
    """Cut the corners off: radii of top left, top right, bottom right, bottom left, in percent of half the shorter side
    (100 = a pill or circle) or in pixels, at most that half; `background` shows in them."""

    radii: tuple[float, float, float, float]
    background: str = TRANSPARENT
    unit: Unit = "percent"


@dataclass(frozen=True, slots=True)
class Recolour:
    """Each of R, G, B, A becomes a sum: four rows of factors for R, G, B, A and a constant. Values are stored 8-bit
    sRGB taken as 0 to 1, not premultiplied; results are clamped and rounded to 8 bits."""

    matrix: tuple[float, ...]  # 20 numbers, row by row


@dataclass(frozen=True, slots=True)
class Balance:
    """White balance: stretch each colour band so that `clip` of the pixels (0 to 1) falls off at each end."""

    clip: float = 0.006


@dataclass(frozen=True, slots=True)
class Blur:
    sigma: float  # pixels


@dataclass(frozen=True, slots=True)
class Pixelate:
    block: int  # pixels a side


@dataclass(frozen=True, slots=True)
class Area:
    """Where a watermark may lie: on the `image` without its padding or the whole `canvas`. Corners in percent of that,
    or, with `margins`, the pixels kept free at left, top, right and bottom."""

    on: Literal["image", "canvas"] = "image"
    x1: float = 0.0
    y1: float = 0.0
    x2: float = 100.0
    y2: float = 100.0
    margins: bool = False


@dataclass(frozen=True, slots=True)
class Watermark:
    """Fit the second picture into an area of the first and lay it over. Only in wishes, and after Trim: layout turns it
    into Crop, Resize and Overlay. It is hidden unless the canvas is larger than `min_width` and `min_height`.

    mode: distort fills the area; within shrinks the mark to lie inside, fit also enlarges it; the _crop modes cover the
    area and cut off the rest (within_crop without enlarging).
    """

    area: Area = Area()
    mode: FitMode = "within"
    gravity: Point = CENTRE
    opacity: float = 1.0
    min_width: int = 0
    min_height: int = 0
    down_kernel: Kernel | None = None
    up_kernel: Kernel | None = None
    light: Light | None = None
    sharpen: float = 0.0
    sharpen_when: SharpenWhen = "always"


@dataclass(frozen=True, slots=True)
class Overlay:
    """Lay the second picture over the first, its top left corner at (left, top). An animation on a still makes that one
    move. Opacity counts where it is composed. `inside`: one that reaches beyond the first is a Misfit; only in wishes,
    and after Trim."""

    left: int
    top: int
    opacity: float = 1.0
    blend: Blend = "compose"
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """Write a line of text on the picture: `size` in pixels, `margin` pixels kept free at the edges. Text that is wider
    than the picture is made smaller until it fits."""

    text: str
    font: str = "sans"
    size: float = 24.0
    colour: str = WHITE
    gravity: Point = Point(100.0, 100.0)
    margin: int = 10
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Dot:
    """An opaque red square of 3 × 3 pixels in the bottom right corner, if both sides are longer than that."""


@dataclass(frozen=True, slots=True)
class Encode:
    """Write the picture.

    In a concrete plan `format` is a name of edge.plan.formats; `qualities`, `accepts`, `profile`, `profile_dpr` are
    empty; either `quality` or `aim` is set where the format has a scale; `tuning` holds what concerns this format only.

    format: None = the URL is silent (the route decides), AUTO = negotiate, "keep" = the source's, or a name. "json"
    tells what is known of the picture instead of writing it.
    quality: 0 to 100; None = the format's or route's own, AUTO = aim at a perceptual target.
    qualities: per format, (("jpeg", 80), …), sorted. aim: the target in points of SSIMULACRA 2, at most 100.
    lossless: None = the format's own way; `lossless_of` says it per format. matte: what transparent pixels are
    flattened on where the format has none. accepts: formats the URL itself vouches for ("webp", "avif"), sorted.
    profile: the perceptual profile `qp`, 0 to 100 percent; profile_dpr: the density it is meant for, AUTO = the one
    that is chosen.
    tuning: (("avif.speed", 6.0), …), sorted; names in `TUNING`. Yes and no are 1 and 0.
    keep: metadata that is written: "copyright". gamut: "p3" keeps a wider gamut than sRGB where the source has one.
    """

    format: str | Auto | None = None
    quality: int | Auto | None = None
    qualities: tuple[tuple[str, int], ...] = ()
    aim: float | None = None
    lossless: bool | Literal["keep"] | None = None
    lossless_of: tuple[tuple[str, bool | Literal["keep"]], ...] = ()
    matte: str | None = None
    accepts: tuple[str, ...] = ()
    profile: float | None = None
    profile_dpr: float | Auto = 3.0
    tuning: tuple[tuple[str, float], ...] = ()
    keep: tuple[str, ...] = ()
    gamut: Gamut = "srgb"


# What `Encode.tuning` may say, by format. subsampling: 411, 420, 422, 444. fast: libjpeg's plain way. speed: 0 to 10
# (avif, 10 fastest), 1 to 10 (png's palette search). plain: full colour with libpng. effort: 0 (fastest) to 9.
TUNING: dict[str, tuple[str, ...]] = {
    "jpeg": ("jpeg.fast", "jpeg.progressive", "jpeg.subsampling"),
    "png": ("png.max_deflate", "png.min_quality", "png.plain", "png.speed"),
    "avif": ("avif.speed",),
    "jxl": ("jxl.distance", "jxl.effort"),
}

Effect = Round | Recolour | Balance | Blur | Pixelate
EFFECTS: tuple[type[Effect], ...] = (Round, Recolour, Balance, Blur, Pixelate)

Step = (
    Decode
    | Canvas
    | Trim
    | Turn
    | Mirror
    | Fit
    | Crop
    | SmartCrop
    | Region
    | Expand
    | Resize
    | Pad
    | Fill
    | Round
    | Recolour
    | Balance
    | Blur
    | Pixelate
    | Watermark
    | Overlay
    | Caption
    | Dot
    | Encode
)
