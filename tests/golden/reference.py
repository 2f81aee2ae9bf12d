"""Effects once more, in plain Python on lists: slow, and written without a look at how libvips does it.

A `Frame` is its width and its pixels, row by row: red, green, blue, alpha from 0 to 255, not premultiplied.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyvips

Pixel = tuple[float, float, float, float]
Places = tuple[int, int]


@dataclass(frozen=True)
class Frame:
    width: int
    pixels: list[Pixel]

    @property
    def height(self) -> int:
        return len(self.pixels) // self.width

    def at(self, x: int, y: int) -> Pixel:
        """The pixel there; beyond the edges, the nearest one."""
        return self.pixels[min(max(y, 0), self.height - 1) * self.width + min(max(x, 0), self.width - 1)]

    def mapped(self, work: Callable[[int, int], Pixel]) -> "Frame":
        return Frame(self.width, [work(x, y) for y in range(self.height) for x in range(self.width)])


def frames(body: bytes) -> list[Frame]:
    """Every frame of an encoded picture."""
    animated = body[:4] == b"RIFF" or body[:3] == b"GIF"
    image = pyvips.Image.new_from_buffer(body, "", **({"n": -1} if animated else {}))
    height = image.get("page-height") if image.get_typeof("page-height") else image.height
    image = image.colourspace("srgb") if image.bands < 3 else image
    image = image if image.hasalpha() else image.bandjoin(255)
    rows = list(zip(*[iter(bytes(image.cast("uchar").write_to_memory()))] * 4, strict=True))
    size = image.width * height
    return [Frame(image.width, rows[at : at + size]) for at in range(0, len(rows), size)]


def far(one: Frame, other: Frame) -> float:
    """The largest difference of two frames' pixels, premultiplied: what hides under nothing does not count."""
    assert (one.width, one.height) == (other.width, other.height)
    return max(
        abs(a - b)
        for p, q in zip(one.pixels, other.pixels, strict=True)
        for a, b in zip(shown(p), shown(q), strict=True)
    )


def shown(pixel: Pixel) -> Pixel:
    red, green, blue, alpha = pixel
    return red * alpha / 255, green * alpha / 255, blue * alpha / 255, alpha


def hidden(pixel: Sequence[float]) -> Pixel:
    """The way back."""
    red, green, blue, alpha = pixel
    return (red * 255 / alpha, green * 255 / alpha, blue * 255 / alpha, alpha) if alpha else (0.0, 0.0, 0.0, 0.0)


def mean(pixels: list[Pixel], weights: list[float] | None = None) -> Pixel:
    weights = weights or [1.0] * len(pixels)
    total = sum(weights)
    many = [shown(pixel) for pixel in pixels]
    return hidden([sum(p[band] * w for p, w in zip(many, weights, strict=True)) / total for band in range(4)])


def recoloured(frame: Frame, matrix: Sequence[float]) -> Frame:
    def work(x: int, y: int) -> Pixel:
        of = [level / 255 for level in frame.at(x, y)] + [1.0]
        sums = [sum(a * b for a, b in zip(matrix[at : at + 5], of, strict=True)) for at in (0, 5, 10, 15)]
        red, green, blue, alpha = (float(round(min(max(part, 0.0), 1.0) * 255)) for part in sums)
        return red, green, blue, alpha

    return frame.mapped(work)


def pixelated(frame: Frame, block: int) -> Frame:
    def work(x: int, y: int) -> Pixel:
        left, top = x // block * block, y // block * block
        across, down = range(left, min(left + block, frame.width)), range(top, min(top + block, frame.height))
        return mean([frame.at(i, j) for j in down for i in across])

    return frame.mapped(work)


def blurred(frame: Frame, sigma: float) -> Frame:
    """Every neighbour within four sigma counts."""
    reach = math.ceil(4 * sigma)
    around = range(-reach, reach + 1)
    weights = [math.exp(-at * at / (2 * sigma * sigma)) for at in around]
    across = frame.mapped(lambda x, y: mean([frame.at(x + at, y) for at in around], weights))
    return across.mapped(lambda x, y: mean([across.at(x, y + at) for at in around], weights))


def rounded(frame: Frame, radii: Sequence[float], ground: Pixel, grid: int = 16) -> Frame:
    """The share of a pixel that is kept is counted on a grid of points in it."""
    width, height = frame.width, frame.height
    pixels = [min(width, height) * radius / 200 for radius in radii]
    middles = [
        (pixels[0], pixels[0]),
        (width - pixels[1], pixels[1]),
        (width - pixels[2], height - pixels[2]),
        (pixels[3], height - pixels[3]),
    ]
    outward = [(-1, -1), (1, -1), (1, 1), (-1, 1)]

    def kept(x: float, y: float) -> bool:
        return not any(
            (x - middle[0]) * out[0] > 0 and (y - middle[1]) * out[1] > 0 and math.dist((x, y), middle) > radius
            for middle, out, radius in zip(middles, outward, pixels, strict=True)
        )

    def work(x: int, y: int) -> Pixel:
        points = [(x + (i + 0.5) / grid, y + (j + 0.5) / grid) for i in range(grid) for j in range(grid)]
        share = sum(kept(*point) for point in points) / grid**2
        return mean([frame.at(x, y), ground], [share, 1 - share])

    return frame.mapped(work)


def balanced(all_frames: list[Frame], clip: float) -> list[Frame]:
    """Levels are sorted; those at the clipped share from each end become 0 and 255."""
    ends = []
    for band in range(3):
        weighted = sorted((pixel[band], pixel[3]) for frame in all_frames for pixel in frame.pixels)
        ends.append((_quantile(weighted, clip), _quantile(weighted[::-1], clip)))

    def stretched(level: float, low: float, high: float) -> float:
        return min(max((level - low) / (high - low), 0.0), 1.0) * 255 if low < high else level

    def work(pixel: Pixel) -> Pixel:
        red, green, blue = (stretched(level, *end) for level, end in zip(pixel, ends, strict=False))
        return red, green, blue, pixel[3]

    return [Frame(frame.width, [work(pixel) for pixel in frame.pixels]) for frame in all_frames]


def _quantile(weighted: list[tuple[float, float]], share: float) -> float:
    """The first level before which more than this share of the weight lies, itself counted."""
    limit, total = share * sum(weight for _, weight in weighted), 0.0
    for at, (level, weight) in enumerate(weighted):
        total += weight
        last = at + 1 == len(weighted) or weighted[at + 1][0] != level
        if last and total > limit:
            return level
    return weighted[0][0]


def dotted(frame: Frame) -> Frame:
    if min(frame.width, frame.height) <= 3:
        return frame

    def work(x: int, y: int) -> Pixel:
        return (255.0, 0.0, 0.0, 255.0) if x >= frame.width - 3 and y >= frame.height - 3 else frame.at(x, y)

    return frame.mapped(work)


def laid(base: Frame, mark: Frame, left: int, top: int, opacity: float) -> Frame:
    """Source over."""

    def work(x: int, y: int) -> Pixel:
        i, j = x - left, y - top
        if not (0 <= i < mark.width and 0 <= j < mark.height):
            return base.at(x, y)
        over = [value * opacity for value in shown(mark.at(i, j))]
        rest = 1 - over[3] / 255
        return hidden([a + b * rest for a, b in zip(over, shown(base.at(x, y)), strict=True)])

    return base.mapped(work)
