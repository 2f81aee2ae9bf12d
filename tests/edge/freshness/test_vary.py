"""Which stored answer fits a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import NO_FIELDS, Fields
from edge.freshness.vary import matches, selecting_of, variant_of, varies_on_everything
from tests.edge.freshness.answers import fields

NAMES = st.sampled_from(["accept", "accept-language", "foo", "cookie", "x-a"])
REQUEST = st.lists(st.tuples(NAMES, st.text(st.characters(codec="latin-1"), max_size=300))).map(Fields)
NOMINATED = st.lists(NAMES).map(lambda names: fields(vary=", ".join(names)))


def fits(vary: str, first: Fields, second: Fields) -> bool:
    selecting = selecting_of(fields(vary=vary), first)
    assert selecting is not None
    return matches(selecting, second)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (fields(foo="1"), fields(foo="1"), True),
        (fields(foo="1"), fields(foo="2"), False),
        (fields(foo="1"), NO_FIELDS, False),
        (NO_FIELDS, NO_FIELDS, True),
        (fields(foo=""), NO_FIELDS, False),
        (fields(foo="1", bar="x"), fields(bar="y", foo="1"), True),
        (Fields([("foo", "1"), ("foo", "2")]), fields(foo="1, 2"), True),
        (fields(foo="a"), fields(foo="A"), False),
        (fields(foo="1,2"), fields(foo="1 ,\t2 "), True),
        (fields(foo="1, 2"), fields(foo="2, 1"), False),
    ],
)
def test_5_1_a_request_fits_when_each_nominated_field_is_the_same(first: Fields, second: Fields, same: bool) -> None:
    assert fits("Foo", first, second) is same


def test_5_1_the_order_and_spelling_of_vary_do_not_matter() -> None:
    request = fields(a="1", b="2")
    orders = [fields(vary="A, b"), fields(vary="b,,a , A"), Fields([("vary", "B"), ("vary", "a")])]
    assert len({selecting_of(one, request) for one in orders}) == 1


@pytest.mark.parametrize("vary", ["*", "*, *", "Foo, *", ", *", "*,Foo", " * ", "foo bar", "foo;", "é", "a" * 2000])
def test_5_2_a_star_anywhere_or_nonsense_fits_no_request(vary: str) -> None:
    assert selecting_of(fields(vary=vary), NO_FIELDS) is None
    assert varies_on_everything(fields(vary=vary))


def test_5_2_a_star_on_another_line_counts() -> None:
    assert selecting_of(Fields([("vary", "foo"), ("vary", "*")]), NO_FIELDS) is None


def test_5_2_a_star_within_a_name_is_no_star() -> None:
    assert not varies_on_everything(fields(vary="foo*bar"))


@pytest.mark.parametrize("name", ["accept", "accept-language", "accept-encoding"])
def test_5_3_case_and_blanks_are_folded_where_the_field_allows_it(name: str) -> None:
    assert fits(name, Fields([(name, "EN-gb , de; Q=0.5")]), Fields([(name, "en-GB,de;q=0.5")]))


def test_5_5_more_names_than_any_honest_answer_needs_fit_no_request() -> None:
    assert selecting_of(fields(vary=",".join(f"x-{number}" for number in range(40))), NO_FIELDS) is None


def test_5_5_a_long_value_is_kept_as_a_digest() -> None:
    (chosen,) = selecting_of(fields(vary="cookie"), fields(cookie="x" * 9000)) or ()
    assert len(chosen[1] or "") == 65
    assert fits("cookie", fields(cookie="x" * 9000), fields(cookie="x" * 9000))
    assert not fits("cookie", fields(cookie="x" * 9000), fields(cookie="x" * 9001))


def test_5_6_variants_have_names_that_cannot_run_together() -> None:
    requests = [
        fields(a="1", b="2"),
        fields(a="1b", b=""),
        fields(a="", b="1"),
        fields(b="1"),
        fields(a="1"),
        NO_FIELDS,
    ]
    names = [variant_of(selecting_of(fields(vary="a, b"), request) or ()) for request in requests]
    assert len(set(names)) == len(requests)
    assert all(len(name) == 32 for name in names)


def test_5_1_without_vary_there_is_one_variant_for_all() -> None:
    assert selecting_of(NO_FIELDS, fields(a="1")) == ()
    assert (variant_of(()), matches((), fields(a="1"))) == ("", True)


@given(NOMINATED, REQUEST)
def test_5_1_a_request_fits_what_it_selected(answer: Fields, request: Fields) -> None:
    selecting = selecting_of(answer, request)
    assert selecting is not None
    assert matches(selecting, request)


@given(NOMINATED, REQUEST, REQUEST)
def test_5_1_requests_fit_each_other_exactly_when_they_name_one_variant(
    answer: Fields, one: Fields, other: Fields
) -> None:
    first, second = selecting_of(answer, one), selecting_of(answer, other)
    assert first is not None
    assert second is not None
    assert matches(first, other) == matches(second, one) == (variant_of(first) == variant_of(second))


@given(st.text(st.characters(codec=None)), REQUEST)
def test_any_vary_is_read_without_an_error(vary: str, request: Fields) -> None:
    selecting = selecting_of(fields(vary=vary), request)
    assert (selecting is None) == varies_on_everything(fields(vary=vary))
