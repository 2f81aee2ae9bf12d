"""What is on disk outlives the process, what was purged does not come back, and what is broken is never served."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conformance.harness import Cached, Clock, picture, standing
from tests.conformance.origin import Origin
from tests.conformance.wire import Headers, Seen

LONG = {"Cache-Control": "max-age=8640000", "ETag": '"v"'}
SHORT = {"Cache-Control": "max-age=60", "ETag": '"v"'}
LARGE = bytes(range(256)) * 4096
FOLDER = "/restart"


@dataclass
class Before:
    """The first life: what it left in `disk`, and what clients saw then."""

    disk: Path
    origin: Origin
    clock: Clock
    seen: dict[str, Seen]

    @asynccontextmanager
    async def again(self, place: Path, clock: Clock | None = None) -> AsyncIterator[Cached]:
        """A further life, in a copy of the folder unless `place` has one already."""
        if not place.exists():
            shutil.copytree(self.disk, place)
        async with standing(self.origin, clock or self.clock, place) as edge:
            yield Cached(edge, self.origin, clock or self.clock, FOLDER)
            await edge.cache.written()


PURGED: dict[str, dict[str, object]] = {
    "/by-url": {"url": f"/plain{FOLDER}/by-url"},
    "/by-prefix/a": {"prefix": f"/plain{FOLDER}/by-prefix/"},
    "/by-tag": {"tag": "green"},
}


async def live(cached: Cached) -> dict[str, Seen]:
    async def get(path: str, said: Headers, body: bytes | None = None, **asks: str) -> Seen:
        route = "p" if ".jpg" in path else "plain"
        return await cached.get(
            path, picture(said) if route == "p" else picture(said, body or b"words"), asks, route=route
        )

    seen = {"raw": await get("/raw?x=1", {**LONG, "X-A": "1"}), "rendition": await get("/p.jpg?w=20", LONG)}
    for foo in "123":
        seen[foo] = await get("/varied", {**LONG, "Vary": "Foo"}, foo.encode(), Foo=foo)
    for path in ("/short", "/soft", "/changed", "/untagged"):
        await get(path, SHORT if path == "/short" else LONG)
    await get("/blue", {**LONG, "Cache-Tag": "blue"})
    await get("/blue.jpg?w=20", {**LONG, "Surrogate-Key": "blue red"})
    for path in PURGED:
        await get(path, {**LONG, "Cache-Tag": "green"} if path == "/by-tag" else LONG)
    for how in DAMAGE:
        await get(f"/{how}", LONG, LARGE)
    await cached.edge.cache.written()
    for order in PURGED.values():
        assert await cached.purge(**order) == 1
    assert await cached.purge(url=cached.url("/soft"), soft=True) == 1
    await cached.get("/changed", method="POST", content=b"x")
    await cached.edge.cache.written()
    return seen


def _changed(body: bytes) -> bytes:
    return body[: len(body) // 2] + b"damaged!" + body[len(body) // 2 + 8 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "changed-bytes": _changed,
    "shorter": lambda body: body[: len(body) // 2],
    "empty": lambda body: b"",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def before(origin: Origin, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Before:
    disk = tmp_path_factory.mktemp("first") / "cache"
    async with standing(origin, clock, disk) as edge:
        seen = await live(Cached(edge, origin, clock, FOLDER))
    clock.tick(100)
    return Before(disk, origin, clock, seen)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def two(before: Before, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cached]:
    """The second life, for all who spoil nothing of each other's."""
    async with before.again(tmp_path_factory.mktemp("second") / "cache") as cached:
        yield cached


async def test_answers_survive(before: Before, two: Cached) -> None:
    raw = await two.get("/raw?x=1")
    assert (raw.hit, raw.body, raw.get("x-a")) == (True, before.seen["raw"].body, "1")
    assert (raw.age or 0) >= 100
    assert "detail=disk" in (raw.get("cache-status") or "")
    assert not (await two.get("/raw?x=2")).hit


