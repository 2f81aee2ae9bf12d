"""A pool without processes: it remembers what it was asked for, and answers, fails or dawdles as it is told."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from edge.errors import EdgeError, Unavailable
from edge.plan.facts import Facts, Limits
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import Canvas, Decode, Encode, Pad, Resize
from edge.plan.work import Capabilities, Done, Made, Source

CAPABILITIES = Capabilities(
    pipeline="fake-1",
    loaders=frozenset({"jpeg", "png", "webp", "gif", "avif", "tiff", "svg"}),
    savers=frozenset({"jpeg", "png", "webp", "gif", "avif"}),
    versions={"libvips": "0"},
)
SECONDS = {"decode": 0.0, "transform": 0.0, "encode": 0.0}


class FakePool:
    """`jobs` and `probes` are what came; `limits` what the latest job was given besides. `failures` are raised one by
    one by the next calls; `delay` is in seconds. A body names its format and its turn, so that two productions are
    never mistaken for one."""

    def __init__(self, capabilities: Capabilities = CAPABILITIES, facts: Facts | None = None) -> None:
        self.capabilities = capabilities
        self.facts = facts or Facts("jpeg", 4000, 3000)
        self.jobs: list[tuple[Plan, tuple[Source, ...]]] = []
        self.limits: Limits | None = None
        self.probes: list[Source] = []
        self.failures: list[EdgeError] = []
        self.delay = 0.0
        self.running = 0
        self.cancelled = 0
        self.closed = False

    async def start(self) -> None:
        """Nothing to start."""

    async def run(self, plan: Plan, sources: Sequence[Source]) -> Made:
        self.jobs.append((plan, tuple(sources)))
        turn = len(self.jobs)
        await self._work()
        at = next((at for at, step in enumerate(plan.steps()) if isinstance(step, Encode)), len(plan.nodes) - 1)
        return replace(self._made(plan, at, f"#{turn}"), seconds=SECONDS)

    async def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits | None = None) -> Done:
        self.jobs.append((plan, tuple(sources)))
        self.limits = limits
        turn = len(self.jobs)
        await self._work()
        ends = [at for at, step in enumerate(plan.steps()) if isinstance(step, Encode)]
        outputs = [self._made(plan, at, f"#{turn}.{number}") for number, at in enumerate(ends)]
        read = {step.input for step in plan.steps() if isinstance(step, Decode)}
        return Done(tuple(outputs), SECONDS, tuple(int(input in read) for input in range(len(sources))))

    def _made(self, plan: Plan, at: int, turn: str) -> Made:
        width, height = _size(plan, at, self.facts)
        step = plan.nodes[at].step
        chosen = step.format if isinstance(step, Encode) else None
        name = chosen if isinstance(chosen, str) and chosen in FORMATS else self.facts.format
        return Made(f"{name} {width}x{height} {turn}".encode(), name, width, height)

    async def probe(self, source: Source) -> Facts:
        self.probes.append(source)
        await self._work()
        return self.facts

    async def close(self) -> None:
        self.closed = True

    async def _work(self) -> None:
        if self.closed:
            raise Unavailable("The edge is shutting down")
        self.running += 1
        try:
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        if self.failures:
            raise self.failures.pop(0)

    def __repr__(self) -> str:
        return f"FakePool({len(self.jobs)} jobs, {len(self.probes)} probes, {self.running} running)"


def _size(plan: Plan, at: int, facts: Facts) -> tuple[int, int]:
    """Of the picture that an output writes, as far as sizes are told."""
    while plan.nodes[at].of:
        at = plan.nodes[at].of[0]
        step = plan.nodes[at].step
        if isinstance(step, Resize | Pad | Canvas):
            return step.width, step.height
    return facts.upright
