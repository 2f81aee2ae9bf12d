"""How large each picture of a plan is, before any of them exists."""

from collections.abc import Sequence

from edge.plan.boxes import Size
from edge.plan.facts import Facts
from edge.plan.plan import Plan
from edge.plan.sizing import compute
from edge.plan.steps import Crop, Decode, Encode, Fit, Pad, Resize, SmartCrop, Step, Turn
from edge.plan.view import stored


def sizes(plan: Plan, facts: Facts | Sequence[Facts]) -> tuple[Size, ...]:
    """What each node of a plan without AUTO yields, in pixels of one frame; of several inputs, facts in their order.

    Exact but behind a Trim, where it is an estimate: as if nothing had been trimmed off.
    """
    inputs = (facts,) if isinstance(facts, Facts) else facts
    yielded: list[Size] = []
    for node in plan.nodes:
        if isinstance(node.step, Decode):
            yielded.append(stored(node.step, inputs[node.step.input]))
        else:
            yielded.append(_after(node.step, yielded[node.of[0]]))
    return tuple(yielded)


def _after(step: Step, size: Size) -> Size:
    match step:
        case Fit():
            return compute(step, *size).canvas
        case Crop() | Resize() | Pad():
            return Size(step.width, step.height)
        case SmartCrop():
            return Size(min(step.width, size.width), min(step.height, size.height))
        case Turn(quarters) if quarters % 2:
            return size.swapped
        case _:
            return size


def output_size(plan: Plan, facts: Facts | Sequence[Facts]) -> tuple[int, int]:
    """Width and height of the first output; of several inputs, facts in their order."""
    for node, size in zip(plan.nodes, sizes(plan, facts), strict=True):
        if isinstance(node.step, Encode):
            return size
    raise ValueError("A plan without Encode has no output")
