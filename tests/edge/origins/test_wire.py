"""What happens on the wire besides a question and its answer: interim answers, streamed content, hostile origins."""

import asyncio
import itertools
import socket
import struct

import pytest

from edge.errors import BadGateway, GatewayError, GatewayTimeout
from edge.exchange import Fields
from edge.origins.base import Ask, Breaking, Refused
from edge.origins.client import Timeout
from edge.origins.http import Http
from tests.edge.origins.conftest import Reach, Script, Serve, always, answer, fetched

OK = answer(200, b"picture")


def then_close(reply: bytes) -> Script:
    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        writer.close()

    return script


def lines(*said: str) -> bytes:
    return "\r\n".join([*said, "", ""]).encode("latin-1")


async def failed(origin: Http, ask: Ask | str = "a") -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await asyncio.wait_for(fetched(origin, ask), 5)
    return caught.value


# Interim answers


async def test_interim_answers_are_handed_up_as_they_come(serve: Serve, reach: Reach) -> None:
    come = asyncio.Event()

    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(lines("HTTP/1.1 103 Early Hints", "Link: </a>", "Link: </b>", "Connection: X-Gone", "X-Gone: 1"))
        writer.write(lines("HTTP/1.1 100 Continue") + lines("HTTP/1.1 199 Odd", "X-Odd: \xfc"))
        await asyncio.wait_for(come.wait(), 5)
        writer.write(OK)

    told: list[tuple[int, Fields]] = []

    def interim(status: int, fields: Fields) -> None:
        told.append((status, fields))
        if status == 199:
            come.set()

    server = await serve(script)
    assert await fetched(reach(server.url), Ask("a", interim=interim)) == (200, b"picture")
    assert told == [(103, Fields([("link", "</a>"), ("link", "</b>")])), (199, Fields([("x-odd", "\udcfc")]))]


async def test_interim_fields_are_none_of_the_final_answer(serve: Serve, reach: Reach) -> None:
    server = await serve(always(lines("HTTP/1.1 103 X", "X-Early: 1") + OK))
    reply = await reach(server.url).fetch(Ask("a"))
    await reply.close()
    assert "x-early" not in reply.headers


async def test_each_ask_is_told_its_own_interim_answers(serve: Serve, reach: Reach) -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(lines("HTTP/1.1 103 X", f"Link: <{head.split(' ')[1]}>") + OK)

    server = await serve(script)
    origin = reach(server.url)
    told: dict[str, list[str | None]] = {"a": [], "b": []}

    def asking(key: str) -> Ask:
        return Ask(key, interim=lambda _, fields: told[key].append(fields.get("link")))

    asks = [asking(key) for key in told]
    await asyncio.gather(*(fetched(origin, ask) for ask in asks), fetched(origin, "c"))
    assert told == {"a": ["</a>"], "b": ["</b>"]}


async def test_an_origin_that_never_comes_to_the_point_is_a_bad_gateway(serve: Serve, reach: Reach) -> None:
    server = await serve(always(lines("HTTP/1.1 103 X") * 200 + OK))
    error = await failed(reach(server.url, retries=0))
    assert (error.status, error.error, error.disconnected) == (502, "http_protocol_error", False)


# Odd, but answers


@pytest.mark.parametrize("status", [299, 418, 499, 599, 600, 999])
@pytest.mark.parametrize("method", ["GET", "HEAD", "M-SEARCH", "FROB"])
async def test_any_status_answers_any_method(serve: Serve, reach: Reach, status: int, method: str) -> None:
    body = b"" if method == "HEAD" else b"odd"
    server = await serve(always(answer(status, body, "Content-Length: 3")))
    assert await fetched(reach(server.url), Ask("a", method=method, verbatim=True)) == (status, body)
    assert server.heads[0].startswith(f"{method} /a ")


async def test_a_verbatim_answer_may_be_of_any_size(serve: Serve, reach: Reach) -> None:
    server = await serve(always(OK))
    assert await fetched(reach(server.url, max_bytes=1), Ask("a", verbatim=True)) == (200, b"picture")


@pytest.mark.parametrize("verbatim", [True, False])
async def test_a_transfer_coding_that_is_none_ends_with_its_connection(
    serve: Serve, reach: Reach, verbatim: bool
) -> None:
    server = await serve(then_close(lines("HTTP/1.1 200 OK", "Transfer-Encoding: xyz", "X-A: 1") + b"picture"))
    origin = reach(server.url)
    for _ in range(2):
        reply = await origin.fetch(Ask("a", verbatim=verbatim))
        assert reply.headers == Fields([("x-a", "1")])
        assert b"".join([chunk async for chunk in reply.body()]) == b"picture"
        await reply.close()
    assert server.connections == 2


async def test_what_follows_a_bogus_transfer_coding_is_content_and_no_answer(serve: Serve, reach: Reach) -> None:
    smuggled = answer(200, b"smuggled")
    server = await serve(then_close(lines("HTTP/1.1 200 OK", "Transfer-Encoding: xyz") + smuggled))
    assert await fetched(reach(server.url), "a") == (200, smuggled)


