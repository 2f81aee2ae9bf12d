"""The bytes that a job itself holds: base64, hexadecimal digits, a list of numbers."""

import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import Base64, ByteArray, BytesHex, Io
from edge.errors import expected

_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_BLANK: Final = b" \t\r\n"


def content(io: Io, io_id: int | None = None) -> bytes | None:
    """The picture in the `io` of a job's input; None for what holds none: a file, a URL, a placeholder, an output.
    `io_id` names it in errors. Raises JobError (InvalidArgument)."""
    for kind, held in _HELD.items():
        if isinstance(io, kind):
            try:
                return held(io.value)
            except ValueError:  # binascii.Error and UnicodeError are
                name = kind.tag if io_id is None else f"{kind.tag} of io {io_id}"
                raise JobError("InvalidArgument", expected(_WHAT[kind], name, io.value)) from None
    return None


def _base64(text: str) -> bytes:
    """Of RFC 4648. Its URL-safe alphabet, white space and missing padding are let pass, other characters are not."""
    raw = text.encode("ascii")
    try:
        return binascii.a2b_base64(raw, strict_mode=True)
    except binascii.Error:
        plain = raw.translate(_STANDARD, _BLANK).rstrip(b"=")
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)


_HELD: Final[Mapping[type[Base64 | BytesHex | ByteArray], Callable[[Any], bytes]]] = {
    Base64: _base64,
    BytesHex: bytes.fromhex,
    ByteArray: bytes,
}
_WHAT: Final[Mapping[type[Base64 | BytesHex | ByteArray], str]] = {
    Base64: "base64",
    BytesHex: "pairs of hexadecimal digits",
    ByteArray: "bytes",
}
