"""Which loader reads which format. The format is told by our own sniffer (edge.imaging.containers), and its loader is
called by name: libvips' own look at the bytes, which would let them choose among all its loaders, is never asked.

BMP is read by ourselves (edge.imaging.bmp) where libvips would take ImageMagick: that looks at the bytes too, far into
them, and has coders that run programs and fetch addresses.
"""

import functools
from collections.abc import Callable, Mapping

import pyvips

from edge.imaging import bmp
from edge.imaging.options import supported

# By format; "avif" and "heic" differ in the codec, which the header tells.
LOADERS: Mapping[str, str] = {
    "jpeg": "jpegload_buffer",
    "png": "pngload_buffer",
    "webp": "webpload_buffer",
    "gif": "gifload_buffer",
    "avif": "heifload_buffer",
    "heic": "heifload_buffer",
    "tiff": "tiffload_buffer",
    "svg": "svgload_buffer",
    "jxl": "jxlload_buffer",
    "jp2": "jp2kload_buffer",
    "pdf": "pdfload_buffer",
    "bmp": "magickload_buffer",
}

# Read by these instead, on the builds that have the loader above.
OURS: Mapping[str, Callable[[bytes], pyvips.Image]] = {"bmp": bmp.read}


@functools.cache
def exists(format: str) -> bool:
    """Does this libvips have the format's loader? Whether that works is another question: see capabilities."""
    operation = LOADERS.get(format)
    return operation is not None and pyvips.type_find("VipsForeignLoad", operation) != 0


def load(format: str, data: bytes, options: Mapping[str, object]) -> pyvips.Image:
    """Open a picture of this format. Options that this libvips does not know are left out. pyvips.Error when it is
    broken, Unprocessable or UnsupportedPicture from readers of our own."""
    ours = OURS.get(format)
    if ours is not None:
        return ours(data)
    operation = LOADERS[format]
    return pyvips.Operation.call(operation, data, **supported(operation, options))
