"""What a plan really takes: processor time and peak memory of one run in a fresh, warmed process.

    python -m edge.calibration.measuring        jobs on standard input, results on standard output, a line of JSON each

A job is {"plan": text, "sources": [files], "seconds": budget} and is answered {"ms", "bytes"}, or {"error"} with a
sentence. With "out" the first output is written to that file, once, and nothing is measured; without "plan" the facts
of the first source are told, and of an empty job the versions of the libraries ("pipeline").

Each job runs in a fork of a process that has libvips loaded but never used, so that it shares no thread and no heap
with the job before; the fork warms up as a worker does. Peaks are Linux's VmHWM, reset when the warm-up is over; 0
where the system does not tell.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.errors import EdgeError
from edge.plan.canonical import parse_plan
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.work import Source

_REPEATS = 5  # at most
_PEAK = "VmHWM:"

Run = Callable[[Plan, Sequence[Source], Limits], Any]


def main() -> None:
    from edge.imaging import prepare  # noqa: PLC0415 - whoever only wants the names does without libvips

    prepare()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_apart(json.loads(line))) + "\n")
        sys.stdout.flush()


def _apart(job: Mapping[str, Any]) -> object:
    """The answer of a fork."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.close(reads)
        with os.fdopen(writes, "w") as answer:
            json.dump(_answered(job), answer)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text or '{"error": "The process ended without an answer"}')


def _answered(job: Mapping[str, Any]) -> Mapping[str, object]:
    from edge import imaging  # noqa: PLC0415

    if not job:
        return {"pipeline": imaging.capabilities().pipeline}
    run: Run = getattr(imaging, "run_all", imaging.run)
    imaging.warm()
    try:
        with ExitStack() as opened:
            sources = [_source(each, opened) for each in job["sources"]]
            if "plan" not in job:
                return {"facts": asdict(imaging.probe(sources[0], Limits()))}
            plan = parse_plan(job["plan"])
            if "out" in job:
                return {"bytes": Path(job["out"]).write_bytes(imaging.run(plan, sources, Limits()).body)}
            return _taken(run, plan, sources, job.get("seconds", 1.0))
    except EdgeError as error:
        return {"error": error.sentence}
    except Exception as error:  # an answer is always due
        return {"error": f"{type(error).__name__}: {error}"}


def _source(file: str, opened: ExitStack) -> Source:
    descriptor = os.open(file, os.O_RDONLY)
    opened.callback(os.close, descriptor)
    return Source(fd=descriptor, length=os.fstat(descriptor).st_size)


def _taken(run: Run, plan: Plan, sources: Sequence[Source], seconds: float) -> Mapping[str, object]:
    """The peak of the first run, the least time of some: what disturbs only adds."""
    gc.collect()
    _reset_peak()
    least = _timed(run, plan, sources)
    peak, spent = _peak(), least
    for _ in range(_REPEATS - 1):
        if spent + least > seconds:
            break
        took = _timed(run, plan, sources)
        least, spent = min(least, took), spent + took
    return {"ms": least * 1000, "bytes": peak}


def _timed(run: Run, plan: Plan, sources: Sequence[Source]) -> float:
    started = time.process_time()
    run(plan, sources, Limits())
    return time.process_time() - started


def _reset_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5)
    except OSError:  # the peak of the warm-up counts, too
        return


def _peak() -> int:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(_PEAK)), 0)


if __name__ == "__main__":
    main()
