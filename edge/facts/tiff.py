"""TIFF 6.0 and BigTIFF, both byte orders: the chain of directories is the pages; the first one is the picture.

Bands, and so transparency, as libvips makes them of each photometric kind; kinds it converts in its own way are Odd.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.facts.head import MOST_STEPS, Head, Order, expect
from edge.plan.facts import Facts

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_ORIENTATION, _SAMPLES, _STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 274, 277, 273, 279, 324, 325
_PLACES = frozenset((_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES))
_STRIP_ROWS, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT, _SAMPLE_FORMAT = 278, 284, 322, 323, 339
_SHAPE = frozenset((_STRIP_ROWS, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT, _SAMPLE_FORMAT))
_WANTED = _PLACES | _SHAPE | {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES}

_SIZES = {1: 1, 3: 2, 4: 4, 16: 8}  # BYTE, SHORT, LONG, LONG8
_MOST_SAMPLES = 16
_OLD_JPEG, _JPEG = 6, 7
_YCBCR = 6

# By photometric interpretation: how many samples there may be, and from how many on one of them is alpha.
_SAMPLES_OF = {0: (2, 2), 1: (2, 2), 2: (_MOST_SAMPLES, 4), 3: (1, 2), 5: (_MOST_SAMPLES, 5), 8: (4, 4), _YCBCR: (3, 4)}


@dataclass(frozen=True, slots=True)
class _Layout:
    """How wide the fields are: TIFF has 4-byte offsets, BigTIFF 8-byte ones."""

    order: Order
    wide: bool

    @property
    def offset(self) -> int:
        return 8 if self.wide else 4

    @property
    def count(self) -> int:
        return 8 if self.wide else 2

    @property
    def entry(self) -> int:
        return 20 if self.wide else 12


Tags = Mapping[int, int]


def read(head: Head) -> Facts:
    order: Order = "little" if head.span(0, 2) == b"II" else "big"
    layout = _Layout(order, wide=head.number(2, 2, order) == 43)
    if layout.wide:
        expect(head.number(4, 2, order) == 8 and head.number(6, 2, order) == 0)
    pages = list(_pages(head, layout))
    expect(bool(pages))
    return _facts(pages[0], len(pages))


def _pages(head: Head, layout: _Layout) -> Iterator[Tags]:
    """The wanted tags of every directory; a chain that bites its tail ends there, as it does for libtiff."""
    at = head.number(8 if layout.wide else 4, layout.offset, layout.order)
    seen: set[int] = set()
    steps = 0
    while at and at not in seen:
        seen.add(at)
        count = head.number(at, layout.count, layout.order)
        steps += count + 1
        expect(count > 0 and steps <= MOST_STEPS)
        first = at + layout.count
        head.span(first, count * layout.entry)
        entries = list(_entries(head, layout, first, count))
        tags = dict(entries)
        expect(len(tags) == len(entries))
        expect(_is_sound(tags))
        yield tags
        at = head.number(first + count * layout.entry, layout.offset, layout.order)


def _is_sound(tags: Tags) -> bool:
    """Whether libtiff would take this page for one; it ends the chain where it does not."""
    wanted = (_WIDTH, _HEIGHT, *((_TILE_WIDTH, _TILE_HEIGHT) if _TILES in tags else (_STRIPS,)))
    given = all(tags.get(tag, 0) > 0 for tag in wanted)
    return given and 1 <= tags.get(_SAMPLE_FORMAT, 1) <= 6 and 1 <= tags.get(_PLANAR, 1) <= 2


def _entries(head: Head, layout: _Layout, first: int, count: int) -> Iterator[tuple[int, int]]:
    for at in range(first, first + count * layout.entry, layout.entry):
        tag = head.number(at, 2, layout.order)
        if tag in _WANTED:
            yield tag, _value(head, layout, at)


def _value(head: Head, layout: _Layout, at: int) -> int:
    """The entry's number. Only what is said per sample may come several times, and then all alike."""
    tag, kind = head.number(at, 2, layout.order), head.number(at + 2, 2, layout.order)
    count = head.number(at + 4, layout.offset, layout.order)
    size = _SIZES.get(kind, 0)
    expect(size > 0 and count > 0)
    where = at + 4 + layout.offset
    if size * count > layout.offset:
        where = head.number(where, layout.offset, layout.order)
    if tag in _PLACES:
        expect(head.total is None or where + size * count <= head.total)  # else libtiff gives the directory up
        return count
    expect(count <= (_MOST_SAMPLES if tag in (_BITS, _SAMPLE_FORMAT) else 1))
    values = {head.number(where + size * place, size, layout.order) for place in range(count)}
    expect(len(values) == 1)
    return values.pop()


def _facts(tags: Tags, pages: int) -> Facts:
    orientation = tags.get(_ORIENTATION, 1)
    expect(1 <= orientation <= 8)
    return Facts(
        format="tiff",
        width=tags[_WIDTH],
        height=tags[_HEIGHT],
        orientation=orientation,
        frames=pages,
        alpha=_alpha(tags),
        bits=tags.get(_BITS, 1),
        lossless=True,
    )


def _alpha(tags: Tags) -> bool:
    kind, samples = tags.get(_PHOTOMETRIC, -1), tags.get(_SAMPLES, 1)
    most, alpha_from = _SAMPLES_OF.get(kind, (0, 0))
    expect(0 < samples <= most)
    compression = tags.get(_COMPRESSION)
    # Old JPEG and all other YCbCr go through libtiff's conversion to RGBA.
    expect(compression != _OLD_JPEG and (kind != _YCBCR or compression == _JPEG))
    return samples >= alpha_from
