"""From a negotiated wish to the concrete plan."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.plan.canonical import parse_plan, print_plan
from edge.plan.colour import on_white
from edge.plan.facts import Facts
from edge.plan.layout import output_size, settle, sizes
from edge.plan.plan import Node, Plan
from edge.plan.steps import Crop, Decode, Encode, Fit, Mirror, Pad, Resize, Step, Turn
from tests.edge.plan.wishes import FACTS, MIRRORS, TURNS, riapi_plans

OPAQUE = Facts("jpeg", 640, 480)
CLEAR = Facts("png", 640, 480, alpha=True)
PNG = Encode("png")


def settled(*steps: Step, facts: Facts = OPAQUE) -> list[Step]:
    """The concrete steps between Decode and Encode."""
    return list(settle(Plan.chain(Decode(), *steps, PNG), [facts]).steps())[1:-1]


def flattened(encode: Encode, fit: Fit, facts: Facts = CLEAR) -> list[Step]:
    return list(settle(Plan.chain(Decode(), fit, encode), [facts]).steps())[1:]


@given(riapi_plans(), FACTS)
@settings(max_examples=200, deadline=None)
def test_settling_keeps_the_size_leaves_no_wish_and_is_done_once(plan: Plan, facts: Facts) -> None:
    once = settle(plan, [facts])
    assert output_size(once, facts) == output_size(plan, facts)
    assert once.find(Fit) is None
    assert settle(once, [facts]) == once
    assert parse_plan(print_plan(once)) == once


@given(riapi_plans(), FACTS)
@settings(max_examples=100, deadline=None)
def test_no_settled_step_changes_nothing(plan: Plan, facts: Facts) -> None:
    once = settle(plan, [facts])
    seen = sizes(once, facts)
    for node, size in zip(once.nodes, seen, strict=True):
        before = seen[node.of[0]] if node.of else None
        assert not isinstance(node.step, Crop | Pad) or size != before
        assert not isinstance(node.step, Turn) or node.step.quarters in (1, 2, 3)
        assert not isinstance(node.step, Mirror) or node.step.axis != "both"


def test_a_wish_becomes_crop_resize_and_pad() -> None:
    fit = Fit(300, 200, mode="crop", scale="canvas", light="srgb", background="ff0000ff")
    steps = settled(fit, facts=Facts("jpeg", 900, 120))
    assert steps == [Crop(300, 0, 300, 120), Pad(0, 40, 300, 200, "ff0000ff")]
    assert settled(Fit(100, 100, light="srgb")) == [Resize(100, 75, "srgb"), Pad(0, 12, 100, 100)]


def test_a_wish_that_changes_nothing_leaves_nothing() -> None:
    assert settled(Fit(640, 480, mode="crop"), Crop(0, 0, 640, 480), Resize(640, 480), Pad(0, 0, 640, 480)) == []


def test_sizing_sees_the_turned_picture() -> None:
    assert settled(Turn(1), Fit(240)) == [Turn(1), Resize(240, 320)]
    assert settled(Fit(320), facts=Facts("jpeg", 480, 640, orientation=6)) == [Resize(320, 240)]


def orient(steps: list[Step], corner: complex) -> complex:
    """Where a corner of the picture goes: x to the right, y (imaginary) down, the centre at 0."""
    for step in steps:
        if isinstance(step, Turn):
            corner *= 1j**step.quarters
        elif isinstance(step, Mirror):
            x, y = corner.real, corner.imag
            corner = complex(-x if step.axis != "y" else x, -y if step.axis != "x" else y)
    return corner


@given(st.lists(TURNS | MIRRORS, max_size=6))
def test_turns_and_mirrors_shrink_to_at_most_one_of_each_and_mean_the_same(steps: list[Step]) -> None:
    short = settled(*steps)
    assert len(short) <= 2
    assert [orient(short, corner) for corner in (1 + 2j, -3 + 1j)] == [
        orient(steps, corner) for corner in (1 + 2j, -3 + 1j)
    ]


@pytest.mark.parametrize(
    ("steps", "short"),
    [
        ([Turn(1), Turn(3)], []),
        ([Mirror("x"), Mirror("x")], []),
        ([Mirror("both")], [Turn(2)]),
        ([Mirror("x"), Mirror("y")], [Turn(2)]),
        ([Turn(2), Mirror("x")], [Mirror("y")]),
        ([Mirror("y"), Turn(1)], [Turn(1), Mirror("x")]),
    ],
)
def test_equal_orientations_have_one_spelling(steps: list[Step], short: list[Step]) -> None:
    assert settled(*steps) == short


def test_jpeg_flattens_onto_white_unless_a_colour_was_given() -> None:
    assert flattened(Encode("jpeg"), Fit()) == [Encode("jpeg", matte="ffffffff")]
    assert flattened(Encode("jpeg", matte="ff0000ff"), Fit(background="ff0000ff")) == [Encode("jpeg", matte="ff0000ff")]
    assert flattened(Encode("jpeg"), Fit(background="ff0000ff")) == [Encode("jpeg", matte="ff0000ff")]


def test_jpeg_pads_with_white_and_resamples_on_it() -> None:
    resize, pad, encode = flattened(Encode("jpeg"), Fit(100, 100))
    assert (resize, pad) == (Resize(100, 75, matte="ffffffff"), Pad(0, 12, 100, 100, "ffffffff"))
    assert encode == Encode("jpeg", matte="ffffffff")


def test_half_transparent_colours_lie_on_white_where_there_is_no_alpha() -> None:
    assert flattened(Encode("jpeg"), Fit(background="ff000080")) == [Encode("jpeg", matte="ff7f7fff")]
    assert on_white("00000000") == "ffffffff"


def test_an_opaque_background_shows_through_a_clear_picture_of_any_size() -> None:
    assert flattened(PNG, Fit(background="00ff00ff")) == [Resize(640, 480, matte="00ff00ff"), PNG]
    assert flattened(PNG, Fit(320, background="00ff0080")) == [Resize(320, 240), PNG]


def test_a_background_that_nobody_sees_is_not_in_the_plan() -> None:
    assert flattened(PNG, Fit(320, background="00ff00ff"), OPAQUE) == [Resize(320, 240), PNG]
    assert flattened(Encode("jpeg", matte="00ff00ff"), Fit(background="00ff00ff"), OPAQUE) == [
        Encode("jpeg", matte="ffffffff")
    ]
    assert flattened(PNG, Fit(100, 100, background="12345600"))[1] == Pad(0, 12, 100, 100)


def test_formats_with_alpha_need_no_matte_and_gif_no_quality() -> None:
    assert flattened(Encode("gif", 80, matte="ff0000ff"), Fit()) == [Encode("gif")]


def test_formats_without_animation_take_the_first_frame() -> None:
    moving = Facts("gif", 10, 10, frames=3)
    frames = [settle(Plan.chain(Decode(), Encode(name)), [moving]).find(Decode) for name in ("png", "webp")]
    assert frames == [Decode(frame=0), Decode()]
    assert settle(Plan.chain(Decode(frame=2), Encode("png")), [moving]).find(Decode) == Decode(frame=2)


def test_branches_share_equal_steps_and_keep_every_output() -> None:
    fit, turn = Fit(320, mode="max"), Turn(1)
    nodes = (
        Node(Decode()),
        Node(fit, (0,)),
        Node(fit, (0,)),
        Node(turn, (1,)),
        Node(PNG, (3,)),
        Node(PNG, (2,)),
        Node(PNG, (2,)),
    )
    shared = settle(Plan(nodes), [OPAQUE])
    assert [type(step) for step in shared.steps()] == [Decode, Resize, Turn, Encode, Encode, Encode]
    assert [node.of for node in shared.nodes[2:]] == [(1,), (2,), (1,), (1,)]


def test_a_background_depends_on_all_outputs() -> None:
    nodes = (Node(Decode()), Node(Fit(100, 100), (0,)), Node(PNG, (1,)), Node(Encode("jpeg"), (1,)))
    both = settle(Plan(nodes), [CLEAR])
    assert both.find(Pad) == Pad(0, 12, 100, 100)
    assert both.outputs[1].matte == "ffffffff"


def test_a_plan_without_output_has_no_size() -> None:
    with pytest.raises(ValueError, match="no output"):
        output_size(Plan.chain(Decode()), OPAQUE)
