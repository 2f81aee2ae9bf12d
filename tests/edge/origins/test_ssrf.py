"""Nothing makes the edge connect to where it must not (T1, S1)."""

import socket
from typing import Any

import aiohttp
import pytest

from edge.errors import BadGateway
from edge.origins import client as module
from edge.origins.base import UNREACHABLE, Refused
from edge.origins.guard import guarded_socket_factory
from tests.edge.origins.conftest import Reach, Serve, Server, always, answer, count_sockets, fetched, to

OK = answer(200, b"picture")

ADDRESSES = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[::]",
    "0.0.0.0",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "2130706433",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "127.0.0.2",
    "127.0.0.1.",
]


@pytest.mark.parametrize("host", ADDRESSES)
async def test_no_spelling_of_a_private_address_is_connected_to(serve: Serve, reach: Reach, host: str) -> None:
    inside = await serve(always(OK))
    origin = reach(f"http://{host}:{inside.port}/", allow_private=False)
    with pytest.raises(BadGateway) as caught:
        await fetched(origin, "a")
    assert (inside.connections, caught.value.sentence) == (0, UNREACHABLE)


@pytest.mark.parametrize(
    "names", [["127.0.0.1"], ["::1", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.1", "127.0.0.1"]]
)
async def test_no_name_that_resolves_to_a_private_address_is_connected_to(
    serve: Serve, reach: Reach, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    inside = await serve(always(OK))
    resolve_to(monkeypatch, names)
    made = count_sockets(monkeypatch)
    with pytest.raises(Refused) as caught:
        await fetched(reach(f"http://shop.example.com:{inside.port}/", allow_private=False), "a")
    assert (inside.connections, made, caught.value.sentence) == (0, [], UNREACHABLE)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{}/",
        "//localhost:{}/",
        "http://[::ffff:127.0.0.1]:{}/",
        "http://[::1]:{}/",
        "http://0x7f.1:{}/",
    ],
)
async def test_no_redirect_reaches_inside(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, reach: Reach, location: str
) -> None:
    inside = await serve(always(OK))
    outside = await serve(always(to(location.format(inside.port))))
    let_through(monkeypatch, outside)
    with pytest.raises(BadGateway) as caught:
        await fetched(reach(outside.url, allow_private=False), "a")
    assert (len(outside.heads), inside.connections, caught.value.sentence) == (1, 0, UNREACHABLE)


async def test_open_and_closed_ports_inside_look_alike(serve: Serve, reach: Reach) -> None:
    inside = await serve(always(OK))
    sentences = set()
    for port in (inside.port, 9):
        with pytest.raises(BadGateway) as caught:
            await fetched(reach(f"http://127.0.0.1:{port}/", allow_private=False), "a")
        sentences.add((caught.value.sentence, caught.value.status))
    assert len(sentences) == 1


async def test_refusals_are_not_retried_and_leave_the_breaker_closed(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve_to(monkeypatch, ["10.0.0.1", "10.0.0.2"])
    origin = reach("http://shop.example.com/", allow_private=False, failures=1)
    for _ in range(3):
        with pytest.raises(Refused):
            await fetched(origin, "a")
    assert "Breaker(closed, 0 of 1 failures)" in repr(origin)
    assert len(asked) == 1  # and the answer of the resolver is kept for a while


async def test_a_name_that_does_not_resolve_says_no_more_than_a_refused_one(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, None)
    with pytest.raises(BadGateway) as caught:
        await fetched(reach("http://shop.example.com/"), "a")
    assert caught.value.sentence == UNREACHABLE


def resolve_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str] | None) -> list[str]:
    asked: list[str] = []

    async def resolve(_: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        asked.append(host)
        if addresses is None:
            raise OSError("no such name")
        return [
            {"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0} for one in addresses
        ]

    monkeypatch.setattr(aiohttp.DefaultResolver, "resolve", resolve)
    return asked


def let_through(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """Treat this one server as if it stood outside; all others stay behind the guard."""

    def factory(allow_private: bool) -> Any:
        return lambda info: (
            socket.socket(*info[:3]) if info[4][1] == server.port else guarded_socket_factory(allow_private)(info)
        )

    monkeypatch.setattr(module, "guarded_socket_factory", factory)
