"""What a rendition's fields owe to its original's."""

import re

import pytest

from tests.conformance.harness import JPEG, OTHER_JPEG, Cached, picture
from tests.conformance.origin import Answer, not_modified, validating
from tests.conformance.wire import Headers, Seen


async def get(cached: Cached, query: str = "w=20", answer: Answer | None = None, asks: Headers | None = None) -> Seen:
    return await cached.get(f"/a.jpg?{query}", answer, asks, route="p")


def max_age(seen: Seen) -> int:
    found = re.search(r"(?:^|[\s,])max-age=(\d+)", seen.get("cache-control") or "")
    assert found
    return int(found[1])


async def test_12_1_a_rendition_is_as_old_as_its_original(cached: Cached) -> None:
    first = await get(cached, "w=20", picture({"Cache-Control": "max-age=60", "Age": "10"}))
    assert (max_age(first), first.age) == (60, 10)
    cached.clock.tick(40)
    late = await get(cached, "w=30")
    assert late.hit
    assert max_age(late) - (late.age or 0) == 10
    cached.clock.tick(11)
    assert not (await get(cached, "w=30")).hit


async def test_12_1_a_week_does_not_begin_again(cached: Cached) -> None:
    await get(cached, "w=20", picture({"Cache-Control": "max-age=604800"}))
    cached.clock.tick(6 * 86400)
    late = await get(cached, "w=30")
    assert max_age(late) - (late.age or 0) == 86400


STRICT = ["no-store", "private", "private, max-age=60"]


@pytest.mark.parametrize("said", STRICT)
async def test_12_2_what_the_original_forbids_the_rendition_forbids(cached: Cached, said: str) -> None:
    for _ in range(2):
        seen = await get(cached, "w=20", picture({"Cache-Control": said}))
        assert not seen.hit
        told = seen.get("cache-control") or ""
        assert "private" in told or "no-store" in told
        assert "public" not in told


async def test_12_2_no_cache_is_validated_each_time(cached: Cached) -> None:
    cached.says("/a.jpg", validating(JPEG, ETag='"v"', Cache_Control="no-cache", Content_Type="image/jpeg"))
    first = await get(cached)
    assert "no-cache" in (first.get("cache-control") or "")
    second = await get(cached)
    assert [asked.get("if-none-match") for asked in second.asked] == ['"v"']
    assert second.body == first.body


@pytest.mark.parametrize("directive", ["must-revalidate", "proxy-revalidate", "stale-if-error=7", "immutable"])
async def test_12_2_other_directives_are_carried(cached: Cached, directive: str) -> None:
    seen = await get(cached, "w=20", picture({"Cache-Control": f"max-age=60, {directive}"}))
    assert directive in (seen.get("cache-control") or "") or directive == "immutable"


async def test_12_3_a_304_for_the_original_freshens_every_rendition(cached: Cached) -> None:
    cached.says("/a.jpg", validating(JPEG, ETag='"v"', Cache_Control="max-age=60", Content_Type="image/jpeg"))
    bodies = {width: (await get(cached, f"w={width}")).body for width in (20, 30)}
    cached.clock.tick(61)
    before = cached.edge.pool.stats().jobs
    second = await get(cached, "w=20")
    assert [asked.get("if-none-match") for asked in second.asked] == ['"v"']
    third = await get(cached, "w=30")
    assert (second.body, third.hit, third.body) == (bodies[20], True, bodies[30])
    assert cached.edge.pool.stats().jobs == before


async def test_12_3_the_same_bytes_again_are_no_new_pixels(cached: Cached) -> None:
    first = await get(cached, "w=20", picture({"Cache-Control": "max-age=60", "ETag": '"v"'}))
    cached.clock.tick(61)
    before = cached.edge.pool.stats().jobs
    second = await get(cached, "w=20")
    assert (second.body, second.get("etag")) == (first.body, first.get("etag"))
    assert cached.edge.pool.stats().jobs == before


