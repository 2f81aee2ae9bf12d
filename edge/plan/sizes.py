"""How large each picture of a plan is, before any of them exists."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from edge.plan.boxes import Size, smaller
from edge.plan.facts import Facts
from edge.plan.plan import Plan
from edge.plan.regions import expanded, window
from edge.plan.sizing import compute
from edge.plan.steps import Canvas, Crop, Decode, Encode, Expand, Fit, Pad, Region, Resize, SmartCrop, Step, Turn
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
        elif isinstance(node.step, Canvas):
            yielded.append(Size(node.step.width, node.step.height))
        else:
            yielded.append(_after(node.step, yielded[node.of[0]]))
    return tuple(yielded)


def _after(step: Step, size: Size) -> Size:
    return _SIZERS[type(step)](step, size) if type(step) in _SIZERS else size


def _stated(step: Crop | Resize | Pad, size: Size) -> Size:
    return Size(step.width, step.height)


def _turned(step: Turn, size: Size) -> Size:
    return size.swapped if step.quarters % 2 else size


# Steps that change the size; no other does.
_SIZERS: Final[dict[type[Step], Callable[[Any, Size], Size]]] = {
    Fit: lambda step, size: compute(step, *size).canvas,
    Crop: _stated,
    Resize: _stated,
    Pad: _stated,
    Region: lambda step, size: window(step, size).size,
    Expand: expanded,
    SmartCrop: lambda step, size: smaller(Size(step.width, step.height), size),
    Turn: _turned,
}


def output_size(plan: Plan, facts: Facts | Sequence[Facts]) -> tuple[int, int]:
    """Width and height of the first output; of several inputs, facts in their order."""
    for node, size in zip(plan.nodes, sizes(plan, facts), strict=True):
        if isinstance(node.step, Encode):
            return size
    raise ValueError("A plan without Encode has no output")
