"""What a validation changes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import NO_FIELDS, Fields
from edge.freshness.lifetime import lifetime
from edge.freshness.merge304 import freshen, head_freshen, selected, selects
from edge.freshness.stored import Stored
from tests.edge.freshness.answers import NOW, STRICT, at, fields, stored

NAMES = st.sampled_from(["cache-control", "age", "date", "etag", "x-a", "x-b", "content-length", "connection", "vary"])
LINES = st.lists(st.tuples(NAMES, st.text(st.characters(codec="latin-1"), max_size=12))).map(Fields)


def fresh(old: Stored, **news: str) -> Stored:
    return freshen(old, fields(**news), asked=NOW, now=NOW)


@pytest.mark.parametrize(
    "name", ["cache_control", "content_type", "x_foo", "vary", "set_cookie", "last_modified", "link"]
)
def test_6_7_a_304_replaces_the_fields_of_its_names(name: str) -> None:
    new = fresh(Stored(200, fields(**{name: "old"}, x_other="kept"), NOW), **{name: "new"})
    assert (new.fields.lines(name.replace("_", "-")), new.fields.get("x-other")) == (("new",), "kept")


@pytest.mark.parametrize("name", ["etag", "content_length", "content_encoding", "content_md5", "content_range"])
def test_6_7_a_304_says_nothing_of_the_stored_body(name: str) -> None:
    assert fresh(Stored(200, fields(**{name: "old"}), NOW), **{name: "new"}).fields.lines(name.replace("_", "-")) == (
        "old",
    )


def test_6_7_hop_by_hop_fields_of_a_304_are_not_merged() -> None:
    assert fresh(stored(x_a="1"), connection="x-b", x_b="2", upgrade="h9").fields == fields(x_a="1", date=at(0))


def test_6_7_freshness_begins_again() -> None:
    old = replace(stored("max-age=10", old=100, date=at(-100), age="9"), age=9)
    new = fresh(old, cache_control="max-age=20", date=at(-1))
    assert (lifetime(new, STRICT), new.now_aged(NOW), new.fields.get("age")) == (20, 1, None)
    assert fresh(old).fields.get("date") == at(0)


def test_6_7_the_age_of_a_304_counts() -> None:
    assert fresh(stored("max-age=10"), age="7").now_aged(NOW) == 7


def test_9_3_a_304_ends_a_soft_purge() -> None:
    assert fresh(replace(stored("max-age=10"), expired=NOW)).expired is None


def test_a_record_does_not_grow_with_each_304() -> None:
    grown = stored("max-age=10", x_known="1")
    for turn in range(40):
        news = Fields([(f"x-{turn}", "v" * 8000), ("x-known", str(turn)), ("expires", at(turn))])
        grown = freshen(grown, news, asked=NOW, now=NOW)
    assert sum(len(value) for _, value in grown.fields) < 70_000
    assert (grown.fields.get("x-known"), grown.fields.get("expires")) == ("39", at(39))


@given(LINES, LINES)
def test_6_7_the_same_304_again_changes_nothing(old: Fields, news: Fields) -> None:
    once = freshen(Stored(200, old, NOW - 50), news, asked=NOW, now=NOW)
    assert freshen(once, news, asked=NOW, now=NOW) == once


@pytest.mark.parametrize(
    ("old", "news", "speaks"),
    [
        ({"etag": '"a"'}, {"etag": '"a"'}, True),
        ({"etag": '"a"'}, {"etag": '"b"'}, False),
        ({"etag": '"a"', "last_modified": at(0)}, {"etag": '"b"', "last_modified": at(0)}, False),
        ({"etag": '"a"'}, {"etag": 'W/"a"'}, True),
        ({"etag": 'W/"a"'}, {"etag": 'W/"a"'}, True),
        ({"etag": 'W/"a"'}, {"etag": '"a"'}, False),
        ({"etag": "odd"}, {"etag": "odd"}, True),
        ({"last_modified": at(0)}, {"last_modified": at(0)}, True),
        ({"last_modified": at(0)}, {"last_modified": at(1)}, False),
        ({"last_modified": at(0)}, {"last_modified": at(0), "etag": '"a"'}, True),
        ({"last_modified": at(0)}, {"etag": '"a"'}, False),
        ({"etag": '"a"'}, {}, True),
        ({}, {}, True),
    ],
)
def test_6_7_which_stored_answer_a_304_speaks_of(old: dict[str, str], news: dict[str, str], speaks: bool) -> None:
    assert selects(fields(**old), fields(**news)) is speaks


def test_6_7_of_several_offered_a_304_freshens_those_it_names() -> None:
    offered = [fields(etag='"a"'), fields(etag='"b"'), NO_FIELDS]
    assert selected(offered, fields(etag='"b"')) == (1,)
    assert selected(offered, NO_FIELDS) == ()
    assert selected(offered[:1], NO_FIELDS) == (0,)


@pytest.mark.parametrize(
    ("news", "same"),
    [
        ({"etag": '"a"', "content_length": "5", "x_new": "1"}, True),
        ({"x_new": "1"}, True),
        ({"etag": '"b"'}, False),
        ({"last_modified": at(0)}, False),
        ({"content_length": "6"}, False),
        ({"content_length": "5, 5"}, False),
        ({"content_length": "x"}, False),
    ],
)
def test_6_8_a_head_freshens_what_it_still_describes(news: dict[str, str], same: bool) -> None:
    old = stored("max-age=1", etag='"a"', content_length="5", old=50)
    new = head_freshen(old, fields(**news), asked=NOW, now=NOW)
    assert (new is not None) is same
    assert new is None or (new.now_aged(NOW), new.fields.get("x-new")) == (0, "1")


def test_6_8_the_length_of_the_body_itself_counts_when_it_is_known() -> None:
    old = stored("max-age=1")
    assert head_freshen(old, fields(content_length="5"), asked=NOW, now=NOW, length=5) is not None
    assert head_freshen(old, fields(content_length="5"), asked=NOW, now=NOW, length=6) is None
    assert head_freshen(old, fields(content_length="5"), asked=NOW, now=NOW) is None
