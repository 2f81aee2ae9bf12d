"""BMP: the size and depth in its second header, Microsoft's or OS/2's. What is packed in ways that our reader does not
know, or contradicts itself, is Odd; so is alpha, which many programs announce and do not write.
"""

from edge.facts.head import Head, Odd, expect
from edge.plan.facts import Facts

HEADERS = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
_CORE = 12
_DEPTHS = {0: (1, 2, 4, 8, 16, 24, 32), 1: (8,), 2: (4,), 3: (16, 32), 6: (16, 32)}  # by compression
_FIELDS, _ALPHA_FIELDS = 3, 6


def read(head: Head) -> Facts:
    size = head.number(14, 4, "little")
    if size == _CORE:
        width, height = head.number(18, 2, "little"), head.number(20, 2, "little")
        planes, depth, packing = head.number(22, 2, "little"), head.number(24, 2, "little"), 0
    else:
        width, height = _signed(head, 18), abs(_signed(head, 22))
        planes, depth = head.number(26, 2, "little"), head.number(28, 2, "little")
        packing = head.number(30, 4, "little") if size >= 40 else 0
    expect(width > 0 and height > 0 and planes == 1 and depth in _DEPTHS.get(packing, ()))
    if _announces_alpha(head, size, packing):
        raise Odd
    return Facts(format="bmp", width=width, height=height, lossless=True)


def _signed(head: Head, at: int) -> int:
    return int.from_bytes(head.span(at, 4), "little", signed=True)


def _announces_alpha(head: Head, size: int, packing: int) -> bool:
    inside = size >= 56 and packing == _FIELDS
    return (inside or packing == _ALPHA_FIELDS) and head.number(66, 4, "little") != 0
