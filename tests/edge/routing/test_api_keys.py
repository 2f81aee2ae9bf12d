"""Keys that clients show."""

import pytest

from edge.errors import EdgeError, Forbidden, Unauthorized
from edge.exchange import NO_FIELDS, Fields
from edge.routing.api_keys import NO_KEYS, ApiKeys

KEYS = ApiKeys(("first", "zwei ü&="))


def shown(key: str) -> Fields:
    return Fields([("api-key", key)])


@pytest.mark.parametrize("key", ["first", "zwei ü&="])
def test_every_key_opens_in_the_field(key: str) -> None:
    KEYS.authorise("", shown(key))


@pytest.mark.parametrize(
    "query", ["key=first", "w=1&key=first", "key=zwei+%C3%BC%26%3D", "%6bey=first", "key=first&key"]
)
def test_every_key_opens_in_the_query(query: str) -> None:
    KEYS.authorise(query, NO_FIELDS)


@pytest.mark.parametrize("query", ["", "w=1", "KEY=first", "akey=first", "w=key=first"])
def test_whoever_shows_none_is_unauthorized(query: str) -> None:
    with pytest.raises(Unauthorized, match="needs a key in the field API-Key") as refused:
        KEYS.authorise(query, NO_FIELDS)
    assert refused.value.headers == {"Cache-Control": "no-store"}


@pytest.mark.parametrize("key", ["", "firs", "firstt", "FIRST", "first, first", "\udcff"])
def test_a_wrong_key_is_forbidden_wherever_it_is(key: str) -> None:
    with pytest.raises(Forbidden, match="none of this route's"):
        KEYS.authorise("", shown(key))
    with pytest.raises(EdgeError):
        KEYS.authorise(f"key={key}", NO_FIELDS)


def test_the_field_counts_where_both_are_there() -> None:
    with pytest.raises(Forbidden):
        KEYS.authorise("key=first", shown("wrong"))


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("key=first", ""),
        ("w=1&key=x&h=2", "w=1&h=2"),
        ("w=%41&%6Bey=x&", "w=%41&"),
        ("key", ""),
        ("keys=1", "keys=1"),
    ],
)
def test_the_key_never_goes_further(query: str, left: str) -> None:
    assert KEYS.stripped(query) == left


def test_where_nothing_is_demanded_the_parameter_is_somebody_else_s() -> None:
    NO_KEYS.authorise("", NO_FIELDS)
    assert NO_KEYS.stripped("key=1&w=2") == "key=1&w=2"


def test_the_names_are_the_route_s_own() -> None:
    keys = ApiKeys(("first",), header="X-Token", query="token")
    keys.authorise("token=first", shown("wrong"))
    keys.authorise("", Fields([("x-token", "first")]))
    assert keys.stripped("token=first&key=1") == "key=1"


def test_an_empty_key_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="at least one character"):
        ApiKeys(("first", ""))


def test_keys_are_never_shown() -> None:
    assert "first" not in repr(KEYS)
