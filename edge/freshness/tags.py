"""By which names an answer may be purged: surrogate keys, cache tags, and the groups of RFC 9875."""

import re
from itertools import islice

from edge.exchange import Fields
from edge.freshness.invalidation import is_safe
from edge.freshness.statuses import is_success
from edge.freshness.structured import strings

_MOST = 256
_LONGEST = 1024  # characters
_BLANK = re.compile(r"[ \t]+")


def tags_of(fields: Fields, *, groups: bool) -> tuple[str, ...]:
    """Surrogate-Key and xkey are lists separated by blanks, Cache-Tag by commas; Cache-Groups counts if `groups`. In
    their order, each once, at most 256; longer than 1024 characters is none."""
    found: list[str] = []
    for name in ("surrogate-key", "xkey"):
        found += [tag.strip(",") for line in fields.lines(name) for tag in _BLANK.split(line)]
    found += [tag.strip(" \t") for line in fields.lines("cache-tag") for tag in line.split(",")]
    if groups:
        found += strings(fields.get("cache-groups")) or ()
    return _bounded(found)


def invalidated_groups(method: str, status: int, fields: Fields) -> tuple[str, ...]:
    """The groups that a write makes old (RFC 9875 §3); () for a safe method, an error, or what is no List of
    Strings. They are the groups of this origin only."""
    if is_safe(method) or not is_success(status):
        return ()
    return _bounded(strings(fields.get("cache-group-invalidation")) or ())


def _bounded(tags: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(tag for tag in tags if 0 < len(tag) <= _LONGEST), _MOST))
