"""Stored answers for the tests of this room."""

from edge.exchange import Fields
from edge.freshness.dates import print_date
from edge.freshness.stored import Stored, Window

NOW = 1_795_000_000
WINDOW = Window()
# Only what the answer itself allows.
STRICT = Window(default=0, negative=0, stale_while_revalidate=0, stale_if_error=0)


def at(offset: float) -> str:
    """An HTTP date so many seconds from now."""
    return print_date(int(NOW + offset))


def fields(**lines: str) -> Fields:
    return Fields([(name.replace("_", "-"), value) for name, value in lines.items()])


def stored(cache_control: str = "", *, status: int = 200, old: float = 0, **lines: str) -> Stored:
    """Received `old` seconds ago, with no age then."""
    said = {"cache_control": cache_control} if cache_control else {}
    return Stored(status, fields(**lines, **said), NOW - old)
