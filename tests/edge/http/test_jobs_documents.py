"""The JSON of jobs as it comes in: what is taken out of it, and how much all of it may hold together."""

import asyncio
import base64
import hashlib
import json
import os
from typing import Any

import pytest

from edge.dialects.imageflow.errors import JobError
from edge.errors import TooLarge, Unavailable
from edge.http.documents import LONG, Document
from edge.originals.body import Kept
from edge.pipeline.jobs.sent import Bounds, Room, Sent, Share
from tests.edge.http.listening import Got, listening
from tests.edge.http.test_jobs import BUILD, JSON, Working, descriptors, form, post, soon

PICTURE = os.urandom(300_001)
BASE64 = base64.b64encode(PICTURE).decode()
BOUNDS = Bounds(1 << 20)


async def taken(text: bytes, stride: int, bounds: Bounds = BOUNDS) -> tuple[Any, dict[str, Kept]]:
    document = Document(bounds, Share(Room()), None)
    try:
        for at in range(0, len(text), stride):
            await document.write(text[at : at + stride])
        await document.end()
    except BaseException:
        document.close()
        raise
    return json.loads(document.octets), document.written


def only(written: dict[str, Kept]) -> tuple[str, str]:
    ((name, kept),) = written.items()
    Sent(written=written).close()
    return name, kept.identity


FORMS = {
    "base_64": BASE64,
    "without padding": BASE64.rstrip("="),
    "for URLs": base64.urlsafe_b64encode(PICTURE).decode(),
    "in lines": "\r\n".join(BASE64[at : at + 76] for at in range(0, len(BASE64), 76)),
    "bytes_hex": PICTURE.hex(),
    "in capitals": PICTURE.hex().upper(),
}


@pytest.mark.parametrize("stride", [997, 65_536, 10_000_000])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("escaped", [False, True])
async def test_a_long_picture_is_taken_out(form: str, stride: int, escaped: bool) -> None:
    kind = "bytes_hex" if form in ("bytes_hex", "in capitals") else "base_64"
    text = json.dumps({"io": [{kind: FORMS[form]}, {kind: "AA"}], "z": "base_64"}, indent=1)
    if escaped:
        text = text.replace("/", r"\/").replace("+", r"\u002B").replace("=", r"\u003d")
    told, written = await taken(text.encode(), stride)
    if stride > len(text):
        assert (told["io"][0][kind], written) == (FORMS[form], {})  # it was here at once
        return
    name, digest = only(written)
    assert told == {"io": [{kind: name}, {kind: "AA"}], "z": "base_64"}
    assert digest == hashlib.sha256(PICTURE).hexdigest()


async def test_what_is_short_or_something_else_stays() -> None:
    job = {"base_64": "A" * LONG, "value": "A" * 3 * LONG, 'x"base_64': "short", "bytes_hex": [1, {"base_64": ""}]}
    assert await taken(json.dumps(job).encode(), 1000) == (job, {})


async def test_several_are_taken_out() -> None:
    job = {"io": [{"base_64": BASE64}, {"bytes_hex": PICTURE.hex()}, {"base_64": BASE64}]}
    told, written = await taken(json.dumps(job).encode(), 4096)
    assert [next(iter(each.values())) for each in told["io"]] == list(written)
    assert {kept.length for kept in written.values()} == {len(PICTURE)}
    Sent(written=written).close()


@pytest.mark.parametrize(
    "value", ["A" * 100_000 + "%", "A" * 100_001 + "=" * 9, "A" * 99_999 + "=AAAA", "\xe4" * 100_000, "A" * 100_001]
)
async def test_what_is_no_base64_is_told(value: str) -> None:
    for text in (json.dumps({"base_64": value}), json.dumps({"base_64": value}, ensure_ascii=False)):
        with pytest.raises(JobError, match="Expected base64 for base_64") as told:
            await taken(text.encode(), 1000)
        assert told.value.kind == "InvalidArgument"


