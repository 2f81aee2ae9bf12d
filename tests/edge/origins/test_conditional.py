"""Which conditional asks are answered with 304."""

import pytest

from edge.exchange import Fields
from edge.origins.conditional import http_date, not_modified

NOON = "Thu, 01 Jan 1970 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"x", "a"', True),
        ('"x,y", W/"a"', True),
        ("*", True),
        (" * ", True),
        ('"b"', False),
        ("a", False),
        ("", False),
        ('"x, a"', False),
    ],
)
def test_if_none_match_compares_weakly_and_knows_lists(value: str, expected: bool) -> None:
    assert not_modified(Fields([("If-None-Match", value)]), '"a"', None) is expected


def test_tags_on_several_lines_are_one_list() -> None:
    asked = Fields([("If-None-Match", '"x"'), ("If-None-Match", '"a"')])
    assert not_modified(asked, 'W/"a"', None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOON, True),
        ("Thu, 01 Jan 1970 13:00:00 GMT", True),
        ("Thu, 01 Jan 1970 11:59:59 GMT", False),
        ("Thursday, 01-Jan-70 12:00:00 GMT", True),
        ("yesterday", False),
        ("", False),
        ("Thu, 99 Jan 99999999999 12:00:00 GMT", False),
    ],
)
def test_if_modified_since_counts_in_seconds(value: str, expected: bool) -> None:
    assert not_modified(Fields([("If-Modified-Since", value)]), '"a"', 12 * 3600) is expected


def test_a_tag_beats_a_date() -> None:
    asked = Fields([("If-None-Match", '"b"'), ("If-Modified-Since", NOON)])
    assert not not_modified(asked, '"a"', 0)


def test_without_conditions_or_date_everything_is_new() -> None:
    assert not not_modified(Fields(), '"a"', 0)
    assert not not_modified(Fields([("If-Modified-Since", NOON)]), '"a"', None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(43200.9, NOON), (99999.0, "Fri, 02 Jan 1970 00:00:00 GMT"), (-1.0, None)],
)
def test_last_modified_is_never_in_the_future(seconds: float, text: str | None) -> None:
    assert http_date(seconds, now=86400) == text
