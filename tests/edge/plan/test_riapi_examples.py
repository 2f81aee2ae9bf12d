"""Every worked example of RIAPI §8: to the pixel where upstream's layout is asked for, and in size always."""

from dataclasses import replace

import pytest

from edge.dialects.riapi import parse
from edge.plan.boxes import Size
from edge.plan.layout import Layout, compute, output_size, settle
from edge.plan.plan import Node, Plan
from edge.plan.steps import Decode, Encode, Fit, Step, Turn
from tests.edge.plan.examples import Example, read

EXAMPLES = read()
IDS = [f"{number}:{example.query}" for number, example in enumerate(EXAMPLES, 1)]


def wish(example: Example, exact: bool) -> Plan:
    """The plan of the query, upright as upstream's always are, and written as what holds alpha."""

    def told(step: Step) -> Step:
        if isinstance(step, Decode):
            return replace(step, upright=True)
        if isinstance(step, Fit):
            return replace(step, exact=exact)
        return replace(step, format="png") if isinstance(step, Encode) else step

    return Plan(tuple(Node(told(node.step), node.of) for node in parse(example.query).plan.nodes))


def laid_out(plan: Plan, example: Example) -> tuple[Layout, Size]:
    size = Size(*example.facts.upright)
    for step in plan.steps():
        if isinstance(step, Fit):
            return compute(step, *size), size
        size = size.swapped if isinstance(step, Turn) and step.quarters % 2 else size
    raise AssertionError("no Fit in the plan")


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_the_exact_layout_is_that_of_the_example(example: Example) -> None:
    layout, source = laid_out(wish(example, exact=True), example)
    left, top = layout.crop_left, layout.crop_top
    right = layout.canvas.width - layout.image.width - layout.left
    bottom = layout.canvas.height - layout.image.height - layout.top
    assert (left, top, left + layout.crop.width, top + layout.crop.height) == (example.crop or (0, 0, *source))
    assert layout.image == (example.image or layout.canvas)
    assert (layout.left, layout.top, right, bottom) == (example.pad or (0, 0, 0, 0))


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_the_result_has_the_size_of_the_example(example: Example, exact: bool) -> None:
    plan = wish(example, exact)
    settled = settle(plan, [example.facts])
    assert output_size(plan, example.facts) == output_size(settled, example.facts) == example.output
    assert settle(settled, [example.facts]) == settled
