"""Which directives rule: targeted fields, surrogates, Cache-Control."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.freshness.policy import policy_of
from tests.edge.freshness.answers import fields

CDN = "cdn_cache_control"
TEXT = st.text(st.characters(codec=None), max_size=200)


def ruling(**lines: str) -> dict[str, str]:
    return dict(policy_of(fields(**lines)).directives)


def test_9_1_the_first_targeted_field_wins_and_cache_control_is_ignored_wholesale() -> None:
    both = {CDN: "max-age=20", "cache_control": "no-store, max-age=10"}
    assert ruling(**both) == {"max-age": "20"}
    assert ruling(image_edge_cdn_cache_control="max-age=30", **both) == {"max-age": "30"}
    assert policy_of(fields(**both)).targeted


@pytest.mark.parametrize(
    "text",
    [
        "max-age=10000, &&&&&",
        'max-age="10000"',
        "max-age=1.5",
        "max-age",
        "max-age=?1",
        "MaX-aGe=10",
        "max-age =10",
        "max-age=10,",
        "max-age=1234567890123456",
        "no-store=1",
        "no-store=yes",
        'must-revalidate="x"',
        "private=(a b)",
        "",
        "  ",
        "naïve",
    ],
)
def test_9_1_a_targeted_field_with_an_error_is_as_if_absent(text: str) -> None:
    policy = policy_of(fields(cdn_cache_control=text, cache_control="no-store"))
    assert (dict(policy.directives), policy.targeted) == ({"no-store": ""}, False)


@pytest.mark.parametrize(
    ("text", "directives"),
    [
        ("max-age=10, must-revalidate, private", {"max-age": "10", "must-revalidate": "", "private": ""}),
        ('no-cache="set-cookie", unknown=(1 2);a, other="x"', {"no-cache": "set-cookie"}),
        ("max-age=10;p=1, no-store=?0", {"max-age": "10"}),
        ("max-age=10, max-age=20", {"max-age": "20"}),
        ("max-age=-5", {"max-age": "0"}),
        ("\tmax-age=1 ,  no-store ", {"max-age": "1", "no-store": ""}),
    ],
)
def test_9_1_a_valid_dictionary_is_read_by_its_types(text: str, directives: dict[str, str]) -> None:
    assert ruling(cdn_cache_control=text, cache_control="max-age=99") == directives


def test_9_1_the_lines_of_a_targeted_field_are_one_dictionary() -> None:
    lines = Fields([("cdn-cache-control", "max-age=5"), ("CDN-Cache-Control", "no-cache")])
    assert dict(policy_of(lines).directives) == {"max-age": "5", "no-cache": ""}


def test_9_2_surrogate_control_stands_between_the_targeted_fields_and_cache_control() -> None:
    said = {"surrogate_control": "max-age=60+30", "cache_control": "s-maxage=5, private"}
    assert policy_of(fields(**said)).seconds("max-age") == 60
    assert ruling(cdn_cache_control="max-age=7", **said) == {"max-age": "7"}


@pytest.mark.parametrize("text", ['content="ESI/1.0"', "max-age=60;other", ""])
def test_9_2_a_surrogate_control_that_says_nothing_to_us_about_storing_rules_nothing(text: str) -> None:
    assert ruling(surrogate_control=text, cache_control="private") == {"private": ""}


@pytest.mark.parametrize(("text", "number"), [("max-age=7", 7), ("max-age=x", 0), ("max-age", 0), ("public", None)])
def test_a_number_that_cannot_be_read_is_zero_and_an_absent_one_none(text: str, number: int | None) -> None:
    assert policy_of(fields(cache_control=text)).seconds("max-age") == number


@given(st.lists(st.tuples(st.sampled_from(["cdn-cache-control", "surrogate-control", "cache-control"]), TEXT)))
def test_any_text_makes_a_policy(lines: list[tuple[str, str]]) -> None:
    policy = policy_of(Fields(lines))
    assert all(isinstance(policy.seconds(name), int) for name in policy.directives)


@pytest.mark.parametrize("unit", ["a,", "max-age=1,", 'a="x",', "(", "a=(", 'a="', "\0", ";a", "\\", " ", ",", "é"])
@pytest.mark.parametrize(
    "name", ["image-edge-cdn-cache-control", "cdn-cache-control", "surrogate-control", "cache-control"]
)
def test_a_field_longer_than_any_honest_one_forbids_storing(name: str, unit: str) -> None:
    long = (unit * (1 << 16))[: 1 << 16]
    assert dict(policy_of(Fields([(name, long), ("x-other", "max-age=1")])).directives) == {"no-store": ""}


@pytest.mark.parametrize("unit", ["a,", 'a="x",', "(", "a=(", 'a="', "\0", ";a", "\\", " ", ",", "é"])
def test_a_long_targeted_field_with_an_error_still_lets_cache_control_speak(unit: str) -> None:
    lines = fields(cdn_cache_control=unit * 500 + "&", cache_control="private")
    assert dict(policy_of(lines).directives) == {"private": ""}


def test_a_surrogate_control_of_another_kind_lets_cache_control_speak() -> None:
    assert ruling(surrogate_control="a=b, " * 500, cache_control="private") == {"private": ""}
