"""BMP to pixels, without ImageMagick: bounded, and strict where a reader could be led astray.

After Microsoft's BITMAPFILEHEADER, BITMAPCOREHEADER and BITMAPINFOHEADER to BITMAPV5HEADER. Read are 1, 2, 4 and 8 bits
with a palette, 16, 24 and 32 bits, bit fields, run lengths of 4 and 8 bits, rows from either end. Rows are handed to
libvips as they are; nothing but run lengths is unpacked byte by byte. Colour profiles in a V5 header are passed over.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyvips

from edge.errors import Unprocessable, UnsupportedPicture
from edge.imaging.failures import BROKEN, CUT

HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_CORE = 12
_FILE = 14

PLAIN, RLE8, RLE4, FIELDS, ALPHA_FIELDS = 0, 1, 2, 3, 6
_DEPTHS = {PLAIN: (1, 2, 4, 8, 16, 24, 32), RLE8: (8,), RLE4: (4,), FIELDS: (16, 32), ALPHA_FIELDS: (16, 32)}
# Masks of red, green, blue and alpha where the file gives none.
_MASKS = {16: (0x7C00, 0x03E0, 0x001F, 0), 32: (0xFF0000, 0x00FF00, 0x0000FF, 0)}

Masks = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bitmap:
    """What the headers say. `pixels` and `palette` are places in the file; `colours` entries of `entry` bytes."""

    width: int
    height: int
    depth: int
    packing: int
    upward: bool  # the first row stored is the lowest
    pixels: int
    palette: int
    entry: int
    colours: int
    masks: Masks

    @property
    def stride(self) -> int:
        """Bytes of a stored row: whole words of four."""
        return (self.width * self.depth + 31) // 32 * 4

    @property
    def alpha(self) -> bool:
        return self.depth > 8 and len(self.masks) == 4 and self.masks[3] != 0


def is_bmp(start: bytes) -> bool:
    """Two letters are too few to go by: the second header has to be one that exists."""
    return start[:2] == b"BM" and int.from_bytes(start[14:18], "little") in HEADERS


def header(data: bytes) -> Bitmap:
    """Unprocessable when the headers are cut or contradict themselves."""
    if len(data) < _FILE + 4:
        raise Unprocessable(CUT)
    size = int.from_bytes(data[14:18], "little")
    if size not in HEADERS:
        raise Unprocessable(BROKEN)
    if len(data) < _FILE + size:
        raise Unprocessable(CUT)
    found = _core(data) if size == _CORE else _info(data, size)
    if found.width <= 0 or found.height <= 0 or found.depth not in _DEPTHS.get(found.packing, ()):
        raise Unprocessable(BROKEN)
    if found.packing in (RLE8, RLE4) and not found.upward:
        raise Unprocessable(BROKEN)
    return found


def _core(data: bytes) -> Bitmap:
    width, height, planes, depth = struct.unpack_from("<HHHH", data, 18)
    _expect(planes == 1)
    pixels = int.from_bytes(data[10:14], "little")
    return Bitmap(
        width, height, depth, PLAIN, True, pixels, _FILE + _CORE, 3, 1 << min(depth, 8), _MASKS.get(depth, ())
    )


def _info(data: bytes, size: int) -> Bitmap:
    width, height, planes, depth = struct.unpack_from("<iiHH", data, 18)
    packing, colours = (struct.unpack_from("<I", data, at)[0] if size >= 40 else 0 for at in (30, 46))
    _expect(planes == 1)
    pixels = int.from_bytes(data[10:14], "little")
    upward, height = height > 0, abs(height)
    masks, after = _masks(data, size, depth, packing)
    return Bitmap(width, height, depth, packing, upward, pixels, after, 4, colours or 1 << min(depth, 8), masks)


def _masks(data: bytes, size: int, depth: int, packing: int) -> tuple[Masks, int]:
    """Masks, and the place behind them: in headers after the first they are inside."""
    after = _FILE + size
    if packing not in (FIELDS, ALPHA_FIELDS):
        return _MASKS.get(depth, ()), after
    count = 4 if size >= 56 or packing == ALPHA_FIELDS else 3
    if size < 52:
        after += 4 * count
    if len(data) < 54 + 4 * count:
        raise Unprocessable(CUT)
    return struct.unpack_from(f"<{count}I", data, 54), after


def read(data: bytes) -> pyvips.Image:
    """The picture: 8-bit RGB, or RGBA where bit fields say so. Its rows are in memory; what they become is lazy."""
    bitmap = header(data)
    if bitmap.packing in (RLE8, RLE4):
        image = _indices(_unpacked(data, bitmap), bitmap.width, replace(bitmap, depth=8))
        return _coloured(image, data, bitmap)
    _expect(bitmap.pixels >= bitmap.palette)
    if len(data) < bitmap.pixels + bitmap.stride * bitmap.height:
        raise Unprocessable(CUT)
    rows = memoryview(data)[bitmap.pixels : bitmap.pixels + bitmap.stride * bitmap.height]
    if bitmap.depth <= 8:
        return _coloured(_indices(rows, bitmap.stride, bitmap), data, bitmap)
    return _direct(rows, bitmap)


def _indices(rows: bytes | bytearray | memoryview, stride: int, bitmap: Bitmap) -> pyvips.Image:
    """One byte a pixel, upright; what is packed into a byte becomes bands, and those pixels again."""
    image = pyvips.Image.new_from_memory(bytes(rows), stride, bitmap.height, 1, "uchar")
    if bitmap.depth < 8:
        each, top = 8 // bitmap.depth, (1 << bitmap.depth) - 1
        table = bytes(byte >> (8 - bitmap.depth * (at + 1)) & top for byte in range(256) for at in range(each))
        wide = image.maplut(pyvips.Image.new_from_memory(table, 256, 1, each, "uchar")).write_to_memory()
        image = pyvips.Image.new_from_memory(wide, stride * each, bitmap.height, 1, "uchar")
    return _upright(image.crop(0, 0, bitmap.width, bitmap.height), bitmap)


def _coloured(image: pyvips.Image, data: bytes, bitmap: Bitmap) -> pyvips.Image:
    """Colours for indices; those beyond the palette are black."""
    count = min(bitmap.colours, 256)
    end = bitmap.palette + count * bitmap.entry
    if bitmap.colours > 1 << 16 or len(data) < end:
        raise Unprocessable(BROKEN)
    entries = (data[at : at + 3][::-1] for at in range(bitmap.palette, end, bitmap.entry))
    table = b"".join(entries).ljust(768, b"\0")
    return _rgb(image.maplut(pyvips.Image.new_from_memory(table, 256, 1, 3, "uchar")))


def _direct(rows: memoryview, bitmap: Bitmap) -> pyvips.Image:
    size = bitmap.depth // 8
    used = bitmap.width * size
    # libvips knows no padding: without it the rows are pixels, one after another.
    dense = b"".join(rows[at : at + used] for at in range(0, len(rows), bitmap.stride)) if used % 4 else bytes(rows)
    if bitmap.depth == 24:
        image = pyvips.Image.new_from_memory(dense, bitmap.width, bitmap.height, 3, "uchar")
        return _upright(_rgb(image[2].bandjoin([image[1], image[0]])), bitmap)
    image = pyvips.Image.new_from_memory(dense, bitmap.width, bitmap.height, 1, "ushort" if size == 2 else "uint")
    bands = [_field(image, mask) for mask in bitmap.masks[:3]]
    if bitmap.alpha:
        alpha = _field(image, bitmap.masks[3])
        if alpha.max() > 0:  # many programs announce alpha and write none
            bands.append(alpha)
    return _upright(_rgb(bands[0].bandjoin(bands[1:])), bitmap)


def _field(image: pyvips.Image, mask: int) -> pyvips.Image:
    """The bits under a mask, as 0 to 255."""
    if not mask:
        return (image * 0).cast("uchar")
    low = (mask & -mask).bit_length() - 1
    most = mask >> low
    if most & (most + 1) or most.bit_length() > 16:
        raise UnsupportedPicture("Expected a BMP with bit fields of up to 16 bits in a row but received others")
    return ((image >> low & most) * (255 / most)).rint().cast("uchar")


def _rgb(image: pyvips.Image) -> pyvips.Image:
    return image.copy(interpretation="srgb")


def _upright(image: pyvips.Image, bitmap: Bitmap) -> pyvips.Image:
    return image.flipver() if bitmap.upward else image


def _unpacked(data: bytes, bitmap: Bitmap) -> bytearray:
    """Run lengths to one byte a pixel. Each turn of the loop writes a pixel, moves on or ends, so it ends soon enough;
    what was jumped over is colour 0. A run may not leave its row, and the data may not end before its end mark."""
    width, height, half = bitmap.width, bitmap.height, bitmap.packing == RLE4
    out = bytearray(width * height)
    at, x, y = bitmap.pixels, 0, 0
    while True:
        if at + 2 > len(data):
            raise Unprocessable(CUT)
        count, value = data[at], data[at + 1]
        at += 2
        if count:
            run = _run(bytes((value,)) * count, count, half)
        elif value >= 3:
            size = (value + 1) // 2 if half else value
            run = _run(data[at : at + size], value, half, literal=True)
            at += size + size % 2
        elif value == 2:
            _expect(at + 2 <= len(data) and data[at : at + 2] != b"\0\0")
            x, y, at, run = x + data[at], y + data[at + 1], at + 2, b""
        elif value == 0 and y < height:
            x, y = 0, y + 1
            continue
        else:
            return out
        _expect(x + len(run) <= width and (y < height or not run))
        out[y * width + x : y * width + x + len(run)] = run
        x += len(run)


def _run(stored: bytes, count: int, half: bool, literal: bool = False) -> bytes:
    """`count` indices; of half bytes the upper one comes first."""
    if literal and len(stored) < ((count + 1) // 2 if half else count):
        raise Unprocessable(CUT)
    if not half:
        return stored
    return _halves(stored[: (count + 1) // 2])[:count]


def _halves(stored: Sequence[int]) -> bytes:
    return bytes(part for byte in stored for part in (byte >> 4, byte & 15))


def _expect(sound: bool) -> None:
    if not sound:
        raise Unprocessable(BROKEN)
