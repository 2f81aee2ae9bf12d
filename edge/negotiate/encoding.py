"""How well: what a URL leaves open to the route, the source and the profile, made concrete for one format.

The more special word wins. Of quality: the profile's row; the URL's for this format; the URL's for all; Save-Data's;
the route's; upstream's where a route must answer as it does; the format's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from edge.negotiate.delivery import Delivery
from edge.negotiate.lossless import said_lossless
from edge.negotiate.original import Original
from edge.negotiate.profiles import HIGH, Row, in_points, row_of
from edge.negotiate.tuning import Tuning, distance_of, quality_of, tuned
from edge.plan.boxes import round_away
from edge.plan.formats import FORMATS
from edge.plan.steps import Auto, Encode

_BOTH_WAYS: Final = frozenset({"png", "webp", "avif", "jxl"})  # formats that can be written with and without loss
_UPSTREAM: Final[Mapping[str, int]] = MappingProxyType({"jpeg": 90, "webp": 80})
_TRUE_COLOUR: Final = 100  # a PNG's quality below this means a palette
_NONE: Final[Mapping[str, int]] = MappingProxyType({})
# Formats that can say something of the picture beside its pixels: a colour profile, whose picture it is.
_TELLING: Final = frozenset({"jpeg", "png", "webp", "avif", "jxl", "tiff", "heic"})


class Moment(NamedTuple):
    """What a request may change of the settings: does it save data, and the density it is answered for."""

    saving: bool = False
    dpr: float = 1.0


class Scale(NamedTuple):
    """How well: by number, by aim, or neither. `row` is that of the profile, if it gave the number."""

    quality: int | None = None
    aim: float | None = None
    row: Row | None = None


_NO_SCALE: Final = Scale()


@dataclass(frozen=True, slots=True)
class Encoding:
    """What is meant by the open words of an Encode, on this route, for this picture."""

    delivery: Delivery
    original: Original

    def concrete(self, encode: Encode, name: str, moment: Moment) -> Encode:
        """The Encode without open words. Equal results have equal text."""
        lossless = self.lossless(encode, name)
        scale, tuning = self._settings(encode, name, moment, lossless)
        telling = name in _TELLING
        return Encode(
            format=name,
            quality=scale.quality,
            aim=scale.aim,
            lossless=lossless,
            matte=None if name == "json" else encode.matte,
            tuning=tuning,
            keep=self._keep(encode) if telling else (),
            gamut="p3" if telling and "p3" in (encode.gamut, self.delivery.gamut) else "srgb",
        )

    def _keep(self, encode: Encode) -> tuple[str, ...]:
        kept = self.delivery.keep
        return tuple(sorted({*kept, *encode.keep})) if kept or encode.keep else ()

    def lossless(self, encode: Encode, name: str) -> bool | None:
        """None where the format knows no such choice."""
        if name not in _BOTH_WAYS:
            return None
        said = said_lossless(encode, name, self.original)
        if said is not None:
            return said
        if name == "png":
            return not self._wants_palette(encode)
        return name == "jxl" and distance_of(encode.tuning) == 0

    def _wants_palette(self, encode: Encode) -> bool:
        """A PNG has a palette where it is given a quality: by the profile, by its own word, by the route."""
        if ("png.plain", 1.0) in encode.tuning:
            return False
        if encode.profile is not None:
            return True
        own, implied = _own(encode, "png"), self._implied(encode)
        if own is not None:
            return own < _TRUE_COLOUR or self.delivery.compat == "imageflow"
        route = self.delivery.quality.get("png")
        if route is None or (implied is not None and encode.quality is not None):
            return implied is not None
        return route < _TRUE_COLOUR

    def sways(self, encode: Encode) -> bool:
        """May a moment change any setting? A quick no where the URL says all of it."""
        if isinstance(encode.profile_dpr, Auto):
            return True
        said = encode.profile is not None or encode.aim is not None or isinstance(encode.quality, int)
        return self.delivery.hints is not None and not said

    def settings(self, encode: Encode, name: str, moment: Moment) -> tuple[Scale, Tuning]:
        """All that a moment can change."""
        return self._settings(encode, name, moment, self.lossless(encode, name))

    def _settings(self, encode: Encode, name: str, moment: Moment, lossless: bool | None) -> tuple[Scale, Tuning]:
        if FORMATS[name].quality is None:
            return _NO_SCALE, tuned(encode.tuning, name, None, None)
        scale = self._lossless_scale(encode, moment) if lossless else self._scale(encode, name, moment)
        if name == "png" and scale.quality == _TRUE_COLOUR:
            scale = scale._replace(quality=_TRUE_COLOUR - 1)  # the best a palette can do
        tuning = tuned(encode.tuning, name, lossless, scale.row)
        if scale.aim is not None and tuning:
            tuning = tuple(each for each in tuning if each[0] != "jxl.distance")
        return scale if scale.row is None else scale._replace(row=None), tuning

    def _lossless_scale(self, encode: Encode, moment: Moment) -> Scale:
        return _NO_SCALE if encode.profile is None else Scale(row=self._row(encode, encode.profile, moment))

    def _scale(self, encode: Encode, name: str, moment: Moment) -> Scale:
        seeks = isinstance(encode.quality, Auto) and name != "png"
        if encode.profile is not None:
            row = self._row(encode, encode.profile, moment)
            return Scale(aim=in_points(row.points)) if seeks else _by_row(row, name)
        own = _own(encode, name)
        if own is not None:
            return Scale(own)
        if encode.aim is not None and name != "png":
            return Scale(aim=in_points(encode.aim))
        return Scale(aim=self._target(moment)) if seeks else self._general(encode, name, moment)

    def _target(self, moment: Moment) -> float:
        rules, target = self.delivery.hints, in_points(self.delivery.target)
        return min(target, rules.save_data.aim) if rules is not None and moment.saving else target

    def _general(self, encode: Encode, name: str, moment: Moment) -> Scale:
        """By the words that are not about this format alone (RIAPI §2, quality)."""
        implied, lossy = self._implied(encode), self._heeds(name)
        if encode.quality is not None and implied is not None:
            return _by_row(self._row(encode, implied, moment), name)
        if isinstance(encode.quality, int) and lossy:
            return Scale(_percent(encode.quality))
        if moment.saving and lossy and self.delivery.hints is not None:
            return Scale(_percent(self.delivery.hints.save_data.quality))
        if name in self.delivery.quality:
            return Scale(_percent(self.delivery.quality[name]))
        if implied is not None:
            return _by_row(self._row(encode, implied, moment), name)
        return Scale(self._usual(name))

    def _heeds(self, name: str) -> bool:
        """Is a number without a format about this one? Not about PNG; upstream's is about JPEG and WebP alone."""
        return name in _UPSTREAM if self.delivery.compat == "imageflow" else name != "png"

    def _usual(self, name: str) -> int | None:
        usual = _UPSTREAM if self.delivery.compat == "imageflow" else _NONE
        return usual.get(name, FORMATS[name].quality)

    def _implied(self, encode: Encode) -> float | None:
        """Upstream's `format=auto` has a profile even where the URL names none: the quality it names, else high."""
        if self.delivery.compat != "imageflow" or not isinstance(encode.format, Auto) or encode.profile is not None:
            return None
        if isinstance(encode.quality, Auto):
            return None
        return HIGH if encode.quality is None else float(encode.quality)

    def _row(self, encode: Encode, percent: float, moment: Moment) -> Row:
        dpr = encode.profile_dpr
        return row_of(percent, moment.dpr if isinstance(dpr, Auto) else dpr)


def _own(encode: Encode, name: str) -> int | None:
    """The URL's word on the quality of this very format; JPEG XL's distance is one."""
    if name == "jxl" and encode.tuning:
        distance = distance_of(encode.tuning)
        if distance is not None:
            return quality_of(distance)
    return next((_percent(number) for each, number in encode.qualities if each == name), None)


def _by_row(row: Row, name: str) -> Scale:
    quality = quality_of(row.jxl_distance) if name == "jxl" else round_away(getattr(row, name))
    return Scale(quality, row=row)


def _percent(number: int) -> int:
    return min(max(number, 0), 100)
