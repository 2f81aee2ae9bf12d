"""Options of libvips' operations that this build may not have: its releases add some every year.

What an older one lacks is left out, and the picture is written without that refinement. The product's own formats are
tested down to 8.14, where `strip` stands for what is now `keep`.
"""

import functools
from collections.abc import Mapping

import pyvips


@functools.cache
def known(operation: str) -> frozenset[str]:
    """The names of the operation's optional inputs; none for an operation that this build lacks."""
    try:
        return frozenset(pyvips.Introspect.get(operation).optional_input)
    except pyvips.Error:
        return frozenset()


def supported(operation: str, wanted: Mapping[str, object]) -> dict[str, object]:
    """Those of the wanted options that the operation has."""
    names = known(operation)
    return {name: value for name, value in wanted.items() if name in names}


# libvips' flags for kinds of metadata.
EXIF, ICC = 1, 8


def selective(operation: str) -> bool:
    """Can it be told which kinds of metadata to write? Older builds know all or nothing, and their WebP writer writes
    EXIF even when told to write nothing: the image must carry no more than may be written."""
    return "keep" in known(operation)


def metadata(operation: str, kinds: int = 0) -> dict[str, object]:
    """How the operation is told to write these kinds of metadata only."""
    if selective(operation):
        return {"keep": kinds}
    return supported(operation, {"strip": not kinds})
