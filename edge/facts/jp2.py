"""JPEG 2000 (ITU-T T.800): the SIZ marker at the start of the codestream, on its own or in a box.

Only pictures of the plain kind that the decoder is let near; every other is the worker's to refuse.
"""

from edge.facts.boxes import boxes
from edge.facts.head import Head, Odd, expect
from edge.plan.facts import Facts

_BOXED = b"\0\0\0\x0cjP  "
_START = b"\xff\x4f\xff\x51"
_MOST_BEFORE = 64  # boxes in front of the codestream
_ENUMERATED, _SRGB, _GREY = 1, 16, 17  # §I.5.3.3
_HARMLESS = frozenset((b"ihdr", b"bpcc", b"colr", b"res ", b"cdef"))


def read(head: Head) -> Facts:
    at, grey = _boxed(head) if head.octets.startswith(_BOXED) else (0, None)
    expect(head.span(at, 4) == _START)
    width, height = head.number(at + 8, 4), head.number(at + 12, 4)
    expect(width > 0 and height > 0 and not any(head.span(at + 16, 8)) and not any(head.span(at + 32, 8)))
    count = head.number(at + 40, 2)
    components = head.span(at + 42, 3 * count) if 0 < count <= 4 else b""
    depth = components[0] + 1 if components else 0
    expect(0 < depth <= 16 and components == bytes((depth - 1, 1, 1)) * count)
    expect(grey is None or grey == (count < 3))
    return Facts(format="jp2", width=width, height=height, alpha=count in (2, 4), bits=16 if depth > 8 else 8)


def _boxed(head: Head) -> tuple[int, bool]:
    """Where the codestream begins, and whether the file says that it is grey."""
    at, grey = 0, None
    for _ in range(_MOST_BEFORE):
        size, kind = head.number(at, 4), head.span(at + 4, 4)
        if kind == b"jp2c":
            expect(grey is not None and size != 1)
            return at + 8, bool(grey)
        expect(size >= 8)
        if kind == b"jp2h":
            expect(grey is None)
            grey = _grey(head, at + 8, at + size)
        at += size
    raise Odd


def _grey(head: Head, start: int, end: int) -> bool:
    head.span(start, end - start)
    inside = list(boxes(head, start, end))
    expect(all(box.kind in _HARMLESS for box in inside))
    spaces = [(head.byte(box.start), head.number(box.start + 3, 4)) for box in inside if box.kind == b"colr"]
    expect(spaces in ([(_ENUMERATED, _SRGB)], [(_ENUMERATED, _GREY)]))
    return spaces[0][1] == _GREY
