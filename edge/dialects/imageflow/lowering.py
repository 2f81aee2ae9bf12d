"""From the nodes of a job to the steps of a plan: what each kind of node means, as a table (JSON_JOBS §3)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.dialects.book import PLAIN, Book, Compat
from edge.dialects.imageflow import effect_nodes as coloured
from edge.dialects.imageflow import effects, geometry
from edge.dialects.imageflow import nodes as job
from edge.dialects.imageflow.commands import command_string, laid, query_node
from edge.dialects.imageflow.draft import At, Draft, Ids
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.geometry import Line
from edge.dialects.imageflow.model import Build, EstimateRequest, Execute, Security, Steps
from edge.dialects.imageflow.presets import encoded
from edge.dialects.imageflow.recipe import Recipe, Step
from edge.dialects.imageflow.sampling import colour, decoding, paint, side
from edge.dialects.imageflow.wiring import Wired, wired
from edge.errors import expected
from edge.plan import steps

_LONGEST_SIDE: Final = 2_000_000  # of a canvas, in pixels
_LARGEST_CANVAS: Final = 100_000_000
# Nodes of one input whose steps follow it.
_Follows = Callable[[Any, Step, Compat], Line]
_FOLLOWING: Final[Mapping[type, _Follows]] = {
    job.Constrain: geometry.constrain,
    job.Crop: geometry.crop,
    job.CropWhitespace: geometry.crop_whitespace,
    job.Region: geometry.region,
    job.RegionPercent: geometry.region_percent,
    job.Resample2d: geometry.resample,
    job.FillRect: geometry.fill,
    job.ExpandCanvas: geometry.expand,
    job.ApplyOrientation: geometry.upright,
    coloured.RoundImageCorners: effects.round_corners,
    coloured.ColorFilterSrgb: effects.colour_filter,
    coloured.ColorMatrixSrgb: effects.colour_matrix,
    coloured.WhiteBalance: effects.balance,
}
# Nodes whose misfits are told by another kind than InvalidNodeParams.
_KINDS: Final[Mapping[type, str]] = {job.FillRect: "InvalidCoordinates", job.CreateCanvas: "InvalidCoordinates"}


def recipe_of(request: Build | Execute | EstimateRequest, book: Book = PLAIN) -> Recipe:
    """What a job wants, wired and lowered. Without `io`, every io_id that a node names counts as registered. JobError
    names the node and the field at fault."""
    if request.framewise is None:
        raise JobError("InvalidArgument", "Expected a job's steps or graph for framewise but it is missing")
    nodes = wired(request.framewise)
    draft = Draft(Ids.of(request.io, nodes), book)
    places: list[int] = []
    for one in nodes:
        places.append(_lowered(draft, one, places))
    return draft.recipe(_securities(request))


def query_recipe(query: str, book: Book = PLAIN, decode: int = 0, encode: int = 1) -> Recipe:
    """The one-node job of v1/querystring: what a RIAPI query makes of input `decode`, written as `encode`."""
    steps_of = Steps.model_validate({"steps": [query_node(query, decode, encode)]})
    return recipe_of(Execute(framewise=steps_of), book)


def _securities(request: Build | Execute | EstimateRequest) -> list[Security]:
    """The one in `builder_config` is applied last."""
    config = None if isinstance(request, Execute) else request.builder_config
    said = (request.security, None if config is None else config.security)
    return [each for each in said if each is not None]


def _lowered(draft: Draft, one: Wired, places: list[int]) -> int:
    """The plan's node that yields what this node of the job does."""
    node, kind = one.node, type(one.node)
    whose = Step(one.number, node.tag, _KINDS.get(kind, "InvalidNodeParams"))
    at = At(whose, *(-1 if each is None else places[each] for each in (one.input, one.canvas)))
    if kind in _FOLLOWING:
        return draft.chain(whose, at.input, *_FOLLOWING[kind](node, whose, draft.book.compat))
    if kind in geometry.TURNS:
        return draft.chain(whose, at.input, *geometry.TURNS[kind])
    return _JOINING[kind](draft, node, at)


def _decode(draft: Draft, node: job.Decode, at: At) -> int:
    how, hint = decoding(node.commands, draft.book.compat)
    return draft.read(at.whose, node.io_id, how, hint)


def _encode(draft: Draft, node: job.Encode, at: At) -> int:
    step, allowed, before = encoded(node.preset, at.whose)
    place = draft.chain(at.whose, at.input, *before)
    return draft.write(At(at.whose, place), node.io_id, step, allowed)


def _canvas(draft: Draft, node: job.CreateCanvas, at: At) -> int:
    if node.format not in ("bgra_32", "bgr_32"):
        raise at.whose.fault(expected("bgra_32 or bgr_32", "format", node.format), "InvalidNodeParams")
    for name, length in (("w", node.w), ("h", node.h)):
        if not 1 <= length <= _LONGEST_SIDE:
            raise at.whose.fault(expected(f"1 to {_LONGEST_SIDE} pixels", name, str(length)))
    if node.w * node.h > _LARGEST_CANVAS:
        raise at.whose.fault(expected(f"at most {_LARGEST_CANVAS} pixels", "w times h", str(node.w * node.h)))
    if node.format == "bgra_32":
        return draft.put(at.whose, steps.Canvas(node.w, node.h, colour(node.color, "color", at.whose)))
    background = paint(node.color, "color", at.whose)[:6] + "ff"
    return draft.put(at.whose, steps.Canvas(node.w, node.h, background, alpha=False))


def _copy_rect(draft: Draft, node: job.CopyRectToCanvas, at: At) -> int:
    """A rectangle of the input in place of as large a one of the canvas."""
    width, height = side(node.w, "w", at.whose), side(node.h, "h", at.whose)
    x, y = float(node.from_x), float(node.from_y)
    part = draft.put(at.whose, steps.Region(x, y, x + width, y + height, inside=True), at.input)
    return draft.put(at.whose, steps.Overlay(node.x, node.y, blend="overwrite", inside=True), at.canvas, part)


def _draw(draft: Draft, node: job.DrawImageExact, at: At) -> int:
    """The input at exactly this size on the canvas."""
    when = None if node.hints is None else node.hints.resample_when
    if when not in (None, "always"):
        raise at.whose.fault(expected("always or nothing", "hints.resample_when", when))
    scaled = draft.chain(at.whose, at.input, *geometry.exactly(node.w, node.h, node.hints, at.whose))
    return draft.put(
        at.whose, steps.Overlay(node.x, node.y, blend=node.blend or "compose", inside=True), at.canvas, scaled
    )


# Nodes that read, write, or work on more than one picture.
_JOINING: Final[Mapping[type, Callable[[Draft, Any, At], int]]] = {
    job.Decode: _decode,
    job.Encode: _encode,
    job.CommandString: command_string,
    job.CreateCanvas: _canvas,
    job.CopyRectToCanvas: _copy_rect,
    job.DrawImageExact: _draw,
    job.Watermark: laid,
}
