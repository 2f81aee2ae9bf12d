"""What one run holds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.errors import BadRequest, expected
from edge.imaging.ahead import Ahead
from edge.imaging.picture import Picture
from edge.imaging.probe import Header, open_header
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.steps import Decode
from edge.plan.work import Source


@dataclass(slots=True)
class Job:
    """One run: the node in hand (`at`), the pictures that later nodes wait for, the headers of the inputs opened,
    pictures held whole by their Decode (a Trim starts the walk again), and where the time went."""

    plan: Plan
    sources: Sequence[Source]
    limits: Limits
    at: int = 0
    ahead: Ahead = field(init=False)
    pictures: dict[int, Picture] = field(default_factory=dict)
    headers: dict[int, Header] = field(default_factory=dict)
    held: dict[Decode, Picture] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ahead = Ahead.of(self.plan)

    def __repr__(self) -> str:
        return f"Job({len(self.pictures)}/{len(self.plan.nodes)} nodes, {self.seconds})"

    def restart(self, plan: Plan) -> None:
        """Go on with another plan, from its first node; what is held stays."""
        self.plan, self.ahead = plan, Ahead.of(plan)
        self.pictures.clear()

    def open(self, input: int) -> Header:
        """An input, opened anew: a header's picture is a stream that can be read once."""
        if not 0 <= input < len(self.sources):
            raise BadRequest(expected(f"an input below {len(self.sources)}", "input", input))
        self.headers[input] = open_header(self.sources[input], self.limits)
        return self.headers[input]

    def bytes(self, input: int) -> int:
        """The length of an input as it came."""
        source = self.sources[input]
        return source.length if source.data is None else len(source.data)

    def lap(self, phase: str) -> None:
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self.started
        self.started = now
