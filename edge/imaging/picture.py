"""What travels from step to step: frames, and which part of them is meant."""

from dataclasses import dataclass, replace

import pyvips

from edge.imaging.geometry import View
from edge.plan.steps import Gamut


@dataclass(frozen=True, slots=True)
class Picture:
    """Frames as decoded, what of them is wanted, and how many full-size pixels one of theirs spans on each axis.
    `gamut` is the widest that an output keeps: colours are settled in it."""

    frames: tuple[pyvips.Image, ...]
    view: View
    spans: tuple[float, float] = (1.0, 1.0)
    delays: tuple[int, ...] = ()
    loop: int = 0
    gamut: Gamut = "srgb"

    def __repr__(self) -> str:
        width, height = self.view.upright
        return f"Picture({width}x{height}, {len(self.frames)} frames, spans={self.spans})"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The wanted rectangle in pixels of the frames: left, top, width, height, seldom whole numbers."""
        view, (across, down) = self.view, self.spans
        return view.left / across, view.top / down, view.width / across, view.height / down

    def held(self, frames: int | None = None) -> "Picture":
        """With its frames in memory, or the first few of them: a stream can be read once, and forwards only."""
        count = len(self.frames) if frames is None else frames
        kept = tuple(frame.copy_memory() for frame in self.frames[:count])
        return replace(self, frames=kept + self.frames[count:])

    @property
    def still(self) -> "Picture":
        """Its first frame."""
        return replace(self, frames=self.frames[:1], delays=(), loop=0)
