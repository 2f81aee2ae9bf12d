"""An origin that says exactly what a test told it to, lies included."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from itertools import count

from tests.conformance.wire import Asked, Headers, lines_of, read_body, read_head


@dataclass(frozen=True)
class Answer:
    """`body` None = a new one each time, so that a test can tell answers apart. `raw` replaces everything, as it is;
    b"" = the connection ends without a byte. `interim` goes before: status and fields. `gate` holds the answer back
    until it is set; with `early`, only what comes after so many bytes of the body. `wait` is how far the clock moves
    while the origin thinks. A Date that is None is not sent at all."""

    headers: Headers = field(default_factory=dict)
    status: int = 200
    body: bytes | None = None
    raw: bytes | None = None
    interim: tuple[tuple[int, Headers], ...] = ()
    gate: asyncio.Event | None = None
    early: int = -1
    wait: float = 0.0


Script = Answer | Callable[[Asked], Answer]


def gone() -> Answer:
    """The connection ends before the head."""
    return Answer(raw=b"")


def not_modified(**headers: str | None) -> Answer:
    """304 with these fields; an underscore stands for a hyphen."""
    return Answer({name.replace("_", "-"): value for name, value in headers.items()}, 304)


def validating(body: bytes = b"the body", **headers: str) -> Callable[[Asked], Answer]:
    """An honest origin with one representation: 304 when its ETag is among those of If-None-Match, else 200."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(asked: Asked) -> Answer:
        known = [tag.strip() for tag in (asked.get("if-none-match") or "").split(",")]
        return Answer(fields, 304) if fields["ETag"] in known else Answer(fields, 200, body)

    return answer


_serial = count(1)


class Origin:
    """Answers by path without its query: the first of the path's answers is used up unless it is the last one."""

    def __init__(self, clock: Callable[[], float], tick: Callable[[float], None]) -> None:
        self._clock, self._tick = clock, tick
        self._answers: dict[str, list[Script]] = {}
        self._asked: dict[str, list[Asked]] = {}
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def says(self, path: str, *answers: Script) -> None:
        self._answers[path] = list(answers)

    def asked(self, path: str) -> list[Asked]:
        return self._asked.setdefault(path, [])

    async def arrived(self, path: str, number: int) -> None:
        """Wait until so many requests have come for this path."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: len(self.asked(path)) >= number)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await read_head(reader)) is not None:
                asked = Asked(head.start, head.lines)
                asked.body = await read_body(reader, head, to_end=False)
                if not await self._reply(asked, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the edge left
        finally:
            writer.close()

    async def _reply(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """True when the connection may be used again."""
        path = asked.target.partition("?")[0]
        async with self._news:
            self.asked(path).append(asked)
            self._news.notify_all()
        answer = self._next(path, asked)
        for status, headers in answer.interim:
            writer.write(self._head(status, lines_of(headers)))
        sent = await self._held(answer, asked.method, writer)
        self._tick(answer.wait)
        writer.write((self._bytes(answer, asked.method) if answer.raw is None else answer.raw)[sent:])
        await writer.drain()
        return answer.raw is None

    def _next(self, path: str, asked: Asked) -> Answer:
        script = self._answers.get(path, [Answer()])
        said = script.pop(0) if len(script) > 1 else script[0]
        return said if isinstance(said, Answer) else said(asked)

    async def _held(self, answer: Answer, method: str, writer: asyncio.StreamWriter) -> int:
        """How many bytes went out before the gate."""
        if answer.gate is None:
            return 0
        early = b""
        if answer.early >= 0:
            whole = self._bytes(answer, method)
            early = whole[: whole.index(b"\r\n\r\n") + 4 + answer.early]
            writer.write(early)
        await answer.gate.wait()
        return len(early)

    def _bytes(self, answer: Answer, method: str) -> bytes:
        if answer.body is None:
            answer = replace(answer, body=f"body number {next(_serial)}".encode())
        body = answer.body or b""
        lines = lines_of(answer.headers)
        names = {name.lower() for name in answer.headers}
        if "date" not in names:
            lines.append(("Date", formatdate(self._clock(), usegmt=True)))
        if answer.status in (204, 304):
            return self._head(answer.status, lines)
        if not names & {"content-length", "transfer-encoding"}:
            lines.append(("Content-Length", str(len(body))))
        return self._head(answer.status, lines) + (b"" if method == "HEAD" else body)

    def _head(self, status: int, lines: list[tuple[str, str]]) -> bytes:
        text = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
        return text.encode("latin-1") + b"\r\n"
