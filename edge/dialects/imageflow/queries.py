"""What the schema endpoints tell of query strings: which keys there are, what is wrong with a query (JSON_JOBS §1)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from edge.dialects.book import PLAIN, Book
from edge.dialects.imageflow.errors import JobError
from edge.dialects.query import pairs
from edge.dialects.riapi import EXTENSIONS, KEYS, parse
from edge.plan.plan import Notice

MOST_CHARACTERS: Final = 65_536
_LONGEST: Final = 80  # characters of a key, as notices hold it, and of a value in a message

# Kind of notice → kind of issue, and its message.
_ISSUES: Final[Mapping[str, tuple[str, str]]] = {
    "duplicate": ("DuplicateKeyError", "Duplicate key: {key}"),
    "unknown": ("UnrecognizedKey", "Key not recognized: {key}"),
    "ignored": ("IgnoredKey", "Key not supported: {key}"),
    "invalid": ("InvalidValueError", "Value invalid: {value}"),
}


def list_keys() -> dict[str, Any]:
    """The 100 keys of RIAPI in their order, and those of our own."""
    return {"schema": {"key_names": list(KEYS), "extension_key_names": list(EXTENSIONS)}}


def validate(query: str, book: Book = PLAIN, trusted: bool = False) -> dict[str, Any]:
    """What a query string says that is not taken as written, in the order it is noticed; an invalid value leaves its
    key without effect besides. Raises JobError (SizeLimitExceeded)."""
    if len(query) > MOST_CHARACTERS:
        sentence = f"Expected at most {MOST_CHARACTERS} characters for query_string but received {len(query)}"
        raise JobError("SizeLimitExceeded", sentence)
    notices = parse(query, book, trusted).notices
    without_effect = [Notice("ignored", notice.key, "") for notice in notices if notice.kind == "invalid"]
    return {"results": {"issues": list(_issues([*notices, *without_effect], query))}}


def _issues(notices: Sequence[Notice], query: str) -> Iterator[dict[str, str]]:
    values: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs(query):
        values[key[:_LONGEST]].append(value)
    doubles: dict[str, int] = defaultdict(int)
    for notice in notices:
        kind, message = _ISSUES[notice.kind]
        doubles[notice.key] += notice.kind == "duplicate"
        given = values.get(notice.key, [])
        nth = doubles[notice.key] if notice.kind == "duplicate" else 0
        value = given[nth] if nth < len(given) else ""
        told = message.format(key=notice.key, value=value[:_LONGEST])
        yield {"message": told, "key": notice.key, "value": value, "kind": kind}
