"""What requests ask of a cache."""

import pytest

from edge.exchange import NO_FIELDS, Fields
from edge.freshness.said import NOTHING_SAID, Mode, Said, said_of
from tests.edge.freshness.answers import fields

RELOAD = fields(cache_control="no-cache", pragma="no-cache")
FRESHLY = Said(no_cache=True)


@pytest.mark.parametrize("request_fields", [RELOAD, fields(pragma="no-cache"), fields(cache_control="only-if-cached")])
def test_4_1_a_stranger_is_ignored(request_fields: Fields) -> None:
    assert said_of(request_fields, "ignore") is NOTHING_SAID


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"cache_control": "no-cache"}, FRESHLY),
        ({"cache_control": "max-age=0"}, FRESHLY),
        ({"pragma": "x, No-Cache"}, FRESHLY),
        ({"cache_control": "max-age=5"}, NOTHING_SAID),
        ({"cache_control": "no-store, only-if-cached, max-stale, min-fresh=9"}, NOTHING_SAID),
        ({"cache_control": "max-stale", "pragma": "no-cache"}, NOTHING_SAID),
        ({}, NOTHING_SAID),
    ],
)
def test_4_1_a_wish_to_revalidate_is_all_that_may_be_said(lines: dict[str, str], said: Said) -> None:
    assert said_of(fields(**lines), "revalidate") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no-cache, no-store, only-if-cached, no-transform", Said(True, True, True, True)),
        ("max-age=5, min-fresh=6, max-stale=7", Said(max_age=5, min_fresh=6, max_stale=7)),
        ("max-stale", Said(max_stale=2**31)),
        ("max-age=x, min-fresh, max-stale=y", Said()),
        ("max-age=-1", Said(max_age=0)),
        ("", Said()),
    ],
)
def test_4_1_honour_takes_all_of_it(text: str, said: Said) -> None:
    assert said_of(fields(cache_control=text), "honour") == said


@pytest.mark.parametrize("mode", ["revalidate", "honour"])
def test_4_1_pragma_counts_only_without_cache_control(mode: Mode) -> None:
    assert said_of(fields(pragma="no-cache"), mode) == FRESHLY
    assert said_of(fields(pragma="no-cache", cache_control="x"), mode) == NOTHING_SAID
    assert said_of(NO_FIELDS, mode) is NOTHING_SAID
