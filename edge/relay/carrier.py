"""The questions of raw routes that are under way: who may join which, and which go on when nobody waits any more."""

import asyncio
import logging
import random
from collections.abc import Coroutine
from copy import copy
from typing import Any, Final

from cache.lapse import Lapsing
from edge.errors import EdgeError, Unavailable
from edge.relay.errand import Errand, Means, Ties
from edge.relay.fetch import Fetch
from edge.relay.inquiry import Inquiry, Lane, Question

_LONELY: Final = 128  # questions that go on though all who asked have left
_HOLD: Final = (1.0, 5.0)  # seconds, at random, in which an origin that failed is not asked again for the same name

log = logging.getLogger("edge.relay")


class Carrier:
    def __init__(self, means: Means, folder: str | None) -> None:
        self._means = means
        self._folder = folder
        self._lanes: dict[Lane, Fetch] = {}
        self._fetches: set[Fetch] = set()
        self._held: Lapsing[str, EdgeError] = Lapsing(10_000)
        self._background: set[asyncio.Task[object]] = set()

    def held(self, inquiry: Inquiry) -> EdgeError | None:
        """Why its origin is not asked for it now: it failed a moment ago."""
        error = self._held.get(inquiry.tag)
        return None if error is None else copy(error)

    def on(self, lane: Lane) -> Fetch | None:
        """The question under way there, unless a purge has overtaken it."""
        fetch = self._lanes.get(lane)
        return None if fetch is None or fetch.overtaken else fetch

    def begin(self, inquiry: Inquiry, question: Question, lane: Lane | None = None) -> Fetch:
        """Without a lane, nobody can join."""
        fetch = Fetch(self._folder, self._may_go_on)
        fetch.joinable = question.shared

        def over() -> None:
            if lane is not None and self._lanes.get(lane) is fetch:
                del self._lanes[lane]

        def ended(_: asyncio.Task[None]) -> None:
            over()
            self._fetches.discard(fetch)
            fetch.fail(Unavailable("The question to the origin was given up; ask again"))

        if lane is not None:
            self._lanes[lane] = fetch
        ties = Ties(lambda error: self._hold(inquiry, error), over, self._later)
        fetch.task = asyncio.ensure_future(Errand(self._means, fetch, inquiry, question, ties).run())
        self._fetches.add(fetch)
        fetch.task.add_done_callback(ended)
        return fetch

    async def close(self, grace: float = 1.0) -> None:
        """Wait for what is under way, for at most `grace` seconds; give up the rest."""
        tasks: set[asyncio.Task[Any]] = {fetch.task for fetch in self._fetches if fetch.task} | self._background
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    def __len__(self) -> int:
        return len(self._fetches)

    def __repr__(self) -> str:
        alone = sum(not fetch.spool.seats for fetch in self._fetches)
        return f"Carrier({len(self)} under way, {alone} for nobody, {len(self._held)} held down)"

    def _may_go_on(self) -> bool:
        return sum(not fetch.spool.seats for fetch in self._fetches) <= _LONELY

    def _hold(self, inquiry: Inquiry, error: EdgeError) -> None:
        longest = min(inquiry.route.window.negative, random.uniform(*_HOLD))  # noqa: S311 - jitter
        self._held.put(inquiry.tag, copy(error), longest)

    def _later(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[object]") -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("work in the background failed", exc_info=task.exception())
