"""From the text of a query to a wish: layers, keys, steps."""

from collections.abc import Sequence
from typing import Final

from edge.dialects.book import PLAIN, Book, Compat
from edge.dialects.query import pairs
from edge.dialects.riapi import effects, encoding, marks, sizing, srcset
from edge.dialects.riapi.asked import Asked
from edge.dialects.riapi.keys import DEAD_UPSTREAM, KNOWN, ROWS
from edge.dialects.riapi.layers import Pair, layered
from edge.dialects.riapi.row import Notices, fill_in
from edge.plan.plan import Plan, Wish
from edge.plan.steps import Decode, Dot, Encode, Fit

_JSON_KEYS: Final = frozenset({"format", "thumbnail", "frame", "page", "preset"})


def parse(query: str, book: Book = PLAIN, trusted: bool = False) -> Wish:
    """The wish that a query string speaks of on a route. Never raises. `trusted`: a signature vouches for the query."""
    notices = Notices()
    own = list(pairs(query))
    said, problem = layered(_permitted(own, trusted, notices), book, _thing, notices)
    texts = _texts(said, book.compat, notices)
    asked = Asked()
    fill_in(asked, texts, ROWS[book.compat], notices)
    presets_only = all(key == "preset" or key not in KNOWN[book.compat] for key, _ in own)
    if asked.format == "json":
        for key in [key for key in texts if key not in _JSON_KEYS]:
            notices.note("ignored", key, f"{key} has no effect beside format=json")
        return Wish(_telling(asked), tuple(notices.said), True, presets_only, problem=problem)
    if asked.srcset is not None:
        srcset.apply(asked, asked.srcset, book.compat, notices)
    for room in (sizing, encoding, marks):
        room.check(asked, notices)
    chain = _chain(asked, book)
    problem = problem or marks.unknown(asked, book)
    return Wish(chain.plan, tuple(notices.said), bool(texts), presets_only, tuple(chain.extras), problem)


def _permitted(own: list[Pair], trusted: bool, notices: Notices) -> list[Pair]:
    """The request's pairs without the text that only a signature may ask for."""
    if trusted or not any(key in marks.TEXT_KEYS for key, _ in own):
        return own
    for key in dict.fromkeys(key for key, _ in own if key in marks.TEXT_KEYS):
        notices.note("ignored", key, f"{key} needs a signed URL")
    return [pair for pair in own if pair[0] not in marks.TEXT_KEYS]


def _thing(key: str, text: str) -> str:
    """One name for all spellings of what a pair speaks of. `crop` has two meanings: a mode, and a window as `c`."""
    if key in ("c", "crop"):
        return "mode of crop" if text.lower() in ("auto", "smart") else "crop"
    row = ROWS["modern"].get(key)
    return key if row is None else row.keys[0]


def _texts(said: Sequence[Pair], compat: Compat, notices: Notices) -> dict[str, str]:
    """The values that may act. The first of a key counts."""
    rows, known = ROWS[compat], KNOWN[compat]
    texts: dict[str, str] = {}
    seen: set[str] = set()
    for key, text in said:
        if key in seen:
            notices.duplicate(key)
            continue
        seen.add(key)
        if key in rows:
            texts[key] = text
        elif key not in known:
            notices.unknown(key)
        else:
            where = " with compat: imageflow" if key in DEAD_UPSTREAM else ""
            notices.note("ignored", key, f"{key} has no effect{where}")
    return texts


def _chain(asked: Asked, book: Book) -> marks.Chain:
    """The steps in the order of RIAPI §3, whatever the order of the keys."""
    chain = marks.Chain(sizing.decode(asked, book.compat))
    chain.add(*sizing.before(asked), sizing.fit(asked, book.compat), *effects.effects(asked))
    for mark in marks.on_image(asked, book):
        chain.mark(mark)
    for mark in marks.on_canvas(asked, book):
        chain.mark(mark)
    chain.add(*sizing.after(asked))
    if asked.dot:
        chain.add(Dot())
    chain.add(encoding.encode(asked, book.compat))
    return chain


def _telling(asked: Asked) -> Plan:
    """What is told of a picture is computed from a small copy of it."""
    return Plan.chain(Decode(frame=asked.frame), Fit(width=100, height=100, mode="max"), Encode("json"))
