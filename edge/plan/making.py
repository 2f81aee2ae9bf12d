"""What the steps between decoding and writing add to the bill."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edge.plan.bill import Bill
from edge.plan.boxes import Size
from edge.plan.colour import is_opaque
from edge.plan.plan import Node, Plan
from edge.plan.reading import VIEWS, Goal, Input, decoding, detail, glance, is_drawing, shrunk
from edge.plan.steps import (
    Balance,
    Blur,
    Canvas,
    Caption,
    Dot,
    Expand,
    Fill,
    Fit,
    Mirror,
    Overlay,
    Pad,
    Pixelate,
    Recolour,
    Region,
    Resize,
    Round,
    SmartCrop,
    Step,
    Trim,
    Turn,
    Watermark,
)

_NARROW: Final = 4.0  # sigma up to which a blur works on every pixel
_CHANNELS: Final = 4
_STANDS_OUT: Final = 4.0  # how strongly detail shortens the search for edges
_TURNED: Final = (3, 4, 5, 6, 7, 8)  # orientations that turn, and that mirror
_MIRRORED: Final = (2, 4, 5, 7)
_RIM: Final = 64  # pixels: a strip in which a Trim looks


@dataclass(frozen=True, slots=True)
class Course:
    """A plan and, for each of its nodes: size, frames, whether it may be transparent, what is wanted of it; and what
    each Decode reads."""

    plan: Plan
    sizes: Sequence[Size]
    frames: Sequence[int]
    clear: Sequence[bool]
    goals: Sequence[Goal]
    inputs: dict[int, Input]

    def pixels(self, at: int) -> float:
        """Of all frames."""
        size = self.sizes[at]
        return size.width * size.height * self.frames[at]

    def parent(self, at: int) -> int:
        """What a node works on; itself when it begins something."""
        of = self.plan.nodes[at].of
        return of[0] if of else at

    def root(self, at: int) -> int:
        """Past all that moves no pixel."""
        while isinstance(self.plan.nodes[at].step, VIEWS):
            at = self.plan.nodes[at].of[0]
        return at

    def shrunk(self, at: int) -> float:
        """What a decoder has divided the sides of this picture by."""
        root = self.root(at)
        return shrunk(self.inputs[root].facts, self.goals[root]) if root in self.inputs else 1.0


def making(bill: Bill, course: Course, at: int, step: Step) -> None:
    """All that a step does but a Decode or an Encode."""
    work = _WORKS.get(type(step))
    if work is not None:
        work(bill, course, at, step)


def _resize(bill: Bill, course: Course, at: int, step: Resize) -> None:
    before = course.parent(at)
    shrink = course.shrunk(before)
    source = course.sizes[before]
    width, height = max(1.0, source.width / shrink), max(1.0, source.height / shrink)
    scale = step.width / width, step.height / height
    clear, frames = course.clear[before], course.frames[at]
    made = step.width * step.height * frames
    if abs(scale[0] - 1) + abs(scale[1] - 1) > 2 / min(width, height):
        way = _way(step, scale)
        mid = width * min(height, step.height) * frames
        _resample(bill, way, (width * height * frames, mid, made), clear)
        bill.hold(way + (".clear" if clear else "") + ".row", width * max(1.0, height / step.height))
        if frames > 1:
            bill.pay("resample.frame", frames)
    if step.sharpen > 0:
        bill.pay(f"resample.sharpen.{step.light}", max(made, width * height * frames if max(scale) > 1 else 0.0))
    if clear and is_opaque(step.matte):
        bill.pay(f"resample.matte.{step.light}", made)


def _way(step: Resize, scale: tuple[float, float]) -> str:
    if step.kernel == "nearest":
        return "resample.nearest"
    return f"resample.{'grow.' if max(scale) > 1 else ''}{step.light}"


def _resample(bill: Bill, way: str, pixels: tuple[float, float, float], clear: bool) -> None:
    """Of the source's pixels, of those that rows are made of first, of the result's."""
    way += ".clear" if clear else ""
    for name, number in zip((".from", ".mid", ".made"), pixels, strict=True):
        bill.pay(way + name, number)


def _fit(bill: Bill, course: Course, at: int, step: Fit) -> None:
    """Behind a Trim: as if nothing was trimmed off."""
    size = course.sizes[at]
    _resize(bill, course, at, Resize(size.width, size.height, step.light or "linear"))


def _look(bill: Bill, course: Course, at: int, step: SmartCrop) -> None:
    """Where attention falls is seen on a small copy, decoded for that, or of a picture that is held for it."""
    root = course.root(at)
    bill.pay("smart.look", 1.0)
    if root in course.inputs:
        one = course.inputs[root]
        goal = glance(course.sizes[course.parent(at)])
        decoding(bill, Input(one.facts, 1, one.length), goal)
        side = shrunk(one.facts, goal)
        pixels = one.facts.width * one.facts.height / side**2
        _resample(bill, "resample.srgb", (pixels, pixels**0.5 * 256, 0.0), one.facts.alpha)
    else:
        _hold(bill, course, at)


def _hold(bill: Bill, course: Course, at: int) -> None:
    """A picture made before its time."""
    bill.keep("held", course.pixels(at) * (4 if course.clear[at] else 3))


def _trim(bill: Bill, course: Course, at: int, step: Trim) -> None:
    """Edges are looked for from the rim inwards, and found there in most pictures. A still is held for it; an animation
    is decoded twice."""
    before = course.parent(at)
    root = course.root(before)
    size, frames = course.sizes[at], course.frames[at]
    rim = min(size.width * size.height, 2 * _RIM * (size.width + size.height))
    bill.pay("effect.trim", rim * frames)
    bill.pay("effect.trim.seen", course.pixels(at) / (1 + _STANDS_OUT * _detail_at(course, root)))
    if frames == 1:
        _hold(bill, course, before)
    elif root in course.inputs:
        decoding(bill, course.inputs[root], course.goals[root])


def _detail_at(course: Course, at: int) -> float:
    """Of what a Decode reads."""
    one = course.inputs.get(at)
    return detail(one.facts, one.frames, one.length) if one else 0.0


def _work(bill: Bill, course: Course, at: int, name: str, floats: bool = False) -> None:
    """Of every sample; what is done on premultiplied floats has to get there and back."""
    bill.pay(name, course.pixels(at) * (4 if course.clear[at] else 3))
    if floats and course.clear[at]:
        bill.pay("effect.premultiplied", course.pixels(at))


def _turn(bill: Bill, course: Course, at: int, step: Turn) -> None:
    """Rows are wanted as columns: what is there already is held and copied."""
    _work(bill, course, at, "effect.turn")
    bill.hold("turned", course.pixels(at) * (4 if course.clear[at] else 3))


def _mirror(bill: Bill, course: Course, at: int, step: Mirror) -> None:
    _work(bill, course, at, "effect.mirror")
    if step.axis != "x":
        bill.hold("turned", course.pixels(at) * (4 if course.clear[at] else 3))


def set_upright(bill: Bill, course: Course, at: int) -> None:
    """What a Decode's orientation asks for is done when its pixels are first made."""
    orientation = course.inputs[at].facts.orientation
    nodes = enumerate(course.plan.nodes)
    later = (user for user, node in nodes if node.of and course.root(node.of[0]) == at and _makes(node.step))
    made = next(later, at)
    if orientation in _TURNED:
        _work(bill, course, made, "effect.turn")
        bill.hold("turned", course.pixels(made) * (4 if course.clear[made] else 3))
    if orientation in _MIRRORED:
        _work(bill, course, made, "effect.mirror")


