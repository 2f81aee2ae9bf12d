"""One table: how each format is written. Settings were chosen by time against bytes at equal points of SSIMULACRA 2.

Figures are for photographs and 512 × 340 pixels on one thread unless they say otherwise; time is the encoder's alone,
where fetching pixels for a result of that size takes 15 to 45 ms.

* jpeg: quantisation table 5 gives 1 to 9 points more than table 3 for 1 to 5 percent more bytes (2 percent fewer bytes
  at equal points, 9 at low quality), for no time. Progressive scans save 4 percent for 4 ms, up to PROGRESSIVE pixels.
  Trellis quantisation costs 110 ms a megapixel and saves nothing more on photographs of that size, but 7 percent on
  thumbnails, which progressive scans do not help: so it is for TRELLIS pixels, where it takes at most 6 ms. Deringing
  (5 ms a megapixel) saves 10 to 30 percent on text and cut-outs, nothing on photographs. Optimised scans save 1
  percent for 9 ms: never. Beyond DERINGED pixels, libjpeg's plain way with table 5: 6 ms a megapixel.
* webp: effort 2 takes 9 ms where 4 takes 20 for 4 percent; so 4 is for SMALL pixels. Without loss, effort 2 takes 510
  ms a megapixel and 0 takes 320 for 18 percent more; so 0 beyond PATIENT: it must not outlive a deadline.
* avif: effort 1 takes 40 ms; 0 takes 14 for 6 percent more, and for 50 percent more where there is transparency; 2
  takes 72 for 5 percent less. So 2 for SMALL pixels, 1 up to PATIENT, then 0: a cold AVIF takes at most 3 times as
  long as the same WebP, with all that comes before; writing alone 2 to 5 times. `avif.speed` asks for another effort;
  how slow it may be is bounded by pixels (EFFORTS).
* chroma: full for vivid pictures (edge.imaging.traits), which saves 20 to 30 percent on red text and its like, while
  photographs would pay 20 for it. JPEGs from quality 90 on have it anyway, as libvips and others do.
* png: zlib level 6 with the best filter per row (a third smaller than none); `png.max_deflate` is heeded up to PATIENT
  pixels: level 9 takes 520 ms a megapixel where 6 takes 110, for 5 percent. Palettes that lose colours take the
  lightest search; those that lose nothing are found by counting (edge.imaging.indexed).
* gif: the lightest search; the heaviest takes four times as long for 10 percent less. Animations without dithering,
  which is noise that changes from frame to frame, and so stills beyond PATIENT (670 ms a megapixel with it, 410
  without). Frames may differ by 4 levels before they count as changed, palettes
  by 8 before there is a new one: together 10 percent fewer bytes and a third less time. What is drawn stays drawn: a
  GIF of 16 colours keeps 32 when it is resampled (edge.imaging.finish), and a WebP of few colours is lossless where
  that is smaller (edge.imaging.encode).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.imaging.options import known

TRELLIS, SMALL = 50_000, 300_000
DERINGED = PROGRESSIVE = 1_000_000
PATIENT = 4_000_000
# AVIF efforts and the pixels they are allowed for: each keeps an encode below about 2 seconds.
EFFORTS = ((9, 30_000), (7, 100_000), (5, 300_000), (3, 1_700_000), (2, 4_000_000), (1, 10_000_000), (0, 1 << 60))
# Where a format has no quality of its own in edge.plan.formats.
USUAL = 60


@dataclass(frozen=True, slots=True)
class Order:
    """What a saver has to know: quality 0 to 100 (None = the usual), lossless or not (None = the format's own way),
    the tuning of this format, pixels of one frame, how many frames, whether colours have sharp edges (`vivid`) or are
    `few` (edge.imaging.traits), and for GIF the bits a pixel that are enough."""

    quality: int | None = None
    lossless: bool | None = None
    tuning: Mapping[str, float] | None = None
    pixels: int = 0
    frames: int = 1
    vivid: bool = False
    few: bool = False
    depth: int = 8

    def tuned(self, name: str, otherwise: float = 0.0) -> float:
        return (self.tuning or {}).get(name, otherwise)

    @property
    def level(self) -> int:
        """The quality as the encoders take it: 1 to 100."""
        return min(max(USUAL if self.quality is None else self.quality, 1), 100)


Options = Callable[[Order], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Saver:
    operation: str
    side: int  # the longest side the format or its encoder can hold
    options: Options


# jpeg.subsampling: libvips knows full chroma and half chroma on both axes. 4:2:2 loses half as much as 4:2:0 does, and
# on one axis only, so it is nearer to full; 4:1:1 keeps as many samples as 4:2:0.
_SUBSAMPLING = {444: "off", 422: "off", 420: "on", 411: "on"}


def _jpeg(order: Order) -> Mapping[str, object]:
    plain = {"Q": order.level, "subsample_mode": _chroma(order)}
    fast = bool(order.tuned("jpeg.fast"))
    progressive = bool(order.tuned("jpeg.progressive", TRELLIS < order.pixels <= PROGRESSIVE and not fast))
    if fast:
        return {**plain, "interlace": progressive}
    return {
        **plain,
        "quant_table": 5,
        "interlace": progressive,
        "trellis_quant": order.pixels <= TRELLIS,
        "overshoot_deringing": order.pixels <= DERINGED,
    }


def _chroma(order: Order) -> str:
    asked = _SUBSAMPLING.get(int(order.tuned("jpeg.subsampling")))
    return asked or ("off" if order.vivid or order.level >= 90 else "on")


def _png(order: Order) -> Mapping[str, object]:
    hardest = order.tuned("png.max_deflate") and order.pixels <= PATIENT
    plain = {"compression": 9 if hardest else 6, "filter": "all"}
    if not palette_wanted(order):
        return plain
    effort = min(max(11 - int(order.tuned("png.speed", 10)), 1), 10)
    return {**plain, "palette": True, "bitdepth": 8, "Q": order.level, "effort": effort, "filter": "none"}


def palette_wanted(order: Order) -> bool:
    """Is the PNG to lose colours? Asked for by a quality below 100."""
    lossy = order.quality is not None and order.quality < 100 and order.lossless is not True
    return lossy and not order.tuned("png.plain")


def _webp(order: Order) -> Mapping[str, object]:
    effort = 4 if order.pixels <= SMALL and order.frames == 1 else 2
    if order.lossless:
        return {"lossless": True, "effort": effort if order.pixels <= PATIENT else 0}
    return {"Q": order.level, "effort": effort, "smart_subsample": order.vivid}


def _avif(order: Order) -> Mapping[str, object]:
    usual = 7 if order.pixels <= SMALL else 8 if order.pixels <= PATIENT else 9
    wanted = 9 - round(order.tuned("avif.speed", usual))
    most = next(effort for effort, pixels in EFFORTS if order.pixels <= pixels)
    settings = {"compression": "av1", "bitdepth": 8, "effort": min(max(wanted, 0), most)}
    if order.lossless:
        return {**settings, "lossless": True, "subsample_mode": "off"}  # before 8.15.3 it was not implied
    return {**settings, "Q": order.level, "subsample_mode": "off" if order.vivid else "on"}


def _heic(order: Order) -> Mapping[str, object]:
    return {**_avif(order), "compression": "hevc"}


def _gif(order: Order) -> Mapping[str, object]:
    if order.frames == 1:
        return {"bitdepth": order.depth, "effort": 1, "dither": 1.0 if order.pixels <= PATIENT else 0.0}
    return {
        "bitdepth": order.depth,
        "effort": 1,
        "dither": 0.0,
        "interframe_maxerror": 4.0,
        "interpalette_maxerror": 8.0,
    }


def _tiff(_: Order) -> Mapping[str, object]:
    return {"compression": "deflate", "predictor": "horizontal"}


def _jxl(order: Order) -> Mapping[str, object]:
    settings = {"effort": min(max(int(order.tuned("jxl.effort", 4)), 1), 9)}
    distance = order.tuned("jxl.distance", -1.0)
    if order.lossless or distance == 0:
        return {**settings, "lossless": True}
    return {**settings, "distance": min(distance, 15.0)} if distance > 0 else {**settings, "Q": order.level}


def _jp2(order: Order) -> Mapping[str, object]:
    return {"lossless": True} if order.lossless else {"Q": order.level}


SAVERS: Mapping[str, Saver] = {
    "jpeg": Saver("jpegsave_buffer", 65_500, _jpeg),
    "png": Saver("pngsave_buffer", 1_000_000, _png),
    "webp": Saver("webpsave_buffer", 16_383, _webp),
    "avif": Saver("heifsave_buffer", 16_384, _avif),
    "gif": Saver("gifsave_buffer", 65_535, _gif),
    "tiff": Saver("tiffsave_buffer", 1_000_000, _tiff),
    "jxl": Saver("jxlsave_buffer", 1_000_000, _jxl),
    "heic": Saver("heifsave_buffer", 16_384, _heic),
    "jp2": Saver("jp2ksave_buffer", 1_000_000, _jp2),
}


def exists(format: str) -> bool:
    """Has this libvips the operation? Whether its codec is there only writing tells."""
    return format in SAVERS and bool(known(SAVERS[format].operation))
