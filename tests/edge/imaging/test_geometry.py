"""A View is arithmetic: what it shows of a small lettered picture must be what moving the letters would show."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.imaging.geometry import ORIENTATIONS, View
from edge.plan.steps import Crop, Mirror, Step, Turn

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
