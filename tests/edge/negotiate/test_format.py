"""Formats by what the result is: transparent, lossless, told in JSON. RIAPI §6.1."""

from dataclasses import replace

import pytest

from edge.exchange import Fields
from edge.negotiate.choose import negotiate
from edge.negotiate.delivery import HintRules
from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan, Wish
from edge.plan.steps import AUTO, Decode, Encode, Fit, Overlay, Recolour, Round, Step, Trim, Watermark
from tests.edge.negotiate.asking import CLEAR, EVERYTHING, GIF, JPEG, MODERN, PNG, ROUTE, ask, made

CORNERS = Round((100.0, 100.0, 100.0, 100.0))
FAINT = Recolour(
    (*(1.0, 0.0, 0.0, 0.0, 0.0), *(0.0, 1.0, 0.0, 0.0, 0.0), *(0.0, 0.0, 1.0, 0.0, 0.0), *(0.0,) * 3, 0.5, 0.0)
)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((Fit(200),), "jpeg"),
        ((Fit(200, 133),), "jpeg"),
        ((Fit(200, 200),), "png"),
        ((Fit(200, 200, background="ffffffff"),), "jpeg"),
        ((Fit(200, 200, mode="max"),), "jpeg"),
        ((Fit(200, 200, mode="crop"),), "jpeg"),
        ((Fit(9000, 9000),), "jpeg"),  # pad leaves alone what is smaller than its box
        ((Fit(9000, 9000, scale="canvas"),), "png"),
        ((Fit(9000, 9000, mode="stretch", scale="canvas"),), "png"),
        ((Fit(200), CORNERS), "png"),
        ((Fit(200), replace(CORNERS, background="336699ff")), "jpeg"),
        ((Fit(200), FAINT), "png"),
        ((Trim(80), Fit(200, 200)), "png"),
    ],
)
def test_the_transparency_of_the_result_counts(steps: tuple[Step, ...], expected: str) -> None:
    auto = Encode(AUTO, quality=50)
    assert made(auto, steps=steps).format == expected
    assert made(auto, steps=steps, headers={"Accept": MODERN}).format == "avif"
    assert made(replace(auto, format="keep"), steps=steps).format == "jpeg"
    assert made(replace(auto, format="jpeg"), steps=steps).format == "jpeg"
    assert made(auto, Facts("heic", 3000, 2000), steps=steps).format == expected
    assert made(replace(auto, format=None, profile=50.0), steps=steps).format == expected


def test_a_silent_url_falls_back_to_the_format_of_the_source() -> None:
    """A photograph with padding is a JPEG on white to who reads nothing newer, not a PNG of ten times its bytes."""
    for steps in ((Fit(200, 200),), (Fit(200), CORNERS)):
        assert made(Encode(), steps=steps).format == "jpeg"
        assert made(Encode(), steps=steps, headers={"Accept": MODERN}).format == "avif"
        assert made(Encode(), CLEAR, steps=steps).format == CLEAR.format


def test_a_candidate_that_holds_no_transparency_is_passed_over() -> None:
    route = replace(ROUTE, formats=("jpeg", "webp"))
    answer = ask(Encode(quality=9), PNG, route, {"Accept": "image/jpeg,image/webp"}, (Fit(200, 200),))
    assert (answer.plan.outputs[0].format, answer.vary) == ("webp", ("Accept",))


def test_each_output_is_as_transparent_as_itself() -> None:
    nodes = (
        Node(Decode()),
        Node(Fit(200), (0,)),
        Node(Encode(AUTO), (1,)),
        Node(Fit(200, 200), (0,)),
        Node(Encode(AUTO), (3,)),
        Node(CORNERS, (1,)),
        Node(Encode(AUTO), (5,)),
    )
    plan = negotiate(Wish(Plan(nodes)), Fields(), ROUTE, JPEG).plan
    assert [encode.format for encode in plan.outputs] == ["jpeg", "png", "png"]


def test_what_is_laid_over_a_picture_does_not_make_it_transparent() -> None:
    nodes = (Node(Decode()), Node(Fit(200), (0,)), Node(Decode(1)), Node(Watermark(), (1, 2)), Node(Encode(), (3,)))
    for facts in (JPEG, (JPEG, CLEAR)):
        answer = negotiate(Wish(Plan(nodes)), Fields(), ROUTE, facts)
        assert (answer.plan.outputs[0].format, answer.plan.nodes[2].step) == ("jpeg", Decode(1, 0))


def test_facts_of_what_is_laid_over_may_be_missing() -> None:
    nodes = (
        Node(Decode()),
        Node(Decode(1)),
        Node(Overlay(1, 1), (0, 1)),
        Node(CORNERS, (2,)),
        Node(Encode(AUTO), (3,)),
    )
    assert negotiate(Wish(Plan(nodes)), Fields(), ROUTE, JPEG).plan.outputs[0].format == "png"


def test_transparency_may_depend_on_hints() -> None:
    encode, facts, fit = Encode(AUTO, quality=50), Facts("jpeg", 1000, 640), Fit(500, 320, zoom=AUTO)
    hints = {"1": "jpeg", "3": "jpeg"}
    assert {dpr: made(encode, facts, headers={"Sec-CH-DPR": dpr}, steps=(fit,)).format for dpr in hints} == hints
    fit = replace(fit, height=400)
    hints = {"1": "png", "3": "jpeg"}
    assert {dpr: made(encode, facts, headers={"Sec-CH-DPR": dpr}, steps=(fit,)).format for dpr in hints} == hints
    assert ask(encode, facts, steps=(fit,)).vary == ("Accept", "Sec-CH-DPR", "Save-Data")