async def test_renditions_survive_and_new_ones_are_made_of_the_old_original(before: Before, two: Cached) -> None:
    seen, known = await two.get("/p.jpg?w=20", route="p"), before.seen["rendition"]
    assert (seen.hit, seen.body, seen.get("etag")) == (True, known.body, known.get("etag"))
    other = await two.get("/p.jpg?w=30", route="p")
    assert (other.hit, other.status) == (True, 200)


async def test_every_variant_survives(before: Before, two: Cached) -> None:
    for foo in "123":
        seen = await two.get("/varied", asks={"Foo": foo})
        assert (seen.hit, seen.body) == (True, before.seen[foo].body)
    assert not (await two.get("/varied", asks={"Foo": "4"})).hit


@pytest.mark.parametrize("path", ["/short", "/soft"])
async def test_stale_answers_and_soft_purges_survive(two: Cached, path: str) -> None:
    assert [asked.get("if-none-match") for asked in (await two.get(path)).asked] == ['"v"']


@pytest.mark.parametrize("path", [*PURGED, "/changed"])
async def test_what_was_purged_or_changed_stays_away(two: Cached, path: str) -> None:
    assert not (await two.get(path)).hit


async def test_tags_survive(two: Cached) -> None:
    assert await two.purge(tag="blue") == 2
    assert not (await two.get("/blue")).hit
    assert not (await two.get("/blue.jpg?w=20", route="p")).hit
    assert (await two.get("/untagged")).hit


async def test_all_is_gone_after_a_purge_of_all(before: Before, tmp_path: Path) -> None:
    async with before.again(tmp_path / "cache") as one:
        assert await one.purge(all=True) > 5
        assert not (await one.get("/raw?x=1", {"Cache-Control": "no-store"})).hit
        assert not (await one.get("/p.jpg?w=20", picture({"Cache-Control": "no-store"}), route="p")).hit
    async with before.again(tmp_path / "cache") as two:
        for path in ("/raw?x=1", "/untagged", "/varied"):
            assert not (await two.get(path)).hit


async def test_11_5_damaged_files_are_never_served(before: Before, tmp_path: Path) -> None:
    shutil.copytree(before.disk, tmp_path / "cache")
    large = [place for place in (tmp_path / "cache").rglob("*") if place.is_file() and LARGE in place.read_bytes()]
    assert len(large) == len(DAMAGE)
    for place, damage in zip(large, DAMAGE.values(), strict=True):
        place.write_bytes(damage(place.read_bytes()))
    async with before.again(tmp_path / "cache") as two:
        for path in [f"/{how}" for how in DAMAGE for _ in range(2)]:
            seen = await two.get(path)
            assert (seen.status, seen.whole, seen.body == LARGE) == (200, True, True)


async def test_11_5_a_lost_index_only_forgets(before: Before, tmp_path: Path) -> None:
    shutil.copytree(before.disk, tmp_path / "cache")
    lost = [place for place in (tmp_path / "cache").rglob("*") if ".db" in place.name or ".sqlite" in place.name]
    assert lost
    for place in lost:
        place.write_bytes(b"this is no database")
    async with before.again(tmp_path / "cache") as two:
        for path, route in (("/raw?x=1", "plain"), ("/p.jpg?w=20", "p")):
            seen = await two.get(path, picture(LONG), route=route)
            assert (seen.status, seen.hit) == (200, False)


@pytest.mark.parametrize("jump", [-86400.0 * 365, 86400.0 * 365])
async def test_11_5_a_clock_that_jumped_harms_nothing(before: Before, tmp_path: Path, jump: float) -> None:
    clock = Clock()
    clock.now = before.clock.now + jump
    async with before.again(tmp_path / "cache", clock) as two:
        seen = await two.get("/untagged", picture(LONG))
        assert (seen.status, (seen.age or 0) >= 0) == (200, True)
        clock.tick(86400 * 500)
        assert not (await two.get("/untagged")).hit
