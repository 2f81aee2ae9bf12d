"""Entity tags, preconditions, If-Range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import NO_FIELDS, Fields
from edge.freshness.validators import (
    Outcome,
    conditions,
    entity_tags,
    if_range_holds,
    precondition,
    strong_match,
    weak_match,
)
from tests.edge.freshness.answers import NOW, at, fields

ANSWER = fields(etag='"a"', last_modified=at(-100), date=at(0))
TAG = st.from_regex(r'\A(W/)?"[!#-~]{0,6}"\Z')


@pytest.mark.parametrize(
    ("text", "etag", "weakly", "strongly"),
    [
        ('"a"', '"a"', True, True),
        ('W/"a"', '"a"', True, False),
        ('"a"', 'W/"a"', True, False),
        ('W/"a"', 'W/"a"', True, False),
        ('"b", "a"', '"a"', True, True),
        ('"b",W/"c" , "a", "d"', '"a"', True, True),
        ('"a,b"', '"a,b"', True, True),
        ('"a,b"', '"a"', False, False),
        ('"ä\udcff"', '"ä\udcff"', True, True),
        ("*", '"a"', True, True),
        (" * ", None, True, True),
        ('"a"', None, False, False),
        ("a", '"a"', False, False),
        ("odd tag", "odd tag", True, False),
        ('w/"a"', '"a"', False, False),
        ('W"a"', '"a"', False, False),
        ('"b" "a"', '"a"', False, False),
        ('x, "a"', '"a"', True, True),
        ("", '"a"', False, False),
        (None, '"a"', False, False),
    ],
)
def test_6_2_tags_are_compared_weakly_and_strongly(
    text: str | None, etag: str | None, weakly: bool, strongly: bool
) -> None:
    assert (weak_match(text, etag), strong_match(text, etag)) == (weakly, strongly)


@given(st.lists(TAG))
def test_6_2_a_list_of_tags_is_read_back(tags: list[str]) -> None:
    assert entity_tags(" , ".join(tags)) == tuple(tags)


@given(st.text(st.characters(codec=None)))
def test_6_2_any_text_is_a_list_of_tags(text: str) -> None:
    assert all(tag in text for tag in entity_tags(text))


@pytest.mark.parametrize("unit", ['"', '"a', "W/", ",", " ", '"a,', '"a"', '"a" ', "a"])
def test_6_2_a_hostile_list_is_read_in_one_pass(unit: str) -> None:
    assert len(entity_tags(unit * 60_000 + "x")) <= 60_000


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ({}, "go"),
        ({"if_match": '"a"'}, "go"),
        ({"if_match": "*"}, "go"),
        ({"if_match": '"b"'}, "failed"),
        ({"if_match": 'W/"a"'}, "failed"),
        ({"if_unmodified_since": at(-100)}, "go"),
        ({"if_unmodified_since": at(-101)}, "failed"),
        ({"if_unmodified_since": "never"}, "go"),
        ({"if_match": '"a"', "if_unmodified_since": at(-500)}, "go"),
        ({"if_none_match": '"a"'}, "not_modified"),
        ({"if_none_match": 'W/"a"'}, "not_modified"),
        ({"if_none_match": "*"}, "not_modified"),
        ({"if_none_match": '"b"'}, "go"),
        ({"if_none_match": '"b"', "if_modified_since": at(0)}, "go"),
        ({"if_none_match": '"a"', "if_modified_since": at(-500)}, "not_modified"),
        ({"if_match": '"b"', "if_none_match": '"a"'}, "failed"),
        ({"if_match": '"a"', "if_none_match": '"a"'}, "not_modified"),
        ({"if_modified_since": at(-100)}, "not_modified"),
        ({"if_modified_since": at(500)}, "not_modified"),
        ({"if_modified_since": at(-101)}, "go"),
        ({"if_modified_since": "0"}, "go"),
    ],
)
def test_6_1_preconditions_have_their_order(lines: dict[str, str], outcome: Outcome) -> None:
    assert precondition(fields(**lines), ANSWER, "GET", NOW) == outcome
    assert precondition(fields(**lines), ANSWER, "HEAD", NOW) == outcome


def test_6_1_a_write_is_never_not_modified() -> None:
    assert precondition(fields(if_none_match='"a"'), ANSWER, "PUT", NOW) == "failed"
    assert precondition(fields(if_modified_since=at(0)), ANSWER, "PUT", NOW) == "go"


def test_6_3_the_date_stands_in_where_nothing_says_when_it_was_modified() -> None:
    undated = fields(date=at(-50))
    assert precondition(fields(if_modified_since=at(-50)), undated, "GET", NOW) == "not_modified"
    assert precondition(fields(if_modified_since=at(-51)), undated, "GET", NOW) == "go"
    assert precondition(fields(if_modified_since=at(0)), NO_FIELDS, "GET", NOW) == "go"
    assert precondition(fields(if_unmodified_since=at(-60)), undated, "GET", NOW) == "go"


def test_6_6_the_validators_of_one_are_replayed_as_they_came() -> None:
    asked = conditions(fields(etag="odd tag", last_modified="yesterday"))
    assert asked == fields(if_none_match="odd tag", if_modified_since="yesterday")
    assert (conditions(NO_FIELDS), conditions()) == (NO_FIELDS, NO_FIELDS)


def test_6_6_the_tags_of_all_variants_are_listed_and_no_date() -> None:
    variants = [
        fields(etag='"a"', last_modified=at(0)),
        fields(etag='W/"b"'),
        fields(etag="odd"),
        fields(last_modified=at(0)),
    ]
    assert conditions(*variants, variants[0]) == fields(if_none_match='"a", W/"b"')
    assert conditions(*variants[2:]) == NO_FIELDS


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('"a"', True),
        ('"b"', False),
        ('W/"a"', False),
        ('"a", "b"', False),
        ("a", False),
        (at(-100), True),
        (at(-99), False),
        (at(-101), False),
        ("0", False),
    ],
)
def test_7_2_a_range_is_served_only_of_the_same_answer(text: str, holds: bool) -> None:
    assert if_range_holds(fields(if_range=text), ANSWER) is holds


def test_7_2_without_if_range_a_range_is_served() -> None:
    assert if_range_holds(NO_FIELDS, ANSWER)


@pytest.mark.parametrize(
    "answer", [fields(etag='W/"a"'), fields(etag='W/"a"', last_modified=at(0), date=at(0)), Fields()]
)
def test_7_2_a_weak_validator_never_holds(answer: Fields) -> None:
    assert not if_range_holds(fields(if_range=answer.get("etag") or at(0)), answer)
    assert not if_range_holds(fields(if_range=at(0)), answer)
