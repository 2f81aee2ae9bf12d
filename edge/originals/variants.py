"""Which of several answers of one name fits a request (RFC 9111 §4.1). Pure.

Pictures are fetched with the same request for everyone, but for the fields of `FORWARDED`. What an answer's Vary says
of any other field cannot make two clients' pictures differ, and is passed over. The marks of edges like this one travel
on beside them (RFC 8586): without them two installations that have each other for an origin would not notice.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from edge.exchange import NO_FIELDS, Fields
from edge.freshness.vary import Selecting, matches, selecting_of, variant_of
from edge.originals.record import Record
from edge.routing.loops import marks_of_ours

FORWARDED: Final = ("accept-language",)
_TOLD: Final = {"accept-language": "Accept-Language"}
_LANGUAGES = re.compile(r"[A-Za-z0-9*,;=. \t-]{1,256}", re.ASCII)
_EVERY = Fields([("vary", ", ".join(FORWARDED))])


def forwarded(headers: Fields) -> Fields:
    """What of a client's request an origin of pictures hears. What is too long or no list of languages is not told."""
    told = _forwarded(headers.get("accept-language"))
    passed = marks_of_ours(headers)
    return told.having("cdn-loop", ", ".join(passed)) if passed else told


@lru_cache(1024)
def _forwarded(languages: str | None) -> Fields:
    if languages is None or not _LANGUAGES.fullmatch(languages):
        return NO_FIELDS
    return Fields([("accept-language", languages)])


def selecting(fields: Fields, asked: Fields) -> Selecting | None:
    """What of this request chose this answer; None = everything: nobody else may have it (Vary: *)."""
    nominated = selecting_of(fields, asked)
    return None if nominated is None else tuple([one for one in nominated if one[0] in FORWARDED])


def chosen(known: Sequence[Record], asked: Fields) -> Record | None:
    """The record that fits; the first of several."""
    for record in known:
        if fits(record, asked):
            return record
    return None


def fits(record: Record, asked: Fields) -> bool:
    return not record.selecting or matches(record.selecting, asked)


def nominated(record: Record) -> tuple[str, ...]:
    """The fields that could have chosen another answer, as Vary writes them."""
    return tuple([_TOLD[name] for name, _ in record.selecting])


def apart(asked: Fields) -> str:
    """A name for all requests that no answer's Vary could tell apart from this one."""
    return variant_of(selecting_of(_EVERY, asked) or ())
