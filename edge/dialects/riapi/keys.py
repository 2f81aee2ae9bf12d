"""All the keys: the 100 of RIAPI §1, our own besides, and which of them act on a route of which compat."""

from collections.abc import Mapping
from typing import Final

from edge.dialects.book import Compat
from edge.dialects.riapi import effects, encoding, marks, sizing
from edge.dialects.riapi.row import NOTHING, Row

_KEYS: Final = """
mode anchor flip sflip scale cache process quality jpeg.quality zoom crop cropxunits cropyunits w h width height
maxwidth maxheight format thumbnail autorotate srotate rotate ignoreicc ignore_icc_errors stretch webp.lossless
webp.quality watermark_red_dot frame page subsampling colors f.sharpen f.sharpen_when down.colorspace 404 bgcolor
paddingcolor bordercolor preset floatspace jpeg_idct_downscale_linear watermark s.invert s.sepia s.grayscale
s.alpha s.brightness s.contrast s.saturation trim.threshold trim.percentpadding a.blur a.sharpen a.removenoise
a.balancewhite dither jpeg.progressive jpeg.turbo encoder decoder builder s.roundcorners paddingwidth paddingheight
margin borderwidth decoder.min_precise_scaling_ratio png.quality png.min_quality png.quantization_speed png.libpng
png.max_deflate png.lossless up.filter down.filter dpr dppx up.colorspace srcset short accept.webp accept.avif
accept.jxl accept.color_profiles c c.gravity qp qp.dpr qp.dppx avif.speed avif.quality jxl.effort jxl.distance
jxl.quality jxl.lossless jpeg.li lossless
"""
# Documented or listed upstream but dead there (RIAPI §7.5).
_DEAD_UPSTREAM: Final = """
autorotate s.invert a.blur subsampling jpeg.progressive avif.speed avif.quality jxl.effort jxl.distance jxl.quality
jxl.lossless accept.color_profiles
"""
# In the order that upstream lists them.
KEYS: Final = tuple(_KEYS.split())
EXTENSIONS: Final = ("a.pixelate", "c.focus", "f.sharpenwhen", *marks.TEXT_KEYS)
DEAD_UPSTREAM: Final = frozenset(_DEAD_UPSTREAM.split())
_MODERN_ONLY: Final = frozenset({"a.pixelate", "f.sharpenwhen"})  # of our own

_OTHERS: Final = (
    Row("", ("preset",), lambda text: NOTHING, "names of presets"),  # has had its say when the rows are read
    Row("srcset", ("srcset", "short"), str, "a srcset"),
)
_ABSENT: Final[dict[Compat, frozenset[str]]] = {"modern": frozenset(), "imageflow": DEAD_UPSTREAM | _MODERN_ONLY}


def _rows(compat: Compat) -> dict[str, Row]:
    absent = _ABSENT[compat]
    found: dict[str, Row] = {}
    for row in (*sizing.ROWS, *effects.ROWS[compat], *encoding.ROWS, *marks.ROWS, *_OTHERS):
        spellings = tuple(key for key in row.keys if key not in absent)
        found |= dict.fromkeys(spellings, row._replace(keys=spellings))
    return found


# Keys that act, by compat.
ROWS: Final[Mapping[Compat, Mapping[str, Row]]] = {"modern": _rows("modern"), "imageflow": _rows("imageflow")}

# Keys that are known, by compat: the 100 and those of ours that act.
KNOWN: Final[Mapping[Compat, frozenset[str]]] = {compat: frozenset({*KEYS, *rows}) for compat, rows in ROWS.items()}
