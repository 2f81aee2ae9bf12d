"""The header fields of a picture, and file names that fit them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from edge.exchange import Fields
from edge.freshness.downstream import Input, combined
from edge.originals import Lease
from edge.pipeline.route import Draft
from edge.plan.formats import FORMATS

_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

# What an origin says of who may use a picture holds for what is made of it.
_CARRIED: Final = frozenset({"cross-origin-resource-policy", "timing-allow-origin"})
_CROSS_ORIGIN: Final = "access-control-"
_USED_ONCE: Final = Fields([("cache-control", "private, no-store")])
_LONGEST: Final = 4096  # characters of Link

# Possessive, and no `<` within a reference: each letter of an origin's field is looked at once.
_LINK = re.compile(
    r"\s*+(<[^<>]*+>(?:\s*+;\s*+[^\s;,=\"]++(?:\s*+=\s*+(?:\"(?:[^\"\\]|\\.)*+\"|[^\s;,\"]*+))?+)*+)\s*+(?:,|\Z)"
)
_RELATION = re.compile(r";\s*+rel\s*+=\s*+(?:\"([^\"]*+)\"|([^\s;,\"]*+))", re.IGNORECASE)


def picture_fields(draft: Draft, format_name: str, told: Fields) -> Fields:
    """What a 200 says besides its story. `told` is what its 304 would say."""
    format = FORMATS[format_name]
    lines = [
        ("content-type", format.media_type),
        ("content-disposition", disposition(draft.path, format.extension)),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
    ]
    if format_name == "svg":
        lines.append(("content-security-policy", _SVG_POLICY))
    return Fields((*lines, *told))


def validator_fields(draft: Draft, now: float) -> Fields:
    """What a 304 repeats of the 200 (RFC 9110 §15.4.5): Age and permissions are the originals'."""
    freshness = freshness_of(draft.leases, now, draft.expires, bool(draft.plan.nodes))
    lines = [("etag", f'"{draft.key}"'), *(privately(freshness) if draft.personal else freshness)]
    vary = draft.vary
    if vary:
        lines.append(("vary", ", ".join(vary)))
    return Fields(lines)


def freshness_of(leases: Sequence[Lease], now: float, expires: float | None, made: bool) -> Fields:
    """How long it may be used, and by whom. `made`: from the originals, not the original itself."""
    if any([lease.found.overtaken for lease in leases]):
        return _USED_ONCE
    inputs = tuple([lease.ruling for lease in leases])
    if expires is not None:
        return _freshness(inputs, now, expires, made)
    return _within_the_second(inputs, int(now), None, made)


def _freshness(inputs: tuple[Input, ...], now: float, expires: float | None, made: bool) -> Fields:
    told = combined(inputs, now, expires)
    if made:  # since when our own part of the work is what it is, nobody knows
        told = told.without("last-modified")
    return Fields((*told, *carried(inputs[0][0].fields)))


_within_the_second = lru_cache(4096)(_freshness)  # Age is in whole seconds


def carried(original: Fields) -> tuple[tuple[str, str], ...]:
    """What is said of the original and holds for every picture of it: who may read it, and its canonical address."""
    lines = [line for line in original if line[0] in _CARRIED or line[0].startswith(_CROSS_ORIGIN)]
    canonical = [link for value in original.lines("link") for link in _canonical(value)]
    return (*lines, *[("link", link) for link in canonical])


def _canonical(value: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(value) <= _LONGEST:
        link = _LINK.match(value, at)
        if link is None:
            comma = value.find(",", at)
            at = len(value) if comma < 0 else comma + 1
            continue
        at = link.end()
        relation = _RELATION.search(link[1])
        if relation and "canonical" in (relation[1] or relation[2] or "").lower().split():
            found.append(link[1])
    return found


def privately(freshness: Fields) -> Fields:
    """For caches in front that ignore Vary: what was chosen for this browser is for it alone."""
    told = freshness.get("cache-control") or ""
    kept = [part for part in told.split(", ") if not part.startswith(("public", "private", "s-maxage"))]
    if "no-store" in kept:
        return freshness
    return freshness.having("cache-control", ", ".join(["private", *kept])).having("cdn-cache-control", "no-store")


@lru_cache(4096)
def disposition(path: str, extension: str) -> str:
    """inline, with the original's name and the rendition's extension (RFC 6266, RFC 8187)."""
    name = path.rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
    fitting = f"{stem or 'picture'}.{extension}"
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_. ") else "_" for letter in fitting
    )
    if plain == fitting:
        return f'inline; filename="{plain}"'
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(fitting, safe='')}"
