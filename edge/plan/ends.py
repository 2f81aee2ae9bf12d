"""Where each picture of a plan ends up. What all its outputs have in common decides its frames and its ground."""

from typing import Final, NamedTuple

from edge.plan.colour import is_opaque, on_white, over, visible
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import TRANSPARENT, WHITE, Balance, Encode, Expand, Recolour, Region


class End(NamedTuple):
    """An output that a picture ends up in; `laid` when it gets there on top of another one, `recoloured` when its
    colours change on the way, `lasting` when what is transparent must still be so then."""

    format: str
    matte: str | None
    laid: bool = False
    recoloured: bool = False
    lasting: bool = False


Ends = frozenset[End]

# Steps that make of a colour that was put under the picture another one than the encoder puts there. Effects that
# directly follow a Fit see its background all the same (RIAPI §4); where a canvas has been laid out for good before,
# they see what is transparent.
RECOLOURING: Final = (Recolour, Balance)
_LAYING_OUT: Final = (Region, Expand)


def ends(plan: Plan, hidden: frozenset[int]) -> list[Ends]:
    """The outputs of each node. Nodes that are `hidden` lay nothing on anything, change no colour and, as windows,
    let nothing through."""
    found: list[set[End]] = [set() for _ in plan.nodes]
    for at in reversed(range(len(plan.nodes))):
        node = plan.nodes[at]
        if isinstance(node.step, Encode):
            found[at].add(End(str(node.step.format), node.step.matte))
        if isinstance(node.step, _LAYING_OUT):
            found[at] = {end._replace(lasting=end.recoloured) for end in found[at]}
            if at in hidden:
                continue
        changed = at not in hidden and isinstance(node.step, RECOLOURING)
        for parent in node.of[:1]:
            found[parent] |= {end._replace(recoloured=end.recoloured or changed) for end in found[at]}
        for parent in () if at in hidden else node.of[1:]:
            found[parent] |= {end._replace(laid=True) for end in found[at]}
    return [frozenset(each) for each in found]


def is_flat(name: str) -> bool:
    """A format that has no alpha."""
    return name in FORMATS and not FORMATS[name].alpha


def flattens(to: Ends) -> bool:
    """Will no output keep what is transparent?"""
    return bool(to) and all(is_flat(end.format) and not end.laid for end in to)


def beyond(to: Ends) -> Ends:
    """The outputs as the room around a picture meets them: what lasts there is not painted."""
    return frozenset(end._replace(laid=end.laid or end.lasting) for end in to)


def matte_of(matte: str | None, paper: str | None) -> str:
    """What an encoder without alpha puts under a picture: what it was told, else the last background asked for."""
    return on_white(matte or paper or WHITE)


def underlays(to: Ends, matte: str, paper: str | None) -> bool:
    """Will every output put this matte under the picture?"""
    return flattens(to) and all(matte_of(end.matte, paper) == matte for end in to)


def moves(to: Ends) -> bool:
    """May an output be an animation?"""
    return not to or any(end.format not in FORMATS or FORMATS[end.format].animated for end in to)


def ground(background: str | None, to: Ends, paper: str | None = None) -> str:
    """What is painted where there is no picture. Where transparency does not last, it is what the encoder would put
    under it, so that a picture need not carry an alpha channel for that; `paper` is the next best where encoders have
    no opinion. Encoders that differ each put their own under it."""
    colour = visible(background or TRANSPARENT)
    mattes = {end.matte for end in to}
    if not flattens(to) or (len(mattes) > 1 and not is_opaque(colour)):
        return colour
    matte = mattes.pop()
    if colour == TRANSPARENT:
        return on_white(matte or paper or WHITE)
    return on_white(colour) if matte in (None, colour) else over(colour, on_white(matte))
