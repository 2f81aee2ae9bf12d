"""A serving process's own side: take the charge, serve, heed the supervisor and the peers, leave.

It ends when its supervisor does. Linux kills it (PR_SET_PDEATHSIG) when the thread that started it ends, which is the
supervisor's main one; everywhere, the end of the channel does. SIGTERM lets it leave in peace; then the supervisor has
another in its place, unless all leave.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from edge.errors import Unavailable
from edge.http.listen import Shared
from edge.observe.log import Log
from edge.originals.purge import NoPeers, Peers
from edge.processes.channel import Channel, Lost, Message
from edge.processes.charge import Charge, receive
from edge.processes.lines import WholeLines, number_lines
from edge.processes.peers import Others
from edge.processes.signals import stopping
from edge.processes.tally import Tally, Turn
from edge.processes.tether import tether

Answer = Callable[[Message], Awaitable[Message]]

_LAST_WORDS: Final = 2.0  # seconds for the supervisor to take them

log = logging.getLogger("edge")


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an edge sits: alone, or as one of several processes that accept from the same sockets. `number` is 0 when
    it is alone and counts from 1 otherwise."""

    number: int = 0
    processes: int = 1
    shared: Shared | None = None
    peers: Peers = field(default_factory=NoPeers)


ALONE: Final = Seat()


class Serving(Protocol):
    """An edge, which serves while it is entered. `doors` answer the supervisor by the name of what is asked for; they
    are there as soon as they have something to say, and `heed` before anything is held that a purge could mean."""

    @property
    def doors(self) -> Mapping[str, Answer]: ...

    async def __aenter__(self) -> object: ...

    async def __aexit__(self, *_: object) -> None: ...


class Member:
    """`open_edge` makes the edge for a seat. `sentence_of` says why an exception kept it from starting, None for one
    that is a fault of ours."""

    def __init__(self, descriptor: int, sentence_of: Callable[[Exception], str | None]) -> None:
        self._sock = socket.socket(fileno=descriptor)
        self._sentence_of = sentence_of
        self.charge: Charge = receive(self._sock)
        tether(self.charge.parent)
        self._serving: Serving | None = None

    async def serve(self, open_edge: Callable[[Seat], Serving]) -> int:
        """Until told to leave. The exit code."""
        charge = self.charge
        number_lines(charge.number)
        sys.stdout = WholeLines(1, charge.board)
        lines = Log(charge.settings.log.format, charge.settings.log.level)
        self._sock.setblocking(False)
        channel = Channel(self._sock, self._heed)
        try:
            await channel.open()
            sockets = tuple(socket.socket(fileno=descriptor) for descriptor in charge.sockets)
            shared = Shared(sockets, Turn(Tally(charge.board, charge.processes), charge.number))
            seat = Seat(charge.number, charge.processes, shared, Others(channel))
            return await self._serve(channel, open_edge, seat)
        except Lost:
            return 1  # the supervisor is no more
        finally:
            channel.close()
            if not lines.close():
                os._exit(0)

    async def _serve(self, channel: Channel, open_edge: Callable[[Seat], Serving], seat: Seat) -> int:
        leave = stopping()
        await channel.ask({"say": "begun"})
        try:
            self._serving = open_edge(seat)
            async with self._serving:
                await channel.ask({"say": "ready"})
                await _either(leave, channel.closed)
                if channel.closed.is_set():
                    os._exit(1)
                log.info("draining")
                await channel.ask({"say": "leaving"})
        except Lost:
            raise
        except Exception as error:
            sentence = self._sentence_of(error)
            if sentence is None:
                raise
            await channel.ask({"say": "failed", "sentence": sentence})
            return 1
        await self._last_words(channel)
        return 0

    async def _last_words(self, channel: Channel) -> None:
        """What was counted until the end."""
        with suppress(Lost, TimeoutError):
            await channel.ask({"say": "gone", **await self._heed({"door": "metrics"})}, _LAST_WORDS)

    async def _heed(self, message: Message) -> Message:
        name = message["door"]
        doors = self._serving.doors if self._serving is not None else {}
        if name in doors:
            return await doors[str(name)](message)
        if name == "heed":  # it holds nothing yet
            return {}
        raise Unavailable("The process is starting")


async def _either(*events: asyncio.Event) -> None:
    """Until one of them is set."""
    waiting = [asyncio.get_running_loop().create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
