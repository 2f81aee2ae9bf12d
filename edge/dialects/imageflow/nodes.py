"""The nodes of a job as types, with upstream's defaults (JSON_JOBS §3). Coordinates and lengths are pixels."""

from typing import Annotated, ClassVar, Literal

from edge.dialects.imageflow.colours import Colour
from edge.dialects.imageflow.effect_nodes import ColorFilterSrgb, ColorMatrixSrgb, RoundImageCorners, WhiteBalance
from edge.dialects.imageflow.encoders import Preset
from edge.dialects.imageflow.numbers import F32, I32, U32, U64
from edge.dialects.imageflow.tagged import ONE_OF, Plain, Record, Unit, Variant

# --------------------------------------------------------------------------------------------------------------- places


class Centre(Unit):
    tag: ClassVar[str] = "center"


class Percentage(Variant):
    """0 to 100 on each axis; clamped."""

    tag: ClassVar[str] = "percentage"
    x: F32
    y: F32


Gravity = Annotated[Centre | Percentage, ONE_OF]

Filter = Literal[
    "robidoux_fast",
    "robidoux",
    "robidoux_sharp",
    "ginseng",
    "ginseng_sharp",
    "lanczos",
    "lanczos_sharp",
    "lanczos_2",
    "lanczos_2_sharp",
    "cubic",
    "cubic_sharp",
    "catmull_rom",
    "mitchell",
    "cubic_b_spline",
    "hermite",
    "jinc",
    "triangle",
    "linear",
    "box",
    "fastest",
    "n_cubic",
    "n_cubic_sharp",
]


class ResampleHints(Record):
    sharpen_percent: F32 | None = None
    down_filter: Filter | None = None
    up_filter: Filter | None = None
    scaling_colorspace: Literal["linear", "srgb"] | None = None
    background_color: Colour | None = None
    resample_when: Literal["size_differs", "size_differs_or_sharpening_requested", "always"] | None = None
    sharpen_when: Literal["downscaling", "upscaling", "size_differs", "always"] | None = None


# --------------------------------------------------------------------------------------------------- reading, writing


class JpegDownscaleHints(Variant):
    tag: ClassVar[str] = "jpeg_downscale_hints"
    width: U32
    height: U32
    scale_luma_spatially: bool | None = None
    gamma_correct_for_srgb_during_spatial_luma_scaling: bool | None = None


class WebpDecoderHints(Variant):
    tag: ClassVar[str] = "webp_decoder_hints"
    width: U32
    height: U32


class DiscardColorProfile(Unit):
    tag: ClassVar[str] = "discard_color_profile"


class IgnoreColorProfileErrors(Unit):
    tag: ClassVar[str] = "ignore_color_profile_errors"


class SelectFrame(Plain):
    tag: ClassVar[str] = "select_frame"
    value: U32


DecoderCommand = Annotated[
    JpegDownscaleHints | WebpDecoderHints | DiscardColorProfile | IgnoreColorProfileErrors | SelectFrame, ONE_OF
]


class Decode(Variant):
    tag: ClassVar[str] = "decode"
    io_id: I32
    commands: list[DecoderCommand] | None = None


class Encode(Variant):
    tag: ClassVar[str] = "encode"
    io_id: I32
    preset: Preset


# ---------------------------------------------------------------------------------------------------------- watermarks


class Box(Record):
    """Corners in percent."""

    x1: F32
    y1: F32
    x2: F32
    y2: F32


class Margins(Record):
    left: U32
    top: U32
    right: U32
    bottom: U32


class ImagePercentage(Plain):
    tag: ClassVar[str] = "image_percentage"
    value: Box


class ImageMargins(Plain):
    tag: ClassVar[str] = "image_margins"
    value: Margins


class CanvasPercentage(Plain):
    tag: ClassVar[str] = "canvas_percentage"
    value: Box


class CanvasMargins(Plain):
    tag: ClassVar[str] = "canvas_margins"
    value: Margins


FitBox = Annotated[ImagePercentage | ImageMargins | CanvasPercentage | CanvasMargins, ONE_OF]


