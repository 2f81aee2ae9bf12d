"""The judge: may this stored answer be used now (RFC 9111 §4), and when its origin fails (§4.2.4, RFC 5861)?

Pure: every function takes the clock as an argument.
"""

from enum import Enum, auto

from edge.freshness.downstream import downstream, refusal
from edge.freshness.lifetime import lifetime, seconds_left
from edge.freshness.merge304 import freshen
from edge.freshness.policy import Policy, policy_of
from edge.freshness.said import NOTHING_SAID, Said
from edge.freshness.statuses import is_success
from edge.freshness.storable import storable
from edge.freshness.stored import Stored, Window, receive
from edge.freshness.vary import varies_on_everything

__all__ = [
    "Stored",
    "Verdict",
    "Window",
    "downstream",
    "freshen",
    "judge",
    "lifetime",
    "may_serve_stale",
    "receive",
    "refusal",
    "seconds_left",
    "storable",
]

# RFC 9111 §4.2.4; s-maxage says what proxy-revalidate says (§5.2.2.10).
_FORBIDS_STALE = ("must-revalidate", "proxy-revalidate", "no-cache", "s-maxage")
_DISCONNECTED = 86400.0  # a day: long enough for a weekend's morning, short enough to be the same picture


class Verdict(Enum):
    FRESH = auto()
    STALE_SERVE_AND_REVALIDATE = auto()
    REVALIDATE = auto()
    FETCH = auto()
    ONLY_IF_CACHED_MISS = auto()
    BYPASS = auto()


def judge(
    stored: Stored | None, window: Window, now: float, recheck: float | None = None, said: Said = NOTHING_SAID
) -> Verdict:
    """What to do for a request that arrives now. `recheck` is how long an origin next door need not be looked at.
    FRESH = use it as it is, also where a client takes stale answers; BYPASS = ask, and store nothing."""
    if said.no_store and not said.only_if_cached:
        return Verdict.BYPASS
    verdict = Verdict.FETCH if stored is None else _verdict(stored, window, now, recheck, said)
    if said.only_if_cached and verdict is not Verdict.FRESH:
        return Verdict.ONLY_IF_CACHED_MISS
    return verdict


def _verdict(stored: Stored, window: Window, now: float, recheck: float | None, said: Said) -> Verdict:
    if recheck is not None:
        seen = stored.expired is None and 0 <= now - stored.received < recheck
        return Verdict.FRESH if seen and not said.no_cache else Verdict.REVALIDATE
    if said.no_cache or (said.max_age is not None and stored.now_aged(now) > said.max_age):
        return Verdict.REVALIDATE
    left = seconds_left(stored, window, now)
    if left > 0 and left >= (said.min_fresh or 0):
        return Verdict.FRESH
    if said.min_fresh is not None or forbids_stale(stored):
        return Verdict.REVALIDATE
    if said.max_stale is not None and -left <= said.max_stale:
        return Verdict.FRESH
    return Verdict.STALE_SERVE_AND_REVALIDATE if -left < _while_revalidate(stored, window) else Verdict.REVALIDATE


def _while_revalidate(stored: Stored, window: Window) -> float:
    """The origin's word; else the operator's, who never widens what was to be asked for each time."""
    said = policy_of(stored.fields).seconds("stale-while-revalidate")
    if said is not None:
        return float(said)
    widens = is_success(stored.status) and lifetime(stored, window) > 0
    return window.stale_while_revalidate if widens else 0.0


def may_serve_stale(stored: Stored, window: Window, now: float, *, disconnected: bool = False) -> bool:
    """The origin failed: may the old answer be used once more? `disconnected`: it could not be reached at all, which
    RFC 9111 §4.2.4 allows without the origin's word; we do for a day."""
    if forbids_stale(stored):
        return False
    said = policy_of(stored.fields).seconds("stale-if-error")
    if said is None and not is_success(stored.status):
        return False
    allowed = window.stale_if_error if said is None else float(said)
    if said is None and disconnected:
        allowed = max(allowed, _DISCONNECTED)
    return -seconds_left(stored, window, now) < allowed


def forbids_stale(stored: Stored) -> bool:
    """Must it be validated once it is stale, whatever happens?"""
    policy: Policy = policy_of(stored.fields)
    return any(word in policy for word in _FORBIDS_STALE) or varies_on_everything(stored.fields)
