"""What is shown while it runs."""

import io

import pytest

from edge.commands.progress import Progress, Tally, size_text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(stream: io.StringIO, size: int, *moments: float) -> str:
    """What a progress at a third of the way writes, if it is told of each of these moments."""
    tally, clock = Tally(made=30, failed=1, bytes=5 << 20), Clock()
    progress = Progress(stream, tally, size, clock)
    progress.position = size // 3
    for clock.now in moments:
        progress.moved()
    progress.end()
    return stream.getvalue()


def test_a_terminal_has_a_bar_that_goes_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert shown(Terminal(), 300, 0.05, 1.0) == (
        "\r[########----------------] 33 %, 30 fetched, 1 failed, 5.0 MiB, 31/s\x1b[K\r\x1b[K"
    )


def test_a_terminal_s_line_is_never_longer_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    (line,) = shown(Terminal(), 300, 1.0).removesuffix("\r\x1b[K").split("\x1b[K")[:-1]
    assert len(line.removeprefix("\r")) == 19


def test_elsewhere_there_is_a_line_every_few_seconds() -> None:
    told = shown(io.StringIO(), 300, 1.0, 4.9, 5.0, 9.9, 10.0)
    assert told.splitlines() == [
        "33 %, 30 fetched, 1 failed, 5.0 MiB, 6/s",
        "33 %, 30 fetched, 1 failed, 5.0 MiB, 3/s",
    ]


def test_a_list_without_an_end_has_no_share() -> None:
    assert shown(io.StringIO(), 0, 5.0) == "30 fetched, 1 failed, 5.0 MiB, 6/s\n"


def test_a_list_that_grew_meanwhile_is_no_more_than_whole() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, Tally(), 10, clock)
    progress.position, clock.now = 25, 5.0
    progress.moved()
    assert stream.getvalue().startswith("100 %, ")


def test_a_short_run_shows_nothing() -> None:
    assert shown(Terminal(), 300, 0.05) == ""


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 << 30, "3.0 GiB"), (5 << 40, "5.0 TiB")]
)
def test_sizes_are_for_people(size: int, text: str) -> None:
    assert size_text(size) == text
