"""Who may use a worker now, who waits, who is refused: by predicted milliseconds, decided without awaiting.

Theory of operation. A job says what it will probably cost. What lies ahead of it is what the running jobs still need
and what waits in front of it; shared by the slots, that is its predicted wait. If that is longer than `queue_wait`, it
is refused at once, with the time after which it would not be: a visitor who would give up anyway costs nothing.

Order. Waiters go by arrival plus cost, not by arrival alone. So a thumbnail overtakes the large pictures in front of
it, but a large one that costs C can be overtaken only by what arrives within C after it: nobody starves.

Correction. Predictions are for some machine. Measured and predicted times are summed with exponentially fading weight;
their ratio corrects every later prediction. Sums, not a mean of ratios, because a queue is as long as its large jobs.

A running job that outlives its prediction by x is expected to need x more: otherwise a pool of hanging jobs would
look idle, and the queue would grow without end.
"""

import math
from dataclasses import dataclass, field

FADE = 0.05  # weight of the newest job: about twenty jobs are remembered
PRIOR = 20.0  # milliseconds that count as predicted well before the first job, so that one cold job does not rule
RATIO_LEAST, RATIO_MOST = 0.02, 50.0
RETRY_MOST = 60  # seconds
COST_LEAST = 0.1  # milliseconds: the way to a worker and back alone


@dataclass(slots=True, eq=False)
class Ticket:
    """A job's place. Times in milliseconds: `predicted` as said, `cost` as corrected when it came."""

    predicted: float
    cost: float
    arrived: float
    started: float | None = None

    @property
    def rank(self) -> float:
        return self.arrived + self.cost


@dataclass(frozen=True, slots=True)
class Admit:
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Wait:
    """`predicted` milliseconds, at most `queue_wait`."""

    ticket: Ticket
    predicted: float


@dataclass(frozen=True, slots=True)
class Refuse:
    """`retry_after` in whole seconds."""

    retry_after: int


Verdict = Admit | Wait | Refuse


@dataclass(slots=True)
class Admission:
    """`now` is always a clock in seconds that never goes back. Whoever got a ticket gives it back exactly once:
    `done` when its work was done, `leave` otherwise; both return the tickets whose turn it is now."""

    slots: int
    queue_wait: float  # seconds
    _running: set[Ticket] = field(default_factory=set)
    _waiting: list[Ticket] = field(default_factory=list)
    _measured: float = PRIOR
    _predicted: float = PRIOR

    def decide(self, cost_ms: float, now: float) -> Verdict:
        ticket = self._ticket(cost_ms, now)
        if len(self._running) < self.slots and not self._waiting:
            self._start(ticket, now)
            return Admit(ticket)
        wait = self._ahead(ticket, now) / self.slots
        if wait > self.queue_wait * 1000:
            return Refuse(min(RETRY_MOST, max(1, math.ceil(wait / 1000 - self.queue_wait))))
        self._waiting.append(ticket)
        return Wait(ticket, wait)

    def done(self, ticket: Ticket, now: float) -> list[Ticket]:
        """The work ended well: learn from how long it took."""
        if ticket.started is not None:
            self._measured += FADE * (now * 1000 - ticket.started - self._measured)
            self._predicted += FADE * (ticket.predicted - self._predicted)
        return self.leave(ticket, now)

    def leave(self, ticket: Ticket, now: float) -> list[Ticket]:
        """The work failed, or whoever waited gave up: nothing is learnt."""
        if ticket in self._running:
            self._running.remove(ticket)
        else:
            self._waiting.remove(ticket)
        return self._advance(now)

    @property
    def ratio(self) -> float:
        """Measured by predicted time; 1 until something was measured."""
        return min(RATIO_MOST, max(RATIO_LEAST, self._measured / self._predicted))

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def _ticket(self, cost_ms: float, now: float) -> Ticket:
        predicted = max(COST_LEAST, cost_ms)
        return Ticket(predicted, predicted * self.ratio, now * 1000)

    def _start(self, ticket: Ticket, now: float) -> None:
        ticket.started = now * 1000
        self._running.add(ticket)

    def _advance(self, now: float) -> list[Ticket]:
        turn: list[Ticket] = []
        while self._waiting and len(self._running) < self.slots:
            ticket = min(self._waiting, key=lambda waiter: waiter.rank)
            self._waiting.remove(ticket)
            self._start(ticket, now)
            turn.append(ticket)
        return turn

    def _ahead(self, ticket: Ticket, now: float) -> float:
        running = sum(abs(job.cost - (now * 1000 - (job.started or 0.0))) for job in self._running)
        return running + sum(job.cost for job in self._waiting if job.rank <= ticket.rank)

    def __repr__(self) -> str:
        return f"Admission({self.running} of {self.slots} running, {self.waiting} waiting, ratio {self.ratio:.2f})"
