"""What the libvips in this process can do, found by doing it.

A build may name a saver whose codec is missing, and no call tells the codecs' versions. So each format is written
once from a small picture, and read back. The bytes also serve as the codecs' fingerprint: they change when an encoder
or one of our settings does, which is exactly when renditions must get other keys.
"""

import functools
import hashlib
from collections.abc import Iterator

import pyvips

from edge.errors import EdgeError
from edge.imaging import mixing
from edge.imaging.encode import SAVERS, write
from edge.imaging.failures import translated
from edge.imaging.prepare import prepare
from edge.plan.steps import Encode
from edge.plan.work import Capabilities

# Ours. Raise it with every change of this room that can change a pixel or a byte; encoder settings count by themselves.
PIPELINE = 1

# The loaders pictures of strangers may reach, and the format each reads.
LOADERS = {
    "jpegload_buffer": "jpeg",
    "pngload_buffer": "png",
    "webpload_buffer": "webp",
    "gifload_buffer": "gif",
    "heifload_buffer": "avif",  # or heic: the header says which
    "tiffload_buffer": "tiff",
    "svgload_buffer": "svg",
    "jxlload_buffer": "jxl",
}

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'


@functools.cache
def capabilities() -> Capabilities:
    """Formats read and written, and the pipeline's version. About 40 ms, once per process."""
    prepare()
    samples = dict(_samples())
    prints = {format: hashlib.sha256(body).hexdigest()[:10] for format, body in samples.items()}
    together = hashlib.sha256(repr(sorted(prints.items())).encode()).hexdigest()[:12]
    version = ".".join(str(pyvips.version(at)) for at in range(3))
    readable = {format for format, body in [*samples.items(), ("svg", _SVG)] if _reads(body)}
    return Capabilities(
        pipeline=f"{PIPELINE}-libvips{version}-{together}",
        loaders=frozenset(readable),
        savers=frozenset(samples),
        versions={"pipeline": str(PIPELINE), "libvips": version, "pyvips": pyvips.__version__, **prints},
    )


def _samples() -> Iterator[tuple[str, bytes]]:
    """A small picture with colour, detail and alpha, in every format that can be written."""
    across = pyvips.Image.xyz(24, 16)
    bands = [across[0] * 10, across[1] * 15, (across[0] * across[1]) % 256, 255 - across[0] * 5]
    image = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    flat = mixing.over(image, "804020ff", "linear")
    for format in SAVERS:
        try:
            with translated():
                yield format, write(flat if format == "jpeg" else image, Encode(format), image.height)
        except EdgeError:
            continue


def _reads(body: bytes) -> bool:
    try:
        with translated():
            image = pyvips.Image.new_from_buffer(body, "", access="sequential")
            return image.get("vips-loader") in LOADERS and image.avg() >= 0
    except EdgeError:
        return False
