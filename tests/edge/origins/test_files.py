"""A folder as an origin: what it hands out, and what it never does (T4)."""

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from edge.errors import BadGateway, TooLarge
from edge.exchange import Fields
from edge.origins import files as module
from edge.origins.base import Ask, OriginReply, Watched
from edge.origins.files import SMALL, Files

CANARY = b"canary in a coal mine"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "img" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "img-secret").mkdir()
    (tmp_path / "img-secret" / "canary").write_bytes(CANARY)
    (tmp_path / "canary").write_bytes(CANARY)
    (tmp_path / "img" / "a.jpg").write_bytes(b"picture")
    (tmp_path / "img" / "deep" / "er" / "b.webp").write_bytes(b"deeper")
    return tmp_path / "img"


@pytest_asyncio.fixture
async def origin(root: Path) -> AsyncIterator[Files]:
    made = Files("photos", root, max_bytes=4 << 20)
    yield made
    await made.close()


async def content(reply: OriginReply) -> bytes:
    try:
        return b"".join([chunk async for chunk in reply.body()])
    finally:
        await reply.close()


async def test_a_file_comes_with_validators_and_a_descriptor(origin: Files) -> None:
    reply = await origin.fetch(Ask("a.jpg"))
    assert (reply.status, reply.length, os.pread(reply.fd, 99, 0)) == (200, 7, b"picture")
    assert reply.headers.get("content-type") == "image/jpeg"
    assert {"etag", "last-modified", "content-length"} <= {name for name, _ in reply.headers}
    assert await content(reply) == b"picture"
    assert reply.fd == -1


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, 3 * SMALL])
async def test_bodies_of_every_size_come_whole(origin: Files, root: Path, size: int) -> None:
    body = os.urandom(size)
    (root / "x").write_bytes(body)
    assert await content(await origin.fetch(Ask("x"))) == body


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("deep/er/b.webp", "image/webp"),
        ("x.avif", "image/avif"),
        ("x.svg", "image/svg+xml"),
        ("x.svgz", "application/octet-stream"),
        ("x", "application/octet-stream"),
    ],
)
async def test_the_media_type_follows_the_name(origin: Files, root: Path, key: str, kind: str) -> None:
    (root / key).write_bytes(b"")
    reply = await origin.fetch(Ask(key))
    await reply.close()
    assert reply.headers.get("content-type") == kind


@pytest.mark.parametrize(
    "name", ["ä.jpg", "a b.jpg", "100%.jpg", "%2e%2e", "...", "..a", "a..", " ", "~", "\udcff.jpg"]
)
async def test_odd_names_are_names(origin: Files, root: Path, name: str) -> None:
    (root / name).write_bytes(b"odd")
    assert await content(await origin.fetch(Ask(name))) == b"odd"


# Traversal (S9). Keys are decoded once already; what still looks encoded must be taken literally.

UP = [
    "..",
    ".",
    "",
    "..;",
    "...",
    "....",
    "%2e%2e",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "\uff0e\uff0e",
    "․․",
    "..\x00",
    "..%00",
]
SLASHES = ["/", "\\", "//", "/./", "%2f", "%5c", "\u2215", "\u2044", "%c0%af", "/\\"]
TRAVERSALS = [
    *[f"{up}{slash}canary" for up in UP for slash in SLASHES],
    *[f"deep/{up}/{up}/canary" for up in UP],
    *[f"{up}/img-secret/canary" for up in UP],
    *[f"{up}/img/a.jpg" for up in UP],
    "/canary",
    "//canary",
    "/etc/passwd",
    "//etc/passwd",
    "/proc/self/environ",
    "proc/self/environ",
    "/dev/fd/0",
    "/dev/stdin",
    "file:///etc/passwd",
    "~root/.profile",
    "",
    "/",
    ".",
    "..",
    "a.jpg/",
    "a.jpg/.",
    "a.jpg/..",
    "a.jpg/../a.jpg",
    "a.jpg/x",
    "./a.jpg",
    "deep//er/b.webp",
    "deep/./er/b.webp",
    "deep/../a.jpg",
    "a.jpg\0",
    "a.jpg\0.png",
    "\0",
    "\ud800",
    "x" * 256,
    "x/" * 5000 + "x",
    "deep",
    "deep/",
    "deep/er",
    "missing",
    "missing/a.jpg",
    "A.JPG",
]


