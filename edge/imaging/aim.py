"""quality=auto: the lowest quality whose picture still looks as good as was asked for.

How good a coded picture looks is estimated in points of SSIMULACRA 2 (100 = no difference, 90 = hardly any, 70 = good,
50 = fair), from libvips' operations alone; see `points`. The search is a bisection of a fixed ladder of qualities: at
most ENCODES encodes of at most PIXELS pixels, whatever the time they take. A larger picture is judged by its most
detailed tile. Since every comparison that a higher aim fails, it fails towards higher qualities, a higher aim never
gives a lower quality.
"""

import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyvips

from edge.imaging import colour

ENCODES = 5
TILE = 512  # pixels a side of the part that stands for a larger picture
PIXELS = TILE * TILE

# The ladder's ends: what is below the first looks bad in any picture, above the last nothing is gained.
SCALES: Mapping[str, tuple[int, int]] = {"jpeg": (30, 95), "webp": (30, 95), "avif": (25, 90), "jxl": (30, 95)}
_RUNGS = 1 << ENCODES

Save = Callable[[pyvips.Image, int], bytes]


def search(image: pyvips.Image, scale: tuple[int, int], target: float, save: Save) -> tuple[int, bytes | None]:
    """The quality, and the whole picture's body where that was made on the way. `image` is one frame in memory."""
    part = tile(image)
    original = _levels(part)
    bodies: dict[int, bytes] = {}
    low, high = 0, _RUNGS - 1
    while low < high:
        middle = (low + high) // 2
        quality = _rung(scale, middle)
        bodies[quality] = save(part, quality)
        low, high = (low, middle) if _points(original, _opened(bodies[quality])) >= target else (middle + 1, high)
    chosen = _rung(scale, low)
    return chosen, bodies.get(chosen) if part is image else None


def _rung(scale: tuple[int, int], at: int) -> int:
    return scale[0] + round((scale[1] - scale[0]) * at / (_RUNGS - 1))


def tile(image: pyvips.Image) -> pyvips.Image:
    """The picture itself, or its tile with most detail where it is larger than PIXELS."""
    if image.width * image.height <= PIXELS:
        return image
    return image.crop(*_place(image)).copy_memory()


def _place(image: pyvips.Image) -> tuple[int, int, int, int]:
    """The left, top, width and height of that tile."""
    width, height = _sides(image.width, image.height)
    green = image.extract_band(min(1, image.bands - 1))
    detail = (green.crop(0, 0, image.width - 1, image.height) - green.crop(1, 0, image.width - 1, image.height)).abs()
    places = [(x, y) for y in _starts(image.height, height) for x in _starts(image.width, width)]
    left, top = max(places, key=lambda place: detail.crop(*place, width - 1, height).avg())
    return left, top, width, height


