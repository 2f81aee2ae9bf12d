"""The contract of whoever makes pictures: a pool of processes, or its fake."""

from collections.abc import Sequence
from typing import Protocol

from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.work import Capabilities, Done, Made, Source


class Workers(Protocol):
    """Raises only EdgeErrors: what the picture deserves (UnsupportedPicture, Unprocessable, BadRequest, TooLarge,
    NotAcceptable), or Unavailable when there is nobody to do the work. A descriptor in a source stays the caller's:
    it must stay open until the call returns, and is closed by the caller."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def run(self, plan: Plan, sources: Sequence[Source]) -> Made:
        """The plan's first output."""
        ...

    async def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits | None = None) -> Done:
        """All its outputs. `limits` instead of the usual ones, which hold on top of them."""
        ...

    async def probe(self, source: Source) -> Facts: ...

    async def close(self) -> None: ...
