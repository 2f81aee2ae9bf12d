"""wrk, where it is installed; otherwise our own load tool."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.bench.hands import Hand, hands, together

CONNECTIONS = 16
OWN_CONNECTIONS = 4  # of our own tool: a process each

# One thread takes the requests in turn. There are several times more of them than connections, so that no two ask for
# the same at the same time.
_SCRIPT = """\
local requests = {%s}
local at = 0
function request()
  at = at %% #requests + 1
  return requests[at]
end
"""
_COUNT = re.compile(r"(\d+) requests in")
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_TROUBLE = re.compile(r"Non-2xx|Socket errors")


class Load(Protocol):
    """`name` says what it is, for the table."""

    name: str

    def drive(self, port: int, requests: Sequence[bytes], seconds: float) -> tuple[float, int]:
        """Ask for them over and over: answers a second, and how many. Raises RuntimeError when one was no success."""
        ...


class Wrk:
    def __init__(self, folder: Path) -> None:
        self.name = f"wrk -t1 -c{CONNECTIONS}"
        self._script = folder / "requests.lua"

    def drive(self, port: int, requests: Sequence[bytes], seconds: float) -> tuple[float, int]:
        self._script.write_text(_SCRIPT % ",".join(json.dumps(text.decode()) for text in requests))
        # wrk counts whole seconds and nothing shorter.
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(self._script)]
        ran = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=False, timeout=seconds + 60
        )
        rate, count = _RATE.search(ran.stdout), _COUNT.search(ran.stdout)
        if rate is None or count is None or _TROUBLE.search(ran.stdout):
            raise RuntimeError(f"wrk saw what is no success: {ran.stdout}{ran.stderr}")
        return float(rate[1]), int(count[1])


class Own:
    def __init__(self, crew: list[Hand]) -> None:
        self.name = f"our own load tool, {len(crew)} connections"
        self._crew = crew

    def drive(self, port: int, requests: Sequence[bytes], seconds: float) -> tuple[float, int]:
        """Each connection has requests of its own."""
        texts = [text.decode() for text in requests]
        shares = [texts[at :: len(self._crew)] for at in range(len(self._crew))]
        told = together(self._crew, [{"port": port, "seconds": seconds, "requests": share} for share in shares])
        for each in told:
            if not set(each["statuses"]) <= {"200", "304"}:
                raise RuntimeError(f"Expected successes but received {each['statuses']}")
        counts = [sum(each["statuses"].values()) for each in told]
        return sum(count / each["elapsed"] for count, each in zip(counts, told, strict=True)), sum(counts)


@contextmanager
def load(folder: Path, own: bool = False) -> Iterator[Load]:
    if shutil.which("wrk") and not own:
        yield Wrk(folder)
        return
    with hands("tests.bench.load", OWN_CONNECTIONS) as crew:
        yield Own(crew)