@pytest.mark.parametrize("key", TRAVERSALS, ids=ascii)
async def test_no_key_leads_out_of_the_folder(origin: Files, key: str) -> None:
    reply = await origin.fetch(Ask(key))
    assert (reply.status, await content(reply)) == (404, b"")


@pytest.mark.parametrize(
    ("name", "target", "key"),
    [
        ("out", "../canary", "out"),
        ("up", "..", "up/canary"),
        ("absolute", "/etc/passwd", "absolute"),
        ("inside", "a.jpg", "inside"),
        ("folder", "deep", "folder/er/b.webp"),
        ("loop", "loop", "loop"),
        ("proc", "/proc/self", "proc/environ"),
        ("nowhere", "missing", "nowhere"),
    ],
)
async def test_symbolic_links_are_never_followed(origin: Files, root: Path, name: str, target: str, key: str) -> None:
    (root / name).symlink_to(target)
    assert (await origin.fetch(Ask(key))).status == 404


async def test_a_fifo_neither_hangs_nor_answers(origin: Files, root: Path) -> None:
    os.mkfifo(root / "fifo")
    assert (await asyncio.wait_for(origin.fetch(Ask("fifo")), 5)).status == 404


async def test_a_socket_is_no_original(origin: Files, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert (await origin.fetch(Ask("socket"))).status == 404


async def test_devices_are_no_originals() -> None:
    origin = Files("devices", "/dev", max_bytes=10)
    assert {(await origin.fetch(Ask(key))).status for key in ("null", "zero", "fd/0", "stdin")} == {404}
    await origin.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything; run the tests as another user")
async def test_what_may_not_be_read_is_not_there(origin: Files, root: Path) -> None:
    (root / "a.jpg").chmod(0)
    (root / "deep").chmod(0)
    assert (await origin.fetch(Ask("a.jpg"))).status == 404
    assert (await origin.fetch(Ask("deep/er/b.webp"))).status == 404
    (root / "deep").chmod(0o700)


@pytest.mark.parametrize(("code", "status"), [(13, 404), (1, 404), (40, 404), (36, 404)])
async def test_refusals_of_the_system_give_no_reason(
    origin: Files, monkeypatch: pytest.MonkeyPatch, code: int, status: int
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(code, "no")

    monkeypatch.setattr(os, "open", refuse)
    assert (await origin.fetch(Ask("a.jpg"))).status == status


async def test_a_failing_disk_is_not_a_missing_original(origin: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError(5, "input/output error at /secret/path")

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(BadGateway) as caught:
        await origin.fetch(Ask("a.jpg"))
    assert "/secret" not in caught.value.sentence


# Validators


async def tag(origin: Files, key: str = "a.jpg") -> str:
    reply = await origin.fetch(Ask(key))
    await reply.close()
    return reply.headers.get("etag") or ""


async def test_what_the_asker_holds_is_not_sent_again(origin: Files) -> None:
    asked = Fields([("If-None-Match", f'"x", W/{await tag(origin)}')])
    reply = await origin.fetch(Ask("a.jpg", headers=asked))
    assert (reply.status, reply.fd, await content(reply)) == (304, -1, b"")
    assert reply.headers.get("etag") == await tag(origin)


async def test_a_date_counts_only_without_a_tag(origin: Files, root: Path) -> None:
    os.utime(root / "a.jpg", (0, 43200.5))
    noon = ("If-Modified-Since", "Thu, 01 Jan 1970 12:00:00 GMT")
    assert (await origin.fetch(Ask("a.jpg", headers=Fields([noon])))).status == 304
    reply = await origin.fetch(Ask("a.jpg", headers=Fields([noon, ("If-None-Match", '"x"')])))
    assert reply.headers.get("last-modified") == noon[1]
    await reply.close()
    assert reply.status == 200


async def test_the_tag_changes_though_size_and_mtime_do_not(origin: Files, root: Path) -> None:
    os.utime(root / "a.jpg", (1, 1))
    before = await tag(origin)
    (root / "b.jpg").write_bytes(b"PICTURE")
    os.utime(root / "b.jpg", (1, 1))
    (root / "b.jpg").replace(root / "a.jpg")
    assert await tag(origin) != before


async def test_the_tag_reveals_nothing_of_the_machine(origin: Files, root: Path) -> None:
    state = (root / "a.jpg").stat()
    assert len(await tag(origin)) == 34
    assert str(state.st_ino) not in await tag(origin)


async def test_two_edges_over_one_folder_agree_on_the_tag(origin: Files, root: Path) -> None:
    other = Files("other", root, max_bytes=100)
    assert await tag(origin) == await tag(other)
    await other.close()


# Limits and changes


async def test_a_file_beyond_the_limit_is_too_large(root: Path) -> None:
    origin = Files("photos", root, max_bytes=6)
    with pytest.raises(TooLarge):
        await origin.fetch(Ask("a.jpg"))
    await origin.close()


async def test_a_file_that_changed_once_is_read_again(
    origin: Files, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_while_reading(monkeypatch, root / "a.jpg", times=1)
    assert await content(await origin.fetch(Ask("a.jpg"))) == b"picture+"


async def test_a_file_that_keeps_changing_is_a_bad_gateway_and_leaks_nothing(
    origin: Files, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_while_reading(monkeypatch, root / "a.jpg", times=2)
    before = open_descriptors()
    with pytest.raises(BadGateway, match="changed"):
        await origin.fetch(Ask("a.jpg"))
    assert open_descriptors() == before


@pytest.mark.parametrize("change", ["shrinks", "is rewritten"])
async def test_a_large_file_that_changes_under_the_reader_never_ends_well(
    origin: Files, root: Path, change: str
) -> None:
    (root / "x").write_bytes(bytes(SMALL * 2))
    reply = await origin.fetch(Ask("x"))
    with (root / "x").open("r+b") as file:
        file.truncate(SMALL) if change == "shrinks" else file.write(b"new")
    with pytest.raises(BadGateway, match="changed"):
        await content(reply)


async def test_replacing_a_file_leaves_its_readers_in_peace(origin: Files, root: Path) -> None:
    (root / "x").write_bytes(bytes(SMALL * 2))
    reply = await origin.fetch(Ask("x"))
    (root / "y").write_bytes(b"new")
    (root / "y").replace(root / "x")
    assert await content(reply) == bytes(SMALL * 2)


async def test_an_asker_that_leaves_takes_no_descriptor_along(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go = threading.Event(), threading.Event()
    real = module.Files._examine

    def slow(self: Files, *args: Any) -> Any:
        entered.set()
        go.wait(5)
        return real(self, *args)

    monkeypatch.setattr(module.Files, "_examine", slow)
    with ThreadPoolExecutor(1) as executor:
        origin = Files("photos", root, max_bytes=100, executor=executor)
        before = open_descriptors()
        fetching = asyncio.ensure_future(origin.fetch(Ask("a.jpg")))
        await asyncio.to_thread(entered.wait, 5)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        go.set()
        await asyncio.wrap_future(executor.submit(int))
        for _ in range(3):
            await asyncio.sleep(0)
        assert open_descriptors() == before
        await origin.close()


# The origin itself


@pytest.mark.parametrize("path", ["missing", "a.jpg", "nul\0"])
def test_a_root_that_is_no_folder_stops_the_start(root: Path, path: str) -> None:
    with pytest.raises(ValueError, match="Expected a readable folder for root but received"):
        Files("photos", root / path, max_bytes=100)


async def test_the_root_itself_may_be_a_link(root: Path) -> None:
    (root.parent / "current").symlink_to(root)
    origin = Files("photos", root.parent / "current", max_bytes=100)
    assert await content(await origin.fetch(Ask("a.jpg"))) == b"picture"
    await origin.close()
    await origin.close()


async def test_it_is_watched_and_says_what_it_is(origin: Files) -> None:
    assert isinstance(origin, Watched)
    assert origin.recheck == 1.0
    assert repr(origin) == "Files('photos', at most 4194304 bytes)"
    reply = await origin.fetch(Ask("a.jpg"))
    assert repr(reply) == f"FileReply(7 bytes, fd={reply.fd})"
    await reply.close()


async def test_other_methods_are_not_for_folders(origin: Files) -> None:
    reply = await origin.fetch(Ask("a.jpg", method="POST"))
    assert (reply.status, reply.headers.get("allow")) == (405, "GET, HEAD")


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH208, PTH112 - counts only


def change_while_reading(monkeypatch: pytest.MonkeyPatch, path: Path, times: int) -> None:
    """Between the look at a file and the end of its reading, somebody appends to it."""
    left, real = [times], os.pread

    def pread(fd: int, count: int, at: int) -> bytes:
        if left[0] > 0:
            left[0] -= 1
            with path.open("ab") as file:
                file.write(b"+")
        return real(fd, count, at)

    monkeypatch.setattr(os, "pread", pread)
