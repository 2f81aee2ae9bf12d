"""Encoder presets as types, with upstream's defaults (JSON_JOBS §3, encoder presets)."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, WithJsonSchema

from edge.dialects.imageflow.colours import Colour
from edge.dialects.imageflow.numbers import F32, I32, U8
from edge.dialects.imageflow.tagged import ONE_OF, Plain, Record, Unit, Variant


def _said(value: Any) -> Any:
    """The documents write booleans where the types want words."""
    return str(value).lower() if isinstance(value, bool) else value


Lossless = Annotated[
    Literal["keep", "true", "false"],
    BeforeValidator(_said),
    WithJsonSchema({"enum": ["keep", "true", "false", True, False]}),
]


class Percent(Plain):
    tag: ClassVar[str] = "percent"
    value: F32


class Allowed(Record):
    """Formats that may be chosen; the last three name sets of them."""

    webp: bool | None = None
    jxl: bool | None = None
    avif: bool | None = None
    jpeg: bool | None = None
    jpeg_progressive: bool | None = None
    jpeg_xyb: bool | None = None
    png: bool | None = None
    gif: bool | None = None
    color_profiles: bool | None = None
    all: bool | None = None
    web_safe: bool | None = None
    modern_web_safe: bool | None = None


class JpegHints(Record):
    quality: F32 | None = None
    progressive: bool | None = None
    mimic: Literal["jpegli", "libjpegturbo", "mozjpeg", "default"] | None = None


class PngHints(Record):
    quality: F32 | None = None
    min_quality: F32 | None = None
    quantization_speed: U8 | None = None
    mimic: Literal["libpng", "lodepng", "pngquant", "default"] | None = None
    hint_max_deflate: bool | None = None
    lossless: Lossless | None = None


class WebpHints(Record):
    quality: F32 | None = None
    lossless: Lossless | None = None


class GifHints(Record):
    """Nothing can be said."""


class EncoderHints(Record):
    jpeg: JpegHints | None = None
    png: PngHints | None = None
    webp: WebpHints | None = None
    gif: GifHints | None = None


class Gif(Unit):
    tag: ClassVar[str] = "gif"


class Mozjpeg(Variant):
    tag: ClassVar[str] = "mozjpeg"
    quality: U8 | None = None
    progressive: bool | None = None
    matte: Colour | None = None


class LibJpegTurbo(Variant):
    tag: ClassVar[str] = "libjpegturbo"
    quality: I32 | None = None
    progressive: bool | None = None
    optimize_huffman_coding: bool | None = None
    matte: Colour | None = None


class Lodepng(Variant):
    tag: ClassVar[str] = "lodepng"
    maximum_deflate: bool | None = None


class Libpng(Variant):
    tag: ClassVar[str] = "libpng"
    depth: Literal["png_32", "png_24"] | None = None
    matte: Colour | None = None
    zlib_compression: U8 | None = None


class Pngquant(Variant):
    tag: ClassVar[str] = "pngquant"
    quality: U8 | None = None
    minimum_quality: U8 | None = None
    speed: U8 | None = None
    maximum_deflate: bool | None = None


class WebpLossy(Variant):
    tag: ClassVar[str] = "webplossy"
    quality: F32


class WebpLossless(Unit):
    tag: ClassVar[str] = "webplossless"


class Lowest(Unit):
    tag: ClassVar[str] = "lowest"


class Low(Unit):
    tag: ClassVar[str] = "low"


class Mediumlow(Unit):
    tag: ClassVar[str] = "mediumlow"


class Medium(Unit):
    tag: ClassVar[str] = "medium"


class Good(Unit):
    tag: ClassVar[str] = "good"


class High(Unit):
    tag: ClassVar[str] = "high"


class Highest(Unit):
    tag: ClassVar[str] = "highest"


class WithoutLoss(Unit):
    tag: ClassVar[str] = "lossless"


QualityProfile = Annotated[Lowest | Low | Mediumlow | Medium | Good | High | Highest | WithoutLoss | Percent, ONE_OF]


class Auto(Variant):
    tag: ClassVar[str] = "auto"
    quality_profile: QualityProfile
    quality_profile_dpr: F32 | None = None
    matte: Colour | None = None
    lossless: Lossless | None = None
    allow: Allowed | None = None


class Format(Variant):
    tag: ClassVar[str] = "format"
    format: Literal["webp", "jpeg", "jpg", "png", "avif", "jxl", "gif", "keep"]
    quality_profile: QualityProfile | None = None
    quality_profile_dpr: F32 | None = None
    matte: Colour | None = None
    lossless: Lossless | None = None
    allow: Allowed | None = None
    encoder_hints: EncoderHints | None = None


Preset = Annotated[
    Gif | Mozjpeg | LibJpegTurbo | Lodepng | Libpng | Pngquant | WebpLossy | WebpLossless | Auto | Format, ONE_OF
]