@pytest.mark.parametrize(
    "value", ['"\xfc"', 'W/"\xc3\xbc"', "\xff\xfe", "a\tb"], ids=["latin-1", "utf-8", "neither", "tab"]
)
async def test_octets_of_an_answer_s_field_are_kept(serve: Serve, reach: Reach, value: str) -> None:
    server = await serve(always(answer(200, b"x", f"X-Odd: {value}")))
    reply = await reach(server.url).fetch(Ask("a"))
    await reply.close()
    assert (reply.headers.get("x-odd") or "").encode("utf-8", "surrogateescape") == value.encode("latin-1")


async def test_a_control_character_is_handed_up_as_a_space(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(200, b"x", "X-Odd: a\x01b\x7fc")))
    reply = await reach(server.url).fetch(Ask("a"))
    await reply.close()
    assert reply.headers.get("x-odd") == "a b c"


# No answers at all

NONSENSE = {
    "not HTTP": b"hello\r\n\r\n",
    "HTTP 0.9": b"picture",
    "no number": b"HTTP/1.1 abc X\r\n\r\n",
    "four digits": b"HTTP/1.1 1000 X\r\n\r\n",
    "a status below all": b"HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n",
    "another protocol": lines("HTTP/1.1 101 X", "Connection: upgrade", "Upgrade: websocket"),
    "two lengths": answer(200, b"picture", "Content-Length: 7", "Content-Length: 8"),
    "one length twice": answer(200, b"picture", "Content-Length: 7", "Content-Length: 7"),
    "a list of lengths": answer(200, b"picture", "Content-Length: 7, 7"),
    "a negative length": answer(200, b"picture", "Content-Length: -7"),
    "an endless length": answer(200, b"picture", f"Content-Length: {'9' * 40}"),
    "length and chunks": answer(200, b"0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked"),
    "length and coding": answer(200, b"picture", "Content-Length: 7", "Transfer-Encoding: xyz"),
    "a space in a name": answer(200, b"x", "X A: 1"),
    "a space behind a name": answer(200, b"x", "X-A : 1"),
    "no name": answer(200, b"x", ": 1"),
    "a bare carriage return": answer(200, b"x", "X-A: 1\r2"),
    "too many fields": answer(200, b"x", *[f"X-{number}: 1" for number in range(2000)]),
    "an endless field": answer(200, b"x", f"X-A: {'a' * 100_000}"),
    "an endless reason": b"HTTP/1.1 200 " + b"a" * 100_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("reply", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_is_a_bad_gateway_and_costs_its_connection(serve: Serve, reach: Reach, reply: bytes) -> None:
    server = await serve(always(reply))
    origin = reach(server.url, retries=0)
    for _ in range(2):
        error = await failed(origin, Ask("a", verbatim=True))
        assert isinstance(error, BadGateway)
        assert (error.error, error.disconnected) == ("http_protocol_error", False)
    assert server.connections == 2


@pytest.mark.parametrize("cuts", [(), (5,), (30,), (-6, -5)])
async def test_what_comes_beyond_the_length_is_no_part_of_the_answer(
    serve: Serve, reach: Reach, cuts: tuple[int, ...]
) -> None:
    reply = answer(200, b"picture", "Content-Length: 3")
    places = [0, *sorted(cut % len(reply) for cut in cuts), len(reply)]

    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        for begin, end in itertools.pairwise(places):
            writer.write(reply[begin:end])
            await writer.drain()
            await asyncio.sleep(0.005)

    server = await serve(script)
    origin = reach(server.url, retries=0)
    for _ in range(2):
        assert await fetched(origin, Ask("a", verbatim=True)) == (200, b"pic")
    assert server.connections == 2


GOOD = lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + b"4\r\ngood\r\n0\r\n\r\n"


@pytest.mark.parametrize("answered", [GOOD, answer(200, b"good")], ids=["chunks", "length"])
@pytest.mark.parametrize("beyond", [answer(200, b"evil"), lines("HTTP/1.1 103 Early Hints"), b"HTTP/1.1 200 OK\r\nX: "])
@pytest.mark.parametrize("cut", [-1, 0, 9], ids=["with the end", "alone", "with both"])
async def test_what_nobody_asked_for_is_no_answer_to_the_next_question(
    serve: Serve, reach: Reach, answered: bytes, beyond: bytes, cut: int
) -> None:
    said = answered + beyond
    place = len(answered) + cut

    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        for part in (said[:place], said[place:]):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)

    server = await serve(script)
    origin = reach(server.url, retries=0)
    for _ in range(3):
        assert await fetched(origin, Ask("a", verbatim=True)) == (200, b"good")
        await asyncio.sleep(0.03)
    assert server.connections == 3


@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_a_large_body_comes_whole_although_its_reader_is_slow(serve: Serve, reach: Reach, framing: str) -> None:
    body = bytes(range(256)) * 20_000
    head = lines(
        "HTTP/1.1 200 OK", "Transfer-Encoding: chunked" if framing == "chunks" else f"Content-Length: {len(body)}"
    )
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:1], body[1:])) + b"0\r\n\r\n"
    server = await serve(always(head + (chunks if framing == "chunks" else body)))
    origin = reach(server.url)
    for _ in range(2):
        reply = await origin.fetch(Ask("a", verbatim=True))
        await asyncio.sleep(0.02)
        assert b"".join([part async for part in reply.body()]) == body
        await reply.close()
    assert server.connections == 1


