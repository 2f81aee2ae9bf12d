"""`edge warm`: asks a running edge for many URLs, so that what visitors will want is made and stored.

The main thread reads the file a line at a time and hands out requests; a few threads, with a connection each, send them
and drop what comes. Between them stands a short queue, so a file of any length takes no memory to speak of.
"""

import os
import queue
import re
import stat
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO

from edge import __version__
from edge.commands import ACCEPT, FAILED, FINE, Failed, Wrong
from edge.commands.client import Address, Answer, Broken, Line, Unreachable, printable
from edge.commands.pace import Pace
from edge.commands.progress import Progress, Tally
from edge.commands.targets import Target, each_width, lines, read_line

_PATIENCE = 180.0  # seconds; longer than an edge gives an origin, its queue and a picture together
_SHORTEST_WAIT = 0.2  # seconds, for "Retry-After: 0"
_TRIES = 6  # while the edge has no room
_SILENCES = 10  # connections refused in a row, after which nobody is there any more
_GONE = "the edge went away"
_HIT = re.compile(r"(?:^|,)\s*edge\s*;\s*hit\b")  # our member of Cache-Status, RFC 9211


@dataclass(frozen=True, slots=True)
class Wanted:
    target: Target
    accept: str


def run(args: Namespace) -> int:
    widths, accepts, address = _widths(args.widths), _accepts(args.accept), _address(args.edge)
    with _opened(args.file) as (stream, size):
        tally = Tally()
        progress = Progress(sys.stderr, tally, size, time.monotonic)
        warming = Warming(address, args.concurrency, tally, progress)
        whole = warming.run(_wanted(stream, widths, accepts, tally, progress))
    for sentence in tally.told():
        sys.stderr.write(f"{sentence}\n")
    sys.stdout.write(f"{'' if whole else 'stopped: '}{tally}\n")
    return FINE if whole and not tally.failed else FAILED


# What is asked for ---------------------------------------------------------------------------------------------------


def _widths(text: str | None) -> list[int]:
    if text is None:
        return []
    words = [word.strip() for word in text.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,5}", word) and 0 < int(word) < 65536 for word in words):
        raise Wrong(f"Expected widths such as 320,640 for --widths but received {text!r}")
    return list(dict.fromkeys(map(int, words)))


def _accepts(said: Sequence[str] | None) -> list[str]:
    for text in said or ():
        if not text.isascii() or not text.isprintable():
            raise Wrong(f"Expected an Accept header of plain ASCII for --accept but received {text!r}")
    return list(dict.fromkeys(said)) if said else [ACCEPT]


def _address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise Wrong(f"Expected {error} for --edge but received {text!r}") from None


@contextmanager
def _opened(file: str) -> Iterator[tuple[BinaryIO, int]]:
    """The file, and its size where it has one."""
    if file == "-":
        if sys.stdin is None:
            raise Wrong("-: there is no standard input")
        yield sys.stdin.buffer, 0
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 - closed below; only opening it may be a wrong usage
    except OSError as error:
        raise Wrong(f"{file}: cannot be read: {error.strerror}") from None
    with stream:
        told = os.fstat(stream.fileno())
        yield stream, told.st_size if stat.S_ISREG(told.st_mode) else 0


def _wanted(
    stream: BinaryIO, widths: Sequence[int], accepts: Sequence[str], tally: Tally, progress: Progress
) -> Iterator[Wanted]:
    """Lines that are no URLs are failures; the others go on."""
    for number, (line, length) in enumerate(lines(stream), 1):
        try:
            target = read_line(line)
        except ValueError as error:
            tally.fail(f"line {number}", str(error))
            continue
        finally:
            progress.position += length
        for wide in each_width(target, widths) if target else ():
            yield from (Wanted(wide, accept) for accept in accepts)


# Asking --------------------------------------------------------------------------------------------------------------


