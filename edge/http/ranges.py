"""Range requests (RFC 9110 §14): one range of a body whose length is known, or the whole.

Several ranges are answered with the whole, as §14.2 allows: whoever asks for many overlapping ones would otherwise get
a small original out a hundred times over.
"""

import re

from edge.exchange import Fields, FileBody, Reply, StreamBody
from edge.freshness.validators import if_range_holds

_ONE = re.compile(r"([0-9]*)-([0-9]*)", re.ASCII)
_UNIT = "bytes="
_LONGEST = 18  # digits; no body is longer
# They are about the octets of one message (RFC 9530 §2), which a part has others of.
_OF_THE_WHOLE = ("content-digest", "content-md5", "digest")


class Unsatisfiable(Exception):
    """No byte of the body is in the range."""


def length_of(body: bytes | FileBody | StreamBody) -> int | None:
    """None: nobody knows yet."""
    return len(body) if isinstance(body, bytes) else body.length


def parse_range(text: str, length: int) -> tuple[int, int] | None:
    """(first, last) of the one range asked for; None when the field is to be ignored: another unit, bad syntax, or
    several ranges. Raises Unsatisfiable."""
    text = text.strip(" \t")
    if text[: len(_UNIT)].lower() != _UNIT:
        return None
    asked = [part.strip(" \t") for part in text[len(_UNIT) :].split(",")]
    found = [_ONE.fullmatch(part) for part in asked if part]
    if len(found) != 1 or found[0] is None or found[0][1] == found[0][2] == "":
        return None
    return _within(_number(found[0][1]), _number(found[0][2]), length)


def _number(digits: str) -> int | None:
    digits = digits.lstrip("0") or digits[:1]
    return int(digits[:_LONGEST].ljust(min(len(digits), _LONGEST + 1), "9")) if digits else None


def _within(first: int | None, last: int | None, length: int) -> tuple[int, int] | None:
    if first is None:
        assert last is not None
        if last and not length:
            return None  # satisfiable, and the whole
        first, last = max(0, length - last), length - 1
    elif last is not None and last < first:
        return None
    last = length - 1 if last is None else min(last, length - 1)
    if last < first:
        raise Unsatisfiable
    return first, last


def ranged(reply: Reply, request: Fields) -> tuple[Reply, int, int | None]:
    """The reply, 206 or 416 in place of 200 where a Range of this GET asks for it, and (offset, length) of what to
    send; length None = to the end, wherever that is."""
    length = length_of(reply.body)
    found = None
    if length is not None and _is_wanted(reply, request):
        try:
            found = parse_range(request.get("range") or "", length)
        except Unsatisfiable:
            return _unsatisfied(reply, length), 0, 0
    if found is None or length is None:
        return reply, 0, length
    first, last = found
    fields = reply.headers.without(*_OF_THE_WHOLE).having("content-range", f"bytes {first}-{last}/{length}")
    return Reply(206, fields, reply.body, reply.story), first, last - first + 1


def _is_wanted(reply: Reply, request: Fields) -> bool:
    if reply.status != 200 or "range" not in request:
        return False
    return (reply.headers.get("accept-ranges") or "").lower() == "bytes" and if_range_holds(request, reply.headers)


def _unsatisfied(reply: Reply, length: int) -> Reply:
    """One client's mistake is no answer for the next."""
    kept = [line for line in reply.headers if line[0] in ("date", "server", "via") or line[0].startswith("access-")]
    lines = [("content-range", f"bytes */{length}"), ("accept-ranges", "bytes"), ("cache-control", "no-store"), *kept]
    return Reply(416, Fields(lines), b"", reply.story)
