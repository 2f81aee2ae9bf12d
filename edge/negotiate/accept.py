"""The Accept field with its weights (RFC 9110 §12.5.1).

A browser that names `image/avif` can show AVIF; one that says `*/*` may be ten years old. So there are two questions:
`exact` (was this media type named?) and `quality` (what weight has it, wildcards included?).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_TCHARS = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_TCHARS})/({_TCHARS})")
_PARAMETER = re.compile(rf'({_TCHARS})=({_TCHARS}|"(?:[^"\\]|\\.)*")', re.DOTALL)
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class Accept:
    """Weights 0 to 1 by media range, lower case. A range named twice has the higher weight."""

    weights: Mapping[str, float] = field(default_factory=lambda: {"*/*": 1.0})

    @classmethod
    def parse(cls, value: str | None) -> "Accept":
        """Malformed members are skipped; an absent field accepts everything."""
        if value is None:
            return cls()
        weights: dict[str, float] = {}
        for member in _split(value, ","):
            read = _member(member)
            if read is not None:
                weights[read[0]] = max(read[1], weights.get(read[0], 0.0))
        return cls(weights)

    def exact(self, media_type: str) -> float | None:
        """The weight of this very media type, or None when only a wildcard or nothing covers it."""
        return self.weights.get(media_type.lower())

    def quality(self, media_type: str) -> float:
        """The weight by the most specific range that covers it; 0 when it is refused or not covered."""
        name = media_type.lower()
        ranges = (name, name.partition("/")[0] + "/*", "*/*")
        return next((self.weights[each] for each in ranges if each in self.weights), 0.0)


read_accept = lru_cache(maxsize=256)(Accept.parse)  # browsers send a handful of values, hundreds of bytes each


def _member(text: str) -> tuple[str, float] | None:
    """One media range and its weight, or None. A range with parameters of its own covers only representations that
    carry them; our pictures carry none, so it says nothing about us."""
    kind, *parameters = (part.strip(" \t") for part in _split(text, ";"))
    named = _RANGE.fullmatch(kind)
    if named is None or (named[1] == "*" and named[2] != "*"):
        return None
    for parameter in filter(None, parameters):
        read = _PARAMETER.fullmatch(parameter)
        if read is None or read[1].lower() != "q":
            return None
        # What follows the weight were extensions of the field, not of the media type (RFC 7231 §5.3.2): ignored.
        return (kind.lower(), float(read[2])) if _WEIGHT.fullmatch(read[2]) else None
    return kind.lower(), 1.0


def _split(text: str, separator: str) -> Iterator[str]:
    """Split outside quoted strings, in linear time. An unfinished quotation is part of the last piece."""
    if '"' not in text:
        yield from text.split(separator)
        return
    start, quoted, escaped = 0, False, False
    for at, letter in enumerate(text):
        if escaped:
            escaped = False
        elif letter == '"':
            quoted = not quoted
        elif quoted:
            escaped = letter == "\\"
        elif letter == separator:
            yield text[start:at]
            start = at + 1
    yield text[start:]
