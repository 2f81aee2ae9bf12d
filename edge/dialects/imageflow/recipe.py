"""A job that has been read and wired: a wish with several inputs and outputs, and whose node each of its steps is."""

from dataclasses import dataclass
from typing import Literal

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import Security
from edge.plan.plan import Notice, Plan


@dataclass(frozen=True, slots=True)
class Step:
    """Where a node of the plan comes from: the job's own number of a node (an index of `steps`, a key of
    `graph.nodes`), its name, and the kind of error that what does not fit there is."""

    node: int
    name: str
    kind: str = "InvalidNodeParams"

    def fault(self, sentence: str, kind: str | None = None) -> JobError:
        """The error that names this node."""
        return JobError(kind or self.kind, f"Node {self.node} ({self.name}): {sentence}", node=self.node)


@dataclass(frozen=True, slots=True)
class Hint:
    """A decoder of this format may give the picture smaller, as long as its stored sides are at least these pixels."""

    format: Literal["jpeg", "webp"]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Allowed:
    """The formats that the edge may choose among for an output, and whether a JPEG may be progressive."""

    formats: frozenset[str]
    progressive: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """`plan` is a wish: Fits, Regions, Watermarks, open Encodes. Its inputs are numbered by their place in `inputs`,
    which holds the io_ids of every input of the job, used or not, in rising order. `outputs` are io_ids, one for each
    Encode in the plan's order. `steps` tells of each node of the plan whose it is. `securities` are applied in their
    order. `hints` are of Decodes, by node. `allowed` is one for each output; None: its Encode speaks RIAPI, where a
    format that cannot be written is left to the edge."""

    plan: Plan
    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    securities: tuple[Security, ...] = ()
    notices: tuple[Notice, ...] = ()
    hints: tuple[tuple[int, Hint], ...] = ()
    allowed: tuple[Allowed | None, ...] = ()
