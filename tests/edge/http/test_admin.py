"""What operators may tell the edge."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from edge.errors import BadRequest
from edge.http.admin import Admin
from edge.http.listen import Listener
from edge.originals.purge import Order
from tests.edge.http.listening import Door, Got, Watched

TOKEN = "Authorization: Bearer secret"


class Desk:
    def __init__(self) -> None:
        self.orders: list[Order] = []

    async def purge(self, order: Order) -> int:
        if order.value == "nowhere":
            raise BadRequest("No route serves this")
        self.orders.append(order)
        return 3


async def explained(_: object) -> Mapping[str, object]:
    return {"route": "/"}


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[tuple[Door, Desk]]:
    orders = Desk()
    admin = Admin(explained, lambda: b"", lambda: {"ready": True}, dict, token="secret", purge=orders.purge)
    listener = Listener(admin.handle, "127.0.0.1", 0, None, 1.0)
    await listener.start()
    yield Door(listener.port, Watched()), orders
    await listener.drain()


async def purge(door: Door, told: Any, *lines: str) -> Got:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return await door.get("/purge", "POST", *(lines or (TOKEN,)), body=body)


@pytest.mark.parametrize(
    ("told", "order"),
    [
        ({"url": "/photos/a.jpg?w=1"}, Order("url", "/photos/a.jpg?w=1")),
        ({"url": "https://a.example/b"}, Order("url", "https://a.example/b")),
        ({"prefix": "/photos/", "soft": False}, Order("prefix", "/photos/")),
        ({"tag": "ü b", "soft": True}, Order("tag", "ü b", soft=True)),
        ({"all": True, "soft": True}, Order("all", "", soft=True)),
    ],
)
async def test_an_order_is_carried_out_and_counted(desk: tuple[Door, Desk], told: Any, order: Order) -> None:
    door, orders = desk
    got = await purge(door, told)
    assert (got.status, json.loads(got.body), orders.orders) == (200, {"purged": 3}, [order])
    assert got.one("cache-control") == b"no-store"


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"nonsense",
        b"\xff",
        b"[" * 100_000,
        [],
        "all",
        None,
        {},
        {"soft": True},
        {"url": "/a", "tag": "b"},
        {"url": "/a", "all": False},
        {"all": False},
        {"all": 1},
        {"all": "yes"},
        {"url": ""},
        {"url": 1},
        {"tag": None},
        {"prefix": ["/a"]},
        {"url": "/a", "soft": 1},
        {"url": "/a", "soft": "\ud800"},
        {"url": "/a", "hard": True},
        {"\ud800": 1},
        {"tag": "\ud800"},
        {"url": "nowhere"},
    ],
    ids=lambda told: ascii(told)[:40],
)
async def test_what_is_no_order_is_one_sentence(desk: tuple[Door, Desk], told: Any) -> None:
    door, orders = desk
    got = await purge(door, told)
    assert (got.status, got.one("content-type"), orders.orders) == (400, b"application/problem+json", [])
    assert json.loads(got.body)["detail"]


async def test_an_order_has_an_end(desk: tuple[Door, Desk]) -> None:
    door, orders = desk
    assert (await purge(door, {"url": "x" * (2 << 20)})).status == 413
    assert (await purge(door, {"url": "x" * (1 << 19)})).status == 200
    assert len(orders.orders) == 1


async def test_an_order_is_posted_by_whoever_has_the_token(desk: tuple[Door, Desk]) -> None:
    door, orders = desk
    assert (await purge(door, {"all": True}, "Accept: */*")).status == 401
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        got = await door.get("/purge", method, TOKEN)
        assert (got.status, got.one("allow")) == (405, b"POST")
    assert orders.orders == []


@pytest.mark.parametrize("site", ["https://evil.example", "null", "http://a.example:1"])
async def test_a_page_of_another_site_cannot_order(desk: tuple[Door, Desk], site: str) -> None:
    door, orders = desk
    assert (await purge(door, {"all": True}, TOKEN, f"Origin: {site}")).status == 403
    assert orders.orders == []
    assert (await purge(door, {"all": True}, TOKEN, "Origin: http://A.example")).status == 200


async def test_without_a_purger_there_is_no_such_page() -> None:
    admin = Admin(explained, lambda: b"", lambda: {"ready": True}, dict)
    listener = Listener(admin.handle, "127.0.0.1", 0, None, 1.0)
    await listener.start()
    assert (await purge(Door(listener.port, Watched()), {"all": True})).status == 404
    await listener.drain()
