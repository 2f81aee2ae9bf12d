"""The harness works; how fast anything is, no test says."""

import math
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import pyvips
from hypothesis import example, given
from hypothesis import strategies as st

from tests import pictures
from tests.bench import encoders, quality, quality_hand
from tests.bench.__main__ import bench
from tests.bench.load import Got
from tests.bench.misses import phases
from tests.bench.originals import Job, lane, sample, small
from tests.bench.quality_hand import enclosing
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


@pytest.fixture(scope="module")
def _scorer() -> None:
    """What `make test` does not install, and `make check` does."""
    if find_spec("ssimulacra2") is None:
        sentence = "the package ssimulacra2 is not installed; requirements-dev.lock has it"
        if {"all", "ssimulacra2"} & set(os.environ.get("EDGE_TEST_REQUIRE", "").split(",")):
            pytest.fail(sentence)
        pytest.skip(sentence)


@pytest.mark.usefixtures("_scorer")
def test_a_tiny_run_scores_every_picture_in_every_format() -> None:
    cells, tables = quality.quality(quality.TINY)
    made = [(cell.task.original.name, cell.task.width, cell.task.format) for cell in cells]
    assert made == [(name, 160, format) for name in ("opaque.jpg", "fading.png") for format in quality.KINDS]
    for cell in cells:
        assert 20 < min(cell.points, cell.plain_points) <= max(cell.points, cell.plain_points) < 100
        assert cell.same_bytes is not None
        fewer = cell.bytes < cell.plain_bytes
        assert cell.same_bytes <= cell.plain_points + 2 if fewer else cell.same_bytes >= cell.plain_points - 2
        assert min(cell.bytes, cell.plain_bytes, cell.ms, cell.plain_ms, cell.ratio) > 0
    assert tables.count("| opaque | 500 × 400 | 160 × 128 |") == tables.count("| fading | 480 × 300 | 160 × 100 |") == 3
    assert "| least gain at equal bytes | > −1 |" in tables


def test_a_tiny_run_measures_every_encoder_and_both_lights() -> None:
    files, tables = encoders.encoders(encoders.TINY, scored=False)
    assert [file.kind for file in files["formats"]] == list(encoders.FORMATS)
    assert [file.kind for file in files["light"]] == list(encoders.LIGHTS)
    for file in (*files["formats"], *files["light"]):
        assert file.bytes > 0
        assert file.saves == 1
        assert file.ms >= file.encode_ms >= 0
        assert file.ratio > 0
    assert "A cold AVIF takes at most" in tables


@pytest.mark.usefixtures("_scorer")
def test_the_reference_resamples_as_another_lanczos_does() -> None:
    import numpy as np
    from PIL import Image

    from tests.bench.quality_lanczos import resampled

    plane = np.random.default_rng(1).random((61, 83))
    for size in ((20, 15), (82, 60), (7, 3), (150, 90)):
        other = np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.LANCZOS))
        assert np.abs(resampled(plane, *size) - other).max() < 1e-6


@pytest.mark.usefixtures("_scorer")
def test_the_reference_is_what_libvips_makes_of_every_pixel_in_floating_light() -> None:
    import numpy as np

    from tests.bench.quality_lanczos import reference

    body = pictures.photo(500, 400, "png")
    light = pyvips.Image.new_from_buffer(body, "").colourspace("scrgb")
    other = light.resize(0.2, kernel="lanczos3", gap=0).colourspace("srgb")
    levels = np.frombuffer(other.write_to_memory(), np.uint8).reshape(80, 100, 3)
    assert np.abs(reference(body, 100, 80, 128).astype(int) - levels).mean() < 0.3  # libvips cuts where we round


@pytest.mark.usefixtures("_scorer")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_reference_is_upright(orientation: int) -> None:
    from tests.bench.quality_lanczos import reference

    seen = reference(pictures.corners(60, 40, orientation), 30, 20, 128)
    for at, colour in (((3, 3), pictures.RED), ((3, 26), pictures.GREEN), ((16, 3), pictures.BLUE)):
        assert abs(seen[at].astype(int) - colour).max() < 12


@pytest.mark.usefixtures("_scorer")
def test_the_reference_is_converted_by_the_profile() -> None:
    from tests.bench.quality_lanczos import reference

    seen = reference(pictures.display_p3(40, 40, (120, 200, 90)), 20, 20, 128)
    assert abs(seen[10, 10].astype(int) - (120, 200, 90)).max() <= 1


@pytest.mark.usefixtures("_scorer")
def test_half_a_black_over_white_is_lighter_when_light_is_mixed() -> None:
    from tests.bench.quality_lanczos import reference

    half = pictures.plain(40, 40, (0, 0, 0, 128))
    assert tuple(reference(half, 20, 20, 255)[10, 10]) == (127, 127, 127)
    assert tuple(reference(half, 20, 20, 255, "linear")[10, 10]) == (187, 187, 187)


@pytest.mark.usefixtures("_scorer")
def test_points_fall_with_quality_and_are_full_for_the_same() -> None:
    from tests.bench.quality_lanczos import shown

    body = pictures.photo(96, 64, "png")
    exact = shown(body, 128)
    told = [quality_hand.points(exact, pictures.photo(96, 64, Q=level)) for level in (10, 40, 90)]
    assert quality_hand.points(exact, body) == 100
    assert told == sorted(told)


@pytest.mark.usefixtures("_scorer")
def test_a_small_picture_is_scored_like_a_large_one_of_the_same() -> None:
    from tests.bench.quality_lanczos import shown

    def told(side: int) -> float:
        exact, seen = (shown(pictures.photo(256, 256, **how), 128) for how in ({"format": "png"}, {"Q": 60}))
        return quality_hand.score(exact[:side, :side], seen[:side, :side])

    assert abs(told(128) - told(256)) < 10


@given(st.lists(st.integers(1, 50), min_size=100, max_size=100), st.integers(1, 100), st.integers(1, 3000))
@example([2] * 100, 80, 1)
@example([2] * 100, 80, 201)
@example([2] * 100, 80, 33)
def test_the_qualities_found_enclose_what_is_wanted(rises: list[int], start: int, wanted: int) -> None:
    def measure(quality: int) -> int:
        return sum(rises[:quality])

    low, high = enclosing(measure, wanted, start)
    assert high - low <= 1
    if (low, high) not in ((1, 1), (100, 100)):
        assert measure(low) <= wanted <= measure(high)
    else:
        assert not measure(1) < wanted < measure(100)