LOSSLESS = Encode(format=AUTO, lossless=True)


@pytest.mark.parametrize(
    ("encode", "facts", "accept", "expected"),
    [
        (LOSSLESS, JPEG, MODERN, "webp"),
        (LOSSLESS, JPEG, "*/*", "png"),
        (LOSSLESS, JPEG, "image/avif", "png"),
        (LOSSLESS, CLEAR, MODERN, "webp"),
        (LOSSLESS, Facts("gif", 9, 9), "*/*", "png"),
        (LOSSLESS, GIF, MODERN, "webp"),
        (LOSSLESS, GIF, "*/*", "gif"),
        (replace(LOSSLESS, accepts=("webp",)), JPEG, "*/*", "webp"),
        (replace(LOSSLESS, lossless_of=(("webp", False),)), JPEG, MODERN, "png"),
        (replace(LOSSLESS, lossless="keep"), PNG, MODERN, "webp"),
        (replace(LOSSLESS, lossless="keep"), JPEG, MODERN, "avif"),
        (replace(LOSSLESS, lossless=False), PNG, MODERN, "avif"),
        (Encode(profile=100.0), JPEG, MODERN, "webp"),
        (Encode(profile=100.0), JPEG, "*/*", "png"),
        (Encode(profile=100.0, lossless=False), JPEG, "*/*", "jpeg"),
        (Encode(profile=96.0), JPEG, MODERN, "avif"),
        (Encode(lossless=True), JPEG, MODERN, "webp"),
    ],
)
def test_without_loss_only_formats_that_lose_nothing_are_chosen(
    encode: Encode, facts: Facts, accept: str, expected: str
) -> None:
    out = made(encode, facts, headers={"Accept": accept})
    assert out.format == expected
    if expected in ("webp", "png"):
        assert out.lossless is True


def test_jpeg_xl_is_the_best_without_loss_where_the_route_has_it() -> None:
    route = replace(ROUTE, formats=("avif", "webp", "jxl"))
    assert made(LOSSLESS, route=route, headers={"Accept": "image/webp,image/jxl"}).format == "jxl"


def test_without_png_the_choice_is_what_is_left() -> None:
    few = frozenset({"jpeg", "webp", "avif"})
    answers = {
        accept: made(LOSSLESS, writable=few, headers={"Accept": accept}).format
        for accept in ("image/avif", MODERN, "*/*")
    }
    assert answers == {"image/avif": "avif", MODERN: "webp", "*/*": "jpeg"}


def test_keep_and_names_are_not_moved_by_lossless() -> None:
    assert made(Encode(format="keep", lossless=True)).format == "jpeg"
    assert made(Encode(format="jpeg", lossless=True)).lossless is None


def test_a_profile_without_a_format_asks_for_the_best() -> None:
    plain = replace(ROUTE, auto_format=False)
    headers = {"Accept": MODERN}
    assert made(Encode(profile=55.0), route=plain, headers=headers).format == "avif"
    assert made(Encode(), route=plain, headers=headers).format == "jpeg"


def test_what_is_told_is_not_swayed_by_any_header() -> None:
    busy = {"Accept": MODERN, "Sec-CH-DPR": "3", "Sec-CH-Width": "777", "Save-Data": "on"}
    tell = Encode(format="json", quality=AUTO, qualities=(("jpeg", 5),), lossless=True, profile=50.0, matte="ff0000ff")
    route = replace(ROUTE, hints=HintRules(fallback_width=300), keep=("copyright",), gamut="p3")
    for fit in (Fit(100, 100, mode="max"), Fit(100, 100, zoom=AUTO), Fit(), Fit(AUTO)):
        for facts in (JPEG, GIF):
            quiet, loud = (ask(tell, facts, route, headers, (fit,)) for headers in ({}, busy))
            assert quiet == loud
            assert (loud.vary, loud.plan.outputs) == ((), (Encode(format="json"),))
            assert loud.plan.find(Decode) == Decode(frame=0)
    assert ask(tell, JPEG, route, busy, (Fit(100, 100, mode="max"),)).plan.find(Fit) == Fit(
        100, 100, mode="max", light="linear"
    )


def test_what_is_told_beside_a_picture_leaves_the_picture_its_hints() -> None:
    nodes = (
        Node(Decode()),
        Node(Fit(AUTO), (0,)),
        Node(Encode(format="jpeg"), (1,)),
        Node(Fit(AUTO), (0,)),
        Node(Encode(format="json"), (3,)),
    )
    answer = negotiate(Wish(Plan(nodes)), Fields([("Sec-CH-Width", "300")]), ROUTE, JPEG)
    widths = [step.width for step in answer.plan.steps() if isinstance(step, Fit)]
    assert (widths, "Sec-CH-Width" in answer.vary) == ([320, 3000], True)


def test_json_needs_no_saver() -> None:
    assert made(Encode(format="json"), writable=frozenset()).format == "json"
    assert made(Encode(format="json"), route=replace(ROUTE, compat="imageflow")).format == "json"
    assert EVERYTHING.isdisjoint({"json"})
