"""How often and when an ask is made again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.origins.retry import RetryBudget, retry_after, wait_before


def test_retries_stay_a_tenth_of_the_asks_when_everything_fails() -> None:
    budget, retried = RetryBudget(per_second=0.0, most=5.0), 0
    for _ in range(1000):
        budget.earn(0.0)
        retried += budget.spend()
    assert 100 <= retried <= 106


def test_an_origin_that_is_rarely_asked_may_be_retried_again_after_a_while() -> None:
    budget = RetryBudget(share=0.0, per_second=0.5, most=1.0)
    budget.earn(0.0)
    assert [budget.spend(), budget.spend()] == [True, False]
    budget.earn(2.0)
    assert budget.spend()
    assert repr(budget) == "RetryBudget(0.0 of 1)"


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    budget = RetryBudget(share=0.0, per_second=1.0, most=1.0)
    budget.earn(10.0)
    budget.earn(5.0)
    assert budget.spend()


@given(st.integers(1, 60), st.floats(0, 1))
def test_the_wait_is_jittered_and_never_longer_than_a_second(attempt: int, chance: float) -> None:
    assert 0 <= wait_before(attempt, chance) <= 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 3.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str, seconds: float | None) -> None:
    assert retry_after(Fields([("Retry-After", text)]), now=7.0) == seconds


def test_no_retry_after_asks_for_nothing() -> None:
    assert retry_after(Fields(), now=0.0) is None
