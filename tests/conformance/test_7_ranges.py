"""Parts of stored answers (RFC 9110 §14)."""

import pytest

from tests.conformance.harness import Cached
from tests.conformance.origin import Answer
from tests.conformance.wire import Headers

WHOLE = b"0123456789A"


async def stored(cached: Cached, **more: str) -> None:
    fields = {"Cache-Control": "max-age=600", "ETag": '"v"', **{k.replace("_", "-"): v for k, v in more.items()}}
    await cached.get("/a", Answer(fields, 200, WHOLE))


IGNORED = [
    "items=0-1",
    "bytes",
    "bytes=",
    "bytes=a-b",
    "bytes=5-2",
    "bytes=--1",
    "bytes=0-1-2",
    "lines=1",
    "bytes=0x1-2",
]


@pytest.mark.parametrize("asked", IGNORED)
async def test_7_1_what_is_no_range_gets_everything_or_416(cached: Cached, asked: str) -> None:
    await stored(cached)
    seen = await cached.get("/a", asks={"Range": asked})
    assert seen.hit
    assert (seen.status == 200 and seen.body == WHOLE) or seen.status == 416


@pytest.mark.parametrize("asked", ["bytes=11-", "bytes=50-60", "bytes=-0"])
async def test_7_1_a_range_behind_the_end_is_416(cached: Cached, asked: str) -> None:
    await stored(cached)
    seen = await cached.get("/a", asks={"Range": asked})
    assert (seen.hit, seen.status, seen.get("content-range")) == (True, 416, "bytes */11")


async def test_7_1_very_many_ranges_are_not_computed(cached: Cached) -> None:
    await stored(cached)
    many = "bytes=" + ",".join(f"{at % 11}-{at % 11}" for at in range(500))
    seen = await cached.get("/a", asks={"Range": many})
    assert (seen.status == 200 and seen.body == WHOLE) or seen.status == 416


async def test_7_1_only_get_has_ranges(cached: Cached) -> None:
    await stored(cached)
    seen = await cached.get("/a", asks={"Range": "bytes=0-1"}, method="HEAD")
    assert (seen.status, "content-range" in seen, seen.get("content-length")) == (200, False, "11")


CONDITIONS: list[tuple[str, Headers, str, bool]] = [
    ("the strong tag", {}, '"v"', True),
    ("another tag", {}, '"w"', False),
    ("a weak tag", {"ETag": 'W/"v"'}, 'W/"v"', False),
    ("the strong tag, weakly", {}, 'W/"v"', False),
    ("nonsense", {}, "v", False),
]


@pytest.mark.parametrize(("more", "condition", "part"), [row[1:] for row in CONDITIONS], ids=[r[0] for r in CONDITIONS])
async def test_7_2_if_range_holds_only_strongly(cached: Cached, more: Headers, condition: str, part: bool) -> None:
    await cached.get("/a", Answer({"Cache-Control": "max-age=600", "ETag": '"v"', **more}, 200, WHOLE))
    seen = await cached.get("/a", asks={"Range": "bytes=0-1", "If-Range": condition})
    assert (seen.hit, seen.status, seen.body) == ((True, 206, b"01") if part else (True, 200, WHOLE))


async def test_7_2_a_date_in_if_range_is_exact_and_strong(cached: Cached) -> None:
    await stored(cached, Last_Modified=cached.date(-1000))
    for seconds, status in ((-1000, 206), (-999, 200), (0, 200), (-1001, 200)):
        seen = await cached.get("/a", asks={"Range": "bytes=0-1", "If-Range": cached.date(seconds)})
        assert (seen.hit, seen.status) == (True, status)
    just_now = cached.date()
    await cached.get("/b", Answer({"Cache-Control": "max-age=600", "Last-Modified": just_now}, 200, WHOLE))
    assert (await cached.get("/b", asks={"Range": "bytes=0-1", "If-Range": just_now})).status == 200


