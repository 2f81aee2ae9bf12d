"""How many requests `edge warm` has under way. It starts with as many as it may, has half as many whenever the edge
says that it has no room (503 with Retry-After, RFC 9110 §10.2.3), waits as long as the edge asks for, and dares one
more after a while without such an answer."""

import threading
from collections.abc import Callable

LONGEST_WAIT = 30.0  # seconds; more than an edge that is merely busy asks for
_GOOD = 16  # answers before one more is dared

Clock = Callable[[], float]


class Pace:
    """Shared by threads. `enter` waits for its turn and says whether there is still anything to do."""

    def __init__(self, most: int, clock: Clock) -> None:
        self._most = most
        self._clock = clock
        self._limit = most
        self._active = 0
        self._good = 0
        self._until = 0.0
        self._over = False
        self._turn = threading.Condition()

    def enter(self) -> bool:
        with self._turn:
            while not self._over:
                wait = self._until - self._clock()
                if wait <= 0 and self._active < self._limit:
                    self._active += 1
                    return True
                self._turn.wait(wait if wait > 0 else None)
            return False

    def leave(self) -> None:
        """The request was answered, or failed by itself."""
        with self._turn:
            self._active -= 1
            self._good += 1
            if self._good >= _GOOD and self._limit < self._most:
                self._limit += 1
                self._good = 0
            self._turn.notify_all()

    def refused(self, seconds: float) -> None:
        """There was no room: nobody asks before that many seconds are over."""
        with self._turn:
            now = self._clock()
            if now >= self._until:  # those who were refused together count once
                self._limit = max(1, self._limit // 2)
            self._until = max(self._until, now + min(max(seconds, 0.0), LONGEST_WAIT))
            self._active -= 1
            self._good = 0
            self._turn.notify_all()

    def end(self) -> None:
        """Nobody enters any more."""
        with self._turn:
            self._over = True
            self._turn.notify_all()

    def __repr__(self) -> str:
        return f"Pace({self._active} of {self._limit}, at most {self._most})"