def _makes(step: Step) -> bool:
    return not isinstance(step, VIEWS)


def _pad(bill: Bill, course: Course, at: int, step: Step) -> None:
    _work(bill, course, at, "effect.pad")


def _round(bill: Bill, course: Course, at: int, step: Round) -> None:
    filled = is_opaque(step.background)
    _work(bill, course, at, "effect.round.filled" if filled else "effect.round", filled)
    bill.hold("mask", course.pixels(at) / course.frames[at])


def _blur(bill: Bill, course: Course, at: int, step: Blur) -> None:
    if step.sigma < _NARROW:
        _work(bill, course, at, "effect.blur", True)
        taps = 2 * math.ceil(3 * step.sigma) + 1
        bill.pay("effect.blur.tap", course.pixels(at) * (4 if course.clear[at] else 3) * taps)
    else:
        _work(bill, course, at, "effect.blur.wide", True)
    bill.hold("soft", course.pixels(at) / course.frames[at])


def _balance(bill: Bill, course: Course, at: int, step: Balance) -> None:
    _work(bill, course, at, "effect.balance")
    _hold(bill, course, at)


def _overlay(bill: Bill, course: Course, at: int, step: Overlay | Watermark) -> None:
    """The mark is held, once for all that use it; what it covers is mixed."""
    of = course.plan.nodes[at].of
    base, mark = (course.sizes[each] for each in of[:2])
    covered = _covered(base, mark, step)
    overwrites = isinstance(step, Overlay) and step.blend == "overwrite"
    covered *= course.frames[at]
    bill.pay("effect.overwrite" if overwrites else "effect.lay", covered)
    if course.clear[at] and not overwrites:
        bill.pay("effect.premultiplied", covered)
    bill.pay("effect.lay.base", course.pixels(at))
    if all(node.of[1:] != of[1:] for node in course.plan.nodes[:at]):
        bill.keep("held", mark.width * mark.height * _CHANNELS)


