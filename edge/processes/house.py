"""Several serving processes, one public address, one admin listener: what `edge serve` is when there are several."""

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
from collections.abc import Callable, Coroutine, Sequence
from typing import BinaryIO

from edge.http.admin import Admin
from edge.http.listen import Bound, Listener, bound
from edge.processes.channel import Message
from edge.processes.charge import Charge
from edge.processes.child import Child
from edge.processes.desk import Desk
from edge.processes.supervisor import Supervisor
from edge.processes.tally import Tally, lay_out
from edge.settings.models import Settings

Hear = Callable[[Child, Message], Coroutine[object, object, Message]]

log = logging.getLogger("edge")


class House:
    """Enter it to serve; leaving it drains. `command` starts a serving process that finds its charge at a descriptor;
    `board` is a file that all share (edge.processes.charge). Raises OSError or CannotStart with a sentence."""

    def __init__(self, settings: Settings, command: Callable[[int], Sequence[str]], board: BinaryIO) -> None:
        self._settings = settings
        self._command = command
        self._stack = contextlib.AsyncExitStack()
        self._board = board
        self._tally: Tally
        self._bound: Bound
        self.public = ""
        self.admin: str | None = None
        self.supervisor = Supervisor(self._begin, settings.server.processes, settings.server.shutdown_grace, self._gone)

    async def __aenter__(self) -> "House":
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.supervisor.draining = True
        self._bound.close()  # ours; each process closes its own as it drains, and with the last one the address is free
        await self._stack.aclose()

    async def _start(self) -> None:
        """Addresses first: whoever cannot have them need not start the processes."""
        processes = self._settings.server.processes
        lay_out(self._board, processes)
        self._tally = Tally(self._board.fileno(), processes)
        self._stack.callback(self._tally.close)
        at = self._settings.server.listen
        self._bound = await asyncio.to_thread(bound, at.host, at.port, at.path)
        self._stack.callback(self._bound.unlink)
        self._stack.callback(self._bound.close)
        self.public = self._bound.address
        await self._listen()
        self._stack.push_async_callback(self.supervisor.close)
        await self.supervisor.start()

    async def _listen(self) -> None:
        at, token = self._settings.admin.listen, self._settings.admin.token
        if at is None:
            return
        desk = Desk(self.supervisor)
        secret = token.get_secret_value() if token else ""
        admin = Admin(desk.explain, desk.metrics, desk.readiness, desk.cache_state, token=secret, purge=desk.purge)
        listener = Listener(desk.looking(admin.handle), at.host, at.port, at.path, 1.0)
        self._stack.push_async_callback(listener.drain)
        await listener.start()
        self.admin = listener.address

    def _gone(self, child: Child) -> None:
        """Nobody leaves it a connection, unless its successor has one already."""
        if not any(each.number == child.number and each.ready for each in self.supervisor.children):
            self._tally.gone(child.number)

    def _begin(self, number: int, hear: Hear) -> Child:
        """The thread that calls this must live as long as the process shall (edge.processes.tether): the loop's."""
        sockets = tuple(sock.fileno() for sock in self._bound.sockets)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
                    self._command(theirs.fileno()),
                    pass_fds=(theirs.fileno(), self._board.fileno(), *sockets),
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # a terminal's Ctrl-C is the supervisor's to handle
                )
        except BaseException:
            ours.close()
            raise
        child = Child(number, process, ours, hear)
        processes = self._settings.server.processes
        child.begin(Charge(number, processes, os.getpid(), sockets, self._board.fileno(), self._settings))
        return child
