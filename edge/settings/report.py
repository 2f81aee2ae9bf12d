"""What is wrong with one configuration: a sentence per place, in the order of the file."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

Place = tuple[str | int, ...]

_PLAIN = re.compile(r"[\w:/-]{1,80}")


class BadSettings(Exception):
    """A configuration that cannot be used. `sentences` name file, line and key; they hold no secret."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("\n".join(self.sentences))


def dotted(place: Place) -> str:
    """The place as people write it: routes[0].hints.ladder."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            shown = step if _PLAIN.fullmatch(step) else repr(step[:80])
            text += f".{shown}" if text else shown
    return text


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence: '; did you mean timeout?', or nothing when no name is near."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


def listed(words: Iterable[str]) -> str:
    """'a, b or c'"""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


class Report:
    """Collects; the first sentence about a place is the one that is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {}
        self.written: dict[Place, str] = {}  # scalars that the environment changed, as they stand in the file
        self._told: dict[Place, str] = {}

    def say(self, place: Place, sentence: str) -> None:
        self._told.setdefault(place, sentence)

    def spoke(self, place: Place) -> bool:
        return place in self._told

    def line(self, place: Place) -> int | None:
        """Where it stands. A secret may stand in its `_file` key; what is missing, where its nearest holder does."""
        while place:
            for spelled in (place, (*place[:-1], f"{place[-1]}_file")):
                if spelled in self.lines:
                    return self.lines[spelled]
            place = place[:-1]
        return self.lines.get(place)

    def check(self) -> None:
        """Raise if anything was said."""
        if self._told:
            raise BadSettings(self.sentences())

    def sentences(self) -> list[str]:
        placed = sorted((self.line(place) or 0, sentence) for place, sentence in self._told.items())
        return [f"{self.name}:{line}: {sentence}" if line else f"{self.name}: {sentence}" for line, sentence in placed]

    def __repr__(self) -> str:
        return f"Report({self.name}, {len(self.lines)} places, {len(self._told)} sentences)"