async def test_12_3_a_changed_original_changes_every_rendition(cached: Cached) -> None:
    before = {width: await get(cached, f"w={width}", picture({"Cache-Control": "max-age=60"})) for width in (20, 30)}
    cached.clock.tick(61)
    changed = picture({"Cache-Control": "max-age=60"}, OTHER_JPEG)
    for width, old in before.items():
        new = await get(cached, f"w={width}", changed)
        assert new.body != old.body
        assert new.get("etag") != old.get("etag")


async def test_12_4_each_rendition_has_a_strong_tag_of_its_own(cached: Cached) -> None:
    answer = picture({"Cache-Control": "max-age=60", "ETag": '"origins-own"'})
    queries = ("w=20", "w=30", "w=20&format=webp", "w=20&quality=30", "")
    tags = [(await get(cached, query, answer)).get("etag") or "" for query in queries]
    assert len(set(tags)) == len(queries)
    assert all(re.fullmatch(r'"[\x21\x23-\x7e]{16,}"', tag) for tag in tags[:-1])
    assert (await get(cached, "w=20")).get("etag") == tags[0]


async def test_12_4_and_is_known_before_the_pixels_are(cached: Cached) -> None:
    tag = (await get(cached, "w=20", picture({"Cache-Control": "max-age=600"}))).get("etag") or ""
    before = cached.edge.pool.stats().jobs
    seen = await get(cached, "w=20", None, {"If-None-Match": f'"x", {tag}'})
    assert (seen.status, seen.body, seen.get("etag"), seen.hit) == (304, b"", tag, True)
    assert cached.edge.pool.stats().jobs == before


@pytest.mark.parametrize("validator", [{"ETag": 'W/"v"'}, {"Last-Modified": "Fri, 01 Jan 2021 00:00:00 GMT"}, {}])
async def test_12_4_weak_validators_tell_nothing_about_bytes(cached: Cached, validator: dict[str, str]) -> None:
    tags = []
    for body in (JPEG, OTHER_JPEG):
        seen = await get(cached, "w=20", picture({"Cache-Control": "max-age=10", **validator}, body))
        tags.append(seen.get("etag"))
        cached.clock.tick(11)
    assert tags[0] != tags[1]


async def test_12_5_last_modified_is_the_originals_or_not_told(cached: Cached) -> None:
    modified = cached.date(-5000)
    said = picture({"Cache-Control": "max-age=60", "Last-Modified": modified})
    assert (await get(cached, "w=20", said)).get("last-modified") in (None, modified)
    assert (await cached.get("/b.jpg", said, route="p")).get("last-modified") == modified
    same = await cached.get("/b.jpg", asks={"If-Modified-Since": modified}, route="p")
    assert (same.status, same.hit) == (304, True)


async def test_12_6_vary_of_the_original_that_matters_is_kept(cached: Cached) -> None:
    said = {"Cache-Control": "max-age=60", "Vary": "Accept, Accept-Language, Accept-Encoding"}
    seen = await get(cached, "w=20", picture(said))
    names = {name.strip().lower() for name in (seen.get("vary") or "").split(",") if name.strip()}
    assert names == {"accept-language"}


async def test_12_6_and_selects_renditions(cached: Cached) -> None:
    said = {"Cache-Control": "max-age=60", "Vary": "Accept-Language"}
    german = await get(cached, "w=20", picture(said), {"Accept-Language": "de"})
    english = await get(cached, "w=20", picture(said, OTHER_JPEG), {"Accept-Language": "en"})
    assert english.body != german.body
    again = await get(cached, "w=20", None, {"Accept-Language": "de"})
    assert (again.hit, again.body) == (True, german.body)


async def test_12_6_negotiated_fields_join_it(cached: Cached) -> None:
    said = picture({"Cache-Control": "max-age=60", "Vary": "Accept-Language"})
    seen = await cached.get("/a.jpg?w=20", said, {"Accept": "image/webp,*/*"}, route="auto")
    names = {name.strip().lower() for name in (seen.get("vary") or "").split(",")}
    assert {"accept", "accept-language"} <= names
    assert seen.get("content-type") == "image/webp"


