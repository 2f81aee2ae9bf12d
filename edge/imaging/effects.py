"""Effects: each takes settled frames (upright, sRGB or grey, 8 bits, perhaps alpha) and gives frames of the same size.

Colours are mixed as they are stored, premultiplied, as browsers do in `filter` and in compositing: an effect then
looks the same here and in a page's style sheet. Frames are streams as long as an effect can work on one; only
`balanced` must see every pixel first, and holds the frames for it. Pixels are read in their order, frame after frame,
by everything here, so that a stream can be under it.
"""

import array
import math
from typing import Any, TypeAlias

import pyvips

from edge.errors import BadRequest, expected
from edge.imaging import colour
from edge.imaging.older import clamped
from edge.plan.steps import Balance, Blur, Dot, Pixelate, Recolour, Round

Image: TypeAlias = Any  # pyvips ships no types; what stands here is a pyvips.Image
Frames: TypeAlias = tuple[Image, ...]

RED = (255, 0, 0)
DOT = 3  # pixels a side
# A gaussian of at least this sigma, in pixels, loses nothing that can be seen when it is made on a shrunk picture and
# enlarged: the largest error at a black and white edge is 2 levels of 255.
NARROW = 2.0
# Corners up to this radius are counted on a finer grid; above it the distance to the arc is as good.
FINE_RADIUS, FINE = 32, 4


# ---------------------------------------------------------------------------------------------------- premultiplied


def premultiplied(image: Image) -> Image:
    """A settled image in float, its colours times its alpha; 0 to 255."""
    return image.premultiply(max_alpha=255) if colour.has_alpha(image) else image.cast("float")


def settled(image: Image, like: Image) -> Image:
    """The way back, to the interpretation of `like`, which has the same bands."""
    image = image.copy(interpretation=like.interpretation)
    image = image.unpremultiply(max_alpha=255) if colour.has_alpha(like) else image
    return image.rint().cast("uchar").copy(interpretation=like.interpretation)


# ---------------------------------------------------------------------------------------------------------- corners


def rounded(frames: Frames, step: Round) -> Frames:
    """Cut the corners off, with smooth edges; the background shows in them."""
    width, height = frames[0].width, frames[0].height
    if step.unit == "circle":
        cut = _around_circle(width, height).copy_memory()
    else:
        radii = _radii(step, min(width, height) / 2)
        if not any(radius > 0 for radius in radii):
            return frames
        cut = _cut_off(width, height, radii).copy_memory()
    *rgb, opacity = bytes.fromhex(step.background)
    return tuple(_filled(frame, cut, tuple(rgb), opacity) for frame in frames)


def _radii(step: Round, most: float) -> list[float]:
    """In pixels, at most half the shorter side."""
    if step.unit == "pixels":
        return [min(max(radius, 0.0), most) for radius in step.radii]
    return [most * min(max(radius, 0.0), 100.0) / 100 for radius in step.radii]


