"""multipart/form-data as it comes in (RFC 7578, RFC 2046 §5.1): octets to events, without waiting for the end.

Theory of operation. The delimiter is CRLF, two dashes and the boundary. Whatever might be the beginning of one is kept
back until more has come; so at most a delimiter's length waits, however large a part is. What stands before the first
delimiter and behind the last is passed over. Pure: whoever feeds it decides what becomes of the pieces.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from edge.errors import BadRequest, TooLarge

MOST_HEADER: Final = 8 << 10  # bytes of a part's fields
_MOST_BOUNDARY: Final = 70  # RFC 2046 §5.1.1
_MOST_PADDING: Final = 256  # blanks behind a delimiter
_IDENTITY: Final = ("", "7bit", "8bit", "binary")
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PARAMETER = re.compile(rf'\s*;\s*({_WORD})\s*=\s*({_WORD}|"(?:[^"\\]|\\.)*")', re.DOTALL)
_BROKEN: Final = "The multipart content is broken: "


@dataclass(frozen=True, slots=True)
class Begun:
    """A part begins: the name of its field."""

    name: str


@dataclass(frozen=True, slots=True)
class Piece:
    """More of the part that began last; never empty."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The part that began last is whole."""


Event = Begun | Piece | Ended


class Multipart:
    """`feed` octets, then `close`. Raises BadRequest for what is no multipart content, TooLarge for endless fields."""

    __slots__ = ("_ahead", "_boundary", "_delimiter", "_state")

    def __init__(self, boundary: str) -> None:
        self._boundary = b"--" + boundary.encode("ascii")
        self._delimiter = b"\r\n" + self._boundary
        self._ahead = b"\r\n"  # the first delimiter needs no line before it
        self._state = "preamble"

    def feed(self, octets: bytes) -> Iterator[Event]:
        self._ahead += octets
        while True:
            state, held = self._state, len(self._ahead)
            yield from _READING[state](self)
            if state == self._state and held == len(self._ahead):
                return

    def close(self) -> None:
        """Nothing more comes."""
        if self._state != "epilogue":
            raise BadRequest(f"{_BROKEN}it ends before its last delimiter")

    def _preamble(self) -> Iterator[Event]:
        at = self._ahead.find(self._delimiter)
        if at >= 0:
            self._to("delimiter", at + len(self._delimiter))
        else:
            self._to("preamble", self._safe())
        yield from ()

    def _after_delimiter(self) -> Iterator[Event]:
        """Two dashes: that was the last. Else a line's end, after blanks perhaps."""
        if self._ahead.startswith(b"--"):
            self._to("epilogue", 2)
            return
        line, found, _ = self._ahead.partition(b"\r\n")
        if found and not line.strip(b" \t"):
            self._to("fields", len(line))  # the line's end stays: a part may have no fields
        elif found or len(self._ahead) > _MOST_PADDING or line.strip(b" \t\r-"):
            raise BadRequest(f"{_BROKEN}a delimiter is followed by something else than a line's end")
        yield from ()

    def _fields(self) -> Iterator[Event]:
        at = self._ahead.find(b"\r\n\r\n")
        if at > MOST_HEADER or (at < 0 and len(self._ahead) > MOST_HEADER):
            raise TooLarge(f"The fields of a part have more than {MOST_HEADER} bytes")
        if at < 0:
            return
        lines = self._ahead[2:at]
        self._to("begun", at + 2)
        yield Begun(name_of(lines))

    def _begun(self) -> Iterator[Event]:
        """The line's end before an empty part is its delimiter's too."""
        if len(self._ahead) >= len(self._delimiter):
            self._to("part", 0 if self._ahead.startswith(self._delimiter) else 2)
        yield from ()

    def _part(self) -> Iterator[Event]:
        at = self._ahead.find(self._delimiter)
        safe = at if at >= 0 else self._safe()
        if safe:
            yield Piece(self._ahead[:safe])
        if at < 0:
            self._to("part", safe)
            return
        self._to("delimiter", at + len(self._delimiter))
        yield Ended()

    def _epilogue(self) -> Iterator[Event]:
        self._ahead = b""
        yield from ()

    def _safe(self) -> int:
        """How many octets belong to no delimiter, whatever comes."""
        keep = len(self._delimiter) - 1
        tail = self._ahead[-keep:]
        start = tail.find(b"\r")
        while start >= 0 and not self._delimiter.startswith(tail[start:]):
            start = tail.find(b"\r", start + 1)
        return len(self._ahead) - (len(tail) - start if start >= 0 else 0)

    def _to(self, state: str, taken: int) -> None:
        self._state, self._ahead = state, self._ahead[taken:]

    def __repr__(self) -> str:
        return f"Multipart({self._state}, {len(self._ahead)} bytes ahead)"


_READING: Final = {
    "preamble": Multipart._preamble,
    "delimiter": Multipart._after_delimiter,
    "fields": Multipart._fields,
    "begun": Multipart._begun,
    "part": Multipart._part,
    "epilogue": Multipart._epilogue,
}


def boundary_of(content_type: str) -> str:
    """What delimits the parts. Raises BadRequest."""
    boundary = parameters(content_type).get("boundary", "")
    if len(boundary) > _MOST_BOUNDARY or not _BOUNDARY.fullmatch(boundary):
        raise BadRequest(f"Expected a boundary of 1 to {_MOST_BOUNDARY} characters in Content-Type")
    return boundary


def name_of(lines: bytes) -> str:
    """The name of a part's field, from its header fields. Raises BadRequest."""
    fields: dict[str, str] = {}
    for line in lines.split(b"\r\n") if lines else ():
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon:
            raise BadRequest(f"{_BROKEN}a part has a field without a colon")
        fields[name.strip().lower()] = value.strip()
    if fields.get("content-transfer-encoding", "").lower() not in _IDENTITY:
        raise BadRequest("Expected parts as they are, without Content-Transfer-Encoding")
    said = fields.get("content-disposition", "")
    if said.partition(";")[0].strip().lower() != "form-data":
        raise BadRequest("Expected Content-Disposition: form-data of each part")
    named = parameters(said).get("name")
    if named is None:
        raise BadRequest("Expected a name of each part: job, or the io_id of an input")
    return named


def parameters(value: str) -> Mapping[str, str]:
    """Of a field's value, by lower-case name; of a repeated one the first."""
    found: dict[str, str] = {}
    at = value.find(";")
    while at >= 0:
        read = _PARAMETER.match(value, at)
        if read is None:
            break
        text = read[2]
        found.setdefault(read[1].lower(), re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] == '"' else text)
        at = read.end()
    return found
