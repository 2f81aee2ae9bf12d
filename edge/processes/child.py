"""One serving process as its supervisor sees it: start it, charge it, talk with it, see it off.

starting   it imports and builds; nothing that it holds can be stale before it said `begun`
begun      it heeds what its peers tell
ready      it serves
leaving    it takes no more connections and finishes what it has
ended      its process is gone, and reaped
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from edge.processes.channel import Channel, Lost, Message
from edge.processes.charge import Charge, packed

LINGER = 1.0  # seconds to leave after it hung up
BURIAL = 5.0  # seconds until a killed process must be gone
LOOK = 0.5  # seconds between two looks at whether it is there, when it says nothing


class Process(Protocol):
    """subprocess.Popen, as far as it is needed."""

    pid: int

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...

    def terminate(self) -> None: ...


class Child:
    """`hear` answers what it asks. Call from the loop; `begin` once, and await `ended` in the end."""

    def __init__(
        self,
        number: int,
        process: Process,
        sock: socket.socket,
        hear: Callable[["Child", Message], Awaitable[Message]],
    ) -> None:
        self.number = number
        self.pid = process.pid
        self.born = time.monotonic()
        self.begun = self.ready = self.leaving = False
        self.sentence = ""  # why it could not start
        self.numbers = ""  # its metrics, as it told them last
        self.changed = asyncio.Event()
        self.ended = asyncio.Event()
        self._process = process
        self._sock = sock
        self._beginning: asyncio.Task[None] | None = None
        self.channel = Channel(sock, lambda message: hear(self, message))
        sock.setblocking(False)
        self._burial = asyncio.get_running_loop().create_task(self._bury())

    def begin(self, charge: Charge) -> None:
        """Hand over its charge and begin to listen, in the background. What fails there shows as its end."""
        self._beginning = asyncio.get_running_loop().create_task(self._begin(packed(charge)))

    async def _begin(self, charge: bytes) -> None:
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, charge)
            await self.channel.open()
        except OSError:
            self.channel.close()

    async def ask(self, message: Message, patience: float) -> Message:
        """Raises Lost also for one that does not answer in time: it is killed, and has ended by then."""
        try:
            return await self.channel.ask(message, patience)
        except TimeoutError:
            await self.slay()
            raise Lost from None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    def dismiss(self) -> None:
        """Let it finish what it has and leave."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    async def slay(self) -> None:
        self.kill()
        with suppress(TimeoutError):  # a process that the kernel holds serves nobody meanwhile
            async with asyncio.timeout(BURIAL):
                await self.ended.wait()

    def note(self) -> None:
        """Something became of it: wake whoever waits."""
        self.changed.set()
        self.changed = asyncio.Event()

    async def until(self, settled: Callable[[], bool]) -> None:
        """Until that is so, or it has ended."""
        while not settled() and not self.ended.is_set():
            await self.changed.wait()

    @property
    def code(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        return self._process.poll()

    @property
    def serves(self) -> bool:
        return self.ready and not self.leaving and not self.ended.is_set()

    async def _bury(self) -> None:
        """Asked with pauses: child watchers of loops and Popen would take the exit code from each other."""
        while self._process.poll() is None and not self.channel.closed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self.channel.closed.wait()
        hung_up, pause = time.monotonic(), 0.001
        while self._process.poll() is None:
            if time.monotonic() > hung_up + LINGER:
                self.kill()
            await asyncio.sleep(pause)
            pause = min(0.05, pause * 2)
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.wait((self._beginning,))
        self.channel.close()
        self.ended.set()
        self.note()

    def __repr__(self) -> str:
        state = "ended" if self.ended.is_set() else "leaving" if self.leaving else "ready" if self.ready else "starting"
        return f"Child({self.number}, {self.pid}, {state})"
