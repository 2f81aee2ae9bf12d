"""What a picture shows, as far as a crop has to know: the box of its content, and the spot that draws the eye."""

import math
from collections.abc import Callable

import pyvips

from edge.imaging import colour, resize
from edge.imaging.effects import Frames, Image
from edge.imaging.picture import Picture
from edge.plan.facts import Limits
from edge.plan.steps import Resize, SmartCrop, Trim

Box = tuple[int, int, int, int]  # left, top, width, height

# Longest side of the copy in which the spot is looked for, and the cells a side into which libvips divides it.
SMALL, CELLS = 256, 32
# A picture whose levels differ by less than this, in standard deviation, has nothing to look at.
FLAT = 1.0

# Scharr's operator; an edge between two flat levels has 16 times their difference on both its sides.
_ACROSS = ((-3, 0, 3), (-10, 0, 10), (-3, 0, 3))
_DOWN = ((-3, -10, -3), (0, 0, 0), (3, 10, 3))
_GAIN = 16
STRIP = 64  # rows or columns
# Shares of red, green and blue in luma (BT.601).
_LUMA = (0.299, 0.587, 0.114)


# ----------------------------------------------------------------------------------------------------------------- trim


def box(frames: Frames, step: Trim) -> Box:
    """The box that holds what stands out in any of some settled frames, grown by the margin; the whole picture when
    nothing does.

    Something stands out where luma, or opacity, changes from pixel to pixel by more than the threshold, in levels of
    255. Transparent pixels have no luma, whatever colour they hide. All frames count, so that nothing that moves is
    cut off. An edge is felt on both its sides: the outer one is not content, but at the picture's own border.
    """
    whole = (frames[0].width, frames[0].height)
    # A still picture is in memory already, or is made from one that is; frames are held one at a time.
    alone = len(frames) == 1
    spans = [_edges(frame if alone else frame.copy_memory(), step.threshold) for frame in frames]
    found = [span for span in spans if span is not None]
    if not found:
        return (0, 0, *whole)
    firsts, lasts = ([of(each[at] for each in found) for at in sides] for of, sides in ((min, (0, 1)), (max, (2, 3))))
    left, right = _inside(firsts[0], lasts[0], whole[0])
    top, bottom = _inside(firsts[1], lasts[1], whole[1])
    return _grown((left, top, right - left, bottom - top), step.margin, whole)


def _edges(image: Image, threshold: int) -> Box | None:
    """First and last column and row with an edge: left, top, right, bottom; None when there is none."""
    felt = _felt(image).cast("short")
    across, down = (felt.conv(_mask(rows), precision="integer").cast("int") for rows in (_ACROSS, _DOWN))
    limit = (_GAIN * max(0, threshold)) ** 2
    edges = ((across * across + down * down) > limit).bandor()
    rows = _range(edges, _row_sums, image.height)
    if rows is None:
        return None
    inner = edges.crop(0, rows[0], image.width, rows[1] - rows[0] + 1)
    columns = _range(inner, _column_sums, image.width) or (0, image.width - 1)
    return columns[0], rows[0], columns[1], rows[1]


def _mask(rows: tuple[tuple[int, ...], ...]) -> Image:
    return pyvips.Image.new_from_array([list(row) for row in rows])


def _felt(image: Image) -> Image:
    """Luma, and opacity where there is any: what edges are looked for in. 8 bits each."""
    colours = image.extract_band(0, n=1 if image.bands < 3 else 3)
    luma = colours.recomb([list(_LUMA)]) if colours.bands == 3 else colours
    if not colour.has_alpha(image):
        return luma.rint().cast("uchar")
    alpha = image[image.bands - 1]
    return (luma * alpha / 255).rint().cast("uchar").bandjoin(alpha)


def _range(edges: Image, sums: Callable[[Image, int, int], Image], length: int) -> tuple[int, int] | None:
    """The first and last row or column with an edge; None when there is none. Looked for from both ends, a strip at a
    time: what lies between is never computed."""
    starts = range(0, length, STRIP)
    first = next((place[0] for start in starts if (place := _marked(edges, sums, start, length))), None)
    if first is None:
        return None
    return first, next(place[-1] for start in reversed(starts) if (place := _marked(edges, sums, start, length)))


def _marked(edges: Image, sums: Callable[[Image, int, int], Image], start: int, length: int) -> list[int]:
    """The rows or columns of a strip that have an edge."""
    line = sums(edges, start, min(STRIP, length - start))
    return [start + at for at, number in enumerate(memoryview(line.write_to_memory()).cast("I")) if number]


def _row_sums(edges: Image, start: int, count: int) -> Image:
    return edges.crop(0, start, edges.width, count).project()[1]


def _column_sums(edges: Image, start: int, count: int) -> Image:
    return edges.crop(start, 0, count, edges.height).project()[0]


def _inside(first: int, last: int, whole: int) -> tuple[int, int]:
    """Without the outer sides of the edges: start and end of the content on an axis. What is nothing but one long edge
    keeps both its sides."""
    start, end = (first + 1 if first else 0), (last if last < whole - 1 else whole)
    return (start, end) if start < end else (first, last + 1)


def _grown(box: Box, percent: float, whole: tuple[int, int]) -> Box:
    left, top, width, height = box
    margin = math.ceil(min(max(percent, 0.0) / 100 * (width + height) / 2, float(sum(whole))))
    right, bottom = min(left + width + margin, whole[0]), min(top + height + margin, whole[1])
    left, top = max(0, left - margin), max(0, top - margin)
    return left, top, right - left, bottom - top


# ------------------------------------------------------------------------------------------------------------ attention


def small(picture: Picture, limits: Limits, side: int = SMALL) -> Picture:
    """A settled copy of what the view shows, at most `side` pixels a side, in memory."""
    step = Resize(*picture.view.within(side), "srgb")
    return resize.settle(resize.resize(picture, step, limits)).held()


def attention(copy: Picture, step: SmartCrop, whole: tuple[int, int]) -> tuple[float, float]:
    """Where the eye falls on a picture of width and height `whole` when a rectangle of the step's size is looked for,
    in its pixels; `copy` is a small settled one. The middle, when there is nothing to see."""
    image = colour.as_rgb(copy.frames[0])
    across, down = image.width / whole[0], image.height / whole[1]
    seen = image.premultiply(max_alpha=255).rint().cast("uchar") if colour.has_alpha(image) else image
    if seen.deviate() < FLAT:
        return whole[0] / 2, whole[1] / 2
    width, height = (
        min(max(1, round(length * scale)), limit)
        for length, scale, limit in ((step.width, across, image.width), (step.height, down, image.height))
    )
    _, spot = image.smartcrop(width, height, interesting="attention", attention_x=True, attention_y=True)
    # It is told as the corner of a cell of libvips' grid.
    middle = [length / CELLS / 2 for length in (image.width, image.height)]
    return (spot["attention_x"] + middle[0]) / across, (spot["attention_y"] + middle[1]) / down
