"""What negotiation must know of a picture: of the original, and of what the plan makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from edge.negotiate.opaque import clears
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS, WRITABLE
from edge.plan.layout import gains_alpha, sizes
from edge.plan.plan import Node, Plan

SAFE: Final = ("jpeg", "png", "gif")  # every browser shows them
# Facts may not say it of these: what is written in them was never compressed with loss, or hardly ever.
_LOSSLESS_SOURCES: Final = frozenset({"bmp", "tiff", "svg", "ico"})
_KEPT: Final = frozenset(WRITABLE.values())  # formats a URL may ask for, so what browsers may be sent


@dataclass(frozen=True, slots=True)
class Original:
    """The source, beside what the workers can write."""

    format: str
    alpha: bool
    animated: bool  # several frames in time, and all of them wanted
    lossless: bool
    writable: frozenset[str]

    @classmethod
    def of(cls, facts: Facts, frame: int | None, writable: frozenset[str]) -> "Original":
        moves = facts.format in FORMATS and FORMATS[facts.format].animated and facts.frames > 1
        lossless = facts.lossless or facts.format in _LOSSLESS_SOURCES
        return cls(facts.format, facts.alpha, moves and frame is None, lossless, writable)

    @property
    def keeps_format(self) -> bool:
        """Is the source's own format one for browsers, and one we can write?"""
        return self.format in _KEPT and self.format in self.writable

    def holds(self, name: str, alpha: bool) -> bool:
        """Can this format be written, and loses it neither frames nor, where there is any, transparency?"""
        known = FORMATS.get(name)
        if known is None or name not in self.writable:
            return False
        return (known.animated or not self.animated) and (known.alpha or not alpha)

    def baseline(self, alpha: bool) -> str:
        """What anyone can be served: an animation stays one, transparency too (specs/CLIENT_HINTS §6.5)."""
        if self.animated and "gif" in self.writable:
            return "gif"
        if self.format in SAFE and self.format in self.writable and (FORMATS[self.format].alpha or not alpha):
            return self.format
        return plain(alpha)


def plain(alpha: bool) -> str:
    return "png" if alpha else "jpeg"


class Result(Protocol):
    """What is to be encoded: has it transparency, and how many pixels is one frame?"""

    @property
    def alpha(self) -> bool: ...

    @property
    def pixels(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Supposed:
    """What a result might be."""

    alpha: bool
    pixels: int


@dataclass(frozen=True, slots=True)
class Computed:
    """What comes out of node `at` of a plan whose Fits are concrete; found out only when asked."""

    plan: Plan
    at: int
    inputs: Sequence[Facts]

    @property
    def alpha(self) -> bool:
        if self.inputs[0].alpha:
            return True
        told = clears(self.plan, self.at, self.inputs[0])
        return gains_alpha(_towards(self.plan, self.at), self.inputs) if told is None else told

    @property
    def pixels(self) -> int:
        size = sizes(_towards(self.plan, self.at), self.inputs)[-1]
        return size.width * size.height


def _towards(plan: Plan, at: int) -> Plan:
    """The nodes that node `at` is made from, itself the last."""
    if at == len(plan.nodes) - 1 and len(plan.outputs) == 1:
        return plan
    needed = {at}
    for each in reversed(range(at + 1)):
        if each in needed:
            needed.update(plan.nodes[each].of)
    places = {old: new for new, old in enumerate(sorted(needed))}
    return Plan(tuple(Node(plan.nodes[old].step, tuple(places[each] for each in plan.nodes[old].of)) for old in places))