@pytest.mark.parametrize("value", ["0" * 100_001, "0" * 100_000 + "g0", "0" * 100_000 + "\\"])
async def test_what_is_no_hexadecimal_is_told(value: str) -> None:
    with pytest.raises(JobError, match="Expected pairs of hexadecimal digits for bytes_hex"):
        await taken(json.dumps({"bytes_hex": value}).encode(), 1000)


async def test_what_never_ends_is_no_json() -> None:
    before = descriptors()
    with pytest.raises(json.JSONDecodeError):
        await taken(json.dumps({"base_64": BASE64})[:-9].encode(), 1000)
    assert descriptors() == before


async def test_pictures_in_json_have_a_limit_too() -> None:
    with pytest.raises(TooLarge, match="The picture written as base_64 has more than 1000 bytes"):
        await taken(json.dumps({"base_64": BASE64}).encode(), 1000, Bounds(1000))
    with pytest.raises(TooLarge, match="The job's JSON has more than 1000 bytes"):
        await taken(json.dumps({"base_64": BASE64}).encode(), 1000, Bounds(1 << 20, 1000))


async def test_a_room_is_left_as_it_was_found() -> None:
    room = Room(1 << 20)
    share = Share(room)
    document = Document(BOUNDS, share, None)
    for at in range(0, 600_000, 1000):
        await document.write((b'{"base_64": "' + BASE64.encode() + b'", "x": "' + b"y" * 200_000)[at : at + 1000])
    assert 200_000 < room.held < 300_000
    document.close()
    share.close()
    share.close()
    assert room.held == 0


async def test_beyond_what_there_is_room_for_a_job_is_refused_at_once() -> None:
    """Before it is sent whole, and only while there is no room."""
    working = Working(bounds=Bounds(1 << 20), room=Room(300_000))
    async with listening(jobs=working) as door:
        head = f"POST {BUILD} HTTP/1.1\r\nHost: a\r\n{JSON}\r\nContent-Length: 200000\r\n\r\n".encode()
        _, holding = await asyncio.open_connection("127.0.0.1", door.port)
        holding.write(head + b" " * 199_999)
        await soon(lambda: working.room.held >= 199_999)
        got = Got.of(await door.talk(head + b" " * 150_000))
        assert (got.status, got.one("retry-after")) == (503, b"5")
        assert json.loads(got.body)["message"].startswith("OutOfMemory")
        holding.transport.abort()
        await soon(lambda: working.room.held == 0)
        assert (await post(door, BUILD, b" " * 200_000, JSON)).status == 200
        assert (
            await post(door, BUILD, form(("0", b"x" * 400_000)), "Content-Type: multipart/form-data; boundary=b")
        ).status == 200
        await soon(lambda: working.room.held == 0)


async def test_small_pictures_take_room_too() -> None:
    working = Working(room=Room(300_000))
    async with listening(jobs=working) as door:
        parts = form(("0", b"x" * 200_000), ("1", b"x" * 200_000))
        got = await post(door, BUILD, parts, "Content-Type: multipart/form-data; boundary=b")
        assert got.status == 503
        assert working.room.held == 0


async def test_large_pictures_take_room_on_disk_until_they_are_done_with() -> None:
    working = Working(room=Room(most_spooled=1_000_000))
    media_type = "Content-Type: multipart/form-data; boundary=b"
    async with listening(jobs=working) as door:
        assert (await post(door, BUILD, form(("0", b"x" * 900_000)), media_type)).status == 200
        await soon(lambda: working.room.spooled == 0)
        got = await post(door, BUILD, form(("0", b"x" * 600_000), ("1", b"x" * 600_000)), media_type)
        assert (got.status, got.one("retry-after")) == (503, b"5")
        await soon(lambda: working.room.spooled == 0)
        assert (await post(door, BUILD, form(("0", b"x" * 900_000)), media_type)).status == 200


def test_a_room_has_a_limit() -> None:
    room = Room(10)
    share = Share(room)
    share.take(10)
    with pytest.raises(Unavailable):
        Share(room).take(1)
    share.close()
    Share(room).take(10)
