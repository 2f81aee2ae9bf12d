"""Small files made by hand, so that each can be wrong in exactly one way."""

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Literal

Order = Literal["<", ">"]


def exif(orientation: int, order: Order = "<", kind: int = 3, count: int = 1) -> bytes:
    """A TIFF block with one directory of one entry: orientation."""
    value = struct.pack(order + "HH", orientation, 0) if kind == 3 else struct.pack(order + "I", orientation)
    entry = struct.pack(order + "HHI", 0x0112, kind, count) + value
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IH", 8, 1) + entry + struct.pack(order + "I", 0)


# JPEG


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def sof(width: int, height: int, marker: int = 0xC0, components: int = 3, bits: int = 8) -> bytes:
    each = b"".join(bytes((number + 1, 0x11, 0)) for number in range(components))
    return segment(marker, struct.pack(">BHHB", bits, height, width, components) + each)


def sos(components: int = 3) -> bytes:
    each = b"".join(bytes((number + 1, 0)) for number in range(components))
    return segment(0xDA, bytes((components,)) + each + b"\0\x3f\0")


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + b"\x12\x34\xff\xd9"


def app1(block: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + block)


# PNG


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def ihdr(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IDAT", b"x") + chunk(b"IEND")


# GIF


def frame(width: int, height: int, left: int = 0, top: int = 0, flags: int = 0) -> bytes:
    table = bytes(3 * (2 << (flags & 7))) if flags & 0x80 else b""
    return b"," + struct.pack("<HHHHB", left, top, width, height, flags) + table + b"\x02\x02\x4c\x01\0"


def gif(width: int, height: int, *blocks: bytes, flags: int = 0x80, end: bytes = b";") -> bytes:
    table = bytes(3 * (2 << (flags & 7))) if flags & 0x80 else b""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + table + b"".join(blocks) + end


CONTROL = b"!\xf9\x04\x01\0\0\0\0"  # the next frame is transparent


# WebP


def riff(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp(*chunks: bytes) -> bytes:
    return riff(b"RIFF", b"WEBP" + b"".join(chunks))


def vp8(width: int, height: int) -> bytes:
    return riff(b"VP8 ", b"\x30\x01\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + b"\0\0")


def vp8l(width: int, height: int, alpha: bool = False) -> bytes:
    return riff(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14 | alpha << 28) + b"\0")


def vp8x(width: int, height: int, flags: int = 0) -> bytes:
    return riff(
        b"VP8X", bytes((flags, 0, 0, 0)) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    )


def anmf(width: int, height: int, picture: bytes, left: int = 0) -> bytes:
    numbers = (left // 2, 0, width - 1, height - 1, 100)
    return riff(b"ANMF", b"".join(number.to_bytes(3, "little") for number in numbers) + b"\0" + picture)


# HEIF


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, bytes((version,)) + flags.to_bytes(3), *parts)


def ispe(width: int, height: int) -> bytes:
    return full(b"ispe", struct.pack(">II", width, height))


def infe(item: int, kind: bytes = b"av01", flags: int = 0) -> bytes:
    return full(b"infe", struct.pack(">HH", item, 0), kind, b"\0", version=2, flags=flags)


def auxl(source: int, target: int, kind: bytes = b"auxl") -> bytes:
    return box(kind, struct.pack(">HHH", source, 1, target))


AV1C = box(b"av1C", b"\x81\0\0\0")
ALPHA = full(b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")


def meta(
    properties: Sequence[bytes],
    owned: Sequence[Sequence[int]] = ((1, 2),),
    items: Iterable[bytes] = (infe(1),),
    references: bytes = b"",
) -> bytes:
    """Items 1, 2, … own the properties whose 1-based places `owned` lists; item 1 is the primary one."""
    entries = list(items)
    rows = b"".join(struct.pack(">HB", number, len(row)) + bytes(row) for number, row in enumerate(owned, 1))
    return full(
        b"meta",
        full(b"pitm", struct.pack(">H", 1)),
        full(b"iinf", struct.pack(">H", len(entries)), *entries),
        full(b"iref", references) if references else b"",
        box(b"iprp", box(b"ipco", *properties), full(b"ipma", struct.pack(">I", len(owned)), rows)),
    )


def avif_with_ipma(rows: bytes) -> bytes:
    """A file whose list of associations is this, as if for so many items with wide numbers and no properties."""
    ipma = full(b"ipma", struct.pack(">I", len(rows) // 5), rows, version=1)
    inner = full(b"pitm", b"\0\1") + full(b"iinf", b"\0\1", infe(1)) + box(b"iprp", box(b"ipco"), ipma)
    return heif(full(b"meta", inner))


def heif(*parts: bytes, brand: bytes = b"avif", compatible: bytes = b"mif1") -> bytes:
    return box(b"ftyp", brand, bytes(4), compatible) + b"".join(parts)


def avif(width: int, height: int, *more: bytes) -> bytes:
    """A still with further properties behind av1C and ispe."""
    properties = (AV1C, ispe(width, height), *more)
    return heif(meta(properties, [range(1, len(properties) + 1)]), box(b"mdat", b"pixels"))


# TIFF

Entry = tuple[int, int, int, int]  # tag, type, count, value
PLAIN: tuple[Entry, ...] = ((258, 3, 1, 8), (262, 3, 1, 2), (273, 4, 1, 8), (277, 3, 1, 3), (279, 4, 1, 8))


def page(order: Order, entries: Iterable[Entry], following: int) -> bytes:
    rows = [
        struct.pack(order + "HHI", tag, kind, count) + struct.pack(order + ("HH" if kind == 3 else "I"), *value)
        for tag, kind, count, value in ((t, k, c, (v, 0) if k == 3 else (v,)) for t, k, c, v in sorted(entries))
    ]
    return struct.pack(order + "H", len(rows)) + b"".join(rows) + struct.pack(order + "I", following)


def tiff(*pages: Iterable[Entry], order: Order = "<", last: int = 0) -> bytes:
    """Directories one after another from byte 8 on; `last` is where the last one points."""
    made, at = b"", 8
    for number, entries in enumerate(pages):
        rows = list(entries)
        following = at + 6 + 12 * len(rows)
        made += page(order, rows, last if number == len(pages) - 1 else following)
        at = following
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8) + made


def sized(width: int, height: int, *more: Entry) -> list[Entry]:
    """A plain RGB page, with entries that replace those of the same tag."""
    replaced = {tag for tag, *_ in more}
    kept = [entry for entry in PLAIN if entry[0] not in replaced]
    return [(256, 4, 1, width), (257, 4, 1, height), *kept, *more]


def bigtiff(width: int, height: int) -> bytes:
    entries = sorted(sized(width, height))
    rows = [struct.pack("<HHQQ", tag, kind, count, value) for tag, kind, count, value in entries]
    return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, len(rows)) + b"".join(rows) + bytes(8)


# SVG


def svg(attributes: str = 'width="10" height="20"', before: str = "", inside: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


# BMP


def bmp(
    width: int, height: int, depth: int = 24, packing: int = 0, header: int = 40, body: bytes | None = None
) -> bytes:
    """Headers, and behind them `body`: masks, palette and rows, or as many zeros as the rows need."""
    if header == 12:
        second = struct.pack("<IHHHH", 12, width, height, 1, depth)
    else:
        second = struct.pack("<IiiHHI", header, width, height, 1, depth, packing).ljust(header, b"\0")
    rows = bytes((width * depth + 31) // 32 * 4 * abs(height)) if body is None else body
    return b"BM" + struct.pack("<IHHI", 14 + len(second) + len(rows), 0, 0, 14 + len(second)) + second + rows


# JPEG 2000


Component = tuple[int, int, int]  # depth - 1 (128 more: signed), sampling across and down


def siz(
    width: int,
    height: int,
    components: Sequence[Component] = ((7, 1, 1),) * 3,
    offset: int = 0,
    tile: int = 0,
) -> bytes:
    """A codestream's first marker, and its last."""
    numbers = struct.pack(">H8IH", 0, width, height, offset, 0, width, height, tile, 0, len(components))
    length = 2 + len(numbers) + 3 * len(components)
    each = b"".join(map(bytes, components))
    return b"\xff\x4f\xff\x51" + struct.pack(">H", length) + numbers + each + b"\xff\xd9"


def colr(space: int = 16) -> bytes:
    return box(b"colr", b"\1\0\0", struct.pack(">I", space))


def jp2(codestream: bytes, *header: bytes) -> bytes:
    start = b"\0\0\0\x0cjP  \r\n\x87\n" + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + box(b"jp2h", *(header or (colr(),))) + box(b"jp2c", codestream)


WHOLE: dict[str, bytes] = {
    "jpeg": jpeg(segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), app1(exif(6)), sof(30, 20), sos()),
    "png": png(ihdr(30, 20, 8, 3), chunk(b"PLTE", bytes(12)), chunk(b"tRNS", b"\0"), chunk(b"eXIf", exif(6))),
    "gif": gif(30, 20, b"!\xfe\x03abc\0", CONTROL, frame(30, 20), frame(5, 5)),
    "webp": webp(vp8x(30, 20, 0x1A), riff(b"ANIM", bytes(6)), anmf(30, 20, vp8(30, 20)), riff(b"EXIF", exif(6))),
    "avif": avif(30, 20, box(b"irot", b"\1")),
    "tiff": tiff(sized(30, 20), sized(3, 2)),
    "svg": svg(before='<?xml version="1.0"?><!-- a --><!DOCTYPE svg>'),
    "bmp": bmp(30, 20),
    "jp2": jp2(siz(30, 20)),
}
