"""What is told about the work."""

import json
import logging
import os
import threading

import pytest
from aiohttp.http_exceptions import BadStatusLine

from edge.exchange import Story
from edge.observe.log import JsonLines, Log, PlainLines, redact
from edge.observe.metrics import Metrics, breakers, counter, gauge
from edge.observe.status import cache_status, server_timing
from tests.running import eventually


@pytest.mark.parametrize(
    ("story", "status"),
    [
        (Story(tier="mem", ttl=10), "edge; hit; ttl=10; detail=mem"),
        (Story(tier="disk", ttl=-3), "edge; hit; ttl=-3; detail=disk"),
        (Story(tier="validator", ttl=1), "edge; hit; ttl=1"),
        (Story(fwd="uri-miss", origin_status=200, stored=True), "edge; fwd=uri-miss; fwd-status=200; stored"),
        (Story(fwd="uri-miss", collapsed=True, ttl=5), "edge; fwd=uri-miss; ttl=5; collapsed"),
        (
            Story(tier="mem", ttl=-12, detail="stale-while-revalidate"),
            "edge; hit; ttl=-12; detail=stale-while-revalidate",
        ),
        (
            Story(fwd="stale", origin_status=304, ttl=9, stored=True, collapsed=True, detail="swr"),
            "edge; fwd=stale; fwd-status=304; ttl=9; stored; collapsed; detail=swr",
        ),
        (Story(fwd="bypass", detail="no store"), 'edge; fwd=bypass; detail="no store"'),
        (Story(fwd="bypass", detail='a"b\\c\r\nü'), 'edge; fwd=bypass; detail="a\\"b\\\\c???"'),
        (Story(tier="mem", fwd="stale", origin_status=500, stored=True, collapsed=True), "edge; hit; detail=mem"),
        (Story(fwd="1; x=y"), 'edge; fwd="1; x=y"'),
    ],
)
def test_cache_status_says_hit_or_fwd_and_never_both(story: Story, status: str) -> None:
    assert cache_status(story) == status


def test_server_timing_shows_what_was_predicted_beside_what_was_measured() -> None:
    story = Story(seconds={"decode": 0.001, "encode": 0.02}, predicted=0.0184)
    assert server_timing(story) == "decode;dur=1.0, encode;dur=20.0, predicted;dur=18.4"


def test_what_workers_took_is_counted_beside_what_they_were_expected_to_take() -> None:
    metrics = Metrics()
    worked = {"queue": 9.0, "decode": 0.25, "transform": 0.5, "encode": 0.25}
    metrics.answered(Story(fwd="uri-miss", format="webp", seconds=worked, predicted=0.75), 200, 10, 2.0)
    text = metrics.text().decode()
    assert 'edge_work_seconds_total{how="measured"} 1.0' in text
    assert 'edge_work_seconds_total{how="predicted"} 0.75' in text


def test_server_timing_is_milliseconds_per_phase() -> None:
    assert server_timing(Story(seconds={"fetch": 0.0123, "encode": 1.5})) == "fetch;dur=12.3, encode;dur=1500.0"


@pytest.mark.parametrize("text", ["/a?w=1&sig=abc", "/a?SIG=abc", "/a?api_key=x&token=y", "GET /a?key=z"])
def test_secrets_in_urls_are_hidden(text: str) -> None:
    told = redact(text)
    assert "…" in told
    assert not {"abc", "x", "y", "z"} & set(told.replace("&", "=").split("="))


def test_what_is_no_secret_is_left_alone() -> None:
    assert redact("/a?w=1&design=2") == "/a?w=1&design=2"


@pytest.mark.parametrize("name", ["%73ig", "s%69g", "%6BEY", "T%6fken", "api%5Fkey"])
def test_secrets_are_redacted_however_their_names_are_spelt(name: str) -> None:
    assert redact(f"GET /a?w=1&{name}=abc&h=2") == f"GET /a?w=1&{name}=…&h=2"


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "edge", "levelno": 20, "levelname": "INFO", "msg": message})
    for name, value in extra.items():
        setattr(made, name, value)
    return made


def test_a_json_line_is_one_object_with_the_extras() -> None:
    line = json.loads(JsonLines().format(record("GET /a?sig=secret", status=200)))
    assert (line["level"], line["status"], line["message"]) == ("info", 200, "GET /a?sig=…")
    assert line["time"].endswith("Z")


def test_a_text_line_is_for_people() -> None:
    line = PlainLines().format(record("hello", status=200))
    assert line.endswith("info    hello status=200")


