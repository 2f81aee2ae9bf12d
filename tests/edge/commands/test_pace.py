"""How many at once, and how long to wait."""

import threading

from edge.commands.pace import LONGEST_WAIT, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def entered(pace: Pace) -> bool:
    """Would one more have its turn at once?"""
    told: list[bool] = []
    thread = threading.Thread(target=lambda: told.append(pace.enter()), daemon=True)
    thread.start()
    thread.join(0.05)
    return told == [True]


def test_no_more_than_the_most_have_their_turn() -> None:
    pace = Pace(2, Clock())
    assert [entered(pace), entered(pace), entered(pace)] == [True, True, False]
    assert repr(pace) == "Pace(2 of 2, at most 2)"


def test_half_as_many_after_a_refusal_and_not_before_its_time() -> None:
    clock = Clock()
    pace = Pace(8, clock)
    assert all([pace.enter(), pace.enter()])
    pace.refused(5.0)
    pace.refused(3.0)  # refused together with the first
    assert repr(pace) == "Pace(0 of 4, at most 8)"
    clock.now += 4.9
    assert not entered(pace)
    clock.now += 0.1
    assert entered(pace)


def test_one_at_a_time_is_the_least() -> None:
    clock = Clock()
    pace = Pace(4, clock)
    for _ in range(5):
        assert pace.enter()
        pace.refused(1.0)
        clock.now += 1.0
    assert repr(pace) == "Pace(0 of 1, at most 4)"


def test_it_waits_no_longer_than_is_reasonable() -> None:
    clock = Clock()
    pace = Pace(1, clock)
    assert pace.enter()
    pace.refused(86400.0)
    clock.now += LONGEST_WAIT
    assert entered(pace)


def test_after_a_while_without_refusals_it_dares_one_more() -> None:
    clock = Clock()
    pace = Pace(4, clock)
    assert pace.enter()
    pace.refused(0.0)
    for _ in range(16):
        assert pace.enter()
        pace.leave()
    assert repr(pace) == "Pace(0 of 3, at most 4)"


def test_who_waits_is_sent_away_at_the_end() -> None:
    pace = Pace(1, Clock())
    assert pace.enter()
    told: list[bool] = []
    thread = threading.Thread(target=lambda: told.append(pace.enter()))
    thread.start()
    pace.end()
    thread.join(5)
    assert told == [False]
