"""What a request's Cache-Control and Pragma ask of a cache (RFC 9111 §5.2.1, §5.4).

Anyone may send them, and each one that is obeyed is a question to the origin: whether they count is the operator's
choice.
"""

from dataclasses import dataclass
from typing import Literal

from edge.exchange import Fields
from edge.freshness.directives import parse_directives, seconds

Mode = Literal["ignore", "revalidate", "honour"]
_ANY = 2**31


@dataclass(frozen=True, slots=True)
class Said:
    """Numbers are seconds, None = not said."""

    no_cache: bool = False
    no_store: bool = False
    only_if_cached: bool = False
    no_transform: bool = False
    max_age: int | None = None
    min_fresh: int | None = None
    max_stale: int | None = None


NOTHING_SAID = Said()
_FRESHLY = Said(no_cache=True)


def said_of(request: Fields, mode: Mode) -> Said:
    """ignore: nothing. revalidate: whether a validation is wished, nothing else. honour: all of it."""
    if mode == "ignore":
        return NOTHING_SAID
    text = request.get("cache-control")
    if text is None:
        return _FRESHLY if "no-cache" in parse_directives(request.get("pragma")) else NOTHING_SAID
    asked = parse_directives(text)
    max_age = seconds(asked.get("max-age"))
    if mode == "revalidate":
        return _FRESHLY if "no-cache" in asked or max_age == 0 else NOTHING_SAID
    return Said(
        no_cache="no-cache" in asked,
        no_store="no-store" in asked,
        only_if_cached="only-if-cached" in asked,
        no_transform="no-transform" in asked,
        max_age=max_age,
        min_fresh=seconds(asked.get("min-fresh")),
        max_stale=_ANY if asked.get("max-stale") == "" else seconds(asked.get("max-stale")),
    )
