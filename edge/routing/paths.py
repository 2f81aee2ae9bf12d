"""The path of a request target, decoded exactly once.

Everything after this works on the decoded text, so whatever could mean one thing here and another to an origin (dot
segments, an encoded slash, a backslash, control characters, broken encodings) is refused, and never repaired.
"""

import re
from urllib.parse import unquote_to_bytes

from edge.errors import BadRequest

_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SEPARATOR = re.compile(r"%2f|%5c|\\", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_SENTENCES = (
    (re.compile(r"\A(?!/)|[?#]"), "The request target must be a path that begins with a slash"),
    (_ESCAPE, "The path holds a percent sign that is no escape; write it %25"),
    (_SEPARATOR, "The path holds a backslash or an encoded slash, which no key may have"),
)


def decode_path(raw: str) -> str:
    """The path as text. `raw` is as it stood on the wire, without its query; bytes that were no UTF-8 may be there as
    surrogates. Raises BadRequest with a sentence that repeats nothing of the path. Empty segments are kept."""
    for pattern, sentence in _SENTENCES:
        if pattern.search(raw):
            raise BadRequest(sentence)
    try:
        path = unquote_to_bytes(raw.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeError:
        raise BadRequest("The path is not UTF-8") from None
    if _CONTROL.search(path):
        raise BadRequest("The path holds a control character, which no key may have")
    if any(segment in (".", "..") for segment in path.split("/")):
        raise BadRequest("The path holds a dot segment, which no key may have")
    return path
