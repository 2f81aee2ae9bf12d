"""Limits and predictions."""

import math

import pytest
from hypothesis import given, settings

from edge.errors import Unprocessable
from edge.plan.cost import Cost, check_output, check_source, predict
from edge.plan.facts import Facts, Limits
from edge.plan.layout import settle
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Fit, Mirror, Resize
from tests.edge.plan.wishes import FACTS, riapi_plans

LIMITS = Limits()
PHOTO = Facts("jpeg", 6000, 4000)


def cost(facts: Facts, width: int = 400, name: str = "jpeg") -> Cost:
    plan = Plan.chain(Decode(), Fit(width, mode="max", light="linear"), Encode(name, 80))
    return predict(settle(plan, [facts]), facts)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (Facts("png", 12_000, 10_000), "The picture has 120,000,000 pixels; the limit is 100,000,000"),
        (Facts("png", 30_001, 1), "The picture has a side of 30,001 pixels; the limit is 30,000"),
        (Facts("gif", 1, 1, frames=501), "The picture has 501 frames; the limit is 500"),
        (
            Facts("gif", 2000, 2000, frames=51),
            "The picture has 204,000,000 pixels in all its frames; the limit is 200,000,000",
        ),
        (Facts("svg", 10**6, 10**6), "The picture has a side of 1,000,000 pixels; the limit is 30,000"),
    ],
)
def test_too_large_a_source_is_refused_with_both_numbers(facts: Facts, sentence: str) -> None:
    with pytest.raises(Unprocessable) as refusal:
        check_source(facts, LIMITS)
    assert refusal.value.sentence == sentence


@pytest.mark.parametrize(
    "facts", [Facts("png", 10_000, 10_000), Facts("gif", 2000, 2000, frames=50), Facts("svg", 1, 1)]
)
def test_a_source_at_its_limit_is_accepted(facts: Facts) -> None:
    check_source(facts, LIMITS)


def test_one_frame_of_a_long_animation_may_be_decoded() -> None:
    check_source(Facts("gif", 2000, 2000, frames=500), LIMITS, frames=1)


def test_too_large_an_output_is_refused_with_both_numbers() -> None:
    plan = Plan.chain(Decode(), Resize(10_000, 5_000), Encode("png"))
    with pytest.raises(Unprocessable, match=r"^The result would have 50,000,000 pixels; the limit is 40,000,000$"):
        check_output(plan, PHOTO, LIMITS)
    check_output(Plan.chain(Decode(), Resize(8_000, 5_000), Encode("png")), PHOTO, LIMITS)


def test_frames_of_an_animation_count_together_where_all_are_written() -> None:
    moving = Facts("gif", 100, 100, frames=100)
    with pytest.raises(Unprocessable, match="in all its frames"):
        check_output(Plan.chain(Decode(), Resize(2000, 2000), Encode("webp")), [moving], LIMITS)
    check_output(Plan.chain(Decode(), Resize(2000, 2000), Encode("jpeg")), [moving], LIMITS)
    check_output(Plan.chain(Decode(frame=7), Resize(2000, 2000), Encode("webp")), [moving], LIMITS)


@given(riapi_plans(), FACTS)
@settings(max_examples=100, deadline=None)
def test_every_settled_plan_has_a_finite_cost(plan: Plan, facts: Facts) -> None:
    predicted = predict(settle(plan, [facts]), [facts])
    assert 0 < predicted.milliseconds < math.inf
    assert predicted.memory > 0


def test_costs_are_ordered_as_the_work_is() -> None:
    assert cost(PHOTO, 400).milliseconds < cost(PHOTO, 4000).milliseconds
    assert cost(PHOTO, 800).milliseconds < cost(PHOTO, 800, "webp").milliseconds < cost(PHOTO, 800, "avif").milliseconds
    assert cost(PHOTO, 400).milliseconds < cost(Facts("png", 6000, 4000), 400).milliseconds


def test_what_cannot_stream_holds_the_whole_picture() -> None:
    assert cost(Facts("jpeg", 6000, 4000, progressive=True)).memory > cost(PHOTO).memory + 6000 * 4000
    upright, mirrored = (Plan.chain(Decode(), *steps, Encode("png")) for steps in ([], [Mirror("y")]))
    assert predict(mirrored, Facts("png", 6000, 4000)).memory > predict(upright, Facts("png", 6000, 4000)).memory


def test_a_drawing_costs_what_is_drawn() -> None:
    assert cost(Facts("svg", 20_000, 20_000), 100).milliseconds < 10
    assert cost(Facts("svg", 20_000, 20_000), 4000).milliseconds > 1000


def test_frames_are_paid_for_one_by_one() -> None:
    assert (
        cost(Facts("gif", 500, 500, frames=50), name="webp").milliseconds
        > 20 * cost(Facts("gif", 500, 500)).milliseconds
    )
