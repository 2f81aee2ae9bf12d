"""A small bounded table whose rows lapse: what is remembered for a while and may be forgotten at any time."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lapsing(Generic[K, V]):
    """Rows are dropped when their seconds are over, or the oldest first when there are more than `capacity`."""

    def __init__(self, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rows: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._capacity = capacity
        self._clock = clock

    def put(self, key: K, value: V, seconds: float) -> None:
        self._rows.pop(key, None)
        if seconds <= 0:
            return
        self._rows[key] = (self._clock() + seconds, value)
        while len(self._rows) > self._capacity:
            self._rows.popitem(last=False)

    def get(self, key: K) -> V | None:
        row = self._rows.get(key)
        if row is None:
            return None
        if row[0] <= self._clock():
            del self._rows[key]
            return None
        return row[1]

    def forget(self, key: K) -> None:
        self._rows.pop(key, None)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"Lapsing({len(self)} of {self._capacity})"
