"""From a negotiated wish to the concrete plan, by one walk.

Fit becomes Crop, SmartCrop, Resize and Pad, Region and Expand become Crop and Pad, Watermark becomes Crop, Resize and
Overlay, and whatever changes nothing is left out, so that equal results have equal text. Settling twice changes
nothing. A rectangle that must lie in its picture and does not is a Misfit, which names the node of the wish.

What a Trim leaves is known once there are pixels. So a Trim and all that follows it stays as the wish has it, and the
plan's text depends on nothing that is not known. The worker finds the box of the content and asks `resolve` for the
plan that follows.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from edge.errors import Misfit
from edge.plan.boxes import Rect, Size
from edge.plan.colour import visible
from edge.plan.effects import effect
from edge.plan.ends import RECOLOURING, Ends, beyond, ends, ground, is_flat, matte_of, moves, underlays
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS
from edge.plan.marks import overlay, watermark
from edge.plan.plan import Node, Plan
from edge.plan.regions import canvas, expand, fill, region
from edge.plan.resample import resized, tidied, wanted
from edge.plan.sizing import compute, window_of
from edge.plan.steps import (
    EFFECTS,
    TRANSPARENT,
    WHITE,
    Canvas,
    Caption,
    Crop,
    Decode,
    Dot,
    Encode,
    Expand,
    Fill,
    Fit,
    Mirror,
    Overlay,
    Pad,
    Region,
    Resize,
    SmartCrop,
    Step,
    Trim,
    Turn,
    Watermark,
)
from edge.plan.view import Settling, View, cropped, needed, stored

_DOT: Final = 3  # pixels a side
_TOLD: Final = "json"
_Views = tuple[View, ...]


def settle(plan: Plan, facts_by_input: Sequence[Facts]) -> Plan:
    """The concrete plan of a negotiated wish for pictures of these facts, in the order of the plan's inputs."""
    return walk(plan, facts_by_input)[0].plan()


def walk(plan: Plan, facts_by_input: Sequence[Facts]) -> tuple[Settling, list[View]]:
    """The plan as it was settled, and what is known of each node of the wish.

    What becomes of a picture on its way out is known once it is known which marks and changes of colour do nothing, and
    which windows miss their picture; that hangs on sizes and on what is opaque alone.
    """
    settling, views = _walked(plan, facts_by_input, frozenset())
    hidden = {at for at, node in enumerate(plan.nodes) if _is_hidden(views[at], node, views)}
    return _walked(plan, facts_by_input, frozenset(hidden)) if hidden else (settling, views)


def _is_hidden(view: View, node: Node, views: list[View]) -> bool:
    if len(node.of) > 1 or isinstance(node.step, RECOLOURING):
        return view is views[node.of[0]]
    return view.plain and isinstance(node.step, Region)


def _walked(plan: Plan, facts_by_input: Sequence[Facts], hidden: frozenset[int]) -> tuple[Settling, list[View]]:
    settling, views = Settling(facts_by_input), list[View]()
    for at, (node, to) in enumerate(zip(plan.nodes, ends(plan, hidden), strict=True)):
        with _placed(at):
            views.append(_settled(settling, tuple(views[of] for of in node.of), node.step, to))
    return settling, views


@contextmanager
def _placed(at: int) -> Iterator[None]:
    """A rectangle that does not fit is that of node `at` of the wish."""
    try:
        yield
    except Misfit as error:
        error.at = at
        raise


def _settled(settling: Settling, views: _Views, step: Step, to: Ends) -> View:
    if isinstance(step, Trim) or any(view.wild for view in views):
        return _left(settling, views, step)
    return _SETTLERS[type(step)](settling, views, step, to)


def _left(settling: Settling, views: _Views, step: Step) -> View:
    """A step that stays as it is. Of the size nothing is known; the background is still followed."""
    first, *others = (settling.padded(settling.flat(view)) for view in views)
    if isinstance(step, Encode):
        step = _acting(step, step.matte or first.paper)
    paper = step.background if isinstance(step, Fit) else first.paper
    return replace(settling.after(first, step, *others), paper=paper, image=None, wild=True)


def _decode(settling: Settling, views: _Views, step: Decode, to: Ends) -> View:
    """Formats without animation take the first frame. What is stored upright is not turned."""
    facts = settling.inputs[step.input]
    if facts.orientation == 1:
        step = replace(step, upright=True)
    if step.frame is None and facts.frames > 1 and not moves(to):
        step = replace(step, frame=0)
    return View(settling.put(step), stored(step, facts), facts.alpha)


