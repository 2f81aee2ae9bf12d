"""What a write makes old."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.freshness.invalidation import invalidated, is_safe
from tests.edge.freshness.answers import fields


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "get"])
@pytest.mark.parametrize("status", [200, 204, 301, 399])
def test_8_2_a_write_that_went_well_invalidates_its_target(method: str, status: int) -> None:
    assert invalidated(method, status, "/a?b=1", fields()) == ("/a?b=1",)


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("OPTIONS", 200), ("TRACE", 200), ("POST", 404), ("PUT", 500)]
)
def test_8_2_reads_and_failures_invalidate_nothing(method: str, status: int) -> None:
    assert invalidated(method, status, "/a", fields(location="/b")) == ()


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("/b?c=%20", "/b?c=%20"),
        ("b", "/x/b"),
        ("../b", "/b"),
        ("../../b/./c/..", "/b/"),
        (".", "/x/"),
        ("/b//c", "/b//c"),
        ("", "/x/a?1"),
        ("?q", "/x/a?q"),
        ("http://Edge.example/b", "/b"),
        ("https://edge.example:8443/b#f", "/b"),
        ("//edge.example", "/"),
    ],
)
@pytest.mark.parametrize("name", ["location", "content_location"])
def test_8_2_what_it_names_on_this_server_goes_too(name: str, reference: str, path: str) -> None:
    hosts = ("edge.example", "edge.example:8443")
    assert invalidated("POST", 201, "/x/a?1", fields(**{name: reference}), hosts=hosts) == tuple(
        dict.fromkeys(["/x/a?1", path])
    )


@pytest.mark.parametrize(
    "reference",
    [
        "http://elsewhere.example/b",
        "//elsewhere.example/b",
        "http://edge.example@elsewhere.example/b",
        "http://user@edge.example/b",
        "ftp://edge.example/b",
        "javascript:alert(1)",
        "http://[/b",
        "/a b",
        "/a\r\nb",
        "\\\\edge.example\\b",
        "/" + "b" * 9000,
    ],
)
def test_8_2_what_is_elsewhere_or_broken_stays(reference: str) -> None:
    assert invalidated("POST", 201, "/x", fields(location=reference), hosts=["edge.example"]) == ("/x",)


def test_8_2_a_target_that_looks_like_a_host_is_still_a_path() -> None:
    assert invalidated("POST", 201, "//evil/a", fields(location="b")) == ("//evil/a", "//evil/b")


def test_8_2_a_target_is_named_once() -> None:
    assert invalidated("PUT", 200, "/a", fields(location="/a", content_location="/a")) == ("/a",)


@given(st.text(), st.text().map(lambda text: f"/{text}"))
def test_8_2_any_reference_is_read_without_an_error(reference: str, target: str) -> None:
    paths = invalidated("POST", 200, target, fields(location=reference))
    assert paths[0] == target
    assert all(path.startswith("/") for path in paths)


@pytest.mark.parametrize(("method", "safe"), [("GET", True), ("TRACE", True), ("PROPPATCH", False), ("", False)])
def test_8_2_what_only_reads_is_safe(method: str, safe: bool) -> None:
    assert is_safe(method) is safe
