"""How a route delivers: what it may choose when the URL leaves something open. The defaults are those of the YAML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from edge.errors import expected
from edge.negotiate.profiles import in_points, points_of
from edge.plan.steps import Gamut, Light

_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,6})?|\.[0-9]{1,6})"
_CONDITION = re.compile(rf"\(\s*(min|max)-width\s*:\s*{_NUMBER}px\s*\)")
_LENGTH = re.compile(rf"{_NUMBER}(px|vw)")


@dataclass(frozen=True, slots=True)
class Slot:
    """One entry of a sizes text: used for viewports of `least` to `most` CSS pixels; `unit` px or vw."""

    length: Fraction
    unit: str
    least: Fraction = Fraction(0)
    most: Fraction | None = None

    def fits(self, viewport: Fraction) -> bool:
        return self.least <= viewport and (self.most is None or viewport <= self.most)

    def width(self, viewport: Fraction) -> Fraction:
        return self.length if self.unit == "px" else viewport * self.length / 100


@dataclass(frozen=True, slots=True)
class Sizes:
    """The `sizes` attribute of an img element (HTML, 4.8.4.2.2), as far as a server can know: min-width and max-width
    in px, joined by `and`; lengths in px or vw. Where no entry fits, 100vw."""

    slots: tuple[Slot, ...]

    @classmethod
    def parse(cls, text: str) -> "Sizes":
        """Raises ValueError with one sentence when an entry cannot be read."""
        slots = tuple(_slot(entry.strip().lower()) for entry in text.split(","))
        wrong = next((at for at, slot in enumerate(slots) if slot is None), None)
        if wrong is not None:
            example = 'entries like "(max-width: 600px) 100vw" or "50vw"'
            raise ValueError(expected(example, "sizes", text.split(",")[wrong].strip()))
        return cls(tuple(slot for slot in slots if slot is not None))

    def width(self, viewport: Fraction) -> Fraction:
        """CSS pixels of the picture in a viewport of so many CSS pixels."""
        return next((slot.width(viewport) for slot in self.slots if slot.fits(viewport)), viewport)


def _slot(entry: str) -> Slot | None:
    conditions, least, most = entry, Fraction(0), None
    while (read := _CONDITION.match(conditions)) is not None:
        bound = Fraction(read[2])
        if read[1] == "min":
            least = max(least, bound)
        else:
            most = bound if most is None else min(most, bound)
        conditions = conditions[read.end() :].lstrip()
        if not conditions.startswith("and"):
            break
        conditions = conditions.removeprefix("and").lstrip()
        if not conditions.startswith("("):
            return None
    length = _LENGTH.fullmatch(conditions)
    return Slot(Fraction(length[1]), length[2], least, most) if length else None


parse_sizes = lru_cache(maxsize=64)(Sizes.parse)


def _check_target(name: str, target: float) -> None:
    if not 0 <= target <= 100:
        raise ValueError(expected("a number from 0 to 100", name, target))


@dataclass(frozen=True, slots=True)
class SaveData:
    """What changes for a browser that asks to save data. `target` is what `quality=auto` then aims at, in points of
    SSIMULACRA 2; None = what a JPEG of this `quality` looks like."""

    quality: int = 45
    max_dpr: float = 1
    target: float | None = None

    def __post_init__(self) -> None:
        if self.max_dpr <= 0:
            raise ValueError(expected("a number above 0", "save_data.max_dpr", self.max_dpr))
        if self.target is not None:
            _check_target("save_data.target", self.target)

    @property
    def aim(self) -> float:
        return points_of(self.quality) if self.target is None else in_points(self.target)


@dataclass(frozen=True, slots=True)
class HintRules:
    """What hints may choose: a rung of `ladder`, a step of `dpr_steps`, never anything between. Widths of the ladder
    and `max_width` are device pixels; the fallbacks are CSS pixels, None = the source's own width."""

    auto_width: bool = True
    legacy: bool = False
    max_width: int = 3840
    ladder: tuple[int, ...] = (160, 240, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560, 3840)
    max_dpr: float = 3
    dpr_steps: tuple[float, ...] = (1, 1.5, 2, 3)
    default_dpr: float = 1
    viewport_fraction: float = 1.0
    sizes: str | None = None
    fallback_width: int | None = None
    mobile_fallback_width: int | None = None
    save_data: SaveData = field(default_factory=SaveData)

    def __post_init__(self) -> None:
        for name in ("ladder", "dpr_steps"):
            rungs = tuple(sorted(set(getattr(self, name))))
            if not rungs or rungs[0] <= 0:
                raise ValueError(expected("numbers above 0", name, list(rungs)))
            object.__setattr__(self, name, rungs)
        for name in ("max_width", "max_dpr", "default_dpr", "viewport_fraction"):
            if getattr(self, name) <= 0:
                raise ValueError(expected("a number above 0", name, getattr(self, name)))
        if self.sizes is not None:
            parse_sizes(self.sizes)

    def cap(self, saving: bool) -> Fraction:
        """The most device pixels per CSS pixel that a hint may ask for."""
        most = min(self.max_dpr, self.save_data.max_dpr) if saving else self.max_dpr
        return exact(most)

    def slot(self, viewport: Fraction) -> Fraction:
        """CSS pixels that a picture takes in this viewport."""
        if self.sizes is not None:
            return parse_sizes(self.sizes).width(viewport)
        return viewport * exact(self.viewport_fraction)

    def step(self, dpr: Fraction) -> Fraction:
        """The next step up, or the top one."""
        return next((exact(step) for step in self.dpr_steps if exact(step) >= dpr), exact(self.dpr_steps[-1]))

    def rung(self, width: int) -> int:
        """The next rung up, or the top one."""
        return next((rung for rung in self.ladder if rung >= width), self.ladder[-1])


@lru_cache(maxsize=256)
def exact(number: float) -> Fraction:
    """The fraction a person wrote: 1.1 is 11/10, so that ten times it rounds up to 11 and not to 12."""
    return Fraction(str(number))


_QUALITY: Mapping[str, int] = MappingProxyType({"jpeg": 80, "webp": 78, "avif": 55, "png": 100})


@dataclass(frozen=True, slots=True)
class Delivery:
    """A route's part in negotiation. `formats` is best first and what AUTO may choose; `hints` None = off.

    compat: with "imageflow" formats are chosen as upstream does, by the URL alone (`edge.negotiate.upstream`), and
    `quality` holds only what the route itself says; what it lacks is upstream's. target: what `quality=auto` aims at,
    in points of SSIMULACRA 2. keep: metadata that is written ("copyright"). gamut: "p3" lets a picture keep its colours
    beyond sRGB without the URL's asking.
    """

    formats: tuple[str, ...] = ("avif", "webp")
    animated_formats: tuple[str, ...] = ("webp",)
    auto_format: bool = True
    quality: Mapping[str, int] = field(default_factory=lambda: _QUALITY, hash=False)
    light: Light = "linear"
    queryless: Literal["negotiate", "original"] = "negotiate"
    downstream: Literal["vary", "private", "redirect"] = "vary"
    hints: HintRules | None = field(default_factory=HintRules)
    compat: Literal["modern", "imageflow"] = "modern"
    target: float = 75.0
    keep: tuple[str, ...] = ()
    gamut: Gamut = "srgb"

    def __post_init__(self) -> None:
        _check_target("target", self.target)
