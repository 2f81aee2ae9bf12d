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
        ('private="broken, max-age=5', {"private": '"broken', "max-age": "5"}),
        ("no-store oops, max-age=5", {"no-store": "", "max-age": "5"}),
        ('max-age="5"x, a', {"max-age": '"5"x', "a": ""}),
        ('ext="a, max-age=5"x, max-age=1', {"ext": '"a, max-age=5"x', "max-age": "1"}),
        ("max-age=5 6", {"max-age": "5 6"}),
        ('max-age="3\\600"', {"max-age": "3600"}),
        ("max-age = 5 , MAX-AGE= 6", {"max-age": "5"}),
        ("max-age=5, max-age=x", {"max-age": "x"}),
        ("max-age=x, max-age=5", {"max-age": "x"}),
        ("max-age, max-age=5", {"max-age": ""}),
        ("a=x, a=5", {"a": "x"}),
        ("no-cache==x", {"no-cache": "=x"}),
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


@pytest.mark.parametrize("unit", ["a= ", "a", 'a="\\\\', " ,", "a=b ", '"', ",", " ", "=", "a,", '"a', 'a="', "@"])
def test_a_hostile_field_is_read_in_one_pass(unit: str) -> None:
    for text in (unit + unit[-1] * 100_000, unit * 50_000, unit + " " * 100_000 + '"', unit * 50_000 + "@"):
        assert dict(parse_directives(text)) == {"no-store": ""}
        assert len(parse_directives(text[-4096:])) <= 2


WORDS = st.sampled_from(
    ["private", "no-store", "max-age=5", "x=y", 'q="a, b"', "", " ", '"', "a b", "=", "@", "\\", "é"]
)


@given(st.lists(WORDS), st.lists(st.sampled_from(["x=y", 'q="a, b"', "", "@", "é"])))
def test_a_restriction_is_never_lost_to_the_damage_behind_it(behind: list[str], before: list[str]) -> None:
    assert "no-store" in parse_directives(",".join([*before, "no-store", *behind]))


@given(st.lists(st.integers(-5, 2**40), min_size=1))
def test_2_2_of_a_repeated_number_the_smallest_counts(numbers: list[int]) -> None:
    text = ", ".join(f"max-age={number}" for number in numbers)
    assert seconds(parse_directives(text)["max-age"]) == min(max(0, min(numbers)), 2**31)


def test_a_field_longer_than_any_honest_one_forbids_storing() -> None:
    assert "public" in parse_directives("public".rjust(4096))
    assert dict(parse_directives("public".rjust(4097))) == {"no-store": ""}


def test_more_directives_than_any_honest_field_has_forbid_storing() -> None:
    assert len(parse_directives(", ".join(f"a{number}" for number in range(64)))) == 64
    assert dict(parse_directives(", ".join(f"a{number}" for number in range(65)))) == {"no-store": ""}