RANGES = [
    ("bytes=0-1", b"01", "0-1"),
    ("bytes=1-", b"123456789A", "1-10"),
    ("bytes=-1", b"A", "10-10"),
    ("bytes=-99", WHOLE, "0-10"),
    ("bytes=3-3", b"3", "3-3"),
    ("bytes=9-99999999999999999999", b"9A", "9-10"),
    ("BYTES=0-1", b"01", "0-1"),
]


@pytest.mark.parametrize(("asked", "part", "span"), RANGES)
async def test_7_3_any_part_of_what_is_stored(cached: Cached, asked: str, part: bytes, span: str) -> None:
    await stored(cached, X_A="1")
    seen = await cached.get("/a", asks={"Range": asked})
    assert (seen.hit, seen.status, seen.body) == (True, 206, part)
    assert (seen.get("content-range"), seen.get("content-length")) == (f"bytes {span}/11", str(len(part)))
    assert (seen.get("etag"), seen.get("x-a"), seen.age) == ('"v"', "1", 0)


async def test_7_3_not_from_an_error(cached: Cached) -> None:
    await cached.get("/a", Answer({"Cache-Control": "max-age=600"}, 404, WHOLE))
    assert (await cached.get("/a", asks={"Range": "bytes=0-1"})).status == 404


async def test_7_3_a_precondition_comes_first(cached: Cached) -> None:
    await stored(cached)
    assert (await cached.get("/a", asks={"Range": "bytes=0-1", "If-None-Match": '"v"'})).status == 304


async def test_7_4_stored_bodies_accept_ranges(cached: Cached) -> None:
    await stored(cached)
    assert (await cached.get("/a")).get("accept-ranges") == "bytes"


async def test_7_4_several_ranges_come_as_parts_or_whole(cached: Cached) -> None:
    await stored(cached)
    seen = await cached.get("/a", asks={"Range": "bytes=0-1,5-6"})
    if seen.status == 206:
        assert (seen.get("content-type") or "").startswith("multipart/byteranges; boundary=")
        assert all(
            part in seen.body for part in (b"bytes 0-1/11", b"\r\n\r\n01\r\n", b"bytes 5-6/11", b"\r\n\r\n56\r\n")
        )
    else:
        assert (seen.status, seen.body) == (200, WHOLE)


async def test_7_5_a_range_for_what_is_not_stored(cached: Cached) -> None:
    seen = await cached.get("/a", Answer({"Cache-Control": "max-age=600"}, 200, WHOLE), {"Range": "bytes=2-4"})
    assert (seen.status, seen.body) in ((206, b"234"), (200, WHOLE))


async def test_7_5_a_part_that_lies_about_its_span_goes_no_further(cached: Cached) -> None:
    lie = Answer({"Cache-Control": "max-age=600", "Content-Range": "bytes 4-9/10"}, 206, b"01234")
    seen = await cached.get("/a", lie, {"Range": "bytes=-5"})
    assert (seen.status, seen.body) == (206, b"01234")
    whole = await cached.get("/a", Answer({"Cache-Control": "max-age=600"}, 200, WHOLE))
    assert (whole.hit, whole.status, whole.body) == (False, 200, WHOLE)


@pytest.mark.parametrize("etags", [('"v"', '"w"'), ('W/"v"', 'W/"v"'), (None, None)])
async def test_7_5_parts_of_two_answers_are_never_joined(cached: Cached, etags: tuple[str | None, str | None]) -> None:
    def part(etag: str | None, span: str, body: bytes) -> Answer:
        return Answer({"Cache-Control": "max-age=600", "ETag": etag, "Content-Range": f"bytes {span}/4"}, 206, body)

    await cached.get("/a", part(etags[0], "0-1", b"ab"), {"Range": "bytes=0-1"})
    await cached.get("/a", part(etags[1], "2-3", b"CD"), {"Range": "bytes=2-3"})
    whole = await cached.get("/a", Answer({}, 200, b"ABCD"))
    assert (whole.status, whole.text) == (200, "ABCD")
