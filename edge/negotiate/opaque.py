"""A quick answer to whether a plan makes an opaque picture transparent, for plans as most URLs make them.

To know it of any plan, its whole layout has to be worked out (`edge.plan.layout.gains_alpha`), which would double the
time of a decision. What can be told from one sizing alone is told here.
"""

from collections.abc import Sequence
from typing import Final

from edge.plan.boxes import Size
from edge.plan.colour import is_opaque
from edge.plan.facts import Facts
from edge.plan.layout import compute, sizes
from edge.plan.plan import Plan
from edge.plan.steps import (
    TRANSPARENT,
    Balance,
    Blur,
    Caption,
    Crop,
    Decode,
    Dot,
    Encode,
    Fit,
    Mirror,
    Overlay,
    Pixelate,
    Recolour,
    Resize,
    SmartCrop,
    Step,
    Turn,
    Watermark,
)
from edge.plan.view import stored

# Steps that leave an opaque picture opaque, and a transparent one transparent.
_NEUTRAL: Final = frozenset(
    (
        Decode,
        Fit,
        Turn,
        Mirror,
        Crop,
        SmartCrop,
        Resize,
        Balance,
        Blur,
        Pixelate,
        Watermark,
        Overlay,
        Caption,
        Dot,
        Encode,
    )
)
_ALPHA_AS_IT_IS: Final = (0.0, 0.0, 0.0, 1.0, 0.0)


def clears(plan: Plan, at: int, facts: Facts) -> bool | None:
    """Does output `at` get transparent pixels that the original has not? None = not told so easily."""
    path = _path(plan, at)
    fits = [place for place, step in enumerate(path) if isinstance(step, Fit)]
    if len(fits) > 1 or not _is_original(path[0]) or not all(map(_is_neutral, path)):
        return None
    return any(_pads(path[:place], path[place], facts) for place in fits)


def _path(plan: Plan, at: int) -> list[Step]:
    """The steps that lead to a node, without what is laid over the picture on the way."""
    steps = []
    while True:
        node = plan.nodes[at]
        steps.append(node.step)
        if not node.of:
            return steps[::-1]
        at = node.of[0]


def _is_original(step: Step) -> bool:
    return isinstance(step, Decode) and step.input == 0


def _is_neutral(step: Step) -> bool:
    if isinstance(step, Recolour):
        return tuple(step.matrix[15:]) == _ALPHA_AS_IT_IS
    if isinstance(step, Overlay) and step.blend == "overwrite":
        return False
    return type(step) in _NEUTRAL


def _pads(before: Sequence[Step], fit: Step, facts: Facts) -> bool:
    """Does the canvas show around the picture? Only the canvas scale and the pad mode leave room there, and pad does
    not where it has one side to go by: the other follows from the picture."""
    if not isinstance(fit, Fit) or _fills(fit) or is_opaque(fit.background or TRANSPARENT):
        return False
    layout = compute(fit, *_size(before, facts))
    return layout.image != layout.canvas


def _size(steps: Sequence[Step], facts: Facts) -> Size:
    if len(steps) == 1 and isinstance(steps[0], Decode):
        return stored(steps[0], facts)
    return sizes(Plan.chain(*steps), [facts])[-1]


def _fills(fit: Fit) -> bool:
    if fit.scale == "canvas" or fit.mode != "pad":
        return fit.scale != "canvas"
    across, down = fit.width or fit.max_width, fit.height or fit.max_height
    return not (across and down) and fit.zoom == 1.0 and not fit.exact