def _fit(settling: Settling, views: _Views, fit: Fit, to: Ends) -> View:
    view, to = settling.padded(views[0]), beyond(to)
    paper, layout = ground(fit.background, to), compute(fit, *view.size)
    view = _cut(settling, view, fit, Rect(layout.crop_left, layout.crop_top, *layout.crop))
    waits = underlays(to, paper, fit.background)
    view = _resampled(settling, view, wanted(fit, view.size, layout.image, paper), waits)
    pad = Pad(layout.left, layout.top, *layout.canvas, background=paper)
    image = Rect(layout.left, layout.top, *layout.image)
    return replace(view, pad=needed(pad, view.size), image=image, paper=fit.background)


def _cut(settling: Settling, view: View, fit: Fit, used: Rect) -> View:
    """Attention chooses inside the window, unless the window is all that is used."""
    if not fit.smart:
        return cropped(settling, view, Crop(*used))
    window = window_of(fit, *view.size)
    return _smart_crop(settling, (cropped(settling, view, Crop(*window)),), SmartCrop(*used.size), frozenset())


def _resampled(settling: Settling, view: View, step: Resize, waits: bool) -> View:
    """A matte alone can wait when the encoder puts the same one there anyway."""
    view = settling.flat(view)
    if waits and view.alpha and tidied(step, view.size, alpha=False) is None:
        return replace(view, matte=(step.matte, step.light))
    return resized(settling, view, step)


def _crop(settling: Settling, views: _Views, step: Crop, to: Ends) -> View:
    return cropped(settling, settling.padded(views[0]), step)


def _smart_crop(settling: Settling, views: _Views, step: SmartCrop, to: Ends) -> View:
    view = settling.padded(views[0])
    size = Size(min(step.width, view.size.width), min(step.height, view.size.height))
    return view if size == view.size else replace(settling.after(view, SmartCrop(*size)), size=size, image=None)


def _resize(settling: Settling, views: _Views, step: Resize, to: Ends) -> View:
    return resized(settling, settling.padded(views[0]), step)


def _pad(settling: Settling, views: _Views, step: Pad, to: Ends) -> View:
    view = settling.padded(views[0])
    pad = needed(step, view.size)
    return view if pad is None else replace(settling.pad(view, pad), image=None)


def _turn(settling: Settling, views: _Views, step: Turn, to: Ends) -> View:
    """To turn what is mirrored is to mirror what was turned the other way."""
    view = settling.padded(views[0])
    quarters = (view.quarters - step.quarters if view.mirrored else view.quarters + step.quarters) % 4
    image = view.image and view.image.turned(step.quarters, view.size)
    return replace(view, quarters=quarters, size=view.size.swapped if step.quarters % 2 else view.size, image=image)


def _mirror(settling: Settling, views: _Views, step: Mirror, to: Ends) -> View:
    """Top-bottom is left-right and half a turn; both at once is half a turn."""
    view = settling.padded(views[0])
    image, half = view.image, step.axis != "x"
    mirrored = view.mirrored if step.axis == "both" else not view.mirrored
    if image is not None:
        image = image.mirrored(view.size) if step.axis != "both" else image
        image = image.turned(2, view.size) if half else image
    return replace(view, quarters=(view.quarters + 2 * half) % 4, mirrored=mirrored, image=image)


def _caption(settling: Settling, views: _Views, step: Caption, to: Ends) -> View:
    if not step.text or step.size <= 0 or step.opacity <= 0 or visible(step.colour) == TRANSPARENT:
        return views[0]
    return settling.after(settling.padded(views[0]), replace(step, opacity=min(step.opacity, 1.0)))


def _dot(settling: Settling, views: _Views, step: Dot, to: Ends) -> View:
    return views[0] if min(views[0].canvas) <= _DOT else settling.after(settling.padded(views[0]), step)


def _encode(settling: Settling, views: _Views, step: Encode, to: Ends) -> View:
    """What has no alpha is flattened on the matte asked for, else the background, else white (RIAPI §6.1)."""
    view = settling.padded(views[0])
    matte = matte_of(step.matte, view.paper) if view.alpha else WHITE
    return settling.after(view, _acting(step, matte))


def _acting(step: Encode, matte: str | None) -> Encode:
    """The step without what its format does not know: a matte where there is alpha, a quality where there is no scale.
    What is told of a picture is nobody's format: that step stays as it is."""
    name = str(step.format)
    if name == _TOLD:
        return step
    scaled = name not in FORMATS or FORMATS[name].quality is not None
    return replace(step, matte=matte if is_flat(name) else None, quality=step.quality if scaled else None)


_SETTLERS: Final[dict[type[Step], Callable[[Settling, _Views, Any, Ends], View]]] = {
    Decode: _decode,
    Canvas: canvas,
    Fit: _fit,
    Crop: _crop,
    SmartCrop: _smart_crop,
    Resize: _resize,
    Pad: _pad,
    Region: region,
    Expand: expand,
    Fill: fill,
    Turn: _turn,
    Mirror: _mirror,
    **dict.fromkeys(EFFECTS, effect),
    Watermark: watermark,
    Overlay: overlay,
    Caption: _caption,
    Dot: _dot,
    Encode: _encode,
}