def _covered(base: Size, mark: Size, step: Overlay | Watermark) -> float:
    if not isinstance(step, Overlay):
        return min(base.width * base.height, mark.width * mark.height)
    width = min(step.left + mark.width, base.width) - max(step.left, 0)
    height = min(step.top + mark.height, base.height) - max(step.top, 0)
    return float(max(0, width) * max(0, height))


def _caption(bill: Bill, course: Course, at: int, step: Caption) -> None:
    size = course.sizes[at]
    covered = min(size.width * size.height, len(step.text) * step.size**2)
    bill.pay("caption.draw", 1.0)
    bill.pay("effect.lay", covered * course.frames[at])
    bill.pay("effect.lay.base", course.pixels(at))
    bill.keep("held", covered * _CHANNELS)


def _all(name: str, floats: bool = False) -> Callable[[Bill, Course, int, Any], None]:
    """A row for what works on every pixel."""

    def work(bill: Bill, course: Course, at: int, step: Step) -> None:
        _work(bill, course, at, name, floats)

    return work


_WORKS: Final[dict[type[Step], Callable[[Bill, Course, int, Any], None]]] = {
    Resize: _resize,
    Fit: _fit,
    SmartCrop: _look,
    Trim: _trim,
    Turn: _turn,
    Mirror: _mirror,
    Pad: _pad,
    Region: _pad,
    Expand: _pad,
    Round: _round,
    Recolour: _all("effect.recolour"),
    Balance: _balance,
    Blur: _blur,
    Pixelate: _all("effect.pixelate", True),
    Overlay: _overlay,
    Watermark: _overlay,
    Caption: _caption,
    Dot: _all("effect.lay.base"),
    Fill: _all("effect.lay.base"),
    Canvas: _all("effect.pad"),
}


_GROWS: Final = 0.5  # by which power of the scale detail grows where a picture becomes smaller
_SOFTENS: Final = 0.7  # how strongly a blur's sigma takes detail away, and a block's side
_FALLS: Final = 1.0  # and falls where it becomes larger


def details(course: Course, own: dict[int, float]) -> list[float]:
    """How much detail a pixel of each node has; `own` by Decode."""
    found: list[float] = []
    for at, node in enumerate(course.plan.nodes):
        found.append(own.get(at, 0.1) if not node.of else _detail(course, at, node, found))
    return found


def _detail(course: Course, at: int, node: Node, before: Sequence[float]) -> float:
    step = node.step
    parent = node.of[0]
    if isinstance(step, Resize | Fit):
        scale = math.sqrt(course.pixels(parent) / course.frames[parent] / (course.pixels(at) / course.frames[at]))
        return before[parent] * math.pow(scale, _GROWS if scale > 1 else _FALLS)
    if isinstance(step, Pad):
        return before[parent] * course.pixels(parent) / max(course.pixels(parent), course.pixels(at))
    if isinstance(step, Blur):
        return before[parent] / (1 + _SOFTENS * max(0.0, step.sigma))
    return before[parent] * (min(1.0, _SOFTENS / max(1, step.block)) if isinstance(step, Pixelate) else 1.0)


_MIXES: Final = (Resize, Fit, Blur)  # they make colours between the others; greys stay greys
_ADDS: Final = (Overlay, Watermark)


def few(course: Course) -> list[bool]:
    """May the picture of each node have few colours? As a drawing has, what holds a palette, and what is grey."""
    grey: list[bool] = []
    found: list[bool] = []
    for at, node in enumerate(course.plan.nodes):
        step, parent = node.step, course.parent(at)
        grey.append(_is_grey(step) or (parent != at and grey[parent] and not isinstance(step, _ADDS)))
        drawn = _is_drawn(course.inputs[at]) if at in course.inputs else not node.of or found[parent]
        found.append(grey[at] or (drawn and not isinstance(step, _MIXES + _ADDS)))
    return found


def _is_drawn(input: Input) -> bool:
    """Frames of an animation have a palette each."""
    return input.frames == 1 and is_drawing(input)


def _is_grey(step: Step) -> bool:
    """Does it leave nothing but grey?"""
    return isinstance(step, Recolour) and step.matrix[0:5] == step.matrix[5:10] == step.matrix[10:15]


def clearness(plan: Plan, inputs: dict[int, Input]) -> list[bool]:
    """May the picture of each node be transparent?"""
    found: list[bool] = []
    for at, node in enumerate(plan.nodes):
        found.append(_clear(node.step, found[node.of[0]] if node.of else at in inputs and inputs[at].facts.alpha))
    return found


def _clear(step: Step, before: bool) -> bool:
    if isinstance(step, Resize):
        return before and not is_opaque(step.matte)
    if isinstance(step, Pad | Round | Region | Expand):
        return before or not is_opaque(step.background)
    if isinstance(step, Canvas):
        return step.alpha
    return before
