"""A listener: aiohttp's low-level server on an address, with a drain.

Alone, it binds its address itself. Where several processes serve one address, one of them binds it (`bound`) and all
accept from the same sockets: then a connection that waits belongs to no process, and nothing waits in vain when one of
them ends. Each takes one connection per turn of its loop. An event loop's own server takes all that wait at once, so
that of 80 connections 71 fell to one of two processes; taken one by one, 45 and 37 (uvloop 0.23, wrk -c64). And who is
ahead of the others (`Sharing`) leaves a connection to them for HOLD seconds; if none takes it, the next ones it takes
at once, twice as many each time, so that one who is stuck does not make the others slow.
"""

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_REQUEST_LINE = 64 << 10  # bytes; longer ones get aiohttp's own 400, shorter ones our 414
_YOUNG = 0.1  # seconds for the first request on a connection that was accepted last; then whoever is silent is cut off
_LAST = 0.5  # seconds for a cancelled handler to clean up
_KEEPALIVE = 75.0  # seconds; nginx's own default for clients
_BACKLOG = 1024
_PAUSE = 1.0  # seconds without accepting when there are no descriptors, as asyncio has it
_ELSEWHERE = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)  # a name may stand for addresses that this machine has not
HOLD = 0.005  # seconds; a scheduler's slice is about as long
_MOST_TAKEN = 1 << 16
_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

log = logging.getLogger("edge.http")


@dataclass(frozen=True, slots=True)
class Bound:
    """Sockets that listen, all at one address: a name may stand for several. Whoever bound them closes them."""

    sockets: tuple[socket.socket, ...]
    path: str | None = None
    inode: int = 0

    @property
    def address(self) -> str:
        return address_of(self.sockets[0])

    def close(self) -> None:
        for sock in self.sockets:
            sock.close()

    def unlink(self) -> None:
        """Remove a Unix socket's path, unless a successor listens there by now."""
        if self.path is not None and _inode(self.path) == self.inode:
            with contextlib.suppress(FileNotFoundError):
                Path(self.path).unlink()


def bound(host: str, port: int, path: str | None = None) -> Bound:
    """Bind and listen, for this process and those that inherit it. Raises OSError when the address cannot be had."""
    if path is not None:
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()  # a socket that an earlier life left
        sock = _listening(socket.AF_UNIX, path)
        return Bound((sock,), path, _inode(path))
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
            try:
                sockets.append(_listening(family, address))
            except OSError as error:
                if error.errno not in _ELSEWHERE:
                    raise
                missing = error
        if missing is not None and not sockets:
            raise missing
    except BaseException:
        Bound(tuple(sockets)).close()
        raise
    return Bound(tuple(sockets))


def _listening(family: int, address: object) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)  # type: ignore[arg-type] # getaddrinfo's own
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        why = (error.strerror or str(error)).lower()
        raise OSError(error.errno, f"error while attempting to bind on address {address!r}: {why}") from None
    return sock


