"""The process that measures, seen from the one that asks it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.plan.canonical import print_plan
from edge.plan.plan import Plan
from edge.workers.child import ENVIRONMENT


class Meter:
    """The process that makes pictures and measures work (edge.calibration.measuring)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "edge.calibration.measuring"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ENVIRONMENT},
        )

    def __repr__(self) -> str:
        return f"Meter({self._process.pid})"

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, **job: object) -> Mapping[str, Any]:
        """The answer to a job; OSError when the process has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise OSError("The process that measures has died")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def make(self, plan: Plan, files: Sequence[Path], target: Path) -> None:
        """Write a plan's output to a file. OSError when it cannot be made."""
        answer = self.ask(plan=print_plan(plan), sources=[str(file) for file in files], out=str(target))
        if "error" in answer:
            raise OSError(answer["error"])
