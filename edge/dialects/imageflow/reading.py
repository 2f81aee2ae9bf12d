"""From the text of a request to its model. What is wrong is told once, with its place: where in the job, which line.

Reading takes bounded time, whatever the text: how many marks of each kind a text may have is counted before it is
parsed, and how many values while it is.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import Empty
from edge.dialects.imageflow.places import (
    Path,
    doubled,
    halved,
    line_at,
    long_number,
    outside,
    place_of,
    position,
    printable,
)
from edge.dialects.imageflow.tagged import Record

M = TypeVar("M", bound=Record)

# The most of each mark that a text may have, in strings or not. A comma in a list of numbers takes some 35 ns to read,
# what brackets and quotes hold up to a microsecond; base64 has none of them.
MOST_COMMAS: Final = 1_500_000
_MOST_MARKS: Final[tuple[tuple[str, str, int], ...]] = (
    (",", "commas", MOST_COMMAS),
    ("[", "lists", 25_000),
    ("{", "objects", 25_000),
    ('"', "quotes", 200_000),
    ("\\", "backslashes", 4_000_000),
)
_MOST_VALUES: Final = 50_000  # of objects and lists, byte arrays aside
_MOST_ERRORS: Final = 5_000  # that are turned into words to find the first
_LONGEST: Final = 80  # characters of a value or a key that an error repeats


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


_WHAT: Final[Mapping[str, str]] = {
    "missing": "a value",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_unicode": "text",
    "bytes_type": "a list of whole numbers from 0 to 255",
    "list_type": "a list",
    "dict_type": "an object",
    "mapping_type": "an object",
    "model_type": "an object",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "literal_error": "one of {expected}",
    "union_tag_invalid": "one of {expected_tags}",
    "union_tag_not_found": "a name, or an object of one name,",
    "too_short": "at least {min_length} items",
    "too_long": "at most {max_length} items",
}
_SHOWN: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...]] = (
    (str, _quoted),
    (bool, lambda value: str(value).lower()),
    (int, lambda value: str(value) if value.bit_length() < 1_000 else "a huge number"),
    (float, str),
    ((list, bytes, bytearray), lambda value: "a list"),
    (dict, lambda value: "an object"),
    (type(None), lambda value: "null"),
)


class _Refused(ValueError):
    """Valid for Python, wrong for us. Holds what to tell and how to find the place."""

    def __init__(self, sentence: str, find: Callable[[str], int]) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.find = find


def read(kind: type[M], text: bytes | bytearray | str) -> M:
    """The request that a JSON text is: UTF-8, with or without a byte order mark. An endpoint that asks for nothing may
    be sent nothing. Raises JobError: InvalidJson with the place, SizeLimitExceeded for what would take long to read."""
    document = text if isinstance(text, str) else _decoded(text)
    document = document.removeprefix("\ufeff")
    if issubclass(kind, Empty) and (not document or document.isspace()):
        document = "{}"
    _weigh(document)
    try:
        return _checked(kind, _parse(document), document)
    except RecursionError:
        raise JobError("InvalidJson", "Expected fewer brackets within brackets for the request") from None


def checked(kind: type[M], value: Any) -> M:
    """The request that a value of Python is, as `json.loads` gives it. Raises JobError (InvalidJson)."""
    return _checked(kind, value, None)


def _checked(kind: type[M], value: Any, text: str | None) -> M:
    try:
        return kind.model_validate(value)
    except ValidationError as errors:
        raise _invalid(errors, value, text) from None


# ------------------------------------------------------------------------------------------------------------ the text


def _decoded(text: bytes | bytearray) -> str:
    try:
        return str(text, "utf-8")
    except UnicodeDecodeError as error:
        if not text.lstrip().startswith(b"{"):  # a picture, most likely
            raise JobError("InvalidJson", "Expected a JSON object for the request, line 1, column 1") from None
        at = len(text[: error.start].decode("utf-8"))
        raise _wrong("Expected UTF-8 for the request", text.decode("utf-8", "replace"), at) from None


def _weigh(text: str) -> None:
    for mark, name, most in _MOST_MARKS:
        count = text.count(mark)
        if count > most:
            raise _too_much(f"{most} {name}", f"{count}")


def _too_much(most: str, received: str) -> JobError:
    advice = "send pictures as base_64 or as parts of multipart/form-data"
    return JobError("SizeLimitExceeded", f"Expected at most {most} for the request but received {received}; {advice}")


def _parse(text: str) -> Any:
    if not text or text.isspace():
        raise JobError("InvalidJson", "Expected a JSON object for the request but received nothing")
    at = long_number(text)
    if at >= 0:
        raise _wrong("Expected numbers of fewer than 600 digits", text, at)
    decoder = json.JSONDecoder(object_pairs_hook=_Joining(), parse_constant=_refuse_constant)
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        told = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
        raise _wrong(
            f"Expected valid JSON for the request but received a syntax error: {told}", text, error.pos
        ) from None
    except _Refused as error:
        raise _wrong(error.sentence, text, error.find(text)) from None
    at = _halved(text)
    if at >= 0:
        raise _wrong("Expected whole characters but received half of a surrogate pair", text, at)
    return value


def _halved(text: str) -> int:
    """Halves of surrogate pairs, as escapes or, in a string of Python's, as they are."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return error.start
    return halved(text)


