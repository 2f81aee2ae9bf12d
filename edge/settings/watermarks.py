"""watermarks: pictures, or lines of text, that a URL may name to have them laid over (`watermark=logo`)."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from edge.settings.kinds import Fraction
from edge.settings.section import Section
from edge.settings.written import between, number, sentence, words

Percentage = Annotated[float, number(0, 100)]
Pixels = Annotated[int, between(0, 65535)]
# In the order of the job API's own: of two unions with the same words, typing knows only one.
Filter = Literal[
    "robidoux_fast",
    "robidoux",
    "robidoux_sharp",
    "ginseng",
    "ginseng_sharp",
    "lanczos",
    "lanczos_sharp",
    "lanczos_2",
    "lanczos_2_sharp",
    "cubic",
    "cubic_sharp",
    "catmull_rom",
    "mitchell",
    "cubic_b_spline",
    "hermite",
    "jinc",
    "triangle",
    "linear",
    "box",
    "fastest",
    "n_cubic",
    "n_cubic_sharp",
]

_COLOUR = r"#?([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})"
_FONT = r"[A-Za-z0-9 -]{1,64}"


def _colour(value: str) -> str:
    if not re.fullmatch(_COLOUR, value):
        raise ValueError("a colour such as fff or 20304080")
    return value


def _font(value: str) -> str:
    if not re.fullmatch(_FONT, value):
        raise ValueError("the name of a font, in letters, digits, spaces and hyphens")
    return value


def _line(value: str) -> str:
    if not 0 < len(value) <= 200 or not value.isprintable():
        raise ValueError("one line of 1 to 200 characters")
    return value


def _place(value: str) -> str:
    if not value.startswith("/") or any(part in (".", "..") for part in value.split("/")):
        raise ValueError("a path behind one of the routes, like /photos/logo.png")
    return value


def _centre(value: object) -> object:
    return None if value == "center" else value


class Box(Section):
    """Corners in percent."""

    x1: Percentage = 0.0
    y1: Percentage = 0.0
    x2: Percentage = 100.0
    y2: Percentage = 100.0


class Margins(Section):
    """Pixels that are kept free."""

    left: Pixels = 0
    top: Pixels = 0
    right: Pixels = 0
    bottom: Pixels = 0


class FitBox(Section):
    """Where the watermark may lie: on the image without its padding, or on the whole canvas. One of the four."""

    image_percentage: Box | None = None
    image_margins: Margins | None = None
    canvas_percentage: Box | None = None
    canvas_margins: Margins | None = None

    @model_validator(mode="after")
    def _one(self) -> "FitBox":
        if len(self.model_fields_set) != 1:
            raise sentence("wants one of image_percentage, image_margins, canvas_percentage and canvas_margins")
        return self


class At(Section):
    x: Percentage
    y: Percentage


class Gravity(Section):
    percentage: At


class Hints(Section):
    """How the watermark's own picture is resampled."""

    down_filter: Filter | None = None
    up_filter: Filter | None = None
    scaling_colorspace: Literal["linear", "srgb"] | None = None
    sharpen_percent: Annotated[float, number(0, 100)] = 0.0
    sharpen_when: Literal["downscaling", "size_differs", "always"] = "always"


class Watermark(Section):
    """Either `path`, a picture behind one of the routes, or `text`. fit_box, fit_mode, min_canvas_* and hints are for
    pictures; font, size (pixels), color and margin (pixels) for text."""

    path: Annotated[str, words("a path", _place, "^/")] | None = None
    text: Annotated[str, words("a line of text", _line)] | None = None
    opacity: Fraction = 1.0
    gravity: Annotated[Gravity | None, BeforeValidator(_centre)] = None
    fit_box: FitBox = Field(default_factory=lambda: FitBox(image_percentage=Box()))
    fit_mode: Literal["distort", "within", "fit", "within_crop", "fit_crop"] = "within"
    min_canvas_width: Pixels = 0
    min_canvas_height: Pixels = 0
    hints: Hints = Field(default_factory=Hints)
    font: Annotated[str, words("a font", _font, f"^{_FONT}$")] = "sans"
    size: Annotated[float, number(4, 512)] = 24.0
    color: Annotated[str, words("a colour", _colour, f"^{_COLOUR}$")] = "ffffff"
    margin: Pixels = 10

    @model_validator(mode="after")
    def _one_kind(self) -> "Watermark":
        if (self.path is None) == (self.text is None):
            raise sentence("wants either path or text")
        return self
