"""Entity tags and preconditions (RFC 9110 §8.8, §13)."""

import re
from typing import Literal

from edge.exchange import Fields
from edge.freshness.dates import parse_date

Outcome = Literal["go", "not_modified", "failed"]

# Possessive, and each member is looked at once: the list comes from strangers.
_TAG = re.compile(r'(?:W/)?+"[\x21\x23-\x7e\x80-\U0010ffff]*+"')
_MEMBER = re.compile(r"[ \t]*+(" + _TAG.pattern + r")[ \t]*+(?:,|\Z)")
_MOST_OFFERED = 64


def entity_tags(text: str) -> tuple[str, ...]:
    """The tags of a list value, weakness marks kept; a member that is not a tag is passed over."""
    tags = []
    at = 0
    while at < len(text):
        member = _MEMBER.match(text, at)
        if member is None:
            comma = text.find(",", at)
            at = len(text) if comma < 0 else comma + 1
        else:
            tags.append(member[1])
            at = member.end()
    return tuple(tags)


def weak_match(text: str | None, etag: str | None) -> bool:
    """Does If-None-Match hold this tag? Weak comparison; `*` holds every one, even none. A value that is byte for byte
    what the origin sent holds it, however odd."""
    if text is None:
        return False
    if text.strip(" \t") == "*":
        return True
    if etag is None:
        return False
    return text == etag or _opaque(etag) in {_opaque(tag) for tag in entity_tags(text)}


def strong_match(text: str | None, etag: str | None) -> bool:
    """Does If-Match hold this tag? Strong comparison: no weak tag equals any. `*` holds every one, even none."""
    if text is None:
        return False
    return text.strip(" \t") == "*" or (etag is not None and is_strong(etag) and etag in entity_tags(text))


def is_strong(etag: str) -> bool:
    return etag.startswith('"') and _TAG.fullmatch(etag) is not None


def same_weakly(one: str, other: str) -> bool:
    return _opaque(one) == _opaque(other)


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/")


def conditions(*stored: Fields) -> Fields:
    """What to send so that the origin may answer 304. For one stored answer the tag is replayed byte for byte, however
    odd, and its date too; of several, all that are tags are listed, and no date, which could be only one's."""
    if len(stored) == 1:
        named = (("if-none-match", stored[0].get("etag")), ("if-modified-since", stored[0].get("last-modified")))
        return Fields([(name, value) for name, value in named if value is not None])
    tags = dict.fromkeys(tag for tag in (one.get("etag") for one in stored) if tag and _TAG.fullmatch(tag))
    return Fields([("if-none-match", ", ".join(list(tags)[:_MOST_OFFERED]))] if tags else [])


def precondition(request: Fields, answer: Fields, method: str, now: float) -> Outcome:
    """RFC 9110 §13.2.2, for a request whose answer would be a 2xx with these fields. If-Range: see `if_range_holds`."""
    if not _still_wanted(request, answer, now):
        return "failed"
    reads = method in ("GET", "HEAD")
    known = request.get("if-none-match")
    if known is not None:
        held = weak_match(known, answer.get("etag"))
        return "go" if not held else "not_modified" if reads else "failed"
    since = parse_date(request.get("if-modified-since") or "", now) if reads else None
    return "not_modified" if since is not None and not _newer(answer, since, now, guess=True) else "go"


def _still_wanted(request: Fields, answer: Fields, now: float) -> bool:
    wanted = request.get("if-match")
    if wanted is not None:
        return strong_match(wanted, answer.get("etag"))
    since = parse_date(request.get("if-unmodified-since") or "", now)
    return since is None or not _newer(answer, since, now, guess=False)


def _newer(answer: Fields, since: float, now: float, *, guess: bool) -> bool:
    """Was it modified later? Without Last-Modified its Date stands in where a guess is allowed (RFC 9111 §4.3.2); else
    nothing is known: then it is newer to those who guess, and not to those who must not."""
    modified = parse_date(answer.get("last-modified") or "", now)
    if modified is None and guess:
        modified = parse_date(answer.get("date") or "", now)
    return guess if modified is None else modified > since


def if_range_holds(request: Fields, answer: Fields) -> bool:
    """May the range be served (RFC 9110 §13.1.5)? True without If-Range. A tag must equal strongly; a date must be
    the Last-Modified exactly, and that be at least a second older than the Date (§8.8.2.2)."""
    text = request.get("if-range")
    if text is None:
        return True
    if '"' in text:
        return is_strong(text) and text == answer.get("etag")
    wanted, modified, date = (parse_date(one or "") for one in (text, *answer.select(("last-modified", "date"))))
    return wanted is not None and wanted == modified and date is not None and date - wanted >= 1
