"""What writing a picture adds to the bill, by the settings of edge.imaging.savers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from edge.plan.bill import Bill
from edge.plan.formats import FORMATS
from edge.plan.steps import Encode

# The savers' thresholds, in pixels of one frame.
_TRELLIS, _SMALL = 50_000, 300_000
_PROGRESSIVE = 1_000_000
_PATIENT = 4_000_000
_EFFORTS = ((9, 30_000), (7, 100_000), (5, 300_000), (3, 1_700_000), (2, 4_000_000), (1, 10_000_000), (0, math.inf))
_CLEAR_AVIF = 1.6  # times as long with alpha
# AVIF's efforts from this one on, by how much longer each takes than it does.
_SLOW, _SLOWNESS = 3, (1.0, 2.6, 7.8, 15.0, 29.0, 55.0, 98.0)
_USUAL = 60  # quality
_PART = 512 * 512  # pixels of the part that an aim is searched on
_ENCODES = 5
_CONCAVE = 0.7  # by which power of the bits time grows
_FEW = 8  # frames by which it is judged how an animation is written


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be written: pixels of one frame, frames, whether it is transparent, how much detail a pixel has
    (edge.plan.reading), and whether it may have few colours, as drawings do."""

    pixels: float
    frames: int = 1
    clear: bool = False
    detail: float = 1.0
    few: bool = False

    @property
    def whole(self) -> float:
        return self.pixels * self.frames

    @property
    def bands(self) -> int:
        return 4 if self.clear else 3


def writing(bill: Bill, step: Encode, sheet: Sheet) -> None:
    """Time to write it."""
    name = str(step.format)
    bill.pay("job.output", 1.0)
    if name == "json":
        bill.pay("json.out.fixed", 1.0)
        return
    if step.aim is not None and not step.lossless and name != "png":
        _aim(bill, step, name, sheet)
    else:
        _plainly(bill, step, name, sheet)


def _aim(bill: Bill, step: Encode, name: str, sheet: Sheet) -> None:
    """So many encodes and comparisons of a part; then the whole, which is the part when that is all."""
    part = Sheet(min(sheet.pixels, _PART), 1, sheet.clear, sheet.detail, False)
    small = sheet.whole <= _PART
    bill.pay("aim.out.compared", part.pixels * _ENCODES)
    bill.pay("aim.out.fixed", 1.0)
    for _ in range(_ENCODES if small else _ENCODES + 1):
        _plainly(bill, step, name, part)
    if not small:
        _plainly(bill, step, name, sheet)


def _plainly(bill: Bill, step: Encode, name: str, sheet: Sheet) -> None:
    _WAYS.get(name, _others)(bill, step, sheet)


def _level(step: Encode, usual: int) -> float:
    """How many more bits this quality takes than 85 does."""
    quality = step.quality if isinstance(step.quality, int) else usual
    return 23 / (108 - min(100, max(1, quality)))


def _pay(bill: Bill, name: str, sheet: Sheet, level: float = 1.0, samples: float = 1.0) -> None:
    """For each pixel, and for how much each takes to code."""
    bill.pay(name + ".pixel", sheet.whole * samples)
    bill.pay(name + ".bit", sheet.whole * samples * (sheet.detail * level) ** _CONCAVE)


def _jpeg(bill: Bill, step: Encode, sheet: Sheet) -> None:
    tuned = dict(step.tuning)
    quality = step.quality if isinstance(step.quality, int) else _USUAL
    full = tuned.get("jpeg.subsampling", 444 if quality >= 90 else 420) in (444, 422)
    _pay(bill, "jpeg.out." + _scans(tuned, sheet.pixels), sheet, _level(step, _USUAL), 2.0 if full else 1.0)


def _scans(tuned: Mapping[str, float], pixels: float) -> str:
    """Which of libjpeg's ways is taken."""
    fast = tuned.get("jpeg.fast")
    progressive = tuned.get("jpeg.progressive", _TRELLIS < pixels <= _PROGRESSIVE and not fast)
    if pixels <= _TRELLIS and not fast:
        return "trellis"
    if progressive:
        return "progressive"
    return "fast" if fast or pixels > _PROGRESSIVE else "plain"


