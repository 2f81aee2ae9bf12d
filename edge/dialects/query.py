"""A query string as its pairs: names in lower case, empty values absent (RIAPI §1)."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

# White_Space of Unicode; str.strip() alone would also take four control characters.
_BLANK: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def pairs(query: str) -> Iterator[tuple[str, str]]:
    """Decoded names, in lower case, and trimmed values that are not empty, in order of appearance.

    Form encoding, split on `&` alone; what is no UTF-8 becomes U+FFFD; what follows a raw `#` is a fragment and lost.
    """
    for pair in query.partition("#")[0].split("&"):
        name, _, value = pair.partition("=")
        trimmed = _decoded(value).strip(_BLANK)
        if trimmed:
            yield _decoded(name).lower(), trimmed


def _decoded(text: str) -> str:
    text = text.replace("+", " ")
    if text.isascii() and "%" not in text:
        return text
    return unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
