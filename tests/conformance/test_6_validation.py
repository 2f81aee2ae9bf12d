"""Validation: what is asked of the origin, and what its answers do (RFC 9111 §4.3)."""

import pytest

from tests.conformance.harness import Cached
from tests.conformance.origin import Answer, gone, not_modified, validating
from tests.conformance.wire import Headers


@pytest.mark.parametrize("etag", ['"v"', 'W/"v"', "unquoted", '"with \\ back"', '"obs-\u00fc"', '"a,b"', '""'])
async def test_6_6_a_stale_answer_is_validated_with_its_etag_as_it_came(cached: Cached, etag: str) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=10", "ETag": etag})
    cached.clock.tick(11)
    second = await cached.get("/a", not_modified(ETag=etag, Cache_Control="max-age=10"))
    assert [asked.all("if-none-match") for asked in second.asked] == [[etag]]
    assert (second.status, second.body) == (200, first.body)
    assert (await cached.get("/a")).hit


async def test_6_6_and_with_its_last_modified(cached: Cached) -> None:
    modified = cached.date(-1000)
    first = await cached.get("/a", {"Cache-Control": "max-age=10", "Last-Modified": modified})
    cached.clock.tick(11)
    second = await cached.get("/a", not_modified(Cache_Control="max-age=10"))
    assert [asked.get("if-modified-since") for asked in second.asked] == [modified]
    assert (second.status, second.body) == (200, first.body)


async def test_6_6_the_selecting_fields_go_along(cached: Cached) -> None:
    said = {"Cache-Control": "max-age=10", "ETag": '"v"', "Vary": "Foo"}
    await cached.get("/a", said, {"Foo": "1"})
    cached.clock.tick(11)
    second = await cached.get("/a", not_modified(ETag='"v"'), {"Foo": "1"})
    assert [(asked.get("foo"), asked.get("if-none-match")) for asked in second.asked] == [("1", '"v"')]


async def test_6_6_of_several_variants_the_304_says_which(cached: Cached) -> None:
    for foo in "12":
        said = {"Cache-Control": "max-age=10", "ETag": f'"{foo}"', "Vary": "Foo", "X-Is": foo}
        await cached.get("/a", Answer(said, 200, foo.encode()), {"Foo": foo})
    cached.clock.tick(11)
    seen = await cached.get("/a", not_modified(ETag='"1"', Cache_Control="max-age=10", Vary="Foo"), {"Foo": "1"})
    assert '"1"' in (seen.asked[0].get("if-none-match") or "")
    assert (seen.status, seen.text, seen.get("x-is")) == (200, "1", "1")


async def test_6_6_what_is_stored_for_another_request_may_turn_out_to_be_the_same(cached: Cached) -> None:
    cached.says("/a", validating(b"one", ETag='"v"', Cache_Control="max-age=600", Vary="Foo"))
    await cached.get("/a", asks={"Foo": "1"})
    second = await cached.get("/a", asks={"Foo": "2"})
    assert (second.hit, second.status, second.text) == (False, 200, "one")
    for foo in "12":
        third = await cached.get("/a", asks={"Foo": foo})
        assert (third.hit, third.text) == (True, "one")


