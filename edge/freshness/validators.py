"""Entity tags and preconditions (RFC 9110 §8.8.3, §13)."""

import re

from edge.exchange import Fields

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\U0010ffff]*"')


def entity_tags(text: str) -> tuple[str, ...]:
    """The tags of a list value, weakness marks kept; what is not a tag is passed over."""
    return tuple(_TAG.findall(text))


def weak_match(text: str | None, etag: str) -> bool:
    """Does If-None-Match hold this tag? Weak comparison; `*` holds every one."""
    if text is None:
        return False
    return text.strip() == "*" or etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in entity_tags(text)}


def conditions(stored: Fields) -> Fields:
    """What to send so that the origin may answer 304. The tag is replayed byte for byte, however odd."""
    lines = []
    if (etag := stored.get("etag")) is not None:
        lines.append(("if-none-match", etag))
    if (modified := stored.get("last-modified")) is not None:
        lines.append(("if-modified-since", modified))
    return Fields(lines)
