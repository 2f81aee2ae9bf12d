"""What a settled picture is like, as far as an encoder wants to know. Measured on pixels, so equal pixels give equal
answers; on an evenly spread sample, in one pass and without libvips' arithmetic, so it costs about a millisecond."""

import math
import operator
import sys
from dataclasses import dataclass

import pyvips

from edge.imaging import colour

# Neighbours whose colour differences (R − G or B − G) are further apart than this cannot share one chroma sample
# without a visible fringe; and the share of such neighbours that makes a picture vivid. On 512 pixel wide samples
# photographs have 0 to 0.5 percent, coloured text, buttons and tiles 1.4 to 5.4.
STEEP = 80
VIVID = 0.01
SAMPLE = 2048  # pairs of neighbours looked at
FEW = 256  # colours


@dataclass(frozen=True, slots=True)
class Look:
    """vivid: it has sharp coloured edges, as red text on white has. few: the sample shows at most FEW colours."""

    vivid: bool
    few: bool


def look(image: pyvips.Image) -> Look:
    """Of an image in memory."""
    step = max(1, math.isqrt(image.width * image.height // SAMPLE))
    across, down = min(step, max(1, image.width - 1)), min(step, image.height)
    bands = image.bands
    pairs = image
    if image.width > 1:
        pairs = image.crop(0, 0, image.width - 1, image.height).bandjoin(
            image.crop(1, 0, image.width - 1, image.height)
        )
    data = bytes(pairs.subsample(across, down).write_to_memory())
    planes = [data[band :: pairs.bands] for band in range(pairs.bands)]
    vivid = image.width > 1 and bands > 2 and _steep(planes[:3], planes[bands : bands + 3]) >= VIVID
    seen = set(zip(*planes[:bands], strict=True))
    if colour.has_alpha(image):
        seen = {pixel for pixel in seen if pixel[-1]}
    return Look(vivid, len(seen) <= FEW)


def _steep(left: list[bytes], right: list[bytes]) -> float:
    """The share of neighbours that are far apart in colour."""
    steep = [False] * len(left[0])
    for band in (0, 2):
        here, there = (map(operator.sub, side[band], side[1]) for side in (left, right))
        far = map(STEEP.__lt__, map(abs, map(operator.sub, here, there)))
        steep = list(map(operator.or_, steep, far))
    return sum(steep) / len(steep)


def palette(image: pyvips.Image) -> list[int] | None:
    """Its colours as `numbered` gives them, the most transparent first; None when there are more than FEW."""
    found = set(numbered(image))
    return sorted(found, key=_opacity_first) if len(found) <= FEW else None


def _opacity_first(number: int) -> bytes:
    return number.to_bytes(4, sys.byteorder)[::-1]


def numbered(image: pyvips.Image) -> memoryview:
    """Each pixel as one native 32-bit number: R, G, B and A in memory order, all transparent pixels alike."""
    if colour.has_alpha(image):
        image = (image.extract_band(image.bands - 1) > 0).ifthenelse(image, 0)
    image = colour.with_alpha(colour.as_rgb(image))
    return memoryview(image.write_to_memory()).cast("B").cast("I")
