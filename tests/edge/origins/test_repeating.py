"""What is asked again where a connection that had served before ended without a word."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpServer

from edge.errors import BadGateway
from edge.origins.base import Ask
from edge.origins.http import Http
from tests.edge.origins.conftest import Reach, Serve, answer, by_turn, fetched


async def spoken(text: bytes) -> AsyncIterator[bytes]:
    yield text


async def after_another(origin: Http, ask: Ask) -> tuple[int, bytes]:
    """On the connection that it left."""
    await fetched(origin, "first")
    return await fetched(origin, ask)


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "PUT"])
async def test_what_is_idempotent_is_asked_again_where_a_used_connection_was_left(
    serve: Serve, reach: Reach, method: str
) -> None:
    server = await serve(by_turn(answer(200), None, answer(200, b"done")))
    assert await after_another(reach(server.url), Ask("a", method=method, verbatim=True)) == (200, b"done")
    assert (server.connections, [head.split()[0] for head in server.heads]) == (2, ["GET", method, method])


async def test_short_content_is_sent_again_whole(aiohttp_server: AiohttpServer, reach: Reach) -> None:
    came: list[bytes] = []

    async def handle(request: web.BaseRequest) -> web.Response:
        came.append(await request.read())
        if len(came) == 2:
            assert request.transport is not None
            request.transport.abort()
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{key}", handle)
    server = await aiohttp_server(app)
    ask = Ask("a", method="PUT", content=spoken(b"content"), content_length=7, verbatim=True)
    assert (await after_another(reach(str(server.make_url("/"))), ask))[0] == 200
    assert came == [b"", b"content", b"content"]


@pytest.mark.parametrize(
    "ask",
    [
        Ask("a", method="POST", verbatim=True),
        Ask("a", method="PUT", content=spoken(b"content"), verbatim=True),
        Ask("a", method="PUT", content=spoken(bytes(70_000)), content_length=70_000, verbatim=True),
    ],
    ids=["unsafe", "of no known length", "long"],
)
async def test_what_cannot_be_repeated_is_asked_once(serve: Serve, reach: Reach, ask: Ask) -> None:
    server = await serve(by_turn(answer(200), None, answer(200)))
    with pytest.raises(BadGateway):
        await after_another(reach(server.url), ask)
    assert len(server.heads) == 2


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 103 Early Hints\r\n\r\n"])
async def test_an_answer_that_began_is_not_asked_for_again(serve: Serve, reach: Reach, begun: bytes) -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200) if head.startswith("GET") else begun)
        if not head.startswith("GET"):
            await writer.drain()
            writer.close()

    server = await serve(script)
    with pytest.raises(BadGateway):
        await after_another(reach(server.url), Ask("a", method="DELETE", verbatim=True))
    assert len(server.heads) == 2


async def test_on_a_new_connection_only_what_is_safe_is_asked_again(serve: Serve, reach: Reach) -> None:
    server = await serve(by_turn(None, answer(200)))
    with pytest.raises(BadGateway):
        await fetched(reach(server.url), Ask("a", method="DELETE", verbatim=True))
    assert len(server.heads) == 1
