"""One way to write a job, for all tests of jobs."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.dialects.book import PLAIN, Book
from edge.dialects.imageflow.lowering import recipe_of
from edge.dialects.imageflow.model import Build
from edge.dialects.imageflow.recipe import Recipe
from edge.plan import steps
from edge.plan.plan import Plan

DECODE = {"decode": {"io_id": 0}}
ENCODE = {"encode": {"io_id": 1, "preset": "gif"}}
RED = {"srgb": {"hex": "ff0000"}}


def encode(preset: Any, io_id: int = 1) -> dict[str, Any]:
    return {"encode": {"io_id": io_id, "preset": preset}}


def build(*nodes: Any, ins: Sequence[int] = (0,), outs: Sequence[int] = (1,), **others: Any) -> Build:
    """A job of steps, with these io_ids."""
    return Build.model_validate({"io": io(ins, outs), "framewise": {"steps": list(nodes)}, **others})


def io(ins: Sequence[int] = (0,), outs: Sequence[int] = (1,)) -> list[dict[str, Any]]:
    placed = [{"io_id": io_id, "direction": "in", "io": "placeholder"} for io_id in ins]
    return placed + [{"io_id": io_id, "direction": "out", "io": "output_buffer"} for io_id in outs]


def graph(
    nodes: Mapping[Any, Any],
    inputs: Sequence[tuple[int, int]] = (),
    canvases: Sequence[tuple[int, int]] = (),
    ins: Sequence[int] = (0,),
    outs: Sequence[int] = (1,),
) -> Build:
    """A job of a graph: nodes by number, and edges as pairs."""
    edges = [
        {"from": start, "to": end, "kind": kind}
        for kind, pairs in (("input", inputs), ("canvas", canvases))
        for start, end in pairs
    ]
    framewise = {"graph": {"nodes": {str(number): node for number, node in nodes.items()}, "edges": edges}}
    return Build.model_validate({"io": io(ins, outs), "framewise": framewise})


def chain(*nodes: Any, book: Book = PLAIN) -> tuple[steps.Step, ...]:
    """What nodes between a decode and an encode become."""
    plan = recipe_of(build(DECODE, *nodes, ENCODE), book).plan
    assert plan == Plan.chain(*plan.steps())
    return tuple(plan.steps())[1:-1]


def encoded(preset: Any) -> Recipe:
    return recipe_of(build(DECODE, encode(preset)))
