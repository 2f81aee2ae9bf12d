"""The main of a worker process: confine itself, warm up, say hello, then one job after the other.

It runs with an almost empty environment, in `/`, with no input and no output but the socket; what it writes to stderr
the pool reads, cuts and logs. It ignores the signals that a terminal or a service manager sends to a whole group, for
the server may still be finishing requests: the end of the socket tells it to leave, SIGKILL makes it.

What goes wrong with a picture is an answer. Only what leaves this process in doubt (a codec's fault, a hang) ends it.
"""

import faulthandler
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from edge.errors import EdgeError, Unprocessable
from edge.plan.canonical import parse_plan
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.work import Capabilities, Done, Made, Source
from edge.workers import wire
from edge.workers.sandbox import confine
from edge.workers.terms import Terms

IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
CHUNK = 1 << 18


class Engine(Protocol):
    """What does the work: edge.imaging, or the faults of edge.workers.hooks around it."""

    def capabilities(self) -> Capabilities: ...

    def warm(self) -> None: ...

    def run(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Made: ...

    def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Done: ...

    def probe(self, source: Source, limits: Limits) -> Facts: ...


class Imaging:
    """libvips. The import is here and not above so that tests of the pool alone do without it."""

    def __init__(self) -> None:
        from edge.imaging import capabilities, prepare, probe, run, run_all, warm  # noqa: PLC0415  # see above

        prepare()
        self.capabilities, self.warm, self.probe = capabilities, warm, probe
        self.run, self.run_all = run, run_all


def main(text: str) -> None:
    terms = Terms.parse(text)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    report = confine(terms, "first")
    faulthandler.enable()
    engine = load(terms)
    report |= confine(terms, "early")
    engine.warm()  # whatever codecs set up lazily is there before the last stage, and no visitor waits for it
    report |= confine(terms, "late")
    gc.freeze()
    with socket.socket(fileno=terms.fd) as sock, suppress(EOFError, ConnectionError):  # the pool may hang up any time
        sock.setblocking(True)
        sock.sendall(wire.write_hello(wire.Hello(engine.capabilities(), report)))
        serve(sock, engine, terms.body_max)


def load(terms: Terms) -> Engine:
    if terms.hooks == "off":
        return Imaging()
    from edge.workers import hooks  # noqa: PLC0415  # faults are not even loaded unless the pool said so

    return hooks.Hooked(terms.fd, Imaging() if terms.hooks == "on" else None)


def serve(sock: socket.socket, engine: Engine, body_max: int) -> None:
    """Until the pool hangs up."""
    while (received := receive(sock, body_max)) is not None:
        header, body, descriptors = received
        try:
            head, pictures = wire.write_answer(answer(engine, wire.read_job(header, body, descriptors)))
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        del received, body  # nobody's picture stays while the next one is awaited
        for piece in (head, *pictures):
            sock.sendall(piece)
        del pictures


def answer(engine: Engine, job: wire.Job) -> wire.Answer:
    try:
        if job.op == "probe":
            return engine.probe(job.sources[0], job.limits)
        work = engine.run if job.op == "run" else engine.run_all
        return work(parse_plan(job.plan), job.sources, job.limits)
    except EdgeError as error:
        return error
    except MemoryError:
        return Unprocessable("The picture needs more memory than one picture may have")
    except Exception as error:  # noqa: BLE001, RUF100  # whatever a hostile picture provokes is its own fault
        _remark("a job failed", error)
        return Unprocessable("The picture is broken")


def receive(sock: socket.socket, body_max: int) -> tuple[dict[str, object], bytes, list[int]] | None:
    """One job; None at the end of the socket."""
    prefix, descriptors, _, _ = socket.recv_fds(sock, wire.PREFIX.size, wire.DESCRIPTORS_MAX)
    if not prefix:
        return None
    prefix += _exactly(sock, wire.PREFIX.size - len(prefix))
    header_length, body_length = wire.read_prefix(prefix, wire.JOB_HEADER_MAX, body_max)
    header = wire.read_header(_exactly(sock, header_length))
    return header, _exactly(sock, body_length), descriptors


def _exactly(sock: socket.socket, length: int) -> bytes:
    pieces: list[bytes] = []
    while length:
        piece = sock.recv(min(length, CHUNK))
        if not piece:
            raise EOFError("the pool hung up in the middle of a job")
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _remark(what: str, error: Exception) -> None:
    """A line for the log: the class only, since the text of an error may be the picture's."""
    sys.stderr.write(f"{what}: {type(error).__name__}\n")
    sys.stderr.flush()
