"""A View is arithmetic: what it shows of a small lettered picture must be what moving the letters would show."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.imaging.geometry import ORIENTATIONS, View
from edge.plan.steps import Crop, Mirror, SmartCrop, Step, Turn

Rows = list[list[int]]

turns = st.builds(Turn, st.integers(1, 3))
mirrors = st.builds(Mirror, st.sampled_from(["x", "y", "both"]))
crops = st.builds(Crop, st.integers(0, 6), st.integers(0, 6), st.integers(1, 7), st.integers(1, 7))


def _quarter(rows: Rows) -> Rows:
    return [list(row) for row in zip(*rows[::-1], strict=True)]


def _moved(rows: Rows, step: Step) -> Rows:
    match step:
        case Turn(quarters):
            for _ in range(quarters):
                rows = _quarter(rows)
        case Mirror(axis):
            rows = rows[::-1] if axis != "x" else rows
            rows = [row[::-1] for row in rows] if axis != "y" else rows
        case Crop(left, top, width, height):
            left, top = min(left, len(rows[0]) - 1), min(top, len(rows) - 1)
            rows = [row[left : left + width] for row in rows[top : top + height]]
    return rows


def _shown(view: View, rows: Rows) -> Rows:
    kept = [row[view.left : view.left + view.width] for row in rows[view.top : view.top + view.height]]
    kept = [row[::-1] for row in kept] if view.mirrored else kept
    for _ in range(view.quarters):
        kept = _quarter(kept)
    return kept


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 7), st.integers(1, 7), st.lists(turns | mirrors | crops, max_size=6))
def test_steps_move_the_view_as_they_would_move_pixels(width: int, height: int, steps: list[Step]) -> None:
    rows = [[10 * y + x for x in range(width)] for y in range(height)]
    view, wanted = View.whole(width, height), rows
    for step in steps:
        match step:
            case Turn():
                view = view.turn(step)
            case Mirror():
                view = view.mirror(step)
            case Crop():
                view = view.crop(step)
        wanted = _moved(wanted, step)
        assert view.upright == (len(wanted[0]), len(wanted))
    assert _shown(view, rows) == wanted


def test_every_orientation_has_its_own_turn() -> None:
    assert sorted(ORIENTATIONS) == list(range(1, 9))
    assert len(set(ORIENTATIONS.values())) == 8


def test_an_unknown_orientation_counts_as_upright() -> None:
    assert View.whole(4, 3, orientation=9) == View.whole(4, 3)


def test_a_crop_outside_the_picture_keeps_its_last_pixel() -> None:
    assert View.whole(4, 3).crop(Crop(10, -2, 5, 9)) == View(3, 0, 1, 3)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.lists(turns | mirrors, max_size=3),
    st.floats(-5, 45),
    st.floats(-5, 45),
    st.integers(-2, 50),
    st.integers(-2, 50),
)
def test_a_rectangle_around_a_point_is_as_near_as_it_can_be(
    width: int, height: int, steps: list[Step], x: float, y: float, across: int, down: int
) -> None:
    """Of all rectangles of that size inside the picture, none has its middle nearer to the point."""
    view = View.whole(width, height)
    for step in steps:
        view = view.turn(step) if isinstance(step, Turn) else view.mirror(step)  # type: ignore[arg-type]  # one of two
    got = view.around(x, y, SmartCrop(across, down))
    limits = view.upright
    size = tuple(min(max(length, 1), limit) for length, limit in zip((across, down), limits, strict=True))
    assert got.upright == size
    spots = [
        min(range(limit - length + 1), key=lambda start: abs(start + length / 2 - at))
        for at, length, limit in zip((x, y), size, limits, strict=True)
    ]
    rivals = [(spots[0] + a, spots[1] + b) for a in (0, 1) for b in (0, 1)]  # a point between two pixels
    assert got in [view.crop(Crop(left, top, size[0], size[1])) for left, top in rivals]


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(0, 3), st.integers(1, 300))
def test_a_copy_fits_and_is_never_enlarged(width: int, height: int, quarters: int, side: int) -> None:
    view = View(0, 0, width, height, quarters=quarters)
    copy = view.within(side)
    assert max(copy) <= max(1, side)
    assert min(copy) >= 1
    assert copy[0] <= view.upright[0]
    assert copy[1] <= view.upright[1]
    assert view.ratio(*copy) == min(view.upright[0] / copy[0], view.upright[1] / copy[1]) >= 1
