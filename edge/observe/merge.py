"""The metrics of several processes as those of one."""

from collections.abc import Iterable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

# What every process tells of the one folder that they share, or of the machine: the same thing seen several times.
_SHARED: Final = {
    ("edge_cache_bytes", "disk"): max,
    ("edge_cache_entries", "disk"): max,
    ("edge_cache_capacity", "disk"): max,
    ("edge_cache_disk_healthy", ""): min,
    ("edge_origin_breaker_open", ""): max,
    ("edge_index_names", ""): max,
    ("edge_index_healthy", ""): min,
}
_COUNTING: Final = ("counter", "histogram", "summary")

Key = tuple[str, tuple[tuple[str, str], ...]]


class _Given(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def exposition(metrics: Iterable[Metric]) -> str:
    """These alone, in the exposition format."""
    registry = CollectorRegistry()
    registry.register(_Given(metrics))
    return generate_latest(registry).decode()


def merged(texts: Sequence[str], *, counting: bool = False) -> str:
    """Expositions added up series by series. What processes share is not multiplied: of it the greatest counts, of its
    health the least. `counting`: only what never falls, which is what remains of a process that has ended."""
    families: dict[str, Metric] = {}
    sums: dict[str, dict[Key, float]] = {}
    for text in texts:
        for found in text_string_to_metric_families(text):
            if counting and found.type not in _COUNTING:
                continue
            families.setdefault(found.name, Metric(found.name, found.documentation, found.type))
            series = sums.setdefault(found.name, {})
            for sample in found.samples:
                key = (sample.name, tuple(sample.labels.items()))
                series[key] = _together(key, series.get(key), sample.value)
    for name, series in sums.items():
        for (sample_name, labels), value in series.items():
            families[name].add_sample(sample_name, dict(labels), value)
    return exposition(families.values())


def _together(key: Key, one: float | None, other: float) -> float:
    if one is None:
        return other
    name, labels = key
    if name.endswith("_info"):
        return max(one, other)
    choose = _SHARED.get((name, dict(labels).get("tier", "")))
    return choose(one, other) if choose else one + other
