"""When to ask again: a budget that keeps retries a small share of the asks, and how long to wait. Pure."""

from edge.exchange import Fields
from edge.origins.conditional import seconds_of

RETRIED = frozenset({502, 503, 504})
LONGEST_WAIT = 2.0  # seconds; an origin that wants more time than a client would wait is not asked again
_FIRST_WAIT = 0.1


class RetryBudget:
    """A token bucket: an ask earns `share` of a retry, and time earns `per_second` for origins that are rarely asked.
    When all asks fail, retries thus add a tenth to the load instead of multiplying it."""

    __slots__ = ("_at", "_tokens", "most", "per_second", "share")

    def __init__(self, share: float = 0.1, per_second: float = 0.2, most: float = 10.0) -> None:
        self.share = share
        self.per_second = per_second
        self.most = most
        self._tokens = most
        self._at: float | None = None

    def earn(self, now: float) -> None:
        """An ask begins."""
        waited = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._tokens = min(self.most, self._tokens + self.share + waited * self.per_second)

    def spend(self) -> bool:
        """May this ask be made again?"""
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def __repr__(self) -> str:
        return f"RetryBudget({self._tokens:.1f} of {self.most:g})"


def wait_before(attempt: int, chance: float) -> float:
    """Seconds before retry number `attempt` (from 1); `chance` is uniform in 0..1. Full jitter, as the waits of many
    clients should spread over the whole interval."""
    return float(chance * min(1.0, _FIRST_WAIT * 2**attempt))


def retry_after(headers: Fields, now: float) -> float | None:
    """The seconds that Retry-After asks for (RFC 9110 §10.2.3), or None when it says nothing that can be read."""
    text = (headers.get("retry-after") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    date = seconds_of(text)
    return None if date is None else max(0.0, date - now)
