"""What lies ahead of a node: who uses it, how small it will become, whether it moves. Looked up before any pixel, so
that a decoder may shrink, a stream that is read twice is held, and nothing is made that no output asks for.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.errors import BadRequest, expected
from edge.imaging.decode import Goal
from edge.imaging.geometry import View
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import Crop, Decode, Encode, Gamut, Mirror, Resize, SmartCrop, Step, Trim, Turn

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
    """A plan seen from its first output. `users` of each node count only on the way there; nodes without are none of
    its business. `main`: the output and what it is made from, without what is laid over that. `before`: what a Trim
    rests on."""

    plan: Plan
    output: Encode
    users: tuple[tuple[int, ...], ...]
    main: frozenset[int]
    before: frozenset[int]

    @classmethod
    def of(cls, plan: Plan) -> "Ahead":
        """BadRequest when there is no output."""
        for at, node in enumerate(plan.nodes):
            if isinstance(node.step, Encode):
                users = _users(plan, at)
                return cls(plan, node.step, users, frozenset(_line(plan, at)), frozenset(_before(plan, users)))
        raise BadRequest(expected("an output", "plan", "none"))

    def wanted(self, at: int) -> bool:
        """Does the first output rest on this node, or is it that?"""
        return at in self.main or bool(self.users[at])

    def moving(self, at: int) -> bool:
        """Is every frame wanted of this node? Of what is laid over another picture, one is enough."""
        return at in self.main and isinstance(self.output.format, str) and _animated(self.output.format)

    def gamut(self, at: int) -> Gamut:
        return self.output.gamut if at in self.main else "srgb"

    def shared(self, at: int) -> bool:
        """Is the picture read more than once? A stream can be read but once."""
        return len(self.users[at]) > 1

    def done(self, at: int) -> list[int]:
        """The nodes that nobody asks for once this one is made."""
        return [parent for parent in set(self.plan.nodes[at].of) if self.users[parent][-1] == at]

    def trimmed(self, at: int) -> bool:
        """Does a Trim wait somewhere behind this node?"""
        return at in self.before

    def root(self, at: int) -> int:
        """The Decode that this node's picture, not what is laid over it, comes from."""
        return list(_line(self.plan, at))[-1]

    @property
    def input(self) -> int:
        """The input that the output is made from."""
        steps = (self.plan.nodes[at].step for at in self.main)
        return next(step.input for step in steps if isinstance(step, Decode))

    def seen(self, at: int) -> Decode | None:
        """The Decode of which this node shows nothing but a view; None once pixels were made."""
        while type(self.plan.nodes[at].step) in VIEWS:
            at = self.plan.nodes[at].of[0]
        step = self.plan.nodes[at].step
        return step if isinstance(step, Decode) else None

    def goal(self, at: int, view: View) -> Goal:
        """How far the decoder may shrink what is seen as `view`: look along the chain to the first Resize. A fork, a
        Pad, an effect or the end wants every pixel."""
        cropped = False
        while len(self.users[at]) == 1:
            at = self.users[at][0]
            step = self.plan.nodes[at].step
            if isinstance(step, Resize):
                return Goal(view.ratio(step.width, step.height), step.light, cropped, step.headroom)
            if isinstance(step, Encode) and step.format == "json":
                return Goal(view.ratio(*view.within(TOLD)), "srgb", cropped)
            if type(step) not in VIEWS:
                break
            cropped = cropped or isinstance(step, Crop | SmartCrop)
            view = VIEWS[type(step)](view, step)
        return Goal()


def _users(plan: Plan, output: int) -> tuple[tuple[int, ...], ...]:
    needed: set[int] = set()
    waiting = [output]
    while waiting:
        at = waiting.pop()
        if at not in needed:
            needed.add(at)
            waiting.extend(plan.nodes[at].of)
    users: list[list[int]] = [[] for _ in plan.nodes]
    for at in sorted(needed):
        for parent in plan.nodes[at].of:
            users[parent].append(at)
    return tuple(tuple(each) for each in users)


def _before(plan: Plan, users: tuple[tuple[int, ...], ...]) -> set[int]:
    before: set[int] = set()
    for at in reversed(range(len(plan.nodes))):
        if any(user in before or isinstance(plan.nodes[user].step, Trim) for user in users[at]):
            before.add(at)
    return before


def _line(plan: Plan, at: int) -> Iterator[int]:
    """This node and those that its picture comes from."""
    yield at
    while plan.nodes[at].of:
        at = plan.nodes[at].of[0]
        yield at


def _animated(format: str) -> bool:
    return format in FORMATS and FORMATS[format].animated
