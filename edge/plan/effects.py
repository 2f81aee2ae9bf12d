"""Effects while a plan is settled: which of them change nothing, and which make a picture transparent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from edge.plan.colour import is_opaque
from edge.plan.ends import Ends, ground
from edge.plan.steps import Balance, Blur, Effect, Pixelate, Recolour, Round
from edge.plan.view import Settling, View

_SAME_ALPHA: Final = (0.0, 0.0, 0.0, 1.0, 0.0)
_SAME: Final = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, *_SAME_ALPHA)

# The step without what acts nowhere, None when that is all of it; and whether the result has an alpha channel.
_Tidied = tuple[Effect | None, bool]


def effect(settling: Settling, views: tuple[View, ...], step: Effect, to: Ends) -> View:
    """Effects act on the image: the padding around it stays pending."""
    view = settling.flat(views[0])
    tidy, alpha = _EFFECTS[type(step)](step, view, to)
    return views[0] if tidy is None else replace(settling.after(view, tidy), alpha=alpha)


def _round(step: Round, view: View, to: Ends) -> _Tidied:
    """A radius ends at half the shorter side; a circle needs none."""
    most = {"percent": 100.0, "pixels": min(view.size) / 2, "circle": 0.0}[step.unit]
    one, two, three, four = (min(max(radius, 0.0), most) for radius in step.radii)
    tidy = Round((one, two, three, four), ground(step.background, to, view.paper), step.unit)
    cuts = step.unit == "circle" or any(tidy.radii)
    return tidy if cuts else None, view.alpha or not is_opaque(tidy.background)


def _recolour(step: Recolour, view: View, to: Ends) -> _Tidied:
    """A row for alpha that keeps an opaque picture opaque says nothing about it."""
    colours, (red, green, blue, alpha, constant) = step.matrix[:15], step.matrix[15:]
    plain = not (red or green or blue)
    stays = plain and alpha + constant >= 1
    if stays and not view.alpha:
        step = Recolour((*colours, *_SAME_ALPHA))
    covers = plain and not alpha and stays
    return (None if step.matrix == _SAME else step), (view.alpha or not stays) and not covers


def _balance(step: Balance, view: View, to: Ends) -> _Tidied:
    return step, view.alpha


def _blur(step: Blur, view: View, to: Ends) -> _Tidied:
    """A wider one than the picture is long blurs no more."""
    if view.wild or step.sigma <= max(view.size):
        return step if step.sigma > 0 else None, view.alpha
    return Blur(float(max(view.size))), view.alpha


def _pixelate(step: Pixelate, view: View, to: Ends) -> _Tidied:
    """Nor is there a larger square than the picture."""
    block = step.block if view.wild else min(step.block, max(view.size))
    return Pixelate(block) if block > 1 else None, view.alpha


_EFFECTS: Final[dict[type[Effect], Callable[[Any, View, Ends], _Tidied]]] = {
    Round: _round,
    Recolour: _recolour,
    Balance: _balance,
    Blur: _blur,
    Pixelate: _pixelate,
}
