"""Offsets in JSON texts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.imageflow import places

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def values(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from values(each, (*path, key))


@given(JSON, st.sampled_from([None, 0, 3]), st.booleans(), st.sampled_from(["", " \n\t"]))
def test_every_value_is_found(value: Any, indent: int | None, ascii_only: bool, before: str) -> None:
    text = before + json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=(" , ", ":  "))
    for path, each in values(value):
        found, _ = json.JSONDecoder().raw_decode(text, places.place_of(text, path))
        assert found == each


@pytest.mark.parametrize("digits", [600, 650, 5000])
@pytest.mark.parametrize("before", ["", " " * 49, "[" * 130])
def test_a_long_number_is_found_at_any_offset(digits: int, before: str) -> None:
    assert places.long_number(f"{before}{'7' * digits}") == len(before)


def test_a_long_number_in_a_string_and_many_digits_elsewhere_are_none() -> None:
    assert places.long_number(f'["{"7" * 5000}", 1]') == -1
    assert places.long_number("1" * 599 + "," + "1" * 599) == -1
    assert places.long_number(",".join(["123"] * 5000)) == -1


@given(JSON, st.booleans())
def test_sound_texts_hold_nothing_to_refuse(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert places.doubled(text) == -1
    assert places.halved(text) == -1
    assert places.long_number(text) == -1
    assert places.outside(text, "NaN") == -1


def test_digits_in_strings_are_no_number() -> None:
    text = '["' + "1" * 5_000 + '\\"", 1]'
    assert places.long_number(text) == -1


@pytest.mark.parametrize("shift", range(50))
def test_a_long_number_is_found_wherever_it_stands(shift: int) -> None:
    assert places.long_number(" " * shift + "1" * 600 + " " * (50 - shift)) == shift


@pytest.mark.parametrize(("at", "expected"), [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (2, 3))])
def test_lines_and_columns_are_counted_from_one(at: int, expected: tuple[int, int]) -> None:
    assert places.position("ab\ncde", at) == expected
    assert places.line_at("ab\ncde", at) == ("ab" if at < 3 else "cde")


@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * 90_000 + "1" * 5_000,
        '"' + '\\"' * 90_000 + "1" * 5_000 + "\\",
        "[" + ("1" * 599 + ",") * 20_000 + "0]",
        '"' * 100_001 + "1" * 5_000,
    ],
)
def test_texts_that_mean_to_take_long_do_not(text: str) -> None:
    assert places.long_number(text) == -1
