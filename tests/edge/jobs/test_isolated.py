"""Jobs in workers of their own: the same pictures, and a death there costs nobody but the job that caused it."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from edge import jobs
from edge.jobs import isolated, library
from edge.jobs.sources import facts_of
from edge.plan.facts import Facts, Limits
from edge.plan.work import Source
from edge.workers.pool import Pool
from edge.workers.terms import Hooks
from tests import pictures
from tests.edge.jobs.given import descriptors, half, loader, size, two_by_four

ROOT = Path(__file__).parents[3]
PHOTO = pictures.photo(60, 40)
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def apart() -> Iterator[jobs.Isolated]:
    with jobs.Isolated(workers=1, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def faulty() -> Iterator[jobs.Isolated]:
    """Workers that obey `edge-hook:…`, and a front that takes it for a picture; with little of everything."""
    hooks: Hooks = "on"
    limits = replace(jobs.LIMITS, source_pixels=60 * 40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolated, "Pool", partial(Pool, hooks=hooks))
        patch.setattr(library, "facts_of", _taken)
        with jobs.Isolated(workers=1, memory=512 << 20, timeout=2, limits=limits) as made:
            yield made


def _taken(source: Source, io_id: int) -> Facts | None:
    asked = source.data is not None and source.data.startswith(b"edge-hook:")
    return Facts("png", 60, 40) if asked else facts_of(source, io_id)


def test_pictures_are_the_same_as_in_this_process(apart: jobs.Isolated) -> None:
    inputs = {0: PHOTO, 1: pictures.with_alpha(50, 50)}
    there, here = apart.run(two_by_four(), inputs), jobs.run(two_by_four(), inputs)
    assert there.outputs == here.outputs
    assert (there.inputs, there.decodes, there.predicted) == (here.inputs, {0: 1, 1: 1}, here.predicted)


def test_sources_and_destinations_are_the_same(apart: jobs.Isolated, tmp_path: Path) -> None:
    place, packed, made = tmp_path / "a.jpg", tmp_path / "a.gz", tmp_path / "small.png"
    place.write_bytes(PHOTO)
    packed.write_bytes(gzip.compress(PHOTO))
    apart.run(half(), place, outputs=made)
    assert size(made.read_bytes()) == (30, 20)
    with place.open("rb") as file, gzip.open(packed) as stream:
        assert apart.querystring(file, "w=30").width == 30
        assert apart.querystring(stream, "w=30").width == 30
    assert apart.info(place).width == 60
    assert apart.predict(half(), place).outputs == ((1, 30, 20),)


def test_a_header_that_does_not_tell_is_probed_there(apart: jobs.Isolated) -> None:
    style = "<style>svg{fill:red}</style>"
    odd = pictures.svg(20, 10).decode().replace("<circle", f"{style}<circle").encode()
    assert apart.info(odd).width == 20


def test_errors_are_the_same(apart: jobs.Isolated) -> None:
    for source in (b"nothing", pictures.truncated(PHOTO), pictures.bomb(), "/nowhere/a.jpg"):
        told = []
        for where in (jobs, apart):
            with pytest.raises(jobs.JobError) as caught:
                where.querystring(source, "w=20")
            told.append((caught.value.kind, caught.value.sentence))
        assert told[0] == told[1]


def test_limits_may_be_given_for_a_call(apart: jobs.Isolated) -> None:
    with pytest.raises(jobs.JobError) as caught:
        apart.querystring(PHOTO, "w=20", limits=Limits(source_pixels=100))
    assert caught.value.kind == "SizeLimitExceeded"


def test_limits_of_a_call_do_not_pass_those_of_the_workers(faulty: jobs.Isolated) -> None:
    with pytest.raises(jobs.JobError) as caught:
        faulty.querystring(pictures.photo(61, 40), "w=20", limits=jobs.LIMITS)
    assert caught.value.kind == "SizeLimitExceeded"


def test_threads_may_share_it(apart: jobs.Isolated) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda width: apart.querystring(PHOTO, f"w={width}").width, range(5, 25)))
    assert made == list(range(5, 25))


async def test_it_may_be_awaited(apart: jobs.Isolated) -> None:
    made = await asyncio.gather(*(apart.aquerystring(PHOTO, f"w={width}") for width in range(5, 15)))
    assert [each.width for each in made] == list(range(5, 15))
    assert (await apart.arun(half(), PHOTO)).outputs[0].width == 30
    assert (await apart.ainfo(PHOTO)).width == 60
    assert (await apart.apredict(half(), PHOTO)).outputs == ((1, 30, 20),)
    with pytest.raises(jobs.JobError):
        await apart.ainfo(b"nothing")


async def test_the_blocking_calls_work_within_a_loop_too(apart: jobs.Isolated) -> None:
    assert apart.querystring(PHOTO, "w=30").width == 30


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("segv", "ended two imaging workers"), ("hang", "took longer than 2 s"), ("oom", "memory")],
)
def test_a_crash_a_hang_or_too_much_memory_costs_one_job(faulty: jobs.Isolated, fault: str, sentence: str) -> None:
    with pytest.raises(jobs.JobError, match=sentence):
        faulty.run(half(), f"edge-hook:{fault}".encode())
    assert faulty.querystring(PHOTO, "w=30").width == 30


@linux
def test_workers_that_are_killed_are_replaced(apart: jobs.Isolated) -> None:
    assert apart._apart._workshop is not None
    _, _, pool = apart._apart._workshop._ready.result()  # this process may have other children
    before = pool.pids
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert apart.querystring(PHOTO, "w=30").width == 30
    wait_until(lambda: "2 of 2 alive, 0 busy" in repr(apart) and not set(before) & set(pool.pids))


def workers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in children for child in each.read_text().split()]


async def test_the_default_one_starts_when_it_is_wanted_and_again_after_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(isolated, "processors", lambda: 1)
    assert jobs.querystring(PHOTO, "w=30&format=png", isolated=True).width == 30
    assert jobs.run(half(), PHOTO, isolated=True).decodes == {0: 1}
    assert jobs.info(PHOTO, isolated=True).width == 60
    assert jobs.predict(half(), PHOTO, isolated=True).outputs == ((1, 30, 20),)
    jobs.close()
    assert loader((await jobs.aquerystring(PHOTO, "format=png", isolated=True)).data) == "png"
    jobs.close()
    jobs.close()


@pytest.mark.usefixtures("faulty")
def test_its_end_is_that_of_jobs_under_way_and_refuses_what_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "GRACE", 0.1)
    before = everything()
    apart = jobs.Isolated(workers=1)
    assert repr(apart) == "Isolated(no workers)"
    with apart, ThreadPoolExecutor(1) as threads:
        assert repr(apart) == "Isolated(Pool(2 of 2 alive, 0 busy, 0 jobs))"
        waiting = threads.submit(apart.run, half(), b"edge-hook:hang")
        wait_until(lambda: ", 1 busy" in repr(apart))
        apart.close()
        with pytest.raises(jobs.JobError):
            waiting.result(30)
    assert everything() == before
    with pytest.raises(jobs.JobError) as caught:
        apart.querystring(PHOTO, "w=30")
    assert caught.value.kind == "OperationCancelled"
    assert apart.info(PHOTO).width == 60  # its header tells


def wait_until(met: Callable[[], bool]) -> None:
    never = threading.Event()
    while not met():
        never.wait(0.005)


def everything() -> tuple[object, ...]:
    """What a process could leave behind, as far as this system tells."""
    told = (descriptors(), workers_of(os.getpid())) if sys.platform == "linux" else ()
    return threading.active_count(), *told


@linux
async def test_nothing_is_left_of_it() -> None:
    await asyncio.to_thread(lambda: None)  # the loop's own threads, which stay
    before = everything()
    async with jobs.Isolated(workers=1) as apart:
        await apart.aquerystring(PHOTO, "w=30")
    assert everything() == before


def test_workers_that_cannot_start_are_told_of() -> None:
    with pytest.raises(jobs.JobError) as caught:
        jobs.Isolated(workers=1, memory=64 << 20).querystring(PHOTO, "w=30")
    assert (caught.value.kind, "give it 256 or more" in caught.value.sentence) == ("InternalError", True)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"memory": -1}, {"timeout": 0}])
def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(jobs.JobError, match="Expected more than 0 for"):
        jobs.Isolated(**wrong)  # type: ignore[arg-type]  # workers, memory and timeout differ in type


PROGRAM = """
import os, sys
from edge import jobs
from edge.jobs import isolated
isolated.processors = lambda: 1
photo, end = sys.argv[1:]
print(jobs.querystring(photo, "w=30", isolated=True).width, flush=True)
if end == "close":
    jobs.close()
else:
    pid = os.fork()
    if not pid:
        print(jobs.querystring(photo, "w=20", isolated=True).width, flush=True)
        jobs.close()
        os._exit(0)
    os.waitpid(pid, 0)
    print(jobs.querystring(photo, "w=10", isolated=True).width, flush=True)
    raise SystemExit(3)
"""


@pytest.mark.parametrize(("end", "said", "code"), [("close", "30", 0), ("leave after a fork", "30 20 10", 3)])
def test_a_program_ends_without_a_word(end: str, said: str, code: int, tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(PHOTO)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM, str(photo), end]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert (ran.stdout.split(), ran.stderr, ran.returncode) == (said.split(), "", code)
