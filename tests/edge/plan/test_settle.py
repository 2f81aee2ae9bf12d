"""From a negotiated wish to the concrete plan."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.plan.canonical import parse_plan, print_plan
from edge.plan.colour import on_white
from edge.plan.facts import Facts
from edge.plan.layout import output_size, settle, sizes
from edge.plan.plan import Node, Plan
from edge.plan.settle import walk
from edge.plan.steps import (
    Blur,
    Caption,
    Crop,
    Decode,
    Dot,
    Encode,
    Expand,
    Fit,
    Mirror,
    Pad,
    Pixelate,
    Region,
    Resize,
    Round,
    SmartCrop,
    Step,
    Trim,
    Turn,
    Watermark,
    Window,
)
from tests.edge.plan.wishes import BOTH_FACTS, FACTS, MIRRORS, TURNS, negotiated_plans, riapi_plans

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


@given(negotiated_plans(), BOTH_FACTS)
@settings(max_examples=300, deadline=None)
def test_settling_any_graph_is_done_once(plan: Plan, facts: list[Facts]) -> None:
    once = settle(plan, facts)
    assert settle(once, facts) == once
    assert parse_plan(print_plan(once)) == once
    assert [step.format for step in once.outputs] == [step.format for step in plan.outputs]


@given(negotiated_plans(trims=False), BOTH_FACTS)
@settings(max_examples=200, deadline=None)
def test_settling_any_graph_keeps_the_sizes_and_leaves_no_wish(plan: Plan, facts: list[Facts]) -> None:
    once = settle(plan, facts)
    assert not any(isinstance(step, Fit | Watermark | Region | Expand) for step in once.steps())
    before, after = (
        [size for node, size in zip(each.nodes, sizes(each, facts), strict=True) if isinstance(node.step, Encode)]
        for each in (plan, once)
    )
    assert before == after


@given(negotiated_plans(), BOTH_FACTS)
@settings(max_examples=100, deadline=None)
def test_every_settled_node_is_needed(plan: Plan, facts: list[Facts]) -> None:
    once = settle(plan, facts)
    used = {of for node in once.nodes for of in node.of}
    assert all(at in used or isinstance(node.step, Encode) for at, node in enumerate(once.nodes))


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


def test_a_picture_left_as_it_is_stored_has_its_stored_size() -> None:
    sideways = Facts("jpeg", 640, 480, orientation=6)
    for upright, size in ((True, (480, 640)), (False, (640, 480))):
        plan = Plan.chain(Decode(upright=upright), PNG)
        assert output_size(plan, sideways) == size
        fitted = settle(Plan.chain(Decode(upright=upright), Fit(320, mode="max"), PNG), [sideways])
        assert fitted.find(Resize) == (Resize(320, 427) if upright else Resize(320, 240))


def test_attention_chooses_inside_the_window() -> None:
    smart = Fit(100, 100, mode="crop", smart=True)
    assert settled(smart) == [SmartCrop(480, 480), Resize(100, 100)]
    window = Fit(100, 100, mode="crop", smart=True, window=Window(100, 0, 640, 480))
    assert settled(window) == [Crop(100, 0, 540, 480), SmartCrop(480, 480), Resize(100, 100)]


def test_attention_has_nothing_to_do_where_no_crop_is_left_to_be_placed() -> None:
    assert settled(Fit(320, mode="max", smart=True)) == [Resize(320, 240)]
    square = Fit(100, 100, mode="crop", smart=True, window=Window(0, 0, 480, 480))
    assert settled(square) == [Crop(0, 0, 480, 480), Resize(100, 100)]
    assert settled(SmartCrop(640, 480)) == []


def test_attention_cannot_keep_more_than_there_is() -> None:
    assert settled(SmartCrop(9000, 100)) == [SmartCrop(640, 100)]
    assert output_size(Plan.chain(Decode(), SmartCrop(9000, 100), PNG), OPAQUE) == (640, 100)


def test_what_is_told_of_a_picture_is_told_as_asked() -> None:
    asked = Encode("json", 80, matte="ff0000ff", tuning=(("avif.speed", 6.0),))
    assert flattened(asked, Fit(320)) == [Resize(320, 240), asked]


def test_without_outputs_nothing_is_left_out() -> None:
    plan = Plan.chain(Decode(), Crop(0, 0, 5, 5), Blur(1.0))
    assert settle(plan, [OPAQUE]) == plan
    assert settle(Plan(()), []) == Plan(())


def test_what_no_output_needs_is_left_out() -> None:
    nodes = (Node(Decode()), Node(Crop(0, 0, 5, 5), (0,)), Node(Decode(1)), Node(PNG, (0,)))
    assert settle(Plan(nodes), [OPAQUE, CLEAR]) == Plan.chain(Decode(), PNG)


def test_a_hidden_mark_has_no_say_in_where_a_picture_ends_up() -> None:
    moving = Facts("gif", 50, 50, frames=9)
    nodes = (
        Node(Decode()),
        Node(Decode(1)),
        Node(Watermark(opacity=0.0), (0, 1)),
        Node(Encode("webp", 80), (2,)),
        Node(Round((50.0, 0.0, 0.0, 0.0)), (1,)),
        Node(Encode("jpeg", 80, matte="ff0000ff"), (4,)),
    )
    once = settle(Plan(nodes), [OPAQUE, moving])
    assert list(once.steps())[1:] == [
        Encode("webp", 80),
        Decode(1, frame=0),
        Round((50.0, 0.0, 0.0, 0.0), "ff0000ff"),
        Encode("jpeg", 80, matte="ffffffff"),
    ]


def test_equal_graphs_have_one_order() -> None:
    turned, cut = Node(Turn(1), (0,)), Node(Crop(0, 0, 5, 5), (0,))
    one = (Node(Decode()), turned, cut, Node(PNG, (2,)), Node(PNG, (1,)))
    other = (Node(Decode()), cut, turned, Node(PNG, (1,)), Node(SmartCrop(1, 1), (2,)), Node(PNG, (2,)))
    assert settle(Plan(one), [OPAQUE]) == settle(Plan(other), [OPAQUE])


def test_long_plans_settle_too() -> None:
    plan = Plan.chain(Decode(), *[Blur(1.0)] * 2046, PNG)
    assert settle(plan, [OPAQUE]) == plan


def test_steps_are_put_before_a_turn_where_they_stand() -> None:
    assert settled(Turn(1), Dot(), Turn(3)) == [Turn(1), Dot(), Turn(3)]
    assert settled(Turn(1), Trim(9), Turn(3)) == [Turn(1), Trim(9), Turn(3)]


def test_settling_shows_how_far_it_is() -> None:
    settling, _ = walk(Plan.chain(Decode(), Turn(1), PNG), [OPAQUE])
    assert repr(settling) == "Settling(1 inputs, 3 nodes)"


def test_more_of_an_effect_than_the_picture_has_room_for_is_the_same_effect() -> None:
    assert settled(Blur(5000.0)) == settled(Blur(640.0)) == [Blur(640.0)]
    assert settled(Pixelate(5000)) == settled(Pixelate(640)) == [Pixelate(640)]
    assert settled(Blur(639.0)) == [Blur(639.0)]
    assert list(settle(Plan.chain(Decode(), Trim(80), Blur(5000.0), PNG), [OPAQUE]).steps())[2] == Blur(5000.0)


def test_what_is_stored_upright_is_the_same_whether_it_is_turned_or_not() -> None:
    for orientation, same in ((1, True), (3, False), (6, False)):
        facts = Facts("jpeg", 640, 480, orientation=orientation)
        turned, stored = (settle(Plan.chain(Decode(upright=upright), PNG), [facts]) for upright in (True, False))
        assert (turned == stored) is same


def test_text_that_nobody_could_see_is_left_out() -> None:
    assert settled(Caption("hello", colour="00000000")) == settled(Caption("hello", opacity=0.0)) == []
    assert settled(Caption("hello")) == [Caption("hello")]
