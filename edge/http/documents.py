"""A job's JSON as it comes in, without the pictures that are written in it.

Theory of operation. A picture of 43 MB is 57 MB of base64. Read as a part of the JSON, these are held five times over,
and each of the ten calls that look at all of them keeps every other thread waiting for 30 to 180 ms. So what stands as
a `base_64` or as `bytes_hex` and is long is decoded while it comes and kept as the part of a form is; in the JSON a
name stands for it that no client can guess. What is left of the JSON is short, or takes room that is counted.
"""

import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Final
from uuid import uuid4

from edge.dialects.imageflow.errors import JobError
from edge.errors import TooLarge
from edge.http.spooling import Picture
from edge.originals.body import Kept
from edge.pipeline.jobs.sent import MOST_PARTS, Bounds, Sent, Share

LONG: Final = 64 << 10  # characters of a picture that are left in the JSON
_BEGIN: Final = re.compile(rb'"(b(?:ase_64|ytes_hex))"[ \t\r\n]{0,32}:[ \t\r\n]{0,32}"')
_LONGEST_BEGIN: Final = 96
_LONGEST_ESCAPE: Final = 6  # \u002B
_MOST_SEEN: Final = 16 * MOST_PARTS  # values, long or short, that are looked at
_MOST_PADDING: Final = 8
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_BLANK: Final = b" \t\r\n"


class Document:
    """`octets` is the JSON, `written` what was taken out of it. Either `end` it or `close` it."""

    def __init__(self, bounds: Bounds, share: Share, folder: str | None) -> None:
        self.octets = bytearray()
        self.written: dict[str, Kept] = {}
        self._bounds = bounds
        self._share = share
        self._folder = folder
        self._length = 0
        self._seen = 0  # of `octets`, in search of what comes next: the begin of a value, or its end
        self._begun: re.Match[bytes] | None = None
        self._left = _MOST_SEEN
        self._text: _Text | None = None

    async def write(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._bounds.document:
            raise TooLarge(f"The job's JSON has more than {self._bounds.document} bytes")
        if self._text is not None:
            value, quote, piece = piece.partition(b'"')
            await self._text.write(value)
            if not quote:
                return
            await self._ended(self._text)
            piece = quote + piece
        self._share.take(len(piece))
        self.octets += piece
        if self._is_long():
            await self._begin()

    async def end(self) -> None:
        """A value that never ends is no JSON."""
        if self._text is not None:
            self._text.close()
            self._text = None

    def close(self) -> None:
        if self._text is not None:
            self._text.close()
        Sent(written=self.written).close()

    def _is_long(self) -> bool:
        """Does what came last belong to a long value?"""
        while self._left:
            if self._begun is None:
                self._begun = _BEGIN.search(self.octets, self._seen)
                if self._begun is None:
                    self._seen = max(self._seen, len(self.octets) - _LONGEST_BEGIN)
                    return False
                self._seen = self._begun.end()
                self._left -= 1
            end = self.octets.find(b'"', self._seen)
            if end < 0:
                self._seen = len(self.octets)
                return len(self.octets) - self._begun.end() > LONG
            self._begun, self._seen = None, end + 1
        return False

    async def _begin(self) -> None:
        assert self._begun is not None
        at, kind = self._begun.end(), self._begun[1].decode()
        begun = bytes(self.octets[at:])
        self._begun = None
        del self.octets[at:]
        self._share.give(len(begun))
        self._text = _Text(kind, Picture(f"written as {kind}", self._bounds.part, self._folder, self._share))
        await self._text.write(begun)

    async def _ended(self, text: "_Text") -> None:
        name = uuid4().hex
        self.written[name] = await text.end()
        self._text = None
        self._share.take(len(name))
        self.octets += name.encode()
        self._seen = len(self.octets) + 1  # behind the quote that follows


class _Text:
    """A picture in characters, as it comes in."""

    def __init__(self, kind: str, picture: Picture) -> None:
        self._kind = kind
        self._decode = _KINDS[kind]
        self._picture = picture
        self._raw = b""  # what may be half of an escape
        self._rest = b""  # what is less than a byte

    async def write(self, piece: bytes) -> None:
        raw = self._raw + piece
        cut = raw.rfind(b"\\", max(0, len(raw) - _LONGEST_ESCAPE + 1))
        cut = len(raw) if cut < 0 else cut
        self._raw = raw[cut:]
        await self._picture.write(self._read(raw[:cut], last=False))

    async def end(self) -> Kept:
        await self._picture.write(self._read(self._raw, last=True))
        return await self._picture.end()

    def close(self) -> None:
        self._picture.close()

    def _read(self, raw: bytes, *, last: bool) -> bytes:
        """The bytes that are whole."""
        try:
            text = json.loads(b'"%b"' % raw).encode("ascii")
            octets, self._rest = self._decode(self._rest + text.translate(_STANDARD, _BLANK), last)
        except ValueError:  # binascii.Error and UnicodeError are
            sentence = f"Expected {_WHAT[self._kind]} for {self._kind} but received something else in between"
            raise JobError("InvalidArgument", sentence) from None
        return octets


def _base64(text: bytes, last: bool) -> tuple[bytes, bytes]:
    """As leniently as what is short is read: padding may be missing."""
    digits = text.rstrip(b"=")
    whole = len(digits) if last else len(digits) - len(digits) % 4
    if len(text) - whole > _MOST_PADDING:
        raise ValueError
    return binascii.a2b_base64(digits[:whole] + b"=" * (-whole % 4), strict_mode=True), text[whole:]


def _hex(text: bytes, last: bool) -> tuple[bytes, bytes]:
    whole = len(text) if last else len(text) - len(text) % 2
    return binascii.unhexlify(text[:whole]), text[whole:]


_KINDS: Final[Mapping[str, Callable[[bytes, bool], tuple[bytes, bytes]]]] = {"base_64": _base64, "bytes_hex": _hex}
_WHAT: Final[Mapping[str, str]] = {"base_64": "base64", "bytes_hex": "pairs of hexadecimal digits"}
