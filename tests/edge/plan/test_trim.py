"""What is known before a Trim, and what follows once the content has been found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.plan.canonical import parse_plan, print_plan
from edge.plan.facts import Facts
from edge.plan.layout import output_size, resolve, settle
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Area,
    Blur,
    Crop,
    Decode,
    Dot,
    Encode,
    Expand,
    Fit,
    Mirror,
    Overlay,
    Pad,
    Recolour,
    Region,
    Resize,
    Step,
    Trim,
    Turn,
    Watermark,
    Window,
)
from tests.edge.plan.wishes import BOTH_FACTS, IDENTITY, negotiated_plans

PHOTO = Facts("jpeg", 640, 480)
LOGO = Facts("png", 200, 100, alpha=True)
PNG = Encode("png")
FULL = (640, 480)
TRIM = Trim(80, 0.5)


def trimmed(*steps: Step, facts: Facts = PHOTO) -> Plan:
    return settle(Plan.chain(Decode(), *steps), [facts])


def resolved(plan: Plan, box: tuple[int, int, int, int], facts: Facts = PHOTO) -> list[Step]:
    """What follows Decode once the first Trim has found its box."""
    at = next(at for at, step in enumerate(plan.steps()) if isinstance(step, Trim))
    return list(resolve(plan, at, box, facts.upright, [facts, LOGO]).steps())[1:]


def test_a_trim_and_what_follows_stay_as_the_wish_has_them() -> None:
    steps: list[Step] = [TRIM, Turn(1), Turn(3), Fit(100, 100), Blur(0.0), Recolour(IDENTITY), Dot(), PNG]
    assert list(trimmed(*steps).steps()) == [Decode(), *steps]


def test_the_plan_does_not_depend_on_sizes_behind_a_trim() -> None:
    plans = {print_plan(trimmed(TRIM, Fit(100), PNG, facts=Facts("png", side, side))) for side in (10, 500, 3000)}
    assert len(plans) == 1


def test_what_comes_before_a_trim_is_settled() -> None:
    plan = trimmed(Fit(320, 320), Turn(1), TRIM, PNG)
    assert list(plan.steps())[1:] == [Resize(320, 240), Pad(0, 40, 320, 320), Turn(1), TRIM, PNG]
    clear = Facts("png", 640, 480, alpha=True)
    plan = trimmed(Fit(background="ff0000ff"), TRIM, Encode("jpeg", 80), facts=clear)
    assert list(plan.steps())[1:] == [Resize(640, 480, matte="ff0000ff"), TRIM, Encode("jpeg", 80, matte="ff0000ff")]


@pytest.mark.parametrize(
    ("asked", "concrete"),
    [
        (Encode("png", 100, matte="ff0000ff"), Encode("png", 100)),
        (Encode("gif", 80), Encode("gif")),
        (Encode("jpeg", 80, matte="ff0000ff"), Encode("jpeg", 80, matte="ff0000ff")),
        (Encode("jpeg", 80), Encode("jpeg", 80, matte="00ff00ff")),
        (Encode("json", 80, matte="ff0000ff"), Encode("json", 80, matte="ff0000ff")),
    ],
)
def test_what_can_be_decided_about_the_output_is(asked: Encode, concrete: Encode) -> None:
    assert trimmed(TRIM, Fit(background="00ff00ff"), asked).outputs == (concrete,)


def test_the_content_becomes_a_crop_and_the_rest_is_settled() -> None:
    plan = trimmed(TRIM, Fit(100, 100), PNG)
    assert resolved(plan, (10, 20, 400, 200)) == [
        Crop(10, 20, 400, 200),
        Resize(100, 50),
        Pad(0, 25, 100, 100),
        PNG,
    ]


def test_content_that_is_everything_leaves_no_trace() -> None:
    plan = trimmed(TRIM, Fit(100, 100), PNG)
    assert resolved(plan, (0, 0, *FULL)) == list(trimmed(Fit(100, 100), PNG).steps())[1:]


def test_sizes_left_open_and_windows_refer_to_the_whole_picture() -> None:
    assert resolved(trimmed(TRIM, Fit(scale="both", mode="max"), PNG), (0, 0, 320, 100))[1] == Resize(640, 200)
    window = Fit(window=Window(320, 0, 640, 240))
    assert resolved(trimmed(TRIM, window, PNG), (0, 0, 64, 48))[1] == Crop(32, 0, 32, 24)


def test_turns_between_turn_the_whole_picture_too() -> None:
    wish: list[Step] = [TRIM, Turn(1), Mirror("x"), Fit(scale="both", mode="max"), PNG]
    assert resolved(trimmed(*wish), (0, 0, 320, 100))[2:4] == [Mirror("x"), Resize(480, 1536)]


def test_a_size_between_is_what_a_fit_refers_to() -> None:
    plan = trimmed(TRIM, Crop(0, 0, 50, 40), Fit(scale="both", mode="max"), PNG)
    assert resolved(plan, (0, 0, 320, 100)) == [Crop(0, 0, 320, 100), Crop(0, 0, 50, 40), PNG]


def test_trims_are_resolved_one_by_one() -> None:
    plan = trimmed(TRIM, Trim(9), Fit(scale="both", mode="max"), PNG)
    once = resolve(plan, 1, (10, 10, 320, 240), FULL, [PHOTO])
    assert list(once.steps())[1:3] == [Crop(10, 10, 320, 240), Trim(9)]
    twice = resolve(once, 2, (5, 5, 160, 120), (320, 240), [PHOTO])
    assert list(twice.steps())[2:] == [Crop(5, 5, 160, 120), Resize(640, 480), PNG]


def test_other_branches_are_settled_at_once() -> None:
    nodes = (
        Node(Decode()),
        Node(TRIM, (0,)),
        Node(Fit(64), (1,)),
        Node(Fit(64), (0,)),
        Node(PNG, (2,)),
        Node(PNG, (3,)),
    )
    plan = settle(Plan(nodes), [PHOTO])
    assert [type(step) for step in plan.steps()] == [Decode, Trim, Fit, Encode, Resize, Encode]
    followed = resolve(plan, 1, (0, 0, 320, 480), FULL, [PHOTO])
    assert [step for step in followed.steps() if isinstance(step, Resize)] == [Resize(64, 96), Resize(64, 48)]


@pytest.mark.parametrize("on", ["image", "canvas"])
def test_marks_behind_a_trim_wait_for_it(on: str) -> None:
    mark = Watermark(Area(on), min_width=90, min_height=90)  # type: ignore[arg-type]  # str of a Literal
    nodes = (Node(Decode()), Node(TRIM, (0,)), Node(Fit(100, 100), (1,)), Node(Decode(1)), Node(mark, (2, 3)))
    plan = settle(Plan((*nodes, Node(PNG, (4,)))), [PHOTO, LOGO])
    assert plan.find(Watermark) == mark
    kinds = [type(step).__name__ for step in resolved(plan, (0, 0, 400, 200))]
    before, after = (["Pad"], []) if on == "canvas" else ([], ["Pad"])
    assert kinds == ["Crop", "Resize", *before, "Decode", "Resize", "Overlay", *after, "Encode"]
    assert [type(step).__name__ for step in resolved(plan, (0, 0, 90, 90))] == ["Crop", "Encode"]


def test_a_trimmed_mark_waits_too() -> None:
    nodes = (Node(Decode()), Node(Fit(320, 320), (0,)), Node(Decode(1)), Node(TRIM, (2,)), Node(Watermark(), (1, 3)))
    plan = settle(Plan((*nodes, Node(Encode("png", 100), (4,)))), [PHOTO, LOGO])
    assert [type(step) for step in plan.steps()] == [Decode, Resize, Pad, Decode, Trim, Watermark, Encode]
    followed = resolve(plan, 4, (0, 0, 40, 20), (200, 100), [PHOTO, LOGO])
    assert followed.find(Overlay) == Overlay(140, 150)


def test_only_trims_are_resolved() -> None:
    with pytest.raises(ValueError, match="Trim at node 0"):
        resolve(trimmed(TRIM, PNG), 0, (0, 0, 1, 1), FULL, [PHOTO])


@given(negotiated_plans(), BOTH_FACTS, st.data())
@settings(max_examples=200, deadline=None)
def test_resolving_every_trim_leaves_a_concrete_plan(plan: Plan, facts: list[Facts], data: st.DataObject) -> None:
    plan = settle(plan, facts)
    for _ in plan.nodes:
        at = next((at for at, step in enumerate(plan.steps()) if isinstance(step, Trim)), None)
        if at is None:
            break
        width, height = data.draw(st.tuples(st.integers(2, 900), st.integers(2, 900)))
        plan = resolve(plan, at, (1, 1, width // 2, height // 2), (width, height), facts)
        assert settle(plan, facts) == plan
    assert not any(isinstance(step, Trim | Fit | Watermark | Region | Expand) for step in plan.steps())
    assert min(output_size(plan, facts)) >= 1
    assert parse_plan(print_plan(plan)) == plan
