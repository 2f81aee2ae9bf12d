"""Which stored answer fits a request: the secondary key (RFC 9111 §4.1)."""

import hashlib
import re
from functools import lru_cache

from edge.exchange import Fields

Selecting = tuple[tuple[str, str | None], ...]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]++", re.ASCII)
_CASELESS = frozenset({"accept", "accept-encoding", "accept-language"})
_MOST_NAMES = 32  # no honest answer depends on more fields
_LONGEST = 256  # characters of a value that are kept as they are; of longer ones a digest


def selecting_of(fields: Fields, request: Fields) -> Selecting | None:
    """What the answer's Vary nominates, by name in alphabetical order, with the request's normalised values (None =
    the request had none). None when no request selects this answer: Vary holds `*`, is malformed or endless."""
    names = _nominated(fields.get("vary") or "")
    return None if names is None else tuple([(name, _normalised(name, request.get(name))) for name in names])


def matches(selecting: Selecting, request: Fields) -> bool:
    """Is this request the same in all that was nominated?"""
    return all(_normalised(name, request.get(name)) == value for name, value in selecting)


def variant_of(selecting: Selecting) -> str:
    """A name for the variant: "" when nothing is nominated, else 128 bits in hexadecimal."""
    if not selecting:
        return ""
    digest = hashlib.sha256()
    for name, value in selecting:
        for part in (name, "absent" if value is None else "present", value or ""):
            text = part.encode("utf-8", "surrogatepass")
            digest.update(len(text).to_bytes(8, "big"))
            digest.update(text)
    return digest.hexdigest()[:32]


def varies_on_everything(fields: Fields) -> bool:
    """Can no request be known to fit? Then each use needs a successful validation."""
    vary = fields.get("vary")
    return vary is not None and _nominated(vary) is None


def _nominated(vary: str) -> tuple[str, ...] | None:
    return _names(vary) if len(vary) <= 1024 else None


@lru_cache(1024)
def _names(vary: str) -> tuple[str, ...] | None:
    names = {name.strip(" \t").lower() for name in vary.split(",")} - {""}
    if "*" in names or len(names) > _MOST_NAMES or not all(_TOKEN.fullmatch(name) for name in names):
        return None
    return tuple(sorted(names))


def _normalised(name: str, value: str | None) -> str | None:
    """Blanks around commas never matter, nor case where the field's own grammar says so."""
    if value is None:
        return None
    text = _spaced(_spaced(value, ";").lower(), ",") if name in _CASELESS else _spaced(value, ",")
    if len(text) <= _LONGEST:
        return text
    return "\0" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()  # no field value holds a NUL


def _spaced(value: str, separator: str) -> str:
    return separator.join([part.strip(" \t") for part in value.split(separator)])
