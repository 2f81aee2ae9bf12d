"""HTTP dates (RFC 9110 §5.6.7): the three grammars, and nothing that merely looks like them.

The standard library's parser is far too lenient here: an Expires that is not exactly a date must count as past.
"""

import re
from calendar import timegm
from datetime import UTC, datetime

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
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


def parse_date(text: str, now: float = 0.0) -> float | None:
    """Unix seconds, or None when it is no HTTP date. `now` decides the century of a two-digit year."""
    for grammar in _GRAMMARS:
        found = grammar.fullmatch(text)
        if found:
            return _seconds(found, now)
    return None


def _seconds(found: re.Match[str], now: float) -> float | None:
    year = int(found["year"])
    if len(found["year"]) == 2:
        year = _century(year, now)
    second = min(int(found["second"]), 59)  # a leap second is a date too
    try:
        moment = datetime(
            year,
            _MONTHS[found["month"].lower()],
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            second,
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return float(timegm(moment.utctimetuple())) if int(found["second"]) <= 60 else None


def _century(two_digits: int, now: float) -> int:
    """RFC 9110 §5.6.7: a year that seems more than 50 years ahead is the most recent past one with those digits."""
    this_year = datetime.fromtimestamp(now, UTC).year
    year = this_year - this_year % 100 + two_digits
    return year - 100 if year > this_year + 50 else year
