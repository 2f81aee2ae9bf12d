"""What each pair of mode and scale does with a source of one size and a target of another (RIAPI §4.4).

Each cell of that table is a row of `_RULES`: the first condition that holds between source and target names the
operations; none holding, the picture stays as it is. An operation takes an `Arrangement` to the next. Quirks that
pictures in the wild rely on are kept (RIAPI §7): padding needs a bigger source, a mixed source is cut without scaling.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from edge.plan.boxes import Size, inner_box, outer_box, smaller
from edge.plan.steps import Mode, Scale


class Arrangement(NamedTuple):
    used: Size  # of the source
    image: Size
    canvas: Size


_Condition = Callable[[Size, Size], bool]
_Operation = Callable[[Arrangement, Size], Arrangement]


def _always(source: Size, target: Size) -> bool:
    return True


def _bigger(source: Size, target: Size) -> bool:
    return source.width > target.width or source.height > target.height


def _fits(source: Size, target: Size) -> bool:
    return not _bigger(source, target)


def _covers(source: Size, target: Size) -> bool:
    return source.width >= target.width and source.height >= target.height


def _mixed(source: Size, target: Size) -> bool:
    return _bigger(source, target) and not _covers(source, target)


def _scale_inside(now: Arrangement, target: Size) -> Arrangement:
    box = inner_box(now.canvas, target)
    return Arrangement(now.used, box, box)


def _scale_around(now: Arrangement, target: Size) -> Arrangement:
    box = outer_box(now.canvas, target)
    return Arrangement(now.used, box, box)


def _fill(now: Arrangement, target: Size) -> Arrangement:
    return Arrangement(now.used, target, target)


def _pad(now: Arrangement, target: Size) -> Arrangement:
    return Arrangement(now.used, now.image, target)


def _cut(now: Arrangement, target: Size) -> Arrangement:
    """Keep what the target holds; the used part of the source follows by proportion, canvas is the target."""
    image = smaller(now.image, target)
    return Arrangement(inner_box(image, now.used), image, target)


def _cut_without_growing(now: Arrangement, target: Size) -> Arrangement:
    return _cut(now, smaller(now.canvas, target))


def _cut_to_proportions(now: Arrangement, target: Size) -> Arrangement:
    return _cut(now, inner_box(target, now.canvas))


def _canvas_inside(now: Arrangement, target: Size) -> Arrangement:
    """A canvas of the picture's proportions inside the target. It cuts too, by the rounding of a side (§8 no. 37)."""
    return _cut(now, inner_box(now.canvas, target))


_Rule = tuple[_Condition, tuple[_Operation, ...]]

_RULES: Final[dict[tuple[Mode, Scale], tuple[_Rule, ...]]] = {
    ("max", "down"): ((_bigger, (_scale_inside,)),),
    ("max", "up"): ((_fits, (_scale_inside,)),),
    ("max", "both"): ((_always, (_scale_inside,)),),
    ("max", "canvas"): ((_bigger, (_scale_inside, _canvas_inside)), (_always, (_canvas_inside,))),
    ("pad", "down"): ((_bigger, (_scale_inside, _pad)),),
    ("pad", "up"): ((_fits, (_scale_inside, _pad)),),
    ("pad", "both"): ((_always, (_scale_inside, _pad)),),
    ("pad", "canvas"): ((_bigger, (_scale_inside, _pad)), (_always, (_pad,))),
    ("crop", "down"): ((_covers, (_scale_around, _cut)), (_mixed, (_cut_without_growing,))),
    ("crop", "up"): ((_fits, (_scale_around, _cut)),),
    ("crop", "both"): ((_always, (_scale_around, _cut)),),
    ("crop", "canvas"): ((_covers, (_scale_around, _cut)), (_mixed, (_cut,))),
    ("stretch", "down"): ((_bigger, (_fill,)),),
    ("stretch", "up"): ((_fits, (_fill,)),),
    ("stretch", "both"): ((_always, (_fill,)),),
    ("stretch", "canvas"): ((_bigger, (_fill,)), (_always, (_pad,))),
    ("aspectcrop", "down"): ((_always, (_cut_to_proportions,)),),
    ("aspectcrop", "up"): ((_always, (_cut_to_proportions,)),),
    ("aspectcrop", "both"): ((_always, (_cut_to_proportions,)),),
    ("aspectcrop", "canvas"): ((_always, (_cut_to_proportions,)),),
}


def arrange(mode: Mode, scale: Scale, source: Size, target: Size) -> Arrangement:
    """The used part of the source, the image and the canvas."""
    now = Arrangement(source, source, source)
    for holds, operations in _RULES[mode, scale]:
        if holds(source, target):
            for operate in operations:
                now = operate(now, target)
            break
    return now
