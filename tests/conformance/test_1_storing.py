"""What may be stored (RFC 9111 §3)."""

import pytest

from tests.conformance.harness import Cached
from tests.conformance.origin import Answer
from tests.conformance.wire import Headers, exchange, written

EARLY = (103, {"Link": "</a.css>; rel=preload", "X-Early": "1"})


@pytest.mark.parametrize("interim", [(EARLY,), ((102, {}),), ((102, {}), EARLY)])
async def test_1_1_interim_answers_pass_and_are_never_stored(
    cached: Cached, interim: tuple[tuple[int, Headers], ...]
) -> None:
    first = await cached.get("/a", Answer({"Cache-Control": "max-age=60"}, interim=interim))
    assert [int(one.start.split(" ")[1]) for one in first.interim] == [status for status, _ in interim]
    assert [one.get("x-early") for one in first.interim] == [headers.get("X-Early") for _, headers in interim]
    second = await cached.get("/a")
    assert second.hit
    assert not second.interim
    assert "x-early" not in first
    assert "x-early" not in second


async def test_1_1_no_interim_answer_goes_to_a_client_of_http_1_0(cached: Cached) -> None:
    cached.says("/a", Answer({"Cache-Control": "max-age=60"}, interim=(EARLY,)))
    request = written("GET", cached.url("/a"), [("Host", "e")], None).replace(b"HTTP/1.1", b"HTTP/1.0")
    seen = await exchange(cached.edge.public.port, request)
    assert (seen.status, seen.interim) == (200, [])


PERMITTED: list[Headers] = [
    {"Cache-Control": "max-age=60"},
    {"Cache-Control": "s-maxage=60"},
    {"Cache-Control": "public, max-age=60"},
    {"CDN-Cache-Control": "max-age=60"},
    {"Cache-Control": 'max-age=60, extension="no-store"'},
    {"Cache-Control": "max-age=60, unheard-of"},
]
FORBIDDEN: list[Headers] = [
    {},
    {"Cache-Control": "no-store"},
    {"Cache-Control": "private"},
    {"Cache-Control": "private, max-age=60"},
    {"Cache-Control": "max-age=60, no-store"},
    {"Cache-Control": ["max-age=60", "no-store"]},
    {"Cache-Control": "public"},
]


@pytest.mark.parametrize("headers", PERMITTED)
async def test_1_2_stored_with_permission(cached: Cached, headers: Headers) -> None:
    assert await cached.reuses(headers)


@pytest.mark.parametrize("headers", FORBIDDEN)
async def test_1_2_not_stored_without_permission(cached: Cached, headers: Headers) -> None:
    assert not await cached.reuses(headers)


async def test_1_2_expires_is_a_permission(cached: Cached) -> None:
    assert await cached.reuses({"Expires": cached.date(60)})


async def test_1_2_a_part_never_answers_for_the_whole(cached: Cached) -> None:
    part = Answer({"Cache-Control": "max-age=60", "Content-Range": "bytes 0-3/10"}, 206, b"0123")
    await cached.get("/a", part)
    assert not (await cached.get("/a")).hit


@pytest.mark.parametrize("said", ["No-StOrE", "max-age=10000, NO-STORE", "no-store, max-age=10000, public"])
async def test_1_3_no_store_beats_everything_in_any_case(cached: Cached, said: str) -> None:
    assert not await cached.reuses({"Cache-Control": said, "Expires": cached.date(600)})


@pytest.mark.parametrize("said", ["no-store", "no-store, max-age=0"])
async def test_1_3_a_later_no_store_leaves_the_older_answer_usable(cached: Cached, said: str) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=600"}, route="honour")
    forced = await cached.get("/a", {"Cache-Control": said}, {"Cache-Control": "no-cache"}, route="honour")
    assert not forced.hit
    assert forced.body != first.body
    third = await cached.get("/a", route="honour")
    assert third.hit
    assert third.body == first.body


async def test_1_4_must_understand_and_an_unknown_status_is_not_stored(cached: Cached) -> None:
    assert not await cached.reuses(Answer({"Cache-Control": "max-age=60, must-understand"}, 599))
    assert not await cached.reuses(Answer({"Cache-Control": "max-age=60, no-store, must-understand"}, 599))


async def test_1_4_must_understand_and_a_known_status_overrules_no_store(cached: Cached) -> None:
    assert await cached.reuses(Answer({"Cache-Control": "max-age=60, no-store, must-understand"}, 200))


STATUSES = [200, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 404, 410, 414, 451, 499, 500, 502, 503, 504, 599]


@pytest.mark.parametrize("status", STATUSES)
async def test_1_5_every_status_is_stored_with_explicit_freshness(cached: Cached, status: int) -> None:
    first = await cached.get("/a", Answer({"Cache-Control": "max-age=60", "Location": "/b"}, status))
    assert first.status == status
    cached.clock.tick(59)
    second = await cached.get("/a")
    assert second.hit
    assert (second.status, second.body, second.get("location")) == (status, first.body, "/b")
    cached.clock.tick(2)
    assert not (await cached.get("/a")).hit


