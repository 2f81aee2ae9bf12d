"""Serving processes that are none: the real channel, and a script in place of a process."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable

from edge.processes.channel import Channel, Lost, Message
from edge.processes.child import Child

Hear = Callable[[Child, Message], Awaitable[Message]]


class FakeProcess:
    """Says `begun` and `ready` (or why not), heeds, and ends when it is told to. `acts` answers what it is asked."""

    def __init__(self, pid: int, number: int, sentence: str = "", mute: bool = False) -> None:
        self.pid = pid
        self.number = number
        self.code: int | None = None
        self.heeded: list[object] = []
        self.deaf = False  # it does not act on what peers tell
        self.stubborn = False  # it does not leave
        self.requests = 0
        self._sentence = sentence
        self._mute = mute
        self._channel: Channel
        self._life: asyncio.Task[None]

    def live(self, sock: socket.socket) -> None:
        self._sock = sock
        self._life = asyncio.get_running_loop().create_task(self._live(sock))

    async def _live(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        sock.setblocking(False)
        length = int.from_bytes(await loop.sock_recv(sock, 4), "big")
        while length:
            length -= len(await loop.sock_recv(sock, length))
        self._channel = Channel(sock, self._act)
        await self._channel.open()
        if self._mute:
            return
        try:
            await self.say({"say": "begun"})
            await self.say({"say": "failed", "sentence": self._sentence} if self._sentence else {"say": "ready"})
        except Lost:
            return
        if self._sentence:
            self.end(1)

    async def say(self, message: Message) -> Message:
        return await self._channel.ask(message)

    async def tell(self, message: Message) -> None:
        await self.say({"say": "tell", "message": message})

    async def _act(self, message: Message) -> Message:
        if message["door"] == "heed":
            if self.deaf:
                await asyncio.Event().wait()
            self.heeded.append(message["message"])
            return {}
        if message["door"] == "metrics":
            return {"text": f"# TYPE x_total counter\nx_total {self.requests}\n"}
        if message["door"] == "end":
            self.end(-9)
        return {"number": self.number}

    def end(self, code: int) -> None:
        self.code = code
        self._life.cancel()
        if hasattr(self, "_channel"):
            self._channel.close()
        else:
            self._sock.close()

    def poll(self) -> int | None:
        return self.code

    def kill(self) -> None:
        if self.code is None:
            self.end(-signal.SIGKILL)

    def terminate(self) -> None:
        if not self.stubborn and self.code is None:
            self.end(0)
