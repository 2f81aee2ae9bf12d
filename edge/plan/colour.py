"""Arithmetic on colours, RRGGBBAA in lower-case hex."""

from edge.plan.steps import TRANSPARENT, WHITE


def is_opaque(colour: str) -> bool:
    return colour.endswith("ff")


def visible(colour: str) -> str:
    """The colour, or the one transparent that stands for all of them."""
    return TRANSPARENT if colour.endswith("00") else colour


def on_white(colour: str) -> str:
    """The opaque colour that one sees when this one lies on white paper."""
    return over(colour, WHITE)


def over(colour: str, ground: str) -> str:
    """The opaque colour that one sees when this one lies on an opaque one."""
    *parts, alpha = bytes.fromhex(colour)
    below = bytes.fromhex(ground)[:3]
    mixed = [(part * alpha + under * (255 - alpha) + 127) // 255 for part, under in zip(parts, below, strict=True)]
    return bytes((*mixed, 255)).hex()
