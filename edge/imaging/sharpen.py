"""Sharpening as RIAPI means it: the negative lobes of the resampling kernel are made larger.

The *share* of a kernel is the weight of its negative lobes over the weight of its positive ones; for Lanczos 3 it is
15 percent. libvips' kernels are fixed, so resampling is followed, on each axis, by [-u, 1 + 2u, -u]. Resampling with a
kernel w and then this mask is resampling with (1 + 2u)·w(x) - u·w(x - 1) - u·w(x + 1), one result pixel a unit: its
share grows with u, and the u that reaches the share asked for is looked for once and kept. An axis that grows is
sharpened before it grows, where a unit is a source pixel again; one that keeps its length has w = 1, and
u = s / (2 - 2s) gives the share s. Light mixes here as it does while resampling, premultiplied.
"""

import functools
import math
from collections.abc import Callable

import pyvips

from edge.imaging import mixing
from edge.plan.steps import Kernel, Light

# A kernel whose lobes outweigh its middle has no sense: beyond this share nothing more happens.
MOST = 0.9

_STEPS = 64  # samples a pixel, where a kernel is weighed
_REACH = 7  # pixels: 4.5 of the widest kernel, one for the mask on each side of what is weighed


def sharpened(
    image: pyvips.Image, scales: tuple[float, float], percent: float, kernel: Kernel, light: Light
) -> pyvips.Image:
    """A sane, mixable image after resampling by `scales` (or before it, on axes that grow) with as much sharpness as
    the kernel lacks on each axis. A scale that is 0 leaves its axis alone."""
    across, down = (strength(percent, kernel, scale) if scale else 0.0 for scale in scales)
    if not across and not down:
        return image
    made = mixing.enter(image, light)
    for amount, width, height in ((across, 3, 1), (down, 1, 3)):
        if amount:
            made = made.conv(_mask(amount, width, height), precision="float")
    return mixing.leave(made, light, image)


def strength(percent: float, kernel: Kernel, scale: float) -> float:
    """u of the mask that raises the share of a kernel, used at this scale, to `percent`; 0 when nothing is to do."""
    wanted = min(percent / 100, MOST)
    curve = _CURVES.get(kernel)
    if not wanted > 0 or curve is None:  # also when it is no number
        return 0.0
    if scale == 1:
        return wanted / (2 - 2 * wanted)
    return _searched(wanted, "cubic" if scale > 1 else kernel)


def share(kernel: Kernel, u: float = 0.0) -> float:
    """Weight of the negative lobes over that of the positive ones, after the mask."""
    samples = _samples(kernel)
    count = len(samples)
    positive = negative = 0.0
    for at in range(_STEPS, count - _STEPS):
        value = (1 + 2 * u) * samples[at] - u * (samples[at - _STEPS] + samples[at + _STEPS])
        positive += max(value, 0.0)
        negative -= min(value, 0.0)
    return negative / positive


@functools.lru_cache(maxsize=256)
def _searched(wanted: float, kernel: Kernel) -> float:
    if share(kernel) >= wanted:
        return 0.0
    low, high = 0.0, 1.0
    while share(kernel, high) < wanted and high < 64:
        low, high = high, 2 * high
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if share(kernel, middle) < wanted else (low, middle)
    return high


def _mask(u: float, width: int, height: int) -> pyvips.Image:
    row = [-u, 1 + 2 * u, -u]
    return pyvips.Image.new_from_array([row] if height == 1 else [[value] for value in row])


@functools.cache
def _samples(kernel: Kernel) -> tuple[float, ...]:
    curve = _CURVES[kernel]
    return tuple(curve(abs(at / _STEPS)) for at in range(-_REACH * _STEPS, _REACH * _STEPS + 1))


def _lanczos(lobes: int) -> Callable[[float], float]:
    return lambda x: _sinc(x) * _sinc(x / lobes) if x < lobes else 0.0


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def _spline(b: float, c: float) -> Callable[[float], float]:
    """Mitchell and Netravali's family of cubics, 1988."""

    def curve(x: float) -> float:
        if x < 1:
            return ((12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b) / 6
        if x < 2:
            return ((-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + 8 * b + 24 * c) / 6
        return 0.0

    return curve


def _magic2013(x: float) -> float:
    """Costella's Magic Kernel Sharp, 2013."""
    if x < 0.5:
        return 17 / 16 - 7 / 4 * x**2
    if x < 1.5:
        return x**2 - 11 / 4 * x + 7 / 4
    return -((x - 5 / 2) ** 2) / 8 if x < 2.5 else 0.0


def _magic2021(x: float) -> float:
    """Costella's Magic Kernel Sharp, 2021."""
    if x < 0.5:
        return 577 / 576 - 239 / 144 * x**2
    if x < 1.5:
        return (140 * x**2 - 379 * x + 239) / 144
    if x < 2.5:
        return -(24 * x**2 - 113 * x + 130) / 144
    if x < 3.5:
        return (4 * x**2 - 27 * x + 45) / 144
    return (2 * x - 9) ** 2 * -1 / 1152 if x < 4.5 else 0.0


# Kernels with negative lobes. The others (box, nearest, linear) cannot be sharpened.
_CURVES: dict[Kernel, Callable[[float], float]] = {
    "cubic": _spline(0.0, 0.5),
    "mitchell": _spline(1 / 3, 1 / 3),
    "lanczos2": _lanczos(2),
    "lanczos3": _lanczos(3),
    "mks2013": _magic2013,
    "mks2021": _magic2021,
}
