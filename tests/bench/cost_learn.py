"""The shipped rates, learnt from rows that were measured: `python -m tests.bench.cost_learn FILE` prints them.

Least squares by the share a prediction is off, without numbers below 0 (edge.calibration.fitting). Which moment is the
peak of memory depends on the rates, so those of memory are found in a few rounds.
"""

import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.calibration.fitting import fitted
from edge.plan.bill import Bill, total
from edge.plan.canonical import parse_plan
from edge.plan.cost import bill
from tests.bench.cost import Row

_PULL = 1e-3
_REAL = 3  # times that a real picture counts
# What is done to pixels takes some time, whatever was measured: noise makes small rates vanish.
_LEAST = {
    "svg.in.made": 8.0,
    "png.out.counted": 60.0,
    "effect.": 0.2,
    "resample.": 0.2,
    ".in.": 0.2,
    "caption.": 1e6,
    "smart.": 1e6,
    ".out.": 0.5,
    "job.": 0.05,
}
_LEAST_HELD = {"held": 0.8, "result": 0.7, "turned": 0.5, "source": 1.0, ".in.row": 300.0, ".in.stored": 0.3}
_ROUNDS = 6
_IDLE = 44e6  # bytes


def bills(rows: Sequence[Row]) -> list[Bill]:
    return [bill(parse_plan(row.plan), row.facts, row.lengths) for row in rows]


def times(rows: Sequence[Row], sums: Sequence[Bill]) -> dict[str, float]:
    """Nanoseconds for each unit."""
    names = {name for each in sums for name in each.time}
    return fitted(
        [each.time for each in sums], [row.milliseconds * 1e6 for row in rows], dict.fromkeys(names, 0.0), _PULL
    )


def memories(rows: Sequence[Row], sums: Sequence[Bill]) -> dict[str, float]:
    """Bytes for each unit."""
    phases = [each.phases() for each in sums]
    names = {name for each in phases for phase in each for name in phase}
    found = {**dict.fromkeys(names, 1.0), "base": _IDLE}
    for _ in range(_ROUNDS):
        peaks = [max(each, key=lambda phase: total(phase, found)) for each in phases]
        seen = {name for peak in peaks for name in peak}
        prior = {**dict.fromkeys(seen, 0.0), "base": _IDLE}
        learnt = fitted(peaks, [float(row.bytes) for row in rows], prior, _PULL)
        found = {name: (found[name] + learnt.get(name, 0.7 * found[name])) / 2 for name in names}
    return found


def floored(rates: Mapping[str, float], floors: Mapping[str, float]) -> dict[str, float]:
    """Not below the floor of the first part of a name that has one."""
    least = {name: next((floor for part, floor in floors.items() if part in name), 0.0) for name in rates}
    return {name: max(rate, least[name] if not name.endswith(".after") else 0.0) for name, rate in rates.items()}


def fair(rows: Sequence[Row], sums: Sequence[Bill], rates: Mapping[str, float]) -> dict[str, float]:
    """As many predictions too high as too low, of real pictures where there are some: shares that are off by too much
    count more than by too little."""
    real = [pair for pair in zip(rows, sums, strict=True) if pair[0].part == "judged"]
    off = [total(each.time, rates) / 1e6 / row.milliseconds for row, each in real or zip(rows, sums, strict=True)]
    middle = statistics.median(off)
    return {name: rate / middle for name, rate in rates.items()}


def learnt(rows: Sequence[Row]) -> tuple[dict[str, float], dict[str, float]]:
    """Rates of time and of memory."""
    rows = [row for row in rows for _ in range(_REAL if row.part == "judged" else 1) if row.is_learnt]
    sums = bills(rows)
    time = fair(rows, sums, times(rows, sums))
    return floored(time, _LEAST), floored(memories(rows, sums), _LEAST_HELD)


def text(rates: Mapping[str, float]) -> str:
    """Rows of a table in Python; what is next to nothing is left out."""
    rows = [f'    "{name}": {_shown(rate)},' for name, rate in sorted(rates.items()) if rate > 1e-3]
    return "\n".join(rows)


def _shown(rate: float) -> str:
    return f"{rate:_.0f}.0" if rate >= 1000 else f"{rate:.3g}"


def main() -> None:
    rows = [Row.read(line) for file in sys.argv[1:] for line in Path(file).read_text(encoding="utf-8").splitlines()]
    time, memory = learnt(rows)
    print(f"_TIME = {{\n{text(time)}\n}}\n\n_MEMORY = {{\n{text(memory)}\n}}")


if __name__ == "__main__":
    main()
