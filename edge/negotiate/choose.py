"""From a wish that leaves things open to one concrete plan, and the Vary that this implies (specs/CLIENT_HINTS §5, §6).

What a header may choose is finite and small; `Vary` is computed from that set, never from the headers that happened
to come, so it is the same on every answer of one URL for one original.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from edge.exchange import Fields
from edge.negotiate import vary
from edge.negotiate.accept import read_accept
from edge.negotiate.delivery import Delivery
from edge.negotiate.hints import NO_HINTS, Hints, read_hints
from edge.negotiate.table import Table
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS, WRITABLE
from edge.plan.plan import Node, Plan, Wish
from edge.plan.steps import Decode, Encode, Fit

_ALL_WRITABLE = frozenset(WRITABLE.values())


@dataclass(frozen=True, slots=True)
class Chosen:
    """The first output in short, as /explain shows it. Sizes are the box asked for; None = layout derives it. There is
    a quality, or an aim in points of SSIMULACRA 2, or neither."""

    width: int | None
    height: int | None
    format: str | None
    quality: int | None
    dpr: float
    aim: float | None = None


@dataclass(frozen=True, slots=True)
class Negotiated:
    """`plan` has nothing open but Fit's geometry, which is layout's; `vary` names fields in their fixed order."""

    plan: Plan
    vary: tuple[str, ...]
    chosen: Chosen


def negotiate(
    wish: Wish,
    headers: Fields,
    delivery: Delivery,
    facts: Facts | Sequence[Facts],
    writable: frozenset[str] = _ALL_WRITABLE,
) -> Negotiated:
    """Choose what `wish` leaves open. `facts` are those of its inputs; of further inputs than the first they may be
    missing. `writable` holds the formats the workers can write. Never raises for a header."""
    inputs = (facts,) if isinstance(facts, Facts) else tuple(facts)
    if delivery.queryless == "original" and not wish.processing:
        return Negotiated(Plan(()), (), Chosen(None, None, inputs[0].format, None, 1.0))
    table = Table.of(wish.plan, delivery, inputs, writable)
    hints = NO_HINTS if delivery.hints is None else read_hints(headers, delivery.hints.legacy)
    resolved = {at: sizing.resolve(hints) for at, sizing in table.sizings.items()}
    sized = _sized(table, {at: fit for at, (fit, _) in resolved.items()})
    options = {at: table.options(at, sized) for at in table.outputs}
    accept = read_accept(headers.get("accept"))
    plan = _concrete(table, sized, hints, {at: each.choose(accept) for at, each in options.items()})
    dpr = next((dpr for _, dpr in resolved.values()), 1.0)
    return Negotiated(plan, vary.vary(table, options), _chosen(plan, dpr))


def variants_bound(wish: Wish, delivery: Delivery, writable: frozenset[str] = _ALL_WRITABLE) -> int:
    """At most so many renditions of one original can come of this wish, whatever headers are sent."""
    return vary.variants_bound(wish.plan, delivery, writable)


def _sized(table: Table, fits: Mapping[int, Fit]) -> Plan:
    light = table.delivery.light
    lit = {at: fit if fit.light else replace(fit, light=light) for at, fit in fits.items()}
    nodes = enumerate(table.wish.nodes)
    return Plan(tuple([Node(lit[at], node.of) if at in lit else node for at, node in nodes]))


def _concrete(table: Table, sized: Plan, hints: Hints, names: Mapping[int, str]) -> Plan:
    """What is sized, with its inputs settled and its outputs written as `names` says."""
    moving = table.original.animated and any(FORMATS[name].animated for name in names.values())

    def settled(at: int, node: Node) -> Node:
        step = node.step
        if isinstance(step, Encode):
            return Node(table.encoding.concrete(step, names[at], table.moment(at, hints)), node.of)
        return Node(_decode(step, moving), node.of) if isinstance(step, Decode) else node

    return Plan(tuple([settled(at, node) for at, node in enumerate(sized.nodes)]))


def _decode(step: Decode, moving: bool) -> Decode:
    """Every frame of the original is read only when one of the outputs moves; overlays are stills."""
    if step.frame is not None or (moving and step.input == 0):
        return step
    return replace(step, frame=0)


def _chosen(plan: Plan, dpr: float) -> Chosen:
    fit = plan.find(Fit) or Fit()
    width = fit.width if isinstance(fit.width, int) else None
    first = plan.find(Encode)
    if first is None:
        return Chosen(width, fit.height, None, None, dpr)
    quality = first.quality if isinstance(first.quality, int) else None
    return Chosen(width, fit.height, str(first.format), quality, dpr, first.aim)
