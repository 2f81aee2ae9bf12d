"""What redirects led to lives no longer than they do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.freshness.judge import lifetime
from edge.freshness.policy import policy_of
from edge.freshness.storable import storable
from edge.freshness.stored import Window, receive
from edge.originals.redirected import fields_of
from edge.origins.replies import HeldReply

NOW = 1_795_000_000.0
WINDOW = Window()


class Hopped(HeldReply):
    def __init__(self, headers: Fields, *hops: Fields) -> None:
        super().__init__(200, headers)
        self.hops = hops


def fields(**said: str) -> Fields:
    return Fields((name.replace("_", "-"), value) for name, value in said.items())


def left(said: Fields) -> float:
    stored = receive(200, said, asked=NOW, now=NOW)
    return lifetime(stored, WINDOW) - stored.now_aged(NOW)


def test_without_redirects_nothing_changes() -> None:
    said = fields(cache_control="max-age=5")
    assert fields_of(HeldReply(200, said), WINDOW, NOW) is said
    assert fields_of(Hopped(said), WINDOW, NOW) is said


@pytest.mark.parametrize(
    ("own", "hop", "seconds"),
    [
        (fields(cache_control="max-age=100"), fields(cache_control="max-age=10"), 10),
        (fields(cache_control="max-age=10"), fields(cache_control="max-age=100"), 10),
        (fields(cache_control="s-maxage=100"), fields(cache_control="max-age=10"), 10),
        (fields(cache_control="max-age=100", age="30"), fields(cache_control="max-age=20", age="5"), 15),
        (fields(cdn_cache_control="max-age=100", cache_control="max-age=1"), fields(cache_control="max-age=10"), 10),
        (fields(cache_control="max-age=100"), fields(cdn_cache_control="max-age=7", cache_control="max-age=50"), 7),
        (fields(), fields(cache_control="max-age=10"), 10),
        (fields(), fields(cache_control="max-age=99999"), 3600),
        (fields(), fields(), 3600),
        (fields(cache_control="max-age=100"), fields(expires="0"), 0),
        (fields(cache_control="max-age=100"), fields(cache_control="no-cache"), 0),
    ],
)
def test_the_shortest_life_counts(own: Fields, hop: Fields, seconds: float) -> None:
    assert left(fields_of(Hopped(own, hop), WINDOW, NOW)) == seconds


@pytest.mark.parametrize("word", ["no-store", "private"])
@pytest.mark.parametrize("own", [fields(cache_control="public, max-age=9"), fields(cdn_cache_control="max-age=9")])
def test_what_a_redirect_forbids_is_forbidden(own: Fields, word: str) -> None:
    assert not storable(200, fields_of(Hopped(own, fields(cache_control=word)), WINDOW, NOW))


NUMBERS = st.integers(0, 10_000)
SAID = st.dictionaries(
    st.sampled_from(["cache_control", "cdn_cache_control"]),
    st.builds("{}={}".format, st.sampled_from(["max-age", "s-maxage", "stale-if-error"]), NUMBERS),
).map(lambda said: fields(**said))


@given(SAID, st.lists(SAID, max_size=3))
def test_redirects_only_ever_shorten(own: Fields, hops: list[Fields]) -> None:
    told = fields_of(Hopped(own, *hops), WINDOW, NOW)
    assert left(told) <= left(own)
    for hop in hops:
        if any(name in policy_of(hop) for name in ("max-age", "s-maxage")):
            assert left(told) <= max(left(hop), 0)
