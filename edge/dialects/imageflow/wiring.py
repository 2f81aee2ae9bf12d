"""Which node works on which: steps or a graph as nodes in an order where each follows what it works on.

Steps are a chain, so they are wired like the graph that says the same. Nodes that do not depend on each other come in
the order of their numbers.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from edge.dialects import values
from edge.dialects.imageflow import nodes as job
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import Edge, Graph, GraphOf, Steps
from edge.dialects.imageflow.recipe import Step
from edge.errors import expected

MOST_NODES: Final = 2048
MOST_EDGES: Final = 4096
_MOST_SHOWN: Final = 20  # nodes of a cycle


@dataclass(frozen=True, slots=True)
class Wired:
    """A node by the job's own number, and the places, in the order, of the nodes whose pictures it takes."""

    number: int
    node: job.Node
    input: int | None = None
    canvas: int | None = None

    @property
    def whose(self) -> Step:
        return Step(self.number, self.node.tag)


class _Takes(NamedTuple):
    """How many pictures a node works on: its inputs, at least and at most, and its canvases."""

    least: int
    most: int
    canvases: int = 0


class _Line(NamedTuple):
    """An edge between two numbers."""

    start: int
    end: int
    canvas: bool = False


_TAKES: Final[Mapping[type, _Takes]] = {
    job.Decode: _Takes(0, 0),
    job.CreateCanvas: _Takes(0, 0),
    job.CommandString: _Takes(0, 1),
    job.CopyRectToCanvas: _Takes(1, 1, 1),
    job.DrawImageExact: _Takes(1, 1, 1),
}
_TAKES_ONE: Final = _Takes(1, 1)


def wired(framewise: Steps | GraphOf) -> tuple[Wired, ...]:
    """The nodes in order. JobError: GraphInvalid, GraphCyclic, InvalidNodeConnections."""
    if isinstance(framewise, Steps):
        nodes = dict(enumerate(framewise.value))
        lines = [_Line(at, at + 1) for at in range(len(nodes) - 1)]
    else:
        nodes, lines = _numbered(framewise.value), [_line(each) for each in framewise.value.edges]
    _bounded("nodes", len(nodes), MOST_NODES)
    _bounded("edges", len(lines), MOST_EDGES)
    _ended(nodes, lines)
    order = _ordered(nodes, lines)
    return _connected(nodes, lines, order)


def _bounded(what: str, count: int, most: int) -> None:
    if count > most:
        raise JobError("GraphInvalid", expected(f"at most {most} {what}", "framewise", str(count)))


def _numbered(graph: Graph) -> dict[int, job.Node]:
    """A graph's nodes by number; two spellings of one number are two nodes too many."""
    _bounded("nodes", len(graph.nodes), MOST_NODES)
    found: dict[int, job.Node] = {}
    for key, node in graph.nodes.items():
        number = values.whole(key)
        if number is None:
            raise JobError("GraphInvalid", expected("whole numbers of 32 bits", "the keys of graph.nodes", key))
        if number in found:
            raise JobError("GraphInvalid", f"Expected one node for each number but {number} has two", node=number)
        found[number] = node
    return found


def _line(edge: Edge) -> _Line:
    return _Line(edge.start, edge.end, edge.kind == "canvas")


def _ended(nodes: Mapping[int, job.Node], lines: Iterable[_Line]) -> None:
    """Every edge must begin and end at a node that exists."""
    for line in lines:
        for name, number in (("from", line.start), ("to", line.end)):
            if number not in nodes:
                raise JobError("GraphInvalid", expected("the number of a node", f"{name} of an edge", str(number)))


def _ordered(nodes: Mapping[int, job.Node], lines: Sequence[_Line]) -> list[int]:
    """Each number after those it waits for; of those that wait for nothing the smallest first."""
    waits = dict.fromkeys(nodes, 0)
    after: dict[int, list[int]] = {number: [] for number in nodes}
    for line in lines:
        waits[line.end] += 1
        after[line.start].append(line.end)
    ready = [number for number, count in waits.items() if not count]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        order.append(heapq.heappop(ready))
        for number in after[order[-1]]:
            waits[number] -= 1
            if not waits[number]:
                heapq.heappush(ready, number)
    if len(order) < len(nodes):
        raise _cyclic(set(nodes) - set(order), lines)
    return order


def _cyclic(stuck: set[int], lines: Iterable[_Line]) -> JobError:
    """Whoever is stuck waits for another that is: going back from anyone ends in a cycle."""
    before = {line.end: line.start for line in lines if line.start in stuck and line.end in stuck}
    path, number = [], min(stuck)
    while number not in path:
        path.append(number)
        number = before[number]
    cycle = path[path.index(number) :][::-1]
    first = cycle.index(min(cycle))
    shown = [str(each) for each in cycle[first:] + cycle[:first]]
    if len(shown) > _MOST_SHOWN:
        shown[_MOST_SHOWN:] = ["…"]
    names = " → ".join((*shown, shown[0]))
    return JobError(
        "GraphCyclic", f"Expected a graph without cycles but these nodes form one: {names}", node=min(cycle)
    )


def _connected(nodes: Mapping[int, job.Node], lines: Iterable[_Line], order: Sequence[int]) -> tuple[Wired, ...]:
    places = {number: at for at, number in enumerate(order)}
    inputs: dict[int, list[int]] = {number: [] for number in order}
    canvases: dict[int, list[int]] = {number: [] for number in order}
    for line in lines:
        _ends_here(line, nodes[line.start])
        (canvases if line.canvas else inputs)[line.end].append(line.start)
    for number in order:
        _fits(Step(number, nodes[number].tag), nodes[number], inputs[number], canvases[number])
    return tuple(
        Wired(number, nodes[number], _place(inputs[number], places), _place(canvases[number], places))
        for number in order
    )


def _place(numbers: Sequence[int], places: Mapping[int, int]) -> int | None:
    return places[numbers[0]] if numbers else None


def _ends_here(line: _Line, node: job.Node) -> None:
    """What is written is at its end: nothing works on it."""
    writes = isinstance(node, job.Encode) or (isinstance(node, job.CommandString) and node.encode is not None)
    if writes:
        whose = Step(line.start, node.tag, "InvalidNodeConnections")
        raise whose.fault(f"Expected nothing to follow what is encoded but node {line.end} does")


def _fits(whose: Step, node: job.Node, inputs: Sequence[int], canvases: Sequence[int]) -> None:
    takes = _TAKES.get(type(node), _TAKES_ONE)
    wanted = str(takes.most) if takes.least == takes.most else f"{takes.least} or {takes.most}"
    if not takes.least <= len(inputs) <= takes.most:
        sentence = expected(_counted(wanted, "input"), "its edges", _counted(str(len(inputs)), "input"))
        raise whose.fault(sentence, "InvalidNodeConnections")
    if len(canvases) != takes.canvases:
        received = _counted(str(len(canvases)), "canvas")
        sentence = expected(_counted(str(takes.canvases), "canvas"), "its edges", received)
        raise whose.fault(sentence, "InvalidNodeConnections")
    if isinstance(node, job.CopyRectToCanvas) and list(inputs) == list(canvases):
        sentence = f"Expected input and canvas to be different bitmaps but both are node {inputs[0]}"
        raise whose.fault(sentence, "InvalidNodeConnections")


_PLURALS: Final = {"input": "inputs", "canvas": "canvases"}


def _counted(count: str, what: str) -> str:
    """1 input, 2 inputs."""
    return f"{count} {what if count in ('1', '0 or 1') else _PLURALS[what]}"
