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
