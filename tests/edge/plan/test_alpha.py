"""Which wishes make an opaque picture transparent."""

import pytest
from hypothesis import given, settings

from edge.plan.facts import Facts
from edge.plan.layout import gains_alpha, settle
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    AUTO,
    Decode,
    Encode,
    Fit,
    Pad,
    Recolour,
    Resize,
    Round,
    Step,
    Trim,
    Turn,
    Watermark,
)
from tests.edge.plan.wishes import BOTH_FACTS, IDENTITY, PLAIN_FITS, negotiated_plans

PHOTO = Facts("jpeg", 640, 480)
FADED = Recolour((*IDENTITY[:18], 0.5, 0.0))


@pytest.mark.parametrize(
    "encode", [Encode(), Encode(AUTO), Encode("keep"), Encode("png"), Encode("jpeg", matte="ffffffff")]
)
@pytest.mark.parametrize(
    ("steps", "gains"),
    [
        ([], False),
        ([Fit(100)], False),
        ([Fit(100, 100)], True),
        ([Fit(100, 75)], False),
        ([Fit(100, 100, background="ffffffff")], False),
        ([Fit(100, 100, background="ffffff80")], True),
        ([Fit(100, 100, mode="crop")], False),
        ([Fit(1000, 1000)], False),  # a picture smaller than the box is not padded
        ([Fit(1000, 1000, scale="both")], True),
        ([Turn(1), Fit(75, 100)], False),
        ([Fit(AUTO, 100)], False),
        ([Resize(100, 75), Pad(0, 12, 100, 100)], True),
        ([Round((9.0, 0.0, 0.0, 0.0))], True),
        ([Round((0.0, 0.0, 0.0, 0.0))], False),
        ([Round((9.0, 9.0, 9.0, 9.0), "ff0000ff")], False),
        ([FADED], True),
        ([Recolour((*IDENTITY[:18], 2.0, 0.0))], False),
        ([FADED, Fit(100, background="ff0000ff")], False),
        ([Trim(80), Fit(100)], False),
        ([Trim(80), Fit(100, 75)], True),
        ([Trim(80), Trim(80), Fit(100, 75, mode="crop")], False),
        ([Trim(80), Turn(1), FADED], True),
    ],
)
def test_what_makes_an_opaque_picture_transparent(steps: list[Step], gains: bool, encode: Encode) -> None:
    assert gains_alpha(Plan.chain(Decode(), *steps, encode), PHOTO) is gains


def test_transparency_that_was_there_is_no_gain() -> None:
    assert gains_alpha(Plan.chain(Decode(), Fit(100), Encode()), Facts("png", 640, 480, alpha=True)) is False


@pytest.mark.parametrize("facts", [PHOTO, [PHOTO], [PHOTO, Facts("png", 9, 9, alpha=True)]])
def test_marks_give_no_transparency_and_need_no_facts(facts: Facts | list[Facts]) -> None:
    nodes = (Node(Decode()), Node(Fit(100), (0,)), Node(Decode(1)), Node(Watermark(), (1, 2)), Node(Encode(), (3,)))
    assert gains_alpha(Plan(nodes), facts) is False
    padded = Plan((nodes[0], Node(Fit(100, 100), (0,)), *nodes[2:]))
    assert gains_alpha(padded, facts) is True


def test_one_output_of_several_is_enough_and_without_any_nothing_gains() -> None:
    nodes = (Node(Decode()), Node(FADED, (0,)), Node(Encode("png"), (0,)), Node(Encode("png"), (1,)))
    assert gains_alpha(Plan(nodes), PHOTO) is True
    assert gains_alpha(Plan(nodes[:3]), PHOTO) is False
    assert gains_alpha(Plan(()), PHOTO) is False


def test_many_trims_are_decided_alike() -> None:
    assert gains_alpha(Plan.chain(Decode(), *[Trim(1)] * 200, Fit(100, 100), Encode()), PHOTO) is True


@given(negotiated_plans(trims=False), BOTH_FACTS)
@settings(max_examples=100, deadline=None)
def test_settling_does_not_change_the_answer(plan: Plan, facts: list[Facts]) -> None:
    opaque = [Facts("png", each.width, each.height) for each in facts]
    as_png = Plan(tuple(Node(Encode("png") if isinstance(n.step, Encode) else n.step, n.of) for n in plan.nodes))
    assert gains_alpha(settle(as_png, opaque), opaque) == gains_alpha(plan, opaque)


@given(PLAIN_FITS)
@settings(max_examples=100, deadline=None)
def test_padding_gains_exactly_when_it_happens_and_shows_through(fit: Fit) -> None:
    plan = Plan.chain(Decode(), fit, Encode())
    pad = settle(Plan.chain(Decode(), fit, Encode("png")), [PHOTO]).find(Pad)
    assert gains_alpha(plan, PHOTO) == (pad is not None and not pad.background.endswith("ff"))
