"""Prometheus metrics. Base units, bounded labels: a route's prefix or an origin's name, never a URL."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.exchange import Story

__all__ = ["Metric", "Metrics", "breakers", "counter", "gauge", "info"]

# RFC 9211 §2.2, and what no origin was asked for.
_REASONS = frozenset({"bypass", "method", "miss", "partial", "request", "stale", "uri-miss", "vary-miss"})
_HITS = frozenset({"disk", "mem", "shared", "validator"})
_WORK = ("decode", "transform", "encode")  # phases of a worker
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """All counters of one process. `text()` is the exposition format."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # a time stamp per series would double every scrape
        self.registry = CollectorRegistry()
        self._requests = Counter("edge_requests_total", "Answers sent", ["route", "status"], registry=self.registry)
        self._seconds = Histogram(
            "edge_request_duration_seconds",
            "From the request's head to the answer's head",
            ["outcome"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._phases = Histogram(
            "edge_request_span_duration_seconds",
            "Phases of the work that a miss needs",
            ["span"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._transforms = Counter(
            "edge_transforms_total", "Renditions made by a worker", ["format"], registry=self.registry
        )
        self._work = Counter(
            "edge_work_seconds_total", "Workers' time, as measured and as predicted", ["how"], registry=self.registry
        )
        self._renditions = Counter(
            "edge_renditions_total", "Rendition look-ups by outcome", ["outcome"], registry=self.registry
        )
        self._bytes = Counter("edge_output_bytes_total", "Bytes of bodies sent", ["format"], registry=self.registry)
        self._origin = Counter(
            "edge_origin_requests_total", "Questions to origins", ["origin", "code"], registry=self.registry
        )
        self._origin_seconds = Histogram(
            "edge_origin_duration_seconds", "Time an origin took", ["origin"], buckets=_BUCKETS, registry=self.registry
        )
        self._usual = lru_cache(1024)(self._bind)
        self._errors = Counter("edge_errors_total", "Answers that are errors", ["type"], registry=self.registry)
        self._purged = Counter("edge_purged_total", "Originals that were purged", ["kind"], registry=self.registry)

    def answered(self, story: Story, status: int, length: int, seconds: float) -> None:
        outcome = outcome_of(story)
        requests, spent, renditions, sent = self._usual(story.route, status, outcome, story.format or "none")
        requests.inc()
        spent.observe(seconds)
        renditions.inc()
        sent.inc(length)
        if story.fwd and not story.collapsed and "encode" in story.seconds:
            self._transforms.labels(story.format).inc()
            for phase, took in story.seconds.items():
                self._phases.labels(phase).observe(took)
            self._work.labels("measured").inc(sum([story.seconds.get(phase, 0.0) for phase in _WORK]))
            self._work.labels("predicted").inc(story.predicted)

    def _bind(self, route: str, status: int, outcome: str, format: str) -> tuple[Counter, Histogram, Counter, Counter]:
        """The series of one kind of answer. Looking a label up costs four times what counting costs."""
        return (
            self._requests.labels(route, str(status)),
            self._seconds.labels(outcome),
            self._renditions.labels(outcome),
            self._bytes.labels(format),
        )

    def purged(self, kind: str, count: int) -> None:
        """`kind` is url, prefix, tag or all."""
        self._purged.labels(kind).inc(count)

    def failed(self, kind: str) -> None:
        self._errors.labels(kind).inc()

    def origin_answered(self, origin: str, outcome: str, seconds: float) -> None:
        self._origin.labels(origin, outcome).inc()
        self._origin_seconds.labels(origin).observe(seconds)

    def watch(self, read: Callable[[], Iterator[Metric]]) -> None:
        """Ask `read` for gauges at every scrape."""
        self.registry.register(_Asked(read))

    def text(self) -> bytes:
        return generate_latest(self.registry)


def outcome_of(story: Story) -> str:
    """How it came about, in one of few words: the tier, collapsed, a reason of RFC 9211, none; what is none of these
    is other."""
    if story.tier:
        return story.tier if story.tier in _HITS else "other"
    if story.collapsed:
        return "collapsed"
    return (story.fwd if story.fwd in _REASONS else "other") if story.fwd else "none"


class _Asked(Collector):
    def __init__(self, read: Callable[[], Iterator[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        return self._read()


def gauge(name: str, text: str, values: Mapping[str, float], label: str = "") -> Metric:
    """A gauge with one value, or one per value of `label`."""
    family = GaugeMetricFamily(name, text, labels=[label] if label else None)
    for value_label, number in values.items():
        family.add_metric([value_label] if label else [], number)
    return family


def breakers(states: Mapping[str, str]) -> Metric:
    """From the state of each origin's breaker: 1 while nobody may ask it, 0.5 while one trial is under way."""
    values = {origin: {"closed": 0.0, "half open": 0.5}.get(state, 1.0) for origin, state in states.items()}
    return gauge("edge_origin_breaker_open", "1 while the origin is left alone", values, "origin")


def counter(name: str, text: str, values: Mapping[str, float], label: str = "") -> Metric:
    """A counter read from elsewhere."""
    family = CounterMetricFamily(name, text, labels=[label] if label else None)
    for value_label, number in values.items():
        family.add_metric([value_label] if label else [], number)
    return family


def info(name: str, text: str, values: Mapping[str, str]) -> Metric:
    return InfoMetricFamily(name, text, value=dict(values))
