"""What a validation changes in a stored answer (RFC 9111 §3.2, §4.3.4, §4.3.5)."""

from collections.abc import Sequence

from edge.exchange import Fields
from edge.freshness.directives import seconds
from edge.freshness.hops import end_to_end
from edge.freshness.policy import CDN, OURS, SURROGATE
from edge.freshness.stored import Stored, receive
from edge.freshness.validators import is_strong, same_weakly

# Fields of a 304 that describe a body: the stored one stays as it was named when it came.
_OF_THE_BODY = (
    "content-encoding",
    "content-length",
    "content-md5",
    "content-range",
    "etag",
)
_OF_THE_MESSAGE = ("age", "date")
_OF_FRESHNESS = frozenset({*_OF_THE_MESSAGE, "cache-control", "expires", "vary", OURS, CDN, SURROGATE})
_LARGEST = 64 << 10  # characters of all fields together: an origin may not let a record grow with each 304


def freshen(stored: Stored, answer: Fields, *, asked: float, now: float) -> Stored:
    """A 304 came: its fields replace those of the same name, its Age and Date begin a new life."""
    news = end_to_end(answer).without(*_OF_THE_BODY)
    kept = stored.fields.without(*_OF_THE_MESSAGE, *{name for name, _ in news})
    if _size(kept) + _size(news) > _LARGEST:
        news = Fields([line for line in news if line[0] in stored.fields or line[0] in _OF_FRESHNESS])
    return receive(stored.status, Fields((*kept, *news)), asked=asked, now=now)


def _size(fields: Fields) -> int:
    return sum(len(name) + len(value) for name, value in fields)


def selects(stored: Fields, answer: Fields) -> bool:
    """Does this 304 speak of this stored answer? By its strong tag, else its weak one, else its Last-Modified. One that
    names none speaks of the only answer that was offered: with several, see `selected`."""
    tag, known = answer.get("etag"), stored.get("etag")
    if tag is not None and known is not None:
        return tag == known if is_strong(tag) else same_weakly(tag, known)
    modified = answer.get("last-modified")
    if modified is not None:
        return modified == stored.get("last-modified")
    return tag is None


def selected(offered: Sequence[Fields], answer: Fields) -> tuple[int, ...]:
    """Which of the stored answers that were offered this 304 freshens, as indices; () = none may be used."""
    if len(offered) > 1 and answer.get("etag") is None and answer.get("last-modified") is None:
        return ()
    return tuple([index for index, stored in enumerate(offered) if selects(stored, answer)])


def head_freshen(
    stored: Stored, answer: Fields, *, asked: float, now: float, length: int | None = None
) -> Stored | None:
    """A 200 to HEAD came: the stored answer freshened, or None when it is another one now. `length` of the stored body,
    for when its fields do not say."""
    known = seconds(stored.fields.get("content-length"))
    told = answer.get("content-length")
    if told is not None and seconds(told) != (length if length is not None else known):
        return None
    same = all(answer.get(name) in (None, stored.fields.get(name)) for name in ("etag", "last-modified"))
    return freshen(stored, answer, asked=asked, now=now) if same else None
