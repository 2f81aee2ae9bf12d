"""Cache-Control as a table of directives (RFC 9111 §5.2).

Theory of operation. The field is read in one pass, member by member. A member that begins with a directive's name
counts even when the rest of it is broken: a `private` that lost its closing quote still forbids, and a number that
cannot be read is 0. So damage never permits more than was said. A field longer than any honest one is not read at all:
what has been read is remembered, and an origin must not fill memory with it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

# Possessive: overlapping runs of blanks that may give back would take the cube of an origin's header in steps.
_GAP = re.compile(r"[\s,]*+", re.ASCII)
_NAME = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]++)\s*+(=?+)\s*+", re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]++", re.ASCII)
_FAR = 2**31  # RFC 9111 §1.2.2: an overflowing delta-seconds counts as 2^31
LONGEST = 4 << 10  # characters; honest fields are below 1 KiB
_MOST = 64  # directives of one field; so what is remembered stays below 16 KiB each
DELTAS = frozenset({"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"})


def parse_directives(text: str | None) -> Mapping[str, str]:
    """Lower-cased names to arguments ("" for none), without their quotes. Of a repeated one the smaller number, else
    the first, is kept: the careful reading where RFC 9111 §4.2.1 leaves the choice. What has no name is passed over.
    A field longer than 4 KiB, or of more than 64 different directives, says no-store and nothing else."""
    if not text:
        return _NONE
    return UNREADABLE if len(text) > LONGEST else _read(text)


@lru_cache(1024)
def _read(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        at = _begin(text, at)
        member = _NAME.match(text, at)
        if member is None:
            at = _behind_comma(text, at)
            continue
        name = member[1].lower()
        argument, at = _argument(text, member.end()) if member[2] else ("", _behind_comma(text, member.end()))
        found[name] = _careful(name, found[name], argument) if name in found else argument
    return MappingProxyType(found) if len(found) <= _MOST else UNREADABLE


_NONE: Mapping[str, str] = MappingProxyType({})
UNREADABLE: Mapping[str, str] = MappingProxyType({"no-store": ""})


def _argument(text: str, at: int) -> tuple[str, int]:
    """The argument that begins here, and where the next member does. Quotes that anything follows are left on, so that
    such an argument is no number."""
    quoted = _QUOTED.match(text, at)
    behind = _behind_comma(text, quoted.end() if quoted else at)
    whole = text[at:behind].rstrip(", \t\r\n")
    if quoted is None or len(whole) > quoted.end() - at:
        return whole, behind
    return _ESCAPED.sub(r"\1", quoted[1]) if "\\" in quoted[1] else quoted[1], behind


def _begin(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


def _behind_comma(text: str, at: int) -> int:
    comma = text.find(",", at)
    return len(text) if comma < 0 else comma + 1


def _careful(name: str, first: str, second: str) -> str:
    one, other = seconds(first), seconds(second)
    if name in DELTAS:
        return second if (other or 0) < (one or 0) else first
    return second if one is not None and other is not None and other < one else first


def seconds(text: str | None) -> int | None:
    """A delta-seconds; a negative one is 0; at most 2^31; None when it is no number."""
    if text is None or not _NUMBER.fullmatch(text):
        return None
    return 0 if text.startswith("-") else min(int(text.lstrip("0")[:12] or "0"), _FAR)
