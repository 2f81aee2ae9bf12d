"""The perceptual profile, RIAPI §6.2."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.negotiate.delivery import HintRules
from edge.negotiate.profiles import TABLE, in_points, points_of, row_of
from edge.plan.steps import AUTO, Encode, Fit
from tests.edge.negotiate.asking import JPEG, ROUTE, ask, made

# %, points, jpeg, webp, avif, speed, distance, effort, png least, png
ROWS = [
    (15, 10, 15, 15, 23, 6, 13, 5, 0, 10),
    (20, 30, 20, 20, 34, 6, 7.4, 6, 0, 20),
    (34, 50, 34, 34, 45, 6, 4.3, 5, 0, 35),
    (55, 60, 57, 53, 44, 6, 3.92, 5, 0, 55),
    (73, 70, 73, 76, 55, 6, 2.58, 5, 50, 100),
    (91, 85, 91, 93, 66, 6, 1.0, 5, 80, 100),
    (96, 90, 96, 96, 100, 6, 0.5, 0, 90, 100),
]


@pytest.mark.parametrize("row", ROWS)
def test_each_row_of_the_table_is_what_encoders_are_told(row: tuple[float, ...]) -> None:
    percent, points, jpeg, webp, avif, speed, distance, effort, least, palette = row
    by = {name: made(Encode(format=name, profile=float(percent))) for name in ("jpeg", "webp", "avif", "jxl", "png")}
    assert [by[name].quality for name in ("jpeg", "webp", "avif")] == [jpeg, webp, avif]
    assert by["avif"].tuning == (("avif.speed", speed),)
    assert by["jxl"].tuning == (("jxl.distance", distance), ("jxl.effort", effort))
    # 100 is true colour, so 99 is the most a palette can have
    assert (by["png"].lossless, by["png"].quality) == (False, min(palette, 99))
    assert dict(by["png"].tuning).get("png.min_quality", 0) == least
    assert made(Encode(format="jpeg", quality=AUTO, profile=float(percent))).aim == points


@pytest.mark.parametrize("name", ["png", "webp", "avif", "jxl"])
def test_the_lossless_profile_loses_nothing(name: str) -> None:
    encode = made(Encode(format=name, profile=100.0))
    assert (encode.lossless, encode.quality, encode.aim) == (True, None, None)
    times = {"avif": (("avif.speed", 5.0),), "jxl": (("jxl.effort", 6.0),)}
    assert encode.tuning == times.get(name, ())
    assert made(Encode(format=name, profile=100.0, profile_dpr=1.0)) == encode
    assert made(Encode(format=name, profile=100.0, lossless=False)).lossless is False


def test_a_jpeg_of_the_lossless_profile_is_the_best_there_is() -> None:
    assert made(Encode(format="jpeg", profile=100.0)) == Encode(format="jpeg", quality=100)


@pytest.mark.parametrize(
    ("percent", "jpeg", "webp", "avif"),
    [
        (0.0, 0, 0, 0),
        (7.0, 7, 7, 11),
        (17.0, 17, 17, 27),
        (27.0, 27, 27, 40),
        (44.0, 45, 43, 45),
        (64.0, 65, 65, 50),
        (82.0, 82, 85, 61),
        (98.0, 98, 98, 100),
        (37.2, 37, 37, 45),
        (37.9, 37, 37, 45),
    ],
)
def test_numbers_between_rows_are_read_in_a_straight_line(percent: float, jpeg: int, webp: int, avif: int) -> None:
    names = ("jpeg", "webp", "avif")
    assert tuple(made(Encode(format=name, profile=percent)).quality for name in names) == (jpeg, webp, avif)


def test_decimals_of_a_profile_are_dropped() -> None:
    assert row_of(37.9) == row_of(37.0) != row_of(38.0)


@pytest.mark.parametrize(
    ("percent", "dpr", "points"),
    [
        (73, 3, 70),
        (73, 6, 35),
        (73, 2, 90),
        (73, 2.8, 75),
        (73, 0.001, 90),
        (20, 1, 90),
        (20, 1.5, 60),
        (91, 12, 21.25),
        (91, 99, 21.25),
        (15, 6, 10),
        (15, 3, 10),
        (7, 3, 10 * 7 / 15),
        (96, 3.5, 90 * 3 / 3.5),
    ],
)
def test_less_density_asks_for_more(percent: float, dpr: float, points: float) -> None:
    assert row_of(percent, dpr).points == pytest.approx(points)


def test_a_density_reads_the_row_by_its_points() -> None:
    assert row_of(73, 3 * 70 / 60) == pytest.approx(next(row for row in TABLE if row.percent == 55))


@given(st.integers(0, 99), st.integers(0, 99), st.floats(0.05, 20))
def test_more_percent_is_never_worse(one: int, other: int, dpr: float) -> None:
    low, high = row_of(min(one, other), dpr), row_of(max(one, other), dpr)
    for column in ("points", "jpeg", "webp", "png", "png_least"):
        assert getattr(low, column) <= getattr(high, column)
    assert low.jxl_distance >= high.jxl_distance


@given(st.integers(1, 99), st.floats(0.1, 12), st.floats(0.1, 12))
def test_a_denser_screen_never_gets_more(percent: int, one: float, other: float) -> None:
    sparse, dense = sorted((one, other))
    if 3.0 in (one, other):
        return
    assert row_of(percent, dense).points <= row_of(percent, sparse).points


def test_points_of_a_jpeg_quality() -> None:
    assert [points_of(quality) for quality in (0, 15, 34, 45, 57, 100)] == [0, 10, 50, 54.8, 60, 100]
    assert (in_points(-3), in_points(54.783), in_points(900)) == (0, 54.8, 100)


def test_a_profile_beats_qualities_and_save_data() -> None:
    encode = Encode(format="jpeg", quality=3, qualities=(("jpeg", 4),), profile=55.0)
    answer = ask(encode, headers={"Save-Data": "on"})
    assert (answer.plan.outputs[0], answer.vary) == (Encode(format="jpeg", quality=57), ())


def test_settings_that_are_no_quality_beat_the_profile() -> None:
    tuning = (("avif.speed", 9.0), ("jxl.distance", 3.0), ("jxl.effort", 2.0), ("png.min_quality", 7.0))
    wish = Encode(profile=91.0, tuning=tuning)
    assert made(replace(wish, format="avif")).tuning == (("avif.speed", 9.0),)
    assert made(replace(wish, format="jxl")).tuning == (("jxl.distance", 1.0), ("jxl.effort", 2.0))
    assert made(replace(wish, format="png")).tuning == (("png.min_quality", 80.0),)


def test_the_density_of_a_profile_may_be_the_screens() -> None:
    encode = Encode(format="jpeg", profile=55.0, profile_dpr=AUTO)
    rules = HintRules(dpr_steps=(1, 2, 3, 6), max_dpr=6)
    route = replace(ROUTE, hints=rules)
    qualities = {}
    for dpr in (None, "1", "2.5", "3", "5", "6"):
        headers: dict[str, str] = {} if dpr is None else {"Sec-CH-DPR": dpr}
        answer = ask(encode, JPEG, route, headers, (Fit(200, zoom=AUTO),))
        qualities[dpr] = answer.plan.outputs[0].quality
        assert answer.vary == ("Sec-CH-DPR", "Save-Data")
    fixed = {dpr: made(replace(encode, profile_dpr=dpr)).quality for dpr in (1.0, 3.0, 6.0)}
    assert qualities == {None: fixed[1.0], "1": fixed[1.0], "2.5": fixed[3.0], "3": fixed[3.0], "5": fixed[6.0]} | {
        "6": fixed[6.0]
    }


def test_the_density_matters_where_the_size_does_not() -> None:
    encode = Encode(format="jpeg", profile=55.0, profile_dpr=AUTO)
    small, automatic = replace(JPEG, width=100, height=80), (Fit(AUTO),)
    assert ask(encode, small, steps=automatic).vary == ("Sec-CH-DPR", "Save-Data")
    assert ask(replace(encode, format="gif"), small, steps=automatic).vary == ()
    assert ask(encode, small, replace(ROUTE, hints=None), steps=automatic).vary == ()
    lossless = replace(encode, format="webp", profile=100.0)
    assert ask(lossless, small, steps=automatic).vary == ()


def test_any_density_hint_comes_to_one_of_the_steps() -> None:
    encode = Encode(format="jpeg", profile=55.0, profile_dpr=AUTO)
    hints = [{"Sec-CH-DPR": f"{n / 100:.2f}"} for n in range(1, 2000, 7)]
    plans = {ask(encode, headers=each, steps=(Fit(AUTO),)).plan.outputs for each in hints}
    assert 1 < len(plans) <= len(HintRules().dpr_steps)
