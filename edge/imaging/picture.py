"""What travels from step to step: frames, and which part of them is meant."""

from dataclasses import dataclass

import pyvips

from edge.imaging.geometry import View


@dataclass(frozen=True, slots=True)
class Picture:
    """Frames as decoded, what of them is wanted, and how many full-size pixels one of theirs spans on each axis."""

    frames: tuple[pyvips.Image, ...]
    view: View
    spans: tuple[float, float] = (1.0, 1.0)
    delays: tuple[int, ...] = ()
    loop: int = 0

    def __repr__(self) -> str:
        width, height = self.view.upright
        return f"Picture({width}x{height}, {len(self.frames)} frames, spans={self.spans})"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The wanted rectangle in pixels of the frames: left, top, width, height, seldom whole numbers."""
        view, (across, down) = self.view, self.spans
        return view.left / across, view.top / down, view.width / across, view.height / down