def _png(bill: Bill, step: Encode, sheet: Sheet) -> None:
    """A palette that is not good enough is given up for full colour; few colours are counted first."""
    tuned = dict(step.tuning)
    if sheet.few and sheet.pixels <= _PATIENT and not tuned.get("png.plain"):
        bill.pay("png.out.counted", sheet.pixels)
    if coarse(step, tuned):
        _pay(bill, "png.out.palette", sheet)
        if not tuned.get("png.min_quality") and step.aim is None:
            return
        bill.pay("aim.out.compared", min(sheet.pixels, _PART))
    hardest = tuned.get("png.max_deflate") and sheet.pixels <= _PATIENT
    _pay(bill, "png.out.hardest" if hardest else "png.out.full", sheet, 1.0, sheet.bands / 3)


def coarse(step: Encode, tuned: Mapping[str, float]) -> bool:
    """Does a PNG lose colours?"""
    lossy = step.aim is not None or (isinstance(step.quality, int) and step.quality < 100)
    return lossy and not step.lossless and not tuned.get("png.plain")


def _webp(bill: Bill, step: Encode, sheet: Sheet) -> None:
    """What has few colours is written both ways, an animation's beginning at least."""
    if step.lossless is None and sheet.few:
        beginning = Sheet(sheet.pixels, min(sheet.frames, _FEW), sheet.clear, sheet.detail)
        _webp_one(bill, step, beginning, lossless=True)
        if sheet.frames > _FEW:
            _webp_one(bill, step, beginning, lossless=False)
    _webp_one(bill, step, sheet, lossless=bool(step.lossless))


def _webp_one(bill: Bill, step: Encode, sheet: Sheet, lossless: bool) -> None:
    if sheet.frames > 1:
        size = "moving"
    else:
        size = "small" if sheet.pixels <= _SMALL else "large" if sheet.pixels <= _PATIENT or not lossless else "huge"
    way = "lossless-" if lossless else ""
    _pay(bill, f"webp.out.{way}{size}", sheet, 1.0 if lossless else _level(step, 78))
    if sheet.frames > 1:
        bill.pay("webp.out.frame", sheet.frames)
    if sheet.clear:
        bill.pay("webp.out.clear", sheet.whole)


def effort(step: Encode, pixels: float) -> int:
    """libaom's, 0 to 9."""
    usual = 7 if pixels <= _SMALL else 8 if pixels <= _PATIENT else 9
    most = next(effort for effort, fitting in _EFFORTS if pixels <= fitting)
    return min(max(9 - round(dict(step.tuning).get("avif.speed", usual)), 0), most)


def _avif(bill: Bill, step: Encode, sheet: Sheet) -> None:
    most, samples = effort(step, sheet.pixels), _CLEAR_AVIF if sheet.clear else 1.0
    way = "lossless" if step.lossless else f"effort{most}" if most < _SLOW else "slow"
    if way == "slow":
        samples *= _SLOWNESS[most - _SLOW]
    _pay(bill, "avif.out." + way, sheet, _level(step, 55), samples)
    bill.pay("avif.out.fixed", 1.0)


def _gif(bill: Bill, step: Encode, sheet: Sheet) -> None:
    way = "moving" if sheet.frames > 1 else "dithered" if sheet.pixels <= _PATIENT else "plain"
    _pay(bill, "gif.out." + way, sheet)
    if sheet.frames > 1:
        bill.pay("gif.out.frame", sheet.frames)


def _others(bill: Bill, step: Encode, sheet: Sheet) -> None:
    """JPEG XL, JPEG 2000, HEIC."""
    _pay(bill, "tiff.out.all" if step.format == "tiff" else "others.out.all", sheet, 1.0, sheet.bands / 3)


_WAYS: Final[dict[str, Callable[[Bill, Encode, Sheet], None]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "avif": _avif,
    "gif": _gif,
}


def held(step: Encode, sheet: Sheet) -> dict[str, float]:
    """What the encoder holds besides the picture."""
    name = str(step.format)
    if name == "json":
        return {}
    if name == "jpeg":
        way = _scans(dict(step.tuning), sheet.pixels)
    elif name == "png":
        way = "palette" if coarse(step, dict(step.tuning)) else "full"
    elif step.lossless and name in ("webp", "avif"):
        way = "lossless"
    else:
        way = "moving" if sheet.frames > 1 else "still"
    key = f"{name if name in _WAYS or name == 'tiff' else 'others'}.out.{way}"
    own = {key: sheet.pixels, key + ".clear": sheet.pixels * sheet.clear, key + ".body": sheet.whole * sheet.detail}
    if sheet.frames > 1:
        own[key + ".frames"] = sheet.whole
    return own


def moves(step: Encode) -> bool:
    """May the result be an animation?"""
    name = str(step.format)
    return name not in FORMATS or FORMATS[name].animated
