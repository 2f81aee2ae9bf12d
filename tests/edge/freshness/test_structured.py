"""The door to Structured Fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.freshness.structured import dictionary, strings


def test_a_dictionary_loses_its_parameters_and_keeps_its_types() -> None:
    assert dictionary('a=1;x, b, c="t", d=?0, e=:YQ==:') == {"a": 1, "b": True, "c": "t", "d": False, "e": b"a"}


@pytest.mark.parametrize("text", [None, "", " ", "a=", "a b", "A=1", "a=1,", "a=@99999999999999", "a" * 20_000])
def test_what_is_no_dictionary_is_none(text: str | None) -> None:
    assert dictionary(text) is None


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ('"a", "b c"', ("a", "b c")),
        ('"a";x=1', ("a",)),
        ("a", None),
        ('"a", 1', None),
        ('("a")', None),
        ('"a', None),
        ("", None),
        (None, None),
    ],
)
def test_a_list_of_strings_holds_nothing_else(text: str | None, members: tuple[str, ...] | None) -> None:
    assert strings(text) == members


@given(st.text(st.characters(codec=None)))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert dictionary(text) is None or all(isinstance(name, str) for name in dictionary(text) or ())
    assert strings(text) is None or all(isinstance(one, str) for one in strings(text) or ())
