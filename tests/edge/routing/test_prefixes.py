"""The longest prefix serves, at a slash."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import BadRequest, NotFound
from edge.routing.prefixes import RouteMap, bare_host


@dataclass(frozen=True)
class Row:
    prefix: str
    host: str | tuple[str, ...] | None = None
    name: str = ""


def served(path: str, *rows: Row, host: str = "") -> tuple[str, str] | None:
    try:
        row, key = RouteMap(rows).match(path, host)
    except NotFound:
        return None
    return row.name or row.prefix, key


@pytest.mark.parametrize("prefix", ["/photos/", "/photos"])
@pytest.mark.parametrize(
    ("path", "key"),
    [("/photos/a/b.jpg", "a/b.jpg"), ("/photos/", ""), ("/photos", ""), ("/photos//a", "/a"), ("/photos/a/", "a/")],
)
def test_the_key_is_what_is_below_the_prefix(prefix: str, path: str, key: str) -> None:
    assert served(path, Row(prefix)) == (prefix, key)


@pytest.mark.parametrize("path", ["/photosynthesis", "/photos-secret/a", "/photo", "/", "/Photos/a", "/a/photos/b"])
def test_a_prefix_ends_at_a_slash(path: str) -> None:
    assert served(path, Row("/photos/")) is None


def test_the_longest_prefix_wins_whatever_the_order() -> None:
    rows = [Row("/"), Row("/a/"), Row("/a/b/c/"), Row("/a/b")]
    for order in (rows, rows[::-1]):
        assert served("/a/b/c/d", *order) == ("/a/b/c/", "d")
        assert served("/a/b/cd", *order) == ("/a/b", "cd")
        assert served("/ab", *order) == ("/", "ab")


def test_at_one_prefix_the_host_made_for_it_wins() -> None:
    rows = (Row("/p", None, "all"), Row("/p", "A.example", "one"), Row("/p", ("b.example", "c.example"), "two"))
    assert served("/p/x", *rows, host="a.example") == ("one", "x")
    assert served("/p/x", *rows, host="C.example:8080") == ("two", "x")
    assert served("/p/x", *rows, host="d.example") == ("all", "x")
    assert served("/p/x", *rows) == ("all", "x")


def test_a_longer_prefix_of_another_host_is_passed_over() -> None:
    rows = (Row("/p/q", "a.example"), Row("/p"))
    assert served("/p/q/x", *rows, host="b.example") == ("/p", "q/x")
    assert served("/p/q/x", *rows, host="a.example") == ("/p/q", "x")


def test_a_longer_prefix_beats_a_matching_host() -> None:
    assert served("/p/q/x", Row("/p/q"), Row("/p", "a.example"), host="a.example") == ("/p/q", "x")


def test_without_a_matching_host_nothing_serves() -> None:
    assert served("/p/x", Row("/p", "a.example"), host="b.example") is None
    assert served("/p/x", Row("/p", "a.example")) is None


@pytest.mark.parametrize(
    ("host", "bare"),
    [
        ("Example.COM:80", "example.com"),
        ("a.b.", "a.b"),
        ("a.b.:1", "a.b"),
        ("a:", "a"),
        ("[::1]:80", "[::1]"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
        ("", ""),
        ("::1", "::1"),
    ],
)
def test_hosts_are_compared_without_case_port_and_final_dot(host: str, bare: str) -> None:
    assert bare_host(host) == bare


def test_a_path_of_the_wire_is_decoded_before_it_is_matched() -> None:
    row, key = RouteMap([Row("/été")]).find("", "/%C3%A9t%C3%A9/a%20b")
    assert (row.prefix, key) == ("/été", "a b")
    with pytest.raises(BadRequest):
        RouteMap([Row("/")]).find("", "/a/%2e%2e/b")


@pytest.mark.parametrize(
    "rows",
    [[Row("photos/")], [Row("")], [Row("/p"), Row("/p/")], [Row("/p", "a"), Row("/p", ("b", "A:80"))], [Row("/p", ())]],
)
def test_a_table_that_could_not_decide_is_refused(rows: list[Row]) -> None:
    with pytest.raises(ValueError, match=r"^Expected .* for (prefix|host) but received "):
        RouteMap(rows)


def test_a_map_says_how_much_it_holds() -> None:
    routes = RouteMap([Row("/a"), Row("/a", "h"), Row("/b")])
    assert (repr(routes), len(routes)) == ("RouteMap(3 routes, 2 prefixes)", 3)


SEGMENT = st.sampled_from(["a", "b", "ab", ""])


@settings(max_examples=150)
@given(st.lists(st.lists(SEGMENT, max_size=3), max_size=8), st.lists(SEGMENT, max_size=5))
def test_a_match_agrees_with_trying_every_prefix(prefixes: list[list[str]], parts: list[str]) -> None:
    names = {("/" + "/".join(each)).removesuffix("/") for each in prefixes}
    path = "/" + "/".join(parts)
    fitting = [name for name in names if path == name or path.startswith(name + "/")]
    expected = max(fitting, key=len, default=None)
    found = served(path, *(Row(name + "/") for name in names))
    assert (found and found[0]) == (None if expected is None else expected + "/")
