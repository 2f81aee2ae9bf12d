"""Sizing: laws that hold for every picture, and the places where rounding is decided."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.plan.boxes import (
    I32_MAX,
    Rect,
    Size,
    height_for,
    inner_box,
    outer_box,
    place,
    round_away,
    width_for,
    within,
)
from edge.plan.layout import Layout, compute
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
    """But for a line or two that would otherwise be painted."""
    layout = compute(fit, width, height)
    lines = 0 if fit.exact else 2
    if fit.scale == "down" and fit.mode != "stretch":
        assert layout.image.width <= width + lines
        assert layout.image.height <= height + lines


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


# Lines of padding that nobody asked for (RIAPI §7.3).


@pytest.mark.parametrize(
    ("fit", "source", "painted", "canvas"),
    [
        (Fit(200, zoom=3.0), (3000, 4000), (600, 800), (600, 801)),
        (Fit(637), (638, 423), (637, 422), (637, 423)),
        (Fit(max_width=200, zoom=3.0), (3000, 4000), (600, 800), (600, 801)),
    ],
)
def test_a_derived_side_leaves_no_painted_line(
    fit: Fit, source: tuple[int, int], painted: tuple[int, int], canvas: tuple[int, int]
) -> None:
    exact = compute(replace(fit, exact=True), *source)
    assert (exact.image, exact.canvas) == (painted, canvas)
    mended = compute(fit, *source)
    assert (mended.image, mended.canvas, mended.left, mended.top) == (canvas, canvas, 0, 0)
    assert (mended.crop, mended.crop_left, mended.crop_top) == (exact.crop, exact.crop_left, exact.crop_top)


@pytest.mark.parametrize(
    ("fit", "source"),
    [
        (Fit(100, 99), (200, 200)),  # both sides asked for: so is the padding
        (Fit(200, zoom=20.0, scale="both"), (3000, 4000)),  # more than two lines
        (Fit(200, scale="canvas"), (199, 99)),  # a canvas that grows around the picture
    ],
)
def test_padding_that_was_asked_for_stays(fit: Fit, source: tuple[int, int]) -> None:
    layout = compute(fit, *source)
    assert layout == compute(replace(fit, exact=True), *source)
    assert layout.image != layout.canvas


@given(PLAIN_FITS, SIDE, SIDE)
@LAWS
def test_mending_never_changes_the_size_of_the_result(fit: Fit, width: int, height: int) -> None:
    exact, mended = (compute(replace(fit, exact=exact), width, height) for exact in (True, False))
    assert mended.canvas == exact.canvas
    assert max(mended.image.width - exact.image.width, mended.image.height - exact.image.height) <= 2
    assert mended.image in (exact.image, exact.canvas)


# Behind a Trim.


def test_without_a_size_the_target_is_as_wide_as_before_the_trim() -> None:
    trimmed = (300, 200)
    assert compute(Fit(scale="both", full=(1000, 400)), *trimmed).canvas == (1000, 667)
    assert compute(Fit(zoom=0.5, full=(1000, 400)), *trimmed).canvas == (300, 200)
    assert compute(Fit(zoom=0.25, mode="max", full=(1000, 400)), *trimmed).canvas == (250, 167)
    assert compute(Fit(150, full=(1000, 400)), *trimmed).canvas == (150, 100)


def test_pixels_of_a_window_are_those_before_the_trim() -> None:
    layout = compute(Fit(window=Window(100, 100, 500, -100), full=(1000, 400)), 300, 200)
    assert (layout.crop_left, layout.crop_top, *layout.crop) == (30, 50, 120, 100)
    halves = Window(50, 50, 100, 100, 100, 100)
    assert compute(Fit(window=halves, full=(1000, 400)), 300, 200).crop == compute(Fit(window=halves), 300, 200).crop


def test_what_a_window_keeps_scales_the_missing_target() -> None:
    fit = Fit(window=Window(0, 0, 50, 100, 100, 100), scale="both", full=(1000, 400))
    assert compute(fit, 300, 200).canvas == (500, 667)


@given(PLAIN_FITS, SIDE, SIDE)
@LAWS
def test_a_trim_that_cut_nothing_changes_nothing(fit: Fit, width: int, height: int) -> None:
    assert compute(replace(fit, full=(width, height)), width, height) == compute(fit, width, height)


# Focus.


def corners(layout: Layout) -> tuple[int, int, int, int]:
    return layout.crop_left, layout.crop_top, *layout.crop


@pytest.mark.parametrize(
    ("focus", "left"),
    [(Point(50.0, 50.0), 80), (Point(), 80), (Point(60.0, 0.0), 144), (Point(0.0, 0.0), 0), (Point(100.0, 9.0), 160)],
)
def test_the_crop_lies_around_the_focus_as_near_as_can_be(focus: Point, left: int) -> None:
    fit = Fit(100, 100, mode="crop", focus=focus, gravity=Point(0.0, 0.0))
    assert corners(compute(fit, 640, 480)) == (left, 0, 480, 480)


def test_the_focus_is_a_point_of_the_whole_picture_and_the_crop_stays_in_the_window() -> None:
    window = Window(50, 0, 100, 100, 100, 100)
    fit = Fit(100, 100, mode="crop", window=window)
    assert corners(compute(replace(fit, focus=Point(60.0, 50.0)), 800, 200)) == (400, 0, 200, 200)
    assert corners(compute(replace(fit, focus=Point(75.0, 50.0)), 800, 200)) == (500, 0, 200, 200)
    assert corners(compute(replace(fit, focus=Point(99.0, 50.0)), 800, 200)) == (600, 0, 200, 200)


@given(SIDE, SIDE, SIDE, SIDE, st.floats(0, 100), st.floats(0, 100))
@LAWS
def test_a_crop_holds_its_focus(w: int, h: int, width: int, height: int, x: float, y: float) -> None:
    layout = compute(Fit(w, h, mode="crop", scale="both", focus=Point(x, y)), width, height)
    assert layout.crop_left <= width * x / 100 + 0.5
    assert width * x / 100 - 0.5 <= layout.crop_left + layout.crop.width
    assert layout.crop_top <= height * y / 100 + 0.5
    assert height * y / 100 - 0.5 <= layout.crop_top + layout.crop.height


# Rectangles.


@given(st.tuples(SIDE, SIDE, SIDE, SIDE), st.integers(0, 7))
def test_a_turned_rectangle_keeps_its_place_on_the_turned_canvas(sides: tuple[int, ...], quarters: int) -> None:
    left, top, right, bottom = sides
    rect, canvas = Rect(left, top, 5, 7), Size(left + 5 + right, top + 7 + bottom)
    turned = rect.turned(quarters, canvas)
    back = canvas.swapped if quarters % 2 else canvas
    assert turned.turned(-quarters, back) == rect
    assert turned.size == (rect.size.swapped if quarters % 2 else rect.size)
    assert rect.mirrored(canvas) == (right, top, 5, 7)


def test_a_quarter_turn_takes_the_left_edge_to_the_top() -> None:
    assert Rect(1, 2, 3, 4).turned(1, Size(10, 20)) == (14, 1, 4, 3)


@pytest.mark.parametrize(("value", "at"), [(float("nan"), 0), (-1.0, 0), (2.5, 3), (1e300, 9), (float("inf"), 9)])
def test_a_position_is_brought_to_the_nearer_end(value: float, at: int) -> None:
    assert within(value, 9) == at
