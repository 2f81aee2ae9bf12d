"""Several threads may ask at once, and none hears of another's picture. A fork is told what it cannot have."""

import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from edge import jobs
from tests import pictures
from tests.edge.jobs.given import half

ROOT = Path(__file__).parents[3]
THREADS = 8


def test_eight_threads_get_what_one_gets() -> None:
    sources = [pictures.photo(60 + at, 40, format) for at, format in enumerate(["jpeg", "png", "webp", "gif"])]
    wanted = [jobs.querystring(source, "w=30&format=png").data for source in sources]

    def one(at: int) -> bytes:
        return jobs.querystring(sources[at % 4], "w=30&format=png").data

    with ThreadPoolExecutor(THREADS) as threads:
        made = list(threads.map(one, range(64)))
    assert made == wanted * 16


def test_a_damaged_picture_is_nobody_else_s_fault() -> None:
    """libvips keeps one error buffer for all threads."""
    whole = pictures.photo(200, 150)
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 40] = bytes(40)

    def outcome(source: bytes) -> str:
        try:
            return str(jobs.run(half(100), source).outputs[0].width)
        except jobs.JobError as error:
            return error.sentence

    sources = [whole, bytes(damaged), pictures.truncated(whole)]
    alone = [outcome(source) for source in sources]
    assert alone[0] == "100"
    assert "100" not in alone[1:]
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(lambda at: outcome(sources[at % 3]), range(60)))
    assert together == alone * 20


FORKED = """
import os, sys
from edge import jobs
from tests import pictures
photo = pictures.photo(60, 40)
used = sys.argv[1] == "used"
if used:
    jobs.querystring(photo, "w=30")
pid = os.fork()
if not pid:
    try:
        print(jobs.querystring(photo, "w=30").width, flush=True)
    except jobs.JobError as error:
        print(error.kind, error.sentence, flush=True)
    os._exit(0)
os.waitpid(pid, 0)
"""


def forked(argument: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", FORKED, argument]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environment)
    return ran.stdout.strip()


def test_a_fork_of_a_process_that_used_libvips_is_told_so() -> None:
    assert forked("used").startswith("InternalError This process was forked after libvips had been used; start it")


def refused(source: bytes) -> str:
    """What a process of a pool does. Its errors go through pickle."""
    return jobs.querystring(source, "w=30").media_type


def test_an_error_in_another_process_is_raised_here() -> None:
    error = jobs.JobError("SizeLimitExceeded", "Too much", node=3, status=413, headers={"a": "b"})
    for copied in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(copied) is jobs.JobError
        assert (str(copied), vars(copied)) == (str(error), vars(error))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
        with pytest.raises(jobs.JobError) as caught:
            processes.submit(refused, b"nothing").result(60)
        assert caught.value.kind == "NoEnabledDecoderFound"
        assert processes.submit(refused, pictures.photo(60, 40)).result(60) == "image/jpeg"
