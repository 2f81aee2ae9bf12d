"""Limits and predictions."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import Unprocessable
from edge.plan import writing
from edge.plan.bill import Bill, total
from edge.plan.cost import Cost, bill, check_memory, check_output, check_source, frames_of, predict
from edge.plan.facts import Facts, Limits
from edge.plan.layout import settle
from edge.plan.plan import Node, Plan
from edge.plan.rates import SHIPPED
from edge.plan.reading import Goal, Input, decoding, length_of
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


SIDES = st.integers(1, 8000)
# Formats whose decoders do not shrink: those that do take less for a little more.
WHOLE = st.sampled_from(["png", "gif", "avif", "tiff", "heic", "jp2", "bmp"])
ENCODES = st.sampled_from([Encode("jpeg", 80), Encode("webp", 78), Encode("png"), Encode("avif", 55), Encode("gif")])


@given(WHOLE, SIDES, SIDES, st.integers(0, 3000), st.integers(1, 500), ENCODES)
@settings(max_examples=200, deadline=None)
def test_a_larger_source_never_costs_less(
    name: str, width: int, height: int, more: int, side: int, encode: Encode
) -> None:
    plan = Plan.chain(Decode(), Resize(side, side, "srgb"), encode)
    small, large = (predict(plan, Facts(name, width + plus, height + plus)) for plus in (0, more))
    # From the point on where it need not be enlarged: enlarging takes more.
    if min(width, height) >= side:
        assert large.milliseconds >= small.milliseconds * (1 - 1e-9)
        assert large.memory >= small.memory


@given(st.lists(st.tuples(st.integers(1, 3000), ENCODES), min_size=2, max_size=5))
@settings(max_examples=100, deadline=None)
def test_outputs_add_up(outputs: list[tuple[int, Encode]]) -> None:
    """Each takes what it takes; the source is read once, as large as the largest wants it."""
    facts = Facts("png", 4000, 3000)
    nodes, apart = [Node(Decode())], 0.0
    for width, encode in outputs:
        nodes += [Node(Resize(width, width, "srgb"), (0,)), Node(encode, (len(nodes),))]
        apart += predict(Plan.chain(Decode(), Resize(width, width, "srgb"), encode), facts).milliseconds
    together, read = predict(Plan(tuple(nodes)), facts), Bill()
    decoding(read, Input(facts, 1, length_of(facts, 1)), Goal())
    read.pay("job.fixed", 1.0)
    once = total(read.time, SHIPPED.time) / 1e6
    assert together.milliseconds == pytest.approx(apart - (len(outputs) - 1) * once)


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_more_bytes_never_take_less(length: int, more: int) -> None:
    plan = Plan.chain(Decode(), Resize(300, 200), Encode("webp", 80))
    few, many = (predict(plan, PHOTO, lengths=(bytes,)) for bytes in (length, length + more))
    assert few.milliseconds <= many.milliseconds < math.inf
    assert few.memory <= many.memory


def test_a_length_that_is_not_known_is_a_usual_one() -> None:
    plan = Plan.chain(Decode(), Resize(300, 200), Encode("webp", 80))
    usual = round(length_of(PHOTO, 1))
    assert predict(plan, PHOTO, lengths=(0,)) == predict(plan, PHOTO)
    assert predict(plan, PHOTO, lengths=(usual,)).milliseconds == pytest.approx(predict(plan, PHOTO).milliseconds)


def test_costs_are_ordered_as_the_work_is() -> None:
    assert cost(PHOTO, 400).milliseconds < cost(PHOTO, 4000).milliseconds
    assert cost(PHOTO, 800).milliseconds < cost(PHOTO, 800, "webp").milliseconds < cost(PHOTO, 800, "avif").milliseconds
    assert cost(PHOTO, 400).milliseconds < cost(Facts("png", 6000, 4000), 400).milliseconds


def test_what_cannot_stream_holds_the_whole_picture() -> None:
    assert cost(Facts("jpeg", 6000, 4000, progressive=True)).memory > cost(PHOTO).memory + 6000 * 4000
    upright, mirrored = (Plan.chain(Decode(), *steps, Encode("png")) for steps in ([], [Mirror("y")]))
    assert predict(mirrored, Facts("png", 6000, 4000)).memory > predict(upright, Facts("png", 6000, 4000)).memory


def test_a_drawing_costs_what_is_drawn() -> None:
    assert cost(Facts("svg", 20_000, 20_000), 100).milliseconds < 20
    assert cost(Facts("svg", 20_000, 20_000), 4000).milliseconds > 400


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
    with_it, without = (bill(Plan.chain(Decode(), *steps, Encode("webp", 80)), PHOTO) for steps in ([step], []))
    assert _all_but_writing(with_it) > _all_but_writing(without)


def _all_but_writing(sums: Bill) -> float:
    """What is softer may take less to write than it took to soften."""
    return total({name: number for name, number in sums.time.items() if ".out." not in name}, SHIPPED.time)


def test_a_mark_costs_what_it_covers() -> None:
    small, large = (bill(laid(Overlay(0, 0), side), [PHOTO, Facts("png", 60, 60)]) for side in (60, 400))
    assert small.time["effect.lay"] < large.time["effect.lay"]
    assert small.kept["held"] < large.kept["held"]


def test_a_mark_is_held_once_however_often_it_is_laid() -> None:
    one = laid(Overlay(0, 0), 400)
    many = Plan((*one.nodes[:5], *(Node(Overlay(at, 0), (at + 3, 3)) for at in (1, 2, 3)), Node(Encode("jpeg"), (7,))))
    both = [PHOTO, Facts("png", 60, 60)]
    assert (
        bill(many, both).kept["held"] == bill(one, both).kept["held"] + 400 * 40 * 3
    )  # shared, so made before its time
    assert predict(many, both).milliseconds > predict(one, both).milliseconds


def test_text_costs_as_much_as_it_is_large() -> None:
    assert chain(Caption("©")).milliseconds < chain(Caption("©" * 200, size=512.0)).milliseconds


@pytest.mark.parametrize("step", [Trim(80), Blur(2.0)])
def test_a_decoder_shrinks_only_what_is_resized_next(step: Step) -> None:
    small = Resize(300, 200)
    assert chain(step, small).milliseconds > chain(small).milliseconds + 100
    assert chain(Turn(2), Crop(0, 0, 5999, 3999), small).milliseconds < chain(step, small).milliseconds


def test_where_attention_falls_is_seen_on_a_small_copy() -> None:
    small = Resize(300, 200)
    assert chain(SmartCrop(5000, 3000), small).milliseconds < 3 * chain(small).milliseconds
    png = Facts("png", 6000, 4000)
    looked, cut = (chain(step, small, facts=png) for step in (SmartCrop(5000, 3000), Crop(0, 0, 5000, 3000)))
    assert looked.milliseconds > cut.milliseconds + 24 * 3
    assert looked.memory == cut.memory


def test_looking_for_content_holds_the_whole_picture() -> None:
    png = Facts("png", 6000, 4000)
    assert chain(Trim(80), facts=png).memory > chain(Crop(0, 0, 5000, 3000), facts=png).memory + 6000 * 3000


def test_headroom_is_paid_for() -> None:
    assert chain(Resize(700, 467, headroom=4.0)).milliseconds > chain(Resize(700, 467)).milliseconds


def test_a_fork_that_needs_every_pixel_is_paid_for() -> None:
    small = Node(Resize(300, 200), (0,))
    one, both = ((Node(Decode()), small, Node(Encode("jpeg"), (at,)), Node(Encode("jpeg"), (1,))) for at in (1, 0))
    assert predict(Plan(both), PHOTO).milliseconds > predict(Plan(one), PHOTO).milliseconds + 100


def laid(mark: Step, side: int = 60) -> Plan:
    nodes = (Node(Decode()), Node(Resize(600, 400), (0,)), Node(Decode(1)), Node(Resize(side, 40), (2,)))
    return Plan((*nodes, Node(mark, (1, 3)), Node(Encode("jpeg"), (4,))))


def test_each_input_is_paid_for_as_it_is() -> None:
    small, large = (predict(laid(Overlay(0, 0)), [PHOTO, Facts("png", side, side)]) for side in (60, 6000))
    assert large.milliseconds > small.milliseconds + 300
    without = chain(Resize(600, 400)).milliseconds
    assert small.milliseconds > without / 2


def written(*, width: int = 1000, height: int = 1000, **said: object) -> Cost:
    encode = replace(Encode("webp", 80), **said)  # type: ignore[arg-type]  # fields of Encode, by name
    return predict(Plan.chain(Decode(), encode), Facts("png", width, height))


@pytest.mark.parametrize("name", ["jpeg", "webp", "avif"])
def test_a_perceptual_target_is_some_encodes_of_a_part(name: str) -> None:
    plain, aimed = (written(width=400, height=400, format=name, aim=aim).milliseconds for aim in (None, 80.0))
    assert aimed - plain > 5 * 160_000 * 30 / 1e6
    large, larger = (
        written(width=side, height=side, format=name, aim=80.0).milliseconds
        - written(width=side, height=side, format=name).milliseconds
        for side in (3000, 6000)
    )
    assert larger == pytest.approx(large)


# Measured on photographs with libvips 8.18: megapixels of one frame, frames, milliseconds of one core, writing alone.
MEASURED = [
    ({"format": "jpeg"}, 1.9, 1, 11),
    ({"format": "jpeg"}, 40, 1, 130),
    ({"format": "webp"}, 1.9, 1, 80),
    ({"format": "webp"}, 40, 1, 1600),
    ({"format": "webp", "lossless": True}, 1.9, 1, 1400),
    ({"format": "webp", "lossless": True}, 40, 1, 12_700),
    ({"format": "png", "quality": None}, 6, 1, 650),
    ({"format": "png", "quality": None, "tuning": (("png.max_deflate", 1.0),)}, 3.9, 1, 2000),
    ({"format": "png", "quality": 50}, 6, 1, 1400),
    ({"format": "avif", "quality": 55}, 0.12, 1, 48),
    ({"format": "avif", "quality": 55}, 1.9, 1, 170),
    ({"format": "avif", "quality": 55}, 24, 1, 1600),
    ({"format": "avif", "quality": 55, "tuning": (("avif.speed", 0.0),)}, 0.03, 1, 1340),
    ({"format": "avif", "quality": 55, "tuning": (("avif.speed", 0.0),)}, 0.3, 1, 1070),
    ({"format": "avif", "quality": 55, "tuning": (("avif.speed", 0.0),)}, 1.7, 1, 760),
    ({"format": "gif", "quality": None}, 6, 1, 2500),
    ({"format": "gif", "quality": None}, 0.2, 500, 24_000),
    ({"format": "webp"}, 0.2, 500, 7000),
]


@pytest.mark.parametrize(("said", "megapixels", "frames", "measured"), MEASURED)
def test_what_writing_takes_is_known_within_a_factor_of_three(
    said: dict[str, object], megapixels: float, frames: int, measured: float
) -> None:
    encode = replace(Encode("webp", 80), **said)  # type: ignore[arg-type]
    sums = Bill()
    writing.writing(sums, encode, writing.Sheet(megapixels * 1e6, frames))
    predicted = total(sums.time, SHIPPED.time) / 1e6
    assert measured / 3 < predicted < measured * 3


def test_writing_without_loss_and_with_alpha_holds_more() -> None:
    assert written(lossless=True).memory > written().memory
    clear = predict(Plan.chain(Decode(), Encode("webp", 80)), Facts("png", 1000, 1000, alpha=True))
    assert clear.memory > written().memory
    assert predict(Plan.chain(Decode(), Round((9.0,) * 4), Encode("webp", 80)), Facts("png", 1000, 1000)) != written()


def test_a_long_animation_is_not_held_as_a_whole() -> None:
    one, many = (predict(Plan.chain(Decode(), Encode("webp")), Facts("gif", 600, 600, frames=n)) for n in (100, 500))
    assert many.milliseconds > 4 * one.milliseconds
    assert many.memory < 2 * one.memory


def test_what_no_worker_could_hold_is_refused_with_both_numbers() -> None:
    check_memory(Cost(1e9, 3 << 29), 1 << 30)
    with pytest.raises(Unprocessable, match="about 2,048 MiB of memory; a worker may have 1,024"):
        check_memory(Cost(0, 2 << 30), 1 << 30)


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
