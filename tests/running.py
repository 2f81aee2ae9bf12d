"""A real edge in a process of its own, and a real web server to be its origin; both on loopback, on free ports."""

import http.client
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
_START = 30.0  # seconds, on a busy machine
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


@dataclass
class Answer:
    """`headers` have lower-case names; of a repeated one the lines are joined."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cache(self) -> str:
        return self.headers.get("cache-status", "")

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "")


class Running:
    """`edge serve` with this YAML. `ports` are chosen by the system."""

    def __init__(self, yaml: str, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        place = folder / "edge.yaml"
        head = 'server: {listen: "127.0.0.1:0"}\n' if "server:" not in yaml else ""
        head += 'admin: {listen: "127.0.0.1:0"}\n' if "admin:" not in yaml else ""
        head += "log: {format: text, level: warning}\n" if "log:" not in yaml else ""
        place.write_text(head + yaml, encoding="utf-8")
        self.log = (folder / "edge.log").open("wb")
        command = [sys.executable, "-P", "-m", "edge", "serve", "--config", str(place)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, cwd=ROOT, env={**os.environ, **(environ or {})}
        )
        self.port, self.admin_port = self._ports()

    def _ports(self) -> tuple[int, int]:
        """From what the edge prints when it is ready."""
        assert self.process.stdout is not None
        limit = threading.Timer(_START, self.process.kill)
        limit.start()
        port = 0
        try:
            for line in self.process.stdout:
                found = _ADDRESS.search(line.decode())
                if found and "admin:" in line.decode():
                    threading.Thread(target=self._swallow, daemon=True).start()
                    return port, int(found[1])
                if found:
                    port = int(found[1])
        finally:
            limit.cancel()
        raise AssertionError(f"the edge did not start: {Path(self.log.name).read_text('utf-8')}")

    def _swallow(self) -> None:
        assert self.process.stdout is not None
        for _ in self.process.stdout:
            pass

    def get(self, url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """Header names are written with underscores: If_None_Match."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.port, method, url, fields, body)

    def admin(self, url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        return ask(self.admin_port, method, url, headers, body)

    def metric(self, series: str) -> float:
        """The value of one series as /metrics writes it, 0 when it is not there."""
        for line in self.admin("/metrics").body.decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        return 0.0

    def total(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = self.admin("/metrics").body.decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if re.match(rf"{name}[{{ ]", line))

    def workers(self) -> list[int]:
        """Process ids of the imaging workers."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text("ascii").split()]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """The exit code."""
        code = ended(self.process, how)
        self.log.close()
        return code


def ended(process: subprocess.Popen[Any], how: signal.Signals = signal.SIGTERM) -> int:
    """Signal it, wait, kill it if it does not listen. The exit code."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        code = process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    if process.stdout is not None:
        process.stdout.close()
    return code


@contextmanager
def running(yaml: str, folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[Running]:
    edge = Running(yaml, folder, environ)
    try:
        yield edge
    finally:
        edge.stop()


def ask(port: int, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    """One request on a connection of its own, the target sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest(method, url, skip_host=True, skip_accept_encoding=True)
        if "Host" not in headers:
            connection.putheader("Host", f"127.0.0.1:{port}")
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        lines: dict[str, str] = {}
        for name, value in answer.getheaders():
            key = name.lower()
            lines[key] = f"{lines[key]}, {value}" if key in lines else value
        return Answer(answer.status, lines, answer.read())
    finally:
        connection.close()


def eventually(condition: "object", seconds: float = 15.0) -> bool:
    """Wait until a callable is true; False when it never was."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


@dataclass
class WebOrigin:
    """A web server whose bodies, headers and health a test changes at will."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    delay: float = 0.0
    status: int = 200
    port: int = 0

    def counted(self, status: int) -> int:
        return sum(line.startswith(f"{status} ") for line in self.asked)


@contextmanager
def web_origin(bodies: Mapping[str, bytes]) -> Iterator[WebOrigin]:
    """Bodies by path. Each has a strong ETag and answers If-None-Match."""
    origin = WebOrigin(dict(bodies))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(origin.delay)
            path = urlsplit(self.path).path
            body = origin.bodies.get(path)
            etag = f'"{hash(body)}"'
            status = origin.status if body is not None else 404
            if status == 200 and self.headers.get("If-None-Match") == etag:
                status = 304
            origin.asked.append(f"{status} {path}")
            self.send_response(status)
            for name, value in origin.headers.items():
                self.send_header(name, value)
            self.send_header("ETag", etag)
            sent = body if status == 200 and body is not None else b""
            if status != 304:
                self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    origin.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
