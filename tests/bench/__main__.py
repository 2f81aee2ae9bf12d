"""`python -m tests.bench [load] [encoders] [quality] [purging] [cost] [--quick] [--own-tool]`. Prints Markdown tables;
progress goes to standard error."""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from tests.bench import cost, encoders, hits, misses, purging, quality
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


def _load(said: argparse.Namespace) -> str:
    return bench(QUICK if said.quick else FULL, said.own_tool)[1]


def _encoders(said: argparse.Namespace) -> str:
    return encoders.encoders(encoders.QUICK if said.quick else encoders.FULL)[1]


def _quality(said: argparse.Namespace) -> str:
    scale = quality.QUICK if said.quick else quality.FULL
    return quality.quality(replace(scale, widths=tuple(said.widths) if said.widths else scale.widths))[1]


def _purging(said: argparse.Namespace) -> str:
    return purging.purging(purging.QUICK if said.quick else purging.FULL)[1]


def _cost(said: argparse.Namespace) -> str:
    return cost.cost(cost.QUICK if said.quick else cost.FULL)


PARTS: Mapping[str, Callable[[argparse.Namespace], str]] = {
    "load": _load,
    "encoders": _encoders,
    "quality": _quality,
    "purging": _purging,
    "cost": _cost,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"one or more of {', '.join(PARTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="short rounds, few pictures: a minute a part, and rougher")
    parser.add_argument("--own-tool", action="store_true", help="ask for hits with our own load tool, not with wrk")
    parser.add_argument("--widths", type=int, nargs="+", help="of the renditions whose quality is judged, in pixels")
    said = parser.parse_args()
    unknown = [part for part in said.parts if part not in PARTS]
    if unknown:
        parser.error(f"Expected one of {', '.join(PARTS)} for part but received {unknown[0]}")
    _needed(said.parts or PARTS)
    for part in said.parts or PARTS:
        print(f"### {part}\n\n{PARTS[part](said)}\n", flush=True)


def _needed(parts: Iterable[str]) -> None:
    """Before minutes are spent."""
    if set(parts) & {"encoders", "quality"} and find_spec("ssimulacra2") is None:
        raise SystemExit("Expected the package ssimulacra2, which scores pictures; make bench installs it")


if __name__ == "__main__":
    main()