class Warming:
    def __init__(self, address: Address, threads: int, tally: Tally, progress: Progress) -> None:
        self._tally = tally
        self._progress = progress
        self._pace = Pace(threads, time.monotonic)
        self._queue: queue.Queue[Wanted | None] = queue.Queue(2 * threads)
        self._lines = [Line(address, _PATIENCE) for _ in range(threads)]
        self._threads = [threading.Thread(target=self._work, args=(line,), daemon=True) for line in self._lines]
        self._over = threading.Event()
        self._silent = 0
        self._reached = False
        self._verdict: str | None = None

    def run(self, wanted: Iterator[Wanted]) -> bool:
        """False when it was interrupted. Raises Failed when the edge is not there."""
        for thread in self._threads:
            thread.start()
        whole = True
        try:
            if self._feed(wanted):
                for thread in self._threads:
                    thread.join()
        except KeyboardInterrupt:
            whole = False
        except OSError as error:
            raise Failed(f"the list cannot be read to its end: {error.strerror}") from None
        finally:
            self._stop()
            self._progress.end()
        if self._verdict is not None:
            raise Failed(self._verdict, *([str(self._tally)] if self._reached else []))
        return whole

    def _feed(self, wanted: Iterator[Wanted]) -> bool:
        """Was all of it handed out?"""
        return all(map(self._put, wanted)) and all(self._put(None) for _ in self._threads)

    def _put(self, each: Wanted | None) -> bool:
        while not self._over.is_set():
            with suppress(queue.Full):
                self._queue.put(each, timeout=0.5)
                return True
        return False

    def _stop(self) -> None:
        """Whoever waits is woken; what is under way is dropped."""
        self._over.set()
        self._pace.end()
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        for _ in self._threads:
            self._queue.put_nowait(None)
        for line in self._lines:
            line.abort()
        for thread in self._threads:
            thread.join(2)

    def _work(self, line: Line) -> None:
        with closing(line):
            while (wanted := self._queue.get()) is not None:
                self._fetch(line, wanted)
                self._progress.moved()

    def _fetch(self, line: Line, wanted: Wanted) -> None:
        """Ask until there is room."""
        for left in reversed(range(_TRIES)):
            if not self._pace.enter():
                return
            wait = None
            try:
                wait = self._ask(line, wanted, last=not left)
            except (Unreachable, Broken) as failed:
                self._failed(wanted, failed)
            finally:
                self._pace.leave() if wait is None else self._pace.refused(wait)
            if wait is None:
                return

    def _ask(self, line: Line, wanted: Wanted, last: bool) -> float | None:
        """Seconds to wait before the next try, or None when this was it."""
        fields = {"Accept": wanted.accept, "User-Agent": f"edge-warm/{__version__}"}
        if wanted.target.host:
            fields["Host"] = wanted.target.host
        with line.ask("GET", wanted.target.target, fields) as answer:
            self._reached, self._silent = True, 0
            wait = retry_after(answer.field("Retry-After"), time.time()) if answer.status == 503 else None
            if answer.status < 400:
                self._took(answer)
                return None
            sentence = answer.sentence()
        if wait is None or last:
            self._tally.fail(_named(wanted), f"{answer.status}, {sentence}")
            return None
        return max(wait, _SHORTEST_WAIT)

    def _took(self, answer: Answer) -> None:
        hit = _HIT.search(answer.field("Cache-Status")) is not None
        self._tally.fetch(sum(map(len, answer.chunks())), hit)

    def _failed(self, wanted: Wanted, failed: Unreachable | Broken) -> None:
        if self._over.is_set():  # what was cut off by ourselves is nobody's failure
            return
        if isinstance(failed, Unreachable):
            self._silent += 1
            if not self._reached or self._silent >= _SILENCES:
                self._verdict = self._verdict or (f"{_GONE}: {failed}" if self._reached else str(failed))
                self._over.set()
                self._pace.end()
                return
        self._tally.fail(_named(wanted), str(failed))


def _named(wanted: Wanted) -> str:
    return printable(str(wanted.target))


def retry_after(text: str, now: float) -> float | None:
    """Seconds, of both forms (RFC 9110 §10.2.3); None where there is none that can be read."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None
