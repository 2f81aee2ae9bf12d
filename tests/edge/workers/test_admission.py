"""By predicted milliseconds: who runs, who waits, who is refused, and in what order."""

from hypothesis import given
from hypothesis import strategies as st

from edge.workers.admission import Admission, Admit, Refuse, Ticket, Wait

COSTS = st.floats(0, 5000)


def admitted(admission: Admission, cost: float, now: float = 0.0) -> Ticket:
    verdict = admission.decide(cost, now)
    assert isinstance(verdict, Admit)
    return verdict.ticket


def waiting(admission: Admission, cost: float, now: float = 0.0) -> Ticket:
    verdict = admission.decide(cost, now)
    assert isinstance(verdict, Wait)
    return verdict.ticket


def test_as_many_as_there_are_slots_are_admitted_at_once() -> None:
    admission = Admission(2, queue_wait=5.0)
    admitted(admission, 100)
    admitted(admission, 100)
    assert isinstance(admission.decide(100, 0.0), Wait)
    assert repr(admission) == "Admission(2 of 2 running, 1 waiting, ratio 1.00)"


def test_the_predicted_wait_is_what_is_ahead_shared_by_the_slots() -> None:
    admission = Admission(2, queue_wait=5.0)
    admitted(admission, 1000)
    admitted(admission, 3000)
    verdict = admission.decide(500, now=0.4)
    assert isinstance(verdict, Wait)
    assert round(verdict.predicted) == (600 + 2600) / 2


def test_a_longer_wait_than_allowed_is_refused_with_the_time_after_which_it_would_not_be() -> None:
    admission = Admission(1, queue_wait=5.0)
    admitted(admission, 12_500)
    assert admission.decide(10, 0.0) == Refuse(retry_after=8)
    assert isinstance(admission.decide(10, 7.6), Wait)


def test_retry_after_is_never_absurd() -> None:
    admission = Admission(1, queue_wait=0.0)
    admitted(admission, 10**9)
    assert admission.decide(10, 0.0) == Refuse(retry_after=60)


def test_a_running_job_that_outlives_its_prediction_does_not_look_done() -> None:
    admission = Admission(1, queue_wait=5.0)
    admitted(admission, 100)
    assert isinstance(admission.decide(1, 0.1), Wait)
    assert isinstance(admission.decide(1, 20.0), Refuse)


def test_equal_jobs_go_in_the_order_they_came() -> None:
    admission = Admission(1, queue_wait=5.0)
    running = admitted(admission, 100)
    first, second = waiting(admission, 50, 0.01), waiting(admission, 50, 0.02)
    assert admission.done(running, 0.1) == [first]
    assert admission.done(first, 0.2) == [second]


def test_a_small_job_overtakes_a_large_one_but_only_for_as_long_as_that_one_costs() -> None:
    admission = Admission(1, queue_wait=60.0)
    running = admitted(admission, 100)
    large = waiting(admission, 2000, 0.0)
    small, late = waiting(admission, 10, 1.0), waiting(admission, 10, 2.5)
    assert admission.leave(running, 3.0) == [small]
    assert admission.leave(small, 3.1) == [large]
    assert admission.leave(large, 3.2) == [late]


def test_who_gives_up_waiting_frees_no_slot_but_the_place_in_the_queue() -> None:
    admission = Admission(1, queue_wait=5.0)
    running = admitted(admission, 100)
    gone, stays = waiting(admission, 10), waiting(admission, 20)
    assert admission.leave(gone, 0.0) == []
    assert admission.done(running, 0.1) == [stays]


@given(st.floats(0.1, 10), st.lists(st.floats(1, 1000), min_size=150, max_size=150))
def test_predictions_are_corrected_by_what_was_measured(factor: float, costs: list[float]) -> None:
    admission = Admission(1, queue_wait=5.0)
    now = 0.0
    for cost in costs:
        ticket = admitted(admission, cost, now)
        now += cost * factor / 1000
        admission.done(ticket, now)
    assert abs(admission.ratio / factor - 1) < 0.1
    assert abs(admitted(admission, 100, now).cost / (100 * factor) - 1) < 0.1


def test_work_that_failed_teaches_nothing() -> None:
    admission = Admission(1, queue_wait=5.0)
    admission.leave(admitted(admission, 1000), 0.001)
    assert admission.ratio == 1.0


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from(["come", "done", "leave", "quit"]), COSTS), max_size=60))
def test_slots_are_never_exceeded_nor_left_empty_while_someone_waits(
    slots: int, events: list[tuple[str, float]]
) -> None:
    admission = Admission(slots, queue_wait=3.0)
    running: list[Ticket] = []
    queue: list[Ticket] = []
    now = 0.0
    for kind, cost in events:
        now += 0.05
        turn: list[Ticket] = []
        if kind == "come":
            verdict = admission.decide(cost, now)
            if isinstance(verdict, Admit):
                running.append(verdict.ticket)
            elif isinstance(verdict, Wait):
                assert verdict.predicted <= 3000
                queue.append(verdict.ticket)
        elif kind == "quit" and queue:
            turn = admission.leave(queue.pop(0), now)
        elif running and kind != "quit":
            turn = getattr(admission, kind)(running.pop(0), now)
        queue = [ticket for ticket in queue if ticket not in turn]
        running += turn
        assert len(running) == admission.running <= slots
        assert len(queue) == admission.waiting
        assert not queue or len(running) == slots
