"""Which format: what a URL leaves open to the route, the picture and the Accept field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.negotiate.accept import Accept
from edge.negotiate.delivery import Delivery
from edge.negotiate.lossless import said_lossless, wants_lossless
from edge.negotiate.original import Original, Result, plain
from edge.negotiate.upstream import upstream
from edge.plan.formats import FORMATS
from edge.plan.steps import AUTO, Auto, Encode

# What nothing is lost in, best first (RIAPI §6.1).
_WITHOUT_LOSS: Final = ("jxl", "webp", "png", "avif")


@dataclass(frozen=True, slots=True)
class Options:
    """The formats a URL can come to: the first of `candidates` that the browser proves, else `certain`."""

    certain: str
    candidates: tuple[str, ...] = ()
    baseline: str = ""

    @property
    def formats(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.candidates, self.certain)))

    def choose(self, accept: Accept) -> str:
        """A candidate must be named, not refused, and wanted at least as much as the baseline."""
        least = accept.quality(FORMATS[self.baseline].media_type) if self.candidates else 0.0
        for name in self.candidates:
            weight = accept.exact(FORMATS[name].media_type)
            if weight and weight >= least:
                return name
        return self.certain


def wanted(encode: Encode, delivery: Delivery, writable: frozenset[str]) -> str | Auto:
    """A name, "keep" or AUTO. A URL that names a profile and no format wants the best one for it (RIAPI §2, format);
    upstream keeps the format of a silent one. What cannot be written here is left to the edge."""
    asked = encode.format
    if asked is None:
        chooses = encode.profile is not None or (delivery.auto_format and delivery.compat == "modern")
        return AUTO if chooses else "keep"
    if isinstance(asked, Auto) or asked in ("keep", "json") or (asked in writable and asked in FORMATS):
        return asked
    return AUTO


def options(encode: Encode, delivery: Delivery, original: Original, result: Result) -> Options:
    """An explicit format wins unless it cannot be written here; then the edge chooses (specs/RIAPI §6.1)."""
    asked = wanted(encode, delivery, original.writable)
    if isinstance(asked, str) and asked != "keep":
        return Options(asked)
    if asked == "keep" and original.keeps_format and not (delivery.compat == "imageflow" and original.format == "jpeg"):
        return Options(original.format)
    if delivery.compat == "imageflow":
        return Options(upstream(encode.accepts, original, result, wants_lossless(encode, original)))
    if asked == "keep":
        return Options(plain(result.alpha))
    return _negotiable(*_listed(encode, delivery, original, result.alpha), encode.accepts)


def _listed(encode: Encode, delivery: Delivery, original: Original, alpha: bool) -> tuple[Sequence[str], str]:
    """What AUTO may choose, best first, and the baseline: that of a URL that is silent is the source's own format, on
    paper if need be, as a JPEG with padding is (specs/CLIENT_HINTS §6.5)."""
    listed = delivery.animated_formats if original.animated else delivery.formats
    candidates = [name for name in listed if original.holds(name, alpha)]
    if original.animated or not wants_lossless(encode, original):
        silent = encode.format is None and encode.profile is None
        return candidates, original.baseline(original.alpha if silent else alpha)
    return _without_loss([name for name in candidates if said_lossless(encode, name, original)], original, alpha)


def _without_loss(candidates: Sequence[str], original: Original, alpha: bool) -> tuple[Sequence[str], str]:
    """Down to PNG, which everyone can show."""
    ordered = [name for name in _WITHOUT_LOSS if name in candidates or name == "png"]
    if "png" not in original.writable:
        return [name for name in ordered if name != "png"], original.baseline(alpha)
    return ordered[: ordered.index("png")], "png"


def _negotiable(candidates: Sequence[str], baseline: str, vouched: tuple[str, ...]) -> Options:
    """What the URL vouches for counts as named with weight 1, so nothing after it can be reached."""
    sure = next((at for at, name in enumerate(candidates) if name in vouched), None)
    if sure is None:
        return Options(baseline, tuple(candidates), baseline)
    return Options(candidates[sure], tuple(candidates[:sure]), baseline)