@pytest.mark.parametrize("coding", ["gzip", "gzip, chunked", "xyz, chunked", "Deflate ; q=1", "chunked, xyz"])
async def test_a_transfer_coding_that_nobody_asked_for_is_refused(serve: Serve, reach: Reach, coding: str) -> None:
    server = await serve(then_close(lines("HTTP/1.1 200 OK", f"Transfer-Encoding: {coding}") + b"1\r\nx\r\n0\r\n\r\n"))
    error = await failed(reach(server.url), Ask("a", verbatim=True))
    assert isinstance(error, BadGateway)


async def test_fields_without_end_stop(serve: Serve, reach: Reach) -> None:
    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"X-A: 1\r\n" * 1000)
            await writer.drain()

    server = await serve(script)
    assert (await failed(reach(server.url, retries=0))).status == 502


CUT = {
    "short of its length": answer(200, b"pict", "Content-Length: 7"),
    "short of its last chunk": lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + b"4\r\npict\r\n",
    "within a chunk": lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + b"7\r\npict",
}


@pytest.mark.parametrize("reply", CUT.values(), ids=CUT.keys())
async def test_an_answer_that_breaks_off_is_no_answer(serve: Serve, reach: Reach, reply: bytes) -> None:
    server = await serve(then_close(reply))
    error = await failed(reach(server.url))
    assert isinstance(error, BadGateway)
    assert (error.error, error.disconnected) == ("http_response_incomplete", True)


async def test_a_broken_connection_is_no_end_of_a_body_without_length(serve: Serve, reach: Reach) -> None:
    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(lines("HTTP/1.1 200 OK", "Connection: close") + b"pict")
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    server = await serve(script)
    error = await failed(reach(server.url))
    assert (error.status, error.error) == (502, "http_response_incomplete")


# Which trouble it was


async def test_a_closed_connection_is_told(serve: Serve, reach: Reach) -> None:
    server = await serve(then_close(b""))
    error = await failed(reach(server.url, retries=0))
    assert (error.status, error.error, error.disconnected) == (502, "connection_terminated", True)


async def test_silence_is_a_timeout(serve: Serve, reach: Reach) -> None:
    server = await serve(always(b""))
    slow = await failed(reach(server.url, timeout=Timeout(1, 0.05, 1), retries=0))
    never = await failed(reach(server.url, timeout=Timeout(1, 1, 0.05), retries=0))
    assert isinstance(slow, GatewayTimeout)
    assert isinstance(never, GatewayTimeout)
    assert [(error.error, error.disconnected) for error in (slow, never)] == [
        ("connection_read_timeout", True),
        ("http_response_timeout", True),
    ]


def closed_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return int(closed.getsockname()[1])


async def test_a_configured_origin_s_closed_port_is_told(reach: Reach) -> None:
    error = await failed(reach(f"http://127.0.0.1:{closed_port()}/", retries=0))
    assert (error.status, error.error, error.disconnected) == (502, "connection_refused", True)


async def test_where_a_redirect_led_cannot_be_told_from_what_is_forbidden(serve: Serve, reach: Reach) -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        where = {"/closed": f"http://127.0.0.1:{closed_port()}/", "/forbidden": "http://169.254.169.254/"}
        writer.write(answer(302, b"", f"Location: {where[head.split(' ')[1]]}"))

    server = await serve(script)
    told = [await failed(reach(server.url, retries=0), key) for key in ("closed", "forbidden")]
    assert {(error.status, error.sentence, error.error) for error in told} == {
        (502, told[0].sentence, "destination_unavailable")
    }
    assert [error.disconnected for error in told] == [True, False]


async def test_a_rule_of_ours_is_no_disconnection(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(200, b"x", "Content-Encoding: br")))
    error = await failed(reach(server.url))
    assert isinstance(error, Refused)
    assert (error.error, error.disconnected) == ("http_response_content_coding", False)


async def test_an_open_breaker_is_told_as_a_disconnection(serve: Serve, reach: Reach) -> None:
    server = await serve(always(b"nonsense\r\n\r\n"))
    origin = reach(server.url, retries=0, failures=1)
    assert isinstance(origin, Breaking)
    await failed(origin)
    error = await failed(origin)
    assert (origin.breaker_state, error.error, error.disconnected) == ("open", "destination_unavailable", True)
