"""A listener: aiohttp's low-level server on an address, with a drain."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_REQUEST_LINE = 64 << 10  # bytes; longer ones get aiohttp's own 400, shorter ones our 414
_KEEPALIVE = 75.0  # seconds; nginx's own default for clients


class Listener:
    """`handle` answers each request; a client that leaves cancels its handler. `address` is known after `start`."""

    def __init__(self, handle: Handler, host: str, port: int, path: str | None, grace: float) -> None:
        self._host, self._port, self._path = host, port, path
        self.server = web.Server(
            handle,
            access_log=None,
            keepalive_timeout=_KEEPALIVE,
            handler_cancellation=True,
            auto_decompress=False,
            max_line_size=_REQUEST_LINE,
        )
        self._runner = web.ServerRunner(self.server, shutdown_timeout=grace, handle_signals=False)
        self.address = ""
        self.port = 0

    async def start(self) -> None:
        """Raises OSError when the address cannot be had."""
        await self._runner.setup()
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                Path(self._path).unlink()  # noqa: ASYNC240 - once, at the start; a socket that an earlier life left
            await web.UnixSite(self._runner, self._path, backlog=1024).start()
            self.address = f"unix:{self._path}"
            return
        await web.TCPSite(self._runner, self._host or None, self._port, backlog=1024, reuse_address=True).start()
        host, port = self._runner.addresses[0][:2]
        self.port = int(port)
        self.address = f"http://[{host}]:{port}" if ":" in str(host) else f"http://{host}:{port}"

    async def drain(self) -> None:
        """Take no more connections, finish what is under way within the grace, close."""
        await self._runner.cleanup()
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                await asyncio.to_thread(Path(self._path).unlink)
