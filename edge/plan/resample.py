"""Resampling: by which kernel, in which light, how sharp; and when there is nothing to resample."""

from dataclasses import replace
from typing import Final

from edge.plan.boxes import Size
from edge.plan.colour import is_opaque
from edge.plan.steps import TRANSPARENT, Fit, Kernel, Resize, SharpenWhen
from edge.plan.view import Settling, View

_USUAL: Final[Kernel] = "lanczos3"
# They weigh nothing negatively, so there is nothing to raise (RIAPI §2, f.sharpen).
_WITHOUT_LOBES: Final[frozenset[Kernel]] = frozenset({"box", "nearest", "linear"})


def wanted(fit: Fit, before: Size, after: Size, matte: str = TRANSPARENT) -> Resize:
    """The Resize that a sizing wish asks for. The kernel for growing counts where either axis grows, the light for
    growing where none shrinks (RIAPI §2)."""
    grows, shrinks = _changes(before, after)
    light = fit.up_light if grows and not shrinks else fit.light
    kernel = fit.up_kernel if grows else fit.down_kernel
    sharpen = fit.sharpen if _sharpens(fit.sharpen_when, grows, shrinks) else 0.0
    return Resize(*after, light or "linear", matte, kernel or _USUAL, sharpen, fit.headroom)


def _changes(before: Size, after: Size) -> tuple[bool, bool]:
    """Does an axis grow, does one shrink?"""
    grows = after.width > before.width or after.height > before.height
    return grows, after.width < before.width or after.height < before.height


def _sharpens(when: SharpenWhen, grows: bool, shrinks: bool) -> bool:
    return {
        "always": True,
        "downscaling": shrinks and not grows,
        "upscaling": grows and not shrinks,
        "sizediffers": grows or shrinks,
    }[when]


def tidied(step: Resize, before: Size, alpha: bool) -> Resize | None:
    """The step without what acts nowhere, None when nothing is left of it. A matte acts where it is opaque and
    something shines through the picture; then it acts even without a change of size, and so does sharpening."""
    flattens = alpha and is_opaque(step.matte)
    sharpens = step.sharpen > 0 and step.kernel not in _WITHOUT_LOBES
    grows, shrinks = _changes(before, Size(step.width, step.height))
    resamples = grows or shrinks or sharpens
    if not resamples and not flattens:
        return None
    return replace(
        step,
        matte=step.matte if flattens else TRANSPARENT,
        kernel=step.kernel if resamples else _USUAL,
        sharpen=step.sharpen if sharpens else 0.0,
        headroom=step.headroom if shrinks else None,
    )


def resized(settling: Settling, view: View, step: Resize) -> View:
    """The view resampled, if that changes anything."""
    view = settling.flat(view)
    tidy = tidied(step, view.size, view.alpha)
    if tidy is None:
        return view
    alpha = view.alpha and not is_opaque(tidy.matte)
    return replace(settling.after(view, tidy), size=Size(step.width, step.height), alpha=alpha, image=None)
