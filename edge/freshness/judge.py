"""The judge: may this stored original be used, and what may those downstream be told?

Pure: every function takes the clock as an argument. The rules are the plain ones: explicit lifetimes, the operator's
window, stale windows; the full RFC 9111 grows in this room without touching the two spines.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from edge.exchange import Fields
from edge.freshness.dates import parse_date
from edge.freshness.directives import parse_directives, seconds


class Verdict(Enum):
    FRESH = auto()
    STALE_SERVE_AND_REVALIDATE = auto()
    REVALIDATE = auto()
    FETCH = auto()
    ONLY_IF_CACHED_MISS = auto()
    BYPASS = auto()


@dataclass(frozen=True, slots=True)
class Window:
    """What the operator allows, in seconds. `default` is used when the response says nothing."""

    default: float = 3600.0
    min: float = 0.0
    max: float = 365 * 86400.0
    negative: float = 10.0
    stale_while_revalidate: float = 60.0
    stale_if_error: float = 86400.0


@dataclass(frozen=True, slots=True)
class Stored:
    """An origin's answer as it was received: `received` is Unix seconds, `age` what it had then (RFC 9111 §4.2.3)."""

    status: int
    fields: Fields
    received: float
    age: float = 0.0

    def now_aged(self, now: float) -> float:
        return self.age + max(0.0, now - self.received)


# Fields of a 304 that say nothing about the stored body (RFC 9111 §3.2).
_OF_THE_MESSAGE = ("content-length", "content-encoding", "content-range", "content-type", "transfer-encoding")
_NEGATIVE = frozenset({404, 410})
_FORBIDS_STALE = ("must-revalidate", "proxy-revalidate", "no-cache", "s-maxage")


def receive(status: int, fields: Fields, *, asked: float, now: float) -> Stored:
    """An answer to a question asked at `asked` and received at `now`."""
    date = parse_date(fields.get("date") or "", now)
    apparent = max(0.0, now - date) if date is not None else 0.0
    carried = seconds((fields.get("age") or "").split(",")[0].strip()) or 0
    return Stored(status, fields, now, max(apparent, carried + max(0.0, now - asked)))


def freshen(stored: Stored, answer: Fields, *, asked: float, now: float) -> Stored:
    """A 304 came: its fields replace those of the same name (RFC 9111 §4.3.4)."""
    news = answer.without(*_OF_THE_MESSAGE)
    merged = Fields((*stored.fields.without(*(name for name, _ in news)), *news))
    # An Age or Date that the 304 does not repeat belongs to the older message.
    merged = merged.without(*(name for name in ("age", "date") if name not in news))
    return replace(receive(stored.status, merged, asked=asked, now=now), status=stored.status)


def storable(status: int, fields: Fields) -> bool:
    """May a shared cache keep this answer and hand it to others?"""
    directives = parse_directives(fields.get("cache-control"))
    if "no-store" in directives or "private" in directives:
        return False
    return (status == 200 or status in _NEGATIVE) and "*" not in (fields.get("vary") or "")


def lifetime(stored: Stored, window: Window) -> float:
    """Seconds from the origin's answer until it is stale: s-maxage, max-age, Expires minus Date, else the operator's
    default; then within the operator's window."""
    explicit = _explicit(stored)
    if "no-cache" in parse_directives(stored.fields.get("cache-control")):
        return 0.0
    if stored.status in _NEGATIVE:
        return min(window.negative if explicit is None else explicit, window.max)
    return max(window.min, min(window.max, window.default if explicit is None else explicit))


def _explicit(stored: Stored) -> float | None:
    directives = parse_directives(stored.fields.get("cache-control"))
    for name in ("s-maxage", "max-age"):
        if name in directives:
            return float(seconds(directives[name]) or 0)
    expires = stored.fields.lines("expires")
    if not expires:
        return None
    date = parse_date(stored.fields.get("date") or "", stored.received)
    until = parse_date(expires[0], stored.received) if len(expires) == 1 else None
    return 0.0 if until is None else max(0.0, until - (stored.received if date is None else date))


def judge(stored: Stored | None, window: Window, now: float, recheck: float | None = None) -> Verdict:
    """What to do for a request that arrives now. `recheck` is how long an origin next door need not be looked at."""
    if stored is None:
        return Verdict.FETCH
    if recheck is not None:
        return Verdict.FRESH if 0 <= now - stored.received < recheck else Verdict.REVALIDATE
    late = stored.now_aged(now) - lifetime(stored, window)
    if late < 0:
        return Verdict.FRESH
    if stored.status == 200 and late < _stale_window(stored, "stale-while-revalidate", window.stale_while_revalidate):
        return Verdict.STALE_SERVE_AND_REVALIDATE
    return Verdict.REVALIDATE


def may_serve_stale(stored: Stored, window: Window, now: float) -> bool:
    """The origin failed: may the old answer be used once more (RFC 5861 §4)?"""
    late = stored.now_aged(now) - lifetime(stored, window)
    return stored.status == 200 and late < _stale_window(stored, "stale-if-error", window.stale_if_error)


def _stale_window(stored: Stored, name: str, operators: float) -> float:
    directives = parse_directives(stored.fields.get("cache-control"))
    if any(word in directives for word in _FORBIDS_STALE):
        return 0.0
    said = seconds(directives.get(name))
    return operators if said is None else float(said)


# Directives that those downstream must hear as the origin said them.
_CARRIED = ("no-cache", "must-revalidate", "proxy-revalidate", "no-transform", "immutable")


def downstream(stored: Stored, window: Window, now: float, expires: float | None = None) -> Fields:
    """Cache-Control and Age of what is made from this original. `expires` (Unix seconds) ends every permission: a
    signature's end."""
    directives = parse_directives(stored.fields.get("cache-control"))
    age = int(stored.now_aged(now))
    if "no-store" in directives:
        return Fields([("cache-control", "no-store")])
    left = window.max if expires is None else max(0.0, expires - now) + age
    parts = ["private" if "private" in directives else "public"]
    parts.append(f"max-age={int(min(_for_browsers(stored, window), left))}")
    if (shared := seconds(directives.get("s-maxage"))) is not None:
        parts.append(f"s-maxage={int(min(shared, window.max, left))}")
    parts += [name for name in _CARRIED if name in directives]
    for name in ("stale-while-revalidate", "stale-if-error"):
        if expires is None and (said := seconds(directives.get(name))) is not None:
            parts.append(f"{name}={said}")
    return Fields([("cache-control", ", ".join(parts)), ("age", str(age))])


def refusal(stored: Stored, window: Window, now: float) -> Fields:
    """The same for an error: no longer than `negative`, however long the original that is none may live."""
    told = downstream(stored, replace(window, min=0.0, max=min(window.max, window.negative)), now)
    return told if stored.status in _NEGATIVE else told.without("age")


def _for_browsers(stored: Stored, window: Window) -> float:
    """max-age as the origin said it; s-maxage speaks to shared caches only."""
    directives = parse_directives(stored.fields.get("cache-control"))
    if "max-age" in directives and stored.status == 200:
        return max(window.min, min(window.max, float(seconds(directives["max-age"]) or 0)))
    return lifetime(stored, window)
