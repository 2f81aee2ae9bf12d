"""Whether anything may be lost: what a URL says of it, for all formats and for one.

The word on one format beats the general one. "keep" follows the source. The lossless profile is a word as well, but the
weakest. PNG stands apart: in it to lose means a palette, so only a word of its own makes it do so.
"""

from typing import Literal

from edge.negotiate.original import Original
from edge.negotiate.profiles import LOSSLESS
from edge.plan.steps import Encode


def wants_lossless(encode: Encode, original: Original) -> bool:
    """Shall the format be one that loses nothing?"""
    if encode.lossless is not None:
        return _follow(encode.lossless, original)
    return encode.profile is not None and encode.profile >= LOSSLESS


def said_lossless(encode: Encode, name: str, original: Original) -> bool | None:
    """What the URL wants of this format; None = it does not say."""
    for each, said in encode.lossless_of:
        if each == name:
            return _follow(said, original)
    if wants_lossless(encode, original):
        return True
    return False if encode.lossless is not None and name != "png" else None


def _follow(said: bool | Literal["keep"], original: Original) -> bool:
    return original.lossless if said == "keep" else said
