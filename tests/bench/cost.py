"""How well work is predicted (edge.plan.cost): measured on painted and on real pictures, and set against that.

The shipped rates are learnt from the painted pictures and from four real ones (tests.bench.cost_learn); the other real
ones, which are never learnt from, are what counts. Where EDGE_BENCH_KEEP names a folder, the painted ones are measured
too, and rows go to `cost-learnt.jsonl` and `cost-judged.jsonl` there, or are taken from there when there are some.
"""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.calibration.meter import Meter
from edge.plan.canonical import parse_plan, print_plan
from edge.plan.cost import predict
from edge.plan.facts import Facts
from edge.plan.rates import SHIPPED, Rates
from tests.bench.cost_cases import Case, drawn
from tests.bench.cost_pictures import Picture, judged, painted

# Sizes of the real pictures that are learnt from, too; they are not in the table.
FAMILIAR = frozenset({(2000, 2950), (970, 644), (700, 1050), (3840, 2160), (7680, 4320)})


@dataclass(frozen=True, slots=True)
class Scale:
    """How many cases of each part, and seconds for the repeats of one."""

    learnt: int
    judged: int
    seconds: float


FULL, QUICK = Scale(850, 420, 0.6), Scale(0, 60, 0.2)
_SEEDS = {"learnt": 21, "judged": 78}


@dataclass(frozen=True, slots=True)
class Row:
    """A case and what it took: milliseconds of one core, bytes at the peak."""

    part: str  # learnt, judged
    kind: str
    operation: str
    encoder: str
    plan: str
    facts: tuple[Facts, ...]
    lengths: tuple[int, ...]
    milliseconds: float
    bytes: int

    @property
    def is_learnt(self) -> bool:
        """Do the shipped rates come from it?"""
        return self.part == "learnt" or (self.facts[0].width, self.facts[0].height) in FAMILIAR

    def off(self, rates: Rates = SHIPPED) -> tuple[float, float]:
        """By which shares of what was measured time and memory are mispredicted."""
        cost = predict(parse_plan(self.plan), self.facts, rates, self.lengths)
        return cost.milliseconds / self.milliseconds - 1, cost.memory / self.bytes - 1

    @classmethod
    def read(cls, line: str) -> "Row":
        told = json.loads(line)
        facts = tuple(Facts(**each) for each in told.pop("facts"))
        return cls(**{**told, "facts": facts, "lengths": tuple(told["lengths"])})


def taken(meter: Meter, part: str, case: Case, seconds: float) -> Row | None:
    """None when the work fails: a mark that does not fit, a picture that is broken."""
    text = print_plan(case.plan)
    told = meter.ask(plan=text, sources=[str(each.file) for each in case.pictures], seconds=seconds)
    if "error" in told:
        print(f"{case.operation}, {case.encoder}, {case.pictures[0].name}: {told['error']}", file=sys.stderr)
        return None
    facts, lengths = (tuple(of(each) for each in case.pictures) for of in (_facts, _length))
    kind = case.pictures[0].kind
    return Row(part, kind, case.operation, case.encoder, text, facts, lengths, told["ms"], told["bytes"])


def _facts(picture: Picture) -> Any:
    return picture.facts


def _length(picture: Picture) -> Any:
    return picture.length


def measured(meter: Meter, part: str, cases: Iterable[Case], keep: Path, seconds: float) -> list[Row]:
    """Each row is written as soon as it is there."""
    rows = []
    with keep.open("a", encoding="utf-8") as kept:
        for case in cases:
            row = taken(meter, part, case, seconds)
            if row is not None:
                rows.append(row)
                kept.write(json.dumps(asdict(row)) + "\n")
                kept.flush()
    return rows


def cost(scale: Scale) -> str:
    """The tables. Needs real pictures (EDGE_BENCH_PICTURES, EDGE_TEST_CORPUS), and minutes."""
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder, Meter() as meter:
        kept = os.environ.get("EDGE_BENCH_KEEP")
        keep = Path(kept or folder)
        parts = [
            part_of(meter, part, count, keep, scale.seconds)
            for part, count in (("judged", scale.judged), ("learnt", scale.learnt if kept else 0))
            if count
        ]
    strange = [[row for row in rows if row.part == "learnt" or not row.is_learnt] for rows in parts]
    return "\n\n".join(table(rows) for rows in strange)


def part_of(meter: Meter, part: str, count: int, keep: Path, seconds: float) -> list[Row]:
    """Rows of one part: those that are kept, or measured now."""
    file = keep / f"cost-{part}.jsonl"
    if not file.exists():
        folder = keep / f"pictures-{part}"
        folder.mkdir(parents=True, exist_ok=True)
        pictures = (painted if part == "learnt" else judged)(meter, folder)
        marks = [each for each in pictures if _is_mark(each.facts)]
        measured(meter, part, drawn(pictures, marks, count, _SEEDS[part]), file, seconds)
    return [Row.read(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _is_mark(facts: Facts) -> bool:
    return facts.frames == 1 and facts.pixels < 700_000 and facts.format in ("png", "webp", "jpeg", "svg")


_KEYS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("all", lambda row: "all"),
    ("source", lambda row: row.kind),
    ("operation", lambda row: row.operation),
    ("encoder", lambda row: row.encoder),
    ("size", lambda row: _size(row.facts[0].pixels)),
)


def _size(pixels: int) -> str:
    return "below 0.3 Mpx" if pixels < 300_000 else "0.3 to 2 Mpx" if pixels < 2_000_000 else "2 Mpx and more"


def table(rows: Sequence[Row], rates: Rates = SHIPPED) -> str:
    """Absolute errors of time and memory, median and 90th percentile, and whether the median is too high or low."""
    head = "| {} pictures | | cases | time | 90 % | bias | memory | 90 % | bias |".format(
        "real" if rows[0].part == "judged" else "painted"
    )
    off = [row.off(rates) for row in rows]
    lines = [head, "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
    for name, key in _KEYS:
        for value in sorted({key(row) for row in rows}):
            mine = [each for row, each in zip(rows, off, strict=True) if key(row) == value]
            figures = [figure for at in (0, 1) for figure in _figures([each[at] for each in mine])]
            lines.append(f"| {name} | {value} | {len(mine)} | {' | '.join(figures)} |")
    return "\n".join(lines)


def _figures(off: Sequence[float]) -> Iterator[str]:
    sizes = sorted(abs(each) for each in off)
    yield f"{statistics.median(sizes):.0%}"
    yield f"{sizes[min(len(sizes) - 1, int(len(sizes) * 0.9))]:.0%}"
    yield f"{statistics.median(off):+.0%}"
