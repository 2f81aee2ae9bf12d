"""What follows once a worker has found the content of a picture that is to be trimmed."""

from collections.abc import Sequence
from dataclasses import replace

from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan
from edge.plan.settle import settle
from edge.plan.steps import Crop, Expand, Fit, Pad, Region, Resize, SmartCrop, Step, Trim, Turn

# Behind these nobody asks how large the picture was before the Trim.
_SIZED = (Crop, SmartCrop, Resize, Pad, Region, Expand)


def resolve(
    plan: Plan, at: int, box: tuple[int, int, int, int], full: tuple[int, int], facts_by_input: Sequence[Facts]
) -> Plan:
    """The concrete plan in which the Trim at node `at` keeps `box`.

    box: left, top, width, height of the content in the picture that the Trim met; full: width and height of that
    picture. Facts are those that the plan was settled with. The result holds no Trim but the ones that follow; what
    was settled before stays, though nodes may have moved. ValueError when `at` is no Trim.
    """
    if not isinstance(plan.nodes[at].step, Trim):
        raise ValueError(f"Expected a Trim at node {at} of the plan")
    return settle(trimmed(plan, at, box, full), facts_by_input)


def trimmed(plan: Plan, at: int, box: tuple[int, int, int, int], full: tuple[int, int]) -> Plan:
    """The wish with a Crop in the Trim's place, and with Fits that know how large the picture was."""
    fulls = {at: full}
    nodes = list(plan.nodes)
    nodes[at] = Node(Crop(*box), plan.nodes[at].of)
    for later in range(at + 1, len(nodes)):
        step, of = nodes[later].step, nodes[later].of
        if not of or of[0] not in fulls:
            continue
        known = fulls[of[0]]
        if isinstance(step, Fit):
            nodes[later] = Node(replace(step, full=step.full or known), of)
        elif not isinstance(step, _SIZED):
            fulls[later] = _turned(known, step)
    return Plan(tuple(nodes))


def _turned(full: tuple[int, int], step: Step) -> tuple[int, int]:
    return (full[1], full[0]) if isinstance(step, Turn) and step.quarters % 2 else full
