"""A listener: aiohttp's low-level server on an address, with a drain."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_REQUEST_LINE = 64 << 10  # bytes; longer ones get aiohttp's own 400, shorter ones our 414
_LAST = 0.5  # seconds for a cancelled handler to clean up
_KEEPALIVE = 75.0  # seconds; nginx's own default for clients


class Listener:
    """`handle` answers each request; a client that leaves cancels its handler. `address` is known after `start`."""

    def __init__(self, handle: Handler, host: str, port: int, path: str | None, grace: float) -> None:
        self._host, self._port, self._path = host, port, path
        self._handle = handle
        self.server = web.Server(
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
        self._under_way = 0
        self._idle = asyncio.Event()
        self.address = ""
        self.port = 0
        self._inode = 0

    async def start(self) -> None:
        """Raises OSError when the address cannot be had."""
        await self._runner.setup()
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                Path(self._path).unlink()  # noqa: ASYNC240 - once, at the start; a socket that an earlier life left
            await web.UnixSite(self._runner, self._path, backlog=1024).start()
            self._inode = _inode(self._path)
            self.address = f"unix:{self._path}"
            return
        await web.TCPSite(self._runner, self._host or None, self._port, backlog=1024, reuse_address=True).start()
        host, port = self._runner.addresses[0][:2]
        self.port = int(port)
        self.address = f"http://[{host}]:{port}" if ":" in str(host) else f"http://{host}:{port}"

    async def drain(self) -> None:
        """Take no more connections, finish what is under way within the grace, close."""
        for site in list(self._runner.sites):
            await site.stop()
        await asyncio.sleep(0)  # what has been accepted begins
        self.server.pre_shutdown()
        self._idle.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._grace):
                while self._under_way:
                    await self._idle.wait()
        await self._runner.cleanup()
        if self._path is not None and _inode(self._path) == self._inode:  # else a successor listens there by now
            with contextlib.suppress(FileNotFoundError):
                await asyncio.to_thread(Path(self._path).unlink)

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