def _sides(width: int, height: int) -> tuple[int, int]:
    """A tile's, within the picture's; a long strip's tile is longer, so that it never has fewer pixels than it may."""
    if width < TILE:
        return width, min(height, PIXELS // width)
    if height < TILE:
        return min(width, PIXELS // height), height
    return TILE, TILE


def _starts(whole: int, part: int) -> list[int]:
    """As many starts as parts fit side by side, spread evenly."""
    count = whole // part
    if count == 1:
        return [(whole - part) // 2]
    return [(whole - part) * at // (count - 1) for at in range(count)]


def points(image: pyvips.Image, body: bytes) -> float:
    """How near a coded picture is to the settled one it was made from, at most 100.

    Light is mixed to one band of brightness as the eye's cones would, on a scale of cube roots; transparent parts lie
    on grey. At half, quarter and eighth size, structural similarity (Wang and others, 2004) is taken in windows of
    sigma 1.5, and its failings are pooled by their fourth powers, so that one bad spot counts. A product of powers of
    the three figures is what is missing to 100 points.

    The powers were fitted to SSIMULACRA 2 on 21 pictures at 19 qualities of JPEG, WebP and AVIF, 35 to 96 points. For
    pictures left out of the fit, its points are missed by 2.1 in the mean for photographs (correlation 0.99) and by 3.1
    for all (0.96): coloured text is judged 6 too good, since colour is not looked at. Full size would mend 0.3 of that
    and take four times as long; as it is, a comparison takes 20 to 50 ms, most of it for blurring.
    """
    return _points(_levels(image), _opened(body))


def judged(image: pyvips.Image, body: bytes) -> float:
    """The points of a coded picture, by its most detailed tile where it is large."""
    coded = _opened(body)
    if image.width * image.height <= PIXELS:
        return _points(_levels(image), coded)
    left, top, width, height = _place(image)
    part, same = (each.crop(left, top, width, height) for each in (image, coded))
    return _points(_levels(part), same)


_SIGMA = 1.5
_FLAT = 0.0009  # differences of brightness below its root are noise
# Powers of the pooled failings at each scale, and the factor before their product.
_POWERS = (0.152, 0.162, 0.099)
_FACTOR = 252.0
_SMALLEST = 16  # pixels a side that a picture keeps when it is halved
# Shares of linear red, green and blue in brightness, and the light that is always there.
_SHARES = pyvips.Image.new_from_array([[0.265, 0.657, 0.078]])
_DARK = 0.0038
_GREY = 128.0


@dataclass(frozen=True, slots=True)
class _Level:
    """One scale of a picture: brightness, its mean around each pixel, and its variance there."""

    bright: pyvips.Image
    mean: pyvips.Image
    variance: pyvips.Image


def _points(original: Sequence[_Level], coded: pyvips.Image) -> float:
    missing = _FACTOR
    for level, other, power in zip(original, _levels(coded), _POWERS, strict=False):
        missing *= max(_failing(level, other), 1e-12) ** power
    return 100.0 - missing


def _failing(one: _Level, other: _Level) -> float:
    shared = _blurred(one.bright * other.bright) - one.mean * other.mean
    structure = (shared * 2 + _FLAT) / (one.variance + other.variance + _FLAT)
    apart = one.mean - other.mean
    failing = (apart * apart - 1) * structure + 1
    squared = failing * failing
    fourth: float = (squared * squared).avg()
    return float(fourth**0.25)


def _levels(image: pyvips.Image) -> list[_Level]:
    """The picture at half size and smaller, as far as it can be halved; one too small for that as it is."""
    light, levels = _light(image), list[_Level]()
    for _ in _POWERS:
        if min(light.width, light.height) >= _SMALLEST:
            light = light.shrink(2, 2).copy_memory()
        elif levels:
            break
        bright = (light * 65535).cast("ushort").maplut(_ROOTS).copy_memory()
        both = _blurred(bright.bandjoin(bright * bright)).copy_memory()
        mean = both.extract_band(0)
        levels.append(_Level(bright, mean, both.extract_band(1) - mean * mean))
    return levels


def _light(image: pyvips.Image) -> pyvips.Image:
    """Brightness in proportion to light, 0 to 1, one band, in memory."""
    image = colour.as_rgb(image)
    if colour.has_alpha(image):
        image = image.flatten(background=[_GREY] * 3)
    return image.maplut(_TABLE).recomb(_SHARES).copy_memory()


def _blurred(image: pyvips.Image) -> pyvips.Image:
    return image.gaussblur(_SIGMA, min_ampl=0.01, precision="float")


def _linear(level: float) -> float:
    """IEC 61966-2-1: light of an sRGB value, both 0 to 1."""
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4


_ROOTS = pyvips.Image.new_from_memory(
    array.array("f", ((light / 65535 + _DARK) ** (1 / 3) for light in range(65536))).tobytes(), 65536, 1, 1, "float"
)
_TABLE = pyvips.Image.new_from_memory(
    array.array("f", (_linear(level / 255) for level in range(256))).tobytes(), 256, 1, 1, "float"
)


def _opened(body: bytes) -> pyvips.Image:
    """A picture of our own writing, as a settled one."""
    return colour.sane(pyvips.Image.new_from_buffer(body, "")).copy_memory()