def _refuse_constant(name: str) -> Any:
    raise _Refused(f"Expected a finite number but received {name}", lambda text: outside(text, "NaN|-?Infinity"))


class _Joining:
    """Makes objects of pairs. A key may come once, so that nobody reads a request in two ways; byte arrays become bytes
    while they are near, eight times smaller."""

    def __init__(self) -> None:
        self._room = _MOST_VALUES

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        joined = dict(pairs)
        if len(joined) != len(pairs):
            raise _Refused("Expected each name once in an object but received one twice", doubled)
        self._room -= len(pairs)
        for key, value in pairs:
            if type(value) is list:
                joined[key] = self._items(key, value)
        if self._room < 0:
            raise _too_much(f"{_MOST_VALUES} values", "more")
        return joined

    def _items(self, key: str, items: list[Any]) -> list[Any] | bytes:
        if key == "byte_array":
            try:
                return bytes(items)
            except (TypeError, ValueError):
                return items  # the model says what is wrong
        self._room -= len(items)
        return items


# ----------------------------------------------------------------------------------------------------------- the errors


def _invalid(errors: ValidationError, value: Any, text: str | None) -> JobError:
    count = errors.error_count()
    if count > _MOST_ERRORS:
        return JobError("InvalidJson", f"Expected a request as documented but received one with {count} errors")
    first = errors.errors(include_url=False)[0]
    path, found = _followed(value, first["loc"])
    name, shown = _name(path), _shown(found)
    if first["type"] == "missing":
        name, shown = _name([*path, first["loc"][-1]]), "nothing"
    elif first["type"] == "union_tag_invalid":
        shown = _quoted(first["ctx"]["tag"])
    sentence = f"Expected {_what(first)} for {name} but received {shown}"
    return _wrong(sentence, text, -1 if text is None else place_of(text, path), count - 1)


def _followed(value: Any, location: Path) -> tuple[list[str | int], Any]:
    """As far as a location of the model leads in what was received. What is not found there is a bare name, or the
    field in which a variant keeps its value."""
    path: list[str | int] = []
    for item in location:
        inside = item in value if isinstance(value, Mapping) else isinstance(value, list) and isinstance(item, int)
        if inside:
            value = value[item]
            path.append(item)
    return path, value


def _name(path: Path) -> str:
    """As framewise.steps[2].crop.x1."""
    text = "".join(f"[{item}]" if isinstance(item, int) else f".{item[:_LONGEST]}" for item in path)
    return printable(text.removeprefix(".")) or "the request"


def _what(error: ErrorDetails) -> str:
    """Messages of our own already begin with what was expected."""
    context = error.get("ctx", {})
    template = _WHAT.get(error["type"])
    if template is not None:
        return template.format(**context)
    message = error["msg"].removeprefix("Value error, ").removeprefix("expected ")
    return message.removesuffix(f" for {context.get('tag')}")


def _shown(value: Any) -> str:
    return next((told(value) for kind, told in _SHOWN if isinstance(value, kind)), type(value).__name__)


def _wrong(sentence: str, text: str | None, at: int, more: int = 0) -> JobError:
    """With the place, how many further errors there are, and the line."""
    others = f"{more} more error{'s' * (more > 1)}" if more else ""
    if text is None or at < 0:
        return JobError("InvalidJson", f"{sentence} ({others})" if others else sentence)
    line, column = position(text, at)
    place = f"line {line}, column {column}" + (f", and {others}" if others else "")
    shown = line_at(text, at)
    return JobError("InvalidJson", f"{sentence} ({place}): {shown}" if shown else f"{sentence} ({place})")
