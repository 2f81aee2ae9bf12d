"""A record: what is known of an original. And its text on disk."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from cache.tier import Row
from edge.errors import EdgeError, Forbidden, NotFound, Unprocessable, UnsupportedPicture
from edge.exchange import Fields
from edge.freshness.judge import Stored
from edge.freshness.vary import Selecting, variant_of
from edge.plan.facts import Facts

_FORMAT = 2
_SEAL = 16  # bytes
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
    """`name` is origin and key (of an answer that is passed on: and query), `identity` the SHA-256 of the original's
    bytes ("" when there are none), `selecting` the request fields that chose it (RFC 9111 §4.1), `tags` what it can be
    purged by."""

    name: str
    identity: str
    length: int
    stored: Stored
    facts: Facts | None = None
    problem: Problem | None = None
    generation: int = 0
    selecting: Selecting = ()
    tags: tuple[str, ...] = ()

    @property
    def variant(self) -> str:
        return variant_of(self.selecting)

    @property
    def body_key(self) -> str:
        """Where its bytes are kept."""
        return key_of("o", self.name, self.variant, self.identity, str(self.generation))

    def freshened(self, stored: Stored) -> "Record":
        return replace(self, stored=stored)

    def expired(self, at: float) -> "Record":
        """Softly purged: stale from then on."""
        return replace(self, stored=replace(self.stored, expired=at))


def name_of(origin: str, key: str, query: str | None = None) -> str:
    """The name of an original; with a query (which may be empty) that of an answer which is passed on."""
    return f"{origin}\0{key}" if query is None else f"{origin}\0{key}\0?{query}"


def tag_of(name: str) -> str:
    """The tag of all that was made from this original or is kept of it."""
    return key_of("n", name)


def key_of(kind: str, *parts: str) -> str:
    """A cache key: a letter for what it names, and a digest of length-prefixed parts, so that no two lists of parts
    can run together (T3). 192 bits as hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        text = part.encode("utf-8", "surrogatepass")
        digest.update(len(text).to_bytes(8, "big"))
        digest.update(text)
    return f"{kind}:{digest.hexdigest()[:48]}"


def print_record(record: Record) -> Row:
    stored = record.stored
    told = {
        "format": _FORMAT,
        "identity": record.identity,
        "length": record.length,
        "generation": record.generation,
        "stored": [stored.status, list(stored.fields), stored.received, stored.age],
        "selecting": record.selecting,
        "facts": asdict(record.facts) if record.facts else None,
        "problem": asdict(record.problem) if record.problem else None,
    }
    text = json.dumps(told).encode()
    return Row(
        record.name,
        record.variant,
        _seal(record.name, record.variant, record.tags, text) + text,
        stored.received,
        record.tags,
    )


def parse_record(row: Row) -> Record | None:
    """The record, or None when the text is of another version of ours, or is not what was written: a database does
    not notice a flipped bit, and one in max-age would be believed for ever."""
    seal, text = row.record[:_SEAL], row.record[_SEAL:]
    if seal != _seal(row.name, row.variant, row.tags, text):
        return None
    try:
        told = json.loads(text)
        if told["format"] != _FORMAT:
            return None
        status, fields, received, age = told["stored"]
        return Record(
            name=row.name,
            identity=told["identity"],
            length=told["length"],
            stored=Stored(status, Fields((key, value) for key, value in fields), received, age, expired=row.expired_at),
            facts=Facts(**told["facts"]) if told["facts"] else None,
            problem=Problem(**told["problem"]) if told["problem"] else None,
            generation=told["generation"],
            selecting=tuple((name, value) for name, value in told["selecting"]),
            tags=row.tags,
        )
    except (ValueError, KeyError, TypeError):
        return None


def _seal(name: str, variant: str, tags: tuple[str, ...], text: bytes) -> bytes:
    known = json.dumps([name, variant, *tags]).encode()
    return hashlib.blake2b(len(known).to_bytes(8, "big") + known + text, digest_size=_SEAL).digest()
