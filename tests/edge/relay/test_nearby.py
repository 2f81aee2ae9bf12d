"""A raw route over a folder: each request looks at it."""

from pathlib import Path

import pytest

from edge.errors import NotFound
from edge.freshness.judge import Window
from edge.originals.body import Live
from edge.origins.files import Files
from tests.edge.relay.relaying import World

BIG = bytes(range(256)) * 1024


def open_descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "a.txt").write_bytes(b"small")
    (tmp_path / "big.bin").write_bytes(BIG)
    return World(Window(default=60, negative=7), origin=Files("folder", tmp_path, 1 << 30))


async def test_a_file_is_served_with_the_operators_freshness(world: World) -> None:
    told = await world.get("/a.txt")
    assert (told.status, told.body) == (200, b"small")
    fields = told.fields
    assert fields.select(("content-type", "cache-control", "accept-ranges")) == (
        "text/plain",
        "public, max-age=60",
        "bytes",
    )
    assert (told.story.tier, told.story.fwd) == ("", "")


async def test_a_change_is_seen_at_once(world: World, tmp_path: Path) -> None:
    await world.get("/a.txt")
    (tmp_path / "a.txt").write_bytes(b"changed")
    assert (await world.get("/a.txt")).body == b"changed"


async def test_a_large_file_comes_from_a_descriptor_of_its_own(world: World) -> None:
    before = open_descriptors()
    reply = await world.ask("/big.bin")
    assert isinstance(reply.body, Live)
    assert reply.body.read() == BIG
    reply.body.close()
    assert open_descriptors() == before


async def test_preconditions_are_answered_from_its_validators(world: World) -> None:
    etag = (await world.get("/a.txt")).fields.get("etag") or ""
    told = await world.get("/a.txt", if_none_match=etag)
    assert (told.status, told.body, told.fields.get("etag")) == (304, b"", etag)
    assert (await world.get("/a.txt", if_match='"other"')).status == 412


async def test_a_file_that_is_missing_is_404_for_as_long_as_the_operator_says(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        await world.get("/none")
    assert caught.value.headers == {"Cache-Control": "public, max-age=7"}


async def test_a_folder_takes_nothing(world: World) -> None:
    told = await world.get("/a.txt", "PUT")
    assert (told.status, told.fields.get("allow")) == (405, "GET, HEAD")
