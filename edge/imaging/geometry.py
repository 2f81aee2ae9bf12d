"""Where the picture lies in the stored bitmap. Pure arithmetic: turning, mirroring and cropping move no pixel.

A decoder gives rows in stored order, perhaps shrunk by it; a plan speaks of full-size, upright pixels. A View keeps
the rectangle wanted, in full-size stored pixels, and how it is turned; the pixels are cut from the bitmap and the
small result is turned when they are needed (edge.imaging.resize). So a sideways photograph streams as well as an
upright one, and a crop never has to ask how much the decoder shrank.
"""

from dataclasses import dataclass, replace

from edge.plan.steps import Crop, Mirror, SmartCrop, Turn

# EXIF orientation → (mirrored left-right first, then quarter turns clockwise) that make the picture upright.
ORIENTATIONS = {
    1: (False, 0),
    2: (True, 0),
    3: (False, 2),
    4: (True, 2),
    5: (True, 3),
    6: (False, 1),
    7: (True, 1),
    8: (False, 3),
}


@dataclass(frozen=True, slots=True)
class View:
    """A rectangle of the stored, full-size picture, shown mirrored left-right (or not) and then turned."""

    left: int
    top: int
    width: int
    height: int
    mirrored: bool = False
    quarters: int = 0

    @classmethod
    def whole(cls, width: int, height: int, orientation: int = 1) -> "View":
        mirrored, quarters = ORIENTATIONS.get(orientation, (False, 0))
        return cls(0, 0, width, height, mirrored, quarters)

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as a person sees them."""
        return self.swapped(self.width, self.height)

    def swapped(self, width: int, height: int) -> tuple[int, int]:
        """An upright size as stored, or a stored one as upright."""
        return (height, width) if self.quarters % 2 else (width, height)

    def within(self, side: int) -> tuple[int, int]:
        """The upright size of a copy of at most `side` pixels a side, never enlarged."""
        width, height = self.upright
        scale = min(1.0, side / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    def ratio(self, width: int, height: int) -> float:
        """How many times larger it is than an upright size, on the axis where that is least."""
        width, height = self.swapped(width, height)
        return min(self.width / width, self.height / height)

    def turn(self, step: Turn) -> "View":
        return replace(self, quarters=(self.quarters + step.quarters) % 4)

    def mirror(self, step: Mirror) -> "View":
        # Mirroring after a turn is mirroring before the opposite turn; top-bottom is left-right and a half turn.
        half = {"x": 0, "y": 2, "both": 2}[step.axis]
        if step.axis == "both":
            return replace(self, quarters=(self.quarters + half) % 4)
        return replace(self, mirrored=not self.mirrored, quarters=(half - self.quarters) % 4)

    def crop(self, step: Crop) -> "View":
        """Keep a rectangle of the upright picture; what lies outside the picture is not kept."""
        across, down = self.upright
        left, width = _within(step.left, step.width, across)
        top, height = _within(step.top, step.height, down)
        for _ in range(self.quarters):  # undo one clockwise quarter: rows become columns
            left, top, width, height = top, across - left - width, height, width
            across, down = down, across
        if self.mirrored:
            left = self.width - left - width
        return replace(self, left=self.left + left, top=self.top + top, width=width, height=height)

    def around(self, x: float, y: float, step: SmartCrop) -> "View":
        """Keep a rectangle of the upright picture whose middle is as near as can be to a point of it."""
        across, down = self.upright
        width, height = min(max(step.width, 1), across), min(max(step.height, 1), down)
        left = min(max(round(x - width / 2), 0), across - width)
        top = min(max(round(y - height / 2), 0), down - height)
        return self.crop(Crop(left, top, width, height))


def _within(start: int, length: int, whole: int) -> tuple[int, int]:
    start = min(max(start, 0), whole - 1)
    return start, min(max(length, 1), whole - start)
