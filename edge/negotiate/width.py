"""The size a Fit asks for once hints have had their say.

Three kinds of URL. *Exact*: a numeric size and a numeric dpr; the Fit is left as it is, since layout defines it to the
pixel. *Dense*: a numeric size with `dpr=auto`; every length is multiplied by one of a few steps. *Automatic*:
`w=auto`, or no size at all; the width is a rung of the route's ladder.

A request header must never widen the set of pictures one URL can have beyond the ladder (or the steps), so in the
automatic kind everything else is a function of the rung: a height follows the rung where the URL names the CSS width
it belongs to (`w=auto:640&h=320` stays 2:1), and else the URL's own numeric dpr, never the DPR hint.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Final

from edge.negotiate.delivery import HintRules, exact
from edge.negotiate.hints import Hints
from edge.plan.facts import Facts
from edge.plan.layout import compute
from edge.plan.plan import Plan
from edge.plan.steps import Auto, Crop, Fit, Mode, Pad, Resize, Turn


@dataclass(frozen=True, slots=True)
class Influence:
    """Which hints could change a size: the densities, the widths, and Save-Data."""

    dpr: bool = False
    width: bool = False
    save_data: bool = False

    def __or__(self, other: "Influence") -> "Influence":
        if other is UNSWAYED:
            return self
        return Influence(self.dpr or other.dpr, self.width or other.width, self.save_data or other.save_data)


UNSWAYED: Final = Influence()


@dataclass(frozen=True, slots=True)
class Sizing:
    """One Fit on one route (`rules` None = hints off) for a picture `source` pixels wide where the Fit meets it."""

    fit: Fit
    rules: HintRules | None
    source: int

    @property
    def automatic(self) -> bool:
        fit = self.fit
        if isinstance(fit.width, Auto):
            return True
        if isinstance(fit.zoom, Auto):
            silent = not any(side is not None and side >= 1 for side in self._sides())
        else:
            silent = fit.zoom == 1.0 and all(side is None for side in self._sides())
        return silent and self.rules is not None and self.rules.auto_width

    @property
    def dense(self) -> bool:
        return isinstance(self.fit.zoom, Auto) and not self.automatic

    def resolve(self, hints: Hints) -> tuple[Fit, float]:
        """The concrete Fit, and the device pixels per CSS pixel that went into it."""
        if self.automatic:
            return self._automatic(hints)
        if isinstance(self.fit.zoom, Auto):
            density = self._density(hints)
            return self._multiplied(density), float(density)
        return self.fit, self.fit.zoom

    def density(self, hints: Hints) -> float:
        """Device pixels per CSS pixel that the answer is meant for: one of finitely many, whatever the hint."""
        if not self.automatic:
            return float(self._density(hints)) if isinstance(self.fit.zoom, Auto) else self.fit.zoom
        if self.rules is None or hints.dpr is None:
            return float(self._factor(hints))
        return float(min(self.rules.step(hints.dpr), self.rules.cap(hints.save_data)))

    def influence(self) -> Influence:
        """What any request could change, whatever this one says."""
        if self.rules is None:
            return UNSWAYED
        if self.automatic:
            several = len(self.outcomes(self.rules)) > 1
            return Influence(several, several, several and self.rules.cap(True) < self.rules.cap(False))
        return self._dense_influence(self.rules) if isinstance(self.fit.zoom, Auto) else UNSWAYED

    def outcomes(self, rules: HintRules) -> set[int]:
        """The widths an automatic size can come to by these rules."""
        ceiling = self._ceiling()
        rungs = {min(rung, rules.max_width, ceiling) for rung in rules.ladder}
        return rungs if self._fallback(None) is not None else {*rungs, ceiling}

    def _sides(self) -> tuple[int | None, ...]:
        fit = self.fit
        width = None if isinstance(fit.width, Auto) else fit.width
        return width, fit.height, fit.max_width, fit.max_height

    # Dense: specs §6.2

    def _density(self, hints: Hints) -> Fraction:
        if self.rules is None:
            return Fraction(1)
        wanted = exact(self.rules.default_dpr) if hints.dpr is None else self.rules.step(hints.dpr)
        return min(wanted, self.rules.cap(hints.save_data))

    def _multiplied(self, density: Fraction) -> Fit:
        width, height, max_width, max_height = self._lengths(density)
        return replace(self.fit, width=width, height=height, max_width=max_width, max_height=max_height, zoom=1.0)

    def _lengths(self, density: Fraction) -> tuple[int | None, ...]:
        """All lengths times one factor: the density, or less where the width would pass max_width."""
        width, _, max_width, _ = sides = self._sides()
        named = [side for side in (width, max_width) if side is not None and side >= 1]
        factor = density
        if named and self.rules is not None and ceil(min(named) * density) > self.rules.max_width:
            factor = Fraction(self.rules.max_width, min(named))
        return tuple(map(_scale(factor), sides))

    def _dense_influence(self, rules: HintRules) -> Influence:
        densities = [exact(rules.default_dpr), *map(exact, rules.dpr_steps)]
        plain, saving = (
            [self._lengths(min(density, rules.cap(save))) for density in densities] for save in (False, True)
        )
        return Influence(dpr=len({*plain}) > 1 or len({*saving}) > 1, save_data=plain != saving)

    # Automatic: specs §6.3 and §6.4

    def _automatic(self, hints: Hints) -> tuple[Fit, float]:
        factor = self._factor(hints)
        return self._at(self._width(self._target(hints, factor))), float(factor)

    def _factor(self, hints: Hints) -> Fraction:
        if self.rules is None:
            return self._named_density()
        wanted = hints.dpr if hints.dpr is not None else self._named_density()
        return min(wanted, self.rules.cap(hints.save_data))

    def _named_density(self) -> Fraction:
        """What the URL or else the route says without any hint, capped as a hint would be."""
        zoom = self.fit.zoom
        if self.rules is None:
            return Fraction(1) if isinstance(zoom, Auto) else exact(zoom)
        if isinstance(zoom, Auto) or zoom == 1.0:
            zoom = self.rules.default_dpr
        return min(exact(zoom), self.rules.cap(False))

    def _target(self, hints: Hints, factor: Fraction) -> Fraction | None:
        """Device pixels wanted, or None for the source's own width."""
        if self.rules is None:
            css = self._fallback(None)
        elif hints.width is not None:
            dense = hints.dpr is not None and hints.dpr > factor
            return hints.width * factor / hints.dpr if dense and hints.dpr else hints.width
        elif hints.viewport_width is not None:
            css = self.rules.slot(hints.viewport_width)
        else:
            css = self._fallback(self.rules.mobile_fallback_width if hints.mobile else None)
        return None if css is None else css * factor

    def _fallback(self, mobile: int | None) -> Fraction | None:
        """CSS pixels when no hint tells the width."""
        css = mobile or self._named_fallback or (self.rules.fallback_width if self.rules else None)
        return Fraction(css) if css else None

    @property
    def _named_fallback(self) -> int | None:
        width = self.fit.width
        return width.fallback if isinstance(width, Auto) and (width.fallback or 0) > 0 else None

    def _ceiling(self) -> int:
        bound = _scale(self._named_density())(self.fit.max_width)
        return max(1, self.source if bound is None or bound < 1 else min(self.source, bound))

    def _width(self, target: Fraction | None) -> int:
        ceiling = self._ceiling()
        if target is None:
            return ceiling
        if self.rules is None:
            return max(1, min(ceil(target), ceiling))
        return min(self.rules.rung(ceil(target)), self.rules.max_width, ceiling)

    def _at(self, width: int) -> Fit:
        fit, base = self.fit, self._named_fallback
        named = self._named_density()
        return replace(
            fit,
            width=width,
            height=_scale(Fraction(width, base) if base else named)(fit.height),
            max_width=None,
            max_height=_scale(named)(fit.max_height),
            mode=self._mode(),
            zoom=1.0,
        )

    def _mode(self) -> Mode:
        """A width that we chose must not make a border."""
        fit = self.fit
        if fit.height is None and (fit.max_height is None or fit.mode == "pad"):
            return "max"
        return fit.mode


def _scale(factor: Fraction) -> Callable[[int | None], int | None]:
    """Multiply a length and round up; lengths below 1 mean something else to layout and stay."""
    return lambda side: ceil(side * factor) if side is not None and side >= 1 else side


def width_before(plan: Plan, at: int, facts: Facts) -> int:
    """How wide the picture is where node `at`, a Fit, meets it: upright, turned, cut by the Fit's own window.

    Follows the first input of each node. Other steps in between (effects) are taken to leave the size alone.
    """
    path: list[int] = []
    node = plan.nodes[at]
    while node.of:
        path.append(node.of[0])
        node = plan.nodes[node.of[0]]
    size = facts.upright
    for step in (plan.nodes[each].step for each in reversed(path)):
        if isinstance(step, Turn):
            size = (size[1], size[0]) if step.quarters % 2 else size
        elif isinstance(step, Crop | Resize | Pad):
            size = (step.width, step.height)
    fit = plan.nodes[at].step
    window = fit.window if isinstance(fit, Fit) else None
    return size[0] if window is None else compute(Fit(window=window), *size).crop.width
