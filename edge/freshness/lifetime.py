"""How long an answer is fresh (RFC 9111 §4.2.1, §4.2.2), within the operator's window."""

from edge.freshness.dates import parse_date
from edge.freshness.policy import Policy, common_policy, policy_of
from edge.freshness.statuses import HEURISTIC, is_success
from edge.freshness.stored import Stored, Window
from edge.freshness.vary import varies_on_everything

_FRACTION = 0.1  # RFC 9111 §4.2.2 suggests 10 % of the time since it was last modified
_LONGEST_GUESS = 86400.0
_FAILING = 5.0  # an origin that fails is asked again soon, whatever the window says
_SHARED = ("s-maxage", "max-age")
_BROWSERS = ("max-age",)


def lifetime(stored: Stored, window: Window) -> float:
    """Seconds of age at which it is stale: s-maxage, max-age, Expires minus Date, else the operator's default, else a
    guess; then within the operator's window. 0 when each use needs a validation."""
    policy = policy_of(stored.fields)
    if "no-cache" in policy or varies_on_everything(stored.fields):
        return 0.0
    return _within(stored, window, policy, _explicit(stored, policy, _SHARED))


def browser_lifetime(stored: Stored, window: Window) -> float:
    """The same for those whom neither s-maxage nor a targeted field is for; when Cache-Control and Expires are silent,
    no more than for us."""
    policy = common_policy(stored.fields)
    said = _explicit(stored, policy, _BROWSERS)
    told = _within(stored, window, policy, said)
    return told if said is not None else min(told, lifetime(stored, window))


def seconds_left(stored: Stored, window: Window, now: float) -> float:
    """Until it is stale; at most 0 once it is."""
    left = lifetime(stored, window) - stored.now_aged(now)
    return left if stored.expired is None else min(left, -max(0.0, now - stored.expired))


def is_explicit(stored: Stored) -> bool:
    """Did the origin say how long?"""
    return _explicit(stored, policy_of(stored.fields), _SHARED) is not None


def _explicit(stored: Stored, policy: Policy, names: tuple[str, ...]) -> float | None:
    for name in names:
        said = policy.seconds(name)
        if said is not None:
            return float(said)
    if policy.targeted or "expires" not in stored.fields:
        return None
    expires = stored.fields.lines("expires")
    until = parse_date(expires[0], stored.received) if len(expires) == 1 else None
    return 0.0 if until is None else max(0.0, until - stored.date())


def _within(stored: Stored, window: Window, policy: Policy, explicit: float | None) -> float:
    if not is_success(stored.status):
        return min(window.max, _negative(stored, window, policy) if explicit is None else explicit)
    told = _default(stored, window, policy) if explicit is None else explicit
    return 0.0 if told is None else max(window.min, min(window.max, told))


def _default(stored: Stored, window: Window, policy: Policy) -> float | None:
    if stored.status not in HEURISTIC and "public" not in policy:
        return None
    return window.default if window.default > 0 else _guess(stored, policy)


def _negative(stored: Stored, window: Window, policy: Policy) -> float:
    if window.negative <= 0 or stored.status not in window.negative_for:
        return _guess(stored, policy)
    return min(window.negative, _FAILING) if stored.status >= 500 else window.negative


def _guess(stored: Stored, policy: Policy) -> float:
    if stored.status not in HEURISTIC and "public" not in policy:
        return 0.0
    modified = parse_date(stored.fields.get("last-modified") or "", stored.received)
    return 0.0 if modified is None else min(max(0.0, stored.date() - modified) * _FRACTION, _LONGEST_GUESS)
