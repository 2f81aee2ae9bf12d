"""libvips in this very process: the engine of what is not isolated."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from edge.dialects.imageflow.errors import JobError
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.work import Capabilities, Done, Source


class Here:
    """One picture at a time, whichever thread asks. libvips itself would do several, but it keeps one error buffer for
    the process, and what it mutters of one picture must not be laid to another: a damaged JPEG is known by that alone
    (edge.imaging.failures). Of 300 jobs in 8 threads, one third of them whole pictures, 194 ended wrongly without the
    lock: whole ones refused, damaged ones let pass.

    A fork inherits libvips without its threads and would wait for them forever, so it is refused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0  # of the process that first used it

    @property
    def capabilities(self) -> Capabilities:
        with self._alone():
            from edge.imaging import capabilities  # noqa: PLC0415  # libvips is loaded when pixels are wanted

            return capabilities()

    def probe(self, source: Source, limits: Limits) -> Facts:
        with self._alone():
            from edge.imaging import probe  # noqa: PLC0415  # as above

            return probe(source, limits)

    def run_all(self, plan: Plan, sources: Sequence[Source], limits: Limits) -> Done:
        with self._alone():
            from edge.imaging import run_all  # noqa: PLC0415  # as above

            return run_all(plan, sources, limits)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        here = os.getpid()
        if self._pid not in (0, here):
            advice = "start it with spawn or forkserver, or use isolated=True"
            raise JobError("InternalError", f"This process was forked after libvips had been used; {advice}")
        self._pid = here
        with self._lock:
            yield

    def __repr__(self) -> str:
        return f"Here({'busy' if self._lock.locked() else 'idle'})"
