"""What a shared cache may store (RFC 9111 §3, §3.5)."""

from edge.exchange import NO_FIELDS, Fields
from edge.freshness.policy import Policy, policy_of
from edge.freshness.statuses import HEURISTIC, UNDERSTOOD, is_final
from edge.freshness.targets import resolved

_PERMITS = ("public", "max-age", "s-maxage")
_PERMITS_AUTHORIZED = ("public", "s-maxage", "must-revalidate")  # RFC 9111 §3.5
_PARTIAL = frozenset({206, 304})  # they need another answer to be whole


def storable(status: int, fields: Fields, *, method: str = "GET", request: Fields = NO_FIELDS) -> bool:
    """May a shared cache keep this answer and hand it to others? `request` is what the origin was asked with."""
    if method != "GET" or forbidden(status, fields, request=request):
        return False
    return status in HEURISTIC or _permitted(policy_of(fields), fields)


def storable_post(status: int, fields: Fields, target: str, *, request: Fields = NO_FIELDS) -> bool:
    """May the answer to a POST serve later GETs of `target`, a path with its query (RFC 9110 §9.3.3)? Only with
    explicit freshness, and when it says that it is what a GET there would bring."""
    location = fields.get("content-location")
    if location is None or not 200 <= status < 300 or forbidden(status, fields, request=request):
        return False
    return _permitted(policy_of(fields), fields, ("max-age", "s-maxage")) and resolved(location, target) == target


def forbidden(status: int, fields: Fields, *, request: Fields = NO_FIELDS) -> bool:
    """Must nobody keep it, whatever a cache's own rules say?"""
    policy = policy_of(fields)
    if not is_final(status) or status in _PARTIAL or "private" in policy or _not_to_store(status, policy):
        return True
    return "authorization" in request and not any(name in policy for name in _PERMITS_AUTHORIZED)


def _not_to_store(status: int, policy: Policy) -> bool:
    """must-understand takes the place of no-store where the status is understood (RFC 9111 §5.2.2.3)."""
    if "must-understand" in policy:
        return status not in UNDERSTOOD
    return "no-store" in policy


def _permitted(policy: Policy, fields: Fields, names: tuple[str, ...] = _PERMITS) -> bool:
    return any(name in policy for name in names) or (not policy.targeted and "expires" in fields)
