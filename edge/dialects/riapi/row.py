"""A key of the language as one row of a table, and the one interpreter of such rows.

A row says which field of `Asked` its value goes into, which spellings it has (the first that is present and valid
wins), how the text is read, and how its values are described when it cannot be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from edge.dialects.riapi.asked import Asked
from edge.errors import expected
from edge.plan.plan import Notice

_MOST_NOTICES: Final = 100
_LONGEST: Final = 80  # characters of a client's text that a notice repeats

BOOLEAN: Final = "true or false"
KEEP: Final = "true, false or keep"
NUMBER: Final = "a number"
WHOLE: Final = "a whole number"
BYTE: Final = "a whole number from 0 to 255"

# A valid value that asks for nothing: mode=none, s.brightness=0.
NOTHING: Final = object()


class Row(NamedTuple):
    """`item`: the entry, where the field is a mapping. `read` answers None for what it does not accept. `remark` may
    have a word to say, as kind and sentence, about a text that was read."""

    into: str
    keys: tuple[str, ...]
    read: Callable[[str], Any]
    what: str
    item: str = ""
    remark: Callable[[str], tuple[str, str] | None] | None = None


@dataclass(frozen=True, slots=True)
class Notices:
    """What there is to say, at most so much: a query may hold thousands of parameters."""

    said: list[Notice] = field(default_factory=list)

    def note(self, kind: str, key: str, sentence: str) -> None:
        if len(self.said) < _MOST_NOTICES:
            self.said.append(Notice(kind, key[:_LONGEST], sentence))

    def invalid(self, what: str, key: str, text: str) -> None:
        self.note("invalid", key, expected(what, key, text))

    def duplicate(self, key: str) -> None:
        self.note("duplicate", key, f"{key[:_LONGEST]} is given more than once; the first counts")

    def unknown(self, key: str) -> None:
        self.note("unknown", key, f"{key[:_LONGEST]} is not a known parameter")


def fill_in(asked: Asked, texts: Mapping[str, str], rows: Mapping[str, Row], notices: Notices) -> None:
    """Read every text by its key's row. Keys that have no row are not for here."""
    done: set[tuple[str, ...]] = set()
    for key in texts:
        row = rows[key]
        if len(row.keys) == 1:
            value = _read(row, key, texts[key], notices)
        elif row.keys in done:
            continue
        else:
            done.add(row.keys)
            value = _strongest(row, texts, notices)
        if value is None or value is NOTHING:
            continue
        if row.item:
            getattr(asked, row.into)[row.item] = value
        else:
            setattr(asked, row.into, value)


def _strongest(row: Row, texts: Mapping[str, str], notices: Notices) -> object:
    """The value of the first synonym that is present and valid."""
    taken: object = None
    winner = ""
    for key in row.keys:
        text = texts.get(key)
        if text is None:
            continue
        if taken is None:
            taken, winner = _read(row, key, text, notices), key
        else:
            notices.note("ignored", key, f"{key} has no effect beside {winner}")
    return taken


def _read(row: Row, key: str, text: str, notices: Notices) -> object:
    value: object = row.read(text)
    if value is None:
        notices.invalid(row.what, key, text)
    elif row.remark is not None:
        remark = row.remark(text)
        if remark is not None:
            notices.note(remark[0], key, remark[1])
    return value


def words(meanings: Mapping[str, object]) -> tuple[Callable[[str], Any], str]:
    """How one of a set of words is read, and how the set is described. None means nothing is asked for."""
    known = {word: NOTHING if meaning is None else meaning for word, meaning in meanings.items()}
    return lambda text: known.get(text.lower()), f"one of {', '.join(meanings)}"


def clamped(read: Callable[[str], float | None], low: float, high: float) -> Callable[[str], float | None]:
    """Reads a number and keeps it between the two, whose type it takes: whole bounds are for whole numbers."""

    def within(text: str) -> float | None:
        number = read(text)
        return None if number is None else min(max(number, low), high)

    return within


def when(read: Callable[[str], bool | None], value: object) -> Callable[[str], Any]:
    """`value` where the text says yes, nothing where it says no."""

    def chosen(text: str) -> object:
        said = read(text)
        return None if said is None else value if said else NOTHING

    return chosen
