"""Which directives rule a shared cache: a targeted field's, a surrogate's, or Cache-Control's (RFC 9213 §2.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from edge.exchange import Fields
from edge.freshness.directives import DELTAS, LONGEST, UNREADABLE, parse_directives, seconds
from edge.freshness.structured import dictionary

OURS = "image-edge-cdn-cache-control"
CDN = "cdn-cache-control"
SURROGATE = "surrogate-control"
_RULING = (OURS, CDN, SURROGATE, "cache-control")
_FLAGS = frozenset(
    {
        "immutable",
        "must-revalidate",
        "must-understand",
        "no-cache",
        "no-store",
        "no-transform",
        "private",
        "proxy-revalidate",
        "public",
    }
)
_LISTS = frozenset({"no-cache", "private"})  # may name fields instead


@dataclass(frozen=True, slots=True)
class Policy:
    """Directives by their lower-cased names. `targeted`: they come from a field that was written for caches like this
    one, so Cache-Control and Expires do not count."""

    directives: Mapping[str, str]
    targeted: bool = False

    def seconds(self, name: str) -> int | None:
        """The number of a directive; None when it is absent, 0 when it is there but cannot be read."""
        text = self.directives.get(name)
        return None if text is None else seconds(text) or 0

    def __contains__(self, name: object) -> bool:
        return name in self.directives


def policy_of(fields: Fields) -> Policy:
    """The first of the targeted fields that is a valid Dictionary and not empty; else Surrogate-Control when it speaks
    of storing at all; else Cache-Control."""
    ours, cdn, surrogate, common = fields.select(_RULING)
    if ours is None and cdn is None and surrogate is None:
        return _common(common)
    return _ruling(ours, cdn, surrogate, common)


def _ruling(ours: str | None, cdn: str | None, surrogate: str | None, common: str | None) -> Policy:
    for found in (targeted_directives(ours), targeted_directives(cdn), _surrogate(surrogate)):
        if found is not None:
            return Policy(found, targeted=True)
    return _common(common)


def _common(text: str | None) -> Policy:
    return Policy(parse_directives(text))


def common_policy(fields: Fields) -> Policy:
    """What caches hear that no targeted field is for: browsers."""
    return _common(fields.get("cache-control"))


def targeted_directives(text: str | None) -> Mapping[str, str] | None:
    """A targeted field as directives; None when it must be ignored: absent, empty, no Dictionary, or a directive whose
    value is of the wrong type (RFC 9213 §2.1). One longer than 4 KiB says no-store and nothing else."""
    if not text:
        return None
    return UNREADABLE if len(text) > LONGEST else _targeted(text)


@lru_cache(1024)
def _targeted(text: str) -> Mapping[str, str] | None:
    members = dictionary(text)
    if members is None:
        return None
    found: dict[str, str] = {}
    for name, value in members.items():
        argument = _argument(name, value)
        if argument is None:
            return None
        if value is not False and (name in DELTAS or name in _FLAGS):
            found[name] = argument
    return MappingProxyType(found)


def _argument(name: str, value: object) -> str | None:
    """As Cache-Control would write it; None for a wrong type."""
    if isinstance(value, bool):
        return None if name in DELTAS else ""
    if isinstance(value, int):
        return None if name in _FLAGS else str(max(0, value))
    if name in DELTAS or (name in _FLAGS and not (name in _LISTS and isinstance(value, str))):
        return None
    return value if isinstance(value, str) else ""


def _surrogate(text: str | None) -> Mapping[str, str] | None:
    """Surrogate-Control (Edge Architecture 1.0): max-age may be `60+30`, fresh for 60 and then usable for 30 while it
    is asked again, which only counts as the first; a directive for a named surrogate (`;name`) is not for us."""
    said = {name: argument for name, argument in parse_directives(text).items() if ";" not in argument}
    if not said.keys() & (DELTAS | _FLAGS):
        return None
    if "max-age" in said:
        said["max-age"] = said["max-age"].partition("+")[0]
    return said
