"""`edge tool v1/querystring --in 'photos/*.jpg' --out-dir small/`: one query for many pictures.

As many threads as there are processors take one picture after the other. Each has it made by an isolated worker, which
reads the input by its descriptor, and writes what comes back beside its name and renames it. So no more pictures than
processors are in memory at once, a hostile one costs its worker and nothing else, and whoever stops the command finds
whole outputs only.
"""

import os
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.commands import FAILED, FINE, Ended, Failed, Wrong
from edge.commands.client import printable
from edge.commands.progress import Failures, Progress, size_text
from edge.commands.tool import INTERRUPTED
from edge.commands.tool.build import LIMITS, query_job, remark
from edge.commands.tool.files import replace_file
from edge.commands.tool.larger import limited
from edge.commands.tool.naming import (
    SUFFIXES,
    Gathered,
    Picture,
    gather,
    identities,
    is_one_of,
    overwritten,
    twins,
)
from edge.commands.tool.slots import Job, refuse_urls, with_io
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.results import Output
from edge.dialects.riapi import parse
from edge.errors import EdgeError
from edge.jobs.isolated import Isolated
from edge.workers.pool import processors

_SHOWN = 1000  # failures that are told one by one
_SENTENCES = 10  # of what is wrong with the names

Make = Callable[[Path], Output]


class NoInput(Ended):
    """Nothing to work on: sysexits' EX_NOINPUT, so that a script can tell it from a mistake of its own."""

    code = 66


@dataclass
class Made(Failures):
    shown: int = _SHOWN
    made: int = 0
    bytes: int = 0

    @property
    def ended(self) -> int:
        return self.made + self.failed

    def make(self, size: int) -> None:
        with self._lock:
            self.made += 1
            self.bytes += size

    def brief(self) -> str:
        return f"{self.made:,} made, {self.failed:,} failed, {size_text(self.bytes)}"


def run(args: Namespace) -> int:
    for option in ("response", "bundle_to", "debug_package"):
        if getattr(args, option) is not None:
            raise Wrong(f"--{option.replace('_', '-')} is for a single job, not for --out-dir")
    if not args.out_dir:
        raise Wrong("--out-dir is empty")
    try:
        return _run(args)
    except JobError as error:  # of the arguments, or of workers that cannot start; what pictures deserve is counted
        sys.stderr.write(f"{error.message}\n")
        return error.category.exit


def _run(args: Namespace) -> int:
    remark(args)
    job = with_io(limited(query_job(args.command), args.exit_if_larger_than), "out", {1: "output_buffer"})
    refuse_urls(args.inputs, "--in")
    out, tally = Path(args.out_dir), Made()
    gathered = _gathered(args.inputs, out, _asked(args.command))
    for value, why in gathered.missing:
        tally.fail(printable(value), why)
    progress = None if args.quiet else Progress(sys.stderr, tally, len(gathered.pictures), time.monotonic)
    whole = _all(Work(gathered.pictures, out, tally, progress), job)
    for sentence in tally.told():
        sys.stderr.write(f"{sentence}\n")
    if not args.quiet:
        sys.stdout.write(f"{'' if whole else 'stopped: '}{tally.brief()}\n")
    if not whole:
        return INTERRUPTED
    return FAILED if tally.failed else FINE


def _asked(query: str) -> str | None:
    """The format that the query names, "keep" for the source's own; None = it is chosen for each picture."""
    format = parse(query).plan.outputs[-1].format
    return "keep" if format is None else format if isinstance(format, str) else None


def _gathered(values: Sequence[str], out: Path, asked: str | None) -> Gathered:
    """Raises NoInput or Wrong, before there is any work."""
    if "" in values:  # a script's variable that nobody set, and no name of the folder one is in
        raise Wrong("--in is empty")
    gathered = gather(values, out)
    if not gathered.pictures:
        raise NoInput(*(f"--in {printable(value)}: {why}" for value, why in gathered.missing[:_SENTENCES]))
    if os.path.exists(out) and not out.is_dir():  # noqa: PTH110 - pathlib's raises of what lies in a closed folder
        raise Wrong(f"--out-dir: {out} is not a folder")
    problems = [*twins(gathered.pictures, asked), *overwritten(gathered.pictures, out, asked)]
    if problems:
        more = len(problems) - _SENTENCES
        raise Wrong(*map(printable, problems[:_SENTENCES]), *([f"… and {more:,} more"] if more > 0 else []))
    return gathered


def _all(work: "Work", job: Job) -> bool:
    """False when it was interrupted."""
    threads = min(processors(), max(1, len(work.pictures)))
    try:
        with Isolated(workers=threads, limits=LIMITS) as jobs:
            work.run(lambda path: jobs.run(job, path, limits=LIMITS).outputs[0], threads)
    except KeyboardInterrupt:
        return False
    finally:
        work.end()
    return True


class Work:
    """Pictures, made and written by threads."""

    def __init__(self, pictures: Sequence[Picture], out: Path, tally: Made, progress: Progress | None) -> None:
        self.pictures = pictures
        self._out = out
        self._tally = tally
        self._progress = progress
        self._left = iter(pictures)
        self._inputs = identities(pictures)
        self._taken: dict[Path, Path] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def run(self, make: Make, threads: int) -> None:
        """Returns when all is done. Whoever interrupts it must call `end`."""
        self._threads = [threading.Thread(target=self._work, args=(make,), daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()
        try:
            for thread in self._threads:
                thread.join()
        finally:
            self._over.set()

    def end(self) -> None:
        """What is being written is finished, nothing else is begun."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._progress is not None:
            self._progress.end()

    def _work(self, make: Make) -> None:
        while (picture := self._next()) is not None:
            try:
                size = self._keep(picture, make(picture.source))
            except Exception as error:  # whatever it is, the others go on
                if self._over.is_set():  # what was cut off by ourselves is nobody's failure
                    return
                self._tally.fail(printable(str(picture.source)), printable(_why(error)))
            else:
                self._tally.make(size)
            if self._progress is not None:
                with self._lock:
                    self._progress.position = self._tally.ended
                self._progress.moved()

    def _next(self) -> Picture | None:
        with self._lock:
            return None if self._over.is_set() else next(self._left, None)

    def _keep(self, picture: Picture, output: Output) -> int:
        """Write it; its bytes. Raises Failed."""
        place = self._out / picture.named(SUFFIXES[output.extension])
        with self._lock:
            other = self._taken.setdefault(place, picture.source)
        if other != picture.source:
            raise Failed(f"{place} was already made of {other}")
        if is_one_of(place, self._inputs):
            raise Failed(f"{place} is an input and is not overwritten")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            replace_file(place, output.data)
        except OSError as error:  # of a full disk, it names no file
            raise Failed(f"{place} cannot be written: {error.strerror}") from None
        return len(output.data)


def _why(error: Exception) -> str:
    if isinstance(error, EdgeError):
        return error.sentence
    return str(error) if isinstance(error, Ended) else f"{type(error).__name__}: {error}"