def _around_circle(width: int, height: int) -> Image:
    """How much of each pixel lies outside the largest circle in the middle: 0 to 255."""
    side = min(width, height)
    # In a square that reaches a pixel further on the longer axis where the middle is not the same pixel's.
    across, down = (side + (length - side) % 2 for length in (width, height))
    grid = FINE if side / 2 <= FINE_RADIUS else 1
    outside = _beyond(side * grid / 2, (across * grid, down * grid), (across * grid / 2, down * grid / 2))
    cut = (outside.shrink(grid, grid) * 255).rint().cast("uchar")
    return cut.embed((width - across) // 2, (height - down) // 2, width, height, extend="background", background=[255])


def _beyond(radius: float, size: tuple[int, int], middle: tuple[float, float]) -> Image:
    """How much of each pixel of an image lies outside a circle, 0 to 1."""
    place = pyvips.Image.xyz(*size) + 0.5
    across, down = (place[axis] - middle[axis] for axis in (0, 1))
    return clamped((across * across + down * down) ** 0.5 - radius + 0.5, 0, 1)


def _cut_off(width: int, height: int, radii: list[float]) -> Image:
    """How much of each pixel lies outside the arcs: 0 to 255. Two arcs may share a pixel, but none of its area."""
    cut = pyvips.Image.black(width, height)
    corners = {radius: _corner(radius) for radius in radii if radius > 0}
    for number, radius in enumerate(radii):
        if radius not in corners:
            continue
        corner = corners[radius]
        right, low = number in (1, 2), number in (2, 3)
        corner = corner.fliphor() if right else corner
        corner = corner.flipver() if low else corner
        left, top = width - corner.width if right else 0, height - corner.height if low else 0
        cut = (cut + corner.embed(left, top, width, height)).cast("uchar")
    return cut


def _corner(radius: float) -> Image:
    """What a top left arc cuts off of each pixel of its square."""
    grid = FINE if radius <= FINE_RADIUS else 1
    side = math.ceil(radius)
    place = pyvips.Image.xyz(side * grid, side * grid) + 0.5
    across, down = (clamped(radius * grid - place[axis], 0, 1e9) for axis in (0, 1))
    outside = clamped((across * across + down * down) ** 0.5 - radius * grid + 0.5, 0, 1)
    return (outside.shrink(grid, grid) * 255).rint().cast("uchar").copy_memory()


def _filled(image: Image, cut: Image, rgb: tuple[int, ...], opacity: int) -> Image:
    """The image where nothing is cut off, the background where all is, and mixed between."""
    if not opacity:
        image = colour.with_alpha(image)
        colours, alpha = image.extract_band(0, n=image.bands - 1), image[image.bands - 1]
        faded = (alpha * (255 - cut) / 255).rint().cast("uchar")
        return colours.bandjoin(faded).copy(interpretation=image.interpretation)
    image = colour.as_rgb(image) if len(set(rgb)) > 1 else image
    image = colour.with_alpha(image) if opacity < 255 else image
    ground = [value * opacity / 255 for value in rgb[: 3 if image.bands > 2 else 1]]
    ground += [opacity] if colour.has_alpha(image) else []
    share = cut / 255
    return settled(premultiplied(image) * (1 - share) + share * ground, image)


# ----------------------------------------------------------------------------------------------------------- colour


def recoloured(frames: Frames, step: Recolour) -> Frames:
    """Grey becomes RGB only where colour may come out; opaque gets alpha only where the matrix speaks of it."""
    if len(step.matrix) != 20 or not all(math.isfinite(number) for number in step.matrix):
        raise BadRequest(expected("20 numbers", "a colour matrix", str(step.matrix)))
    rows = [step.matrix[at : at + 5] for at in range(0, 20, 5)]
    return tuple(_recoloured(frame, rows) for frame in frames)


def _recoloured(image: Image, rows: list[tuple[float, ...]]) -> Image:
    grey = image.bands < 3 and _stays_grey(rows)
    image = image if grey else colour.as_rgb(image)
    alpha = colour.has_alpha(image)
    if grey:
        rows = [(sum(row[:3]), row[3], row[4]) for row in (rows[0], rows[3])]
    if not alpha:
        # Its alpha is 1 everywhere: a constant more.
        rows = [(*row[:-2], row[-2] + row[-1]) for row in (rows if _speaks(rows[-1]) else rows[:-1])]
    mixed = image.recomb([list(row[:-1]) for row in rows]).linear(1, [row[-1] * 255 for row in rows])
    return mixed.rint().cast("uchar").copy(interpretation=image.interpretation)


def _stays_grey(rows: list[tuple[float, ...]]) -> bool:
    """Do the three colours of a grey pixel stay equal, but for the last digit of a float?"""
    sums = [(sum(row[:3]), row[3], row[4]) for row in rows[:3]]
    return all(max(column) - min(column) < 1e-9 for column in zip(*sums, strict=True))


def _speaks(row: tuple[float, ...]) -> bool:
    return any(row[:-2]) or row[-2:] != (1.0, 0.0)


def balanced(frames: Frames, step: Balance) -> Frames:
    """Stretch each colour so that its darkest and lightest pixels, but for a share of `clip`, become 0 and 255. All
    frames are stretched alike, or an animation would flicker; pixels count by their alpha."""
    frames = tuple(frame.copy_memory() for frame in frames)
    clip = max(0.0, step.clip)
    counts = _counts(frames)
    table = pyvips.Image.new_from_memory(bytes(_interleaved(counts, clip)), 256, 1, len(counts), "uchar")
    return tuple(_looked_up(frame, table) for frame in frames)


def _counts(frames: Frames) -> list[list[float]]:
    """For each colour, how many pixels have each of the 256 values."""
    colours = frames[0].bands - (1 if colour.has_alpha(frames[0]) else 0)
    counts = [[0.0] * 256 for _ in range(colours)]
    for frame in frames:
        weight = frame[colours] if frame.bands > colours else pyvips.Image.black(frame.width, frame.height) + 1
        for band, count in enumerate(counts):
            found = weight.hist_find_indexed(frame[band], combine="sum")
            for value, number in enumerate(_numbers(found)):
                count[value] += number
    return counts


def _numbers(row: Image) -> list[float]:
    return array.array("d", bytes(row.cast("double").write_to_memory())).tolist()


def _interleaved(counts: list[list[float]], clip: float) -> list[int]:
    tables = [_stretch(*_ends(count, clip)) for count in counts]
    return [level for each in zip(*tables, strict=True) for level in each]


def _ends(count: list[float], clip: float) -> tuple[int, int]:
    """The first and last value that more than the clipped share of pixels do not lie beyond."""
    limit = clip * sum(count)
    return _first_over(count, limit), 255 - _first_over(count[::-1], limit)


def _first_over(count: list[float], limit: float) -> int:
    total = 0.0
    for value, number in enumerate(count):
        total += number
        if total > limit:
            return value
    return 0


def _stretch(low: int, high: int) -> list[int]:
    if low >= high:  # nothing to stretch: one value, or all of them clipped
        return list(range(256))
    return [round(min(max((value - low) / (high - low), 0.0), 1.0) * 255) for value in range(256)]


def _looked_up(image: Image, table: Image) -> Image:
    if not colour.has_alpha(image):
        return image.maplut(table)
    colours = image.extract_band(0, n=image.bands - 1).maplut(table)
    return colours.bandjoin(image[image.bands - 1]).copy(interpretation=image.interpretation)


# ----------------------------------------------------------------------------------------------------- soft, coarse


def blurred(frames: Frames, step: Blur) -> Frames:
    """A gaussian; beyond the edges the last pixels go on. More than the picture's own length is no blurrier."""
    return tuple(_blurred(frame, step.sigma) for frame in frames) if step.sigma > 0 else frames


def _blurred(image: Image, sigma: float) -> Image:
    """The cost does not grow with sigma: a wide gaussian is made on a picture that was shrunk by whole blocks."""
    sides = image.width, image.height
    sigmas = [min(sigma, side) for side in sides]
    blocks = [max(1, min(int(sigma / NARROW), side // 8)) for sigma, side in zip(sigmas, sides, strict=True)]
    # Block means have spread the pixels already, by the variance of a box.
    narrow = [
        math.sqrt(sigma * sigma - (block * block - 1) / 12) / block for sigma, block in zip(sigmas, blocks, strict=True)
    ]
    mixed = _shrunk(premultiplied(image), blocks)
    across, down = (_gaussian(sigma) for sigma in narrow)
    mixed = mixed.conv(pyvips.Image.new_from_array([across], scale=sum(across)), precision="float")
    mixed = mixed.conv(pyvips.Image.new_from_array([[of] for of in down], scale=sum(down)), precision="float")
    return settled(_enlarged(mixed, blocks, sides), image)


def _gaussian(sigma: float) -> list[float]:
    reach = max(1, math.ceil(3 * sigma))
    return [math.exp(-0.5 * (at / sigma) ** 2) for at in range(-reach, reach + 1)]


def _shrunk(image: Image, blocks: list[int]) -> Image:
    """Block means, with one more block at each side that holds nothing but the edge: what goes on beyond it."""
    if blocks == [1, 1]:
        return image
    sides = image.width, image.height
    whole = [(-(-side // block) + 2) * block for side, block in zip(sides, blocks, strict=True)]
    return image.embed(*blocks, *whole, extend="copy").shrink(*blocks)


def _enlarged(image: Image, blocks: list[int], sides: tuple[int, int]) -> Image:
    """Smoothly, without those further blocks; each pixel's middle stays in the middle of its block, which libvips'
    resize does not do."""
    if blocks == [1, 1]:
        return image
    middles = [(block - 1) / 2 for block in blocks]
    return image.copy_memory().affine(
        [blocks[0], 0, 0, blocks[1]],
        interpolate=pyvips.Interpolate.new("bicubic"),
        odx=middles[0],
        ody=middles[1],
        oarea=[*blocks, *sides],
        extend="copy",
    )


def pixelated(frames: Frames, step: Pixelate) -> Frames:
    """Squares of one colour, the mean of what was there. The last ones, cut by the edge, are means of what is left."""
    return tuple(_pixelated(frame, step.block) for frame in frames) if step.block > 1 else frames


def _pixelated(image: Image, side: int) -> Image:
    blocks = min(side, image.width), min(side, image.height)
    across, down = (-(-length // block) for length, block in zip((image.width, image.height), blocks, strict=True))
    mixed = premultiplied(image)
    # A band of ones tells how much of a block lies in the picture.
    mixed = mixed.bandjoin(1).embed(0, 0, across * blocks[0], down * blocks[1]).shrink(*blocks)
    means = mixed.extract_band(0, n=image.bands) / mixed[image.bands]
    small = settled(means, image).copy_memory()
    return small.zoom(*blocks).crop(0, 0, image.width, image.height)


# -------------------------------------------------------------------------------------------------------------- dot


def dotted(frames: Frames, _: Dot) -> Frames:
    """An opaque red square in the bottom right corner, unless the picture is hardly larger than that."""
    if min(frames[0].width, frames[0].height) <= DOT:
        return frames
    return tuple(_dotted(frame) for frame in frames)


def _dotted(image: Image) -> Image:
    image = colour.as_rgb(image)
    dot = image.new_from_image([*RED, 255][: image.bands]).copy(interpretation=image.interpretation)
    return image.insert(dot.crop(0, 0, DOT, DOT), image.width - DOT, image.height - DOT)
