"""Questions and answers between two processes over a connected socket, both ways at once.

A frame is its length (four bytes, big-endian) and a JSON object: `{"id", "ask"}`, and later `{"id", "answer"}` or
`{"id", "status", "sentence", "headers"}` when the other side would not. Both ends are our own processes; even so
everything is bounded: a frame by FRAME_MOST, the questions under way by ASKS, the time by the asker's patience.
"""

import asyncio
import json
import logging
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from edge.errors import EdgeError, Unavailable

Message = Mapping[str, object]
Heed = Callable[[Message], Awaitable[Message]]

FRAME_MOST: Final = 32 << 20  # bytes: a thousand names of 16 KiB each, the largest that a purge tells
ASKS: Final = 64  # under way at once, in each direction; more wait for their turn
_PREFIX: Final = struct.Struct(">I")
_BUSY: Final = Unavailable("The process is busy")

log = logging.getLogger("edge.processes")


class Lost(Exception):
    """The other process is no more, or has hung up."""


class Channel:
    """`heed` answers what the other side asks; an EdgeError that it raises is raised over there. `open` before use; the
    socket is the channel's to close."""

    def __init__(self, sock: socket.socket, heed: Heed) -> None:
        self.closed = asyncio.Event()
        self._sock = sock
        self._heed = heed
        self._writer: asyncio.StreamWriter | None = None
        self._turns = asyncio.Semaphore(ASKS)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._heeding: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Task[None] | None = None
        self._asked = 0

    async def open(self) -> None:
        reader, self._writer = await asyncio.open_unix_connection(sock=self._sock)
        self._listening = asyncio.get_running_loop().create_task(self._listen(reader))

    async def ask(self, message: Message, patience: float | None = None) -> Message:
        """The answer. `patience` is seconds from the moment the question is sent. Raises Lost, TimeoutError, or the
        EdgeError that the other side raised."""
        async with self._turns:
            if self.closed.is_set():
                raise Lost
            self._asked += 1
            number = self._asked
            frame = encode({"id": number, "ask": message})
            answer = self._waiting[number] = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(patience):
                    await self._write(frame)
                    told: Message = await answer
                    return told
            finally:
                del self._waiting[number]

    def close(self) -> None:
        """Hang up. Whoever waits for an answer gets Lost."""
        if self.closed.is_set():
            return
        self.closed.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Lost())
                answer.exception()  # whoever stopped waiting need not hear of it
        for task in (*self._heeding, *((self._listening,) if self._listening else ())):
            if task is not asyncio.current_task():
                task.cancel()
        if self._writer is not None:
            self._writer.close()
        else:
            self._sock.close()

    async def _write(self, frame: bytes) -> None:
        """When the other side is gone, `_listen` hears of it."""
        assert self._writer is not None, "opened before use"
        if self.closed.is_set() or self._writer.is_closing():  # some loops raise for what others swallow
            return
        self._writer.write(frame)
        with suppress(ConnectionError):
            await self._writer.drain()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                (length,) = _PREFIX.unpack(await reader.readexactly(_PREFIX.size))
                if length > FRAME_MOST:
                    raise ValueError(f"Expected at most {FRAME_MOST} bytes but received {length}")
                self._take(json.loads(await reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except (ValueError, TypeError, KeyError, RecursionError):
            log.exception("the other process talks nonsense")
        finally:
            self.close()

    def _take(self, frame: dict[str, object]) -> None:
        number = frame["id"]
        if not isinstance(number, int):
            raise TypeError("Expected a number for id")
        if "ask" not in frame:
            self._answered(number, frame)
            return
        busy = len(self._heeding) >= ASKS  # its asker may have lost patience and asked anew
        answer = self._answer(number, frame) if not busy else self._write(encode(_told(number, _BUSY)))
        task = asyncio.get_running_loop().create_task(answer)
        self._heeding.add(task)
        task.add_done_callback(self._heeding.discard)

    def _answered(self, number: int, frame: dict[str, object]) -> None:
        answer = self._waiting.get(number)
        if answer is None or answer.done():  # it came after the asker's patience was over
            return
        if "status" in frame:
            answer.set_exception(_refusal(frame))
        else:
            answer.set_result(_message(frame["answer"]))

    async def _answer(self, number: int, asked: dict[str, object]) -> None:
        try:
            answer: dict[str, object] = {"id": number, "answer": await self._heed(_message(asked["ask"]))}
            frame = encode(answer)
        except EdgeError as error:
            frame = encode(_told(number, error))
        except Exception:
            log.exception("a question of another process has no answer")
            frame = encode(_told(number, EdgeError("Something went wrong inside the edge")))
        await self._write(frame)

    def __repr__(self) -> str:
        state = "closed" if self.closed.is_set() else "open"
        return f"Channel({state}, {len(self._waiting)} asked, {len(self._heeding)} heeding)"


def encode(frame: Message) -> bytes:
    """Raises ValueError for more than FRAME_MOST bytes. Lone surrogates survive, for headers may hold them."""
    text = json.dumps(frame).encode("ascii")
    if len(text) > FRAME_MOST:
        raise ValueError(f"Expected a message of at most {FRAME_MOST} bytes but received {len(text)}")
    return _PREFIX.pack(len(text)) + text


def _message(found: object) -> Message:
    if not isinstance(found, dict):
        raise TypeError("Expected an object")
    return found


def _told(number: int, error: EdgeError) -> dict[str, object]:
    return {"id": number, "status": error.status, "sentence": error.sentence, "headers": dict(error.headers)}


def _refusal(frame: dict[str, object]) -> EdgeError:
    """The error as it was raised over there; its class is found by its status."""
    kind = next((kind for kind in _kinds(EdgeError) if kind.status == frame["status"]), EdgeError)
    sentence = str(frame["sentence"])
    headers = {name: str(value) for name, value in _message(frame["headers"]).items()}
    if kind is Unavailable:
        return Unavailable(sentence, int(headers.get("Retry-After", "1")))
    return kind(sentence, headers)


def _kinds(kind: type[EdgeError]) -> Iterator[type[EdgeError]]:
    """Those that have a status of their own."""
    for found in kind.__subclasses__():
        if "status" in vars(found):
            yield found
        yield from _kinds(found)
