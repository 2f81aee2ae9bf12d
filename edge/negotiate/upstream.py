"""How Imageflow chooses a format when the URL does not (RIAPI §6.1), for routes that must answer as it does.

Only the URL speaks: browsers' words and the route's lists count for nothing, so one URL has one format for each
original. Of its conditions one is always met: no URL can allow a progressive JPEG, so WebP is preferred to JPEG.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from edge.negotiate.original import Original, Result

_AVIF_PIXELS: Final = 3_000_000  # what is larger takes it too long


class _Case(NamedTuple):
    original: Original
    result: Result
    lossless: bool


def _always(case: _Case) -> bool:
    return True


def _moves(case: _Case) -> bool:
    return case.original.animated


def _exact(case: _Case) -> bool:
    return case.lossless or case.result.alpha


def _small(case: _Case) -> bool:
    return case.result.pixels < _AVIF_PIXELS


# The first format that the URL accepts, where it must, that can be written, and whose condition holds.
_ORDER: Final[tuple[tuple[str, bool, Callable[[_Case], bool]], ...]] = (
    ("webp", True, _moves),
    ("gif", False, _moves),
    ("jxl", True, _always),
    ("webp", True, _exact),
    ("png", False, _exact),
    ("avif", True, _exact),
    ("avif", True, _small),
    ("webp", True, _always),
    ("jpeg", False, _always),
    ("avif", False, _always),
    ("png", False, _always),
    ("gif", False, _always),
)


def upstream(accepts: tuple[str, ...], original: Original, result: Result, lossless: bool) -> str:
    """The format that AUTO comes to; `lossless` tells whether nothing may be lost."""
    case = _Case(original, result, lossless)
    for name, only_accepted, holds in _ORDER:
        if (name in accepts or not only_accepted) and name in original.writable and holds(case):
            return name
    return "jpeg"
