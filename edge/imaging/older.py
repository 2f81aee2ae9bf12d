"""What newer releases of libvips do in one operation, done with those that older ones have."""

import functools

import pyvips


@functools.cache
def _has(operation: str) -> bool:
    return bool(pyvips.type_find("VipsOperation", operation) != 0)


def clamped(image: pyvips.Image, low: float, high: float) -> pyvips.Image:
    """No value outside low to high; `clamp`, since 8.16."""
    if _has("clamp"):
        return image.clamp(min=low, max=high)
    return (image < low).ifthenelse(low, (image > high).ifthenelse(high, image))
