"""Colour filters as the 20 numbers of Recolour: four rows of factors for R, G, B, A and a constant, on values 0 to 1.

Each filter clamps its result, so filters that follow each other stay steps of their own: their product would not.
Strengths are bounded where more of them changes no 8-bit picture.
"""

from typing import Final, Literal

Matrix = tuple[float, ...]
Greys = Literal["ntsc", "ry", "flat", "bt709"]

_Triple = tuple[float, float, float]

_LUMA: Final = (0.3086, 0.6094, 0.0820)  # weights of saturation (RIAPI §2)
_SEPIA: Final[tuple[_Triple, _Triple, _Triple]] = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
_GREYS: Final[dict[Greys, _Triple]] = {
    "ntsc": (0.299, 0.587, 0.114),
    "ry": (0.5, 0.419, 0.081),
    "flat": (1 / 3, 1 / 3, 1 / 3),
    "bt709": (0.2125, 0.7154, 0.0721),
}
# What Imageflow uses: a red weight one digit off, and a sum of 1.5 (RIAPI §7.6).
_UPSTREAM_GREYS: Final[dict[Greys, _Triple]] = {**_GREYS, "ntsc": (0.229, 0.587, 0.114), "flat": (0.5, 0.5, 0.5)}
_STRONGEST: Final = 1000.0


def _matrix(red: _Triple, green: _Triple, blue: _Triple, constant: float = 0.0, alpha: float = 1.0) -> Matrix:
    rows = (*red, 0.0, constant, *green, 0.0, constant, *blue, 0.0, constant)
    return (*rows, 0.0, 0.0, 0.0, alpha, 0.0)


def _diagonal(factor: float, constant: float = 0.0, alpha: float = 1.0) -> Matrix:
    return _matrix((factor, 0.0, 0.0), (0.0, factor, 0.0), (0.0, 0.0, factor), constant, alpha)


IDENTITY: Final = _diagonal(1.0)


def brightness(value: float) -> Matrix:
    """Adds `value` to each colour; -1 is black, 1 white."""
    return _diagonal(1.0, min(max(value, -1.0), 1.0))


def contrast(value: float) -> Matrix:
    """Spreads colours from the middle by `value` + 1: -1 is grey, below that a negative."""
    spread = min(max(value, -_STRONGEST), _STRONGEST) + 1.0
    return _diagonal(spread, 0.5 * (1.0 - spread))


def saturation(value: float) -> Matrix:
    """Blends with luma: -1 is grey, 0 as it was, more is more vivid."""
    own = min(max(value, -1.0), _STRONGEST) + 1.0
    red, green, blue = ((1.0 - own) * weight for weight in _LUMA)
    return _matrix((red + own, green, blue), (red, green + own, blue), (red, green, blue + own))


def sepia() -> Matrix:
    return _matrix(*_SEPIA)


def grayscale(kind: Greys, upstream: bool = False) -> Matrix:
    """One grey of all three colours. `upstream`: by Imageflow's weights, where they differ."""
    weights = (_UPSTREAM_GREYS if upstream else _GREYS)[kind]
    return _matrix(weights, weights, weights)


def invert() -> Matrix:
    return _diagonal(-1.0, 1.0)


def alpha(value: float) -> Matrix:
    """Multiplies the alpha channel by `value`, 0 to 255."""
    return _diagonal(1.0, alpha=min(max(value, 0.0), 255.0))
