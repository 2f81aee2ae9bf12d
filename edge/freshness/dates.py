"""HTTP dates (RFC 9110 §5.6.7): the three grammars, and nothing that merely looks like them.

The standard library's parser is far too lenient here: an Expires that is not exactly a date must count as past.
"""

import re
from calendar import timegm
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHORT = "(?:mon|tue|wed|thu|fri|sat|sun)"
_LONG = "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_GRAMMARS = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        rf"{_SHORT}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",
        rf"{_LONG}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        rf"{_SHORT} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})",
    )
)
_LONGEST = len("Wednesday, 06-Nov-1994 08:49:37 GMT")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = timegm((1, 1, 1, 0, 0, 0)), timegm((9999, 12, 31, 23, 59, 59))


def parse_date(text: str, now: float = 0.0) -> float | None:
    """Unix seconds, or None when it is no HTTP date. `now` decides the century of a two-digit year."""
    if len(text) > _LONGEST:
        return None
    read = _read(text)
    if read is None or isinstance(read, float):
        return read
    return _moment(_century(int(read["year"]), now), read)


@lru_cache(4096)
def print_date(moment: int) -> str:
    """Unix seconds as an IMF-fixdate, which HTTP asks of all who send one; clamped to the years 1 to 9999."""
    when = _EPOCH + timedelta(seconds=min(max(moment, _FIRST), _LAST))
    month = _NAMES[when.month - 1].capitalize()
    return f"{_DAYS[when.weekday()]}, {when.day:02} {month} {when.year:04} {when:%H:%M:%S} GMT"


@lru_cache(4096)
def _read(text: str) -> float | re.Match[str] | None:
    """The moment; what was found, when its century is open."""
    for grammar in _GRAMMARS:
        found = grammar.fullmatch(text)
        if found:
            return found if len(found["year"]) == 2 else _moment(int(found["year"]), found)
    return None


def _moment(year: int, found: re.Match[str]) -> float | None:
    second = int(found["second"])
    if second > 60:
        return None
    try:
        moment = datetime(
            year,
            _MONTHS[found["month"].lower()],
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            min(second, 59),  # a leap second is a date too
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return float(timegm(moment.utctimetuple()))


def _century(two_digits: int, now: float) -> int:
    """RFC 9110 §5.6.7: a year that seems more than 50 years ahead is the most recent past one with those digits."""
    this_year = datetime.fromtimestamp(now, UTC).year
    year = this_year - this_year % 100 + two_digits
    return year - 100 if year > this_year + 50 else year
