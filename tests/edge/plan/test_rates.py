"""The shipped rates, and those of another machine."""

import math

import pytest

from edge.plan.cost import bill, predict
from edge.plan.facts import Facts
from edge.plan.plan import Plan
from edge.plan.rates import BASE, SHIPPED, group_of
from edge.plan.steps import Decode, Encode, Resize

PHOTO = Facts("jpeg", 6000, 4000)
PLAN = Plan.chain(Decode(), Resize(600, 400), Encode("webp", 78))


def test_every_rate_is_a_finite_number_and_none_is_below_nothing() -> None:
    for rate in (*SHIPPED.time.values(), *SHIPPED.memory.values()):
        assert 0 <= rate < math.inf


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("jpeg-progressive.in.byte", "jpeg.in"),
        ("jpeg.out.trellis.pixel", "jpeg.out"),
        ("resample.linear.mid", "resample"),
        ("job.fixed", "job"),
    ],
)
def test_codecs_are_scaled_apart_from_each_other(name: str, group: str) -> None:
    assert group_of(name) == group


def test_a_machine_half_as_fast_takes_twice_as_long() -> None:
    slow = SHIPPED.scaled({"": 2.0}, 1.0, SHIPPED.memory[BASE])
    assert predict(PLAN, PHOTO, slow).milliseconds == pytest.approx(2 * predict(PLAN, PHOTO).milliseconds)
    assert predict(PLAN, PHOTO, slow).memory == pytest.approx(predict(PLAN, PHOTO).memory)


def test_a_group_is_scaled_alone() -> None:
    slow = SHIPPED.scaled({"webp.out": 3.0}, 1.0, SHIPPED.memory[BASE])
    ours = sum(
        number * SHIPPED.time.get(name, 0.0)
        for name, number in bill(PLAN, PHOTO).time.items()
        if name.startswith("webp.out")
    )
    more = predict(PLAN, PHOTO, slow).milliseconds - predict(PLAN, PHOTO).milliseconds
    assert more == pytest.approx(2 * ours / 1e6)


def test_an_idle_worker_is_counted_apart_from_what_it_does() -> None:
    base = SHIPPED.memory[BASE]
    larger, heavier = SHIPPED.scaled({}, 1.0, base + 1e6), SHIPPED.scaled({}, 2.0, base)
    usual = predict(PLAN, PHOTO).memory
    assert predict(PLAN, PHOTO, larger).memory == pytest.approx(usual + 1e6, abs=2)
    assert predict(PLAN, PHOTO, heavier).memory - base == pytest.approx(2 * (usual - base), rel=0.01)


def test_what_this_plan_adds_up_to_has_a_rate() -> None:
    sums = bill(PLAN, PHOTO)
    assert any(SHIPPED.time.get(name) for name in sums.time)
    assert SHIPPED.memory[BASE] > 20e6
