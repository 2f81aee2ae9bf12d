"""What a route demands before anything else happens."""

from dataclasses import dataclass

import pytest

from edge.errors import Unauthorized
from edge.routing.access import Access, Granted
from edge.routing.signing import Key, Policy, sign

MAIN = Key("main", b"m" * 32)


@dataclass(frozen=True)
class Asked:
    processing: bool


def parse(query: str) -> Asked:
    return Asked("w=" in query)


def unasked(query: str) -> Asked:
    raise AssertionError(query)


def test_an_open_route_grants_the_query_as_it_is() -> None:
    assert Access().authorise("/a", "w=1&sig=x", unasked, 0) == Granted("w=1&sig=x")


def test_a_granted_query_is_without_the_signature_and_knows_its_end() -> None:
    access = Access(Policy("required", keys=(MAIN,)))
    path, _, query = sign("/a?w=1", MAIN, 500, kid=True).partition("?")
    assert access.authorise(path, query, unasked, 499) == Granted("w=1", 500)


def test_only_processing_needs_a_signature_where_the_route_says_so() -> None:
    access = Access(Policy("processed", keys=(MAIN,)))
    assert access.authorise("/a", "v=1", parse, 0) == Granted("v=1")
    with pytest.raises(Unauthorized):
        access.authorise("/a", "w=1", parse, 0)
