"""What those downstream are told: Cache-Control, Age and the dates of what is made from stored answers, or of one that
is passed on.

Theory of operation. A rendition is as old as its original, so Age and Date are the original's and max-age stays what it
was: max-age minus Age is what is left. Each audience hears what the origin told it: browsers and unknown caches
Cache-Control, CDNs their own field. The operator's window, a signature's end and a soft purge only ever shorten. Of
several inputs the shortest life and every restriction counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from edge.exchange import Fields
from edge.freshness.dates import parse_date, print_date
from edge.freshness.lifetime import browser_lifetime, lifetime
from edge.freshness.policy import CDN, OURS, SURROGATE, Policy, common_policy, policy_of, targeted_directives
from edge.freshness.statuses import is_success
from edge.freshness.stored import Stored, Window
from edge.freshness.vary import varies_on_everything

Input = tuple[Stored, Window]

# Directives that those downstream must hear as the origin said them.
_CARRIED = (
    "no-cache",
    "must-revalidate",
    "proxy-revalidate",
    "no-transform",
    "immutable",
    "must-understand",
)
_WORDS = frozenset({*_CARRIED, "private", "no-store"})
_GRACE = ("stale-while-revalidate", "stale-if-error")
_FAR = 2**40  # seconds; more than any age or lifetime
_NOT_AT_ALL = Fields([("cache-control", "private, no-store")])
_CONSUMED = ("age", SURROGATE, "surrogate-key", "cache-tag", "xkey")


@dataclass(frozen=True, slots=True)
class _Told:
    """What one audience hears. `left` and `shared` are what remains of max-age and s-maxage, in seconds from now."""

    words: frozenset[str]
    left: int
    shared: int | None
    grace: Mapping[str, int]


def downstream(stored: Stored, window: Window, now: float, expires: float | None = None) -> Fields:
    """Cache-Control, Age, Date and, where the origin sent them, Expires, CDN-Cache-Control and Last-Modified for what
    is made from this answer. `expires` (Unix seconds) ends every permission: a signature's end."""
    return combined([(stored, window)], now, expires)


def combined(inputs: Sequence[Input], now: float, expires: float | None = None) -> Fields:
    """The same for what is made from several (at least one)."""
    if any(varies_on_everything(stored.fields) for stored, _ in inputs):
        return _NOT_AT_ALL
    browsers = [_for_browsers(stored, window, now, expires) for stored, window in inputs]
    told = _strictest(browsers)
    eldest = max((stored for stored, _ in inputs), key=lambda stored: stored.now_aged(now))
    age = int(eldest.now_aged(now))
    cdn = _cdn_text(inputs, browsers, now, expires, age)
    aimed = [(CDN, cdn)] if cdn is not None else []
    if _forbids_storing(told):
        return Fields([("cache-control", "no-store"), *aimed, *([("age", str(age))] if aimed else [])])
    most = max(0, told.left + age)
    lines = [("cache-control", _text(told, age, "public")), *aimed, ("age", str(age)), ("date", _date(eldest))]
    if any("expires" in stored.fields for stored, _ in inputs):
        lines.append(("expires", print_date(int(eldest.date()) + most)))
    modified = _modified(inputs, now)
    if modified is not None:
        lines.append(("last-modified", modified))
    return Fields(lines)


def refusal(stored: Stored, window: Window, now: float) -> Fields:
    """The same for an error that is told in its place: an original that is missing, or no picture at all: then for no
    longer than `negative`, from now on, however long it may live."""
    if not is_success(stored.status):
        return downstream(stored, replace(window, min=0.0), now).without("last-modified")
    short = replace(window, min=0.0, max=min(window.max, window.negative))
    return downstream(stored, short, now).without("age", "date", "expires", "last-modified")


def relayed(stored: Stored, now: float, *, window: Window | None = None, expires: float | None = None) -> Fields:
    """A stored answer's own fields, for passing it on: with its Age, without what was meant for us alone. With `window`
    and `expires` (a signature's end) its permissions end there."""
    kept = stored.fields.without(*_CONSUMED)
    if window is None or expires is None:
        return Fields((*kept, ("age", str(int(stored.now_aged(now))))))
    told = downstream(stored, window, now, expires).without("last-modified")
    if "public" not in common_policy(stored.fields):
        told = told.having("cache-control", (told.get("cache-control") or "").removeprefix("public, "))
    return Fields((*kept.without("cache-control", "expires", "date", CDN, OURS), *told))


