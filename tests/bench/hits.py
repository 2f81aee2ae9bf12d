"""Hits: how many a second, beside a bare aiohttp server whose only body has the same length."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from edge.workers.pool import processors
from tests.bench.hands import peak
from tests.bench.load import in_turn, side_by_side
from tests.bench.stage import SRGB, Stage, quiet
from tests.bench.table import Row, paired
from tests.running import ROOT, Running


@dataclass(frozen=True, slots=True)
class Hot:
    """Renditions that are stored, as requests that want their bodies and as requests that have them already."""

    plain: list[bytes]
    conditional: list[bytes]
    length: int  # the median body's


def measured(stage: Stage) -> list[Row]:
    hot = _heat(stage)
    drives: list[tuple[str, Running, list[bytes], str]] = [
        ("hits from memory", stage.edge, hot.plain, "mem"),
        ("hits from disk", stage.shelved, hot.plain, "disk"),
        ("304 to If-None-Match", stage.edge, hot.conditional, "validator"),
    ]
    rates: dict[str, list[float]] = {name: [] for name, *_ in drives}
    bases: dict[str, list[float]] = {name: [] for name, *_ in drives}
    counts = dict.fromkeys(rates, 0)
    with _bare(hot.length) as (port, bare):
        for turn in range(stage.scale.rounds):
            for name, edge, requests, outcome in drives:
                for ours in (True, False) if turn % 2 else (False, True):
                    if ours:
                        rate, count = _checked(stage, edge, requests, outcome)
                        rates[name].append(rate)
                        counts[name] += count
                    else:
                        bases[name].append(stage.load.drive(port, requests, stage.scale.seconds)[0])
        serving = _serving(stage, bare.pid)
    beside = f"bare aiohttp, {hot.length / 1024:.0f} KiB"
    rows = [
        paired(
            name,
            rates[name],
            bases[name],
            beside if outcome != "validator" else "bare aiohttp",
            f"{stage.scale.rounds} rounds; {counts[name]:,}",
        )
        for name, _, _, outcome in drives
    ]
    return [*rows, serving]


def _heat(stage: Stage) -> Hot:
    """The same renditions into both edges, and onto the disk."""
    count = stage.scale.hot
    (lane,) = stage.take(SRGB, 1)
    requests = [job.request for job in lane[:count]]
    shares = [requests[at :: processors()] for at in range(processors())]
    side_by_side(stage.edge.port, shares, 3600)
    tallies = side_by_side(stage.shelved.port, shares, 3600)
    quiet(stage.edge)
    quiet(stage.shelved)
    lengths = sorted(int(got.field("content-length")) for tally in tallies for got in tally.answers)
    again = in_turn(stage.edge.port, requests, 3600)
    etags = [got.field("etag").encode() for got in again.answers]
    conditional = [
        request[:-2] + b"If-None-Match: " + etag + b"\r\n\r\n" for request, etag in zip(requests, etags, strict=True)
    ]
    return Hot(requests, conditional, lengths[len(lengths) // 2])


def _checked(stage: Stage, edge: Running, requests: Sequence[bytes], outcome: str) -> tuple[float, int]:
    """Raises AssertionError when not every answer came the way it is counted."""
    series = f'edge_renditions_total{{outcome="{outcome}"}}'
    before = edge.metric(series)
    rate, count = stage.load.drive(edge.port, requests, stage.scale.seconds)
    counted = edge.metric(series) - before
    assert counted >= count, f"Expected {count} answers by {outcome} but only {counted} were"
    return rate, count


def _serving(stage: Stage, bare: int) -> Row:
    """Its memory tier is full by then: misses come first."""
    ours, theirs = peak(stage.edge.process.pid), peak(bare)
    return Row(
        "peak memory of the serving process",
        ours,
        theirs,
        "MiB",
        "bare aiohttp",
        (theirs / ours if ours else 0.0,),
        "with a memory tier of 64 MiB",
    )


@contextmanager
def _bare(length: int) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Its port, and the process."""
    command = [sys.executable, "-m", "tests.bench.bare", str(length)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline()), server
    finally:
        server.stdin.close()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()
