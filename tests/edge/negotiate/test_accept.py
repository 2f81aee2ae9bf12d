"""Accept, RFC 9110 §12.5.1."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.negotiate.accept import Accept

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def test_a_named_type_has_its_weight() -> None:
    accept = Accept.parse("image/avif;q=0.7, image/webp")
    assert (accept.exact("image/avif"), accept.exact("image/webp")) == (0.7, 1.0)


@pytest.mark.parametrize("value", ["*/*", "image/*", None, "", "image/*;q=1, */*;q=0.1"])
def test_a_wildcard_or_no_field_names_nothing(value: str | None) -> None:
    assert Accept.parse(value).exact("image/avif") is None


def test_the_most_specific_range_decides_the_weight() -> None:
    accept = Accept.parse("*/*;q=0.1, image/*;q=0.5, image/png;q=0.9, text/html")
    assert [accept.quality(name) for name in ("image/png", "image/gif", "video/mp4")] == [0.9, 0.5, 0.1]


def test_without_the_field_everything_is_welcome() -> None:
    assert Accept.parse(None).quality("image/jpeg") == 1.0


@pytest.mark.parametrize("value", ["", "text/html", "image/png;q=0"])
def test_what_no_range_covers_or_a_zero_refuses_weighs_nothing(value: str) -> None:
    assert Accept.parse(value).quality("image/png") == 0.0


def test_a_refused_type_is_named_with_weight_zero() -> None:
    assert Accept.parse("image/avif;q=0, */*").exact("image/avif") == 0.0


@pytest.mark.parametrize("value", ["IMAGE/WebP", "image/webp ; Q=1.000", "image/webp\t;\tq=1.", "image/webp;"])
def test_case_and_optional_whitespace_mean_nothing(value: str) -> None:
    assert Accept.parse(value).exact("image/webp") == 1.0
    assert Accept.parse(value).exact("IMAGE/WEBP") == 1.0


@pytest.mark.parametrize(
    "member",
    [
        "image/webp;q=1.5",
        "image/webp;q=.5",
        "image/webp;q=0.1234",
        "image/webp;q=",
        "image/webp;q=nan",
        "image/webp;q=-1",
        'image/webp;q="1"',
        "image/webp;q=٠",
        "image/webp q=1",
        "image/webp;level",
        "image",
        "image/",
        "*/webp",
        "image/w ebp",
        "image/webp/x",
    ],
)
def test_a_malformed_member_is_skipped_and_the_others_count(member: str) -> None:
    accept = Accept.parse(f"image/png;q=0.3, {member},, image/gif")
    assert accept.weights == {"image/png": 0.3, "image/gif": 1.0}


def test_a_range_with_parameters_says_nothing_about_pictures_without_them() -> None:
    assert Accept.parse("image/webp;v=1, image/avif;v=b3;q=0.7").weights == {}


def test_a_quoted_comma_or_semicolon_does_not_split() -> None:
    accept = Accept.parse('image/webp;x="a,image/avif;q=1\\"", image/png')
    assert accept.weights == {"image/png": 1.0}


def test_parameters_after_the_weight_are_ignored() -> None:
    assert Accept.parse("image/webp;q=0.5;ext=1").exact("image/webp") == 0.5


def test_a_type_named_twice_has_the_higher_weight() -> None:
    assert Accept.parse("image/webp;q=0.2, image/webp;q=0.9, image/webp;q=0.5").exact("image/webp") == 0.9


def test_what_chrome_sends_is_understood() -> None:
    accept = Accept.parse(CHROME)
    assert (accept.exact("image/avif"), accept.quality("image/jpeg"), accept.quality("text/css")) == (1.0, 1.0, 0.8)


@settings(max_examples=200)
@given(st.text(alphabet='imagewebp/*;q=01.,"\\ \tx', max_size=60))
def test_no_text_raises_and_every_weight_is_between_zero_and_one(value: str) -> None:
    assert all(0 <= weight <= 1 for weight in Accept.parse(value).weights.values())


def test_a_long_row_of_quotes_is_read_in_one_pass() -> None:
    assert Accept.parse('image/webp;x="' + '\\"' * 100_000).weights == {}
