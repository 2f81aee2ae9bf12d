"""A recipe that is being written: the plan's nodes, whose they are, and the inputs and outputs that they name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.dialects.book import Book
from edge.dialects.imageflow import nodes as job
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import IoObject, Security
from edge.dialects.imageflow.recipe import Allowed, Hint, Recipe, Step
from edge.dialects.imageflow.wiring import Wired
from edge.errors import expected
from edge.plan import steps
from edge.plan.plan import Node, Notice, Plan

_MOST_NOTICES: Final = 100
_MOST_OUTPUTS: Final = 256


@dataclass(frozen=True, slots=True)
class Ids:
    """The io_ids that may be read, in rising order, and those that may be written."""

    inputs: tuple[int, ...]
    outputs: frozenset[int]

    @classmethod
    def of(cls, io: Sequence[IoObject] | None, nodes: Iterable[Wired]) -> "Ids":
        """What is registered. Without a list it is what the nodes name: it was, or will be, registered elsewhere."""
        if io is None:
            read, written = _named(nodes)
            return cls(tuple(sorted(read)), frozenset(written))
        seen: set[int] = set()
        for each in io:
            if each.io_id in seen:
                raise JobError("DuplicateIoId", expected("each io_id once", "io", str(each.io_id)))
            seen.add(each.io_id)
        inputs = sorted(each.io_id for each in io if each.direction == "in")
        return cls(tuple(inputs), frozenset(seen) - frozenset(inputs))


def _named(nodes: Iterable[Wired]) -> tuple[set[int], set[int]]:
    """The io_ids that nodes read and write."""
    read: set[int] = set()
    written: set[int] = set()
    for one in nodes:
        node = one.node
        if isinstance(node, job.Decode | job.Watermark):
            read.add(node.io_id)
        elif isinstance(node, job.Encode):
            written.add(node.io_id)
        elif isinstance(node, job.CommandString):
            read.update(mark.io_id for mark in node.watermarks or ())
            read.update(() if node.decode is None else (node.decode,))
            written.update(() if node.encode is None else (node.encode,))
    return read, written


@dataclass(frozen=True, slots=True)
class At:
    """Whose node is being written, and the nodes of the plan that it works on; -1 = none."""

    whose: Step
    input: int = -1
    canvas: int = -1


class Draft:
    """`book` and its `compat` are those of the route or the caller."""

    def __init__(self, ids: Ids, book: Book) -> None:
        self.book = book
        self._ids = ids
        self._nodes: list[Node] = []
        self._steps: list[Step] = []
        self._read: dict[tuple[steps.Decode, Hint | None], int] = {}
        self._hints: list[tuple[int, Hint]] = []
        self._outputs: list[int] = []
        self._allowed: list[Allowed | None] = []
        self._notices: list[Notice] = []

    def __repr__(self) -> str:
        return f"Draft({len(self._nodes)} nodes, {len(self._outputs)} outputs)"

    def put(self, whose: Step, step: steps.Step, *of: int) -> int:
        self._nodes.append(Node(step, of))
        self._steps.append(whose)
        return len(self._nodes) - 1

    def chain(self, whose: Step, at: int, *line: steps.Step) -> int:
        """Steps that work on each other, the first on node `at`."""
        for step in line:
            at = self.put(whose, step, at)
        return at

    def read(self, whose: Step, io_id: int, how: steps.Decode, hint: Hint | None = None) -> int:
        """The node that reads an input in this way; however often it is used, it is read once."""
        if io_id not in self._ids.inputs:
            raise whose.fault(expected("the io_id of an input", "io_id", str(io_id)), "IoIdNotFound")
        step = steps.Decode(self._ids.inputs.index(io_id), how.frame, how.upright, how.profile)
        if (step, hint) not in self._read:
            self._read[step, hint] = self.put(whose, step)
            if hint is not None:
                self._hints.append((self._read[step, hint], hint))
        return self._read[step, hint]

    def write(self, at: At, io_id: int, step: steps.Encode, allowed: Allowed | None = None) -> int:
        if io_id not in self._ids.outputs:
            raise at.whose.fault(expected("the io_id of an output", "io_id", str(io_id)), "IoIdNotFound")
        if io_id in self._outputs:
            raise at.whose.fault(f"Expected each output to be written once but {io_id} already is", "DuplicateIoId")
        if len(self._outputs) == _MOST_OUTPUTS:
            raise at.whose.fault(f"Expected at most {_MOST_OUTPUTS} outputs", "GraphInvalid")
        self._outputs.append(io_id)
        self._allowed.append(allowed)
        return self.put(at.whose, step, at.input)

    def note(self, notices: Iterable[Notice]) -> None:
        """At most so many: a job may hold thousands of queries."""
        self._notices.extend(notices)
        del self._notices[_MOST_NOTICES:]

    def recipe(self, securities: Sequence[Security]) -> Recipe:
        if not self._outputs:
            raise JobError("GraphInvalid", "Expected at least one encode node but there is none")
        return Recipe(
            Plan(tuple(self._nodes)),
            tuple(self._steps),
            self._ids.inputs,
            tuple(self._outputs),
            tuple(securities),
            tuple(self._notices),
            tuple(self._hints),
            tuple(self._allowed),
        )
