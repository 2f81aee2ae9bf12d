"""HTTP to a running edge, for commands: blocking, one kept connection, request targets sent byte for byte.

The standard library's client is enough here. It needs no event loop, so a command begins at once and Ctrl-C ends even a
wait for standard input; it rewrites no URL; it follows no redirect, which might carry the admin token elsewhere.
"""

import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from edge.commands import Failed
from edge.settings import Listen

AN_ADDRESS = "an address such as http://127.0.0.1:8081 or unix:/run/edge.sock"

_CONNECT = 5.0  # seconds; the edge is near, or it is not there
_CHUNK = 64 << 10
_SHOWN = 300  # characters of a sentence that came from elsewhere


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener is: a Unix socket's path, or host and port. `base` stands before every path."""

    host: str = "localhost"
    port: int = 80
    path: str | None = None
    tls: bool = False
    base: str = ""

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Of http://…, https://…, HOST:PORT or unix:/path. Raises ValueError with what was expected."""
        if "://" not in text:
            return cls.of(_listen(text))
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError(AN_ADDRESS) from None
        wrong = parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.query or parts.fragment
        if wrong or not host or port == 0 or not re.fullmatch(r"[!-~]+", text):
            raise ValueError(AN_ADDRESS)
        tls = parts.scheme == "https"
        return cls(host, port or (443 if tls else 80), None, tls, parts.path.rstrip("/"))

    @classmethod
    def of(cls, listen: Listen) -> "Address":
        """How one who listens there is reached from the same machine. Raises ValueError for a port yet to be chosen."""
        if listen.path is not None:
            return cls(path=listen.path)
        if not listen.port:
            raise ValueError(AN_ADDRESS)
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
        return cls(everywhere.get(listen.host, listen.host), listen.port)

    @property
    def authority(self) -> str:
        """For the Host field."""
        usual = 443 if self.tls else 80
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.path is not None or self.port == usual else f"{host}:{self.port}"

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        return f"{'https' if self.tls else 'http'}://{self.authority}{self.base}"


def _listen(text: str) -> Listen:
    try:
        return Listen.parse(text)
    except ValueError:
        raise ValueError(AN_ADDRESS) from None


class Unreachable(Failed):
    """Nobody answers there."""


class Broken(Failed):
    """Somebody answers, but not in HTTP, or not to the end."""


class _Final(http.client.HTTPResponse):
    """The final answer: interim ones (1xx, RFC 9110 §15.2) come before it, and are skipped."""

    def begin(self) -> None:
        super().begin()
        while 100 < self.status < 200 and self.status != http.client.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment] # so that it begins anew
            super().begin()


class _Unix(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Answer:
    """Status and fields; the body is read by `chunks`, or by `text` when it is small."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self._response = response

    def field(self, name: str) -> str:
        """Its lines joined; empty when there is none."""
        return ", ".join(self._response.headers.get_all(name, ()))

    def chunks(self) -> Iterator[bytes]:
        """Raises Broken when the body ends early."""
        while chunk := self._read():
            yield chunk
        if self._response.length:
            raise Broken("the answer broke off")

    def _read(self) -> bytes:
        try:
            return self._response.read(_CHUNK)
        except TimeoutError:
            raise Broken("the answer stopped coming") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise Broken("the answer broke off") from None

    def sentence(self) -> str:
        """What a refusal says: the detail of a problem (RFC 9457), else its status. One line, whoever wrote it."""
        said = f"status {self.status}"
        with suppress(Broken, ValueError, RecursionError):
            told = json.loads(next(self.chunks(), b""))
            said = str(told["detail"]) if isinstance(told, dict) and told.get("detail") else said
        return printable(said)

    def count(self, name: str) -> int | None:
        """That number in a small JSON object; None where it is not."""
        try:
            told = json.loads(b"".join(self.chunks()))
        except (ValueError, RecursionError):
            return None
        found = told.get(name) if isinstance(told, dict) else None
        return found if isinstance(found, int) and not isinstance(found, bool) else None


class Line:
    """One connection, opened when it is needed. `patience`: seconds the edge may be silent."""

    def __init__(self, address: Address, patience: float) -> None:
        self.address = address
        self._patience = patience
        self._connection = self._new()

    def _new(self) -> http.client.HTTPConnection:
        to = self.address
        connection: http.client.HTTPConnection
        if to.path is not None:
            connection = _Unix(to.path, _CONNECT)
        elif to.tls:
            connection = http.client.HTTPSConnection(to.host, to.port, timeout=_CONNECT)
        else:
            connection = http.client.HTTPConnection(to.host, to.port, timeout=_CONNECT)
        connection.response_class = _Final
        return connection

    @contextmanager
    def ask(self, method: str, target: str, fields: Mapping[str, str], content: bytes = b"") -> Iterator[Answer]:
        """`target` is ASCII and sent as it is. Raises Unreachable and Broken. What of the body is left unread is
        dropped together with the connection."""
        response = self._response(method, self.address.base + target, fields, content)
        try:
            yield Answer(response)
        finally:
            if not response.isclosed():
                response.close()
                self.close()

    def _response(
        self, method: str, target: str, fields: Mapping[str, str], content: bytes
    ) -> http.client.HTTPResponse:
        """A kept connection may have been closed by the other side meanwhile: then once more, on a new one."""
        kept = self._connect()
        try:
            return self._send(method, target, fields, content)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if not kept or not isinstance(error, ConnectionError):
                raise _translated(error, self.address) from None
        return self._response(method, target, fields, content)

    def _connect(self) -> bool:
        """Was it there already?"""
        kept = self._connection.sock is not None
        if not kept:
            self._open()
            self._connection.sock.settimeout(self._patience)
        return kept

    def _open(self) -> None:
        try:
            self._connection.connect()
        except OSError as error:
            self.close()
            raise Unreachable(f"{self.address} cannot be reached: {_reason(error)}") from None

    def _send(self, method: str, target: str, fields: Mapping[str, str], content: bytes) -> http.client.HTTPResponse:
        line = self._connection
        line.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": self.address.authority} | dict(fields)).items():
            line.putheader(name, value.encode())
        if content:
            line.putheader("Content-Length", str(len(content)))
        line.endheaders(content or None)
        return line.getresponse()

    def abort(self) -> None:
        """From another thread: wake whoever waits here."""
        sock = self._connection.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._connection.close()


def _translated(error: Exception, address: Address) -> Broken:
    if isinstance(error, TimeoutError):
        return Broken(f"{address} did not answer in time")
    if isinstance(error, ConnectionError):
        return Broken(f"{address} closed the connection without an answer")
    return Broken(f"{address} answers with something that is not HTTP")


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed, {printable(error.reason or 'for no reason that it gives')}"
    return error.strerror or "it is not there"


def printable(text: str) -> str:
    """One line of bounded length that moves no cursor."""
    flat = " ".join(text.split())
    shown = flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in shown)
