"""A circuit breaker: an origin that failed several times in a row is left alone for a moment, then tried once.

Pure: the clock comes as an argument. States: closed (asks pass) → open (asks are refused until `hold` is over) →
half open (one trial passes) → closed or open again. A ticket remembers the circuit it was given under, so the late
outcome of an ask from before the circuit opened neither closes nor prolongs it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    circuit: int


class Breaker:
    """`failures` in a row open it for `hold` seconds; `failures` 0 never does. Every ticket must be given back by
    exactly one of `succeeded`, `failed` and `abandoned`."""

    __slots__ = ("_circuit", "_failed", "_opened_until", "_trial", "failures", "hold")

    def __init__(self, failures: int, hold: float) -> None:
        self.failures = failures
        self.hold = hold
        self._circuit = 0
        self._failed = 0
        self._opened_until: float | None = None
        self._trial = False

    def admit(self, now: float) -> Ticket | None:
        """A ticket, or None: the origin is not to be asked now."""
        if self._opened_until is not None:
            if now < self._opened_until or self._trial:
                return None
            self._trial = True
        return Ticket(self._circuit)

    def succeeded(self, ticket: Ticket) -> None:
        if ticket.circuit == self._circuit:
            self._failed = 0
            if self._opened_until is not None:
                self._turn(None)

    def failed(self, ticket: Ticket, now: float, stretch: float = 1.0) -> None:
        """`stretch` varies the hold, so that many edges do not come back in one moment (HTTP_CACHING §10.5)."""
        if ticket.circuit != self._circuit:
            return
        self._failed += 1
        if self._trial or 0 < self.failures <= self._failed:
            self._turn(now + self.hold * stretch)

    def abandoned(self, ticket: Ticket) -> None:
        """Neither: the asker left, or a rule of ours forbade it. The next one may try."""
        if ticket.circuit == self._circuit:
            self._trial = False

    def _turn(self, opened_until: float | None) -> None:
        self._circuit += 1
        self._failed = 0
        self._trial = False
        self._opened_until = opened_until

    @property
    def state(self) -> str:
        if self._opened_until is None:
            return "closed"
        return "half open" if self._trial else "open"

    def __repr__(self) -> str:
        return f"Breaker({self.state}, {self._failed} of {self.failures} failures)"
