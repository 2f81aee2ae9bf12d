"""The table that is printed."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.imaging import capabilities
from edge.workers.pool import processors


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the edge's and the baseline's beside it. `ratios` are per round; above 1 the edge is better."""

    name: str
    edge: float
    other: float
    unit: str
    beside: str
    ratios: tuple[float, ...]
    samples: str

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    def __str__(self) -> str:
        spread = f" ({min(self.ratios):.2f}–{max(self.ratios):.2f})" if len(self.ratios) > 1 else ""
        figures = f"{number(self.edge)} {self.unit} | {number(self.other)} {self.unit}, {self.beside}"
        return f"| {self.name} | {figures} | {self.ratio:.2f}{spread} | {self.samples} |"


def paired(name: str, edge: Sequence[float], other: Sequence[float], beside: str, samples: str) -> Row:
    """A row of rates, from rounds that were run in turn."""
    ratios = tuple(ours / theirs for ours, theirs in zip(edge, other, strict=True))
    return Row(name, statistics.median(edge), statistics.median(other), "/s", beside, ratios, samples)


def number(value: float) -> str:
    """Three significant figures."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def printed(rows: Sequence[Row], tool: str, notes: Sequence[str]) -> str:
    head = [
        "| measured | edge | beside it, in the same run | ratio, median (range) | samples |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *map(str, rows), "", *notes, machine(tool)])


def machine(tool: str) -> str:
    versions = dict(capabilities().versions)
    vips = versions.get("libvips", "unknown")
    load = f", load average at the end {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{processors()} processors, {_model()}; {python}, libvips {vips}; hits asked for by {tool}{load}."


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
