"""Content that is sent to an origin as it comes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpServer

from edge.errors import BadGateway, BadRequest, GatewayTimeout
from edge.origins.base import Ask
from edge.origins.client import Timeout
from edge.origins.http import Http
from edge.origins.sending import TooSlow
from tests.edge.origins.conftest import Reach, Serve, always, answer, by_turn, fetched


async def refused(origin: Http, ask: Ask) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        await asyncio.wait_for(fetched(origin, ask), 5)
    return caught.value


async def chunks(*parts: bytes, failure: Exception | None = None) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if failure is not None:
        raise failure


async def echo(request: web.Request) -> web.Response:
    framing = request.headers.get("Content-Length") or request.headers.get("Transfer-Encoding")
    return web.Response(text=f"{request.method} {framing} {await request.text()}")


async def echoing(aiohttp_server: AiohttpServer) -> str:
    app = web.Application()
    app.router.add_route("*", "/{key}", echo)
    return str((await aiohttp_server(app)).make_url("/"))


@pytest.mark.parametrize(("length", "framing"), [(10, "10"), (None, "chunked")])
async def test_content_streams_framed_as_it_came(
    aiohttp_server: AiohttpServer, reach: Reach, length: int | None, framing: str
) -> None:
    origin = reach(await echoing(aiohttp_server))
    ask = Ask("a", method="PUT", content=chunks(b"01234", b"56789"), content_length=length, verbatim=True)
    assert await fetched(origin, ask) == (200, f"PUT {framing} 0123456789".encode())


async def test_no_content_is_said_to_be_none(aiohttp_server: AiohttpServer, reach: Reach) -> None:
    origin = reach(await echoing(aiohttp_server))
    assert await fetched(origin, Ask("a", method="POST", verbatim=True)) == (200, b"POST 0 ")
    ask = Ask("a", method="POST", content=chunks(), content_length=0, verbatim=True)
    assert await fetched(origin, ask) == (200, b"POST 0 ")


@pytest.mark.parametrize("parts", [(b"0123",), (b"012345678", b"9012")])
async def test_content_of_another_length_than_said_is_never_sent_as_whole(
    serve: Serve, reach: Reach, parts: tuple[bytes, ...]
) -> None:
    server = await serve(always(b""))
    ask = Ask("a", method="POST", content=chunks(*parts), content_length=10, verbatim=True)
    assert "as long as" in (await refused(reach(server.url), ask)).sentence


async def test_a_sender_that_breaks_off_is_its_own_error_and_no_failure_of_the_origin(
    serve: Serve, reach: Reach
) -> None:
    server = await serve(always(b""))
    origin = reach(server.url, failures=1)
    for _ in range(2):
        gone = BadRequest("The client broke off")
        ask = Ask("a", method="POST", content=chunks(b"x", failure=gone), verbatim=True)
        assert await refused(origin, ask) is gone
    assert origin.breaker_state == "closed"


async def test_streamed_content_is_never_sent_twice(serve: Serve, reach: Reach) -> None:
    server = await serve(by_turn(None))
    ask = Ask("a", content=chunks(b"x"), verbatim=True)
    with pytest.raises(BadGateway) as caught:
        await fetched(reach(server.url, retries=3), ask)
    assert (caught.value.disconnected, len(server.heads)) == (True, 1)


async def test_an_early_answer_ends_the_sending(serve: Serve, reach: Reach) -> None:
    stopped = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.01)
        finally:
            stopped.set()

    server = await serve(always(answer(413, b"too much")))
    ask = Ask("a", method="POST", content=endless(), verbatim=True)
    assert await fetched(reach(server.url), ask) == (413, b"too much")
    await asyncio.wait_for(stopped.wait(), 5)


async def slowly(count: int, size: int, pause: float) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(size)
        await asyncio.sleep(pause)


async def test_content_that_moves_may_take_longer_than_an_answer(aiohttp_server: AiohttpServer, reach: Reach) -> None:
    origin = reach(await echoing(aiohttp_server), timeout=Timeout(2, 2, 0.2))
    ask = Ask("a", method="POST", content=slowly(10, 64 << 10, 0.05), verbatim=True)
    assert (await fetched(origin, ask))[0] == 200


async def test_content_that_hardly_moves_is_the_client_s_fault(aiohttp_server: AiohttpServer, reach: Reach) -> None:
    origin = reach(await echoing(aiohttp_server), timeout=Timeout(2, 2, 0.1), failures=1)
    for _ in range(2):
        with pytest.raises(TooSlow):
            await fetched(origin, Ask("a", method="POST", content=slowly(50, 1, 0.02), verbatim=True))
    assert origin.breaker_state == "closed"


async def test_an_origin_that_does_not_take_content_is_at_fault(serve: Serve, reach: Reach) -> None:
    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    origin = reach((await serve(script)).url, timeout=Timeout(2, 2, 0.1))
    with pytest.raises(GatewayTimeout):
        await fetched(origin, Ask("a", method="POST", content=slowly(999, 1 << 20, 0), verbatim=True))
