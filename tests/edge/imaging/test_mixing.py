"""Light in and out, and the two 8-bit planes against floats."""

import random

import pytest
import pyvips

from edge.imaging import kernels, mixing, moments
from edge.plan.steps import Light
from tests import pictures
from tests.edge.imaging.conftest import difference


def _random(bands: int, kind: str, seed: int = 1) -> pyvips.Image:
    body = random.Random(seed).randbytes(64 * 64 * bands)
    return pyvips.Image.new_from_memory(body, 64, 64, bands, "uchar").copy(interpretation=kind)


def _floats(image: pyvips.Image, scale: float) -> pyvips.Image:
    """The yardstick: resampled in floats."""
    mixed = kernels.scaled(mixing.enter(image, "linear"), scale, scale, "lanczos3")
    return mixing.leave(mixed, "linear", image).copy_memory()


@pytest.mark.parametrize(("bands", "kind"), [(1, "b-w"), (3, "srgb")])
@pytest.mark.parametrize("light", ["linear", "srgb"])
def test_there_and_back_is_where_it_was(light: Light, bands: int, kind: str) -> None:
    image = _random(bands, kind)
    back = mixing.leave(mixing.enter(image, light), light, image)
    assert back.interpretation == kind
    assert (back - image).abs().max() == 0


def test_there_and_back_keeps_colours_behind_alpha_in_linear_light() -> None:
    image = _random(3, "srgb").bandjoin(_random(1, "b-w", 2) | 128).copy(interpretation="srgb")
    back = mixing.leave(mixing.enter(image, "linear"), "linear", image)
    assert (back - image).abs().max() == 0


def test_slopes_are_those_of_the_curve() -> None:
    for level in (0.01, 0.1, 0.5, 0.9):
        first, second = mixing.slopes(level)
        lower, here, upper = (mixing.light(level + by) for by in (-1e-4, 0.0, 1e-4))
        assert first == pytest.approx((upper - lower) / 2e-4, rel=1e-4)
        assert second == pytest.approx((upper - 2 * here + lower) / 1e-8, rel=1e-2, abs=1e-6)


def _level(light: int) -> int:
    """IEC 61966-2-1: the 8-bit sRGB value of light from 0 to 65535."""
    share = light / 65535
    return round(255 * (share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055))


def test_the_ways_out_of_light_are_the_curve_and_for_alpha_a_line() -> None:
    image = pyvips.Image.identity(ushort=True)
    assert bytes(image.maplut(mixing.outward()).write_to_memory()) == bytes(_level(light) for light in range(65536))
    both = pyvips.Image.identity(bands=2, ushort=True).cast("float").copy(interpretation="b-w")
    left = mixing.leave(both, "linear", pyvips.Image.black(1, 1, bands=2).copy(interpretation="b-w"))
    opaque = left[1]  # what unpremultiplying does to the other is of no interest
    assert bytes(opaque.write_to_memory()) == bytes(round(light / 257) for light in range(65536))


def _light(mean: int, square: int) -> int:
    """The formula of edge.imaging.moments, in plain Python: light from 0 to 65535."""
    m, own = mean / 255, mean * mean >> 8
    slope, bend = mixing.slopes(m)
    gap, most = m - mixing.light(m), 254 * m - own
    if most <= 0 or gap <= 0:
        return round(65535 * mixing.light(m))
    taylor = bend / 2 * most / 254 / gap
    noise = (0.6 + 0.2 * bend / 2 / slope) ** 2
    excess = square - own
    share = min(excess**3 / (excess**2 + noise) / most, 1.0)
    lift = taylor * share + (1 - taylor) * max(share, 0.0) ** 2
    return round(65535 * min(max(m - gap + gap * lift, 0.0), 1.0))


def test_the_table_of_moments_is_its_formula() -> None:
    """Every square beside every fifth mean and the ends, to the bit."""
    table = bytes(moments._table().write_to_memory())
    for mean in {*range(0, 256, 5), 1, 2, 3, 253, 254}:
        wanted = bytes(_level(_light(mean, square)) for square in range(256))
        assert table[256 * mean : 256 * mean + 256] == wanted, mean


@pytest.mark.parametrize("scale", [0.2, 0.37, 0.5, 0.9])
def test_two_planes_come_close_to_floats(scale: float) -> None:
    image = pyvips.Image.new_from_buffer(pictures.photo(400, 300, "png"), "").copy_memory()
    made, exact = moments.shrunk(image, scale, scale, "lanczos3").copy_memory(), _floats(image, scale)
    away = (made - exact).abs()
    assert away.avg() < 0.75
    assert (away > 4).avg() / 255 < 0.01


def test_a_dark_gradient_gets_no_steps() -> None:
    """Within a level of floats everywhere, though eight bits of its light have steps of six levels."""
    dither = random.Random(3)
    rows = [[min(60, int(x / 20 + y / 80 + dither.random())) for x in range(1000)] for y in range(200)]
    body = bytes(sample for row in rows for sample in row)
    image = pyvips.Image.new_from_memory(body, 1000, 200, 1, "uchar").copy(interpretation="b-w")
    made, exact = moments.shrunk(image, 1 / 2.6, 1 / 2.6, "lanczos3"), _floats(image, 1 / 2.6)
    assert (made - exact).abs().max() <= 1


def test_dark_texture_is_not_taken_for_noise() -> None:
    """Black and a quarter of white: 64 in turn with 0 is a light of 46, where stored values say 32."""
    board = (pyvips.Image.xyz(256, 256)[0] + pyvips.Image.xyz(256, 256)[1]) % 2 * 64
    image = board.cast("uchar").copy(interpretation="b-w").copy_memory()
    made, exact = moments.shrunk(image, 0.1, 0.1, "lanczos3"), _floats(image, 0.1)
    assert exact.avg() > 40
    assert abs(made.avg() - exact.avg()) <= 3


@pytest.mark.parametrize("bands", [2, 4])
def test_two_planes_mix_half_transparent_pixels_like_floats(bands: int) -> None:
    kind = "b-w" if bands == 2 else "srgb"
    image = _random(bands, kind).resize(4, kernel="cubic").copy(interpretation=kind).copy_memory()
    made, exact = moments.shrunk(image, 0.3, 0.3, "lanczos3").copy_memory(), _floats(image, 0.3)
    assert difference(made[bands - 1], exact[bands - 1]) < 0.5
    shown = [one.extract_band(0, n=bands - 1) * (one[bands - 1] / 255) for one in (made, exact)]
    assert difference(*shown) < 1.5
