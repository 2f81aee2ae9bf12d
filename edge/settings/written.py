"""How one value is written in the file: what reads it, what it must keep to, how an editor's schema describes it.

A reader takes the text of the file or the finished value, so settings can also be built in Python. What it raises is
ValueError(what was expected), or `sentence(...)` where "Expected …" would not help.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

FROM_ENVIRONMENT: dict[str, Any] = {"type": "string", "pattern": r"\$\{"}

_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def sentence(words: str) -> PydanticCustomError:
    """An error that says `<the key's dotted name> <words>`."""
    return PydanticCustomError("sentence", "{words}", {"words": words})


def text(default: str) -> Any:
    """A default written as in the file, and read as what stands in the file is."""
    return Field(default=default, validate_default=True)


def _anything(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, eq=False)  # compared as itself, since typing wants annotations hashable
class Written:
    """The annotation that makes a type readable: Annotated[int, between(0, 100)]."""

    kinds: tuple[type, ...]
    what: str
    parse: Callable[[str], Any]
    ways: tuple[dict[str, Any], ...]  # JSON Schemas of what may stand in the file
    fits: Callable[[Any], bool] = _anything

    def read(self, value: object) -> Any:
        found = self.parse(value) if isinstance(value, str) else value
        wrong = not isinstance(found, self.kinds) or (isinstance(found, bool) and bool not in self.kinds)
        if wrong or not self.fits(found):
            raise ValueError(self.what)
        return found

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [*self.ways, FROM_ENVIRONMENT]}


def matching(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


def words(what: str, parse: Callable[[str], Any], pattern: str = "") -> Written:
    """A text that `parse` accepts, perhaps spelled anew."""
    return Written((str,), what, parse, (matching(pattern) if pattern else {"type": "string"},))


def between(low: int, high: int) -> Written:
    """A whole number, both ends included."""
    what = f"a whole number from {low} to {high}"

    def parse(written: str) -> int:
        if not _INTEGER.fullmatch(written):
            raise ValueError(what)
        return int(written)

    ways = ({"type": "integer", "minimum": low, "maximum": high}, matching("^[0-9]+$"))
    return Written((int,), what, parse, ways, lambda found: low <= found <= high)


def auto_or(low: int, high: int) -> Written:
    """A whole number, or the word auto."""
    plain = between(low, high)
    what = f"auto or {plain.what}"

    def parse(written: str) -> int | str:
        if written == "auto":
            return written
        if not _INTEGER.fullmatch(written):
            raise ValueError(what)
        return int(written)

    ways = ({"const": "auto"}, *plain.ways)
    return Written((int, str), what, parse, ways, lambda found: found == "auto" or plain.fits(found))


def number(low: float, high: float) -> Written:
    """A number, both ends included."""
    what = f"a number from {low:g} to {high:g}"

    def parse(written: str) -> float:
        if not _NUMBER.fullmatch(written):
            raise ValueError(what)
        return float(written)

    ways = ({"type": "number", "minimum": low, "maximum": high}, matching(r"^[0-9]+(\.[0-9]+)?$"))
    return Written((int, float), what, parse, ways, lambda found: low <= found <= high)
