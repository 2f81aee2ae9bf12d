"""Where each picture of a plan ends up. What all its outputs have in common decides its frames and its ground."""

from typing import NamedTuple

from edge.plan.colour import on_white, visible
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import TRANSPARENT, WHITE, Encode


class End(NamedTuple):
    """An output that a picture ends up in; `laid` when it gets there on top of another one."""

    format: str
    matte: str | None
    laid: bool = False


Ends = frozenset[End]


def ends(plan: Plan, hidden: frozenset[int]) -> list[Ends]:
    """The outputs of each node; nodes that are `hidden` lay nothing on anything."""
    found: list[set[End]] = [set() for _ in plan.nodes]
    for at in reversed(range(len(plan.nodes))):
        node = plan.nodes[at]
        if isinstance(node.step, Encode):
            found[at].add(End(str(node.step.format), node.step.matte))
        for parent in node.of[:1]:
            found[parent] |= found[at]
        for parent in () if at in hidden else node.of[1:]:
            found[parent] |= {end._replace(laid=True) for end in found[at]}
    return [frozenset(each) for each in found]


def is_flat(name: str) -> bool:
    """A format that has no alpha."""
    return name in FORMATS and not FORMATS[name].alpha


def flattens(to: Ends) -> bool:
    """Will no output keep what is transparent?"""
    return bool(to) and all(is_flat(end.format) and not end.laid for end in to)


def moves(to: Ends) -> bool:
    """May an output be an animation?"""
    return not to or any(end.format not in FORMATS or FORMATS[end.format].animated for end in to)


def ground(background: str | None, to: Ends, paper: str | None = None) -> str:
    """What is painted where there is no picture. Where transparency does not last, it is what the encoder would put
    under it, so that a picture need not carry an alpha channel for that; `paper` is the next best when encoders differ
    or have no opinion."""
    colour = visible(background or TRANSPARENT)
    if not flattens(to):
        return colour
    if colour == TRANSPARENT:
        mattes = {end.matte for end in to}
        colour = (mattes.pop() if len(mattes) == 1 else None) or paper or WHITE
    return on_white(colour)
