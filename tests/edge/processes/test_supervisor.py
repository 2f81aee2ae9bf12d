"""Who is kept, who is told, who is asked: with processes that are none."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from edge.errors import Unavailable
from edge.processes import supervisor as rules
from edge.processes.channel import Lost
from edge.processes.charge import Charge
from edge.processes.child import Child
from edge.processes.supervisor import CannotStart, Supervisor
from edge.settings import Settings
from tests.edge.processes.rig import FakeProcess, Hear

SETTINGS = Settings.for_folder("/srv/photos")


class Stage:
    """A supervisor over fakes. `script` makes the process of a number; every one that began is in `all`."""

    def __init__(self, count: int = 2) -> None:
        self.all: list[FakeProcess] = []
        self.script: Callable[[int, int], FakeProcess] = FakeProcess
        self.supervisor = Supervisor(self._begin, count, 0.1)

    def _begin(self, number: int, hear: Hear) -> Child:
        process = self.script(1000 + len(self.all), number)
        ours, theirs = socket.socketpair()
        self.all.append(process)
        process.live(theirs)
        child = Child(number, process, ours, hear)
        child.begin(Charge(number, 2, 1, (), 0, SETTINGS))
        return child

    async def ready(self, count: int = 2, born: int = 0) -> None:
        """Until so many serve, and so many have ever begun."""
        async with asyncio.timeout(5):
            while self.supervisor.ready < count or len(self.all) < born:
                await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"HEED": 0.05, "BACKOFF_FIRST": 0.001, "NOBODY": 0.05, "LAST": 0.0}.items():
        monkeypatch.setattr(rules, name, seconds)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    await stage.supervisor.start()
    yield stage
    await stage.supervisor.close()


async def test_it_has_started_when_all_serve(stage: Stage) -> None:
    assert repr(stage.supervisor) == "Supervisor(2 of 2 ready, 0 replaced)"
    assert sorted(process.number for process in stage.all) == [1, 2]


async def test_when_one_cannot_start_the_edge_cannot_and_all_are_gone() -> None:
    stage = Stage(3)
    stage.script = lambda pid, number: FakeProcess(pid, number, "no room" if number == 2 else "")
    with pytest.raises(CannotStart, match=r"^no room$"):
        await stage.supervisor.start()
    assert [process.code is not None for process in stage.all] == [True] * len(stage.all)
    assert stage.supervisor.children == ()


async def test_one_that_dies_at_its_start_without_a_word_is_told_with_its_code() -> None:
    stage = Stage(1)
    stage.script = lambda pid, number: FakeProcess(pid, number, mute=True)
    starting = asyncio.ensure_future(stage.supervisor.start())
    while not stage.all:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    stage.all[0].end(-11)
    with pytest.raises(CannotStart, match="ended while it started \\(signal 11\\)"):
        await starting


async def test_one_that_cannot_even_be_forked_is_told() -> None:
    def begin(number: int, hear: Hear) -> Child:
        raise OSError(11, "Resource temporarily unavailable")

    with pytest.raises(CannotStart, match="no process can be started: Resource temporarily unavailable"):
        await Supervisor(begin, 1, 0.1).start()


async def test_a_dead_one_is_replaced_under_its_number(stage: Stage) -> None:
    victim = stage.all[1]
    victim.end(-9)
    await stage.ready(2, born=3)
    assert stage.all[2].number == victim.number
    assert repr(stage.supervisor) == "Supervisor(2 of 2 ready, 1 replaced)"


async def test_a_replacement_that_fails_is_tried_again(stage: Stage) -> None:
    stage.script = lambda pid, number: FakeProcess(pid, number, "no room" if len(stage.all) < 5 else "")
    stage.all[0].end(-9)
    await stage.ready(2, born=6)
    assert [process.code for process in stage.all] == [-9, None, 1, 1, 1, None]


async def test_a_leaving_one_is_replaced_before_it_has_left(stage: Stage) -> None:
    await stage.all[0].say({"say": "leaving"})
    await stage.ready(2, born=3)
    assert stage.all[0].code is None
    assert len(stage.supervisor.children) == 3


async def test_what_one_tells_every_other_has_acted_on(stage: Stage) -> None:
    await stage.all[0].tell({"purge": "all"})
    assert [process.heeded for process in stage.all] == [[], [{"purge": "all"}]]


async def test_a_leaving_one_is_told_too(stage: Stage) -> None:
    await stage.all[1].say({"say": "leaving"})
    await stage.all[0].tell({"purge": "all"})
    assert stage.all[1].heeded == [{"purge": "all"}]


async def test_one_that_does_not_act_in_time_is_dead_when_tell_returns(stage: Stage) -> None:
    stage.all[1].deaf = True
    await stage.all[0].tell({"purge": "all"})
    assert stage.all[1].code == -9
    await stage.ready(2, born=3)


async def test_one_that_dies_instead_of_acting_holds_nobody_up(stage: Stage) -> None:
    stage.all[1].deaf = True
    telling = asyncio.ensure_future(stage.all[0].tell({"purge": "all"}))
    await asyncio.sleep(0.01)
    stage.all[1].end(-11)
    await telling


async def test_one_that_has_not_begun_is_not_waited_for(stage: Stage) -> None:
    stage.script = lambda pid, number: FakeProcess(pid, number, mute=True)
    stage.all[1].end(-9)
    await stage.ready(1, born=3)
    await stage.all[0].tell({"purge": "all"})
    assert stage.all[2].code is None


async def test_any_one_answers_and_they_take_turns(stage: Stage) -> None:
    told = [(await stage.supervisor.ask_one({"door": "x"}))["number"] for _ in range(4)]
    assert sorted(map(str, told)) == ["1", "1", "2", "2"]


async def test_when_one_dies_of_a_question_another_is_asked_and_in_the_end_nobody(stage: Stage) -> None:
    with pytest.raises(Unavailable):
        await stage.supervisor.ask_one({"door": "end"})
    assert [process.code for process in stage.all[:2]] == [-9, -9]


async def test_counters_do_not_fall_when_one_ends(stage: Stage) -> None:
    for process in stage.all:
        process.requests = 7
    assert b"x_total 14.0" in await stage.supervisor.metrics()
    stage.all[0].end(-9)
    await stage.ready(2, born=3)
    assert b"x_total 14.0" in await stage.supervisor.metrics()
    stage.all[2].requests = 2
    text = await stage.supervisor.metrics()
    assert b"x_total 16.0" in text
    assert b'edge_processes{state="ready"} 2.0' in text
    assert b"edge_process_replacements_total 1.0" in text


async def test_the_last_words_of_a_leaving_one_count(stage: Stage) -> None:
    await stage.all[0].say({"say": "leaving"})
    await stage.all[0].say({"say": "gone", "text": "# TYPE x_total counter\nx_total 40\n"})
    stage.all[0].end(0)
    await stage.ready(2, born=3)
    while len(stage.supervisor.children) > 2:
        await asyncio.sleep(0.001)
    assert b"x_total 40.0" in await stage.supervisor.metrics()


async def test_one_that_does_not_leave_in_time_is_made_to() -> None:
    stage = Stage()
    await stage.supervisor.start()
    stage.all[0].stubborn = True
    await stage.supervisor.close()
    assert [process.code for process in stage.all] == [-9, 0]
    assert len(stage.all) == 2


async def test_nonsense_from_one_is_refused_and_ends_nobody(stage: Stage) -> None:
    with pytest.raises(Exception, match="Something went wrong"):
        await stage.all[0].say({"say": "what"})
    assert stage.supervisor.ready == 2


async def test_a_channel_that_ends_takes_its_process_along(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.processes.child.LINGER", 0.01)
    stage.all[0]._channel.close()
    await stage.ready(2, born=3)
    assert stage.all[0].code == -9


async def test_whoever_waits_for_a_dead_one_is_told(stage: Stage) -> None:
    child = stage.supervisor.children[0]
    child.kill()
    await child.ended.wait()
    with pytest.raises(Lost):
        await child.ask({"door": "x"}, 1.0)
