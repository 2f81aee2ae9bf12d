"""Strict readers of single values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects import values
from edge.dialects.colours import NAMED
from edge.plan.steps import CENTRE, Point


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("400", 400),
        ("+4", 4),
        ("-7", -7),
        ("2147483647", 2**31 - 1),
        ("-2147483648", -(2**31)),
        ("0" * 5000 + "5", 5),
        ("-0", 0),
    ],
)
def test_whole_numbers(text: str, number: int) -> None:
    assert values.whole(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "100.5",
        "1e3",
        "100px",
        "2147483648",
        "-2147483649",
        "9" * 5000,
        "1_000",
        "٤٠٠",
        "0x10",
        " 1",
        "nan",
        "4\n",
    ],
)
def test_what_is_no_whole_number(text: str) -> None:
    assert values.whole(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("255", 255), ("+9", 9), ("256", None), ("-1", None), ("-0", None), ("x", None)]
)
def test_bytes(text: str, number: int | None) -> None:
    assert values.byte(text) == number


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1.0), ("-.5", -0.5), ("5.", 5.0), ("1E2", 100.0), ("+1.5e-1", 0.15)]
)
def test_decimal_numbers(text: str, number: float) -> None:
    assert values.decimal(text) == number


@pytest.mark.parametrize("text", ["", ".", "e5", "nan", "inf", "-Infinity", "1e999", "1_0", "１", "1,5", "0x1p3", "1 "])
def test_what_is_no_decimal_number(text: str) -> None:
    assert values.decimal(text) is None


def test_lists_take_numbers_that_have_no_end() -> None:
    assert values.quad("inf, -Infinity ,+1,1e999") == (math.inf, -math.inf, 1.0, math.inf)
    assert values.quad("1,2,3") is None
    assert values.quad("1,2,3,x") is None


def test_a_lenient_quad_drops_parentheses_and_reads_nonsense_as_zero() -> None:
    assert values.lenient_quad("(1,x,,4)") == (1.0, 0.0, 0.0, 4.0)
    assert values.lenient_quad("1,2,3") is None


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("TRUE", True), ("1", True), ("on", True), ("No", False), ("0", False), ("keep", None), ("y", None)],
)
def test_booleans(text: str, meaning: bool | None) -> None:
    assert values.boolean(text) is meaning


def test_booleans_may_follow_the_source() -> None:
    assert [values.boolean_or_keep(text) for text in ("Preserve", "keep", "off", "2")] == ["keep", "keep", False, None]


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#FFF", "ffffffff"),
        ("f008", "ff000088"),
        ("123abc", "123abcff"),
        ("12345678", "12345678"),
        ("ff00", "ffff0000"),
        ("RebeccaPurple", "663399ff"),
        ("transparent", "ffffff00"),
        ("red", "ff0000ff"),
    ],
)
def test_colours(text: str, colour: str) -> None:
    assert values.colour(text) == colour


@pytest.mark.parametrize(
    "text", ["", "#", "ff", "12345", "1234567", "123456789", "##fff", "réd", "ｒed", "ggg", "fff\n"]
)
def test_what_is_no_colour(text: str) -> None:
    assert values.colour(text) is None


def test_all_named_colours_of_css_are_known() -> None:
    assert len(NAMED) == 148 + 1


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("middlecenter", CENTRE),
        ("TopLeft", Point(0.0, 0.0)),
        ("bottomcenter", Point(None, 100.0)),
        ("50,50", Point(50.0, 50.0)),
        ("-5, 101", Point(0.0, 100.0)),
        ("nan,inf", Point(0.0, 100.0)),
        ("33.3333,66.666", Point(33.33, 66.67)),
    ],
)
def test_positions(text: str, point: Point) -> None:
    assert values.point(text) == point


@pytest.mark.parametrize("text", ["", "center", "lefttop", "50", "50,50,50", "a,b"])
def test_what_is_no_position(text: str) -> None:
    assert values.point(text) is None


@given(st.text())
def test_no_reader_ever_raises(text: str) -> None:
    for read in (
        values.whole,
        values.byte,
        values.decimal,
        values.boolean_or_keep,
        values.colour,
        values.point,
        values.quad,
        values.lenient_quad,
    ):
        read(text)


def test_a_long_number_that_is_none_is_read_once() -> None:
    """Were its digits tried over and over, this would take minutes."""
    assert values.decimal("9" * 100_000 + "x") is None
    assert values.listed("." + "9" * 100_000 + "e") is None
