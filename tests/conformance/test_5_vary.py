"""Which stored answer a request selects (RFC 9111 §4.1)."""

import pytest

from tests.conformance.harness import Cached
from tests.conformance.origin import Answer, validating
from tests.conformance.wire import Headers

FOO = {"Cache-Control": "max-age=600", "Vary": "Foo"}
THREE = {"Cache-Control": "max-age=600", "Vary": "Foo, BAR, baz"}

# what the answer is stored for, what is asked for then, is it the same?
SELECTIONS: list[tuple[Headers, Headers, Headers, bool]] = [
    (FOO, {"Foo": "1"}, {"Foo": "1"}, True),
    (FOO, {"Foo": "1"}, {"Foo": "2"}, False),
    (FOO, {"Foo": "1"}, {}, False),
    (FOO, {}, {"Foo": "1"}, False),
    (FOO, {}, {}, True),
    (FOO, {}, {"Foo": ""}, False),
    (FOO, {"Foo": "1", "Other": "2"}, {"Foo": "1", "Other": "3"}, True),
    (THREE, {"Foo": "1", "Bar": "2", "Baz": "3"}, {"Baz": "3", "Bar": "2", "Foo": "1"}, True),
    (THREE, {"Foo": "1", "Bar": "2", "Baz": "3"}, {"Foo": "1", "Baz": "3", "Bar": "22"}, False),
    (THREE, {"Foo": "1", "Baz": "3"}, {"Foo": "1", "Baz": "3"}, True),
    (THREE, {"Foo": "1", "Bar": "2", "Baz": "3"}, {"Foo": "1"}, False),
    (THREE, {"Foo": "1", "Bar": "2"}, {"Foo": "1", "Baz": "2"}, False),
    ({**FOO, "Vary": ["Foo", "Bar"]}, {"Foo": "1", "Bar": "2"}, {"Foo": "1", "Bar": "3"}, False),
    (FOO, {"Foo": "1, 2"}, {"Foo": ["1", "2"]}, True),
    (FOO, {"Foo": ["1", "2"]}, {"Foo": ["2", "1"]}, False),
]


@pytest.mark.parametrize(("said", "asks", "then", "same"), SELECTIONS)
async def test_5_1_nominated_fields_have_to_match(
    cached: Cached, said: Headers, asks: Headers, then: Headers, same: bool
) -> None:
    assert await cached.reuses(said, 0, asks, then) == same


STARS = ["*", "*, *", ["*", "*"], ", *", ["", "*"], "*, Foo", "Foo, *", ["Foo", "Bar, *"], " * "]


@pytest.mark.parametrize("star", STARS)
async def test_5_2_a_star_anywhere_matches_nothing(cached: Cached, star: str | list[str]) -> None:
    said = {"Cache-Control": "max-age=600", "Vary": star}
    assert not await cached.reuses(said, 0, {"Foo": "1"}, {"Foo": "1"})


async def test_5_2_unless_the_origin_says_it_is_that_one(cached: Cached) -> None:
    cached.says("/a", validating(b"one", ETag='"v"', Cache_Control="max-age=600", Vary="*"))
    await cached.get("/a")
    second = await cached.get("/a")
    assert [asked.get("if-none-match") for asked in second.asked] in (['"v"'], [None])
    assert (second.status, second.text) == (200, "one")


async def test_5_3_a_new_variant_leaves_its_siblings_alone(cached: Cached) -> None:
    bodies = {foo: (await cached.get("/a", FOO, {"Foo": foo})).body for foo in "123"}
    for foo, body in bodies.items():
        seen = await cached.get("/a", asks={"Foo": foo})
        assert (seen.hit, seen.body) == (True, body)


ALIKE = [
    ("Foo", "1,2", " 1, 2 "),
    ("Foo", "1, 2", "1 ,   2"),
    ("Accept-Language", "en, de", "eN, De"),
    ("Accept-Language", "en, de", " en ,   de"),
    ("Accept-Encoding", "gzip, br", "GZIP,br"),
    ("Accept", "image/webp, */*;q=0.8", "Image/WebP,*/*; q=0.8"),
]


@pytest.mark.parametrize(("name", "one", "other"), ALIKE)
async def test_5_3_what_means_the_same_is_the_same(cached: Cached, name: str, one: str, other: str) -> None:
    said = {"Cache-Control": "max-age=600", "Vary": name}
    assert await cached.reuses(said, 0, {name: one}, {name: other})


async def test_5_3_case_matters_where_nobody_says_otherwise(cached: Cached) -> None:
    assert not await cached.reuses(FOO, 0, {"Foo": "a"}, {"Foo": "A"})


async def test_5_4_each_stored_answer_has_its_own_vary_and_the_latest_wins(cached: Cached) -> None:
    await cached.get("/a", FOO, {"Foo": "1"})
    cached.clock.tick(5)
    latest = await cached.get("/a", {**FOO, "Vary": "Bar"}, {"Foo": "2", "Bar": "1"})
    assert not latest.hit
    both_match = await cached.get("/a", asks={"Foo": "1", "Bar": "1"})
    assert (both_match.hit, both_match.body) == (True, latest.body)
    assert (await cached.get("/a", asks={"Foo": "1", "Bar": "9"})).hit


async def test_5_5_variants_of_one_url_are_bounded(cached: Cached) -> None:
    said = Answer({**FOO, "Cache-Control": "max-age=86400"})
    for number in range(100):
        await cached.get("/a", said, {"Foo": str(number)})
    assert (await cached.get("/a", asks={"Foo": "99"})).hit
    assert not (await cached.get("/a", asks={"Foo": "0"})).hit


async def test_5_6_the_query_is_forwarded_and_keyed_byte_for_byte(cached: Cached) -> None:
    queries = ["?a=1&b=2", "?b=2&a=1", "?a=%31&b=2", "?a=1&b=2&", "?A=1&B=2", "?a=%c3%BC", "?a=+&b=%20", ""]
    for query in queries:
        seen = await cached.get("/a" + query, {"Cache-Control": "max-age=600"})
        assert [asked.target for asked in seen.asked] == [cached.at("/a") + query]
    assert all([(await cached.get("/a" + query)).hit for query in queries])


async def test_5_6_head_and_get_share_an_entry(cached: Cached) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=600", "X-A": "1"})
    head = await cached.get("/a", method="HEAD")
    assert (head.hit, head.get("x-a"), head.get("content-length")) == (True, "1", str(len(first.body)))
