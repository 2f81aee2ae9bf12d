"""RIAPI inside jobs."""

from types import MappingProxyType
from typing import Any

import pytest

from edge.dialects import riapi
from edge.dialects.book import PLAIN, Book, Mark
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.lowering import query_recipe, recipe_of
from edge.dialects.imageflow.model import Build
from edge.dialects.imageflow.recipe import Recipe
from edge.plan import steps
from tests.edge.dialects.imageflow.jobs import DECODE, ENCODE, build, graph

LOGO = Book(marks=MappingProxyType({"logo": Mark("logo", steps.Watermark(), "/logo.png")}))
IMAGE = {"io_id": 2, "fit_box": {"image_percentage": {"x1": 0, "y1": 0, "x2": 50, "y2": 50}}}
CANVAS = {"io_id": 3, "fit_box": {"canvas_margins": {"left": 1, "top": 2, "right": 3, "bottom": 4}}}
WHOLE = steps.Region(0.0, 0.0, 100.0, 100.0, percent=True)


def command(value: str, **fields: Any) -> dict[str, Any]:
    return {"command_string": {"kind": "ir4", "value": value, **fields}}


def kinds(recipe: Recipe) -> list[str]:
    return [type(step).__name__ for step in recipe.plan.steps()]


def refused(job: Build, book: Book = PLAIN) -> JobError:
    with pytest.raises(JobError) as caught:
        recipe_of(job, book)
    return caught.value


@pytest.mark.parametrize(
    "query",
    ["", "w=100", "w=100&h=50&mode=crop&rotate=90&s.sepia=1&format=webp", "trim.threshold=80&frame=2", "qp=high"],
)
def test_a_query_alone_is_the_plan_of_its_url(query: str) -> None:
    recipe = query_recipe(query)
    assert recipe.plan == riapi.parse(query).plan
    assert (recipe.inputs, recipe.outputs, recipe.allowed) == ((0,), (1,), (None,))
    assert {(step.node, step.name) for step in recipe.steps} == {(0, "command_string")}


def test_other_io_ids_may_be_meant() -> None:
    recipe = query_recipe("w=5", decode=7, encode=9)
    assert (recipe.inputs, recipe.outputs) == ((7,), (9,))


def test_a_parent_takes_the_place_of_the_input() -> None:
    recipe = recipe_of(build(DECODE, "flip_h", command("w=5&rotate=90", encode=1)))
    assert kinds(recipe) == ["Decode", "Mirror", "Fit", "Turn", "Encode"]


def test_without_an_output_the_chain_goes_on_with_the_padding() -> None:
    recipe = recipe_of(build(command("w=5&format=png", decode=0), "flip_h", ENCODE))
    assert kinds(recipe) == ["Decode", "Fit", "Region", "Mirror", "Encode"]
    assert recipe.plan.nodes[2].step == WHOLE
    assert recipe.plan.outputs[0].format == "gif"


@pytest.mark.parametrize(
    ("job", "received"),
    [
        (build(DECODE, command("w=5", decode=0, encode=1)), "both"),
        (build(command("w=5", encode=1)), "neither"),
    ],
)
def test_there_is_exactly_one_source(job: Build, received: str) -> None:
    error = refused(job)
    assert error.kind == "InvalidNodeParams"
    assert error.sentence.endswith(f"Expected either decode or an input before it but there are {received}")


def test_marks_lie_on_the_image_then_on_the_canvas_before_turns() -> None:
    job = build(
        command("w=5&s.invert=1&rotate=90&watermark_red_dot=1", decode=0, encode=1, watermarks=[CANVAS, IMAGE]),
        ins=(0, 2, 3),
    )
    recipe = recipe_of(job)
    laid = [step.area.on for step in recipe.plan.steps() if isinstance(step, steps.Watermark)]
    assert laid == ["image", "canvas"]
    assert kinds(recipe) == [
        *("Decode", "Fit", "Recolour", "Decode", "Watermark", "Decode", "Watermark", "Turn", "Dot", "Encode")
    ]
    assert recipe.plan.nodes[4].of == (2, 3)
    assert recipe.plan.nodes[6].of == (4, 5)


