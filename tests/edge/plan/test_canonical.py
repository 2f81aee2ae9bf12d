"""The text of a plan."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.errors import BadRequest
from edge.plan.canonical import parse_plan, print_plan
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    AUTO,
    Area,
    Auto,
    Caption,
    Crop,
    Decode,
    Encode,
    Fit,
    Mirror,
    Overlay,
    Point,
    Recolour,
    Resize,
    Round,
    Step,
    Trim,
    Turn,
    Watermark,
)
from tests.edge.plan.wishes import plans

USUAL = Plan.chain(Decode(), Resize(400, 300), Encode("webp", 78))
USUAL_TEXT = '[["decode"],["resize",{"width":400,"height":300}],["encode",{"format":"webp","quality":78}]]'


def test_a_usual_plan_is_one_short_line() -> None:
    assert print_plan(USUAL) == USUAL_TEXT


def test_defaults_are_left_out_so_that_new_fields_keep_old_keys() -> None:
    assert print_plan(Plan.chain(Decode(), Fit(), Encode())) == '[["decode"],["fit"],["encode"]]'


def test_records_inside_a_field_are_written_like_nodes() -> None:
    text = print_plan(Plan.chain(Decode(), Fit(width=Auto(640), zoom=AUTO, anchor=Point(0.0))))
    fields = {"width": ["auto", {"fallback": 640}], "zoom": ["auto"], "anchor": ["point", {"x": 0.0}]}
    assert json.loads(text)[1] == ["fit", fields]


def test_a_node_that_does_not_follow_the_one_before_names_what_it_works_on() -> None:
    plan = Plan((Node(Decode()), Node(Turn(1), (0,)), Node(Encode("png"), (0,)), Node(Encode("png"), (1,))))
    assert print_plan(plan).endswith(
        '["turn",{"quarters":1}],["encode",{"format":"png"},[0]],["encode",{"format":"png"},[1]]]'
    )
    assert parse_plan(print_plan(plan)) == plan


@given(plans())
@settings(max_examples=300, deadline=None)
def test_reading_what_was_printed_gives_the_plan_back(plan: Plan) -> None:
    text = print_plan(plan)
    assert parse_plan(text) == plan
    assert text.isascii()
    assert "\n" not in text


@given(plans(), plans())
@settings(max_examples=60, deadline=None)
def test_texts_are_equal_exactly_when_plans_are(one: Plan, other: Plan) -> None:
    assert (print_plan(one) == print_plan(other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Fit(zoom=2), Fit(zoom=2.0)),
        (Fit(anchor=Point(-0.0)), Fit(anchor=Point(0.0))),
        (Trim(9, 1), Trim(9, 1.0)),
        (Round((1, 2, 3, 4)), Round((1.0, 2.0, 3.0, 4.0))),
        (Recolour((1,) * 20), Recolour((1.0,) * 20)),
        (Encode(tuning=(("avif.speed", 6),)), Encode(tuning=(("avif.speed", 6.0),))),
        (Encode(profile=7, profile_dpr=2, aim=90), Encode(profile=7.0, profile_dpr=2.0, aim=90.0)),
        (Caption("a", size=-0.0), Caption("a", size=0)),
    ],
)
def test_equal_numbers_have_one_spelling(one: Step, other: Step) -> None:
    assert one == other
    assert print_plan(Plan.chain(Decode(), one)) == print_plan(Plan.chain(Decode(), other))


def test_numbers_that_are_none_are_not_printed() -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_plan(Plan.chain(Decode(), Fit(zoom=float("nan"))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "null",
        "{}",
        "[" * 100_000,
        "[[]]",
        '[["decode",{},[],4]]',
        '["decode"]',
        "[[1]]",
        '[["decode",[]]]',
        '[["shell"]]',
        '[["decode",{}]]',
        '[["decode"], ["turn",{"quarters":1}]]',
        '[["decode"],["turn"]]',
        '[["decode"],["turn",{"quarters":true}]]',
        '[["decode"],["turn",{"quarters":1.0}]]',
        '[["decode"],["turn",{"quarters":1,"quarters":2}]]',
        '[["decode"],["turn",{"quarters":1,"other":2}]]',
        f'[["decode"],["turn",{{"quarters":{"9" * 5000}}}]]',
        f'[["decode"],["turn",{{"quarters":{2**60}}}]]',
        '[["decode"],["mirror",{"axis":"z"}]]',
        '[["decode"],["mirror",{"axis":["x"]}]]',
        '[["decode"],["fit",{"zoom":NaN}]]',
        '[["decode"],["fit",{"zoom":1e999}]]',
        '[["decode"],["fit",{"zoom":2}]]',
        '[["decode"],["fit",{"width":["point"]}]]',
        '[["decode"],["fit",{"width":[]}]]',
        '[["decode"],["encode",{"qualities":[["jpeg"]]}]]',
        '[["decode"],["encode",{"qualities":7}]]',
        '[["decode"],["encode",{"accepts":[7]}]]',
        '[["turn",{"quarters":1}]]',
        '[["decode"],["turn",{"quarters":1},[1]]]',
        '[["decode"],["turn",{"quarters":1},[-1]]]',
        '[["decode"],["turn",{"quarters":1},[]]]',
        '[["decode"],["decode"]]',
        '[["decode"],["decode",{},[0]]]',
        '[["decode"],["dot",{},[0,0]]]',
        '[["decode"],["overlay",{"left":1,"top":2}]]',
        '[["decode"],["watermark"]]',
        '[["decode"],["watermark",{"area":["point"]},[0,0]]]',
        '[["decode"],["watermark",{"mode":"cover"},[0,0]]]',
        '[["decode"],["recolour",{"matrix":[1]}]]',
        '[["decode"],["round",{"radii":[1.0,2.0,3.0]}]]',
        '[["decode"],["encode",{"tuning":[["avif.speed",6]]}]]',
        '[["decode"],["encode",{"lossless_of":[["png","no"]]}]]',
        " " * (1 << 20) + "[]",
    ],
)
def test_any_other_text_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(BadRequest, match=r"^Expected the text of a plan but it is [^\n]+$"):
        parse_plan(text)


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
@example('[["decode"],["crop",{"left":0,"top":0,"width":1e5,"height":1}]]')
@settings(max_examples=100)
def test_hostile_text_is_refused_or_canonical(text: str) -> None:
    try:
        plan = parse_plan(text)
    except BadRequest:
        return
    assert print_plan(plan) == text


def test_every_step_has_a_text() -> None:
    plan = Plan.chain(
        Decode(1, 2), Mirror("both"), Crop(1, 2, 3, 4), Encode("png", lossless="keep", accepts=("a", '"\ud800'))
    )
    assert parse_plan(print_plan(plan)) == plan


def test_what_lies_over_another_names_both() -> None:
    mark = Watermark(Area("canvas", x1=10.0), opacity=0.7)
    plan = Plan((Node(Decode()), Node(Decode(1)), Node(mark, (0, 1)), Node(Overlay(3, 4), (2, 1))))
    text = print_plan(plan)
    assert json.loads(text)[2:] == [
        ["watermark", {"area": ["area", {"on": "canvas", "x1": 10.0}], "opacity": 0.7}, [0, 1]],
        ["overlay", {"left": 3, "top": 4}, [2, 1]],
    ]
    assert parse_plan(text) == plan
