"""What libvips says of a file's header, for comparison."""

from typing import Any

import pyvips

from edge.imaging.containers import webp_lossless
from edge.plan.facts import Facts

# libvips makes its sides from C ints and calls longer ones 1: VIPS_MAX_COORD.
MOST_COORD = 100_000_000

_LOADERS = {
    "jpeg": "jpeg",
    "png": "png",
    "gif": "gif",
    "webp": "webp",
    "heif": "avif",
    "tiff": "tiff",
    "svg": "svg",
}


def header(whole: bytes, name: str | None = None) -> Facts | None:
    """None when libvips does not open it. `name` is what it is taken for: a JPEG with a gain map is just a JPEG."""
    try:
        image = pyvips.Image.jpegload_buffer(whole) if name == "jpeg" else _open(whole)
    except Exception:  # pyvips cannot always decode libvips' own message, and then raises UnicodeDecodeError
        pyvips.vips_lib.vips_error_clear()
        return None
    codec = _field(image, "heif-compression", "av1")
    loader = _field(image, "vips-loader", "").split("load")[0]
    format = "heic" if codec == "hevc" else _LOADERS.get(loader, loader)
    return Facts(
        format=format,
        width=image.width,
        height=image.height,
        orientation=_field(image, "orientation", 1),
        frames=_field(image, "n-pages", 1),
        alpha=bool(image.hasalpha()),
        bits=_field(image, "bits-per-sample", 8),
        lossless=_lossless(whole, image, format),
        progressive=bool(_field(image, "interlaced", 0)),
    )


def _lossless(whole: bytes, image: Any, format: str) -> bool:
    if format == "webp":  # libvips does not say: as a worker's probe tells it
        return webp_lossless(whole)
    return format in ("tiff", "svg") or (format == "png" and not _field(image, "palette", 0))


def _open(whole: bytes) -> Any:
    return pyvips.Image.new_from_buffer(whole, "", access="sequential")


def _field(image: Any, name: str, default: Any) -> Any:
    return image.get(name) if image.get_typeof(name) else default
