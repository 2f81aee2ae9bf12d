"""Bodies under way: cut where they are too large, and never taken for whole when they broke off."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpServer

from edge.errors import BadGateway, GatewayTimeout, TooLarge
from edge.origins.base import Ask, OriginReply
from edge.origins.client import Timeout
from tests.edge.origins.conftest import Reach, Serve, always, answer, by_turn, fetched

OK = answer(200, b"picture")

# Limits (S3)


async def taken_until(error: type[Exception], reply: OriginReply) -> int:
    """How many bytes a reader got before the error that must come."""
    taken = 0
    try:
        async for chunk in reply.body():
            taken += len(chunk)
    except error:
        return taken
    pytest.fail(f"{taken} bytes without {error.__name__}")


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


async def test_a_length_beyond_the_limit_is_refused_before_the_body(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(200, b"only this", "Content-Length: 1000")))
    with pytest.raises(TooLarge):
        await reach(server.url, max_bytes=999).fetch(Ask("a"))


async def test_an_endless_body_is_cut_at_the_limit(aiohttp_server: AiohttpServer, reach: Reach) -> None:
    gone = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(1 << 16))
        finally:
            gone.set()

    app = web.Application()
    app.router.add_get("/a", handle)
    origin = reach(str((await aiohttp_server(app)).make_url("/")), max_bytes=1 << 20)
    reply = await origin.fetch(Ask("a"))
    assert await taken_until(TooLarge, reply) <= 1 << 20
    await reply.close()
    await asyncio.wait_for(gone.wait(), 5)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_compressed_body_is_inflated(serve: Serve, reach: Reach, coding: str) -> None:
    packed = (gzip.compress if coding == "gzip" else zlib.compress)(b"picture" * 999)
    server = await serve(always(answer(200, packed, f"Content-Encoding: {coding}")))
    reply = await reach(server.url).fetch(Ask("a"))
    assert b"".join([chunk async for chunk in reply.body()]) == b"picture" * 999
    assert (reply.length, "content-encoding" in reply.headers, "content-length" in reply.headers) == (
        None,
        False,
        False,
    )
    await reply.close()


async def test_a_bomb_is_cut_at_the_same_limit(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(200, gzip.compress(bytes(64 << 20), 9), "Content-Encoding: gzip")))
    reply = await reach(server.url, max_bytes=1 << 20).fetch(Ask("a"))
    assert await taken_until(TooLarge, reply) <= 1 << 20
    await reply.close()


async def test_empty_members_without_end_are_cut_as_well(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(200, gzip.compress(b"") * 500, "Content-Encoding: gzip")))
    with pytest.raises(TooLarge):
        await fetched(reach(server.url, max_bytes=len(gzip.compress(b"")) * 500 - 1), "a")


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
async def test_other_codings_are_a_bad_gateway(serve: Serve, reach: Reach, coding: str) -> None:
    server = await serve(always(answer(200, b"x", f"Content-Encoding: {coding}")))
    with pytest.raises(BadGateway, match="coding"):
        await fetched(reach(server.url), "a")


async def test_a_missing_original_stays_missing_whatever_its_page_is_coded_in(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(404, b"x", "Content-Encoding: br")))
    assert (await fetched(reach(server.url), "a"))[0] == 404


# Broken and slow answers


BROKEN = {
    "short": answer(200, b"pict", "Content-Length: 7"),
    "chunk cut": b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n7\r\npict",
    "no last chunk": b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"picture")[:-5],
    "chunk size": b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\npicture\r\n0\r\n\r\n",
    "gzip cut": answer(200, gzip.compress(b"picture")[:-4], "Content-Encoding: gzip"),
    "not http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "nothing": b"",
    "head cut": b"HTTP/1.1 200 X\r\nContent-Le",
    "two lengths": b"HTTP/1.1 200 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "huge head": b"HTTP/1.1 200 X\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_answer_is_a_bad_gateway_and_never_a_short_picture(
    serve: Serve, reach: Reach, name: str
) -> None:
    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(BROKEN[name])
        await writer.drain()
        writer.close()

    server = await serve(script)
    with pytest.raises(BadGateway) as caught:
        await fetched(reach(server.url, retries=0), "a")
    assert "127.0.0.1" not in caught.value.sentence


async def test_an_origin_that_never_answers_is_a_timeout(serve: Serve, reach: Reach) -> None:
    server = await serve(always(b""))
    with pytest.raises(GatewayTimeout):
        await fetched(reach(server.url, timeout=Timeout(1, 0.05, 5)), "a")
    assert len(server.heads) == 1


async def test_a_body_that_stalls_is_a_timeout(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(200, b"pict", "Content-Length: 7")))
    with pytest.raises(GatewayTimeout):
        await fetched(reach(server.url, timeout=Timeout(1, 0.05, 5)), "a")


async def test_a_body_that_trickles_ends_with_the_whole_time(aiohttp_server: AiohttpServer, reach: Reach) -> None:
    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=drops())

    app = web.Application()
    app.router.add_get("/a", handle)
    server = await aiohttp_server(app)
    with pytest.raises(GatewayTimeout):
        await fetched(reach(str(server.make_url("/")), timeout=Timeout(1, 1, 0.2)), "a")


async def test_a_body_left_unread_does_not_spoil_the_next_ask(serve: Serve, reach: Reach) -> None:
    server = await serve(by_turn(answer(200, b"long" * 99_999), OK))
    origin = reach(server.url, max_connections=1)
    reply = await origin.fetch(Ask("a"))
    await reply.close()
    await reply.close()
    assert await fetched(origin, "a") == (200, b"picture")
