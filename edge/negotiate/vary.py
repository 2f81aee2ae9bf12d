"""What headers can change of one URL's answers: which fields, and how many renditions that makes at most."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Final

from edge.negotiate.delivery import Delivery, HintRules
from edge.negotiate.format import Options, options
from edge.negotiate.original import SAFE, Original
from edge.negotiate.table import Table, supposed
from edge.negotiate.width import UNSWAYED, Influence, Sizing
from edge.plan.plan import Plan
from edge.plan.steps import Auto, Encode, Fit

_LEGACY: Final = frozenset({"DPR", "Width", "Viewport-Width"})


def vary(table: Table, chosen: Mapping[int, Options]) -> tuple[str, ...]:
    """The fields that could have changed this answer, in the fixed order of specs/CLIENT_HINTS §5. `chosen` are the
    options of each output for any one request."""
    rules = table.delivery.hints or HintRules()
    accept, sway = False, table.sizes_sway
    for at, now in chosen.items():
        reachable = table.reachable(at, now)
        accept = accept or any(len(each.formats) > 1 for each in reachable)
        sway |= _settings_sway(table, at, {name for each in reachable for name in each.formats})
    rows: tuple[tuple[bool, tuple[str, ...]], ...] = (
        (accept, ("Accept",)),
        (sway.dpr, ("Sec-CH-DPR", "DPR")),
        (sway.width, ("Sec-CH-Width", "Width")),
        (sway.width, ("Sec-CH-Viewport-Width", "Viewport-Width")),
        (sway.width and rules.mobile_fallback_width is not None, ("Sec-CH-UA-Mobile",)),
        (sway.save_data, ("Save-Data",)),
    )
    return tuple(name for matters, names in rows if matters for name in names if rules.legacy or name not in _LEGACY)


def _settings_sway(table: Table, at: int, names: Iterable[str]) -> Influence:
    """Would Save-Data or the density change the settings of any format this output can come to?"""
    encode, encoding = table.outputs[at], table.encoding
    if not encoding.sways(encode):
        return UNSWAYED
    plain, saving = table.moments(at)
    sway = UNSWAYED
    for name in names:
        usual, saved = ([encoding.settings(encode, name, moment) for moment in moments] for moments in (plain, saving))
        sway |= Influence(dpr=_differ(usual) or _differ(saved), save_data=bool(saving) and usual != saved)
        if sway.save_data and len(plain) == 1:
            break  # more names cannot tell more
    return sway


def _differ(settings: Sequence[object]) -> bool:
    return any(each != settings[0] for each in settings[1:])


def variants_bound(wish: Plan, delivery: Delivery, writable: frozenset[str]) -> int:
    """At most so many renditions of one original can come of this wish, whatever headers are sent."""
    sizes = prod(_sizes_bound(step, delivery.hints) for step in wish.steps() if isinstance(step, Fit))
    formats = prod(_formats_bound(encode, delivery, writable) for encode in wish.outputs)
    return sizes * formats * _moments_bound(wish, delivery.hints)


def _sizes_bound(fit: Fit, rules: HintRules | None) -> int:
    # No picture is wider: every rung counts.
    sizing = Sizing(fit, rules, 1 << 31)
    if rules is None:
        return 1
    if sizing.automatic:
        return len(sizing.outcomes(rules))
    return _densities(rules) if sizing.dense else 1


def _densities(rules: HintRules) -> int:
    return len(rules.dpr_steps) + 3  # the steps, the default, the two caps


def _formats_bound(encode: Encode, delivery: Delivery, writable: frozenset[str]) -> int:
    return max(
        len(options(encode, delivery, original, result).formats)
        for original in _originals(writable)
        for result in supposed(original.alpha, delivery)
    )


def _originals(writable: frozenset[str]) -> Iterator[Original]:
    either = (False, True)
    for name, alpha, moves, lossless in product(SAFE, either, either, either):
        yield Original(name, alpha, moves, lossless, writable)


def _moments_bound(wish: Plan, rules: HintRules | None) -> int:
    """Save-Data or not; the densities that a profile is meant for, where the request says so."""
    if rules is None:
        return 1
    dense = any(isinstance(encode.profile_dpr, Auto) for encode in wish.outputs)
    return 2 * (_densities(rules) if dense else 1)
