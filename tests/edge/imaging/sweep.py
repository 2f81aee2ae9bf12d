"""Run by test_corpus in a process of its own: each file named on standard input through probe and run; one line of JSON
per file to standard output, so that a crash or a hang names its file."""

import json
import sys
from pathlib import Path

from edge.errors import EdgeError
from edge.imaging import probe, run
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Resize
from edge.plan.work import Source


def outcome(body: bytes) -> str:
    try:
        probe(Source(body), Limits())
        made = run(Plan.chain(Decode(), Resize(64, 48), Encode("webp")), [Source(body)], Limits())
    except EdgeError as error:
        return str(error.status)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "image" if made.body[8:12] == b"WEBP" else "no webp"


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps([line.strip(), outcome(Path(line.strip()).read_bytes())]), flush=True)
