"""A real nginx on loopback that serves the generated configuration, and a listener that writes down what it is sent."""

import getpass
import grp
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.front import nginx
from edge.settings import load
from tests.running import Answer, ask

_START = 20.0  # seconds, on a busy machine
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def program() -> str:
    """Its folder is not on every user's PATH."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    assert found, "nginx went away"
    return found


def whole(folder: Path, generated: str, port: int) -> Path:
    """A complete nginx.conf around the generated text, whose ports become this one of loopback. Everything it writes is
    in `folder`."""
    assert "    listen 80;\n    listen [::]:80;\n" in generated
    site = generated.replace("    listen 80;\n    listen [::]:80;\n", f"    listen 127.0.0.1:{port};\n")
    (folder / "site.conf").write_text(site, encoding="utf-8")
    rooms = "".join(f"    {name}_temp_path {folder}/{name};\n" for name in _TEMPORARY)
    user = f"{getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name}"
    main = f"""user {user};
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    gzip on;
    gzip_proxied any;
{rooms}    include {folder}/site.conf;
}}
"""
    place = folder / "nginx.conf"
    place.write_text(main, encoding="utf-8")
    return place


def checked(configuration: Path) -> subprocess.CompletedProcess[str]:
    """`nginx -t`."""
    command = [program(), "-t", "-p", str(configuration.parent), "-c", str(configuration)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@dataclass
class Front:
    port: int

    def get(self, url: str, method: str = "GET", **headers: str) -> Answer:
        """Header names are written with underscores: If_None_Match."""
        return ask(self.port, method, url, {name.replace("_", "-"): value for name, value in headers.items()})


@contextmanager
def fronting(upstream: int, folder: Path) -> Iterator[Front]:
    """nginx in front of this port of loopback, as `edge nginx` wants it."""
    port = free_port()
    configuration = whole(folder, nginx(load(f"server: {{listen: '127.0.0.1:{upstream}'}}")), port)
    command = [program(), "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        _await(process, port, folder / "error.log")
        yield Front(port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"nginx did not start: {log.read_text('utf-8')}")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class Told:
    """What a request looked like on the wire."""

    line: str = ""
    fields: dict[str, str] = field(default_factory=dict)


@contextmanager
def listener(answer: bytes) -> Iterator[tuple[int, list[Told]]]:
    """Port of a server that gives every request this answer and closes, and what it was told so far."""
    told: list[Told] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            heard = Told(self.rfile.readline().decode("latin-1").rstrip("\r\n"))
            while line := self.rfile.readline().decode("latin-1").strip():
                name, _, value = line.partition(":")
                heard.fields[name.lower()] = value.strip()
            told.append(heard)
            self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], told
        server.shutdown()
        thread.join()
