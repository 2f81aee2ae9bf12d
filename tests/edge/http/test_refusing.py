"""What never gets through the public door, over a raw socket: requests that may be read in two ways."""

import asyncio

import pytest

from edge.http.listen import Listener
from edge.http.pictures import Pictures
from tests.edge.http.listening import Door, Got, Relay, Watched, answers, listening, no_picture, replying

H = b"Host: a.example\r\n"
ENDING = b"Connection: close\r\n\r\n"
SMUGGLED = b"GET /raw/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

TWO_WAYS = {
    "length and chunks": b"POST /raw/a HTTP/1.1\r\n"
    + H
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"POST /raw/a HTTP/1.1\r\n"
    + H
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /raw/a HTTP/1.1\r\n" + H + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
    "one length twice": b"POST /raw/a HTTP/1.1\r\n" + H + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": b"POST /raw/a HTTP/1.1\r\n" + H + b"Content-Length: 0, 0\r\n\r\n",
    "a signed length": b"POST /raw/a HTTP/1.1\r\n" + H + b"Content-Length: +0\r\n\r\n",
    "no coding": b"POST /raw/a HTTP/1.1\r\n" + H + b"Transfer-Encoding: xyz\r\n\r\n0\r\n\r\n",
    "chunks within a coding": b"POST /raw/a HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked, xyz\r\n\r\n0\r\n\r\n",
    "a coding within chunks": b"POST /raw/a HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "no coding within chunks": b"GET /raw/a HTTP/1.1\r\n" + H + b"Transfer-Encoding: xyz, chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"POST /raw/a HTTP/1.1\r\n"
    + H
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks behind a control": b"POST /raw/a HTTP/1.1\r\n" + H + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /raw/a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded line": b"GET /raw/a HTTP/1.1\r\n" + H + b"X-A: a\r\n b\r\n\r\n",
    "a bare carriage return": b"GET /raw/a HTTP/1.1\r\n" + H + b"X-A: a\rX-B: b\r\n\r\n",
    "a bare line feed": b"GET /raw/a HTTP/1.1\r\n" + H + b"X-A: a\nX-B: b\r\n\r\n",
    "only line feeds": b"GET /raw/a HTTP/1.1\nHost: a\n\n",
    "a NUL": b"GET /raw/a HTTP/1.1\r\n" + H + b"X-A: a\0b\r\n\r\n",
    "a control": b"GET /raw/a HTTP/1.1\r\n" + H + b"X-A: a\x01b\r\n\r\n",
    "a space behind a name": b"GET /raw/a HTTP/1.1\r\n" + H + b"X-A : a\r\n\r\n",
    "two hosts": b"GET /raw/a HTTP/1.1\r\n" + H + H + b"\r\n",
    "no host": b"GET /raw/a HTTP/1.1\r\n\r\n",
    "a host that is none": b"GET /raw/a HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n",
    "a host with a user": b"GET /raw/a HTTP/1.1\r\nHost: u@a\r\nConnection: close\r\n\r\n",
    "a host without end": b"GET /raw/a HTTP/1.1\r\nHost: " + b"a" * 400 + b"\r\nConnection: close\r\n\r\n",
    "another host in the target": b"GET http://b/raw/a HTTP/1.1\r\n" + H + ENDING,
    "a target that is none": b"GET raw/a HTTP/1.1\r\n" + H + b"\r\n",
    "a method that is none": b"G(T /raw/a HTTP/1.1\r\n" + H + b"\r\n",
    "too many fields": b"GET /raw/a HTTP/1.1\r\n" + H + b"X-A: a\r\n" * 1000 + b"\r\n",
}


@pytest.mark.parametrize("sent", TWO_WAYS.values(), ids=TWO_WAYS.keys())
async def test_what_may_be_read_in_two_ways_is_refused_and_ends_the_connection(sent: bytes) -> None:
    relay = Relay(replying(b"raw"))
    async with listening(relay.respond) as door:
        answered = await door.talk(sent + SMUGGLED)
    assert Got.of(answered).status == 400
    assert answers(answered) == 1
    assert relay.asked == []


