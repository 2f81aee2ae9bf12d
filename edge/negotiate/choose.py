"""From a wish that leaves things open to one concrete plan, and the Vary that this implies (specs/CLIENT_HINTS §5, §6).

What a header may choose is finite and small; `Vary` is computed from that set, never from the headers that happened
to come, so it is the same on every answer of one URL for one original.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from edge.exchange import Fields
from edge.negotiate.accept import Accept, read_accept
from edge.negotiate.delivery import Delivery, HintRules
from edge.negotiate.format import Options, Original, lossless, options, quality
from edge.negotiate.hints import NO_HINTS, Hints, read_hints
from edge.negotiate.width import Influence, Sizing, width_before
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS, WRITABLE
from edge.plan.plan import Node, Plan, Wish
from edge.plan.steps import Decode, Encode, Fit, Step

_ALL_WRITABLE = frozenset(WRITABLE.values())


@dataclass(frozen=True, slots=True)
class Chosen:
    """The first output in short, as /explain shows it. Sizes are the box asked for; None = layout derives it."""

    width: int | None
    height: int | None
    format: str | None
    quality: int | None
    dpr: float


@dataclass(frozen=True, slots=True)
class Negotiated:
    """`plan` has nothing open but Fit's geometry, which is layout's; `vary` names fields in their fixed order."""

    plan: Plan
    vary: tuple[str, ...]
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class _Table:
    """All that one negotiation goes by. `original` and `facts` are those of input 0."""

    wish: Plan
    delivery: Delivery
    facts: Facts
    original: Original

    def sizing(self, at: int, fit: Fit) -> Sizing:
        return Sizing(fit, self.delivery.hints, width_before(self.wish, at, self.facts))

    def options(self, encode: Encode) -> Options:
        return options(encode, self.delivery, self.original)

    def sizings(self) -> Iterator[Sizing]:
        nodes = enumerate(self.wish.nodes)
        return (self.sizing(at, node.step) for at, node in nodes if isinstance(node.step, Fit))

    def quality(self, encode: Encode, name: str, saving: bool) -> int | None:
        return quality(encode, name, self.original.format, self.delivery, saving)


def negotiate(
    wish: Wish, headers: Fields, delivery: Delivery, facts: Facts, writable: frozenset[str] = _ALL_WRITABLE
) -> Negotiated:
    """Choose what `wish` leaves open. `writable` holds the formats the workers can write. Never raises for a header."""
    if delivery.queryless == "original" and not wish.processing:
        return Negotiated(Plan(()), (), Chosen(None, None, facts.format, None, 1.0))
    rules = delivery.hints
    table = _Table(wish.plan, delivery, facts, Original.of(facts, _frame(wish.plan), writable))
    hints = NO_HINTS if rules is None else read_hints(headers, rules.legacy)
    plan, dpr = _concrete(table, hints, read_accept(headers.get("accept")))
    return Negotiated(plan, _vary(table), _chosen(plan, dpr))


def variants_bound(wish: Wish, delivery: Delivery, writable: frozenset[str] = _ALL_WRITABLE) -> int:
    """At most so many renditions of one original can come of this wish, whatever headers are sent."""
    sizes = 1
    for fit in (step for step in wish.plan.steps() if isinstance(step, Fit)):
        sizes *= _sizes_bound(fit, delivery.hints)
    formats = max((_formats_bound(encode, delivery, writable) for encode in wish.plan.outputs), default=1)
    return sizes * formats * (2 if delivery.hints is not None else 1)


def _sizes_bound(fit: Fit, rules: HintRules | None) -> int:
    # No picture is wider: every rung counts.
    sizing = Sizing(fit, rules, 1 << 31)
    if rules is None:
        return 1
    if sizing.automatic:
        return len(sizing.outcomes(rules))
    return len(rules.dpr_steps) + 3 if sizing.dense else 1  # the steps, the default, the two caps


def _formats_bound(encode: Encode, delivery: Delivery, writable: frozenset[str]) -> int:
    kinds = product(("jpeg", "png", "gif"), (False, True), (False, True))
    each = (Original(name, alpha=alpha, animated=moves, writable=writable) for name, alpha, moves in kinds)
    return max(len(options(encode, delivery, original).formats) for original in each)


def _frame(plan: Plan) -> int | None:
    return next((step.frame for step in plan.steps() if isinstance(step, Decode) and step.input == 0), 0)


def _concrete(table: _Table, hints: Hints, accept: Accept) -> tuple[Plan, float]:
    names = {id(encode): table.options(encode).choose(accept) for encode in table.wish.outputs}
    moving = table.original.animated and any(FORMATS[name].animated for name in names.values())
    dprs: list[float] = []

    def settled(at: int, step: Step) -> Step:
        if isinstance(step, Decode):
            return _decode(step, moving)
        if isinstance(step, Fit):
            fit, dpr = table.sizing(at, step).resolve(hints)
            dprs.append(dpr)
            return replace(fit, light=fit.light or table.delivery.light)
        return _encode(table, step, names[id(step)], hints.save_data) if isinstance(step, Encode) else step

    nodes = tuple(Node(settled(at, node.step), node.of) for at, node in enumerate(table.wish.nodes))
    return Plan(nodes), dprs[0] if dprs else 1.0


def _decode(step: Decode, moving: bool) -> Decode:
    """Every frame of the original is read only when one of the outputs moves; overlays are stills."""
    if step.frame is not None or (moving and step.input == 0):
        return step
    return replace(step, frame=0)


def _encode(table: _Table, step: Encode, name: str, saving: bool) -> Encode:
    return replace(
        step,
        format=name,
        quality=table.quality(step, name, saving),
        qualities=(),
        lossless=lossless(step, name, table.original.format),
        accepts=(),
    )


def _chosen(plan: Plan, dpr: float) -> Chosen:
    fit = plan.find(Fit) or Fit()
    width = fit.width if isinstance(fit.width, int) else None
    if not plan.outputs:
        return Chosen(width, fit.height, None, None, dpr)
    first = plan.outputs[0]
    quality = first.quality if isinstance(first.quality, int) else None
    return Chosen(width, fit.height, str(first.format), quality, dpr)


def _vary(table: _Table) -> tuple[str, ...]:
    """The fields that could have changed this answer, in the fixed order of specs/CLIENT_HINTS §5."""
    rules = table.delivery.hints or HintRules()
    sway = Influence()
    for sizing in table.sizings():
        sway |= sizing.influence()
    rows: tuple[tuple[bool, tuple[str, ...]], ...] = (
        (any(len(table.options(encode).formats) > 1 for encode in table.wish.outputs), ("Accept",)),
        (sway.dpr, ("Sec-CH-DPR", "DPR")),
        (sway.width, ("Sec-CH-Width", "Width")),
        (sway.width, ("Sec-CH-Viewport-Width", "Viewport-Width")),
        (sway.width and rules.mobile_fallback_width is not None, ("Sec-CH-UA-Mobile",)),
        (sway.save_data or _quality_sways(table), ("Save-Data",)),
    )
    return tuple(name for matters, names in rows if matters for name in names if rules.legacy or name not in _LEGACY)


_LEGACY = frozenset({"DPR", "Width", "Viewport-Width"})


def _quality_sways(table: _Table) -> bool:
    """Would Save-Data change the quality of any format this URL can come to?"""
    return any(
        table.quality(encode, name, saving=True) != table.quality(encode, name, saving=False)
        for encode in table.wish.outputs
        for name in table.options(encode).formats
    )
