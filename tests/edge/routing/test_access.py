"""What a route demands before anything else happens."""

from dataclasses import dataclass

import pytest

from edge.errors import Forbidden, Unauthorized
from edge.routing.access import Access, Granted
from edge.routing.signing import Key, Policy, sign

MAIN = Key("main", b"m" * 32)


@dataclass(frozen=True)
class Asked:
    processing: bool
    presets_only: bool = False


def parse(query: str) -> Asked:
    return Asked("w=" in query, query.startswith("preset="))


def unasked(query: str) -> Asked:
    raise AssertionError(query)


def test_an_open_route_grants_the_query_as_it_is() -> None:
    assert Access().authorise("/a", "w=1&sig=x", unasked, 0) == Granted("w=1&sig=x")


def test_a_granted_query_is_without_the_signature_and_knows_its_end() -> None:
    access = Access(Policy("required", keys=(MAIN,)))
    path, _, query = sign("/a?w=1", MAIN, 500, kid=True).partition("?")
    assert access.authorise(path, query, unasked, 499) == Granted("w=1", 500, signed=True)


def test_only_processing_needs_a_signature_where_the_route_says_so() -> None:
    access = Access(Policy("processed", keys=(MAIN,)))
    assert access.authorise("/a", "v=1", parse, 0) == Granted("v=1")
    with pytest.raises(Unauthorized):
        access.authorise("/a", "w=1", parse, 0)


def test_a_route_for_presets_refuses_everything_else() -> None:
    access = Access(presets_only=True)
    assert access.authorise("/a", "preset=x", parse, 0) == Granted("preset=x")
    with pytest.raises(Forbidden, match="presets and nothing else"):
        access.authorise("/a", "w=1", parse, 0)


def test_what_access_reads_is_not_held_against_a_preset() -> None:
    access = Access(Policy("required", keys=(MAIN,)), presets_only=True)
    path, _, query = sign("/a?preset=x", MAIN, 500, kid=True).partition("?")
    assert access.authorise(path, query, parse, 0).signed
    with pytest.raises(Unauthorized):
        access.authorise("/a", "w=1", parse, 0)