@pytest.mark.parametrize("path", ["/raw/a", "/photos/a"])
@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
async def test_the_edge_neither_mirrors_nor_tunnels(method: str, path: str) -> None:
    relay = Relay(replying(b"raw"))
    to = "a.example:443" if method == "CONNECT" else path
    async with listening(relay.respond) as door:
        answered = await door.talk(f"{method} {to} HTTP/1.1\r\n".encode() + H + b"Cookie: secret\r\n" + ENDING)
    assert (Got.of(answered).status, Got.of(answered).one("allow")) == (405, b"GET, HEAD, OPTIONS")
    assert (b"secret" in answered, relay.asked) == (False, [])


async def test_a_tunnel_that_was_refused_carries_nothing() -> None:
    relay = Relay(replying(b"raw"))
    async with listening(relay.respond) as door:
        answered = await door.talk(b"CONNECT a.example:443 HTTP/1.1\r\n" + H + b"\r\n" + SMUGGLED)
    assert (answers(answered), relay.asked) == (1, [])


async def test_the_server_itself_answers_for_its_options() -> None:
    relay = Relay(replying(b"raw"))
    async with listening(relay.respond) as door:
        got = Got.of(await door.talk(b"OPTIONS * HTTP/1.1\r\n" + H + ENDING))
        ended = await door.get("/raw/a", "OPTIONS", "Max-Forwards: 0")
        assert relay.asked == []
        await door.get("/raw/a", "OPTIONS", "Max-Forwards: 1")
    assert [(one.status, one.one("allow"), one.body) for one in (got, ended)] == [(204, b"GET, HEAD, OPTIONS", b"")] * 2
    assert len(relay.asked) == 1


@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
async def test_another_protocol_is_not_spoken_and_nothing_after_its_offer_is_misread(protocol: str) -> None:
    relay = Relay(replying(b"raw"))
    async with listening(relay.respond) as door:
        upgrade = f"GET /raw/a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: {protocol}\r\n\r\n".encode()
        got = Got.of(
            await door.talk(upgrade + b"POST /raw/b HTTP/1.1\r\n" + H + b"Content-Length: 99\r\n\r\n" + SMUGGLED)
        )
    assert (got.status, got.one("connection"), got.body) == (200, b"close", b"raw")
    assert [asked.path for asked in relay.asked] == ["/raw/a"]


@pytest.mark.parametrize("version", ["0.9", "2.0", "3.1"])
async def test_another_version_is_not_spoken(version: str) -> None:
    relay = Relay(replying(b"raw"))
    async with listening(relay.respond) as door:
        answered = await door.talk(f"GET /raw/a HTTP/{version}\r\n".encode() + H + b"\r\n")
    assert (b" 400 " in answered.split(b"\r\n")[0], relay.asked) == (True, [])


async def test_requests_in_a_row_are_answered_in_their_order() -> None:
    async with listening(lambda request: replying(request.path.encode())(request)) as door:
        sent = b"".join(b"GET /raw/%d HTTP/1.1\r\n" % number + H + b"\r\n" for number in range(3))
        answered = await door.talk(sent + b"GET /raw/3 HTTP/1.1\r\n" + H + ENDING)
    assert [part[:6] for part in answered.split(b"\r\n\r\n")[1:]] == [b"/raw/0", b"/raw/1", b"/raw/2", b"/raw/3"]


async def test_more_connections_than_allowed_are_told_so() -> None:
    watched = Watched()
    pictures = Pictures(no_picture, watched, max_connections=1)
    listener = Listener(pictures.handle, "127.0.0.1", 0, None, 1.0)
    pictures.server = listener.server
    await listener.start()
    door = Door(listener.port, watched)
    _, idle = await asyncio.open_connection("127.0.0.1", listener.port)
    assert (await door.get()).status == 503
    idle.close()
    await listener.drain()
    assert watched.failures == ["Unavailable"]
