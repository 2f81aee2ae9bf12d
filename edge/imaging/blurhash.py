"""BlurHash: a picture's lowest cosine terms as about 30 characters, from the public description of the format
(github.com/woltapp/blurhash, Algorithm.md). Light is mixed linearly."""

import math
from collections.abc import Sequence

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"

Colour = tuple[float, float, float]


def blurhash(pixels: Sequence[Colour], width: int, across: int = 4, down: int = 3) -> str:
    """`pixels`: red, green, blue from 0 to 255 in sRGB, row by row. `across` × `down` terms, 1 to 9 each."""
    height = len(pixels) // width
    light = [tuple(_light(level) for level in pixel) for pixel in pixels]
    terms = [
        _term(light, width, height, column, row, 1 if column == row == 0 else 2)
        for row in range(down)
        for column in range(across)
    ]
    strongest = max((abs(part) for term in terms[1:] for part in term), default=0.0)
    scale = max(0, min(82, math.floor(strongest * 166 - 0.5))) if len(terms) > 1 else 0
    text = _written(across - 1 + (down - 1) * 9, 1) + _written(scale, 1) + _written(_mean(terms[0]), 4)
    return text + "".join(_written(_detail(term, (scale + 1) / 166), 2) for term in terms[1:])


def _term(
    light: Sequence[tuple[float, ...]], width: int, height: int, column: int, row: int, weight: int
) -> tuple[float, float, float]:
    waves = [math.cos(math.pi * column * x / width) for x in range(width)]
    sums = [0.0, 0.0, 0.0]
    for y in range(height):
        wave = math.cos(math.pi * row * y / height)
        line = light[y * width : (y + 1) * width]
        for band in range(3):
            sums[band] += wave * math.fsum(pixel[band] * waves[x] for x, pixel in enumerate(line))
    red, green, blue = (total * weight / (width * height) for total in sums)
    return red, green, blue


def _mean(term: Colour) -> int:
    red, green, blue = (_level(part) for part in term)
    return (red << 16) + (green << 8) + blue


def _detail(term: Colour, strongest: float) -> int:
    red, green, blue = (_step(part / strongest) for part in term)
    return (red * 19 + green) * 19 + blue


def _step(share: float) -> int:
    """-1 to 1 as 0 to 18, finer near 0."""
    return max(0, min(18, math.floor(math.copysign(math.sqrt(abs(share)), share) * 9 + 9.5)))


def _written(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 83)
        text = DIGITS[digit] + text
    return text


def _light(level: float) -> float:
    share = level / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _level(light: float) -> int:
    light = min(max(light, 0.0), 1.0)
    share = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return int(share * 255 + 0.5)
