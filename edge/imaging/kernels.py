"""Resampling kernels: the plan's names on what libvips has.

Shrinking, libvips averages whole boxes first where that leaves a factor of two or more (its `gap`) and applies the
kernel to the rest. "box" averages whole boxes as far as whole numbers go and leaves the rest, a factor below two, to
the triangle, which has no negative lobes either. Growing, libvips knows nearest, bilinear and bicubic (Catmull-Rom):
every kernel with negative lobes is the last of these.

The middle of a picture stays its middle, and edges are repeated outwards: pixel i of a result k times as long lies at
(i + 0.5) / k - 0.5 of the source. libvips' `resize` keeps to that only while it shrinks with weights. What it enlarges
lies half a result pixel off (and where one axis keeps its length, half a source pixel off on that one too), and of what
it picks without weights it takes each block's first pixel. Both are done by `affine` here, which is told its offsets.
"""

import functools
import math

import pyvips

from edge.plan.steps import Kernel

# What libvips leaves to the kernel, at least, after averaging boxes.
_GAP = 2.0
_BOX_GAP = 1.0
# libvips' horizontal pass has a vector path for pixels of 3 and 4 bytes: one band takes 2.5 times as long as three.
_VECTOR = 3

# Of two pixels that are equally near the right one is taken, also where floats add up to a little less.
_TIE = -1e-6
# What enlarges, and where libvips looks for a pixel's middle then. The kernels not named have lobes.
_GROWN: dict[Kernel, tuple[str, float]] = {
    "nearest": ("nearest", _TIE),
    "box": ("nearest", _TIE),
    "linear": ("bilinear", 0.5),
}
_LOBED = ("bicubic", 0.5)


def scaled(image: pyvips.Image, across: float, down: float, kernel: Kernel) -> pyvips.Image:
    """Resampled by a factor for each axis; bands as they come, not premultiplied. The size is rounded to the nearest,
    and what that adds or leaves out is shared by both edges."""
    if kernel == "nearest":
        # A row at a time: of a source that shrinks much, several rows of the result want very many.
        return _placed(image, across, down, kernel).sequential(tile_height=1)
    # Rows first: that pass has a vector path for any number of bands, and fewer rows are left for the slower one.
    shrunk = wide(tall(image, min(down, 1.0), kernel), min(across, 1.0), kernel)
    return _placed(shrunk, max(across, 1.0), max(down, 1.0), kernel)


def tall(image: pyvips.Image, down: float, kernel: Kernel) -> pyvips.Image:
    """Shrunk from top to bottom only."""
    return _shrunk(image, 1.0, down, kernel)


def wide(image: pyvips.Image, across: float, kernel: Kernel) -> pyvips.Image:
    """Shrunk from left to right only; on three bands where there are fewer bytes a pixel, which is faster."""
    bands = image.bands
    if image.format != "uchar" or bands >= _VECTOR or across == 1:
        return _shrunk(image, across, 1.0, kernel)
    padded = image.bandjoin([image[0]] * (_VECTOR - bands))
    return _shrunk(padded, across, 1.0, kernel).extract_band(0, n=bands)


def _shrunk(image: pyvips.Image, across: float, down: float, kernel: Kernel) -> pyvips.Image:
    if across == down == 1:
        return image
    if kernel == "box":
        return image.resize(across, vscale=down, kernel="linear", gap=_BOX_GAP)
    return image.resize(across, vscale=down, kernel=_own(kernel), gap=_GAP)


def _placed(image: pyvips.Image, across: float, down: float, kernel: Kernel) -> pyvips.Image:
    """Looked up at the places where the result's pixels lie in the source."""
    if across == down == 1:
        return image
    name, middle = _GROWN.get(kernel, _LOBED)
    width, odx = _line(image.width, across)
    height, ody = _line(image.height, down)
    # "premultiplied" says that bands are to be left as they are.
    return image.affine(
        [across, 0, 0, down],
        interpolate=_interpolator(name),
        oarea=[0, 0, width, height],
        odx=odx,
        ody=ody,
        idx=middle,
        idy=middle,
        extend="copy",
        premultiplied=True,
    )


def _line(length: int, scale: float) -> tuple[int, float]:
    """The length of a resampled row or column, and where its first pixel's left edge comes to lie."""
    made = max(1, math.floor(length * scale + 0.5))
    return made, (made - length * scale) / 2 - 0.5


@functools.cache
def _interpolator(name: str) -> pyvips.Interpolate:
    return pyvips.Interpolate.new(name)


@functools.cache
def _own(kernel: Kernel) -> str:
    """What this libvips calls it. Magic kernels are young: Lanczos 3 is as sharp, and stands in for them."""
    try:
        pyvips.GValue.to_enum(pyvips.type_from_name("VipsKernel"), kernel)
    except pyvips.Error:
        return "lanczos3"
    return kernel
