"""What one run holds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.imaging.picture import Picture
from edge.imaging.probe import Header
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.work import Source


@dataclass(slots=True)
class Job:
    """One run: the pictures made so far, by their node, the headers of the inputs opened, and where the time went."""

    plan: Plan
    sources: Sequence[Source]
    limits: Limits
    pictures: dict[int, Picture] = field(default_factory=dict)
    headers: dict[int, Header] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Job({len(self.pictures)}/{len(self.plan.nodes)} nodes, {self.seconds})"

    def lap(self, phase: str) -> None:
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self.started
        self.started = now
