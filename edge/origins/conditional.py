"""Conditional requests as an origin of our own answers them (RFC 9110 §13.1.2, §13.1.3). Pure."""

import re
from calendar import timegm
from email.utils import formatdate, parsedate

from edge.exchange import Fields

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_LATEST = 253402300799  # the last second that an IMF-fixdate can write


def not_modified(asked: Fields, etag: str, modified: float | None) -> bool:
    """Does the asker hold this already? Weak comparison; a date counts only when no tag was sent."""
    tags = asked.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(tags)
    since = seconds_of(asked.get("if-modified-since"))
    return since is not None and modified is not None and modified <= since


def seconds_of(date: str | None) -> float | None:
    """Unix seconds of an HTTP date; None when it is none, or absent."""
    parts = parsedate(date) if date else None
    try:
        return float(timegm(parts)) if parts else None
    except (ValueError, OverflowError):
        return None


def http_date(seconds: float, now: float) -> str | None:
    """A Last-Modified: never in the future (RFC 9110 §8.8.2.1), None for what the grammar cannot write."""
    capped = min(int(seconds), int(now))
    return formatdate(capped, usegmt=True) if 0 <= capped <= _LATEST else None
