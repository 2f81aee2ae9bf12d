"""How many connections each process has, where all can see it."""

import tempfile
from collections.abc import Iterator

import pytest

from edge.processes.tally import Tally, Turn, lay_out


@pytest.fixture
def tallies() -> Iterator[tuple[Tally, Tally]]:
    """One file, mapped twice."""
    with tempfile.TemporaryFile() as file:
        lay_out(file, 3)
        both = Tally(file.fileno(), 3), Tally(file.fileno(), 3)
        yield both
        for tally in both:
            tally.close()


def test_what_one_writes_the_other_reads(tallies: tuple[Tally, Tally]) -> None:
    Turn(tallies[0], 2).has(7)
    assert repr(tallies[1]) == "Tally([-1, 7, -1])"


def test_who_has_more_than_another_is_ahead(tallies: tuple[Tally, Tally]) -> None:
    first, second = Turn(tallies[0], 1), Turn(tallies[1], 2)
    first.has(5)
    second.has(5)
    assert not first.ahead()
    second.has(4)
    assert first.ahead()
    assert not second.ahead()


def test_who_is_alone_or_whose_peers_are_gone_is_never_ahead(tallies: tuple[Tally, Tally]) -> None:
    first, second = Turn(tallies[0], 1), Turn(tallies[1], 2)
    first.has(50)
    assert not first.ahead()
    second.has(0)
    assert first.ahead()
    second.leaves()
    assert not first.ahead()
