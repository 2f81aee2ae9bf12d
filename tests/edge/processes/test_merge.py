"""The metrics of several processes, added up."""

from edge.exchange import Story
from edge.observe.merge import exposition, merged
from edge.observe.metrics import Metrics, counter, gauge, info


def of(*stories: Story) -> str:
    metrics = Metrics()
    for story in stories:
        metrics.answered(story, 200, 10, 0.004)
    return metrics.text().decode()


def value(text: str, series: str) -> float:
    (found,) = [line for line in text.splitlines() if line.startswith(f"{series} ")]
    return float(found.rpartition(" ")[2])


def test_counters_and_histograms_add_up_series_by_series() -> None:
    text = merged([of(Story("/a/"), Story('/"\\\n')), of(Story("/a/")), of()])
    assert value(text, 'edge_requests_total{route="/a/",status="200"}') == 2
    assert value(text, 'edge_requests_total{route="/\\"\\\\\\n",status="200"}') == 1
    assert value(text, 'edge_request_duration_seconds_bucket{le="0.005",outcome="none"}') == 3
    assert value(text, 'edge_request_duration_seconds_bucket{le="0.001",outcome="none"}') == 0
    assert value(text, 'edge_request_duration_seconds_count{outcome="none"}') == 3


def test_one_alone_stays_as_it_was() -> None:
    text = of(Story("/a/"), Story("/b/", format="webp"))
    assert merged([text]) == text


def test_gauges_add_up_but_what_is_shared_is_not_multiplied() -> None:
    def told(memory: int, disk: int, healthy: float) -> str:
        return exposition(
            [
                gauge("edge_cache_bytes", "Bytes held", {"mem": memory, "disk": disk}, "tier"),
                gauge("edge_cache_disk_healthy", "1 while the disk tier is in use", {"": healthy}),
                gauge("edge_workers", "Worker processes", {"alive": 3}, "state"),
                info("edge_build", "Versions", {"version": "1"}),
            ]
        )

    text = merged([told(5, 100, 1), told(7, 90, 0)])
    assert value(text, 'edge_cache_bytes{tier="mem"}') == 12
    assert value(text, 'edge_cache_bytes{tier="disk"}') == 100
    assert value(text, "edge_cache_disk_healthy") == 0
    assert value(text, 'edge_workers{state="alive"}') == 6
    assert value(text, 'edge_build_info{version="1"}') == 1


def test_of_the_dead_only_what_never_falls_is_kept() -> None:
    dead = exposition(
        [
            gauge("edge_workers", "Worker processes", {"": 3}),
            counter("edge_worker_jobs", "Jobs given to workers", {"": 8}),
        ]
    )
    kept = merged([of(Story("/a/")), dead], counting=True)
    assert value(merged([kept, of(Story("/a/"))]), 'edge_requests_total{route="/a/",status="200"}') == 2
    assert value(kept, "edge_worker_jobs_total") == 8
    assert "edge_workers" not in kept
    assert merged([], counting=True) == ""
