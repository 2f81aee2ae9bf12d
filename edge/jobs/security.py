"""How much a job may read, make and write: upstream's limits, what the job says of them, and the server's on top.

A limit is passed by what is greater, not by what is equal. What a job says replaces upstream's limits, up or down; the
server's hold whatever it says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import Security, SizeLimit
from edge.plan.facts import Facts, Limits

_MEGA: Final = 1_000_000
_ENDLESS: Final = float("inf")
_KIND: Final = "SizeLimitExceeded"


@dataclass(frozen=True, slots=True)
class Frame:
    """How large one frame may be. `name` is what the limit is called; pixels, and millions of them."""

    name: str
    width: float = _ENDLESS
    height: float = _ENDLESS
    megapixels: float = _ENDLESS

    def fault(self, width: int, height: int) -> str | None:
        """The sentence for a frame that is too large; width is looked at first, then height, then the whole."""
        megapixels = width * height / _MEGA
        rows = (
            ("width", "w", width, self.width),
            ("height", "h", height, self.height),
            ("megapixels", "megapixels", megapixels, self.megapixels),
        )
        for what, key, number, most in rows:
            if number > most:
                return f"Frame {what} {_shown(number)} exceeds {self.name}.{key} {_shown(most)}"
        return None

    @property
    def pixels(self) -> float:
        """The most that one frame may have."""
        return min(self.width * self.height, self.megapixels * _MEGA)

    def within(self, side: float, pixels: float) -> "Frame":
        """The same, and no more than this."""
        most = pixels / _MEGA
        return replace(
            self,
            width=min(self.width, side),
            height=min(self.height, side),
            megapixels=min(self.megapixels, most),
        )


def _shown(number: float) -> str:
    """Whole numbers without a point, others as short as they can be told."""
    return str(int(number)) if number == int(number) else f"{number:.6f}".rstrip("0")


@dataclass(frozen=True, slots=True)
class Caps:
    """Upstream's limits (JSON_JOBS §4): of what comes out of a decoder, of every frame on the way, of what is encoded;
    bytes of an input, and pixels of all its frames."""

    max_decode_size: Frame = Frame("max_decode_size", 12_000, 12_000, 100.0)
    max_frame_size: Frame = Frame("max_frame_size", 10_000, 10_000, 100.0)
    max_encode_size: Frame = Frame("max_encode_size")
    max_input_file_bytes: int = 256 << 20
    max_total_file_pixels: int = 400_000_000

    @classmethod
    def of(cls, securities: Iterable[Security], limits: Limits) -> "Caps":
        """What holds for a job: its own words in their order, then the server's limits over them."""
        caps = cls()
        for security in securities:
            caps = caps.merged(security)
        largest = max(limits.source_pixels, limits.output_pixels)
        return replace(
            caps,
            max_decode_size=caps.max_decode_size.within(limits.source_side, limits.source_pixels),
            max_frame_size=caps.max_frame_size.within(_ENDLESS, largest),
            max_encode_size=caps.max_encode_size.within(_ENDLESS, limits.output_pixels),
            max_input_file_bytes=min(caps.max_input_file_bytes, limits.source_bytes),
        )

    def merged(self, security: Security) -> "Caps":
        """What is null leaves the limit as it is."""
        said = {field.name: getattr(security, field.name) for field in fields(self)}
        new: dict[str, Any] = {name: _limit(name, value) for name, value in said.items() if value is not None}
        return replace(self, **new)

    def check_bytes(self, count: int) -> None:
        """Refuse an input of so many bytes."""
        if count > self.max_input_file_bytes:
            raise JobError(_KIND, f"Input bytes {count} exceeds max_input_file_bytes {self.max_input_file_bytes}")

    def check_pixels(self, facts: Facts) -> None:
        """Refuse an input whose frames have too many pixels together."""
        if facts.pixels > self.max_total_file_pixels:
            raise JobError(
                _KIND, f"Input pixels {facts.pixels} exceeds max_total_file_pixels {self.max_total_file_pixels}"
            )

    def limits(self, limits: Limits) -> Limits:
        """What a worker should hold, which alone learns how large some pictures are. What is decoded was judged before,
        by its facts, so that the server's limits of sources stay."""
        most = min(limits.output_pixels, self.max_frame_size.pixels, self.max_encode_size.pixels)
        return replace(
            limits,
            source_bytes=min(limits.source_bytes, self.max_input_file_bytes),
            output_pixels=int(max(0, most)),
        )


def _limit(name: str, value: SizeLimit | int) -> Frame | int:
    return value if isinstance(value, int) else Frame(name, value.w, value.h, value.megapixels)
