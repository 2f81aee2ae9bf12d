"""A web server as an origin: what is asked of it, and what of its answer is handed up."""

import asyncio
import gzip

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_aiohttp.plugin import AiohttpServer
from yarl import URL

from edge.errors import BadRequest
from edge.exchange import Fields
from edge.origins.base import Ask, Refused
from edge.origins.http import Http
from tests.edge.origins.conftest import Reach, Serve, always, answer, by_turn, fetched, to

OK = answer(200, b"picture")
USUAL = {"host", "user-agent", "accept-encoding", "via", "cdn-loop"}


def target(head: str) -> str:
    return head.split(" ")[1]


def names(head: str) -> set[str]:
    return {line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line}


# Keys become URLs


@pytest.mark.parametrize(
    ("base", "key", "query", "path"),
    [
        ("", "", "", "/"),
        ("media", "a/b.jpg", "", "/media/a/b.jpg"),
        ("media/", "a/b.jpg", "", "/media/a/b.jpg"),
        ("m%20x/", "ä b.jpg", "", "/m%20x/%C3%A4%20b.jpg"),
        ("", "a?b#c.jpg", "", "/a%3Fb%23c.jpg"),
        ("", "100%.jpg", "", "/100%25.jpg"),
        ("", "%2e%2e/x", "", "/%252e%252e/x"),
        ("", "a//b", "", "/a//b"),
        ("", "/evil.example/x", "", "//evil.example/x"),
        ("m/", "/x", "", "/m//x"),
        ("", "http://evil.example/", "", "/http://evil.example/"),
        ("", "@evil.example", "", "/@evil.example"),
        ("", "w_1,h_2/a;b=c!$&'()*:@.jpg", "", "/w_1,h_2/a;b=c!$&'()*:@.jpg"),
        ("", "a+b.jpg", "", "/a%2Bb.jpg"),
        ("", "…/...", "", "/%E2%80%A6/..."),
        ("", "\udcff.jpg", "", "/%FF.jpg"),
        ("", "a", "x=1&y=%2F+%zz&&", "/a?x=1&y=%2F+%zz&&"),
        ("", "a", "x=#ä \r\n", "/a?x=%23%C3%A4%20%0D%0A"),
    ],
)
async def test_a_key_is_encoded_below_the_base(
    serve: Serve, reach: Reach, base: str, key: str, query: str, path: str
) -> None:
    server = await serve(always(OK))
    assert await fetched(reach(server.url + base), Ask(key, query)) == (200, b"picture")
    assert target(server.heads[0]) == path


@pytest.mark.parametrize(
    "key",
    [
        "..",
        ".",
        "../x",
        "a/../b",
        "a/.",
        "./a",
        "a/..;/b",
        "a/..;x=1/b",
        ".;/a",
        "a\\b",
        "..\\x",
        "a\0",
        "\r\n",
        "\x7f",
        "\ud800",
    ],
    ids=ascii,
)
async def test_keys_that_could_leave_the_base_are_refused_before_any_connection(
    serve: Serve, reach: Reach, key: str
) -> None:
    server = await serve(always(OK))
    with pytest.raises(BadRequest):
        await fetched(reach(server.url + "media/"), key)
    assert server.connections == 0


@settings(max_examples=150)
@given(st.text(max_size=40), st.text(max_size=20))
def test_no_key_and_no_query_change_the_host_or_leave_the_path(key: str, query: str) -> None:
    origin = Http("shop", "https://shop.example.com/media/")
    try:
        url = origin._url(Ask(key, query))
    except (BadRequest, UnicodeEncodeError):
        return
    assert (url.scheme, url.raw_host, url.port, url.raw_fragment) == ("https", "shop.example.com", 443, "")
    assert url.raw_path.startswith("/media/")
    assert URL(str(url)).raw_path.startswith("/media/")  # and not after dots were taken out either
    assert str(url).isascii()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop",
        "ftp://shop/",
        "//shop/",
        "http://",
        "http://u:p@shop/",
        "http://shop/#x",
        "http://shop/?x",
        "http://s:0/",
        "http://s:99999/",
        "file:///etc/",
    ],
)
def test_what_is_no_base_url_stops_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="Expected a"):
        Http("shop", url)


# What is sent


async def test_only_our_own_fields_and_those_of_the_ask_are_sent(serve: Serve, reach: Reach) -> None:
    server = await serve(always(OK))
    await fetched(reach(server.url), Ask("a", headers=Fields([("If-None-Match", '"x"')])))
    head = server.heads[0]
    assert names(head) == {*USUAL, "if-none-match"}
    assert "User-Agent: image-edge\r\nAccept-Encoding: identity\r\n".lower() in head.lower()


