"""Keeps the serving processes, and speaks for all of them.

Theory of operation. Each number from 1 to N has a keeper, a task that starts a process and waits until it has ended or
is leaving, and begins again. A process that ends before it could serve makes the next wait, a little longer each time.
The first time there is no next: when one cannot start, the edge cannot.

Messages between processes go through here, because only the supervisor knows who is alive. `tell` reaches every
process that has begun, the leaving ones too, for they still answer; one that has not begun holds nothing yet. Whoever
does not act in time is killed and waited for: when `tell` returns, nobody answers from what was purged.

Counters must not fall when a process ends: what it told last is kept. It tells every BEAT seconds, when somebody asks,
and as its last words; of one that is killed the counts since then are lost.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Final

from edge.errors import Unavailable
from edge.observe.merge import exposition, merged
from edge.observe.metrics import Metric, counter, gauge
from edge.processes.channel import Lost, Message
from edge.processes.child import Child
from edge.processes.tether import bury_strangers

HEED: Final = 10.0  # seconds for a process to act on what a peer tells; it may have to wait for a slow disk
ANSWER: Final = 2.0  # seconds to answer what an operator looks at; after that its last numbers stand in
MUTE: Final = 30.0  # seconds without an answer after which a process is taken for stuck, and is killed
BEAT: Final = 5.0  # seconds between two questions for its numbers
START: Final = 90.0  # seconds to be ready; the pool of workers has 30 of its own
NOBODY: Final = 5.0  # seconds to wait for a process that serves
YOUNG: Final = 1.0  # seconds of life below which an end counts as a failed start, as with imaging workers
BACKOFF_FIRST, BACKOFF_MOST = 0.1, 10.0  # seconds between attempts to start a process
LAST: Final = 5.0  # seconds beyond the grace, to close what a drain has left

Begin = Callable[[int, Callable[[Child, Message], Coroutine[object, object, Message]]], Child]

log = logging.getLogger("edge.processes")


class CannotStart(RuntimeError):
    """A serving process could not; the sentence says why."""


class Supervisor:
    """`begin` starts the process of a number, or raises OSError. `grace` is seconds for what is under way at the end;
    `gone` hears of each that has ended. Call `start` once, and `close` in the end."""

    def __init__(
        self, begin: Begin, count: int, grace: float, gone: Callable[[Child], None] = lambda child: None
    ) -> None:
        self.draining = False
        self.count = count
        self._begin = begin
        self._grace = grace
        self._gone = gone
        self._children: list[Child] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._turn = 0
        self._replaced = 0
        self._past = ""

    async def start(self) -> None:
        """Wait until every process serves. Raises CannotStart with the reason when one does not."""
        loop = asyncio.get_running_loop()
        firsts = [loop.create_future() for _ in range(self.count)]
        self._keepers = [loop.create_task(self._keep(at + 1, first)) for at, first in enumerate(firsts)]
        self._keepers.append(loop.create_task(self._pulse()))
        try:
            await asyncio.gather(*firsts)
        except CannotStart:
            for first in firsts:
                first.cancel()
            for child in self._children:
                child.kill()
            await self.close()
            raise

    async def close(self) -> None:
        """Let all finish what is under way, and leave."""
        self.draining = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*map(self._dismiss, self._children))
        await asyncio.gather(*self._keepers, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)  # of a process that the kernel holds nobody sees the end

    # ------------------------------------------------------------------------------------------------- for callers

    @property
    def children(self) -> Sequence[Child]:
        return tuple(self._children)

    @property
    def ready(self) -> int:
        """How many serve."""
        return sum(child.serves for child in self._children)

    async def tell(self, message: Mapping[str, object], teller: Child | None = None) -> None:
        """Every process but the teller has acted on it when this returns, or is no more."""
        others = [child for child in self._children if child is not teller and child.begun]
        await asyncio.gather(*(self._tell(child, message) for child in others))

    async def ask_one(self, message: Message, patience: float = MUTE) -> Message:
        """Any process's answer; if it ends meanwhile, another's: so ask only what may be done twice. Raises
        Unavailable when nobody can answer, and what the process raised."""
        for _ in range(self.count + 1):
            child = await self._anybody()
            try:
                return await child.channel.ask(message, patience)
            except Lost:
                continue
            except TimeoutError:
                raise Unavailable("The serving process did not answer in time") from None
        raise Unavailable("No serving process could answer")

    async def ask_all(self, message: Message, patience: float = ANSWER) -> dict[Child, Message]:
        """The answers of those that serve and answer in time."""
        asked = [child for child in self._children if child.ready]
        told = await asyncio.gather(*(child.channel.ask(message, patience) for child in asked), return_exceptions=True)
        return {child: answer for child, answer in zip(asked, told, strict=True) if isinstance(answer, Mapping)}

    async def metrics(self) -> bytes:
        """The exposition of all, added up."""
        for child, answer in (await self.ask_all({"door": "metrics"})).items():
            child.numbers = str(answer["text"])
        return merged([*self._texts(), exposition(self._own())]).encode()

    # -------------------------------------------------------------------------------------------------- keeping

    async def _keep(self, number: int, first: "asyncio.Future[None]") -> None:
        failures = 0
        while not self.draining:
            child = await self._start_one(number, first)
            if child is not None:
                await child.until(lambda child=child: child.leaving)  # type: ignore[misc] # bound now
                failures = 0 if time.monotonic() > child.born + YOUNG else failures
                self._replaced += 1
            failures += 1
            if failures > 1 or child is None:
                await asyncio.sleep(min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** (failures - 1)))

    async def _start_one(self, number: int, first: "asyncio.Future[None]") -> Child | None:
        """A process that serves, or None."""
        sentence = ""
        try:
            child = self._enlist(number)
        except OSError as error:
            sentence = f"no process can be started: {error.strerror or error}"
        else:
            try:
                async with asyncio.timeout(START):
                    await child.until(lambda: child.ready or bool(child.sentence))
            except TimeoutError:
                child.kill()
            if child.ready:
                if not first.done():
                    first.set_result(None)
                return child
            await child.until(lambda: False)
            sentence = child.sentence or f"a serving process ended while it started ({_how(child.code)})"
        if not first.done():
            first.set_exception(CannotStart(sentence))
        log.error("serving process %d cannot start: %s", number, sentence)
        return None

    def _enlist(self, number: int) -> Child:
        child = self._begin(number, self._hear)
        self._children.append(child)
        self._later(self._see_off(child))
        return child

    async def _see_off(self, child: Child) -> None:
        await child.ended.wait()
        self._children.remove(child)  # no await from here on: no sum may miss it or count it twice
        self._past = merged([text for text in (self._past, child.numbers) if text], counting=True)
        if child.ready and not child.leaving and not self.draining:
            log.warning("serving process %d ended (%s) and is replaced", child.number, _how(child.code))
        self._gone(child)
        bury_strangers([each.pid for each in self._children])

    async def _pulse(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            await asyncio.gather(*(self._look_at(child) for child in self._children if child.ready))
            bury_strangers([each.pid for each in self._children])

    async def _look_at(self, child: Child) -> None:
        try:
            child.numbers = str((await child.ask({"door": "metrics"}, MUTE))["text"])
        except Lost:
            return
        except Exception:
            log.exception("serving process %d does not tell its numbers", child.number)

    async def _dismiss(self, child: Child) -> None:
        child.dismiss()
        try:
            async with asyncio.timeout(self._grace + LAST):
                await child.ended.wait()
        except TimeoutError:
            await child.slay()

    # -------------------------------------------------------------------------------------------------- talking

    async def _hear(self, child: Child, message: Message) -> Message:
        """What a process says."""
        match message:
            case {"say": "begun"}:
                child.begun = True
            case {"say": "ready"}:
                child.ready = True
                self._changed.set()
                self._changed = asyncio.Event()
            case {"say": "failed", "sentence": str(sentence)}:
                child.sentence = sentence
            case {"say": "leaving"}:
                child.leaving = True
            case {"say": "gone", "text": str(text)}:
                child.numbers = text
            case {"say": "tell", "message": dict(told)}:
                await self.tell(told, child)
            case _:
                raise ValueError("Expected a word that a serving process says")
        child.note()
        return {}

    async def _tell(self, child: Child, message: Mapping[str, object]) -> None:
        try:
            await child.ask({"door": "heed", "message": dict(message)}, HEED)
        except Lost:
            await child.slay()
        except Exception:  # it says itself that it could not
            log.exception("serving process %d could not act on what a peer told", child.number)
            await child.slay()

    async def _anybody(self) -> Child:
        """One that serves, in turn."""
        try:
            async with asyncio.timeout(NOBODY):
                while not self.ready:
                    await self._changed.wait()
        except TimeoutError:
            raise Unavailable("No serving process is ready") from None
        serving = [child for child in self._children if child.serves]
        self._turn += 1
        return serving[self._turn % len(serving)]

    # ------------------------------------------------------------------------------------------------- counting

    def _texts(self) -> list[str]:
        return [text for text in (self._past, *[child.numbers for child in self._children]) if text]

    def _own(self) -> list[Metric]:
        states = {"ready": self.ready, "leaving": sum(child.leaving for child in self._children)}
        return [
            gauge("edge_processes", "Serving processes", {**states, "configured": self.count}, "state"),
            counter("edge_process_replacements", "Serving processes that ended or left", {"": self._replaced}),
        ]

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def __repr__(self) -> str:
        return f"Supervisor({self.ready} of {self.count} ready, {self._replaced} replaced)"


def _how(code: int | None) -> str:
    if code is None:
        return "unknown"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
