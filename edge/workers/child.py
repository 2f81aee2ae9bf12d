"""One worker process as the pool sees it: start it, send it a job, watch it while it is idle, kill it, reap it.

Nothing here blocks the loop but the fork, and that happens in a thread. The socket is driven with the loop's own sock_*
calls, which asyncio and uvloop share; descriptors need sendmsg, which neither has, so that is tried directly and waits
for room only in the rare case that there is none.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from edge.workers import wire
from edge.workers.terms import Terms

CHUNK = 1 << 18
BUFFER = 1 << 20  # asked for; Linux grants about 400 KiB, which holds most pictures
STDERR_PACE = 0.05  # seconds between two looks at a worker's stderr, however much it writes
FIRST_WORDS = 16 << 10  # bytes: a long traceback
NONSENSE = "nonsense"  # the cause of death of a worker that spoke against the rules of the wire
BURIAL = 5.0  # seconds until a killed process must be gone; the kernel takes 5 to 13 ms (SANDBOX §2)

# -I leaves out the environment, the working directory and the user's packages. What the parent can import, wherever it
# was installed, is appended, so that nothing there comes before the standard library.
BOOT = "import json, sys; sys.path += json.loads(sys.argv[2]); from edge.workers.worker import main; main(sys.argv[1])"

# All that a worker sees of an environment. VIPS_*: LIBVIPS.md, Settings.
ENVIRONMENT = {
    "VIPS_CONCURRENCY": "1",
    "VIPS_BLOCK_UNTRUSTED": "1",
    "VIPS_DISC_THRESHOLD": "1024g",  # never a temporary file
    "MALLOC_ARENA_MAX": "2",
    "LANG": "C.UTF-8",
}


class Lost(Exception):
    """The worker is of no more use. `strike`: it had the whole job when that happened, so the job may be to blame."""

    def __init__(self, cause: str, strike: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.strike = strike


def command(terms: Terms) -> list[str]:
    folders = [folder for folder in sys.path if Path(folder).is_absolute()]
    flags = ["-I", "-B"] if sys.dont_write_bytecode else ["-I"]
    return [sys.executable, *flags, "-c", BOOT, terms.text(), json.dumps(folders)]


def fork(terms: Terms) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the process; blocks for some milliseconds. The calling thread must live as long as the worker shall:
    Linux ties the worker to it (edge.workers.sandbox, parent_death)."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            popen = subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
                command(replace(terms, fd=theirs.fileno(), parent=os.getpid())),
                bufsize=0,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,  # a terminal's Ctrl-C is the server's to handle
            )
    except BaseException:
        ours.close()
        raise
    return popen, ours


class Child:
    """Call from the loop that made it. Whoever made it must `await bury()` it in the end."""

    def __init__(
        self, popen: subprocess.Popen[bytes], sock: socket.socket, hear: Callable[[bytes], None], born: float = 0.0
    ) -> None:
        self.pid = popen.pid
        self.born = born
        self.jobs = 0
        self.hello: wire.Hello | None = None
        self.cause: str | None = None  # why we ended it; None = it ended by itself
        self.first_words = b""  # what it wrote to stderr before its hello
        self._begun = b""  # the line that it has not ended yet
        self._popen = popen
        self._sock = sock
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._resume: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        self._stderr = popen.stderr.fileno() if popen.stderr else -1
        os.set_blocking(self._stderr, False)
        self._loop.add_reader(self._stderr, self._on_stderr)

    # -------------------------------------------------------------------------------------------------- talking

    async def greet(self) -> wire.Hello:
        """Wait for its hello. Raises Lost."""
        try:
            header, _ = await self._receive(body_max=0)
            self.hello = wire.read_hello(header)
        except EOFError:
            raise Lost("gone", strike=False) from None
        except (OSError, wire.WireError) as error:
            self._hear(f"the pool refuses {error}".encode())
            raise Lost(NONSENSE, strike=False) from None
        return self.hello

    async def ask(self, request: wire.Request, body_max: int) -> wire.Answer:
        """One job and its answer. Raises Lost. When cancelled, the worker is in the middle of something: kill it."""
        try:
            await self._send(request)
        except OSError:
            raise Lost("gone", strike=False) from None
        try:
            answer = wire.read_answer(request.op, *await self._receive(body_max))
        except ConnectionResetError:  # Linux says so when it died with a part of the job still unread
            raise Lost("gone", strike=False) from None
        except (EOFError, OSError):
            raise Lost("gone", strike=True) from None
        except wire.WireError as error:
            self._hear(f"the pool refuses {error}".encode())
            raise Lost(NONSENSE, strike=True) from None
        self.jobs += 1
        return answer

    async def _send(self, request: wire.Request) -> None:
        rest = request.head
        if request.descriptors:
            rest = rest[await self._send_descriptors(request) :]
        for piece in (rest, *request.bodies):
            await self._loop.sock_sendall(self._sock, piece)

    async def _send_descriptors(self, request: wire.Request) -> int:
        while True:
            try:
                return socket.send_fds(self._sock, [request.head], request.descriptors)
            except (BlockingIOError, InterruptedError):
                await self._writable()

    async def _writable(self) -> None:
        ready = asyncio.Event()
        self._loop.add_writer(self._sock.fileno(), ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(self._sock.fileno())

    async def _receive(self, body_max: int) -> tuple[dict[str, object], bytes]:
        prefix = await self._exactly(wire.PREFIX.size)
        header_length, body_length = wire.read_prefix(prefix, wire.ANSWER_HEADER_MAX, body_max)
        header = wire.read_header(await self._exactly(header_length))
        return header, await self._exactly(body_length)

    async def _exactly(self, length: int) -> bytes:
        """In pieces as they come: a worker's word alone allocates nothing."""
        pieces: list[bytes] = []
        while length:
            piece = await self._loop.sock_recv(self._sock, min(length, CHUNK))
            if not piece:
                raise EOFError
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    # ------------------------------------------------------------------------------------------------- watching

    def watch(self, gone: Callable[["Child"], None]) -> None:
        """While it is idle it has nothing to say: whatever can be read, an end or a word, means that it is lost."""
        self._loop.add_reader(self._sock.fileno(), gone, self)

    def unwatch(self) -> None:
        self._loop.remove_reader(self._sock.fileno())

    def resident(self) -> int:
        """Bytes of memory it holds, 0 where the system does not tell."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _on_stderr(self) -> None:
        self._loop.remove_reader(self._stderr)
        if self._drain_stderr():
            self._resume = self._loop.call_later(STDERR_PACE, self._loop.add_reader, self._stderr, self._on_stderr)

    def _drain_stderr(self) -> bool:
        """Hear what there is, at most a pipe full. False at its end."""
        try:
            chunk = os.read(self._stderr, 1 << 16)
        except BlockingIOError:
            return True
        except OSError:
            return False
        whole, newline, rest = (self._begun + chunk).rpartition(b"\n")
        self._begun = rest[:FIRST_WORDS]  # a read may end in the middle of a line
        if whole:
            self._hear(whole + newline)
        if not self.hello:
            self.first_words += chunk[: FIRST_WORDS - len(self.first_words)]
        return bool(chunk)

    # --------------------------------------------------------------------------------------------------- ending

    def kill(self, cause: str | None = None) -> None:
        """SIGKILL to it and to whatever it may have started; does not wait. A worker that no `ask` is using may also
        be dismissed, by `bury(grace)` alone."""
        self.cause = self.cause or cause
        if self._popen.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    async def bury(self, grace: float = 0.0) -> str:
        """Hang up, wait for its end (and after `grace` seconds make it), leave no zombie and no descriptor. Its cause
        of death. No `ask` may be under way."""
        self.unwatch()
        self._sock.close()
        if not await self._ended(grace):
            self.kill()
            await self._ended(BURIAL)
        if self._resume:
            self._resume.cancel()
        self._loop.remove_reader(self._stderr)
        self._drain_stderr()
        if self._begun:
            self._hear(self._begun)
        if self._popen.stderr:
            self._popen.stderr.close()
        return self.cause or _cause(self._popen.returncode)

    async def _ended(self, within: float) -> bool:
        """Asked with growing pauses: child watchers of loops and Popen would take the exit code from each other."""
        until = time.monotonic() + within
        pause = 0.001
        while self._popen.poll() is None:
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(pause)
            pause = min(0.05, pause * 2)
        return True

    def __repr__(self) -> str:
        return f"Child({self.pid}, {self.jobs} jobs{', ' + self.cause if self.cause else ''})"


def _cause(code: int | None) -> str:
    if code is None:
        return "unkillable"
    if code >= 0:
        return "exit"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return "signal"
