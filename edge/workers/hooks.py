"""Faults to order, for tests: a source that begins with `edge-hook:NAME` gets what it asks for.

Loaded only when the one who constructs the pool said so (edge.workers.terms.Hooks); no request and no setting can.
"""

import ctypes
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import UnsupportedPicture
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.work import Capabilities, Done, Made, Source

if TYPE_CHECKING:
    from edge.workers.worker import Engine

MARK = b"edge-hook:"


def _made(body: bytes) -> Made:
    return Made(body, "png", 1, 1)


def _segv() -> Made:
    ctypes.string_at(0)
    raise AssertionError


def _abort() -> Made:
    os.abort()


def _leave() -> Made:
    os._exit(7)


def _hang() -> Made:
    while True:
        time.monotonic()


def _sleep() -> Made:
    time.sleep(0.3)
    return _made(b"slept")


def _hog() -> Made:
    hoard = []
    while True:
        hoard.append(bytes(16 << 20))


def _fail() -> Made:
    raise ZeroDivisionError("with a text that must not be shown")


def _refuse() -> Made:
    raise UnsupportedPicture("This is no picture")


def _tell() -> Made:
    """What this process can see of its surroundings."""
    seen = {
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "streams": [str(Path(f"/proc/self/fd/{n}").readlink()) for n in (0, 1)],
    }
    return _made(json.dumps(seen).encode())


HOOKS: dict[bytes, Callable[[], Made]] = {
    b"segv": _segv,
    b"abort": _abort,
    b"exit": _leave,
    b"hang": _hang,
    b"sleep": _sleep,
    b"oom": _hog,
    b"fail": _fail,
    b"refuse": _refuse,
    b"tell": _tell,
}


class Hooked:
    """An engine that obeys hooks; other jobs go to the one inside, or come back as they are when there is none."""

    def __init__(self, fd: int, inside: "Engine | None") -> None:
        self._fd = fd
        self._inside = inside

    def capabilities(self) -> Capabilities:
        return self._inside.capabilities() if self._inside else Capabilities("hooks", frozenset(), frozenset())

    def warm(self) -> None:
        if self._inside:
            self._inside.warm()

    def run(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Made:
        read = _read(sources[0])
        if read.startswith(MARK):
            return self._obey(read.removeprefix(MARK).split(b"\n")[0])
        return self._inside.run(plan, sources, limits) if self._inside else _made(b"".join(map(_read, sources)))

    def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Done:
        """Obeys the first source that is a hook; without an engine inside, each source is an output."""
        read = [_read(source) for source in sources]
        hooks = [each for each in read if each.startswith(MARK)]
        if hooks:
            return Done((self._obey(hooks[0].removeprefix(MARK).split(b"\n")[0]),))
        if self._inside:
            return self._inside.run_all(plan, sources, limits)
        return Done(tuple(map(_made, read)), decodes=(1,) * len(read))

    def probe(self, source: Source, limits: Limits) -> Facts:
        read = _read(source)
        if read.startswith(MARK):
            self._obey(read.removeprefix(MARK).split(b"\n")[0])
        return self._inside.probe(source, limits) if self._inside else Facts("png", 1, 1)

    def _obey(self, name: bytes) -> Made:
        if name == b"babble":
            os.write(self._fd, b"\xff" * 64)
            time.sleep(60)
        if name == b"chatter":
            os.write(2, b"chatter\n" * 5000)
            return _made(b"chattered")
        return HOOKS[name]()


def _read(source: Source) -> bytes:
    return os.pread(source.fd, source.length, source.offset) if source.data is None else source.data
