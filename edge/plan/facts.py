"""What a picture's header says, and how far that may go."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """width and height are pixels as stored, before `orientation` (EXIF, 1 to 8) is applied; `frames` counts pages."""

    format: str  # a name of edge.plan.formats
    width: int
    height: int
    orientation: int = 1
    frames: int = 1
    alpha: bool = False
    bits: int = 8
    lossless: bool = False  # true-colour PNG, lossless WebP, TIFF, BMP, SVG: nothing was lost when it was written
    progressive: bool = False  # progressive JPEG or interlaced PNG/GIF: decoding cannot stream

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as a person sees them."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)

    @property
    def pixels(self) -> int:
        """All frames together."""
        return self.width * self.height * self.frames


@dataclass(frozen=True, slots=True)
class Limits:
    """The table of what may be decoded and made. Bytes, pixels, pixels per side, frames."""

    source_bytes: int = 64 << 20
    source_pixels: int = 100_000_000
    source_side: int = 30_000
    animation_frames: int = 500
    animation_pixels: int = 200_000_000
    output_pixels: int = 40_000_000
