"""A helper process that is told one JSON line and answers one, until its input ends."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.running import ROOT

END = 10.0  # seconds for a hand to leave when its input has ended


class Hand:
    """`module` calls `obey`. `tell` and `hear` are apart so that several hands can be set to work at once."""

    def __init__(self, module: str, environ: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", module]
        self.child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **environ},
            text=True,
            start_new_session=True,  # as the workers are: some schedulers share out processors by session
        )

    def tell(self, order: Mapping[str, object]) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()

    def hear(self) -> Any:
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.child.args!r} ended with {self.child.wait()}")
        return json.loads(line)

    def ask(self, order: Mapping[str, object]) -> Any:
        self.tell(order)
        return self.hear()

    def stop(self) -> None:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.close()
        try:
            self.child.wait(END)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()


@contextmanager
def hands(module: str, how_many: int, environ: Mapping[str, str] | None = None) -> Iterator[list[Hand]]:
    """So many of them, each ready: it has answered a first empty order."""
    with ExitStack() as stack:
        started = []
        for _ in range(how_many):
            started.append(Hand(module, environ or {}))
            stack.callback(started[-1].stop)
        together(started, [{}] * how_many)
        yield started


def together(hands: Sequence[Hand], orders: Sequence[Mapping[str, object]]) -> list[Any]:
    """Each its own order, all at once."""
    for hand, order in zip(hands, orders, strict=True):
        hand.tell(order)
    return [hand.hear() for hand in hands]


def obey(work: Callable[[Any], object]) -> None:
    """A hand's main."""
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), flush=True)


def busy(pids: Iterable[int]) -> float:
    """Seconds of processor time that these processes have used so far; 0 where the system does not tell."""
    return sum(map(_busy, pids))


def _busy(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def all_busy() -> float:
    """The same of everything on this machine."""
    try:
        first = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    except OSError:
        return 0.0
    user, nice, system, _, _, irq, softirq, *_ = map(int, first[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def peak(pid: int) -> float:
    """The most memory it ever held at once, in MiB; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
