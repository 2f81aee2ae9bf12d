"""Pictures whose work ended badly are refused for a while, so that one of them cannot keep the pool respawning.

A job is named by the digests of all its inputs together: a watermark laid on a poisonous picture is not to blame for
it, while the picture alone, once it is held, is refused in every company. A job with an input of unknown digest is
not held.

Work that took too long may be the plan's fault, or that of a busy machine: then it is this work on these inputs that is
held, or one slow URL would take a picture from everybody. When a second plan takes too long, the inputs are held.
"""

from collections import OrderedDict
from collections.abc import Collection

HOLD = 600.0  # seconds; SANDBOX §4.5
CAPACITY = 4096  # inputs held at once; the oldest leave first

_Key = tuple[frozenset[str], str]  # digests, and the text of a plan or "" for all


class Quarantine:
    def __init__(self, hold: float = HOLD, capacity: int = CAPACITY) -> None:
        self._hold = hold
        self._capacity = capacity
        self._held: OrderedDict[_Key, tuple[float, str]] = OrderedDict()

    def hold(self, digests: Collection[str], sentence: str, now: float, plan: str = "") -> None:
        """Refuse these inputs from now on, with this sentence; with a plan's text, for the first, that plan alone."""
        if not digests or "" in digests:
            return
        self._release(now)
        inputs = frozenset(digests)
        another = any(held == inputs and other != plan for held, other in self._held)
        key = inputs, "" if another else plan
        self._held[key] = (now + self._hold, sentence)
        self._held.move_to_end(key)
        while len(self._held) > self._capacity:
            self._held.popitem(last=False)

    def refusal(self, digests: Collection[str], now: float, plan: str = "") -> str | None:
        """Why these inputs are refused now, or None."""
        self._release(now)
        inputs = frozenset(digests)
        for key in (*((frozenset((digest,)), "") for digest in digests), (inputs, ""), (inputs, plan)):
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
