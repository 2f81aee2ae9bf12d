"""Range requests over a stored body (RFC 9110 §14): one range, or the whole."""

import re

_ONE = re.compile(r"bytes=([0-9]*)-([0-9]*)", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """No byte of the body is in the range."""


def parse_range(text: str, length: int) -> tuple[int, int] | None:
    """(first, last) of the one range asked for; None when the field is to be ignored: another unit, bad syntax, or
    several ranges, which one whole answer serves as well (RFC 9110 §14.2). Raises Unsatisfiable."""
    found = _ONE.fullmatch(text.strip())
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        first, last = max(0, length - int(found[2][:18])), length - 1
    else:
        first = int(found[1][:18])
        last = min(int(found[2][:18]), length - 1) if found[2] else length - 1
        if found[2] and int(found[2][:18]) < first:
            return None
    if first >= length or last < first:
        raise Unsatisfiable
    return first, last


def wanted_range(range_field: str | None, if_range: str | None, etag: str | None) -> str | None:
    """The Range that counts: If-Range must name this very body, strongly."""
    if range_field is None or (if_range is not None and (if_range.startswith("W/") or if_range != etag)):
        return None
    return range_field
