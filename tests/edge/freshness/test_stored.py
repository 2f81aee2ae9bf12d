"""Age, Date and what is received."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.freshness.stored import Stored, carried_age, receive
from tests.edge.freshness.answers import NOW, at, fields


@pytest.mark.parametrize(
    ("lines", "age"),
    [
        (["7200"], 7200),
        (["7200, 0"], 7200),
        (["0, 7200"], 0),
        (["7200", "0"], 7200),
        (["0", "7200"], 0),
        (["old, 7200"], 0),
        ([", 7200"], 7200),
        (["abc"], 0),
        (["7200a"], 0),
        (["-7200"], 0),
        (["+7200"], 0),
        (["7200.0"], 0),
        (["7200;foo=bar"], 0),
        (["٧"], 0),
        (["007200"], 7200),
        (["2147483648"], 2**31),
        (["99999999999999999999"], 2**31),
        ([""], 0),
        ([], 0),
    ],
)
def test_3_2_age_is_the_first_member_when_it_is_a_plain_number(lines: list[str], age: int) -> None:
    assert carried_age(Fields(("age", line) for line in lines)) == age


def test_3_1_the_age_is_the_larger_of_what_the_date_says_and_what_was_carried() -> None:
    apparent = receive(200, fields(age="30", date=at(-50)), asked=NOW - 2, now=NOW)
    carried = receive(200, fields(age="60", date=at(-50)), asked=NOW - 2, now=NOW)
    assert (apparent.age, carried.age) == (50, 62)
    assert carried.now_aged(NOW + 10) == 72


def test_3_3_the_delay_of_the_answer_counts() -> None:
    assert receive(200, fields(date=at(0)), asked=NOW - 3, now=NOW).age == 3


def test_3_1_a_date_ahead_of_our_clock_makes_nothing_younger() -> None:
    assert receive(200, fields(date=at(500)), asked=NOW, now=NOW).age == 0


def test_3_1_the_date_is_kept_and_only_a_missing_one_is_added() -> None:
    assert receive(200, fields(date=at(-50)), asked=NOW, now=NOW).fields.get("date") == at(-50)
    assert receive(200, Fields(), asked=NOW, now=NOW + 0.7).fields.get("date") == at(0)
    assert receive(200, Fields(), asked=NOW + 0.7, now=NOW + 0.7).age == 0


def test_1_6_what_speaks_of_one_connection_is_not_kept() -> None:
    got = receive(200, fields(connection="x-a, close", x_a="1", x_b="2", te="x"), asked=NOW, now=NOW)
    assert [name for name, _ in got.fields] == ["x-b", "date"]


@given(st.floats(0, 1e9), st.floats(-1e6, 1e9), st.floats(-1e6, 1e9))
def test_3_1_an_answer_never_grows_younger(age: float, first: float, second: float) -> None:
    one = Stored(200, Fields(), NOW, age)
    early, late = sorted((NOW + first, NOW + second))
    assert age <= one.now_aged(early) <= one.now_aged(late)


@given(st.text(max_size=20), st.text(max_size=40), st.floats(0, 1e6))
def test_3_1_any_age_and_date_make_an_age_that_is_at_least_the_delay(age: str, date: str, delay: float) -> None:
    got = receive(200, fields(age=age, date=date), asked=NOW - delay, now=NOW)
    assert got.age >= NOW - (NOW - delay)
