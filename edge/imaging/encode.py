"""The step Encode: pixels to bytes. One table of formats; equal pixels and settings give equal bytes.

Settings were chosen by time against size at equal quality, on two photographs 512 pixels wide, one thread:
* jpeg: mozjpeg's own quantisation table (3) is 6 % smaller at the same error for no time. Optimised Huffman tables
  (2 %) double the time, trellis quantisation (10 %) takes eight times as long, so neither is used; baseline order,
  since a progressive scan makes clients hold the whole picture. Chroma is subsampled below quality 90.
* webp: effort 2 takes 9 ms where 4 takes 19 for 4 % less. avif: effort 1 takes 34 ms; 0 takes 11 for 7 % more, 2
  takes 59 for 1 % less.
* png: zlib level 6 with the best filter per row (a third smaller than none); palettes with the lightest search.
* gif: the lightest search too; the heaviest takes four times as long for 10 % less.
Nothing but pixels is written: no EXIF with its places and thumbnails, no profile, since all is sRGB.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyvips

from edge.errors import Unprocessable
from edge.imaging import mixing
from edge.imaging.failures import unwritable
from edge.imaging.picture import Picture
from edge.plan.formats import FORMATS
from edge.plan.steps import WHITE, Encode

# How settings are said to libvips: quality 0 to 100, lossless or not → options of the saver.
Options = Callable[[int, bool], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Saver:
    operation: str
    side: int  # the longest side the format or its encoder can hold
    options: Options


def _jpeg(quality: int, _: bool) -> Mapping[str, object]:
    return {"Q": max(1, quality), "quant_table": 3}


def _png(quality: int, lossless: bool) -> Mapping[str, object]:
    if quality >= 100 or lossless:
        return {"compression": 6, "filter": "all"}
    return {"compression": 6, "palette": True, "bitdepth": 8, "Q": quality, "effort": 1}


def _webp(quality: int, lossless: bool) -> Mapping[str, object]:
    return {"lossless": True, "effort": 2} if lossless else {"Q": quality, "effort": 2}


def _avif(quality: int, lossless: bool) -> Mapping[str, object]:
    settings = {"compression": "av1", "bitdepth": 8, "effort": 1}
    return {**settings, "lossless": True} if lossless else {**settings, "Q": max(1, quality)}


def _gif(_: int, __: bool) -> Mapping[str, object]:
    return {"bitdepth": 8, "effort": 1}


def _tiff(_: int, __: bool) -> Mapping[str, object]:
    return {"compression": "deflate", "predictor": "horizontal"}


def _jxl(quality: int, lossless: bool) -> Mapping[str, object]:
    return {"lossless": True, "effort": 4} if lossless else {"Q": quality, "effort": 4}


def _heic(quality: int, lossless: bool) -> Mapping[str, object]:
    return {**_avif(quality, lossless), "compression": "hevc"}


SAVERS: Mapping[str, Saver] = {
    "jpeg": Saver("jpegsave_buffer", 65_500, _jpeg),
    "png": Saver("pngsave_buffer", 1_000_000, _png),
    "webp": Saver("webpsave_buffer", 16_383, _webp),
    "avif": Saver("heifsave_buffer", 16_384, _avif),
    "gif": Saver("gifsave_buffer", 65_535, _gif),
    "tiff": Saver("tiffsave_buffer", 1_000_000, _tiff),
    "jxl": Saver("jxlsave_buffer", 1_000_000, _jxl),
    "heic": Saver("heifsave_buffer", 16_384, _heic),
}


def drawn(picture: Picture, step: Encode) -> pyvips.Image:
    """The one image that is to be written: a settled picture's frames one above the other, fit for the format. Its
    pixels are not made yet."""
    format = FORMATS[name(step)]
    frames = picture.frames if format.animated else picture.frames[:1]
    if not format.alpha:
        matte = (step.matte or WHITE)[:6] + "ff"
        frames = tuple(mixing.over(frame, matte, "srgb") for frame in frames)
    if len(frames) == 1:
        return frames[0]
    image = pyvips.Image.arrayjoin(list(frames), across=1).copy()
    image.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    image.set_type(pyvips.GValue.gint_type, "n-pages", len(frames))
    image.set_type(pyvips.GValue.gint_type, "loop", picture.loop)
    image.set_type(pyvips.GValue.array_int_type, "delay", list(picture.delays))
    return image


def write(image: pyvips.Image, step: Encode, height: int) -> bytes:
    """The file. UnsupportedPicture when this libvips has no such saver, Unprocessable when the format is too small."""
    saver = SAVERS[name(step)]
    side = max(image.width, height)
    if side > saver.side:
        raise Unprocessable(f"Expected at most {saver.side} pixels a side for {name(step)} but the result has {side}")
    quality = step.quality if isinstance(step.quality, int) else FORMATS[name(step)].quality
    options = saver.options(min(max(quality or 0, 0), 100), step.lossless is True)
    body: bytes = pyvips.Operation.call(saver.operation, image, keep="none", **options)
    return body


def name(step: Encode) -> str:
    """The format's name. A concrete plan has one that is in the table; a saver for it this libvips may still lack."""
    if not isinstance(step.format, str) or step.format not in SAVERS:
        raise unwritable(str(step.format))
    return step.format
