"""ThumbHash: a picture's lowest cosine terms, its shape and its transparency in about 25 bytes, from the public
description of the format (evanw.github.io/thumbhash). Values are mixed as stored."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SIDE = 100  # pixels: what the format allows to be described

Pixel = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Channel:
    """The mean, the strongest of the other terms, and these as shares of it, 0 to 1."""

    mean: float
    scale: float
    terms: tuple[float, ...]


def thumbhash(pixels: Sequence[Pixel], width: int) -> bytes:
    """`pixels`: red, green, blue, alpha from 0 to 255, not premultiplied, row by row; at most 100 pixels a side."""
    height = len(pixels) // width
    luma, yellow, red, alpha = _channels(pixels)
    clear = sum(alpha) < len(pixels)
    most = 5 if clear else 7
    across, down = (max(1, _rounded(most * side / max(width, height))) for side in (width, height))
    light = _encoded(luma, width, max(3, across), max(3, down))
    tints = [_encoded(channel, width, 3, 3) for channel in (yellow, red)]
    veil = _encoded(alpha, width, 5, 5) if clear else None
    wide = width > height
    text = (
        _rounded(63 * light.mean)
        | _rounded(31.5 + 31.5 * tints[0].mean) << 6
        | _rounded(31.5 + 31.5 * tints[1].mean) << 12
        | _rounded(31 * light.scale) << 18
        | clear << 23
        | (down if wide else across) << 24
        | _rounded(63 * tints[0].scale) << 27
        | _rounded(63 * tints[1].scale) << 33
        | wide << 39
    ).to_bytes(5, "little")
    if veil:
        text += bytes([_rounded(15 * veil.mean) | _rounded(15 * veil.scale) << 4])
    nibbles = [_rounded(15 * term) for channel in (light, *tints, veil) if channel for term in channel.terms]
    nibbles += [0] * (len(nibbles) % 2)
    return text + bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))


def _channels(pixels: Sequence[Pixel]) -> tuple[list[float], ...]:
    """Luma, yellow against blue, red against green, and opacity; transparent pixels take the mean colour."""
    weight = sum(pixel[3] for pixel in pixels)
    mean = [sum(pixel[band] * pixel[3] for pixel in pixels) / weight / 255 if weight else 0.0 for band in range(3)]
    channels: tuple[list[float], ...] = ([], [], [], [])
    for *rgb, opacity in pixels:
        alpha = opacity / 255
        red, green, blue = (mean[band] * (1 - alpha) + alpha * rgb[band] / 255 for band in range(3))
        for channel, value in zip(
            channels, ((red + green + blue) / 3, (red + green) / 2 - blue, red - green, alpha), strict=True
        ):
            channel.append(value)
    return channels


def _encoded(channel: Sequence[float], width: int, across: int, down: int) -> _Channel:
    """The terms above the diagonal from the last column to the last row."""
    height = len(channel) // width
    waves = [[math.cos(math.pi / width * column * (x + 0.5)) for x in range(width)] for column in range(across)]
    lines = [channel[y * width : (y + 1) * width] for y in range(height)]
    rows = [[sum(map(float.__mul__, wave, line)) for line in lines] for wave in waves]
    found = [
        sum(rows[column][y] * math.cos(math.pi / height * row * (y + 0.5)) for y in range(height)) / len(channel)
        for column, row in _places(across, down)
    ]
    mean, *terms = found
    scale = max(map(abs, terms))
    return _Channel(mean, scale, tuple(0.5 + 0.5 / scale * term if scale else term for term in terms))


def _places(across: int, down: int) -> Iterator[tuple[int, int]]:
    """Column and row of each term, the mean first."""
    for row in range(down):
        column = 0
        while column * down < across * (down - row):
            yield column, row
            column += 1


def _rounded(value: float) -> int:
    """Halves up; what misses one by the noise of adding floats counts as one, or equal pictures would differ."""
    return math.floor(round(value, 9) + 0.5)
