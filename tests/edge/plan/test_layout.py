"""Sizing: laws that hold for every picture, and the places where rounding is decided."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.plan.boxes import I32_MAX, Size, height_for, inner_box, outer_box, place, round_away, width_for
from edge.plan.layout import compute
from edge.plan.steps import AUTO, Fit, Point, Window
from tests.edge.plan.wishes import FITS, MODES, PLAIN_FITS, SCALES, SIDE

LAWS = settings(max_examples=200, deadline=None)


@given(FITS, SIDE, SIDE)
@LAWS
def test_any_wish_gives_sizes_of_at_least_one_pixel_that_lie_inside_each_other(
    fit: Fit, width: int, height: int
) -> None:
    layout = compute(fit, width, height)
    assert all(1 <= side <= I32_MAX for side in (*layout.crop, *layout.image, *layout.canvas))
    assert 0 <= layout.crop_left <= width - layout.crop.width
    assert 0 <= layout.crop_top <= height - layout.crop.height
    assert 0 <= layout.left <= layout.canvas.width - layout.image.width
    assert 0 <= layout.top <= layout.canvas.height - layout.image.height


@given(SIDE, SIDE, SIDE, SIDE)
@LAWS
def test_max_stays_in_the_box_and_keeps_proportions_within_a_pixel(w: int, h: int, width: int, height: int) -> None:
    image = compute(Fit(w, h, mode="max"), width, height).image
    assert image.width <= max(1, min(w, width))
    assert image.height <= max(1, min(h, height))
    assert abs(image.width - image.height * width / height) <= max(1, width / height)


@given(SIDE, SIDE, SIDE, SIDE, st.sampled_from(["pad", "crop", "stretch"]))
@LAWS
def test_scale_both_always_gives_the_box(w: int, h: int, width: int, height: int, mode: str) -> None:
    layout = compute(Fit(w, h, mode=mode, scale="both"), width, height)  # type: ignore[arg-type]  # str of a Literal
    assert layout.canvas == (w, h)


@given(PLAIN_FITS, SIDE, SIDE)
@LAWS
def test_down_never_draws_a_picture_larger_than_it_is(fit: Fit, width: int, height: int) -> None:
    layout = compute(fit, width, height)
    if fit.scale == "down" and fit.mode != "stretch":
        assert layout.image.width <= width
        assert layout.image.height <= height


@given(SIDE, SIDE, SIDE, SIDE, SIDE, SIDE)
@LAWS
def test_bounds_are_never_exceeded(w: int, h: int, bound: int, other: int, width: int, height: int) -> None:
    canvas = compute(Fit(w, h, bound, other), width, height).canvas
    assert canvas.width <= max(min(w, bound), width)
    assert canvas.height <= max(min(h, other), height)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scale", SCALES)
def test_huge_numbers_only_give_huge_canvases(mode: str, scale: str) -> None:
    fit = Fit(2**31 - 1, 2**40, zoom=80000.0, mode=mode, scale=scale)  # type: ignore[arg-type]  # str of a Literal
    layout = compute(fit, 30000, 1)
    assert max(layout.canvas) <= I32_MAX


def test_what_is_still_auto_counts_as_not_given() -> None:
    assert compute(Fit(AUTO, zoom=AUTO), 30, 20).canvas == (30, 20)


def test_a_source_without_pixels_counts_as_one_pixel() -> None:
    assert compute(Fit(), 0, -3).canvas == (1, 1)


def test_zero_width_under_a_bound_on_height_gives_one_pixel() -> None:
    """Kept as upstream (RIAPI §7.10)."""
    assert compute(Fit(0, max_height=100), 3000, 4000).canvas.height == 1


@pytest.mark.parametrize(
    ("window", "kept"),
    [
        (Window(0, 0, 0, 0), (0, 0, 640, 480)),
        (Window(-100, -100, 0, 0), (540, 380, 100, 100)),
        (Window(float("nan"), 0, 100, 100), (0, 0, 100, 100)),
        (Window(0, 0, float("nan"), 100), (0, 0, 640, 480)),
        (Window(0, 0, float("inf"), float("inf")), (0, 0, 640, 480)),
        (Window(-float("inf"), 0, 10, 10), (0, 0, 10, 10)),
        (Window(0.2, 0.2, 0.4, 0.4), (0, 0, 640, 480)),
        (Window(0, 0, 1, 1, -2, 2), (0, 0, 320, 240)),
        (Window(0, 0, 1, 1, 5e-324, 5e-324), (0, 0, 640, 480)),
    ],
)
def test_windows_count_from_both_edges_and_vanish_when_they_keep_nothing(window: Window, kept: tuple[int, ...]) -> None:
    layout = compute(Fit(window=window), 640, 480)
    assert (layout.crop_left, layout.crop_top, *layout.crop) == kept


def test_gravity_moves_the_crop_and_never_the_padding() -> None:
    fit = Fit(300, 200, mode="crop", scale="canvas", gravity=Point(0.0, 0.0), anchor=Point(100.0, 100.0))
    layout = compute(fit, 900, 120)
    assert (layout.crop_left, layout.top) == (0, 80)


@pytest.mark.parametrize(("value", "rounded"), [(0.5, 1), (-0.5, -1), (1.4, 1), (-1.5, -2), (0.49999999999999994, 0)])
def test_halves_go_away_from_zero(value: float, rounded: int) -> None:
    assert round_away(value) == rounded


@pytest.mark.parametrize(
    ("leftover", "percent", "before"),
    [(5, None, 2), (5, 50.0, 3), (5, 0.0, 0), (5, 100.0, 5), (2**31 - 1, 100.0, 2**31 - 1), (7, 33.33, 2)],
)
def test_the_named_centre_floors_where_half_rounds_up(leftover: int, percent: float | None, before: int) -> None:
    assert place(leftover, percent) == before


def test_a_side_less_than_a_pixel_away_is_the_pictures_own() -> None:
    assert height_for(Size(638, 423), 637) == 423
    assert width_for(Size(638, 423), 422) == 636


@given(SIDE, SIDE, SIDE, SIDE)
@LAWS
def test_inner_boxes_lie_inside_and_outer_boxes_around(w: int, h: int, width: int, height: int) -> None:
    shape, box = Size(width, height), Size(w, h)
    inner, outer = inner_box(shape, box), outer_box(shape, box)
    assert inner.width <= w
    assert inner.height <= h
    assert outer.width >= w
    assert outer.height >= h
