"""What is told of query strings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.book import PLAIN, Book
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.queries import MOST_CHARACTERS, list_keys, validate
from edge.dialects.imageflow.shapes import KeysData, ValidateData
from edge.dialects.riapi import EXTENSIONS, KEYS


def issues(query: str, book: Book = PLAIN) -> list[dict[str, str]]:
    found: list[dict[str, str]] = validate(query, book)["results"]["issues"]
    return found


def told(query: str) -> list[tuple[str, str, str]]:
    return [(issue["kind"], issue["message"], issue["value"]) for issue in issues(query)]


def test_the_keys_are_listed_in_their_order() -> None:
    names = list_keys()["schema"]
    KeysData.model_validate(list_keys())
    assert names["key_names"] == list(KEYS)
    assert len(names["key_names"]) == 100
    assert names["extension_key_names"] == list(EXTENSIONS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("w=100&mode=max", []),
        ("w=1&nope=2", [("UnrecognizedKey", "Key not recognized: nope", "2")]),
        ("w=1&W=2&w=%33", [("DuplicateKeyError", "Duplicate key: w", value) for value in ("2", "3")]),
        ("cache=no", [("IgnoredKey", "Key not supported: cache", "no")]),
        ("width=4&w=3", [("IgnoredKey", "Key not supported: w", "3")]),
        (
            "w=x&h=4&h=5",
            [
                ("DuplicateKeyError", "Duplicate key: h", "5"),
                ("InvalidValueError", "Value invalid: x", "x"),
                ("IgnoredKey", "Key not supported: w", "x"),
            ],
        ),
    ],
)
def test_issues(query: str, expected: list[tuple[str, str, str]]) -> None:
    assert told(query) == expected


def test_long_keys_and_values_are_cut_in_messages() -> None:
    (unknown,) = issues("k" * 200 + "=1")
    assert unknown["key"] == "k" * 80
    assert unknown["value"] == "1"
    assert issues("w=" + "x" * 200)[0]["message"] == "Value invalid: " + "x" * 80


def test_what_is_dead_upstream_is_told_where_upstream_is_followed() -> None:
    assert issues("a.blur=2") == []
    assert [each["kind"] for each in issues("a.blur=2", Book(compat="imageflow"))] == ["IgnoredKey"]


def test_an_endless_query_is_refused() -> None:
    validate("w" * MOST_CHARACTERS)
    with pytest.raises(JobError, match="at most 65536 characters") as refused:
        validate("w" * (MOST_CHARACTERS + 1))
    assert refused.value.kind == "SizeLimitExceeded"


_PIECES = st.sampled_from(
    ["w", "h", "W", "=", "&", "1", "x", "%20", "mode", "max", "watermark", "srcset", "preset", "a,b"]
)


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
def test_every_query_is_told_of(query: str) -> None:
    answer: dict[str, Any] = validate(query)
    ValidateData.model_validate(answer)
