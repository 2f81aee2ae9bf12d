"""PNGs with a palette that lose nothing: for pictures of at most 256 colours, which is most icons and drawings."""

import struct
import sys
import zlib

import pyvips

from edge.imaging import traits
from edge.imaging.options import metadata, supported

_OPERATION = "pngsave_buffer"
# Pixels beyond which it is not tried: counting and numbering cost 50 ns a pixel.
MOST = 4_000_000


def indexed(image: pyvips.Image, compression: int) -> bytes | None:
    """The PNG of a picture in memory, or None when it has too many colours. Rows are written unfiltered: neighbouring
    indices say nothing about each other."""
    if image.width * image.height > MOST or not traits.look(image).few:
        return None
    colours = traits.palette(image)
    if colours is None:
        return None
    bits = next(bits for bits in (1, 2, 4, 8) if len(colours) <= 1 << bits)
    # Levels spread over 0 to 255: libvips' builds narrow them to fewer bits in more than one way.
    places = {number: place * (255 // ((1 << bits) - 1)) for place, number in enumerate(colours)}
    indices = bytes(map(places.__getitem__, traits.numbered(image)))
    plane = pyvips.Image.new_from_memory(indices, image.width, image.height, 1, "uchar").copy(interpretation="b-w")
    options = supported(_OPERATION, {"bitdepth": bits, "compression": compression, "filter": "none"})
    body: bytes = pyvips.Operation.call(_OPERATION, plane, **options, **metadata(_OPERATION))
    return _recoloured(body, [number.to_bytes(4, sys.byteorder) for number in colours], bits)


def _recoloured(grey: bytes, colours: list[bytes], bits: int) -> bytes | None:
    """The grey PNG's levels as places in a palette (PNG third edition §11.2). None when it is not the grey PNG that
    was asked for."""
    if grey[24:26] != bytes((bits, 0)):
        return None
    head = _chunk(b"IHDR", grey[16:25] + b"\3" + grey[26:29])
    table = _chunk(b"PLTE", b"".join(colour[:3] for colour in colours))
    opacities = bytes(colour[3] for colour in colours).rstrip(b"\xff")
    return grey[:8] + head + table + (_chunk(b"tRNS", opacities) if opacities else b"") + _data(grey)


def _data(png: bytes) -> bytes:
    """The pixels of a PNG of our own writing, and its end; any chunk between is dropped."""
    at, parts = 33, list[bytes]()
    while at < len(png):
        end = at + 12 + struct.unpack_from(">I", png, at)[0]
        if png[at + 4 : at + 8] in (b"IDAT", b"IEND"):
            parts.append(png[at:end])
        at = end
    return b"".join(parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
