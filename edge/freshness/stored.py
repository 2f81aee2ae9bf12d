"""A stored answer and its age (RFC 9111 §4.2.3), and what the operator allows."""

from dataclasses import dataclass

from edge.exchange import Fields
from edge.freshness.dates import parse_date, print_date
from edge.freshness.directives import seconds
from edge.freshness.hops import end_to_end
from edge.freshness.statuses import NEGATIVE


@dataclass(frozen=True, slots=True)
class Window:
    """What the operator allows, in seconds. `default` is for answers that say nothing of freshness, `negative` the same
    for errors: those of the statuses `negative_for`. 0 = only what the answer itself allows."""

    default: float = 3600.0
    min: float = 0.0
    max: float = 365 * 86400.0
    negative: float = 10.0
    stale_while_revalidate: float = 60.0
    stale_if_error: float = 86400.0
    negative_for: frozenset[int] = NEGATIVE


@dataclass(frozen=True, slots=True)
class Stored:
    """An origin's answer as it was received: `received` is Unix seconds, `age` what it had then. `expired`: the Unix
    second of a soft purge; it is stale since."""

    status: int
    fields: Fields
    received: float
    age: float = 0.0
    expired: float | None = None

    def now_aged(self, now: float) -> float:
        return self.age + max(0.0, now - self.received)

    def date(self) -> float:
        """When the origin made it; when it was received, if the origin does not say."""
        date = parse_date(self.fields.get("date") or "", self.received)
        return self.received if date is None else date


def receive(status: int, fields: Fields, *, asked: float, now: float) -> Stored:
    """An answer to a question asked at `asked` and received at `now`: without hop-by-hop fields, with a Date."""
    kept = end_to_end(fields)
    if "date" not in kept:  # RFC 9110 §6.6.1: whoever stores it adds the one it lacks
        kept = Fields((*kept, ("date", print_date(int(now)))))
    date = parse_date(kept.get("date") or "", now)
    apparent = max(0.0, now - date) if date is not None and "date" in fields else 0.0
    return Stored(status, kept, now, max(apparent, carried_age(kept) + max(0.0, now - asked)))


def carried_age(fields: Fields) -> int:
    """Age as it came: the first member of the list; what is no plain number is none; at most 2^31."""
    text = fields.get("age") or ""
    first = text.lstrip(", \t").partition(",")[0].rstrip(" \t")
    return seconds(first) or 0
