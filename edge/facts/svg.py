"""SVG as text: whether the root element is svg, and its size where nothing but its own attributes can set it.

librsvg lets style sheets, the style attribute and DTD defaults change width and height (measured), and libvips renders
inches and the like at 72 dpi unless told otherwise; with any of these the worker is asked.
"""

import math
import re
import zlib

from edge.facts.head import MOST_BYTES, Beyond, Head, Odd, expect
from edge.plan.facts import Facts

_MOST_PROLOG = 1 << 16
_MOST_INFLATED = 1 << 12

_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"

# Possessive, so that no text makes them go back.
_ATTRIBUTE = re.compile(rb"""[ \t\r\n]++([^ \t\r\n=<>"'/]++)[ \t\r\n]*+=[ \t\r\n]*+(?:"([^"<]*+)"|'([^'<]*+)')""")
_SPACES = re.compile(rb"[ \t\r\n]*+")
_END = re.compile(rb"[ \t\r\n]*+/?+>")
_NUMBER = re.compile(rb"[ \t\r\n]*+\+?+((?:[0-9]{1,9}+(?:\.[0-9]++)?+|\.[0-9]++))(?:px)?+[ \t\r\n]*+")
_SIGNED = re.compile(rb"[+-]?+(?:[0-9]++(?:\.[0-9]++)?+|\.[0-9]++)")
_BETWEEN = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+|[ \t\r\n]++")
_STYLE = re.compile(rb"<\?xml-stylesheet|<style|:style")

_DECIDES = frozenset((b"width", b"height", b"viewBox", b"style"))


def may_be_text(head: Head) -> bool:
    """Whether, behind a byte order mark and white space, markup begins or nothing has come yet."""
    return head.octets[:_MOST_PROLOG].removeprefix(_BOM).lstrip(_SPACE)[:1] in (b"<", b"")


def is_svg(head: Head) -> bool:
    """Raises Beyond while the root element has not begun."""
    try:
        return _root(head)[0] >= 0
    except Odd:
        return False


def is_svgz(head: Head) -> bool:
    """Whether this gzip stream opens as an SVG; looks at the first 4 KiB of what it holds."""
    try:
        opened = zlib.decompressobj(31).decompress(head.octets[:_MOST_INFLATED], _MOST_INFLATED)
        return is_svg(Head(opened, len(opened)))
    except Beyond:
        return opened.lstrip(_SPACE).startswith((b"<?xml", b"<!"))
    except zlib.error:
        return False


def read(head: Head) -> Facts:
    expect(not head.octets.startswith(b"\x1f\x8b"))
    at, plain = _root(head)
    expect(plain and at >= 0)
    attributes = _attributes(head, at + 4)
    _whole_and_unstyled(head)
    width, height = _size(attributes)
    return Facts(format="svg", width=width, height=height, alpha=True, lossless=True)


def _root(head: Head) -> tuple[int, bool]:
    """Where `<svg` begins (-1: the root is another), and whether no internal DTD came before."""
    text, at, plain = head.octets, len(_BOM) if head.octets.startswith(_BOM) else 0, True
    while at < _MOST_PROLOG:
        at = _past_space(head, at)
        opening = text[at : at + 9]
        if opening.startswith(b"<?"):
            at = _past(head, b"?>", at + 2)
        elif opening.startswith(b"<!--"):
            at = _past(head, b"-->", at + 4)
        elif opening.upper() == b"<!DOCTYPE":
            end = _past(head, b">", at)
            if b"[" in text[at:end]:
                end, plain = _past(head, b"]", at), False
                end = _past(head, b">", end)
            at = end
        elif len(opening) < 9 and not head.ends_at(at + 9):
            raise Beyond(at + 9)
        else:
            return (at if opening[:4] == b"<svg" and opening[4:5] in b" \t\r\n/>" else -1), plain
    raise Odd


def _past_space(head: Head, at: int) -> int:
    match = _SPACES.match(head.octets, at, _MOST_PROLOG)
    end = match.end() if match else at
    if end >= len(head.octets):
        raise Beyond(end + 1)
    return end


def _past(head: Head, mark: bytes, at: int) -> int:
    found = head.octets.find(mark, at, _MOST_PROLOG)
    if found < 0:
        expect(len(head.octets) < _MOST_PROLOG)
        raise Beyond(len(head.octets) + 1)
    return found + len(mark)


def _attributes(head: Head, at: int) -> dict[bytes, bytes]:
    """Those of the root element that set its size. Character references in them are Odd, and so are repetitions."""
    found: dict[bytes, bytes] = {}
    while match := _ATTRIBUTE.match(head.octets, at):
        name, value = match[1], match[2] if match[2] is not None else match[3]
        if name in _DECIDES:
            expect(name not in found and b"&" not in value)
            found[name] = value
        at = match.end()
    if not _END.match(head.octets, at):
        expect(not head.ends_at(len(head.octets)))
        raise Beyond(len(head.octets) + 1)
    return found


def _whole_and_unstyled(head: Head) -> None:
    """A style sheet may stand anywhere, so all of the text has to be there."""
    expect(len(head.octets) <= MOST_BYTES)
    if not head.ends_at(len(head.octets)):
        raise Beyond(head.total or len(head.octets) + 1)
    expect(not _STYLE.search(head.octets))


def _size(attributes: dict[bytes, bytes]) -> tuple[int, int]:
    expect(b"style" not in attributes)
    if b"width" in attributes and b"height" in attributes:
        return _pixels(_NUMBER.fullmatch(attributes[b"width"])), _pixels(_NUMBER.fullmatch(attributes[b"height"]))
    expect(b"width" not in attributes and b"height" not in attributes)
    numbers = _BETWEEN.split(attributes.get(b"viewBox", b"").strip(_SPACE), maxsplit=4)
    expect(len(numbers) == 4 and all(_SIGNED.fullmatch(number) for number in numbers[:2]))
    return _pixels(_NUMBER.fullmatch(numbers[2])), _pixels(_NUMBER.fullmatch(numbers[3]))


def _pixels(written: re.Match[bytes] | None) -> int:
    """As libvips rounds; nothing below a pixel or beyond what a side can be."""
    if written is None:
        raise Odd
    pixels = math.floor(float(written[1]) + 0.5)
    expect(0 < pixels < 1 << 24)
    return pixels
