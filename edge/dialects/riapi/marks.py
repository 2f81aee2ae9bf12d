"""Watermarks: named ones from the configuration, and a line of text of the URL's own (our extension).

A mark whose area is on the image comes with the image, one on the canvas after the padding, and so does text. Text in
a URL lets anyone put words into a picture of yours: it acts only where a signature or the route's own query says it.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from edge.dialects import values
from edge.dialects.book import Book, Mark
from edge.dialects.riapi.asked import Asked
from edge.dialects.riapi.row import NOTHING, NUMBER, WHOLE, Notices, Row, clamped
from edge.errors import EdgeError, NotFound
from edge.plan.plan import Extra, Node, Plan
from edge.plan.steps import Caption, Decode, Step, Watermark

TEXT_KEYS: Final = (
    "watermark.text",
    "watermark.font",
    "watermark.size",
    "watermark.color",
    "watermark.gravity",
    "watermark.opacity",
    "watermark.margin",
)

_MOST_MARKS: Final = 16
_MOST_LETTERS: Final = 200
_FONT: Final = re.compile(r"[A-Za-z0-9 -]{1,64}", re.ASCII)
_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, halves of pairs, ends of lines
_WIDEST_MARGIN: Final = 65535


def _names(text: str) -> object:
    """Names between commas, in lower case; empty ones do not count."""
    names = listed(text)
    return names[:_MOST_MARKS] if names else NOTHING


def listed(text: str) -> tuple[str, ...]:
    return tuple(name for item in text.split(",") if (name := item.strip().lower()))


def _names_remark(text: str) -> tuple[str, str] | None:
    if len(listed(text)) <= _MOST_MARKS:
        return None
    return "ignored", f"Only the first {_MOST_MARKS} watermarks count"


def _line(text: str) -> str | None:
    """One line of letters that can be seen."""
    line = "".join(letter for letter in text[: 4 * _MOST_LETTERS] if unicodedata.category(letter) not in _UNSEEN)
    line = line.strip()
    return line if 0 < len(line) <= _MOST_LETTERS and len(text) <= 4 * _MOST_LETTERS else None


def _font(text: str) -> str | None:
    return text if _FONT.fullmatch(text) else None


def _caption(key: str, field: str, read: Any, what: str) -> Row:
    return Row("caption", (key,), read, what, field)


ROWS: Final = (
    Row("marks", ("watermark",), _names, "names of watermarks", remark=_names_remark),
    _caption("watermark.text", "text", _line, f"1 to {_MOST_LETTERS} characters"),
    _caption("watermark.font", "font", _font, "the name of a font in letters, digits, spaces and hyphens"),
    _caption("watermark.size", "size", clamped(values.decimal, 4.0, 512.0), NUMBER),
    _caption("watermark.color", "colour", values.colour, "a colour"),
    _caption("watermark.gravity", "gravity", values.point, "a position like topleft, or two percentages"),
    _caption("watermark.opacity", "opacity", clamped(values.decimal, 0.0, 1.0), NUMBER),
    _caption("watermark.margin", "margin", clamped(values.whole, 0, _WIDEST_MARGIN), WHOLE),
)


def check(asked: Asked, notices: Notices) -> None:
    if asked.caption and "text" not in asked.caption:
        notices.note("ignored", "watermark.text", "The other watermark. keys have no effect without watermark.text")


def unknown(asked: Asked, book: Book) -> EdgeError | None:
    """The error for the first watermark that is not in the book."""
    missing = next((name for name in asked.marks if name not in book.marks), None)
    return None if missing is None else NotFound(f"There is no watermark named {missing[:80]!r}")


class Chain:
    """A plan that is being written: one line of steps, which other pictures may join."""

    def __init__(self, first: Step) -> None:
        self.nodes = [Node(first)]
        self.extras: list[Extra] = []
        self._at = 0  # the end of the line
        self._read: dict[str, int] = {}  # watermarks' nodes by name

    def add(self, *steps: Step) -> None:
        for step in steps:
            self._put(step, self._at)

    def mark(self, mark: Mark) -> None:
        if isinstance(mark.step, Caption):
            self.add(mark.step)
        else:
            self._put(mark.step, self._at, self._picture(mark))

    def _picture(self, mark: Mark) -> int:
        """The node that reads the mark's picture; however often it is used, it is read once."""
        name = mark.name.lower()
        if name not in self._read:
            self.extras.append(Extra(mark.name, mark.path))
            self._read[name] = len(self.nodes)
            self.nodes.append(Node(Decode(input=len(self.extras), frame=0)))
        return self._read[name]

    def _put(self, step: Step, *of: int) -> None:
        self._at = len(self.nodes)
        self.nodes.append(Node(step, of))

    @property
    def plan(self) -> Plan:
        return Plan(tuple(self.nodes))


def on_image(asked: Asked, book: Book) -> Iterator[Mark]:
    return (mark for mark in _found(asked, book) if _lies_on_image(mark))


def on_canvas(asked: Asked, book: Book) -> Iterator[Mark]:
    """The text comes last, over everything."""
    yield from (mark for mark in _found(asked, book) if not _lies_on_image(mark))
    if "text" in asked.caption:
        yield Mark("", Caption(**asked.caption))


def _found(asked: Asked, book: Book) -> Iterator[Mark]:
    return (book.marks[name] for name in asked.marks if name in book.marks)


def _lies_on_image(mark: Mark) -> bool:
    return isinstance(mark.step, Watermark) and mark.step.area.on == "image"
