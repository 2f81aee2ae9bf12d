"""Resampling: every kernel, both lights, every kind of picture; and sharpening through a whole run."""

from itertools import pairwise
from typing import get_args

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.imaging import kernels, resize
from edge.imaging.decode import Goal
from edge.imaging.geometry import View
from edge.imaging.picture import Picture
from edge.plan.facts import Limits
from edge.plan.steps import Kernel, Light, Resize
from tests import pictures
from tests.edge.imaging.conftest import Make, difference

KERNELS: tuple[Kernel, ...] = get_args(Kernel)
LIGHTS: tuple[Light, ...] = get_args(Light)
ROUNDED: tuple[Kernel, ...] = ("box", "nearest", "linear")


def _flat(values: list[list[list[int]]], kind: str = "srgb") -> pyvips.Image:
    """Rows of pixels as a picture in memory."""
    height, width, bands = len(values), len(values[0]), len(values[0][0])
    body = bytes(sample for row in values for pixel in row for sample in pixel)
    return pyvips.Image.new_from_memory(body, width, height, bands, "uchar").copy(interpretation=kind)


def _edge(low: int, high: int, width: int = 48, height: int = 24) -> pyvips.Image:
    return _flat([[[low if x < width // 2 else high] * 3 for x in range(width)] for _ in range(height)])


def _sized(image: pyvips.Image, step: Resize) -> pyvips.Image:
    picture = Picture((image,), View.whole(image.width, image.height))
    return resize.resize(picture, step, Limits()).frames[0].copy_memory()


# --- colours


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 255), min_size=3, max_size=3),
    st.sampled_from(LIGHTS),
    st.sampled_from(KERNELS),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from([0.0, 40.0]),
)
def test_a_plain_colour_survives_exactly(
    colour: list[int], light: Light, kernel: Kernel, width: int, height: int, sharpen: float
) -> None:
    """Whatever size, also at the edges: no dark or bright line frames what has grown."""
    image = _flat([[colour] * 29 for _ in range(31)])
    made = _sized(image, Resize(width, height, light, kernel=kernel, sharpen=sharpen))
    assert (made.width, made.height) == (width, height)
    assert [made[band].min() for band in range(3)] == colour == [made[band].max() for band in range(3)]


@pytest.mark.parametrize("white", [1, 2, 3, 4, 5, 6, 7])
def test_black_and_white_mix_to_their_light_in_every_share(white: int) -> None:
    stripes = _flat([[[255 if (3 * x + 5 * y) % 8 < white else 0] * 3 for x in range(256)] for y in range(256)])
    wanted = round(255 * (1.055 * (white / 8) ** (1 / 2.4) - 0.055))
    made = _sized(stripes, Resize(8, 8))
    middle = made.crop(1, 1, 6, 6)
    assert wanted - 1 <= middle.min() <= middle.max() <= wanted + 1


@pytest.mark.parametrize("kind", ["b-w", "srgb"])
@pytest.mark.parametrize("light", LIGHTS)
def test_grey_is_resampled_like_a_neutral_colour(light: Light, kind: str) -> None:
    photo = pyvips.Image.new_from_buffer(pictures.photo(120, 90, "png"), "")
    grey = photo.extract_band(1).copy(interpretation="b-w").copy_memory()
    three = grey.bandjoin([grey, grey]).copy(interpretation="srgb").copy_memory()
    step = Resize(37, 29, light)
    one, other = _sized(grey, step), _sized(three, step)
    assert (one.bands, one.interpretation) == (1, "b-w")
    assert (one - other).abs().max() == 0


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("size", [(37, 29), (300, 200), (37, 200)])
def test_an_alpha_that_hides_nothing_changes_nothing(light: Light, size: tuple[int, int]) -> None:
    photo = pyvips.Image.new_from_buffer(pictures.photo(120, 90, "png"), "").copy_memory()
    covered = photo.bandjoin(255).copy(interpretation="srgb").copy_memory()
    grey = photo.extract_band(1).bandjoin(255).copy(interpretation="b-w").copy_memory()
    step = Resize(*size, light)
    made, bare = _sized(covered, step), _sized(photo, step)
    assert made[3].min() == 255
    assert (made.extract_band(0, n=3) - bare).abs().max() <= 1
    assert (_sized(grey, step).extract_band(0) - bare.extract_band(1)).abs().max() <= 1


@pytest.mark.parametrize("sharpen", [0.0, 60.0])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("size", [(13, 7), (64, 32), (150, 90), (13, 90)])
def test_what_is_hidden_lends_no_colour(light: Light, size: tuple[int, int], sharpen: float) -> None:
    """Opaque white beside transparent black, smaller, larger or sharpened: nothing gets darker where they meet."""
    image = _flat([[[255] * 4 if x < 32 else [0] * 4 for x in range(64)] for _ in range(32)])
    made = _sized(image, Resize(*size, light, sharpen=sharpen))
    assert (made[3] > 20).ifthenelse(made.extract_band(0, n=3), 255).min() >= 250
    assert made(0, 0) == [255] * 4
    assert made(size[0] - 1, 0)[3] == 0


# --- kernels


@pytest.mark.parametrize("size", [(11, 9), (47, 9), (90, 70)])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_only_kernels_with_lobes_overshoot(kernel: Kernel, light: Light, size: tuple[int, int]) -> None:
    made = _sized(_edge(80, 170, 47, 31), Resize(*size, light, kernel=kernel))
    assert (made.width, made.height) == size
    inside = made.min() >= 80 and made.max() <= 170
    assert inside or kernel not in ROUNDED


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 255), min_size=24, max_size=24), st.integers(1, 4), st.integers(1, 4))
def test_a_box_is_the_mean_of_whole_blocks(samples: list[int], across: int, down: int) -> None:
    image = _flat(
        [[[samples[(y // down * 6 + x) % 24]] for x in range(6 * across)] for y in range(4 * down)], "b-w"
    ).copy_memory()
    made = _sized(image, Resize(6, 4, "srgb", kernel="box"))
    for y in range(4):
        for x in range(6):
            block = image.crop(x * across, y * down, across, down)
            assert made(x, y)[0] == pytest.approx(block.avg(), abs=1)


@pytest.mark.parametrize("size", [(7, 5), (100, 80), (7, 80)])
def test_nearest_invents_no_colour(size: tuple[int, int]) -> None:
    image = _flat([[[(7 * x + 13 * y) % 256 // 16 * 16] * 3 for x in range(40)] for y in range(30)])
    made = _sized(image, Resize(*size, kernel="nearest"))
    assert {made(x, y)[0] % 16 for x in range(size[0]) for y in range(size[1])} == {0.0}


def test_kernels_differ_as_they_should() -> None:
    """Softer to sharper, by the contrast that is left of fine stripes."""
    stripes = _flat([[[60 if x % 7 < 3 else 190] * 3 for x in range(280)] for _ in range(8)])
    order: tuple[Kernel, ...] = ("linear", "mitchell", "cubic", "lanczos3")
    contrast = [_sized(stripes, Resize(120, 8, kernel=kernel)).crop(9, 0, 100, 8).deviate() for kernel in order]
    assert contrast == sorted(contrast)
    assert contrast[-1] > contrast[0] * 1.2


@pytest.mark.parametrize("bands", [1, 2])
def test_padding_to_three_bands_changes_no_value(bands: int) -> None:
    photo = pyvips.Image.new_from_buffer(pictures.photo(120, 90, "png"), "").extract_band(0, n=bands).copy_memory()
    made = kernels.wide(photo, 0.37, "lanczos3").copy_memory()
    plain = photo.cast("float").resize(0.37, vscale=1.0)
    assert made.bands == bands
    assert difference(made, plain) < 0.5


# --- sharpening


def _acutance(image: pyvips.Image) -> float:
    """The mean of squared steps between neighbours."""
    left, right = (image.crop(at, 0, image.width - 1, image.height) for at in (0, 1))
    return float(((left - right) ** 2).avg())


@pytest.mark.parametrize("size", [(60, 45), (120, 90), (300, 200), (60, 200)])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("kernel", [name for name in KERNELS if name not in ROUNDED])
def test_more_percent_more_acutance(kernel: Kernel, light: Light, size: tuple[int, int]) -> None:
    photo = pyvips.Image.new_from_buffer(pictures.photo(120, 90, "png"), "").copy_memory()
    steps = (0.0, 3.0, 20.0, 30.0, 45.0, 60.0, 75.0)
    seen = [_acutance(_sized(photo, Resize(*size, light, kernel=kernel, sharpen=each))) for each in steps]
    assert seen == sorted(seen)
    assert all(more > less for less, more in pairwise(seen[2:]))


@pytest.mark.parametrize("sharpen", [-50.0, 0.0, float("nan")])
def test_only_more_than_nothing_sharpens(sharpen: float) -> None:
    photo = pyvips.Image.new_from_buffer(pictures.photo(120, 90, "png"), "").copy_memory()
    assert (_sized(photo, Resize(60, 45, sharpen=sharpen)) - _sized(photo, Resize(60, 45))).abs().max() == 0
    assert (_sized(photo, Resize(120, 90, sharpen=sharpen)) - photo).abs().max() == 0


@pytest.mark.parametrize("size", [(60, 45), (120, 90), (200, 150)])
@pytest.mark.parametrize("kernel", ROUNDED)
def test_kernels_without_lobes_cannot_be_sharpened(kernel: Kernel, size: tuple[int, int]) -> None:
    photo = pyvips.Image.new_from_buffer(pictures.photo(120, 90, "png"), "").copy_memory()
    sharp, plain = (_sized(photo, Resize(*size, kernel=kernel, sharpen=each)) for each in (90.0, 0.0))
    assert (sharp - plain).abs().max() == 0


@pytest.mark.parametrize("sharpen", [99.0, 1e9, float("inf")])
@pytest.mark.parametrize("body", [pictures.cmyk(32, 24), pictures.gray(32, 24), pictures.animated()])
def test_any_picture_and_any_percent_goes_through(make: Make, body: bytes, sharpen: float) -> None:
    assert make(body, Resize(16, 12, sharpen=sharpen), to="webp").width == 16
    assert make(body, Resize(32, 24, sharpen=sharpen), to="webp").width == 32


# --- streams


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(
    ("source", "size"),
    [((900, 1300), (40, 30)), ((300, 2500), (299, 2499)), ((1500, 90), (1400, 4)), ((64, 4000), (64, 700))],
)
def test_a_stream_gives_what_memory_gives(
    light: Light, alpha: bool, source: tuple[int, int], size: tuple[int, int]
) -> None:
    """A file can be read once and forwards only; a step that reads a row twice has to keep it."""
    body = (pictures.with_alpha if alpha else pictures.photo)(*source, "png")
    kept = pyvips.Image.new_from_buffer(body, "").copy_memory()
    stream = pyvips.Image.new_from_buffer(body, "", access="sequential")
    step = Resize(*size, light)
    assert (_sized(stream, step) - _sized(kept, step)).abs().max() == 0


# --- headroom


@pytest.mark.parametrize(
    ("goal", "headroom"),
    [
        (Goal(), 2.1),
        (Goal(light="srgb"), 1.33),
        (Goal(light="srgb", cropped=True), 2.1),
        (Goal(wanted=3.5), 3.5),
        (Goal(wanted=1.2), 1.2),
        (Goal(wanted=1.2, cropped=True), 2.1),
        (Goal(wanted=4.0, cropped=True), 4.0),
        (Goal(wanted=0.1), 1.0),
    ],
)
def test_the_headroom_is_what_is_asked_for_or_what_the_light_needs(goal: Goal, headroom: float) -> None:
    assert goal.headroom == headroom