# One audience, one input.


def _for_browsers(stored: Stored, window: Window, now: float, expires: float | None) -> _Told:
    told = _told(common_policy(stored.fields), browser_lifetime(stored, window), (stored, window), now, expires)
    ruling = policy_of(stored.fields)
    if ruling.targeted and ("private" in ruling or "no-store" in ruling):
        return replace(told, words=told.words | {"private"})  # other shared caches know no targeted fields
    return told


def _for_cdns(one: Input, now: float, expires: float | None) -> _Told | None:
    stored, window = one
    directives = targeted_directives(stored.fields.get(CDN)) if CDN in stored.fields else None
    if directives is None:
        return None
    policy = Policy(directives)
    said = policy.seconds("max-age")
    lives = lifetime(stored, window) if said is None else max(window.min, min(window.max, said))
    return _told(policy, lives, one, now, expires)


def _told(policy: Policy, lives: float, one: Input, now: float, expires: float | None) -> _Told:
    stored, window = one
    age = int(stored.now_aged(now))
    most = _most(stored, now, expires)
    shared = policy.seconds("s-maxage")
    grace = {} if expires is not None else {name: policy.seconds(name) for name in _GRACE}
    return _Told(
        _WORDS & policy.directives.keys(),
        min(int(lives) - age, most),
        None if shared is None else min(int(min(shared, window.max)) - age, most),
        {name: said for name, said in grace.items() if said is not None},
    )


def _most(stored: Stored, now: float, expires: float | None) -> int:
    """What may be left at most."""
    most = _FAR if expires is None else max(0, int(expires - now))
    return most if stored.expired is None else min(most, -int(max(0.0, now - stored.expired)))


# Several inputs, one audience.


def _strictest(told: Sequence[_Told]) -> _Told:
    if len(told) == 1:
        return told[0]
    words = frozenset().union(*[one.words for one in told])
    if not all("immutable" in one.words for one in told):
        words -= {"immutable"}
    shared = None
    if any(one.shared is not None for one in told):
        shared = min(one.left if one.shared is None else one.shared for one in told)
    names = [name for name in _GRACE if all(name in one.grace for one in told)]
    return _Told(
        words, min(one.left for one in told), shared, {name: min(one.grace[name] for one in told) for name in names}
    )


def _cdn_text(
    inputs: Sequence[Input], browsers: Sequence[_Told], now: float, expires: float | None, age: int
) -> str | None:
    """CDN-Cache-Control: as the origin wrote it, unless something shortens it."""
    aimed = [_for_cdns(one, now, expires) for one in inputs]
    if all(one is None for one in aimed):
        return None
    first, (stored, _) = aimed[0], inputs[0]
    if len(inputs) == 1 and first is not None and expires is None and stored.expired is None:
        said = Policy(targeted_directives(stored.fields.get(CDN)) or {}).seconds("max-age")
        if said is None or first.left + age >= said:
            return stored.fields.get(CDN)
    told = _strictest([heard or browser for heard, browser in zip(aimed, browsers, strict=True)])
    return "no-store" if _forbids_storing(told) else _text(told, age, "")


def _forbids_storing(told: _Told) -> bool:
    return "no-store" in told.words and "must-understand" not in told.words


def _text(told: _Told, age: int, visible: str) -> str:
    parts = ["private" if "private" in told.words else visible, f"max-age={max(0, told.left + age)}"]
    if told.shared is not None:
        parts.append(f"s-maxage={max(0, told.shared + age)}")
    parts += [word for word in _CARRIED if word in told.words]
    if "no-store" in told.words:
        parts.append("no-store")
    parts += [f"{name}={said}" for name, said in told.grace.items()]
    return ", ".join([part for part in parts if part])


def _date(stored: Stored) -> str:
    text = stored.fields.get("date")
    return print_date(int(stored.received)) if text is None or parse_date(text, stored.received) is None else text


def _modified(inputs: Sequence[Input], now: float) -> str | None:
    """The latest Last-Modified; none when one of the inputs does not say."""
    moments = [parse_date(stored.fields.get("last-modified") or "", now) for stored, _ in inputs]
    known = [moment for moment in moments if moment is not None]
    return print_date(int(max(known))) if len(known) == len(moments) else None
