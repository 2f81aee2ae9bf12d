"""What the libvips in this process can do, found by doing it.

A build may name a saver or a loader whose codec is missing, and no call tells the codecs' versions. So each format is
written once from a small picture, and read back; what cannot be written is read from edge.imaging.specimens. The bytes
and the pixels read also serve as the codecs' fingerprint: they change when an encoder, a decoder or one of our settings
does, which is exactly when renditions must get other keys.
"""

import functools
import hashlib
from collections.abc import Iterator

import pyvips

from edge.errors import EdgeError
from edge.imaging import loaders, mixing
from edge.imaging.encode import write
from edge.imaging.failures import translated
from edge.imaging.prepare import prepare
from edge.imaging.savers import SAVERS
from edge.imaging.specimens import SPECIMENS
from edge.plan.steps import Encode
from edge.plan.work import Capabilities

# Ours. Raise it with every change of this room that can change a pixel or a byte; encoder settings count by themselves.
PIPELINE = 2


@functools.cache
def capabilities() -> Capabilities:
    """Formats read and written, and the pipeline's version. About 40 ms, once per process."""
    prepare()
    samples = dict(_samples())
    prints = {format: hashlib.sha256(body).hexdigest()[:10] for format, body in samples.items()}
    readings = {format: _reading(format, body) for format, body in {**SPECIMENS, **samples}.items()}
    readings = {format: pixels for format, pixels in readings.items() if pixels}
    together = hashlib.sha256(repr((sorted(prints.items()), sorted(readings.items()))).encode()).hexdigest()[:12]
    version = ".".join(str(pyvips.version(at)) for at in range(3))
    return Capabilities(
        pipeline=f"{PIPELINE}-libvips{version}-{together}",
        loaders=frozenset(readings),
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


def _reading(format: str, body: bytes) -> str:
    """A digest of the pixels that come of it, so that another decoder counts too; empty when they do not come."""
    if not loaders.exists(format):
        return ""
    try:
        with translated():
            return hashlib.sha256(loaders.load(format, body, {}).write_to_memory()).hexdigest()[:10]
    except EdgeError:
        return ""
