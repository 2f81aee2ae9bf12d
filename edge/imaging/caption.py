"""Caption: a line of text, drawn by Pango and laid over the picture.

The text is plain: what would be markup is escaped, what is no character of a line is left out. A font that is not
installed falls back to one that is, and so does each character that a font lacks.
"""

import unicodedata

import pyvips

from edge.imaging.effects import Frames, Image
from edge.imaging.overlay import laid
from edge.plan.boxes import place
from edge.plan.steps import Caption

LENGTH = 200  # characters of text, and of the name of a font
TRIAL = 32.0  # pixels: what text is measured at, so that no size asked for is ever drawn larger than the picture
SMALLEST = 1.0
ATTEMPTS = 6  # hinted letters do not scale exactly

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Categories of Unicode that a line of text has no use for, and markup or UTF-8 stumble over: controls, surrogates.
# Joiners and marks of direction (Cf) stay: scripts need them.
_LEFT_OUT = frozenset({"Cc", "Cs"})


def caption(frames: Frames, step: Caption) -> Frames:
    """The text on every frame, inside the picture less the margin."""
    words = _plain(step.text)
    room = _room(frames[0].width, step.margin), _room(frames[0].height, step.margin)
    shape = _fitting(words, step, room) if words else None
    if shape is None:
        return frames
    *rgb, opacity = bytes.fromhex(step.colour)
    mark = _inked(shape, tuple(rgb), opacity).copy_memory()
    corner = _corner(frames[0], mark, step)
    return tuple(laid(frame, mark, corner, step.opacity) for frame in frames)


def _plain(text: str) -> str:
    line = " ".join(text.split())  # line breaks and tabs are spaces
    return "".join(char for char in line if unicodedata.category(char) not in _LEFT_OUT)[:LENGTH]


def _room(side: int, margin: int) -> int:
    """What the margins leave, at least a pixel."""
    return max(1, side - 2 * max(0, margin))


def _fitting(words: str, step: Caption, room: tuple[int, int]) -> Image | None:
    """How much of each pixel the letters cover, in the size asked for or, where that has no room, the largest that
    has; None when there is nothing to draw."""
    trial = _drawn(words, step.font, TRIAL)
    if trial is None:
        return None
    size = step.size if step.size > SMALLEST else SMALLEST
    size = min(size, TRIAL * room[0] / trial.width, TRIAL * room[1] / trial.height)
    for _ in range(ATTEMPTS):
        shape = _drawn(words, step.font, max(size, SMALLEST))
        if shape is None or size <= SMALLEST or (shape.width <= room[0] and shape.height <= room[1]):
            return shape
        size *= min(room[0] / shape.width, room[1] / shape.height, 0.98)
    return shape


def _drawn(words: str, font: str, size: float) -> Image | None:
    try:
        return pyvips.Image.text(words.translate(_ESCAPED), font=f"{_plain(font)} {size:.2f}px", dpi=72)
    except pyvips.Error:  # nothing but spaces, or no font at all
        return None


def _inked(shape: Image, rgb: tuple[int, ...], opacity: int) -> Image:
    """The letters in their colour, on nothing; grey colours make no picture colourful."""
    values = rgb if len(set(rgb)) > 1 else rgb[:1]
    alpha = (shape * (opacity / 255)).rint().cast("uchar")
    ink = shape.new_from_image(list(values)).cast("uchar")
    return ink.bandjoin(alpha).copy(interpretation="srgb" if len(values) > 1 else "b-w")


def _corner(base: Image, mark: Image, step: Caption) -> tuple[int, int]:
    """Where the text begins: inside the margins, or inside the picture when they leave too little."""
    return (
        _start(base.width, mark.width, step.margin, step.gravity.x),
        _start(base.height, mark.height, step.margin, step.gravity.y),
    )


def _start(whole: int, length: int, margin: int, percent: float | None) -> int:
    margin = min(max(0, margin), max(0, (whole - length) // 2))
    return margin + place(max(0, whole - length - 2 * margin), percent)
