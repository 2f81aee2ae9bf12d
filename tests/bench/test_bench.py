"""The harness works; how fast anything is, no test says."""

import math
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import bench
from tests.bench.load import Got
from tests.bench.misses import phases
from tests.bench.originals import Job, lane, sample, small
from tests.bench.stage import LINEAR, SRGB, TINY
from tests.bench.table import paired

ROWS = (
    "hits from memory",
    "hits from disk",
    "304 to If-None-Match",
    "misses, linear light, jpeg",
    "misses, light as stored, jpeg",
    "misses, linear light, webp",
    "processor time of one, linear light, jpeg",
    "misses, linear light, avif",
    "misses, linear light, HTTP origin, jpeg",
    "one miss alone, linear light",
    "one miss alone, light as stored",
    "peak memory of the serving process",
    "peak memory of a worker",
)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_tiny_run_fills_every_row() -> None:
    """Whether the ratios are good is for a quiet machine and a long run to say."""
    rows, table = bench(TINY, own_tool=True)
    for name in ROWS:
        found = [row for row in rows if row.name.startswith(name)]
        assert found, f"no row for {name}"
        assert all(math.isfinite(row.ratio) and min(row.edge, row.other, row.ratio) > 0 for row in found)
        assert f"| {name}" in table


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> list[list[Job]]:
    originals = small(tmp_path_factory.mktemp("photos"))
    return [lane(originals, LINEAR, number) for number in range(4)] + [[sample(originals, LINEAR)]]


def test_no_two_connections_share_a_url_or_a_plan(lanes: list[list[Job]]) -> None:
    jobs = [job for each in lanes for job in each]
    assert len({job.url for job in jobs}) == len(jobs)
    assert len({(job.path, job.plan) for job in jobs}) == len(jobs)


def test_lanes_take_the_originals_in_turn(lanes: list[list[Job]]) -> None:
    names = [job.path.name for job in lanes[0][:4]]
    assert names == ["first.jpg", "second.jpg"] * 2
    assert lanes[1][0].path.name == "second.jpg"


def test_the_light_is_the_routes(tmp_path: Path) -> None:
    originals = small(tmp_path)
    assert "srgb" in sample(originals, SRGB).plan
    assert "srgb" not in sample(originals, LINEAR).plan


def test_a_ratio_is_the_median_of_the_rounds_and_not_of_the_rates() -> None:
    row = paired("x", [10, 20, 40], [20, 20, 20], "y", "z")
    assert (row.edge, row.other, row.ratio) == (20, 20, 1)
    assert "1.00 (0.50–2.00)" in str(row)


def test_server_timing_is_read_per_phase() -> None:
    got = Got(200, b"http/1.1 200 ok\r\nserver-timing: queue;dur=0.1, encode;dur=4.5", b"", 0.01)
    assert phases(got) == {"queue": 0.1, "encode": 4.5}
