"""All geometry: what a sizing wish means for pictures of known sizes, and the concrete plan that follows.

`compute` cuts the source by the manual window, finds the *target* (the box asked for), lets `edge.plan.arrange` say
what mode and scale make of the two, and puts the result in place: RIAPI §4, exactly.

`settle` walks a negotiated plan once. It replaces Fit by Crop, Resize and Pad, keeps turns and mirrors pending until a
step needs their pixels, and leaves out whatever changes nothing, so that equal results have equal text.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from edge.plan.arrange import arrange
from edge.plan.boxes import I32_MAX, Size, height_for, place, round_away, side, width_for
from edge.plan.colour import is_opaque, on_white, visible
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS
from edge.plan.plan import Node, Plan
from edge.plan.steps import TRANSPARENT, WHITE, Auto, Crop, Decode, Encode, Fit, Mirror, Pad, Resize, Step, Turn, Window


@dataclass(frozen=True, slots=True)
class Layout:
    """Which rectangle of the upright (and source-turned) picture is used, drawn at what size, where on what canvas."""

    crop_left: int
    crop_top: int
    crop: Size
    image: Size
    canvas: Size
    left: int
    top: int


def compute(fit: Fit, width: int, height: int) -> Layout:
    """Lay a picture of width × height out. Never fails: every number gives sizes from 1 to 2³¹−1."""
    whole = Size(max(1, width), max(1, height))
    left, top, source = _manual_crop(fit.window, whole)
    used, image, canvas = arrange(fit.mode, fit.scale, source, _target(fit, source))
    spot, anchor = fit.gravity or fit.anchor, fit.anchor
    return Layout(
        crop_left=left + place(source.width - used.width, spot.x),
        crop_top=top + place(source.height - used.height, spot.y),
        crop=used,
        image=image,
        canvas=canvas,
        left=place(canvas.width - image.width, anchor.x),
        top=place(canvas.height - image.height, anchor.y),
    )


def _manual_crop(window: Window | None, whole: Size) -> tuple[int, int, Size]:
    """Left, top and size of what the window keeps; a window that keeps nothing is no window (RIAPI §4.1)."""
    if window is None:
        return 0, 0, whole
    x1, x2 = _span(window.x1, window.x2, window.x_units, whole.width)
    y1, y2 = _span(window.y1, window.y2, window.y_units, whole.height)
    if x2 <= x1 or y2 <= y1:
        return 0, 0, whole
    return x1, y1, Size(x2 - x1, y2 - y1)


def _span(near: float, far: float, units: float, length: int) -> tuple[int, int]:
    """Both ends in whole pixels. Negative counts from the far edge, and so does 0 where it is the far end."""
    start, end = (value * length / (units or length) for value in (near, far))
    if start < 0:
        start += length
    if end <= 0:
        end += length
    return _within(start, length), _within(end, length)


def _within(value: float, length: int) -> int:
    return 0 if math.isnan(value) else round_away(min(max(value, 0.0), float(length)))


def _target(fit: Fit, source: Size) -> Size:
    """The box asked for (RIAPI §4.2). -1 is "not given"; 0 counts as given in the second rule only, as upstream."""
    width, max_width = _bounded(fit.width, fit.max_width)
    height, max_height = _bounded(fit.height, fit.max_height)
    if width >= 0 and max_height >= 0:
        max_height = min(max_height, height_for(source, width))
    if height >= 0 and max_width >= 0:
        max_width = min(max_width, width_for(source, height))
    box = _filled(max(width, max_width), max(height, max_height), source)
    zoom = 1.0 if isinstance(fit.zoom, Auto) else fit.zoom
    return Size(side(box.width * zoom), side(box.height * zoom))


def _bounded(length: int | Auto | None, bound: int | None) -> tuple[int, int]:
    """A length and what is left of its bound once both are given."""
    given = -1 if length is None or isinstance(length, Auto) else min(max(-1, length), I32_MAX)
    limit = -1 if bound is None else min(max(-1, bound), I32_MAX)
    return (min(given, limit), -1) if given > 0 and limit > 0 else (given, limit)


def _filled(width: int, height: int, source: Size) -> Size:
    """What is missing follows from the source: both sides its own, one side by its proportions."""
    if width < 1 and height < 1:
        return source
    if height < 1:
        return Size(width, height_for(source, width))
    if width < 1:
        return Size(width_for(source, height), height)
    return Size(width, height)


@dataclass(frozen=True, slots=True)
class _View:
    """What an earlier node yields: the node that holds its pixels, and the turn and mirror still to be done to them.

    Every turn and mirror of a rectangle is `quarters` clockwise, then perhaps a left-right mirror; `size` is what one
    sees after both. `paper` is the last background asked for.
    """

    at: int
    size: Size
    alpha: bool
    quarters: int = 0
    mirrored: bool = False
    paper: str | None = None


class _Settling:
    """The concrete plan as it grows: equal steps on equal nodes are one node, except outputs."""

    def __init__(self, inputs: Sequence[Facts]) -> None:
        self.inputs = inputs
        self.nodes: list[Node] = []
        self.places: dict[Node, int] = {}

    def put(self, step: Step, of: tuple[int, ...] = ()) -> int:
        node = Node(step, of)
        if not isinstance(step, Encode) and node in self.places:
            return self.places[node]
        self.places[node] = len(self.nodes)
        self.nodes.append(node)
        return self.places[node]

    def pixels(self, view: _View) -> int:
        """The node that holds the picture as seen, its pending turn and mirror done."""
        at, quarters = view.at, view.quarters
        if view.mirrored and quarters == 2:  # half a turn and left-right is top-bottom
            return self.put(Mirror("y"), (at,))
        if quarters:
            at = self.put(Turn(quarters), (at,))
        return self.put(Mirror("x"), (at,)) if view.mirrored else at

    def after(self, view: _View, step: Step) -> _View:
        """The view once `step` has really been done."""
        return _View(self.put(step, (self.pixels(view),)), view.size, view.alpha, paper=view.paper)


def settle(plan: Plan, facts_by_input: Sequence[Facts]) -> Plan:
    """The concrete plan of a negotiated wish: no Fit, nothing that changes nothing. Settling twice changes nothing."""
    settling = _Settling(facts_by_input)
    ends = _ends(plan)
    views: list[_View] = []
    for node, outputs in zip(plan.nodes, ends, strict=True):
        if isinstance(node.step, Decode):
            views.append(_decode(settling, node.step, outputs))
        else:
            views.append(_settle_step(settling, views[node.of[0]], node.step, outputs))
    return Plan(tuple(settling.nodes))


def _ends(plan: Plan) -> list[frozenset[str]]:
    """The formats that each node ends up in."""
    ends: list[set[str]] = [set() for _ in plan.nodes]
    for at in reversed(range(len(plan.nodes))):
        step = plan.nodes[at].step
        if isinstance(step, Encode):
            ends[at].add(str(step.format))
        for parent in plan.nodes[at].of:
            ends[parent] |= ends[at]
    return [frozenset(formats) for formats in ends]


def _settle_step(settling: _Settling, view: _View, step: Step, outputs: frozenset[str]) -> _View:
    if isinstance(step, Fit):
        return _fit(settling, view, step, outputs)
    return _SETTLERS[type(step)](settling, view, step)


def _decode(settling: _Settling, step: Decode, outputs: frozenset[str]) -> _View:
    """Formats without animation take the first frame."""
    facts = settling.inputs[step.input]
    moving = not outputs or any(name not in FORMATS or FORMATS[name].animated for name in outputs)
    if step.frame is None and facts.frames > 1 and not moving:
        step = replace(step, frame=0)
    return _View(settling.put(step), _upright(facts), facts.alpha)


def _upright(facts: Facts) -> Size:
    width, height = facts.upright
    return Size(max(1, width), max(1, height))


def _fit(settling: _Settling, view: _View, fit: Fit, outputs: frozenset[str]) -> _View:
    flat = bool(outputs) and all(_is_flat(name) for name in outputs)
    paper = WHITE if fit.background is None and flat else visible(fit.background or TRANSPARENT)
    paper = on_white(paper) if flat else paper
    layout = compute(fit, *view.size)
    view = _crop(settling, view, Crop(layout.crop_left, layout.crop_top, *layout.crop))
    if layout.image != view.size or not flat:  # a format without alpha is flattened by its encoder anyway
        view = _resize(settling, view, Resize(*layout.image, light=fit.light or "linear", matte=paper))
    view = _pad(settling, view, Pad(layout.left, layout.top, *layout.canvas, background=paper))
    return replace(view, paper=fit.background)


def _crop(settling: _Settling, view: _View, step: Crop) -> _View:
    if (step.left, step.top, step.width, step.height) == (0, 0, *view.size):
        return view
    return replace(settling.after(view, step), size=Size(step.width, step.height))


def _resize(settling: _Settling, view: _View, step: Resize) -> _View:
    """A matte acts where it is opaque and something shines through it; then it acts even without a change of size."""
    flattens = view.alpha and is_opaque(step.matte)
    step = replace(step, matte=step.matte if flattens else TRANSPARENT)
    if not flattens and (step.width, step.height) == view.size:
        return view
    return replace(settling.after(view, step), size=Size(step.width, step.height), alpha=view.alpha and not flattens)


def _pad(settling: _Settling, view: _View, step: Pad) -> _View:
    if (step.left, step.top, step.width, step.height) == (0, 0, *view.size):
        return view
    step = replace(step, background=visible(step.background))
    alpha = view.alpha or not is_opaque(step.background)
    return replace(settling.after(view, step), size=Size(step.width, step.height), alpha=alpha)


def _turn(settling: _Settling, view: _View, step: Turn) -> _View:
    """To turn what is mirrored is to mirror what was turned the other way."""
    quarters = (view.quarters - step.quarters if view.mirrored else view.quarters + step.quarters) % 4
    return replace(view, quarters=quarters, size=view.size.swapped if step.quarters % 2 else view.size)


def _mirror(settling: _Settling, view: _View, step: Mirror) -> _View:
    """Top-bottom is left-right and half a turn; both at once is half a turn."""
    mirrored = view.mirrored if step.axis == "both" else not view.mirrored
    quarters = view.quarters if step.axis == "x" else view.quarters + 2
    return replace(view, quarters=quarters % 4, mirrored=mirrored)


def _encode(settling: _Settling, view: _View, step: Encode) -> _View:
    """What has no alpha is flattened on the matte asked for, else the background, else white (RIAPI §6.1)."""
    matte = on_white(step.matte or view.paper or WHITE) if view.alpha else WHITE
    name = str(step.format)
    scaled = name not in FORMATS or FORMATS[name].quality is not None
    step = replace(step, matte=matte if _is_flat(name) else None, quality=step.quality if scaled else None)
    return settling.after(view, step)


_SETTLERS: Final[dict[type[Step], Callable[..., _View]]] = {
    Crop: _crop,
    Resize: _resize,
    Pad: _pad,
    Turn: _turn,
    Mirror: _mirror,
    Encode: _encode,
}


def _is_flat(name: str) -> bool:
    return name in FORMATS and not FORMATS[name].alpha


def sizes(plan: Plan, facts: Facts | Sequence[Facts]) -> tuple[Size, ...]:
    """What each node of a plan without AUTO yields, in pixels of one frame."""
    inputs = (facts,) if isinstance(facts, Facts) else facts
    yielded: list[Size] = []
    for node in plan.nodes:
        if isinstance(node.step, Decode):
            yielded.append(_upright(inputs[node.step.input]))
        else:
            yielded.append(_size_after(node.step, yielded[node.of[0]]))
    return tuple(yielded)


def _size_after(step: Step, size: Size) -> Size:
    match step:
        case Fit():
            return compute(step, *size).canvas
        case Crop() | Resize() | Pad():
            return Size(step.width, step.height)
        case Turn(quarters) if quarters % 2:
            return size.swapped
        case _:
            return size


def output_size(plan: Plan, facts: Facts | Sequence[Facts]) -> tuple[int, int]:
    """Width and height of the first output; of several inputs, facts in their order."""
    for node, size in zip(plan.nodes, sizes(plan, facts), strict=True):
        if isinstance(node.step, Encode):
            return size
    raise ValueError("A plan without Encode has no output")
