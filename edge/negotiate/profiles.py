"""The perceptual profile `qp`: one scale from 0 to 100 percent over all formats, as a table (RIAPI §6.2).

A percentage between two rows is read between them in a straight line. Below the first row the line goes on to
`_NOTHING` at 0 percent: zeros, but for JPEG XL's distance, of which more is worse, and for the two settings of time,
which stay.
"""

from functools import lru_cache
from typing import Final, NamedTuple

_USUAL_DPR: Final = 3.0  # the density that the rows are meant for
_DPRS: Final = (0.1, 12.0)
_POINTS: Final = (10.0, 90.0)  # what another density can come to


class Row(NamedTuple):
    """`points` are those of SSIMULACRA 2. Qualities are 0 to 100 on each encoder's own scale; PNG has the palette's
    least and its aim. `avif_speed` and `jxl_effort` as in `edge.plan.steps.TUNING`."""

    percent: float
    points: float
    jpeg: float
    webp: float
    avif: float
    avif_speed: float
    jxl_distance: float
    jxl_effort: float
    png_least: float
    png: float


#            %    ssim2 jpeg webp avif speed dist. effort  png
_NOTHING: Final = Row(0, 0, 0, 0, 0, 6, 15, 5, 0, 0)
TABLE: Final = (
    Row(15, 10, 15, 15, 23, 6, 13, 5, 0, 10),  # lowest
    Row(20, 30, 20, 20, 34, 6, 7.4, 6, 0, 20),  # low
    Row(34, 50, 34, 34, 45, 6, 4.3, 5, 0, 35),  # mediumlow
    Row(55, 60, 57, 53, 44, 6, 3.92, 5, 0, 55),  # medium
    Row(73, 70, 73, 76, 55, 6, 2.58, 5, 50, 100),  # good
    Row(91, 85, 91, 93, 66, 6, 1.0, 5, 80, 100),  # high
    Row(96, 90, 96, 96, 100, 6, 0.5, 0, 90, 100),  # highest
    Row(100, 100, 100, 100, 100, 5, 0, 6, 100, 100),  # lossless
)
HIGH: Final = 91.0
LOSSLESS: Final = 100.0

_PERCENT, _ROW_POINTS, _JPEG = (Row._fields.index(name) for name in ("percent", "points", "jpeg"))


def _read(column: int, value: float) -> Row:
    """The row, or what lies between two rows, where `column` has this value; beyond either end, that end."""
    below = _NOTHING
    for above in TABLE:
        if value <= above[column]:
            break
        below = above
    else:
        return TABLE[-1]
    share = max(0.0, (value - below[column]) / (above[column] - below[column]))
    return Row(*(low + (high - low) * share for low, high in zip(below, above, strict=True)))


@lru_cache(maxsize=1024)
def row_of(percent: float, dpr: float = _USUAL_DPR) -> Row:
    """What a profile means on a screen of `dpr` device pixels per CSS pixel: less density shows more, so it asks for
    more. Decimals of the percentage are dropped. The lossless profile is lossless on every screen."""
    whole = float(int(min(max(percent, 0.0), LOSSLESS)))
    row = _read(_PERCENT, whole)
    if dpr == _USUAL_DPR or whole >= LOSSLESS:
        return row
    dense = min(max(dpr, _DPRS[0]), _DPRS[1])
    return _read(_ROW_POINTS, min(max(row.points * _USUAL_DPR / dense, _POINTS[0]), _POINTS[1]))


@lru_cache(maxsize=128)
def points_of(quality: int) -> float:
    """What a JPEG of this quality looks like, in points to one decimal."""
    return in_points(_read(_JPEG, quality).points)


def in_points(points: float) -> float:
    """A target as plans hold it: one decimal, 0 to 100."""
    return round(min(max(points, 0.0), 100.0), 1)
