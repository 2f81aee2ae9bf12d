"""Limits and predictions."""

import math

import pytest
from hypothesis import given, settings

from edge.errors import Unprocessable
from edge.plan.cost import Cost, check_output, check_source, frames_of, predict
from edge.plan.facts import Facts, Limits
from edge.plan.layout import settle
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Balance,
    Blur,
    Caption,
    Crop,
    Decode,
    Dot,
    Encode,
    Fit,
    Mirror,
    Overlay,
    Pixelate,
    Recolour,
    Resize,
    Round,
    SmartCrop,
    Step,
    Trim,
    Turn,
    Watermark,
)
from tests.edge.plan.wishes import BOTH_FACTS, IDENTITY, negotiated_plans

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


@given(negotiated_plans(), BOTH_FACTS)
@settings(max_examples=200, deadline=None)
def test_every_settled_plan_has_a_finite_cost(plan: Plan, facts: list[Facts]) -> None:
    predicted = predict(settle(plan, facts), facts)
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


def chain(*steps: Step, facts: Facts = PHOTO) -> Cost:
    return predict(Plan.chain(Decode(), *steps, Encode("webp", 80)), facts)


@pytest.mark.parametrize(
    "step",
    [
        Round((9.0, 9.0, 9.0, 9.0)),
        Recolour((0.5, *IDENTITY[1:])),
        Balance(),
        Blur(2.0),
        Pixelate(8),
        SmartCrop(6000, 4000),
        Trim(80),
        Caption("©"),
        Dot(),
        Turn(2),
    ],
)
def test_every_step_that_touches_pixels_costs_time(step: Step) -> None:
    assert chain(step).milliseconds > chain().milliseconds


def test_a_wide_blur_costs_more_than_a_narrow_one() -> None:
    assert chain(Blur(50.0)).milliseconds > chain(Blur(2.0)).milliseconds * 1.1


@pytest.mark.parametrize("step", [Trim(80), SmartCrop(5000, 3000), Blur(2.0)])
def test_a_decoder_shrinks_only_what_is_resized_next(step: Step) -> None:
    small = Resize(300, 200)
    assert chain(step, small).milliseconds > chain(small).milliseconds + 100
    assert chain(Turn(2), Crop(0, 0, 5999, 3999), small).milliseconds < chain(step, small).milliseconds


@pytest.mark.parametrize("step", [Trim(80), SmartCrop(5000, 3000)])
def test_looking_for_content_holds_the_whole_picture(step: Step) -> None:
    png = Facts("png", 6000, 4000)
    assert chain(step, facts=png).memory > chain(Crop(0, 0, 5000, 3000), facts=png).memory + 6000 * 3000


def test_headroom_is_paid_for() -> None:
    assert chain(Resize(1500, 1000, headroom=4.0)).milliseconds > chain(Resize(1500, 1000)).milliseconds


def test_a_fork_that_needs_every_pixel_is_paid_for() -> None:
    small = Node(Resize(300, 200), (0,))
    one, both = ((Node(Decode()), small, Node(Encode("jpeg"), (at,)), Node(Encode("jpeg"), (1,))) for at in (1, 0))
    assert predict(Plan(both), PHOTO).milliseconds > predict(Plan(one), PHOTO).milliseconds + 100


def laid(mark: Step) -> Plan:
    nodes = (Node(Decode()), Node(Resize(600, 400), (0,)), Node(Decode(1)), Node(Resize(60, 40), (2,)))
    return Plan((*nodes, Node(mark, (1, 3)), Node(Encode("jpeg"), (4,))))


def test_each_input_is_paid_for_as_it_is() -> None:
    small, large = (predict(laid(Overlay(0, 0)), [PHOTO, Facts("png", side, side)]) for side in (60, 6000))
    assert large.milliseconds > small.milliseconds + 300
    without = chain(Resize(600, 400)).milliseconds
    assert small.milliseconds > without / 2


def test_a_perceptual_target_is_five_encodes() -> None:
    plain, aimed = (
        predict(Plan.chain(Decode(), Encode("webp", 80, aim=aim)), PHOTO).milliseconds for aim in (None, 80.0)
    )
    assert aimed - plain == pytest.approx(4 * 6000 * 4000 * 80 / 1e6)


def test_what_is_told_costs_less_than_what_is_written() -> None:
    assert cost(PHOTO, 4000, "json").milliseconds < cost(PHOTO, 4000).milliseconds


def test_what_waits_for_a_trim_is_paid_for() -> None:
    nodes = (Node(Decode()), Node(Trim(9), (0,)), Node(Fit(3000), (1,)), Node(Decode(1)))
    bare = Plan((*nodes, Node(Encode("jpeg", 80), (2,))))
    marked = Plan((*nodes, Node(Watermark(), (2, 3)), Node(Encode("jpeg", 80), (4,))))
    logo = Facts("png", 100, 100)
    assert predict(bare, [PHOTO, logo]).milliseconds > chain(Trim(9)).milliseconds - 6000 * 4000 * 60 / 1e6
    assert predict(marked, [PHOTO, logo]).milliseconds > predict(bare, [PHOTO, logo]).milliseconds


def test_what_follows_a_trim_is_not_refused_before_its_size_is_known() -> None:
    fit = Fit(scale="both", zoom=9.0)
    with pytest.raises(Unprocessable):
        check_output(Plan.chain(Decode(), fit, Encode("png")), PHOTO, LIMITS)
    check_output(Plan.chain(Decode(), Trim(9), fit, Encode("png")), PHOTO, LIMITS)
    forked = (Node(Decode()), Node(Trim(9), (0,)), Node(Resize(9000, 9000), (0,)), Node(Encode("png"), (1,)))
    with pytest.raises(Unprocessable):
        check_output(Plan((*forked, Node(Encode("png"), (2,)))), PHOTO, LIMITS)


def test_a_plan_tells_how_many_frames_of_each_input_it_reads() -> None:
    moving = Facts("gif", 100, 100, frames=9)
    plan = Plan.chain(Decode(), Decode(1, frame=3), Encode("webp"))
    assert [frames_of(plan, moving, at) for at in (0, 1, 2)] == [9, 1, 1]
    assert moving.pixels == 90_000