def address_of(sock: socket.socket) -> str:
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        return f"unix:{name}"
    host, port = name[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Sharing(Protocol):
    """Where processes that accept from the same sockets see how many connections each has."""

    def has(self, count: int) -> None:
        """This one has so many."""
        ...

    def ahead(self) -> bool:
        """Has this one more than some other?"""
        ...

    def leaves(self) -> None:
        """It takes no more."""
        ...


@dataclass(frozen=True, slots=True)
class Shared:
    """Sockets to accept from beside other processes. They are the listener's to close, their path is not its to
    remove. Without `sharing` each takes what it can."""

    sockets: tuple[socket.socket, ...]
    sharing: Sharing | None = None


class _Server(web.Server):
    """Tells how many connections it has."""

    sharing: Sharing | None = None

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._tell()

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self._tell()

    def _tell(self) -> None:
        if self.sharing is not None:
            self.sharing.has(len(self._connections))


class _Door:
    """Accepts from a socket that other processes accept from too."""

    def __init__(self, sock: socket.socket, server: web.Server, sharing: Sharing | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._server = server
        self._sharing = sharing
        self._held = False
        self._allowed, self._at_once = 0, 1
        self._entering: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        self._loop.add_reader(sock.fileno(), self._accept)

    def _accept(self) -> None:
        if self._holds():
            self._rest(HOLD)
            return
        try:
            connection, _ = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            self._held, self._at_once = False, 1
            return  # another process was faster, or the client has left
        except OSError as error:
            if error.errno not in _SHORT:
                raise
            log.error("no connection can be accepted: %s", os.strerror(error.errno))
            self._rest(_PAUSE)
            return
        if self._held:  # nobody else took it
            self._held, self._allowed = False, self._at_once
            self._at_once = min(_MOST_TAKEN, self._at_once * 2)
        self._allowed = max(0, self._allowed - 1)
        connection.setblocking(False)
        task = self._loop.create_task(self._enter(connection))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    def _holds(self) -> bool:
        """Should somebody else have this one? Each connection is held back once."""
        if self._held or self._allowed or self._sharing is None:
            return False
        self._held = self._sharing.ahead()
        return self._held

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._sock.fileno())
        self._pause = self._loop.call_later(seconds, self._loop.add_reader, self._sock.fileno(), self._accept)

    async def _enter(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._server, connection)
        except OSError:  # it has left already
            connection.close()

    async def close(self) -> None:
        """Take no more; what has been taken is a connection when this returns."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        await asyncio.gather(*self._entering)


class Listener:
    """`handle` answers each request; a client that leaves cancels its handler. `address` is known after `start`.

    With `shared` it accepts from sockets that are bound already."""

    def __init__(
        self,
        handle: Handler,
        host: str,
        port: int,
        path: str | None,
        grace: float,
        *,
        shared: Shared | None = None,
    ) -> None:
        self._host, self._port, self._path = host, port, path
        self._handle = handle
        self.server = _Server(
            self._counted,
            access_log=None,
            keepalive_timeout=_KEEPALIVE,
            handler_cancellation=True,
            auto_decompress=False,
            max_line_size=_REQUEST_LINE,
        )
        # aiohttp would wait so long for a handler to end, and then as long again for it to have been cancelled.
        self._runner = web.ServerRunner(self.server, shutdown_timeout=_LAST, handle_signals=False)
        self._grace = grace
        self._shared = shared
        self.server.sharing = shared.sharing if shared is not None else None
        self._doors: list[_Door] = []
        self._under_way = 0
        self._idle = asyncio.Event()
        self.address = ""
        self.port = 0
        self._inode = 0

    async def start(self) -> None:
        """Raises OSError when the address cannot be had."""
        await self._runner.setup()
        if self._shared is not None:
            if self._shared.sharing is not None:
                self._shared.sharing.has(0)
            self._doors = [_Door(sock, self.server, self._shared.sharing) for sock in self._shared.sockets]
            self._know(self._shared.sockets[0])
            return
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                Path(self._path).unlink()  # noqa: ASYNC240 - once, at the start; a socket that an earlier life left
            await web.UnixSite(self._runner, self._path, backlog=_BACKLOG).start()
            self._inode = _inode(self._path)
            self.address = f"unix:{self._path}"
            return
        await web.TCPSite(self._runner, self._host or None, self._port, backlog=_BACKLOG, reuse_address=True).start()
        host, port = self._runner.addresses[0][:2]
        self.port = int(port)
        self.address = f"http://[{host}]:{port}" if ":" in str(host) else f"http://{host}:{port}"

    def _know(self, sock: socket.socket) -> None:
        self.address = address_of(sock)
        self.port = 0 if sock.family == socket.AF_UNIX else int(sock.getsockname()[1])

    async def drain(self) -> None:
        """Take no more connections, finish what is under way within the grace, close."""
        if self.server.sharing is not None:
            self.server.sharing.leaves()
            self.server.sharing = None
        for door in self._doors:
            await door.close()
        for site in list(self._runner.sites):
            await site.stop()
        await asyncio.sleep(_YOUNG if self.server.connections else 0)  # what has been accepted begins
        self.server.pre_shutdown()
        self._idle.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._grace):
                while self._under_way:
                    await self._idle.wait()
        await self._runner.cleanup()
        if self._inode:
            await asyncio.to_thread(Bound((), self._path, self._inode).unlink)

    async def _counted(self, request: web.BaseRequest) -> web.StreamResponse:
        self._under_way += 1
        try:
            return await self._handle(request)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()


def _inode(path: str) -> int:
    try:
        return Path(path).stat().st_ino
    except OSError:
        return 0
