"""A worker answers whatever a picture does to it, and finds its packages wherever they were installed."""

import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import edge
from edge.errors import Unprocessable, UnsupportedPicture
from edge.plan.canonical import print_plan
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.work import Capabilities, Done, Made, Source
from edge.workers import wire
from edge.workers.child import command
from edge.workers.terms import Terms
from edge.workers.worker import answer, receive
from tests.edge.workers.rig import PLAN, inline, pool_of

ROOT = Path(edge.__file__).parent.parent
RUN = wire.Job("run", print_plan(PLAN), Limits(), (Source(data=b"x"),))
ALL = wire.Job("all", print_plan(PLAN), Limits(), (Source(data=b"x"),))
PROBE = wire.Job("probe", "", Limits(), (Source(data=b"x"),))

AWAY = """
import sys
sys.path += sys.argv[1:]
import asyncio
from tests.edge.workers.rig import PLAN, inline, pool_of
async def main():
    async with pool_of(1) as pool:
        print((await pool.run(PLAN, inline(b"found"))).body)
asyncio.run(main())
"""
SERVING = """
import sys
import edge.workers.pool, edge.workers.gate, edge.workers.fake
print([name for name in sys.modules if name.startswith(("pyvips", "_libvips", "edge.imaging"))])
"""


class Broken:
    """An engine that raises what it was told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def capabilities(self) -> Capabilities:
        return Capabilities("broken", frozenset(), frozenset())

    def warm(self) -> None:
        """Nothing to warm."""

    def run(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Made:
        raise self.error

    def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Done:
        raise self.error

    def probe(self, source: Source, limits: Limits) -> Facts:
        raise self.error


@pytest.mark.parametrize("job", [RUN, ALL, PROBE])
@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (UnsupportedPicture("This is no picture"), UnsupportedPicture, "This is no picture"),
        (MemoryError(), Unprocessable, "The picture needs more memory than one picture may have"),
        (KeyError("/etc/passwd"), Unprocessable, "The picture is broken"),
        (RecursionError("deep"), Unprocessable, "The picture is broken"),
    ],
)
def test_every_error_becomes_an_answer(job: wire.Job, error: Exception, kind: type, sentence: str) -> None:
    answered = answer(Broken(error), job)
    assert isinstance(answered, kind)
    assert str(answered) == sentence


def test_only_the_class_of_an_unexpected_error_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    answer(Broken(KeyError("bytes of the picture")), RUN)
    assert capsys.readouterr().err == "a job failed: KeyError\n"


def test_a_job_is_read_whole_and_the_end_of_the_socket_is_no_job() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            request = wire.write_job("run", "plan", inline(b"abc"), Limits())
            ours.sendall(request.head + b"".join(request.bodies))
        received = receive(theirs, body_max=3)
        assert received is not None
        assert received[1:] == (b"abc", [])
        assert receive(theirs, body_max=3) is None


def test_a_job_that_breaks_off_is_no_job() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(wire.write_job("run", "plan", inline(b"abc"), Limits()).head)
        with pytest.raises(EOFError):
            receive(theirs, body_max=3)


def test_the_command_is_isolated_and_tells_no_relative_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", "plugins", "/opt/packages"])
    line = command(Terms(3, 4, 5, 6))
    assert line[:2] == [sys.executable, "-I"]
    assert json.loads(line[-1]) == ["/opt/packages"]


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs an interpreter that lacks our packages")
def test_packages_that_only_the_parent_can_find_are_found() -> None:
    folders = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    away = [sys._base_executable, "-I", "-c", AWAY, *folders]  # type: ignore[attr-defined]  # CPython's venv sets it
    ran = subprocess.run(away, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.stdout, ran.stderr) == ("b'found'\n", "")


def test_the_serving_process_never_loads_libvips() -> None:
    ran = subprocess.run([sys.executable, "-c", SERVING], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


async def test_a_worker_that_obeys_no_hooks_takes_them_for_a_picture() -> None:
    async with pool_of(1, hooks="off") as pool:
        with pytest.raises(UnsupportedPicture):
            await pool.run(PLAN, [Source(data=b"edge-hook:segv")])
        assert pool.stats().deaths == {}