class Mark(Record):
    """A watermark: a picture among the inputs, and how it lies on another one."""

    io_id: I32
    fit_box: FitBox | None = None
    fit_mode: Literal["distort", "within", "fit", "within_crop", "fit_crop"] | None = None
    gravity: Gravity | None = None
    min_canvas_width: U32 | None = None
    min_canvas_height: U32 | None = None
    opacity: F32 | None = None
    hints: ResampleHints | None = None


class Watermark(Variant, Mark):
    tag: ClassVar[str] = "watermark"


class WatermarkRedDot(Unit):
    tag: ClassVar[str] = "watermark_red_dot"


# ------------------------------------------------------------------------------------------------------------- geometry

ConstraintMode = Literal[
    "distort",
    "within",
    "fit",
    "larger_than",
    "within_crop",
    "fit_crop",
    "within_pad",
    "fit_pad",
    "aspect_crop",
]


class CommandString(Variant):
    tag: ClassVar[str] = "command_string"
    kind: Literal["ir4"]
    value: str
    decode: I32 | None = None
    encode: I32 | None = None
    watermarks: list[Mark] | None = None


class Constrain(Variant):
    tag: ClassVar[str] = "constrain"
    mode: ConstraintMode
    w: U32 | None = None
    h: U32 | None = None
    hints: ResampleHints | None = None
    gravity: Gravity | None = None
    canvas_color: Colour | None = None


class Crop(Variant):
    tag: ClassVar[str] = "crop"
    x1: U32
    y1: U32
    x2: U32
    y2: U32


class CropWhitespace(Variant):
    tag: ClassVar[str] = "crop_whitespace"
    threshold: U32
    percent_padding: F32


class Region(Variant):
    tag: ClassVar[str] = "region"
    x1: I32
    y1: I32
    x2: I32
    y2: I32
    background_color: Colour


class RegionPercent(Variant):
    tag: ClassVar[str] = "region_percent"
    x1: F32
    y1: F32
    x2: F32
    y2: F32
    background_color: Colour


class Resample2d(Variant):
    tag: ClassVar[str] = "resample_2d"
    w: U32
    h: U32
    hints: ResampleHints | None = None


class CreateCanvas(Variant):
    """bgr_24 and gray_8 are known and refused."""

    tag: ClassVar[str] = "create_canvas"
    format: Literal["bgra_32", "bgr_32", "bgr_24", "gray_8"]
    w: U64
    h: U64
    color: Colour


class CopyRectToCanvas(Variant):
    tag: ClassVar[str] = "copy_rect_to_canvas"
    from_x: U32
    from_y: U32
    w: U32
    h: U32
    x: U32
    y: U32


class DrawImageExact(Variant):
    tag: ClassVar[str] = "draw_image_exact"
    x: U32
    y: U32
    w: U32
    h: U32
    blend: Literal["compose", "overwrite"] | None = None
    hints: ResampleHints | None = None


class FillRect(Variant):
    tag: ClassVar[str] = "fill_rect"
    x1: U32
    y1: U32
    x2: U32
    y2: U32
    color: Colour


class ExpandCanvas(Variant):
    tag: ClassVar[str] = "expand_canvas"
    left: U32
    top: U32
    right: U32
    bottom: U32
    color: Colour


class FlipH(Unit):
    tag: ClassVar[str] = "flip_h"


class FlipV(Unit):
    tag: ClassVar[str] = "flip_v"


class Transpose(Unit):
    tag: ClassVar[str] = "transpose"


class Rotate90(Unit):
    tag: ClassVar[str] = "rotate_90"


class Rotate180(Unit):
    tag: ClassVar[str] = "rotate_180"


class Rotate270(Unit):
    tag: ClassVar[str] = "rotate_270"


class ApplyOrientation(Variant):
    tag: ClassVar[str] = "apply_orientation"
    flag: I32


Node = Annotated[
    Decode
    | Encode
    | CommandString
    | Constrain
    | Crop
    | CropWhitespace
    | Region
    | RegionPercent
    | Resample2d
    | CreateCanvas
    | CopyRectToCanvas
    | DrawImageExact
    | FillRect
    | ExpandCanvas
    | FlipH
    | FlipV
    | Transpose
    | Rotate90
    | Rotate180
    | Rotate270
    | ApplyOrientation
    | RoundImageCorners
    | ColorFilterSrgb
    | ColorMatrixSrgb
    | WhiteBalance
    | Watermark
    | WatermarkRedDot,
    ONE_OF,
]
