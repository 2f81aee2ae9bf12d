"""Where in a JSON text something stands: offsets, lines and columns, and the line to show of it.

The text has been parsed before, or was refused at the offset that is asked about. Each search is linear in the text.
"""

import json
import re
from collections.abc import Sequence
from typing import Final

Path = Sequence[str | int]

_WIDTH: Final = 120  # characters of a line that are shown
_BLANK: Final = re.compile(r"[ \t\n\r]*")
_STRING: Final = r'"(?:[^"\\]++|\\.)*+"'
_ANY_STRING: Final = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
_KEYS: Final = re.compile(rf"({_STRING})([ \t\n\r]*:)?|([{{}}])", re.DOTALL)
_PAIRED: Final = re.compile(
    r"(?:[^\\]++|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?!u[dD][89a-fA-F]).)*+", re.DOTALL
)
_STRIDE: Final = 50
_LONG: Final = 600  # digits
_MANY_DIGITS: Final = re.compile("[0-9]{11}")
_LONG_NUMBER: Final = re.compile(f"[0-9]{{{_LONG}}}")
_DECODER: Final = json.JSONDecoder()


def place_of(text: str, path: Path) -> int:
    """The offset of the value that keys and indices lead to."""
    at = _skip(text, 0)
    for item in path:
        at = _member(text, at, item) if isinstance(item, str) else _element(text, at, item)
    return at


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _member(text: str, at: int, name: str) -> int:
    while True:
        key, at = _DECODER.raw_decode(text, _skip(text, at + 1))  # past { or ,
        at = _skip(text, _skip(text, at) + 1)  # past :
        if key == name:
            return at
        at = _skip(text, _DECODER.raw_decode(text, at)[1])


def _element(text: str, at: int, index: int) -> int:
    at = _skip(text, at + 1)  # past [
    for _ in range(index):
        at = _skip(text, _DECODER.raw_decode(text, at)[1])
        at = _skip(text, at + 1)  # past ,
    return at


def outside(text: str, pattern: str) -> int:
    """The offset of the first match that lies in no string; -1 when there is none. A string that never ends ends with
    the text, and digits are passed in one stride, so that no character is looked at over and over."""
    skipped = rf"{_ANY_STRING}|({pattern})|[0-9]++"
    found = (match.start(1) for match in re.finditer(skipped, text, re.DOTALL) if match[1])
    return next(found, -1)


def long_number(text: str) -> int:
    """The offset of a number of 600 digits or more, of which int() makes work; -1 when there is none. Every fiftieth
    character is looked at first: eleven digits among them in a row are rare but in such a number."""
    for match in _MANY_DIGITS.finditer(text[::_STRIDE]):
        around = slice(max(0, match.start() * _STRIDE - _LONG), match.end() * _STRIDE + _LONG)
        if _LONG_NUMBER.search(text[around]):
            return outside(text, _LONG_NUMBER.pattern)
    return -1


def doubled(text: str) -> int:
    """The offset of the first key that its object has had before; -1 when there is none."""
    seen: list[set[str]] = []
    for match in _KEYS.finditer(text):
        string, colon, brace = match.groups()
        if brace == "{":
            seen.append(set())
        elif brace:
            seen.pop()
        elif colon:
            key = json.loads(string) if "\\" in string else string[1:-1]
            if key in seen[-1]:
                return match.start()
            seen[-1].add(key)
    return -1


def halved(text: str) -> int:
    """The offset of the first escape that is half of a pair of surrogates; -1 when there is none."""
    if "\\ud" not in text and "\\uD" not in text:
        return -1
    whole = _PAIRED.match(text)
    end = whole.end() if whole else 0
    return -1 if end == len(text) else end


def position(text: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1, in characters."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def line_at(text: str, at: int) -> str:
    """The line around an offset, what cannot be printed replaced. A long one is cut with the offset in its middle."""
    first = text.rfind("\n", 0, at) + 1
    last = text.find("\n", at)
    last = len(text) if last < 0 else last
    start = max(first, min(at - _WIDTH // 2, last - _WIDTH))
    stop = min(last, start + _WIDTH)
    return printable(text[start:stop]).strip()


def printable(text: str) -> str:
    """Without what could move a terminal's cursor or hide in a log."""
    return text if text.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in text)
