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
    mean = mixing.enter(image, "srgb")
    # Arithmetic on whole bands is vectorised: a third of a look-up's time. Of premultiplied samples, one factor is.
    square = (mean * image).cast("uchar", shift=True)
    mean, square = _scaled(mean, square, across, down, kernel)
    shown = _behind(mean, square) if colour.has_alpha(image) else _shown(mean, square)
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
    """Premultiplied planes, the first with its alpha last: the colours behind it, and the alpha."""
    colours = mean.bands - 1
    alpha = mean[colours]
    inks = (plane.extract_band(0, n=colours).bandjoin(alpha).unpremultiply(max_alpha=255) for plane in (mean, square))
    whole = _shown(*(plane.rint().cast("uchar") for plane in inks))
    return whole.extract_band(0, n=colours).bandjoin(alpha)


def _shown(mean: pyvips.Image, square: pyvips.Image) -> pyvips.Image:
    """The stored values of the light: swapping the bytes of a 16-bit mean multiplies it by 256."""
    return (mean.cast("ushort").byteswap() | square).maplut(_table())


@functools.cache
def _table() -> pyvips.Image:
    levels = mixing.levels()
    table = array.array("B")
    for mean in range(256):
        table.extend(levels[light] for light in _lights(mean))
    return pyvips.Image.new_from_memory(table.tobytes(), 65536, 1, 1, "uchar")


def _lights(mean: int) -> list[int]:
    """The light, 0 to 65535, for each square that can be met beside this mean."""
    m, own = mean / 255, mean * mean >> 8
    slope, bend = mixing.slopes(m)
    gap = m - mixing.light(m)  # of black and white mixed to this mean
    most = _SCALE * m - own  # the square's excess then
    if most <= 0 or gap <= 0:
        return [round(65535 * mixing.light(m))] * 256
    taylor = bend / 2 * most / _SCALE / gap
    noise = (_NOISE + _NOISE_PER_LEVEL * bend / 2 / slope) ** 2
    lights = []
    for square in range(256):
        excess = square - own
        share = min(excess**3 / (excess**2 + noise) / most, 1.0)
        lift = taylor * share + (1 - taylor) * max(share, 0.0) ** 2
        lights.append(round(65535 * min(max(m - gap + gap * lift, 0.0), 1.0)))
    return lights
