"""What a long command did so far: counted by threads, shown on standard error while it runs, told when it ends."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from edge.commands import counted

_SHOWN = 10  # failures that are told one by one
_BAR = 24  # characters
_REDRAWN, _WRITTEN = 0.1, 5.0  # seconds between two pictures on a terminal, and between two lines elsewhere


@dataclass
class Failures:
    """How many there were, and the first `shown` of them."""

    failed: int = 0
    failures: list[str] = field(default_factory=list)
    shown: int = _SHOWN
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def fail(self, what: str, why: str) -> None:
        with self._lock:
            self.failed += 1
            if len(self.failures) < self.shown:
                self.failures.append(f"{what}: {why}")

    def told(self) -> list[str]:
        """The first failures, and how many more there were."""
        more = self.failed - len(self.failures)
        return [*self.failures, *([f"… and {counted(more, 'more failure')}"] if more else [])]


@dataclass
class Tally(Failures):
    """Of `edge warm`."""

    hits: int = 0
    made: int = 0
    bytes: int = 0

    @property
    def fetched(self) -> int:
        return self.hits + self.made

    @property
    def ended(self) -> int:
        return self.fetched + self.failed

    def fetch(self, size: int, hit: bool) -> None:
        with self._lock:
            self.bytes += size
            self.hits += hit
            self.made += not hit

    def brief(self) -> str:
        return f"{self.fetched:,} fetched, {self.failed:,} failed, {size_text(self.bytes)}"

    def __str__(self) -> str:
        ways = f"{counted(self.hits, 'hit')} already, {self.made:,} made"
        return f"{self.fetched:,} fetched ({ways}), {self.failed:,} failed, {size_text(self.bytes)}"


def size_text(size: int) -> str:
    """Of bytes, for people: 3.4 MiB."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"


class Counted(Protocol):
    """What is shown: how many have ended, and a few words."""

    @property
    def ended(self) -> int: ...

    def brief(self) -> str: ...


class Progress:
    """A bar on a terminal, a line now and then elsewhere. `size`: of the whole, in bytes or whatever `position` counts;
    0 = nobody knows."""

    def __init__(self, stream: TextIO, tally: Counted, size: int, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._tally = tally
        self._size = size
        self._clock = clock
        self._terminal = stream.isatty()
        self._shown_at = self._began = clock()
        self._drawn = False
        self._lock = threading.Lock()
        self.position = 0

    def moved(self) -> None:
        """Show it if it is time to."""
        with self._lock:
            now = self._clock()
            if now - self._shown_at >= (_REDRAWN if self._terminal else _WRITTEN):
                self._shown_at = now
                self._show(now)

    def end(self) -> None:
        """Leave the terminal's line."""
        with self._lock:
            if self._drawn:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
                self._drawn = False

    def _show(self, now: float) -> None:
        rate = self._tally.ended / max(now - self._began, 1e-3)
        words = f"{self._tally.brief()}, {rate:,.0f}/s"
        if not self._terminal:
            self._stream.write(f"{self._share()}{words}\n")
        else:
            columns = shutil.get_terminal_size().columns
            self._stream.write(f"\r{f'{self._bar()}{self._share()}{words}'[: columns - 1]}\x1b[K")
            self._drawn = True
        self._stream.flush()

    def _bar(self) -> str:
        if not self._size:
            return ""
        done = _BAR * min(self.position, self._size) // self._size
        return f"[{'#' * done}{'-' * (_BAR - done)}] "

    def _share(self) -> str:
        return f"{100 * min(self.position, self._size) // self._size} %, " if self._size else ""
