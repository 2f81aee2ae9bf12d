"""What is known of a plan before a pixel is: how far decoders may shrink, what moves, what is made at all."""

import pytest

from edge.errors import BadRequest
from edge.imaging.ahead import TOLD, Ahead, joined
from edge.imaging.decode import Goal
from edge.imaging.geometry import View
from edge.plan.plan import Node, Plan
from edge.plan.steps import Blur, Crop, Decode, Encode, Mirror, Overlay, Pad, Resize, SmartCrop, Step, Trim, Turn

WHOLE = View.whole(4000, 2000)


def goal(*steps: Step, to: str = "png") -> Goal:
    return Ahead.of(Plan.chain(Decode(), *steps, Encode(to))).goal(0, WHOLE)


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ((Resize(400, 200),), Goal(10, "linear", False)),
        ((Resize(400, 100, "srgb", headroom=3.5),), Goal(10, "srgb", False, 3.5)),
        ((Crop(100, 100, 2000, 1000), Resize(400, 200)), Goal(5, "linear", True)),
        ((SmartCrop(1000, 1000), Resize(100, 100)), Goal(10, "linear", True)),
        ((Turn(1), Mirror("x"), SmartCrop(1000, 500), Resize(100, 100)), Goal(5, "linear", True)),
        ((Turn(1), Resize(200, 400)), Goal(10, "linear", False)),
        ((), Goal()),
        ((Pad(0, 0, 5000, 5000), Resize(10, 10)), Goal()),
        ((Blur(2.0), Resize(10, 10)), Goal()),
        ((Trim(80), Resize(10, 10)), Goal()),
    ],
)
def test_a_decoder_may_shrink_to_the_first_resize(steps: tuple[Step, ...], wanted: Goal) -> None:
    assert goal(*steps) == wanted


def test_what_is_only_described_may_be_small() -> None:
    assert goal(to="json") == Goal(4000 / TOLD, "srgb", False)
    assert goal(SmartCrop(400, 400), to="json") == Goal(400 / TOLD, "srgb", True)


def forked(*branches: Step) -> Goal:
    """What a Decode is asked for when each of these leads to an output."""
    nodes = [Node(Decode())]
    for step in branches:
        nodes += [Node(step, (0,)), Node(Encode("png"), (len(nodes),))]
    return Ahead.of(Plan(tuple(nodes)), True).goal(0, WHOLE)


@pytest.mark.parametrize(
    ("branches", "shrink"),
    [
        ((Resize(400, 200), Resize(40, 20)), 10 / 2.1),
        ((Resize(400, 200, "srgb"), Resize(40, 20, "srgb")), 10 / 1.33),
        ((Resize(400, 200, "srgb"), Resize(380, 190)), 4000 / 380 / 2.1),
        ((Resize(400, 200, "srgb"), Resize(40, 20, headroom=25.0)), 4.0),
        ((Resize(400, 200), Turn(1)), 0.0),
        ((Resize(400, 200), Blur(1.0)), 0.0),
    ],
)
def test_at_a_fork_the_most_demanding_branch_decides(branches: tuple[Step, ...], shrink: float) -> None:
    goal = forked(*branches)
    if not shrink:
        assert goal == Goal()
        return
    assert goal.ratio / goal.headroom == pytest.approx(shrink)
    assert goal.ratio == min(WHOLE.ratio(step.width, step.height) for step in branches if isinstance(step, Resize))
    assert goal.light == ("srgb" if all(getattr(step, "light", "") == "srgb" for step in branches) else "linear")


def test_a_fork_behind_a_crop_is_asked_too() -> None:
    nodes = (
        Node(Decode()),
        Node(Crop(0, 0, 2000, 1000), (0,)),
        Node(Resize(400, 200, "srgb"), (1,)),
        Node(Resize(40, 20, "srgb"), (1,)),
        Node(Encode("png"), (2,)),
        Node(Encode("png"), (3,)),
    )
    goal = Ahead.of(Plan(nodes), True).goal(0, WHOLE)
    assert goal.ratio == 5
    assert goal.headroom == pytest.approx(2.1)


def test_a_fork_that_ends_in_one_picture_is_asked_too() -> None:
    nodes = (
        Node(Decode()),
        Node(Resize(40, 20), (0,)),
        Node(Resize(9, 9), (0,)),
        Node(Overlay(0, 0), (1, 2)),
        Node(Encode("png"), (3,)),
    )
    ahead = Ahead.of(Plan(nodes))
    assert ahead.goal(0, WHOLE) == Goal(100, "linear", wanted=2.1)
    assert [ahead.shared(at) for at in range(5)] == [True, False, False, False, False]
    assert [sorted(ahead.done(at)) for at in range(5)] == [[], [], [0], [1, 2], [3]]


MARKED = Plan(
    (
        Node(Decode()),
        Node(Decode(1)),
        Node(Resize(9, 9), (1,)),
        Node(Overlay(0, 0), (0, 2)),
        Node(Crop(0, 0, 8, 8), (1,)),
        Node(Encode("webp", gamut="p3"), (3,)),
        Node(Encode("png"), (4,)),
    )
)


def test_a_mark_moves_too_but_does_not_decide_the_gamut() -> None:
    ahead = Ahead.of(MARKED)
    assert [ahead.moving(at) for at in range(6)] == [True, True, True, True, False, True]
    assert [ahead.gamut(at) for at in (0, 1)] == ["p3", "srgb"]
    assert ahead.root(5) == 0
    assert ahead.root(2) == 1


def test_only_what_the_first_output_needs_is_made() -> None:
    ahead = Ahead.of(MARKED)
    assert ahead.order == (0, 1, 2, 3, 5)
    assert ahead.goal(1, WHOLE) == Goal(2000 / 9, "linear", False)


def test_all_outputs_are_seen_where_all_are_wanted() -> None:
    ahead = Ahead.of(MARKED, True)
    assert ahead.order == tuple(range(7))
    assert [ahead.moving(at) for at in range(7)] == [True, True, True, True, False, True, False]
    assert ahead.goal(1, WHOLE) == Goal()
    assert [ahead.shared(at) for at in range(7)] == [False, True, False, False, False, False, False]
    assert [ahead.root(at) for at in (5, 6)] == [0, 1]


def test_equal_decodes_are_one() -> None:
    nodes = (
        Node(Decode()),
        Node(Decode(frame=0)),
        Node(Decode()),
        Node(Overlay(0, 0), (2, 1)),
        Node(Encode("png"), (3,)),
        Node(Encode("png"), (0,)),
    )
    assert joined(Plan(nodes)).nodes[3].of == (0, 1)
    assert Ahead.of(joined(Plan(nodes)), True).order == (0, 1, 3, 4, 5)


def test_a_view_remembers_its_decode_until_pixels_are_made() -> None:
    ahead = Ahead.of(Plan.chain(Decode(3), Turn(1), SmartCrop(5, 5), Blur(1.0), Crop(0, 0, 2, 2), Encode("png")))
    assert [ahead.seen(at) for at in range(5)] == [Decode(3)] * 3 + [None, None]


def test_a_trim_is_seen_from_all_that_leads_to_it() -> None:
    ahead = Ahead.of(Plan.chain(Decode(), Turn(1), Trim(80), Trim(9), Resize(5, 5), Encode("png")))
    assert ahead.order == (0, 1, 2)
    assert [ahead.trimmed(at) for at in range(5)] == [True, True, False, False, False]


def test_a_plan_without_an_output_is_refused() -> None:
    with pytest.raises(BadRequest, match="an output"):
        Ahead.of(Plan.chain(Decode()))
