"""Pictures whose work ended badly are refused for a while, so that one of them cannot keep the pool respawning.

A job is named by the digests of all its inputs together: a watermark laid on a poisonous picture is not to blame for
it, while the picture alone, once it is held, is refused in every company. A job with an input of unknown digest is
not held.
"""

from collections import OrderedDict
from collections.abc import Collection

HOLD = 600.0  # seconds; SANDBOX §4.5
CAPACITY = 4096  # inputs held at once; the oldest leave first


class Quarantine:
    def __init__(self, hold: float = HOLD, capacity: int = CAPACITY) -> None:
        self._hold = hold
        self._capacity = capacity
        self._held: OrderedDict[frozenset[str], tuple[float, str]] = OrderedDict()

    def hold(self, digests: Collection[str], sentence: str, now: float) -> None:
        """Refuse these inputs from now on, with this sentence."""
        if not digests or "" in digests:
            return
        key = frozenset(digests)
        self._held[key] = (now + self._hold, sentence)
        self._held.move_to_end(key)
        while len(self._held) > self._capacity:
            self._held.popitem(last=False)

    def refusal(self, digests: Collection[str], now: float) -> str | None:
        """Why these inputs are refused now, or None."""
        self._release(now)
        for key in (*(frozenset((digest,)) for digest in digests), frozenset(digests)):
            if key in self._held:
                return self._held[key][1]
        return None

    def _release(self, now: float) -> None:
        while self._held:
            key, (until, _) = next(iter(self._held.items()))
            if until > now:
                return
            del self._held[key]

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return f"Quarantine({len(self)} held, {self._hold:g} s each)"
