"""Arithmetic on colours, RRGGBBAA in lower-case hex."""

from edge.plan.steps import TRANSPARENT


def is_opaque(colour: str) -> bool:
    return colour.endswith("ff")


def visible(colour: str) -> str:
    """The colour, or the one transparent that stands for all of them."""
    return TRANSPARENT if colour.endswith("00") else colour


def on_white(colour: str) -> str:
    """The opaque colour that one sees when this one lies on white paper."""
    red, green, blue, alpha = bytes.fromhex(colour)
    return bytes((*((part * alpha + 255 * (255 - alpha) + 127) // 255 for part in (red, green, blue)), 255)).hex()
