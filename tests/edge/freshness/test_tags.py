"""Surrogate keys, cache tags and groups."""

import pytest

from edge.exchange import Fields
from edge.freshness.tags import invalidated_groups, tags_of
from tests.edge.freshness.answers import fields


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ({"surrogate_key": " one  two\tone "}, ("one", "two")),
        ({"xkey": "one two, three"}, ("one", "two", "three")),
        ({"cache_tag": "one, two words ,,one"}, ("one", "two words")),
        ({"surrogate_key": "a", "xkey": "b", "cache_tag": "c,A"}, ("a", "b", "c", "A")),
        ({"surrogate_key": "", "cache_tag": " , "}, ()),
        ({}, ()),
    ],
)
def test_9_3_each_field_lists_tags_in_its_own_way(lines: dict[str, str], tags: tuple[str, ...]) -> None:
    assert tags_of(fields(**lines), groups=False) == tags


def test_9_3_several_lines_are_one_list() -> None:
    assert tags_of(Fields([("cache-tag", "a"), ("Cache-Tag", "b")]), groups=False) == ("a", "b")


def test_9_3_tags_are_bounded_in_length_and_number() -> None:
    many = fields(surrogate_key=" ".join(["x" * 1025, "y" * 1024, *map(str, range(1000))]))
    tags = tags_of(many, groups=False)
    assert (len(tags), len(tags[0]), tags[-1]) == (256, 1024, "254")


def test_9_4_groups_count_only_where_the_operator_says_so() -> None:
    grouped = fields(cache_groups='"Red things", "b";x=1', surrogate_key="k")
    assert tags_of(grouped, groups=True) == ("k", "Red things", "b")
    assert tags_of(grouped, groups=False) == ("k",)


@pytest.mark.parametrize("text", ["a, b", '"a", b', '"a" "b"', '"a', "1"])
def test_9_4_what_is_no_list_of_strings_is_no_group(text: str) -> None:
    assert tags_of(fields(cache_groups=text), groups=True) == ()
    assert invalidated_groups("POST", 200, fields(cache_group_invalidation=text)) == ()


@pytest.mark.parametrize(
    ("method", "status", "groups"), [("POST", 204, ("a", "b")), ("GET", 200, ()), ("HEAD", 200, ()), ("POST", 500, ())]
)
def test_9_4_a_write_that_went_well_names_groups_to_invalidate(
    method: str, status: int, groups: tuple[str, ...]
) -> None:
    assert invalidated_groups(method, status, fields(cache_group_invalidation='"a", "b"')) == groups


def test_9_4_32_groups_of_32_characters_are_read() -> None:
    names = tuple(f"{number:032}" for number in range(32))
    assert tags_of(fields(cache_groups=", ".join(f'"{name}"' for name in names)), groups=True) == names
