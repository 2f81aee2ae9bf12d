"""Listeners that share sockets: who gets the connections, and what becomes of them when one closes."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from edge.http.listen import Bound, Listener, Shared, Sharing, _Door, bound


def sharing(of: Bound, name: str, turn: Sharing | None = None) -> Listener:
    async def handle(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=name)

    return Listener(handle, "", 0, None, 1.0, shared=Shared(tuple(sock.dup() for sock in of.sockets), turn))


async def ask(port: int, host: str = "127.0.0.1") -> str:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return (await reader.read()).partition(b"\r\n\r\n")[2].decode()
    finally:
        writer.close()


def port_of(of: Bound) -> int:
    return int(of.sockets[0].getsockname()[1])


async def test_connections_are_shared_out() -> None:
    public = bound("127.0.0.1", 0)
    listeners = [sharing(public, name) for name in "ab"]
    for listener in listeners:
        await listener.start()
    assert {listener.address for listener in listeners} == {public.address}
    answers = await asyncio.gather(*(ask(port_of(public)) for _ in range(60)))
    assert min(answers.count("a"), answers.count("b")) >= 10
    for listener in listeners:
        await listener.drain()
    public.close()


async def test_what_waits_when_one_drains_the_other_takes() -> None:
    public = bound("127.0.0.1", 0)
    first, second = sharing(public, "a"), sharing(public, "b")
    await first.start()
    await first.drain()
    waiting = [asyncio.ensure_future(ask(port_of(public))) for _ in range(5)]
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in waiting)
    await second.start()
    assert await asyncio.gather(*waiting) == ["b"] * 5
    await second.drain()
    public.close()


async def test_with_the_last_one_the_address_is_free() -> None:
    public = bound("127.0.0.1", 0)
    listener = sharing(public, "a")
    await listener.start()
    with pytest.raises(OSError, match="address already in use"):
        bound("127.0.0.1", port_of(public))
    port = port_of(public)
    public.close()
    await listener.drain()
    bound("127.0.0.1", port).close()


async def test_a_name_of_several_addresses_listens_on_all() -> None:
    public = bound("", 0)
    families = {sock.family for sock in public.sockets}
    assert socket.AF_INET in families
    listener = sharing(public, "a")
    await listener.start()
    for sock in public.sockets:
        host = "::1" if sock.family == socket.AF_INET6 else "127.0.0.1"
        assert await ask(int(sock.getsockname()[1]), host) == "a"
    await listener.drain()
    public.close()


async def test_a_unix_path_is_removed_by_whoever_bound_it_unless_a_successor_has_it(tmp_path: Path) -> None:
    path = str(tmp_path / "edge.sock")
    public = bound("", 0, path)
    listener = sharing(public, "a")
    await listener.start()
    assert listener.address == f"unix:{path}"
    await listener.drain()
    assert Path(path).exists()
    successor = bound("", 0, path)
    public.unlink()
    assert Path(path).exists()
    successor.unlink()
    assert not Path(path).exists()
    for each in (public, successor):
        each.close()


async def test_without_descriptors_it_waits_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.http.listen._PAUSE", 0.01)
    public = bound("127.0.0.1", 0)
    listener = sharing(public, "a")
    refusals = [OSError(24, "Too many open files"), OSError(24, "Too many open files")]

    class Short(socket.socket):
        def accept(self) -> tuple[socket.socket, object]:
            if refusals:
                raise refusals.pop()
            return super().accept()

    assert listener._shared is not None
    listener._shared = Shared(tuple(Short(fileno=sock.detach()) for sock in listener._shared.sockets))
    await listener.start()
    assert await ask(port_of(public)) == "a"
    assert refusals == []
    await listener.drain()
    public.close()


async def test_nobody_to_bind_for_is_a_sentence() -> None:
    with pytest.raises(OSError, match=r"192\.0\.2\.1.*cannot assign requested address"):
        bound("192.0.2.1", 0)


class Counts:
    """What two listeners tell each other."""

    def __init__(self, counts: dict[str, int], name: str) -> None:
        self._counts, self._name = counts, name

    def has(self, count: int) -> None:
        self._counts[self._name] = count

    def ahead(self) -> bool:
        return self._counts[self._name] > min(self._counts.values())

    def leaves(self) -> None:
        del self._counts[self._name]


async def hold_open(port: int, count: int) -> list[asyncio.StreamWriter]:
    """So many connections, one after the other."""
    writers = []
    for _ in range(count):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writers.append(writer)
    return writers


async def test_connections_that_stay_are_even() -> None:
    counts: dict[str, int] = {}
    public = bound("127.0.0.1", 0)
    listeners = [sharing(public, name, Counts(counts, name)) for name in "ab"]
    for listener in listeners:
        await listener.start()
    writers = await hold_open(port_of(public), 40)
    assert sum(counts.values()) == 40
    assert abs(counts["a"] - counts["b"]) <= 4
    for writer in writers:
        writer.close()
    for listener in listeners:
        await listener.drain()
    assert counts == {}
    public.close()


async def test_one_that_is_stuck_makes_nobody_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.http.listen.HOLD", 0.02)
    held: list[float] = []

    def rest(door: _Door, seconds: float, usual: Callable[[_Door, float], None] = _Door._rest) -> None:
        held.append(seconds)
        usual(door, seconds)

    monkeypatch.setattr(_Door, "_rest", rest)
    counts = {"stuck": 0}
    public = bound("127.0.0.1", 0)
    listener = sharing(public, "a", Counts(counts, "a"))
    await listener.start()
    writers = await hold_open(port_of(public), 130)
    assert counts["a"] == 130
    assert 5 <= len(held) <= 8  # after one, two, four … connections
    for writer in writers:
        writer.close()
    await listener.drain()
    public.close()