async def test_6_6_without_a_validator_the_whole_is_fetched(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=10"})
    cached.clock.tick(11)
    second = await cached.get("/a")
    assert all(name not in second.asked[0] for name in ("if-none-match", "if-modified-since"))


async def test_6_6_a_stale_answer_and_a_clients_own_conditional(cached: Cached) -> None:
    cached.says("/a", validating(b"one", ETag='"v"', Cache_Control="max-age=10"))
    await cached.get("/a")
    cached.clock.tick(11)
    assert (await cached.get("/a", asks={"If-None-Match": '"v"'})).status == 304
    cached.clock.tick(11)
    other = await cached.get("/a", asks={"If-None-Match": '"other"'})
    assert (other.status, other.text) == (200, "one")


async def test_6_6_no_cache_is_stored_and_validated_each_time(cached: Cached) -> None:
    cached.says("/a", validating(b"one", ETag='"v"', Cache_Control="no-cache, max-age=600"))
    await cached.get("/a")
    for _ in range(2):
        seen = await cached.get("/a")
        assert [asked.get("if-none-match") for asked in seen.asked] == ['"v"']
        assert (seen.status, seen.text) == (200, "one")


UPDATED: Headers = {
    "Test-Header": "B",
    "X-Test-Header": "B",
    "Content-Foo": "B",
    "Cache-Control": "max-age=3600",
    "Expires": "Mon, 11 Jan 2038 11:11:11 GMT",
    "Content-Location": "/bar",
    "Content-Security-Policy": "default-src 'none'",
    "Set-Cookie": "a=c",
    "X-Frame-Options": "sameorigin",
    "Link": "</b>; rel=canonical",
}


@pytest.mark.parametrize("name", list(UPDATED))
async def test_6_7_fields_of_a_304_replace_the_stored_ones(cached: Cached, name: str) -> None:
    stored = {"Cache-Control": "max-age=10", "ETag": '"v"', name: "public, max-age=10" if name[:6] == "Cache-" else "A"}
    first = await cached.get("/a", stored)
    cached.clock.tick(11)
    again = {"Cache-Control": "max-age=10", "ETag": '"v"', name: UPDATED[name]}
    second = await cached.get("/a", Answer(again, 304))
    third = await cached.get("/a")
    for seen in (second, third):
        assert (seen.status, seen.body, seen.get(name)) == (200, first.body, UPDATED[name])
    assert third.hit


async def test_6_7_fields_that_a_304_omits_stay(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=10", "ETag": '"v"', "X-Kept": "yes"})
    cached.clock.tick(11)
    assert (await cached.get("/a", not_modified(ETag='"v"'))).get("x-kept") == "yes"


async def test_6_7_what_describes_the_stored_bytes_stays(cached: Cached) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=10", "ETag": '"v"', "Content-Encoding": "x-own"})
    cached.clock.tick(11)
    said = not_modified(ETag='"v"', Content_Length="3", Content_Encoding="br", Content_Range="bytes 0-1/9")
    for seen in (await cached.get("/a", said), await cached.get("/a", not_modified(ETag='"v"'))):
        assert (seen.status, seen.body, seen.whole) == (200, first.body, True)
        assert seen.get("content-length") == str(len(first.body))
        assert seen.get("content-encoding") == "x-own"
        assert "content-range" not in seen


async def test_6_7_fields_of_the_304s_own_hop_are_not_taken(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=10", "ETag": '"v"'})
    cached.clock.tick(11)
    said = not_modified(ETag='"v"', Cache_Control="max-age=10", Connection="X-Hop", X_Hop="1", Proxy_Authenticate="x")
    for seen in (await cached.get("/a", said), await cached.get("/a")):
        assert "x-hop" not in seen
        assert "proxy-authenticate" not in seen


async def test_6_7_freshness_age_and_date_begin_anew(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=10", "ETag": '"v"', "Age": "5"})
    cached.clock.tick(100)
    now = cached.date()
    second = await cached.get("/a", not_modified(ETag='"v"', Cache_Control="max-age=50"))
    assert (second.get("date"), second.age or 0) == (now, 0)
    cached.clock.tick(49)
    assert ((third := await cached.get("/a")).hit, third.age) == (True, 49)
    cached.clock.tick(2)
    assert not (await cached.get("/a")).hit


async def test_6_7_a_304_about_something_else_freshens_nothing(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=10", "ETag": '"v"'})
    cached.clock.tick(11)
    cached.says("/a", not_modified(ETag='"unheard-of"'), Answer({"Cache-Control": "max-age=10"}, 200, b"new"))
    second = await cached.get("/a")
    assert (second.status, second.text) == (200, "new")
    assert "if-none-match" not in second.asked[-1]


async def test_6_7_a_new_answer_replaces_the_stored_one(cached: Cached) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=10", "ETag": '"v"', "X-Old": "1"})
    cached.clock.tick(11)
    second = await cached.get("/a", {"Cache-Control": "max-age=10", "ETag": '"w"'})
    third = await cached.get("/a")
    assert third.hit
    assert third.body == second.body != first.body
    assert "x-old" not in third


async def test_6_8_a_head_for_a_stale_answer_is_forwarded(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=10", "X-Kept": "1"})
    cached.clock.tick(11)
    seen = await cached.get("/a", method="HEAD")
    assert [asked.method for asked in seen.asked] == ["HEAD"]


async def test_6_8_a_head_that_describes_the_stored_answer_freshens_it(cached: Cached) -> None:
    first = await cached.get("/a", Answer({"Cache-Control": "max-age=10", "ETag": '"v"', "X-Kept": "1"}, 200, b"one"))
    cached.clock.tick(11)
    said = {"Cache-Control": "max-age=100", "ETag": '"v"', "X-New": "2"}
    await cached.get("/a", Answer(said, 200, b"one"), method="HEAD")
    third = await cached.get("/a")
    assert (third.hit, third.body, third.get("x-new")) == (True, first.body, "2")


@pytest.mark.parametrize(("etag", "body"), [('"other"', b"one"), ('"v"', b"a longer one")])
async def test_6_8_a_head_that_describes_another_invalidates_it(cached: Cached, etag: str, body: bytes) -> None:
    await cached.get("/a", Answer({"Cache-Control": "max-age=10", "ETag": '"v"'}, 200, b"one"))
    cached.clock.tick(11)
    said = Answer({"Cache-Control": "max-age=100", "ETag": etag}, 200, body)
    await cached.get("/a", said, method="HEAD")
    assert not (await cached.get("/a")).hit


@pytest.mark.parametrize("directive", ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=10"])
async def test_6_9_forbidden_to_be_stale_means_504(cached: Cached, directive: str) -> None:
    first = await cached.get("/a", {"Cache-Control": f"max-age=10, {directive}", "ETag": '"v"'})
    cached.clock.tick(11)
    second = await cached.get("/a", gone())
    assert second.status == 504
    assert second.body != first.body


async def test_6_10_an_error_while_validating_is_forwarded_when_stale_is_forbidden(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=10, must-revalidate", "ETag": '"v"'})
    cached.clock.tick(11)
    second = await cached.get("/a", Answer({}, 503, b"down for repairs"))
    assert (second.status, second.text) == (503, "down for repairs")


async def test_6_10_and_hidden_when_stale_is_allowed(cached: Cached) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=10, stale-if-error=60", "ETag": '"v"'})
    cached.clock.tick(11)
    second = await cached.get("/a", Answer({}, 503, b"down for repairs"))
    assert (second.status, second.body) == (200, first.body)
