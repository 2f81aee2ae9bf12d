"""Which format, and how well: what a URL leaves open to the route, the source and the Accept field."""

from dataclasses import dataclass

from edge.negotiate.accept import Accept
from edge.negotiate.delivery import Delivery
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS, WRITABLE
from edge.plan.steps import AUTO, Auto, Encode

_SAFE = ("jpeg", "png", "gif")  # every browser shows them
_LOSSLESS_SOURCES = frozenset({"png", "gif", "bmp", "tiff", "svg", "ico"})
_LOSSLESS_MODES = frozenset({"png", "webp", "avif", "jxl"})  # formats that can be written both ways


@dataclass(frozen=True, slots=True)
class Original:
    """What negotiation must know of the picture, beside what the workers can write."""

    format: str
    alpha: bool
    animated: bool  # several frames in time, and all of them wanted
    writable: frozenset[str]

    @classmethod
    def of(cls, facts: Facts, frame: int | None, writable: frozenset[str]) -> "Original":
        moves = facts.format in FORMATS and FORMATS[facts.format].animated and facts.frames > 1
        return cls(facts.format, facts.alpha, moves and frame is None, writable)

    @property
    def plain(self) -> str:
        return "png" if self.alpha else "jpeg"

    @property
    def baseline(self) -> str:
        """What anyone can be served: an animation stays one (specs/CLIENT_HINTS §6.5)."""
        if self.animated and "gif" in self.writable:
            return "gif"
        return self.format if self.format in _SAFE and self.format in self.writable else self.plain

    @property
    def kept(self) -> str:
        """The source's own format where it is one for browsers and we can write it."""
        return self.format if self.format in WRITABLE.values() and self.format in self.writable else self.plain

    def holds(self, name: str) -> bool:
        """Can this format be written, and loses it neither frames nor transparency?"""
        known = FORMATS.get(name)
        if known is None or name not in self.writable:
            return False
        return (known.animated or not self.animated) and (known.alpha or not self.alpha)


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


def options(encode: Encode, delivery: Delivery, original: Original) -> Options:
    """An explicit format wins unless it cannot be written here; then the edge chooses (specs/RIAPI §6.1)."""
    wanted = encode.format
    if wanted is None:
        wanted = AUTO if delivery.auto_format else "keep"
    if wanted == "keep":
        return Options(original.kept)
    if not isinstance(wanted, Auto) and wanted in original.writable and wanted in FORMATS:
        return Options(wanted)
    listed = delivery.animated_formats if original.animated else delivery.formats
    return _negotiable([name for name in listed if original.holds(name)], encode.accepts, original.baseline)


def _negotiable(candidates: list[str], vouched: tuple[str, ...], baseline: str) -> Options:
    """What the URL vouches for counts as named with weight 1, so nothing after it can be reached."""
    sure = next((at for at, name in enumerate(candidates) if name in vouched), None)
    if sure is None:
        return Options(baseline, tuple(candidates), baseline)
    return Options(candidates[sure], tuple(candidates[:sure]), baseline)


def lossless(encode: Encode, name: str, source: str) -> bool | None:
    """The wish made concrete for this format; None where the format knows no such choice."""
    if name not in _LOSSLESS_MODES:
        return None
    return source in _LOSSLESS_SOURCES if encode.lossless == "keep" else encode.lossless


def quality(encode: Encode, name: str, source: str, delivery: Delivery, saving: bool) -> int | None:
    """The more special word wins: the URL's for this format, the URL's, Save-Data's, the route's, the format's.

    Save-Data leaves alone what the URL wants lossless. A PNG turns into a palette only where its own quality says so:
    a general word is about lossy formats (RIAPI §2, quality)."""
    known = FORMATS[name]
    if known.quality is None:
        return None
    general = name != "png"
    named = dict(encode.qualities).get(name, encode.quality if general else None)
    if isinstance(named, int):
        return named
    if general and saving and delivery.hints is not None and not lossless(encode, name, source):
        return delivery.hints.save_data.quality
    return delivery.quality.get(name, known.quality)
