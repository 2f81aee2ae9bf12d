"""HEIF stills (ISO/IEC 23008-12), so AVIF and HEIC: the size is that of the primary item, already upright.

libheif applies irot and imir itself and libvips removes the EXIF orientation, so what a worker sees is upright; hence
orientation is always 1 here. Only a coded primary item (av01, hvc1) is read: for grids, overlays, crops and sequences
the worker is asked. libheif takes the last of several meta boxes, wherever it is (measured), so the walk is to the
file's end.
"""

from dataclasses import dataclass, field

from edge.facts.boxes import Box, Cursor, boxes, only
from edge.facts.head import Head, Odd, expect
from edge.plan.facts import Facts

_CODED = {b"av01": "avif", b"hvc1": "heic"}
_ALPHA_KINDS = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:avc:2015:auxid:1",
    b"urn:mpeg:hevc:2015:auxid:1",
)
_HARMLESS = frozenset(
    (b"ispe", b"irot", b"imir", b"pixi", b"av1C", b"hvcC", b"colr", b"pasp", b"clli", b"mdcv", b"auxC")
)
_AROUND = frozenset((b"ftyp", b"meta", b"mdat", b"free", b"skip", b"uuid"))
_WITHOUT_PIXELS = frozenset((b"Exif", b"mime", b"uri "))


@dataclass(slots=True)
class _Meta:
    """What the meta box says of items: their kinds, who is whose auxiliary or thumbnail, and their properties."""

    primary: int
    kinds: dict[int, bytes] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    serving: dict[int, int] = field(default_factory=dict)  # auxiliary item → the item it serves
    thumbnails: set[int] = field(default_factory=set)
    properties: dict[int, list[Box]] = field(default_factory=dict)


def read(head: Head) -> Facts:
    meta = _read_meta(head, _find_meta(head))
    name = _CODED.get(meta.kinds.get(meta.primary, b""))
    if name is None or meta.primary in meta.serving or meta.primary in meta.thumbnails:
        raise Odd
    width, height = _size(head, meta.properties.get(meta.primary, []))
    return Facts(
        format=name,
        width=width,
        height=height,
        frames=_top_level(meta),
        alpha=_has_alpha(head, meta),
        bits=_bits(head, meta.properties[meta.primary]),
    )


def _find_meta(head: Head) -> Box:
    """The one meta box, after making sure that the whole file holds neither another nor a sequence."""
    found: list[Box] = []
    at = 0
    while not head.ends_at(at):
        size, kind = head.number(at, 4), head.span(at + 4, 4)
        start = at + 8
        if size == 1:
            size, start = head.number(at + 8, 8), at + 16
        elif size == 0:
            expect(kind == b"mdat")
            break
        expect(kind in _AROUND and size >= start - at and len(found) < 2)
        if kind == b"meta":
            found.append(Box(kind, start, at + size))
        at += size
    return only(found, b"meta")


def _read_meta(head: Head, box: Box) -> _Meta:
    head.span(box.start, box.end - box.start)
    inner = list(boxes(head, box.start + 4, box.end))
    pitm = Cursor(head, only(inner, b"pitm"))
    version, _ = pitm.version()
    meta = _Meta(primary=pitm.take(4 if version else 2))
    _read_items(head, only(inner, b"iinf"), meta)
    if any(each.kind == b"iref" for each in inner):
        _read_references(head, only(inner, b"iref"), meta)
    _read_properties(head, only(inner, b"iprp"), meta)
    return meta


def _read_items(head: Head, iinf: Box, meta: _Meta) -> None:
    cursor = Cursor(head, iinf)
    version, _ = cursor.version()
    start = iinf.start + (8 if version else 6)
    for box in boxes(head, start, iinf.end):
        expect(box.kind == b"infe")
        entry = Cursor(head, box)
        version, flags = entry.version()
        expect(version in (2, 3))
        item = entry.take(2 if version == 2 else 4)
        entry.take(2)
        kind = entry.code()
        expect(item not in meta.kinds)
        expect(kind in _CODED or kind in _WITHOUT_PIXELS)
        meta.kinds[item] = kind
        if flags & 1 or kind in _WITHOUT_PIXELS:
            meta.hidden.add(item)


def _read_references(head: Head, iref: Box, meta: _Meta) -> None:
    version, _ = Cursor(head, iref).version()
    size = 4 if version else 2
    for box in boxes(head, iref.start + 4, iref.end):
        cursor = Cursor(head, box)
        source, count = cursor.take(size), cursor.take(2)
        targets = [cursor.take(size) for _ in range(count)]
        if box.kind == b"auxl":
            expect(count == 1 and source not in meta.serving and source in meta.kinds and targets[0] in meta.kinds)
            meta.serving[source] = targets[0]
        elif box.kind == b"thmb":
            meta.thumbnails.add(source)


def _read_properties(head: Head, iprp: Box, meta: _Meta) -> None:
    inner = list(boxes(head, iprp.start, iprp.end))
    container = only(inner, b"ipco")
    defined = list(boxes(head, container.start, container.end))
    cursor = Cursor(head, only(inner, b"ipma"))
    version, flags = cursor.version()
    for _ in range(cursor.take(4)):
        item = cursor.take(4 if version else 2)
        expect(item not in meta.properties)
        meta.properties[item] = [
            _property(defined, cursor.take(2) & 0x7FFF if flags & 1 else cursor.take(1) & 0x7F)
            for _ in range(cursor.take(1))
        ]


def _property(defined: list[Box], index: int) -> Box:
    expect(0 < index <= len(defined))
    return defined[index - 1]


def _size(head: Head, properties: list[Box]) -> tuple[int, int]:
    expect(all(box.kind in _HARMLESS for box in properties))  # clap, for one, would crop
    cursor = Cursor(head, only(properties, b"ispe"))
    cursor.version()
    width, height = cursor.take(4), cursor.take(4)
    expect(0 < width < 1 << 31 and 0 < height < 1 << 31)
    turns = sum(Cursor(head, box).take(1) & 3 for box in properties if box.kind == b"irot")
    return (height, width) if turns % 2 else (width, height)


def _bits(head: Head, properties: list[Box]) -> int:
    """From the decoder's configuration: av1C (AV1-ISOBMFF §2.3.3) or hvcC (ISO/IEC 14496-15 §8.3.3.1)."""
    for box in properties:
        if box.kind == b"av1C":
            said = head.byte(box.start + 2)
            return 8 if not said & 0x40 else 12 if said & 0x20 else 10
        if box.kind == b"hvcC":
            return 8 + (head.byte(box.start + 17) & 7)
    raise Odd


def _has_alpha(head: Head, meta: _Meta) -> bool:
    return any(
        box.kind == b"auxC" and head.span(box.start + 4, box.end - box.start - 4).startswith(_ALPHA_KINDS)
        for item, served in meta.serving.items()
        if served == meta.primary
        for box in meta.properties.get(item, [])
    )


def _top_level(meta: _Meta) -> int:
    """How many pictures libheif counts: shown, and neither a thumbnail nor an auxiliary of another."""
    return len(meta.kinds.keys() - meta.hidden - meta.serving.keys() - meta.thumbnails)