async def test_12_6_a_star_is_nobodys_else(cached: Cached) -> None:
    for _ in range(2):
        seen = await get(cached, "w=20", picture({"Cache-Control": "max-age=60", "Vary": "*"}))
        assert not seen.hit
        said = seen.get("cache-control") or ""
        assert "private" in said or "no-store" in said or "no-cache" in said


DROPPED = {
    "Content-MD5": "rL0Y20zC+Fzt72VPzMSk2A==",
    "Digest": "sha-256=x",
    "Repr-Digest": "sha-256=:x:",
    "Content-Digest": "sha-256=:x:",
    "Set-Cookie": "a=b",
    "x-amz-meta-secret": "1",
    "x-amz-request-id": "1",
    "Surrogate-Key": "a b",
    "Cache-Tag": "a",
    "Surrogate-Control": "max-age=60",
}


@pytest.mark.parametrize("query", ["w=20", ""])
@pytest.mark.parametrize("name", list(DROPPED))
async def test_12_7_fields_about_other_bytes_are_dropped(cached: Cached, name: str, query: str) -> None:
    seen = await get(cached, query, picture({"Cache-Control": "max-age=60", name: DROPPED[name]}))
    assert seen.status == 200
    assert name not in seen


CARRIED = {
    "Access-Control-Allow-Origin": "*",
    "Timing-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Link": '<https://example.com/a.jpg>; rel="canonical"',
}


@pytest.mark.parametrize("name", list(CARRIED))
async def test_12_7_fields_about_its_use_are_kept(cached: Cached, name: str) -> None:
    for seen in (
        await get(cached, "w=20", picture({"Cache-Control": "max-age=60", name: CARRIED[name]})),
        await get(cached, "w=20"),
    ):
        assert seen.get(name) == CARRIED[name]


async def test_12_7_date_stays_and_expires_agrees(cached: Cached) -> None:
    date = cached.date(-5)
    said = {"Cache-Control": "max-age=60", "Date": date, "Expires": "Fri, 01 Jan 2038 01:01:01 GMT"}
    await get(cached, "w=20", picture(said))
    cached.clock.tick(7)
    seen = await get(cached, "w=20")
    assert (seen.hit, seen.all("date"), seen.age) == (True, [date], 12)
    assert seen.get("expires") in (None, cached.date(60 - 12))


async def test_12_8_type_and_sniffing(cached: Cached) -> None:
    seen = await get(cached, "w=20&format=webp", picture({"Cache-Control": "max-age=60", "Content-Type": "text/html"}))
    assert seen.get("content-type") == "image/webp"
    assert seen.get("x-content-type-options") == "nosniff"
    assert "accept-ch" not in seen


@pytest.mark.parametrize("body", [JPEG, JPEG[:100]], ids=["all of it", "less"])
async def test_12_9_a_part_is_never_decoded(cached: Cached, body: bytes) -> None:
    part = Answer({"Content-Type": "image/jpeg", "Content-Range": f"bytes 0-{len(body) - 1}/{len(JPEG)}"}, 206, body)
    assert (await get(cached, "w=20", part)).status == 502


async def test_12_9_a_redirected_original_lives_as_long_as_its_shortest_hop(cached: Cached) -> None:
    hop = Answer({"Cache-Control": "max-age=10", "Location": cached.at("/b.jpg")}, 302)
    cached.says("/b.jpg", picture({"Cache-Control": "max-age=600"}))
    first = await get(cached, "w=20", hop)
    assert (first.status, max_age(first)) == (200, 10)
    cached.clock.tick(11)
    assert not (await get(cached, "w=20")).hit


async def test_12_3_a_304_without_a_stored_body_to_fit_is_asked_again(cached: Cached) -> None:
    await get(cached, "w=20", picture({"Cache-Control": "max-age=10", "ETag": '"v"'}))
    cached.clock.tick(11)
    cached.says("/a.jpg", not_modified(ETag='"unheard-of"'), picture({"Cache-Control": "max-age=10"}, OTHER_JPEG))
    seen = await get(cached, "w=20")
    assert (seen.status, len(seen.asked)) == (200, 2)
