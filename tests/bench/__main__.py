"""`python -m tests.bench [--quick] [--own-tool]`. Prints one Markdown table; progress goes to standard error."""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import hits, misses
from tests.bench.stage import AVIF, FULL, LINEAR, QUICK, SRGB, WEB, WEBP, Scale, Stage, staged
from tests.bench.table import Row, printed


def bench(scale: Scale, own_tool: bool = False) -> tuple[list[Row], str]:
    """The rows, and the table that they make."""
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
        _say("starting")
        with staged(scale, Path(folder), own_tool) as stage:
            rows, notes = _measure(stage)
            return rows, printed(rows, stage.load.name, notes)


def _measure(stage: Stage) -> tuple[list[Row], list[str]]:
    """Misses first, so that memory is full when hits and peaks are measured; hits stand first in the table."""
    processes = len(stage.loops)
    rows: list[Row] = []
    for kind in (LINEAR, SRGB, WEBP, AVIF, WEB):
        _say(f"misses, {kind.name}, {kind.format}")
        crowds = (processes, 2 * processes) if kind in (LINEAR, SRGB) else (processes,)
        rows += misses.throughput(stage, kind, crowds)
    strangers = statistics.median(stage.crowded)
    notes = [f"While misses were measured, programs of others kept {strangers:.1f} of {processes} processors busy."]
    for kind in (LINEAR, SRGB):
        _say(f"one miss alone, {kind.name}")
        row, note = misses.latency(stage, kind)
        rows.append(row)
        notes.append(note)
    _say("hits")
    hit_rows = hits.measured(stage)
    return [*hit_rows[:-1], *rows, hit_rows[-1], *misses.memory(stage)], notes


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds: under a minute, and rougher")
    parser.add_argument("--own-tool", action="store_true", help="ask for hits with our own load tool, not with wrk")
    said = parser.parse_args()
    _, table = bench(QUICK if said.quick else FULL, said.own_tool)
    print(table)


if __name__ == "__main__":
    main()