async def test_the_operator_s_fields_win_over_forwarded_ones(serve: Serve, reach: Reach) -> None:
    server = await serve(always(OK))
    origin = reach(server.url, headers={"Authorization": "Bearer ours", "User-Agent": "shop-edge"})
    await fetched(origin, Ask("a", headers=Fields([("authorization", "Bearer theirs"), ("accept-encoding", "br")])))
    assert "ours" in server.heads[0]
    assert "shop-edge" in server.heads[0]
    assert "theirs" not in server.heads[0]
    assert "br" not in server.heads[0].split("\r\n\r\n")[0].partition("Accept-Encoding")[2]


async def test_fields_of_one_connection_are_not_forwarded(serve: Serve, reach: Reach) -> None:
    server = await serve(always(OK))
    lines = [
        "Connection: X-Gone, close",
        "X-Gone: 1",
        "TE: trailers",
        "Upgrade: h2c",
        "Host: evil",
        "Content-Length: 9",
    ]
    lines += ["Transfer-Encoding: chunked", "Expect: 100-continue", "Proxy-Authorization: secret", "X-Kept: 1"]
    fields = Fields((name, value) for name, _, value in (line.partition(": ") for line in lines))
    await fetched(reach(server.url), Ask("a", headers=fields))
    assert names(server.heads[0]) == {*USUAL, "x-kept"}
    assert "evil" not in server.heads[0]


@pytest.mark.parametrize("line", [("x-a", "1\r\nX-B: 2"), ("x-a", "1\0"), ("x-a\r\nx-b", "1")])
async def test_a_field_cannot_smuggle_another_in(serve: Serve, reach: Reach, line: tuple[str, str]) -> None:
    server = await serve(always(OK))
    with pytest.raises(BadRequest):
        await fetched(reach(server.url), Ask("a", headers=Fields([line])))
    assert server.connections == 0


async def test_a_validator_is_replayed_octet_for_octet(serve: Serve, reach: Reach) -> None:
    for octets in (b'"abcdef\xfc"', '"abcdefü"'.encode()):
        server = await serve(always(answer(200, b"x", f"ETag: {octets.decode('latin-1')}")))
        reply = await reach(server.url).fetch(Ask("a"))
        await reply.close()
        etag = reply.headers.get("etag") or ""
        await fetched(reach(server.url), Ask("a", headers=Fields([("if-none-match", etag)])))
        assert f"\r\nif-none-match: {octets.decode('latin-1')}\r\n" in server.heads[1]


@pytest.mark.parametrize("value", ["a\ud800", "a\x01", "a\x7f"], ids=ascii)
async def test_what_no_message_can_hold_is_not_sent(serve: Serve, reach: Reach, value: str) -> None:
    server = await serve(always(OK))
    await fetched(reach(server.url), Ask("a", headers=Fields([("x-odd", value), ("x-even", "\tb")])))
    assert names(server.heads[0]) == {*USUAL, "x-even"}


async def test_where_a_message_has_been_is_told_at_home_and_abroad(serve: Serve, reach: Reach) -> None:
    there = await serve(always(OK))
    here = await serve(always(to(there.url)))
    came = Fields([("via", "1.0 a"), ("via", "1.1 b"), ("cdn-loop", "other; x=y")])
    await fetched(reach(here.url, pseudonym="image-edge-1"), Ask("a", headers=came))
    for head in (here.heads[0], there.heads[0]):
        assert "\r\nvia: 1.0 a, 1.1 b, 1.1 image-edge\r\n" in head.lower()
        assert "\r\ncdn-loop: other; x=y, image-edge-1\r\n" in head.lower()


async def test_max_forwards_shrinks_where_it_counts(serve: Serve, reach: Reach) -> None:
    server = await serve(always(OK))
    for method in ("OPTIONS", "GET"):
        ask = Ask("a", method=method, headers=Fields([("max-forwards", "5")]), verbatim=True)
        await fetched(reach(server.url), ask)
    assert "max-forwards: 4\r\n" in server.heads[0].lower()
    assert "max-forwards: 5\r\n" in server.heads[1].lower()


async def test_cookies_are_not_kept(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(200, b"x", "Set-Cookie: a=b; Path=/")))
    origin = reach(server.url)
    for _ in range(2):
        await fetched(origin, "a")
    assert "cookie" not in names(server.heads[1])


