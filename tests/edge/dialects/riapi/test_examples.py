"""Every worked example of the specification, from the query's text to the concrete plan, as upstream does it; and
what a modern route does otherwise."""

from dataclasses import replace

import pytest

from edge.dialects.book import Book
from edge.dialects.riapi import parse
from edge.plan.boxes import Size
from edge.plan.facts import Facts
from edge.plan.layout import Layout, compute, output_size, settle
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Fit, Step, Turn
from tests.edge.plan.examples import Example, read

EXAMPLES = read()
UPSTREAM = Book(compat="imageflow")
IDS = [f"{number}:{example.query}" for number, example in enumerate(EXAMPLES, 1)]


def as_png(plan: Plan) -> Plan:
    return Plan.chain(*[replace(step, format="png") if isinstance(step, Encode) else step for step in plan.steps()])


def sized_from(plan: Plan, facts: Facts) -> tuple[Fit, Size]:
    """The Fit of a plan and the size it sees."""
    size = Size(*facts.upright)
    for step in plan.steps():
        if isinstance(step, Fit):
            return step, size
        size = size.swapped if isinstance(step, Turn) and step.quarters % 2 else size
    raise AssertionError("no Fit in the plan")


def padding(layout: Layout) -> tuple[int, int, int, int]:
    right = layout.canvas.width - layout.image.width - layout.left
    return layout.left, layout.top, right, layout.canvas.height - layout.image.height - layout.top


def corners(layout: Layout) -> tuple[int, int, int, int]:
    left, top = layout.crop_left, layout.crop_top
    return left, top, left + layout.crop.width, top + layout.crop.height


def test_the_whole_table_is_here() -> None:
    assert len(EXAMPLES) == 281


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_output_has_the_size_of_the_example(example: Example) -> None:
    plan = parse(example.query, UPSTREAM).plan
    settled = settle(as_png(plan), [example.facts])
    assert output_size(settled, example.facts) == output_size(plan, example.facts) == example.output
    assert settled.find(Fit) is None


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_crop_image_and_padding_are_those_of_the_example(example: Example) -> None:
    fit, source = sized_from(parse(example.query, UPSTREAM).plan, example.facts)
    layout = compute(fit, *source)
    assert corners(layout) == (example.crop or (0, 0, *source))
    assert layout.image == (example.image or layout.canvas)
    assert padding(layout) == (example.pad or (0, 0, 0, 0))


@pytest.mark.parametrize("example", EXAMPLES[::7], ids=IDS[::7])
def test_settling_an_example_twice_changes_nothing(example: Example) -> None:
    once = settle(as_png(parse(example.query, UPSTREAM).plan), [example.facts])
    assert settle(once, [example.facts]) == once
    assert isinstance(once.nodes[-1].step, Encode)


def without_quirks(step: Step) -> Step:
    """The step as a modern route has it: what §7 says of layout, profiles and formats taken out."""
    if isinstance(step, Fit):
        return replace(step, exact=False)
    if isinstance(step, Decode):
        return replace(step, profile="lenient")
    return replace(step, format=None) if isinstance(step, Encode) and step.format == "keep" else step


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_a_modern_route_wants_the_same_but_for_the_quirks(example: Example) -> None:
    modern = list(parse(example.query).plan.steps())
    if "autorotate=false" in example.query:
        assert modern.pop(0) == Decode(upright=False)
    upstream = [without_quirks(step) for step in parse(example.query, UPSTREAM).plan.steps()]
    assert modern == upstream[-len(modern) :]
