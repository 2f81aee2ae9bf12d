"""What one run holds."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.errors import BadRequest, expected
from edge.imaging.ahead import Ahead, joined
from edge.imaging.picture import Picture
from edge.imaging.probe import Header, open_header
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.steps import Decode
from edge.plan.work import Made, Source


@dataclass(slots=True)
class Job:
    """One run, for the first output or `every` one: the node in hand (`at`), the pictures that later nodes wait for,
    the headers of the inputs opened, pictures held whole by their Decode (a Trim starts the walk again), how often each
    input was decoded, what was made, and where the time went. `streams`: nodes whose animation is too large to be held
    though many read it; True once its one stream was given away. `depths`: how many steps wait in a node's pipeline."""

    plan: Plan
    sources: Sequence[Source]
    limits: Limits
    every: bool = False
    at: int = 0
    ahead: Ahead = field(init=False)
    pictures: dict[int, Picture] = field(default_factory=dict)
    headers: dict[int, Header] = field(default_factory=dict)
    held: dict[Decode, Picture] = field(default_factory=dict)
    streams: dict[int, bool] = field(default_factory=dict)
    depths: dict[int, int] = field(default_factory=dict)
    decodes: Counter[int] = field(default_factory=Counter)
    outputs: list[Made] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.go_on(self.plan)

    def __repr__(self) -> str:
        return f"Job({len(self.pictures)}/{len(self.plan.nodes)} nodes, {self.seconds})"

    def go_on(self, plan: Plan) -> None:
        """With this plan, from its first node; what is held stays."""
        self.plan = joined(plan) if self.every else plan
        self.ahead = Ahead.of(self.plan, self.every)
        self.pictures.clear()
        self.streams.clear()
        self.depths.clear()

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
