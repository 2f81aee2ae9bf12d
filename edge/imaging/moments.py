"""Linear light at the price of 8 bits, for pictures that become smaller.

libvips resamples only 8-bit samples with vectors: floats and 16 bits take eight times as long. Eight bits of light
would leave the darks a few levels. So two 8-bit planes are resampled: the samples as stored, and their squares. The
first gives each result's mean, the difference of the second to the mean's own square gives the variance of what was
mixed, and how much lighter the mean of the light is than the light of the mean follows from these:

    light = f(m) + (m - f(m)) · (k·t + (1 - k)·t²)

f is sRGB's curve, m the mean, t the variance as a share of the most it can be, m·(1 - m), which only black and white
reach; k is chosen so that for a small variance the second term is f''(m)/2 times it (Taylor). So plain colours and
mixtures of black and white are exact, whatever the shares, and all between is close. A variance below what rounding
may make is faded out, the more the more levels it would move: a dark gradient comes out as smooth as it went in.

The last step is one look-up in 256 × 256 values. Where a picture has alpha both planes are premultiplied: behind a thin
alpha eight bits hold less of a colour, but as little of it shows.
"""

import array
import functools

import pyvips

from edge.imaging import colour, kernels, mixing
from edge.plan.steps import Kernel

_SCALE = 254  # the stored square of white
_NOISE, _NOISE_PER_LEVEL = 0.6, 0.2

# Rows that are made at a time. Two consumers read one stream: each must find what the other has just read.
_ROWS = 8


def shrunk(image: pyvips.Image, across: float, down: float, kernel: Kernel) -> pyvips.Image:
    """A sane, mixable image made smaller (factors at most 1) in linear light. libvips rounds the size."""
    alpha = colour.has_alpha(image)
    # What is premultiplied is held, or the rows that two strips of the result need would be so twice, in each plane.
    mean = _held(mixing.enter(image, "srgb")) if alpha else image
    # Arithmetic on whole bands is vectorised: a third of a look-up's time. Of premultiplied samples, one factor is.
    square = (mean * image).cast("uchar", shift=True)
    mean, square = _scaled(mean, square, across, down, kernel)
    shown = _behind(mean, square) if alpha else _place(mean, square).maplut(_table())
    return _held(shown).copy(interpretation=image.interpretation)


def _scaled(
    mean: pyvips.Image, square: pyvips.Image, across: float, down: float, kernel: Kernel
) -> tuple[pyvips.Image, pyvips.Image]:
    """Both resampled. They pass the rows side by side, so that the stream they come from is read once."""
    both = _held(kernels.tall(mean.join(square, "horizontal"), down, kernel))
    halves = (both.crop(left, 0, mean.width, both.height) for left in (0, mean.width))
    one, other = (kernels.wide(half, across, kernel) for half in halves)
    return one, other


def _held(image: pyvips.Image) -> pyvips.Image:
    return image.linecache(tile_height=_ROWS, access="sequential")


def _behind(mean: pyvips.Image, square: pyvips.Image) -> pyvips.Image:
    """The stored values of the light of premultiplied planes, the first with its alpha last; and that alpha."""
    colours = mean.bands - 1
    planes = mean, square.extract_band(0, n=colours).bandjoin(mean[colours])
    inks = (plane.unpremultiply(max_alpha=255).rint().cast("uchar") for plane in planes)
    return _place(*inks).maplut(_table_behind(colours))


def _place(mean: pyvips.Image, square: pyvips.Image) -> pyvips.Image:
    """The place in the table. Swapping the bytes of a 16-bit mean multiplies it by 256, on any machine."""
    return mean.cast("ushort").byteswap() | square


@functools.cache
def _table_behind(colours: int) -> pyvips.Image:
    """The table for each colour, and one that leaves alpha as it is, whatever stands beside it."""
    alpha = b"".join(bytes([level]) * 256 for level in range(256))
    rows = [*[_table()] * (colours - 1), pyvips.Image.new_from_memory(alpha, 65536, 1, 1, "uchar")]
    return _table().bandjoin(rows).copy_memory()


@functools.cache
def _table() -> pyvips.Image:
    """What each mean (row) and square (column) shows as, 8 bits, the rows one after the other. In libvips: 65,536
    turns of a loop in Python take longer than a small picture."""
    rows = array.array("d", (number for mean in range(256) for number in _row(mean)))
    each = pyvips.Image.new_from_memory(rows.tobytes(), 1, 256, 6, "double").embed(0, 0, 256, 256, extend="copy")
    own, most, noise, floor, first, second = each.bandsplit()
    excess = pyvips.Image.xyz(256, 256)[0] - own
    squared = excess * excess
    share = squared * excess / ((squared + noise) * most)
    share = (share > 1).ifthenelse(1.0, share).copy_memory()
    light = floor + share * (first + second * (share > 0).ifthenelse(share, 0.0))
    shown = light.rint().cast("ushort").maplut(mixing.outward())
    return pyvips.Image.new_from_memory(shown.write_to_memory(), 65536, 1, 1, "uchar")


def _row(mean: int) -> tuple[float, float, float, float, float, float]:
    """Of a mean: its own square as stored, the most a square can exceed that, the excess squared that may be noise,
    the light of the mean, 0 to 65535, and how much a share of the excess adds to that by its first and second power."""
    m, own = mean / 255, mean * mean >> 8
    slope, bend = mixing.slopes(m)
    floor = 65535 * mixing.light(m)
    gap, most = 65535 * m - floor, _SCALE * m - own
    if most <= 0 or gap <= 0:  # black and white: nothing else has this mean
        return own, 1.0, 1.0, floor, 0.0, 0.0
    noise = (_NOISE + _NOISE_PER_LEVEL * bend / 2 / slope) ** 2
    first = 65535 * bend / 2 * most / _SCALE
    return own, most, noise, floor, first, gap - first
