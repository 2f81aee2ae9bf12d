"""The breaker's states, with a clock of the test."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.origins.breaker import Breaker, Ticket


def admitted(breaker: Breaker, now: float) -> Ticket:
    ticket = breaker.admit(now)
    assert ticket is not None
    return ticket


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(failures=2, hold=5.0)
    for _ in range(2):
        breaker.failed(admitted(breaker, now), now)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = opened()
    assert breaker.state == "open"
    assert breaker.admit(4.9) is None


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(failures=2, hold=5.0)
    breaker.failed(admitted(breaker, 0), 0)
    breaker.succeeded(admitted(breaker, 0))
    breaker.failed(admitted(breaker, 0), 0)
    assert breaker.state == "closed"


def test_after_the_hold_one_trial_passes_and_no_second() -> None:
    breaker = opened()
    admitted(breaker, 5.0)
    assert breaker.state == "half open"
    assert breaker.admit(5.0) is None


def test_a_trial_that_succeeds_closes_it() -> None:
    breaker = opened()
    breaker.succeeded(admitted(breaker, 5.0))
    assert breaker.state == "closed"


def test_a_trial_that_fails_opens_it_at_once() -> None:
    breaker = opened()
    breaker.failed(admitted(breaker, 5.0), 6.0)
    assert breaker.admit(10.9) is None
    assert breaker.admit(11.0) is not None


def test_a_trial_that_was_left_makes_room_for_the_next() -> None:
    breaker = opened()
    breaker.abandoned(admitted(breaker, 5.0))
    assert breaker.admit(5.0) is not None


def test_late_outcomes_of_the_time_before_do_not_count() -> None:
    breaker = Breaker(failures=1, hold=5.0)
    early, other, third = (admitted(breaker, 0) for _ in range(3))
    breaker.failed(early, 0)
    breaker.succeeded(other)
    breaker.failed(third, 4.0)
    breaker.abandoned(other)
    assert breaker.state == "open"
    assert breaker.admit(5.0) is not None


def test_the_hold_is_stretched_by_the_asker_s_jitter() -> None:
    breaker = Breaker(failures=1, hold=5.0)
    breaker.failed(admitted(breaker, 0), 0, stretch=1.2)
    assert breaker.admit(5.9) is None
    assert breaker.admit(6.0) is not None


def test_without_a_limit_it_never_opens() -> None:
    breaker = Breaker(failures=0, hold=5.0)
    for _ in range(50):
        breaker.failed(admitted(breaker, 0), 0)
    assert repr(breaker) == "Breaker(closed, 50 of 0 failures)"


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["ok", "bad", "left", "wait"]), max_size=40))
def test_whatever_happens_it_lets_someone_try_after_a_hold(story: list[str]) -> None:
    breaker, now = Breaker(failures=2, hold=5.0), 0.0
    for event in story:
        now += 6.0 if event == "wait" else 0.1
        ticket = breaker.admit(now)
        if ticket is not None:
            act = {"ok": breaker.succeeded, "left": breaker.abandoned, "wait": breaker.abandoned}.get(event)
            act(ticket) if act else breaker.failed(ticket, now)
    assert breaker.admit(now + 5.0) is not None
