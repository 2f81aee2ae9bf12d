"""Cache-Control as a table of directives (RFC 9111 §5.2)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_MEMBER = re.compile(
    # Possessive: overlapping runs of blanks that may give back would take the cube of an origin's header in steps.
    r"""\s*+(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]++)\s*+(?:=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<token>[^,"]*+)))?\s*+(?:,|$)""",
    re.ASCII,
)
_FAR = 2**31  # RFC 9111 §1.2.2: an overflowing delta-seconds counts as 2^31


@lru_cache(1024)
def parse_directives(text: str | None) -> Mapping[str, str]:
    """Lower-cased names to arguments ("" for none). Of a repeated one the smaller number, else the first, is kept:
    the careful reading where RFC 9111 §4.2.1 leaves the choice. What cannot be read is passed over."""
    found: dict[str, str] = {}
    at, text = 0, text or ""
    while at < len(text):
        member = _MEMBER.match(text, at)
        if member is None:
            comma = text.find(",", at)
            at = len(text) if comma < 0 else comma + 1
            continue
        at = max(member.end(), at + 1)
        name = member["name"].lower()
        argument = member["quoted"] if member["quoted"] is not None else (member["token"] or "").strip()
        found[name] = _careful(found[name], argument) if name in found else argument
    return MappingProxyType(found)


def _careful(first: str, second: str) -> str:
    one, other = seconds(first), seconds(second)
    return second if one is not None and other is not None and other < one else first


def seconds(text: str | None) -> int | None:
    """A delta-seconds; a negative one is 0; None when it is no number."""
    if text is None or not re.fullmatch(r"-?[0-9]+", text, re.ASCII):
        return None
    return 0 if text.startswith("-") else min(int(text.lstrip("0")[:12] or "0"), _FAR)
