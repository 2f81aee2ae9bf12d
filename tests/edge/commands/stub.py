"""A small web server that stands in for a running edge: it writes down what it is asked and answers as told."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import parse_headers
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Asked:
    """`headers` have lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def said(status: int, body: bytes = b"", length: int | None = None, **headers: str) -> bytes:
    """An answer as bytes. Header names are written with underscores: Cache_Status."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    fields.setdefault("Content-Length", str(len(body) if length is None else length))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Told\r\n{head}\r\n".encode() + body


Answer = Callable[[Asked], bytes]


@dataclass
class Stub:
    """`hang`: never answer. `busiest`: most requests at the same time."""

    answer: Answer
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    under_way: int = 0
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def targets(self) -> list[str]:
        return sorted(each.target for each in self.asked)


@contextmanager
def standing_in(answer: Answer, path: Path | None = None) -> Iterator[Stub]:
    """On a free port of loopback, or on this Unix socket. A connection closes after an answer that is cut short."""
    stub = Stub(answer)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with stub.lock:
                stub.connections += 1
            while line := self.rfile.readline():
                method, target, _ = line.decode("latin-1").split(" ", 2)
                headers = {name.lower(): value for name, value in parse_headers(self.rfile).items()}
                asked = Asked(method, target, headers, self.rfile.read(int(headers.get("content-length", 0))))
                if not self._answered(asked):
                    return

        def _answered(self, asked: Asked) -> bool:
            with stub.lock:
                stub.asked.append(asked)
                stub.under_way += 1
                stub.busiest = max(stub.busiest, stub.under_way)
            answer = stub.answer(asked)
            with stub.lock:
                stub.under_way -= 1
            try:
                self.wfile.write(answer)
            except OSError:
                return False
            head, _, body = answer.rpartition(b"\r\n\r\n")
            return f"Content-Length: {len(body)}".encode() in head and b"Connection: close" not in head

    class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
        daemon_threads = True
        block_on_close = False
        address_family = socket.AF_UNIX if path else socket.AF_INET

    where: Any = str(path) if path else ("127.0.0.1", 0)
    with Server(where, Handler) as server:
        stub.url = f"unix:{path}" if path else f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield stub
        server.shutdown()
        thread.join()
