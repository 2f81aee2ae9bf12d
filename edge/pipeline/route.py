"""A prefix of pictures, and what is said and known of one request below it."""

from dataclasses import dataclass
from typing import Final

from edge.exchange import NO_FIELDS, Fields
from edge.freshness.directives import parse_directives
from edge.freshness.said import Mode, said_of
from edge.freshness.stored import Window
from edge.negotiate.delivery import Delivery
from edge.originals import Lease, Wanted
from edge.originals.variants import forwarded
from edge.origins.base import Origin
from edge.pipeline.decide import Decision, Rules, Spoken
from edge.plan.cost import Cost, predict
from edge.plan.plan import Notice, Plan, Wish
from edge.plan.rates import Rates
from edge.routing.access import Access


@dataclass(frozen=True, slots=True)
class Route:
    """One prefix: where its originals are, how its URLs are read, who may ask, and what may be chosen. `groups`: the
    origin's Cache-Groups count (RFC 9875). `overridden`: it does something to its pictures whatever is asked."""

    prefix: str
    origin: Origin
    rules: Rules
    access: Access
    window: Window
    recheck: float | None = None
    host: tuple[str, ...] | None = None
    client_cache_control: Mode = "ignore"
    ignore_no_transform: bool = False
    groups: bool = False
    overridden: bool = False

    @property
    def raw(self) -> bool:
        """Does it hand on what its origin answers?"""
        return False

    def wants(self, path: str, headers: Fields) -> Wanted:
        """A nearby origin hears nothing of the client: files do not vary."""
        return Wanted(
            self.origin,
            path,
            self.window,
            self.recheck,
            forwarded(headers) if self.recheck is None else NO_FIELDS,
            said_of(headers, self.client_cache_control),
            self.client_cache_control == "revalidate",
            self.groups,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """How a request is read: by these rules, as these words. `untouched`: nothing may be changed (RFC 9110 §7.7).
    `personal`: because this client asks so, and no other."""

    rules: Rules
    spoken: Spoken
    untouched: bool = False
    personal: bool = False


_KEPT: Final = Notice("ignored", "no-transform", "The original may not be changed, so it is sent as it is")
_AS_IT_IS: Final = Rules(lambda _, __: Wish(Plan(()), (_KEPT,), processing=False), Delivery(queryless="original"))
_NO_WORDS: Final = Spoken("")


def reading_of(route: Route, spoken: Spoken, headers: Fields, original: Lease) -> Reading:
    """By the route's rules; but what its origin or the client said no-transform of stays what it is."""
    personal = asks_for_no_transform(headers)
    if personal or (original.no_transform and not route.ignore_no_transform):
        return Reading(_AS_IT_IS, _NO_WORDS, True, personal)
    return Reading(route.rules, spoken)


def asks_for_no_transform(headers: Fields) -> bool:
    """RFC 9111 §5.2.1.6: obeyed whatever else of the client's words is."""
    said = headers.get("cache-control")
    return said is not None and "no-transform" in parse_directives(said)


@dataclass(frozen=True, slots=True)
class Draft:
    """All that is known of an answer before any pixel work."""

    route: Route
    path: str
    leases: tuple[Lease, ...]
    expires: float | None
    reading: Reading
    decision: Decision

    @property
    def key(self) -> str:
        return self.decision.key

    @property
    def plan(self) -> Plan:
        return self.decision.plan

    def predicted(self, rates: Rates) -> Cost:
        """What the work will take; bytes of originals tell how much detail there is to decode."""
        facts = [lease.facts for lease in self.leases]
        return predict(self.plan, facts, rates, [lease.record.length for lease in self.leases])

    @property
    def vary(self) -> tuple[str, ...]:
        """What could have changed this answer: what was negotiated here, then what originals were chosen by."""
        chosen = self.decision.negotiated.vary
        nominated = [name for lease in self.leases if lease.record.selecting for name in lease.vary]
        return chosen if not nominated else tuple(dict.fromkeys((*chosen, *nominated)))

    @property
    def personal(self) -> bool:
        """Is it for this browser only? What hints chose may be: the route says."""
        delivery = self.route.rules.delivery
        return self.reading.personal or (delivery.downstream == "private" and bool(self.vary))

    @property
    def storable(self) -> bool:
        return all([lease.storable for lease in self.leases])
