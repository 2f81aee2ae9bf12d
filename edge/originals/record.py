"""A record: what is known of an original. And its text on disk."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from edge.errors import EdgeError, Forbidden, NotFound, Unprocessable, UnsupportedPicture
from edge.exchange import Fields
from edge.freshness.judge import Stored
from edge.plan.facts import Facts

_FORMAT = 1
_PROBLEMS: dict[int, type[EdgeError]] = {
    error.status: error for error in (Forbidden, NotFound, UnsupportedPicture, Unprocessable)
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why this original can never be a picture: remembered as long as the record, so that it is found out once."""

    status: int
    sentence: str

    def error(self, fields: Fields) -> EdgeError:
        return _PROBLEMS[self.status](self.sentence, dict(fields))


@dataclass(frozen=True, slots=True)
class Record:
    """`name` is origin and key, `identity` the SHA-256 of the original's bytes ("" when there are none)."""

    name: str
    identity: str
    length: int
    stored: Stored
    facts: Facts | None = None
    problem: Problem | None = None
    generation: int = 0

    def freshened(self, stored: Stored) -> "Record":
        return replace(self, stored=stored)


def key_of(kind: str, *parts: str) -> str:
    """A cache key: a letter for what it names, and a digest of length-prefixed parts, so that no two lists of parts
    can run together (T3). 192 bits as hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        text = part.encode("utf-8", "surrogatepass")
        digest.update(len(text).to_bytes(8, "big"))
        digest.update(text)
    return f"{kind}:{digest.hexdigest()[:48]}"


def print_record(record: Record) -> bytes:
    stored = record.stored
    return json.dumps(
        {
            "format": _FORMAT,
            "name": record.name,
            "identity": record.identity,
            "length": record.length,
            "generation": record.generation,
            "stored": [stored.status, list(stored.fields), stored.received, stored.age],
            "facts": asdict(record.facts) if record.facts else None,
            "problem": asdict(record.problem) if record.problem else None,
        }
    ).encode()


def parse_record(text: bytes, name: str) -> Record | None:
    """The record, or None when the text is another's or of another version of ours."""
    try:
        told = json.loads(text)
        if told["format"] != _FORMAT or told["name"] != name:
            return None
        status, fields, received, age = told["stored"]
        return Record(
            name=name,
            identity=told["identity"],
            length=told["length"],
            stored=Stored(status, Fields((key, value) for key, value in fields), received, age),
            facts=Facts(**told["facts"]) if told["facts"] else None,
            problem=Problem(**told["problem"]) if told["problem"] else None,
            generation=told["generation"],
        )
    except (ValueError, KeyError, TypeError):
        return None