def test_an_exception_is_told_in_both() -> None:
    try:
        raise ValueError("broken")
    except ValueError as error:
        made = record("failed", exc_info=(ValueError, error, error.__traceback__))
    assert "ValueError: broken" in json.loads(JsonLines().format(made))["exception"]
    assert "ValueError: broken" in PlainLines().format(made)


def test_what_was_logged_is_written_when_the_log_closes(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log("json", "info")
    logging.getLogger("edge.test").info("one")
    log.close()
    assert json.loads(capsys.readouterr().out)["message"] == "one"


def test_requests_that_are_no_http_leave_no_trace_but_faults_do(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log("text", "info")
    for error in (BadStatusLine("nonsense"), RuntimeError("a fault")):
        logging.getLogger("aiohttp.server").error("Error handling request", exc_info=error)
    log.close()
    said = capsys.readouterr().out
    assert ("nonsense" in said, "RuntimeError: a fault" in said) == (False, True)


def text(metrics: Metrics) -> str:
    return metrics.text().decode()


def test_an_answer_is_counted_by_route_and_status() -> None:
    metrics = Metrics()
    metrics.answered(Story(route="/p/", tier="mem", format="webp"), 200, 10, 0.001)
    metrics.answered(Story(route="/p/", tier="validator"), 304, 0, 0.001)
    assert 'edge_requests_total{route="/p/",status="200"} 1.0' in text(metrics)
    assert 'edge_renditions_total{outcome="validator"} 1.0' in text(metrics)
    assert 'edge_output_bytes_total{format="webp"} 10.0' in text(metrics)


@pytest.mark.parametrize(
    ("story", "outcome"),
    [
        (Story(tier="disk", detail="stale-if-error"), "disk"),
        (Story(fwd="vary-miss"), "vary-miss"),
        (Story(fwd="stale", collapsed=True), "collapsed"),
        (Story(fwd="bypass"), "bypass"),
        (Story(), "none"),
        (Story(fwd="whatever a stranger says"), "other"),
        (Story(tier="whatever"), "other"),
    ],
)
def test_outcomes_are_few(story: Story, outcome: str) -> None:
    metrics = Metrics()
    metrics.answered(story, 200, 0, 0.001)
    assert f'edge_renditions_total{{outcome="{outcome}"}} 1.0' in text(metrics)


def test_purges_are_counted_by_what_was_meant() -> None:
    metrics = Metrics()
    metrics.purged("tag", 3)
    metrics.purged("url", 0)
    assert 'edge_purged_total{kind="tag"} 3.0' in text(metrics)
    assert 'edge_purged_total{kind="url"} 0.0' in text(metrics)


def test_an_origin_that_is_left_alone_is_seen() -> None:
    metrics = Metrics()
    metrics.watch(lambda: iter([breakers({"a": "open", "b": "closed", "c": "half open"})]))
    for origin, value in (("a", "1.0"), ("b", "0.0"), ("c", "0.5")):
        assert f'edge_origin_breaker_open{{origin="{origin}"}} {value}' in text(metrics)


def test_a_transform_is_counted_once_however_many_waited() -> None:
    metrics = Metrics()
    story = Story(route="/p/", fwd="uri-miss", seconds={"encode": 0.1}, format="avif")
    metrics.answered(story, 200, 10, 0.1)
    metrics.answered(Story(route="/p/", fwd="uri-miss", collapsed=True, seconds={"encode": 0.1}), 200, 10, 0.1)
    assert 'edge_transforms_total{format="avif"} 1.0' in text(metrics)
    assert 'edge_request_span_duration_seconds_count{span="encode"} 1.0' in text(metrics)


def test_gauges_are_read_at_every_scrape() -> None:
    metrics, level = Metrics(), [1.0]
    metrics.watch(lambda: iter([gauge("edge_x", "x", {"": level[0]}), counter("edge_y", "y", {"a": level[0]}, "of")]))
    level[0] = 7
    assert "edge_x 7.0" in text(metrics)
    assert 'edge_y_total{of="a"} 7.0' in text(metrics)


def test_a_log_that_nobody_reads_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        log = Log("text", "info")
        for _ in range(20_000):
            logging.getLogger("edge.test").info("x" * 50)
        assert not log.close(patience=0.1)
        drain = threading.Thread(target=reader.read)
        drain.start()
        assert eventually(lambda: log.close(patience=0.2))
        full.close()
        drain.join()
