"""A route's own query under and over the request's."""

from typing import Final
from urllib.parse import unquote_plus

# Spellings of one thing: a request's `w` must push aside a default `width`, though `width` would win in one query.
_SYNONYMS: Final = {
    "w": "width",
    "h": "height",
    "dpr": "zoom",
    "dppx": "zoom",
    "thumbnail": "format",
    "page": "frame",
    "short": "srcset",
    "c": "crop",
    "qp.dppx": "qp.dpr",
}


def merge(over: str, query: str, under: str) -> str:
    """One raw query in which each thing is said by the highest layer that says it."""
    if not over and not under:
        return query
    said: set[str] = set()
    parts: list[str] = []
    for layer in (over, query.partition("#")[0], under):
        pairs = [(_thing(part), part) for part in layer.split("&") if _value(part)]
        parts += [part for thing, part in pairs if thing not in said]
        said |= {thing for thing, _ in pairs}
    return "&".join(parts)


def _thing(part: str) -> str:
    key = unquote_plus(part.partition("=")[0]).lower()
    return _SYNONYMS.get(key, key)


def _value(part: str) -> str:
    """An empty value is no value (it says nothing, so it pushes nothing aside)."""
    return unquote_plus(part.partition("=")[2]).strip()
