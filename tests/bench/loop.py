"""One process of the plain loop: read a file, carry out its plan, throw the result away. No server, no cache."""

import hashlib
import time
from pathlib import Path
from typing import Any

from edge.imaging import prepare, run, warm
from edge.plan.canonical import parse_plan
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.work import Source
from tests.bench.hands import obey

LIMITS = Limits()


class Loop:
    """Orders: {"jobs": [[path, plan] …]} to be ready for them, {"go": seconds} to do as many as time allows."""

    def __init__(self) -> None:
        self._jobs: list[tuple[Path, Plan]] = []

    def __call__(self, order: Any) -> object:
        if "jobs" in order:
            self._jobs = [(Path(path), parse_plan(plan)) for path, plan in order["jobs"]]
        return self._go(order["go"]) if "go" in order else {}

    def _go(self, seconds: float) -> object:
        """Seconds of each job and of all, and the digest of the last result."""
        took: list[float] = []
        body = b""
        began = at = time.perf_counter()
        for path, plan in self._jobs:
            body = run(plan, [Source(path.read_bytes())], LIMITS).body
            done = time.perf_counter()
            took.append(done - at)
            at = done
            if at - began >= seconds:
                break
        return {"took": took, "elapsed": at - began, "digest": hashlib.sha256(body).hexdigest()}


if __name__ == "__main__":
    prepare()
    warm()
    obey(Loop())
