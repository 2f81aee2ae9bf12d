"""The nodes that change colours and corners, as types (JSON_JOBS §3)."""

from typing import Annotated, ClassVar

from pydantic import Field

from edge.dialects.imageflow.colours import Colour
from edge.dialects.imageflow.numbers import F32
from edge.dialects.imageflow.tagged import ONE_OF, Plain, Record, Unit, Variant


class Corners(Record):
    top_left: F32
    top_right: F32
    bottom_right: F32
    bottom_left: F32


class RadiusPercentage(Plain):
    tag: ClassVar[str] = "percentage"
    value: F32


class RadiusPixels(Plain):
    tag: ClassVar[str] = "pixels"
    value: F32


class Circle(Unit):
    tag: ClassVar[str] = "circle"


class PercentageCustom(Plain):
    tag: ClassVar[str] = "percentage_custom"
    value: Corners


class PixelsCustom(Plain):
    tag: ClassVar[str] = "pixels_custom"
    value: Corners


Radius = Annotated[RadiusPercentage | RadiusPixels | Circle | PercentageCustom | PixelsCustom, ONE_OF]


class RoundImageCorners(Variant):
    tag: ClassVar[str] = "round_image_corners"
    radius: Radius
    background_color: Colour


class GrayscaleNtsc(Unit):
    tag: ClassVar[str] = "grayscale_ntsc"


class GrayscaleFlat(Unit):
    tag: ClassVar[str] = "grayscale_flat"


class GrayscaleBt709(Unit):
    tag: ClassVar[str] = "grayscale_bt709"


class GrayscaleRy(Unit):
    tag: ClassVar[str] = "grayscale_ry"


class Sepia(Unit):
    tag: ClassVar[str] = "sepia"


class Invert(Unit):
    tag: ClassVar[str] = "invert"


class Alpha(Plain):
    tag: ClassVar[str] = "alpha"
    value: F32


class Contrast(Plain):
    tag: ClassVar[str] = "contrast"
    value: F32


class Brightness(Plain):
    tag: ClassVar[str] = "brightness"
    value: F32


class Saturation(Plain):
    tag: ClassVar[str] = "saturation"
    value: F32


ColorFilter = Annotated[
    GrayscaleNtsc
    | GrayscaleFlat
    | GrayscaleBt709
    | GrayscaleRy
    | Sepia
    | Invert
    | Alpha
    | Contrast
    | Brightness
    | Saturation,
    ONE_OF,
]


class ColorFilterSrgb(Plain):
    tag: ClassVar[str] = "color_filter_srgb"
    value: ColorFilter


MatrixRow = Annotated[list[F32], Field(min_length=5, max_length=5)]


class ColorMatrixSrgb(Variant):
    """Rows are the input's channels R, G, B, A and an offset; columns the output's."""

    tag: ClassVar[str] = "color_matrix_srgb"
    matrix: Annotated[list[MatrixRow], Field(min_length=5, max_length=5)]


class WhiteBalance(Variant):
    tag: ClassVar[str] = "white_balance_histogram_area_threshold_srgb"
    threshold: F32 | None = None
