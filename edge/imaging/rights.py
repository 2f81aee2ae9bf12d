"""Whose picture it is: the one thing that may be kept of a picture's metadata.

EXIF's Copyright and Artist are read by a bounded parser of our own, and a new block with nothing but them is written;
libvips adds the tags that EXIF demands (size, resolution, version). Places, times, serial numbers and thumbnails never
travel, whatever the old block held. Rights that stand in XMP or IPTC alone are not kept.
"""

import struct
from collections.abc import Iterator

import pyvips

_DATA = "exif-data"
_ARTIST, _COPYRIGHT = 0x013B, 0x8298
_LONGEST = 1000  # bytes of one text
_ENTRIES = 200  # of a directory
# What an image has to say besides its pixels to be written; all else of what libvips carries along is metadata.
_NEEDED = frozenset({"page-height", "n-pages", "loop", "delay", "icc-profile-data"})


def rights(image: pyvips.Image) -> bytes:
    """A new EXIF block that names the picture's owner and author, or nothing when the picture names neither."""
    block = bytes(image.get(_DATA)) if image.get_typeof(_DATA) else b""
    texts = dict(_texts(block.removeprefix(b"Exif\0\0")))
    return _block([(tag, texts[tag]) for tag in (_ARTIST, _COPYRIGHT) if texts.get(tag)])


def marked(image: pyvips.Image, block: bytes) -> pyvips.Image:
    """The image with this EXIF block, if any, and no metadata else but its profile."""
    image = image.copy()
    for name in image.get_fields():
        if name not in _NEEDED:
            image.remove(name)
    if block:
        image.set_type(pyvips.GValue.blob_type, _DATA, b"Exif\0\0" + block)
    return image


def _texts(tiff: bytes) -> Iterator[tuple[int, bytes]]:
    """The two texts of the first directory (TIFF 6.0 §2); what does not fit its bounds is not there."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return
    at = struct.unpack_from(order + "I", tiff, 4)[0]
    if at + 2 > len(tiff):
        return
    count = min(struct.unpack_from(order + "H", tiff, at)[0], _ENTRIES)
    for entry in range(at + 2, min(at + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, length = struct.unpack_from(order + "HHI", tiff, entry)
        if tag not in (_ARTIST, _COPYRIGHT) or kind != 2 or length > _LONGEST:
            continue
        start = entry + 8 if length <= 4 else struct.unpack_from(order + "I", tiff, entry + 8)[0]
        yield tag, tiff[start : start + length].rstrip(b"\0 ")


def _block(texts: list[tuple[int, bytes]]) -> bytes:
    """A little-endian TIFF of one directory, its texts behind it."""
    if not texts:
        return b""
    entries, behind = b"", b""
    start = 8 + 2 + 12 * len(texts) + 4
    for tag, text in texts:
        value = text + b"\0"
        place = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", start + len(behind))
        entries += struct.pack("<HHI", tag, 2, len(value)) + place
        behind += value + b"\0" * (len(value) % 2) if len(value) > 4 else b""
    return b"II*\0" + struct.pack("<IH", 8, len(texts)) + entries + bytes(4) + behind
