"""A small load tool: one connection kept alive, requests written and answers read as bytes.

For misses it is always used, since it knows which URL comes next and reads what each answer says. For hits it stands in
where wrk is not installed: then it is a process of its own, as it needs about as much of a processor as the edge."""

import socket
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from tests.bench.hands import obey

PATIENCE = 60.0  # seconds for one answer
CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Got:
    """`head` is the answer's, in lower case."""

    status: int
    head: bytes
    body: bytes
    took: float

    def field(self, name: str) -> str:
        for line in self.head.split(b"\r\n"):
            key, _, value = line.partition(b": ")
            if key == name.encode():
                return value.decode()
        return ""


class Line:
    """A connection kept alive."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> Got:
        began = time.perf_counter()
        self._socket.sendall(request)
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._some()
        head = bytes(received[:end]).lower()
        status = int(head[9:12])
        length = 0 if status == 304 else _length(head)
        while len(received) < end + 4 + length:
            received += self._some()
        return Got(status, head, bytes(received[end + 4 :]), time.perf_counter() - began)

    def _some(self) -> bytes:
        piece = self._socket.recv(CHUNK)
        if not piece:
            raise ConnectionError("The server hung up in the middle of an answer")
        return piece

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length: ")
    if not found:
        raise ConnectionError("Expected a Content-Length")
    return int(rest.partition(b"\r\n")[0])


@dataclass(frozen=True, slots=True)
class Tally:
    """What one connection saw."""

    answers: list[Got] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.answers) / self.elapsed


def in_turn(port: int, requests: Sequence[bytes], seconds: float) -> Tally:
    """One request after the other on one connection until the time or the list is over; bodies are dropped."""
    answers: list[Got] = []
    with Line(port) as line:
        began = at = time.perf_counter()
        for request in requests:
            got = line.ask(request)
            answers.append(Got(got.status, got.head, b"", got.took))
            at = time.perf_counter()
            if at - began >= seconds:
                break
    return Tally(answers, at - began)


def side_by_side(port: int, lanes: Sequence[Sequence[bytes]], seconds: float) -> list[Tally]:
    """One connection per lane, all at once. Threads do, since they wait nearly all of the time."""
    with ThreadPoolExecutor(len(lanes)) as threads:
        return list(threads.map(lambda requests: in_turn(port, requests, seconds), lanes))


def over_and_over(order: Any) -> object:
    """A hand's work: {"port", "seconds", "requests"} → how many answers of which status, and seconds."""
    if not order:
        return {}
    statuses: Counter[str] = Counter()
    with Line(order["port"]) as line:
        began = at = time.perf_counter()
        for request in cycle([text.encode() for text in order["requests"]]):
            statuses[str(line.ask(request).status)] += 1
            at = time.perf_counter()
            if at - began >= order["seconds"]:
                break
    return {"statuses": statuses, "elapsed": at - began}


if __name__ == "__main__":
    obey(over_and_over)
