"""Colour filters as matrices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.plan import filters
from edge.plan.canonical import parse_plan, print_plan
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Recolour

GREY = (0.5, 0.5, 0.5, 1.0)
REDDISH = (0.8, 0.4, 0.2, 0.5)


def applied(matrix: filters.Matrix, colour: tuple[float, ...]) -> tuple[float, ...]:
    assert len(matrix) == 20
    rows = (matrix[at : at + 5] for at in range(0, 20, 5))
    sums = (sum(f * part for f, part in zip(row, (*colour, 1.0), strict=True)) for row in rows)
    return tuple(round(min(max(each, 0.0), 1.0), 6) for each in sums)


@pytest.mark.parametrize(
    ("matrix", "colour", "result"),
    [
        (filters.IDENTITY, REDDISH, REDDISH),
        (filters.brightness(0.1), REDDISH, (0.9, 0.5, 0.3, 0.5)),
        (filters.brightness(-0.3), REDDISH, (0.5, 0.1, 0.0, 0.5)),
        (filters.brightness(1e300), (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)),
        (filters.contrast(1.0), REDDISH, (1.0, 0.3, 0.0, 0.5)),
        (filters.contrast(-1.0), REDDISH, (0.5, 0.5, 0.5, 0.5)),
        (filters.contrast(-2.0), REDDISH, (0.2, 0.6, 0.8, 0.5)),
        (filters.contrast(1e300), (0.502, 0.498, 0.5, 1.0), (1.0, 0.0, 0.5, 1.0)),
        (filters.saturation(-1.0), REDDISH, (0.50704, 0.50704, 0.50704, 0.5)),
        (filters.saturation(-9.0), REDDISH, (0.50704, 0.50704, 0.50704, 0.5)),
        (filters.saturation(1.0), (0.4, 0.3, 0.2, 1.0), (0.47734, 0.27734, 0.07734, 1.0)),
        (filters.sepia(), GREY, (0.6755, 0.6015, 0.4685, 1.0)),
        (filters.grayscale("ntsc"), REDDISH, (0.4968, 0.4968, 0.4968, 0.5)),
        (filters.grayscale("ry"), REDDISH, (0.5838, 0.5838, 0.5838, 0.5)),
        (filters.grayscale("flat"), REDDISH, (0.466667, 0.466667, 0.466667, 0.5)),
        (filters.grayscale("bt709"), REDDISH, (0.47058, 0.47058, 0.47058, 0.5)),
        (filters.grayscale("ntsc", upstream=True), REDDISH, (0.4408, 0.4408, 0.4408, 0.5)),
        (filters.grayscale("flat", upstream=True), REDDISH, (0.7, 0.7, 0.7, 0.5)),
        (filters.invert(), REDDISH, (0.2, 0.6, 0.8, 0.5)),
        (filters.alpha(0.5), REDDISH, (0.8, 0.4, 0.2, 0.25)),
        (filters.alpha(-1.0), REDDISH, (0.8, 0.4, 0.2, 0.0)),
        (filters.alpha(1e300), (0.8, 0.4, 0.2, 1 / 255), (0.8, 0.4, 0.2, 1.0)),
    ],
)
def test_what_a_filter_makes_of_a_colour(
    matrix: filters.Matrix, colour: tuple[float, ...], result: tuple[float, ...]
) -> None:
    assert applied(matrix, colour) == pytest.approx(result, abs=2e-6)


@pytest.mark.parametrize(
    "matrix", [filters.brightness(0.0), filters.contrast(0.0), filters.saturation(0.0), filters.alpha(1.0)]
)
def test_no_strength_is_no_filter(matrix: filters.Matrix) -> None:
    assert matrix == filters.IDENTITY


@pytest.mark.parametrize("kind", ["ntsc", "ry", "bt709"])
def test_white_stays_white(kind: filters.Greys) -> None:
    assert applied(filters.grayscale(kind), (1.0, 1.0, 1.0, 1.0)) == pytest.approx((1.0,) * 4, abs=1e-3)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_strength_has_a_text(value: float) -> None:
    for matrix in (filters.brightness, filters.contrast, filters.saturation, filters.alpha):
        plan = Plan.chain(Decode(), Recolour(matrix(value)), Encode())
        assert parse_plan(print_plan(plan)) == plan
