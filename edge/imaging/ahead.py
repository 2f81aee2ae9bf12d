"""What lies ahead of a node: who uses it, how small it will become, whether it moves. Looked up before any pixel, so
that a decoder may shrink, a stream that is read twice is held, and nothing is made that no output asks for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from edge.errors import BadRequest, expected
from edge.imaging.decode import Goal, most_demanding
from edge.imaging.geometry import View
from edge.plan.formats import FORMATS
from edge.plan.plan import Node, Plan
from edge.plan.steps import Crop, Decode, Encode, Gamut, Mirror, Resize, SmartCrop, Step, Trim, Turn

# For each node, the later ones that work on it, in the plan's order.
Users: TypeAlias = tuple[tuple[int, ...], ...]

# Longest side of the copy that stands for a picture when it is only described, in pixels.
TOLD = 128


def _anywhere(view: View, step: SmartCrop) -> View:
    return view.crop(Crop(0, 0, step.width, step.height))


# Steps that move no pixel, and the view after them. Where a SmartCrop will lie does not matter to its size.
VIEWS: Mapping[type[Step], Callable[[View, Any], View]] = {
    Turn: View.turn,
    Mirror: View.mirror,
    Crop: View.crop,
    SmartCrop: _anywhere,
}


@dataclass(frozen=True, slots=True)
class Ahead:
    """A plan seen from the outputs that are made. `order`: the nodes that are walked; while a Trim waits, those that it
    rests on, and it. `users` of each node count only on the way to an output, `readers` only in `order`. `moves`: the
    nodes of which an output shows every frame; `wide`: those from which an output in a wide gamut comes."""

    plan: Plan
    order: tuple[int, ...]
    users: Users
    readers: Users
    moves: frozenset[int]
    wide: frozenset[int]
    trims: bool

    @classmethod
    def of(cls, plan: Plan, every: bool = False) -> "Ahead":
        """Seen from the first output, or from `every` one. BadRequest when there is none."""
        outputs = [at for at, node in enumerate(plan.nodes) if isinstance(node.step, Encode)]
        if not outputs:
            raise BadRequest(expected("an output", "plan", "none"))
        outputs = outputs if every else outputs[:1]
        needed = _under(plan, outputs)
        trim = next((at for at in needed if isinstance(plan.nodes[at].step, Trim)), None)
        order = needed if trim is None else _under(plan, [trim])
        users = _users(plan, needed)
        readers = users if trim is None else _users(plan, order)
        moves = _under(plan, [at for at in outputs if _animated(plan.nodes[at].step)])
        wide = [line for at in outputs if _wide(plan.nodes[at].step) for line in _line(plan, at)]
        return cls(plan, order, users, readers, frozenset(moves), frozenset(wide), trim is not None)

    def moving(self, at: int) -> bool:
        """Is every frame wanted of this node?"""
        return at in self.moves

    def gamut(self, at: int) -> Gamut:
        """The widest that an output made from this node keeps. What is laid over another picture is none of it."""
        return "p3" if at in self.wide else "srgb"

    def shared(self, at: int) -> bool:
        """Is the picture read more than once? A stream can be read but once."""
        return len(self.readers[at]) > 1

    def done(self, at: int) -> list[int]:
        """The nodes that nobody asks for once this one is made."""
        return [parent for parent in set(self.plan.nodes[at].of) if self.readers[parent][-1] == at]

    def trimmed(self, at: int) -> bool:
        """Does a Trim wait somewhere behind this node?"""
        return self.trims and bool(self.readers[at])

    def root(self, at: int) -> int:
        """The Decode or Canvas that this node's picture, not what is laid over it, comes from."""
        return self.line(at)[-1]

    def line(self, at: int) -> list[int]:
        """This node and those that its picture, not what is laid over it, comes from."""
        return list(_line(self.plan, at))

    def under(self, at: int) -> list[Step]:
        """This node's step and all that its picture is made with."""
        return [self.plan.nodes[node].step for node in _under(self.plan, [at])]

    def seen(self, at: int) -> Decode | None:
        """The Decode of which this node shows nothing but a view; None once pixels were made."""
        while type(self.plan.nodes[at].step) in VIEWS:
            at = self.plan.nodes[at].of[0]
        step = self.plan.nodes[at].step
        return step if isinstance(step, Decode) else None

    def goal(self, at: int, view: View) -> Goal:
        """How far the decoder may shrink what is seen as `view`: look along every chain to its first Resize. A Pad, an
        effect or the end wants every pixel; at a fork the most demanding branch decides."""
        goals: list[Goal] = []
        waiting = [(user, view, False) for user in self.users[at]]
        while waiting:
            at, view, cropped = waiting.pop()
            step = self.plan.nodes[at].step
            if type(step) not in VIEWS:
                goals.append(_wanted(step, view, cropped))
                continue
            view = VIEWS[type(step)](view, step)
            cropped = cropped or isinstance(step, Crop | SmartCrop)
            waiting += [(user, view, cropped) for user in self.users[at]]
        return most_demanding(goals)


def _wanted(step: Step, view: View, cropped: bool) -> Goal:
    """What a step that is no view wants of a view."""
    if isinstance(step, Resize):
        return Goal(view.ratio(step.width, step.height), step.light, cropped, step.headroom)
    if isinstance(step, Encode) and step.format == "json":
        return Goal(view.ratio(*view.within(TOLD)), "srgb", cropped)
    return Goal()


def joined(plan: Plan) -> Plan:
    """The plan in which equal Decodes are one: what read the others reads the first. No node moves."""
    first: dict[Step, int] = {}
    for at, node in enumerate(plan.nodes):
        if isinstance(node.step, Decode):
            first.setdefault(node.step, at)
    own = {at: first[node.step] for at, node in enumerate(plan.nodes) if isinstance(node.step, Decode)}
    return Plan(tuple(Node(node.step, tuple(own.get(of, of) for of in node.of)) for node in plan.nodes))


def _under(plan: Plan, ends: Sequence[int]) -> tuple[int, ...]:
    """These nodes and all that they rest on, in the plan's order."""
    needed: set[int] = set()
    waiting = list(ends)
    while waiting:
        at = waiting.pop()
        if at not in needed:
            needed.add(at)
            waiting.extend(plan.nodes[at].of)
    return tuple(sorted(needed))


def _users(plan: Plan, among: Sequence[int]) -> Users:
    users: list[list[int]] = [[] for _ in plan.nodes]
    for at in among:
        for parent in plan.nodes[at].of:
            users[parent].append(at)
    return tuple(tuple(each) for each in users)


def _line(plan: Plan, at: int) -> Iterator[int]:
    """This node and those that its picture comes from."""
    yield at
    while plan.nodes[at].of:
        at = plan.nodes[at].of[0]
        yield at


def _animated(step: Step) -> bool:
    return isinstance(step, Encode) and isinstance(step.format, str) and step.format in _ANIMATED


def _wide(step: Step) -> bool:
    return isinstance(step, Encode) and step.gamut == "p3"


_ANIMATED = frozenset(name for name, format in FORMATS.items() if format.animated)
