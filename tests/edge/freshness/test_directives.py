"""Cache-Control as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.freshness.directives import parse_directives, seconds


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("max-age=10, Public", {"max-age": "10", "public": ""}),
        ('extension="max-age=3600, x", max-age=1', {"extension": "max-age=3600, x", "max-age": "1"}),
        ("max-age=10, max-age=5", {"max-age": "5"}),
        ("max-age=5, max-age=10", {"max-age": "5"}),
        ("private, private", {"private": ""}),
        (",, no-store ,", {"no-store": ""}),
        ("@@@, no-store", {"no-store": ""}),
        ('"broken', {}),
        ("", {}),
    ],
)
def test_directives_are_read_with_their_quotes(text: str, table: dict[str, str]) -> None:
    assert dict(parse_directives(text)) == table


def test_no_field_is_no_directive() -> None:
    assert dict(parse_directives(None)) == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", 10),
        ("-1", 0),
        ("0010", 10),
        ("0000000000000060", 60),
        ("99999999999999", 2**31),
        ("'10'", None),
        ("1.0", None),
        (None, None),
    ],
)
def test_seconds_are_digits_and_nothing_else(text: str | None, number: int | None) -> None:
    assert seconds(text) == number


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert all(name == name.lower() for name in parse_directives(text))


@pytest.mark.parametrize("unit", ["a= ", "a", 'a="\\\\', " ,", "a=b ", '"'])
def test_a_hostile_field_is_read_in_one_pass(unit: str) -> None:
    for text in (unit + unit[-1] * 100_000, unit * 50_000, unit + " " * 100_000 + '"'):
        assert len(parse_directives(text)) <= 1
