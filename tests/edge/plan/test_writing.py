"""Which of the ways of writing a picture is paid for."""

from dataclasses import replace

import pytest

from edge.imaging import savers
from edge.plan import writing
from edge.plan.bill import Bill, total
from edge.plan.rates import SHIPPED
from edge.plan.steps import Encode
from edge.plan.writing import Sheet, effort, held


def paid(step: Encode, sheet: Sheet) -> dict[str, float]:
    sums = Bill()
    writing.writing(sums, step, sheet)
    return sums.time


def milliseconds(step: Encode, sheet: Sheet) -> float:
    return total(paid(step, sheet), SHIPPED.time) / 1e6


@pytest.mark.parametrize("pixels", [1, 30_000, 30_001, 100_000, 300_000, 300_001, 1_700_000, 4_000_000, 10_000_001])
@pytest.mark.parametrize("speed", [None, 0.0, 3.0, 6.0, 10.0])
def test_avifs_effort_is_the_savers(pixels: int, speed: float | None) -> None:
    tuning = () if speed is None else (("avif.speed", speed),)
    options = savers.SAVERS["avif"].options(savers.Order(55, tuning=dict(tuning), pixels=pixels))
    assert effort(Encode("avif", 55, tuning=tuning), pixels) == options["effort"]


@pytest.mark.parametrize(
    ("pixels", "tuning", "way"),
    [
        (50_000, (), "trellis"),
        (50_001, (), "progressive"),
        (1_000_001, (), "fast"),
        (40_000, (("jpeg.fast", 1.0),), "fast"),
        (900_000, (("jpeg.progressive", 0.0),), "plain"),
        (9_000_000, (("jpeg.progressive", 1.0),), "progressive"),
    ],
)
def test_jpegs_way_is_the_savers(pixels: int, tuning: tuple[tuple[str, float], ...], way: str) -> None:
    step = Encode("jpeg", 80, tuning=tuning)
    options = savers.SAVERS["jpeg"].options(savers.Order(80, tuning=dict(tuning), pixels=pixels))
    assert f"jpeg.out.{way}.pixel" in paid(step, Sheet(pixels))
    assert options["interlace"] is (way == "progressive")
    assert bool(options.get("trellis_quant")) is (way == "trellis")


@pytest.mark.parametrize("step", [Encode("webp", 78), Encode("png", 100)])
def test_few_colours_are_written_twice(step: Encode) -> None:
    sheet = Sheet(250_000)
    assert milliseconds(step, replace(sheet, few=True)) > milliseconds(step, sheet)
    assert milliseconds(replace(step, lossless=True, format="webp"), sheet) == milliseconds(
        replace(step, lossless=True, format="webp"), replace(sheet, few=True)
    )


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "gif", "tiff", "jxl", "heic", "jp2"])
def test_more_of_anything_takes_longer(name: str) -> None:
    sheet, step = Sheet(500_000), Encode(name)
    usual = milliseconds(step, sheet)
    assert usual > 0
    assert milliseconds(step, replace(sheet, pixels=800_000)) > usual
    assert milliseconds(step, replace(sheet, detail=2.0)) >= usual
    assert milliseconds(step, replace(sheet, clear=True)) >= usual


def test_what_is_told_holds_nothing() -> None:
    assert held(Encode("json"), Sheet(1e6)) == {}


def test_a_palette_that_may_be_given_up_is_paid_for_twice() -> None:
    once, twice = (Encode("png", 60, tuning=tuning) for tuning in ((), (("png.min_quality", 50.0),)))
    assert milliseconds(twice, Sheet(1e6)) > milliseconds(once, Sheet(1e6))