HOP_BY_HOP = [
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Upgrade",
]


@pytest.mark.parametrize("name", HOP_BY_HOP)
async def test_1_6_fields_of_one_hop_are_not_stored(cached: Cached, name: str) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=60", name: "marked"})
    second = await cached.get("/a")
    assert second.hit
    assert second.get(name) != "marked"


async def test_1_6_neither_are_the_fields_that_connection_names(cached: Cached) -> None:
    said = {"Cache-Control": "max-age=60", "Connection": "X-One, x-two", "X-One": "1", "X-Two": "2", "X-Three": "3"}
    for seen in (await cached.get("/a", said), await cached.get("/a")):
        assert "x-one" not in seen
        assert "x-two" not in seen
        assert seen.get("x-three") == "3"


KEPT = {
    "X-Anything": "a",
    "Content-Foo": "b",
    "Content-MD5": "rL0Y20zC+Fzt72VPzMSk2A==",
    "Content-Range": "unheard-of",
    "Content-Security-Policy": "default-src 'self'",
    "Content-Location": "/foo",
    "Content-Language": "de",
    "Set-Cookie": "a=b",
    "Set-Cookie2": "a=b",
    "Clear-Site-Data": '"cache"',
    "X-Frame-Options": "deny",
    "Link": "</a>; rel=canonical",
    "ETag": "unquoted",
    "Expires": "Fri, 01 Jan 2038 01:01:01 GMT",
}


@pytest.mark.parametrize("name", list(KEPT))
async def test_1_6_every_other_field_is_stored(cached: Cached, name: str) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=60", name: KEPT[name]})
    second = await cached.get("/a")
    assert second.hit
    assert [first.get(name), second.get(name)] == [KEPT[name], KEPT[name]]


async def test_1_6_repeated_lines_stay_apart(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=60", "Set-Cookie": ["a=1; Path=/", "b=2; Path=/"]})
    assert (await cached.get("/a")).all("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]


@pytest.mark.parametrize(("route", "hit", "cookie"), [("plain", True, "a=b"), ("strip", True, None)])
async def test_1_7_cookies_are_stored_or_stripped(cached: Cached, route: str, hit: bool, cookie: str | None) -> None:
    said = {"Cache-Control": "max-age=60", "Set-Cookie": "a=b"}
    for seen in (await cached.get("/a", said, route=route), second := await cached.get("/a", route=route)):
        assert seen.get("set-cookie") == cookie
    assert second.hit == hit


async def test_1_7_or_keep_an_answer_from_being_stored(cached: Cached) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=60", "Set-Cookie": "a=b"}, route="bypass")
    assert first.get("set-cookie") == "a=b"
    assert not (await cached.get("/a", {"Cache-Control": "max-age=60"}, route="bypass")).hit
    assert (await cached.get("/a", route="bypass")).hit


_HEAD = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
CUT = {
    "shorter than its length": _HEAD + b"Content-Length: 100\r\n\r\nten bytes.",
    "no byte of the body": _HEAD + b"Content-Length: 100\r\n\r\n",
    "no last chunk": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "half a chunk": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nhello",
    "a chunk size that is no number": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nmore",
}


@pytest.mark.parametrize("lie", list(CUT))
async def test_1_8_what_is_cut_short_is_never_stored(cached: Cached, lie: str) -> None:
    first = await cached.get("/a", Answer(raw=CUT[lie]))
    assert first.status >= 500 or not first.whole
    second = await cached.get("/a", Answer({"Cache-Control": "max-age=60"}, 200, b"all of it"))
    assert (second.hit, second.whole, second.text) == (False, True, "all of it")
    assert (await cached.get("/a")).hit


async def test_1_8_bytes_beyond_the_length_belong_to_no_answer(cached: Cached) -> None:
    more = _HEAD + b"Content-Length: 10\r\n\r\nten bytes. and quite some more"
    for seen in (await cached.get("/a", Answer(raw=more)), again := await cached.get("/a")):
        assert (seen.status, seen.text) == (200, "ten bytes.")
    assert again.hit


@pytest.mark.parametrize("directive", ["no-cache", "private"])
async def test_1_9_listed_fields_are_not_reused(cached: Cached, directive: str) -> None:
    said = {"Cache-Control": f'{directive}="x-one, X-Two", max-age=60', "X-One": "1", "X-Two": "2"}
    await cached.get("/a", said)
    second = await cached.get("/a")
    assert not second.hit or ("x-one" not in second and "x-two" not in second)


@pytest.mark.parametrize("said", ['extension="max-age=3600", max-age=1', 'max-age=1, extension="max-age=3600"'])
async def test_1_9_a_quoted_string_holds_no_directives(cached: Cached, said: str) -> None:
    assert not await cached.reuses({"Cache-Control": said}, later=2)
