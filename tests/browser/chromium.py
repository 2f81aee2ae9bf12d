"""A headless Chromium, told what to do over its remote debugging protocol. Nothing but aiohttp is needed.

https://chromedevtools.github.io/devtools-protocol/ names the methods and their parameters.
"""

import asyncio
import itertools
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

_START = 30.0  # seconds, on a busy machine
_FLAGS = (
    "--headless",
    "--no-sandbox",  # it runs as root in containers, and opens none but our own page
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


class Tab:
    """One page. `problems` are the exceptions and errors of its console."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.problems: list[str] = []

    async def say(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            heard = await self._socket.receive_json(timeout=_START)
            if heard.get("id") == number:
                assert "error" not in heard, f"{method}: {heard['error']}"
                result: dict[str, Any] = heard["result"]
                return result
            self._note(heard)

    def _note(self, heard: dict[str, Any]) -> None:
        method, told = heard.get("method"), heard.get("params", {})
        if method == "Runtime.exceptionThrown" or (
            method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning")
        ):
            self.problems.append(json.dumps(told)[:1000])

    async def run(self, script: str) -> Any:
        """The value of an expression, awaited when it is a promise."""
        said = await self.say("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until the expression is true. Raises TimeoutError when it never was."""
        async with asyncio.timeout(_START):
            while not await self.run(script):
                await asyncio.sleep(0.05)

    async def open(self, url: str, width: int, height: int, density: float) -> None:
        """With its lazy pictures, so the whole page is scrolled through."""
        await self.say(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=density,
            mobile=width < 600,
        )
        await self.say("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")
        await self.run(
            "(async () => { for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2)"
            " { scrollTo(0, y); await new Promise((done) => setTimeout(done, 60)); } })()"
        )


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Tab]:
    """A browser that keeps everything in the folder `profile`, which does not exist yet."""
    process = subprocess.Popen(
        ["chromium", *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session:
            page = await _page(session, profile / "DevToolsActivePort")
            async with session.ws_connect(page, max_msg_size=0) as socket:
                tab = Tab(socket)
                for domain in ("Page", "Runtime", "Log"):
                    await tab.say(f"{domain}.enable")
                yield tab
    finally:
        process.terminate()
        process.wait(_START)


async def _page(session: aiohttp.ClientSession, told: Path) -> str:
    """The address of its first page, once it wrote down its port."""
    async with asyncio.timeout(_START):
        while not told.is_file() or "\n" not in told.read_text("ascii"):
            await asyncio.sleep(0.02)
        port = told.read_text("ascii").splitlines()[0]
        while True:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = [target["webSocketDebuggerUrl"] for target in await answer.json() if target["type"] == "page"]
            if pages:
                return str(pages[0])
            await asyncio.sleep(0.02)
