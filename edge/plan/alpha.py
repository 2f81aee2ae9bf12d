"""Does a plan make an opaque picture transparent? Asked before the format is chosen: it decides which ones will do."""

from collections.abc import Sequence
from dataclasses import replace

from edge.errors import Misfit
from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan
from edge.plan.settle import walk
from edge.plan.sizes import sizes
from edge.plan.steps import Decode, Encode, Step, Trim
from edge.plan.trim import trimmed

_KEEPS_ALPHA = "png"
_UNKNOWN = Facts("png", 1, 1)
_SHAPES = ((1, 1), (2, 1), (1, 2))  # what content may be: everything, half as wide, half as high


def gains_alpha(plan: Plan, facts: Facts | Sequence[Facts]) -> bool:
    """Would an output have transparent pixels that its source has not: padding, rounded corners, an alpha filter?

    The plan may be a wish whose formats are open, or settled; its Fits are concrete. Facts of inputs that are only laid
    over others may be missing. Behind a Trim it is true when any of a few shapes of the content would gain alpha; a
    shape that rectangles do not fit is none of them. Misfit when they do not fit and nothing is trimmed.
    """
    given = (facts,) if isinstance(facts, Facts) else tuple(facts)
    wanted = 1 + max((step.input for step in plan.steps() if isinstance(step, Decode)), default=0)
    opaque = [replace(each, alpha=False) for each in (*given, *[_UNKNOWN] * (wanted - len(given)))]
    named = Plan(tuple(Node(_kept(node.step), node.of) for node in plan.nodes))
    if not plan.find(Trim):
        return _is_clear(named, opaque)
    return any(_may_clear(_decided(named, shape, opaque), opaque) for shape in _SHAPES)


def _kept(step: Step) -> Step:
    return replace(step, format=_KEEPS_ALPHA, matte=None) if isinstance(step, Encode) else step


def _is_clear(plan: Plan, facts: Sequence[Facts]) -> bool:
    views = walk(plan, facts)[1]
    return any(isinstance(node.step, Encode) and view.alpha for node, view in zip(plan.nodes, views, strict=True))


def _may_clear(plan: Plan, facts: Sequence[Facts]) -> bool:
    try:
        return _is_clear(plan, facts)
    except Misfit:
        return False


def _decided(plan: Plan, shape: tuple[int, int], facts: Sequence[Facts]) -> Plan:
    """The plan with every Trim replaced by a cut that leaves such a part of width and height."""
    for at, node in enumerate(plan.nodes):
        if isinstance(node.step, Trim):
            full = sizes(plan, facts)[at]
            plan = trimmed(plan, at, (0, 0, max(1, full.width // shape[0]), max(1, full.height // shape[1])), full)
    return plan