def test_one_mark_that_is_laid_twice_is_read_once() -> None:
    job = build(command("", decode=0, encode=1, watermarks=[IMAGE, IMAGE]), ins=(0, 2))
    assert kinds(recipe_of(job)).count("Decode") == 2


def test_what_is_said_of_a_query_is_kept() -> None:
    notices = query_recipe("w=abc&nonsense=1").notices
    assert [(notice.kind, notice.key) for notice in notices] == [("unknown", "nonsense"), ("invalid", "w")]


def test_not_everything_that_is_said_is_kept() -> None:
    line = [command("&".join(f"k{number}=1" for number in range(60)), decode=0)]
    line += [command("&".join(f"k{number}=1" for number in range(60))) for _ in range(3)]
    assert len(recipe_of(build(*line, ENCODE)).notices) == 100


@pytest.mark.parametrize(
    ("value", "book", "said"),
    [
        ("watermark=logo", PLAIN, "There is no watermark named 'logo'"),
        ("preset=small", PLAIN, "There is no preset named 'small'"),
        ("watermark=logo", LOGO, "Expected a watermark of the job's own for watermark but received 'logo'"),
        ("format=json", PLAIN, "Expected a format of pictures for format but received 'json'"),
    ],
)
def test_what_a_job_cannot_do_names_the_node(value: str, book: Book, said: str) -> None:
    error = refused(build(command(value, decode=0, encode=1)), book)
    assert (error.kind, error.status) == ("InvalidNodeParams", 400)
    assert error.sentence == f"Node 0 (command_string): {said}"


def test_a_jobs_own_text_needs_no_signature() -> None:
    assert "Caption" in kinds(query_recipe("watermark.text=hello"))


def test_a_name_that_the_route_has_a_text_for_is_written() -> None:
    book = Book(marks=MappingProxyType({"mine": Mark("mine", steps.Caption("mine"))}))
    assert "Caption" in kinds(query_recipe("watermark=mine", book))


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, {}),
        ({"fit_mode": "distort", "opacity": 0.5}, {"mode": "distort", "opacity": 0.5}),
        ({"opacity": 7}, {"opacity": 1.0}),
        ({"opacity": -7}, {"opacity": 0.0}),
        ({"min_canvas_width": 5, "min_canvas_height": 6}, {"min_width": 5, "min_height": 6}),
        ({"gravity": {"percentage": {"x": 1, "y": 2}}}, {"gravity": steps.Point(1.0, 2.0)}),
        ({"hints": {"scaling_colorspace": "srgb", "down_filter": "box"}}, {"light": "srgb", "down_kernel": "box"}),
        (
            {"fit_box": {"image_percentage": {"x1": -5, "y1": 0, "x2": 500, "y2": 50}}},
            {"area": steps.Area("image", 0.0, 0.0, 100.0, 50.0)},
        ),
        (
            {"fit_box": {"canvas_percentage": {"x1": 1, "y1": 2, "x2": 3, "y2": 4}}},
            {"area": steps.Area("canvas", 1.0, 2.0, 3.0, 4.0)},
        ),
        (
            {"fit_box": {"image_margins": {"left": 1, "top": 2, "right": 3, "bottom": 4}}},
            {"area": steps.Area("image", 1.0, 2.0, 3.0, 4.0, margins=True)},
        ),
        (
            {"fit_box": {"canvas_margins": {"left": 1, "top": 2, "right": 3, "bottom": 4}}},
            {"area": steps.Area("canvas", 1.0, 2.0, 3.0, 4.0, margins=True)},
        ),
    ],
)
def test_fields_of_watermarks(fields: dict[str, Any], wanted: dict[str, Any]) -> None:
    recipe = recipe_of(build(DECODE, {"watermark": {"io_id": 2, **fields}}, ENCODE, ins=(0, 2)))
    assert recipe.plan.find(steps.Watermark) == steps.Watermark(**{"gravity": steps.Point(50.0, 50.0), **wanted})
    assert recipe.plan.nodes[1].step == steps.Decode(1, frame=0)


def test_two_command_strings_share_what_they_read() -> None:
    nodes = {0: command("w=5", decode=0, encode=1), 1: command("w=9", decode=0, encode=2)}
    assert kinds(recipe_of(graph(nodes, outs=(1, 2)))) == ["Decode", "Fit", "Encode", "Fit", "Encode"]
