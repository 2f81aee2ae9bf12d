"""A pool without processes: it remembers what it was asked for, and answers, fails or dawdles as it is told."""

import asyncio
from collections.abc import Sequence

from edge.errors import EdgeError, Unavailable
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import Pad, Resize
from edge.plan.work import Capabilities, Made, Source

CAPABILITIES = Capabilities(
    pipeline="fake-1",
    loaders=frozenset({"jpeg", "png", "webp", "gif", "avif", "tiff", "svg"}),
    savers=frozenset({"jpeg", "png", "webp", "gif", "avif"}),
    versions={"libvips": "0"},
)


class FakePool:
    """`jobs` and `probes` are what came. `failures` are raised one by one by the next calls; `delay` is in seconds.
    A body names its format and its turn, so that two productions are never mistaken for one."""

    def __init__(self, capabilities: Capabilities = CAPABILITIES, facts: Facts | None = None) -> None:
        self.capabilities = capabilities
        self.facts = facts or Facts("jpeg", 4000, 3000)
        self.jobs: list[tuple[Plan, tuple[Source, ...]]] = []
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
        width, height = _size(plan, self.facts)
        chosen = plan.outputs[0].format if plan.outputs else None
        name = chosen if isinstance(chosen, str) and chosen in FORMATS else self.facts.format
        body = f"{name} {width}x{height} #{turn}".encode()
        return Made(body, name, width, height, seconds={"decode": 0.0, "transform": 0.0, "encode": 0.0})

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


def _size(plan: Plan, facts: Facts) -> tuple[int, int]:
    sized = [step for step in plan.steps() if isinstance(step, Resize | Pad)]
    return (sized[-1].width, sized[-1].height) if sized else facts.upright
