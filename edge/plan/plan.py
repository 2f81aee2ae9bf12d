"""A plan: a small graph of steps over inputs, with outputs. Equal plans have equal text (edge.plan.canonical)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from edge.errors import EdgeError
from edge.plan.steps import Encode, Step

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Node:
    """One step and the earlier nodes it works on, by their place in the plan (none for Decode)."""

    step: Step
    of: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Nodes in an order where each refers to earlier ones only. Outputs are the Encode nodes."""

    nodes: tuple[Node, ...]

    @classmethod
    def chain(cls, *steps: Step) -> "Plan":
        """The plan in which each step works on the one before."""
        return cls(tuple(Node(step, (at - 1,) if at else ()) for at, step in enumerate(steps)))

    def steps(self) -> Iterator[Step]:
        return (node.step for node in self.nodes)

    def find(self, kind: type[S]) -> S | None:
        """The first step of this kind, or None."""
        return next((step for step in self.steps() if isinstance(step, kind)), None)

    @property
    def outputs(self) -> tuple[Encode, ...]:
        return tuple(step for step in self.steps() if isinstance(step, Encode))


@dataclass(frozen=True, slots=True)
class Notice:
    """A parameter that was not taken as written; shown by /explain. kind: unknown, ignored, invalid, duplicate."""

    kind: str
    key: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Extra:
    """A further input of a plan: a configured watermark. `path` is decoded, like `/photos/logo.png`."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a dialect understood. `processing` is False when the URL asks for nothing at all; `presets_only` is True
    when it names presets, or nothing, and says nothing else. `extras` are inputs 1, 2, … of the plan. `problem` is what
    the URL is refused with once access was granted (an unknown preset)."""

    plan: Plan
    notices: tuple[Notice, ...] = ()
    processing: bool = True
    presets_only: bool = False
    extras: tuple[Extra, ...] = ()
    problem: EdgeError | None = None