async def test_a_proxy_of_the_environment_is_not_asked(
    serve: Serve, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = await serve(always(OK)), await serve(always(OK))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    await fetched(reach(server.url), "a")
    assert (proxy.connections, server.connections) == (0, 1)


async def test_connections_are_used_again(serve: Serve, reach: Reach) -> None:
    server = await serve(always(OK))
    origin = reach(server.url)
    for _ in range(3):
        await fetched(origin, "a")
    assert (server.connections, len(server.heads)) == (1, 3)


async def test_no_more_connections_are_opened_than_allowed(aiohttp_server: AiohttpServer, reach: Reach) -> None:
    together, most = 0, 0

    async def handle(_: web.Request) -> web.Response:
        nonlocal together, most
        together += 1
        most = max(most, together)
        await asyncio.sleep(0.01)
        together -= 1
        return web.Response(body=b"x")

    app = web.Application()
    app.router.add_get("/{key}", handle)
    server = await aiohttp_server(app)
    origin = reach(str(server.make_url("/")), max_connections=2)
    await asyncio.gather(*(fetched(origin, f"{number}") for number in range(8)))
    assert most == 2


# What is handed up


async def test_fields_of_the_connection_and_orders_to_a_front_stay_behind(serve: Serve, reach: Reach) -> None:
    lines = [
        "Connection: X-Hop, keep-alive",
        "X-Hop: 1",
        "Keep-Alive: timeout=5",
        "Proxy-Authenticate: Basic",
        "Trailer: X",
    ]
    lines += ["X-Accel-Redirect: /etc/passwd", "X-Sendfile: /etc/passwd", "ETag: odd", "Vary: A", "Vary: B", "Age: 1"]
    server = await serve(always(answer(200, b"x", *lines)))
    reply = await reach(server.url).fetch(Ask("a"))
    await reply.close()
    assert {name for name, _ in reply.headers} == {"etag", "vary", "age", "content-length"}
    assert reply.headers.get("vary") == "A, B"
    assert reply.headers.get("etag") == "odd"


@pytest.mark.parametrize("status", [200, 203, 204, 299, 400, 401, 403, 404, 410, 418, 429, 500, 501, 599])
async def test_every_status_is_a_reply(serve: Serve, reach: Reach, status: int) -> None:
    server = await serve(always(answer(status)))
    assert await fetched(reach(server.url), "a") == (status, b"")


async def test_304_is_a_reply_to_a_conditional_ask_only(serve: Serve, reach: Reach) -> None:
    server = await serve(always(b'HTTP/1.1 304 X\r\nETag: "x"\r\nContent-Length: 99999999999\r\n\r\n'))
    origin = reach(server.url)
    reply = await origin.fetch(Ask("a", headers=Fields([("if-none-match", '"x"')])))
    assert (reply.status, reply.length, reply.headers.get("etag")) == (304, 0, '"x"')
    await reply.close()
    with pytest.raises(Refused, match="304"):
        await origin.fetch(Ask("a"))


async def test_a_part_is_taken_only_when_a_part_was_asked_for(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(206, b"pi", "Content-Range: bytes 0-1/7")))
    with pytest.raises(Refused, match="part"):
        await fetched(reach(server.url), "a")
    assert await fetched(reach(server.url), Ask("a", headers=Fields([("range", "bytes=0-1")]))) == (206, b"pi")


async def test_a_reply_says_what_it_is(serve: Serve, reach: Reach) -> None:
    server = await serve(always(OK))
    origin = reach(server.url)
    reply = await origin.fetch(Ask("a"))
    assert (repr(reply), reply.length, reply.fd, reply.hops) == ("HttpReply(200, 7 bytes)", 7, -1, ())
    await reply.close()
    assert repr(origin).startswith("Http('shop', Client(Breaker(closed, 0 of 5 failures), RetryBudget(")


# Raw routes


async def test_verbatim_asks_hand_everything_on_as_it_came(serve: Serve, reach: Reach) -> None:
    packed = gzip.compress(b"text")
    server = await serve(
        by_turn(
            answer(200, packed, "Content-Encoding: gzip"),
            answer(302, b"", "Location: http://169.254.169.254/"),
            answer(206, b"pi", "Content-Range: bytes 0-1/7"),
            answer(503, b"busy"),
        )
    )
    origin = reach(server.url)
    ask = Ask("a", headers=Fields([("accept-encoding", "br")]), verbatim=True)
    replies = [await fetched(origin, ask) for _ in range(4)]
    assert replies == [(200, packed), (302, b""), (206, b"pi"), (503, b"busy")]
    assert len(server.heads) == 4
    assert "Accept-Encoding: br" in server.heads[0].replace("accept-encoding", "Accept-Encoding")


async def test_other_methods_travel_with_their_content(aiohttp_server: AiohttpServer, reach: Reach) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.method} {await request.text()} {request.headers.get('Content-Type')}")

    app = web.Application()
    app.router.add_route("*", "/{key}", handle)
    origin = reach(str((await aiohttp_server(app)).make_url("/")))
    ask = Ask("a", method="PUT", content=b"new", headers=Fields([("content-type", "text/x")]), verbatim=True)
    assert await fetched(origin, ask) == (200, b"PUT new text/x")
    assert await fetched(origin, Ask("a", method="HEAD", verbatim=True)) == (200, b"")


async def test_closing_an_origin_that_was_never_asked_is_fine(reach: Reach) -> None:
    await reach("http://127.0.0.1:9/").close()
