"""The demo in a process of its own, with its own home folder, on free ports."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.running import Answer, ask, ended

_START = 60.0  # seconds, painting included, on a busy machine


class Demo:
    """`edge demo` in the folder `cwd`. `lines` is what it printed when it was ready."""

    def __init__(self, cwd: Path, *words: str) -> None:
        self._errors = (cwd / "errors").open("w+b")
        self.process = subprocess.Popen(
            command("--port", "0", "--admin-port", "0", *words),
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=cwd,
            text=True,
            encoding="utf-8",
        )
        self.lines = list(self._greeting())
        self.urls = [line.strip() for line in self.lines if line.startswith("  http://") and " from " not in line]
        (self.page,) = (line.split()[-1] for line in self.lines if line.startswith("Demo page:"))
        self.port = int(self.page.split(":")[2].partition("/")[0])

    def _greeting(self) -> Iterator[str]:
        assert self.process.stdout is not None
        limit = threading.Timer(_START, self.process.kill)
        limit.start()
        try:
            for line in self.process.stdout:
                yield line.rstrip("\n")
                if line.startswith("Ctrl-C"):
                    return
        finally:
            limit.cancel()
        self._errors.seek(0)
        raise AssertionError(f"the demo did not start: {self._errors.read().decode()}")

    def get(self, url: str, **headers: str) -> Answer:
        """Of a path, or of an absolute URL that was printed. Header names are written with underscores."""
        path = re.sub(r"^http://[^/]+", "", url)
        return ask(self.port, "GET", path, {name.replace("_", "-"): value for name, value in headers.items()})

    def workers(self) -> list[int]:
        """Process ids of the imaging workers."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text("ascii").split()]

    def stop(self) -> int:
        """The exit code."""
        code = ended(self.process)
        self._errors.close()
        return code


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "edge", "demo", *words]


@contextmanager
def started(cwd: Path, *words: str) -> Iterator[Demo]:
    demo = Demo(cwd, *words)
    try:
        yield demo
    finally:
        demo.stop()
