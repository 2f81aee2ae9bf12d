"""Pictures come from bytes, paths and binary files, and whatever cannot be one is told as such."""

import bz2
import gzip
import io
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from edge import jobs
from edge.plan.facts import Limits
from tests import pictures
from tests.edge.jobs.given import descriptors

PNG = pictures.photo(60, 40, "png")
SOURCES = (
    "bytes",
    "bytearray",
    "memoryview",
    "str",
    "path",
    "file",
    "raw",
    "temporary",
    "memory",
    "gzip",
    "bz2",
    "read",
)


class Reads:
    """Nothing but read."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(PNG)
    return path


def given(kind: str, place: Path) -> Any:
    made: dict[str, Any] = {
        "bytes": lambda: PNG,
        "bytearray": lambda: bytearray(PNG),
        "memoryview": lambda: memoryview(PNG),
        "str": lambda: str(place),
        "path": lambda: place,
        "file": lambda: place.open("rb"),
        "raw": lambda: place.open("rb", buffering=0),
        "temporary": _temporary,
        "memory": lambda: io.BytesIO(PNG),
        "gzip": lambda: gzip.GzipFile(_packed(place, gzip.compress(PNG))),
        "bz2": lambda: bz2.BZ2File(_packed(place, bz2.compress(PNG))),
        "read": lambda: Reads(PNG),
    }
    return made[kind]()


def _packed(place: Path, data: bytes) -> Path:
    path = place.with_suffix(".packed")
    path.write_bytes(data)
    return path


def _temporary() -> BinaryIO:
    """Written, and not flushed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the test closes it
    file.write(b"-" * 10 + PNG)
    file.seek(10)
    return file


@pytest.mark.parametrize("kind", SOURCES)
def test_a_picture_comes_from_any_source(kind: str, place: Path) -> None:
    source = given(kind, place)
    try:
        found = jobs.info(source)
    finally:
        if hasattr(source, "close"):
            source.close()
    assert (found.media_type, found.width, found.height, found.io_id) == ("image/png", 60, 40, 0)


@pytest.mark.parametrize("kind", ["str", "file", "memory", "read"])
def test_and_is_made_into_another(kind: str, place: Path) -> None:
    source = given(kind, place)
    made = jobs.querystring(source, "w=30&format=jpg")
    assert (made.media_type, made.extension, made.width, made.height) == ("image/jpeg", "jpg", 30, 20)
    if hasattr(source, "close"):
        source.close()


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_file_is_read_from_where_it_stands_and_stays_there_and_open(place: Path, buffering: int) -> None:
    place.write_bytes(b"rubbish" + PNG)
    with place.open("rb", buffering=buffering) as file:
        with pytest.raises(jobs.JobError, match="no known picture format"):
            jobs.info(file)
        file.read(7)
        assert jobs.info(file).width == jobs.querystring(file, "w=60").width == 60
        assert file.tell() == 7
        assert not file.closed


def test_a_stream_is_read_from_where_it_stands() -> None:
    stream = io.BytesIO(b"rubbish" + PNG)
    stream.seek(7)
    assert jobs.info(stream).width == 60


def test_a_pipe_is_read_to_its_end() -> None:
    reads, writes = os.pipe()
    writer = threading.Thread(target=_fill, args=(writes, PNG))
    writer.start()
    with os.fdopen(reads, "rb") as pipe:
        assert jobs.info(pipe).width == 60
    writer.join()


def _fill(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(data)


@pytest.mark.parametrize(
    ("source", "kind", "sentence"),
    [
        (b"", "NoEnabledDecoderFound", "received no bytes at all"),
        (io.BytesIO(), "NoEnabledDecoderFound", "received no bytes at all"),
        (b"no picture", "NoEnabledDecoderFound", "they begin with 6e 6f 20 70"),
        (io.StringIO("text"), "InvalidArgument", "a file that gives bytes for input 0 but received 'str'"),
        (3, "InvalidArgument", "bytes, a path or a binary file for input 0 but received '3'"),
        (None, "InvalidArgument", "bytes, a path or a binary file"),
        ("zero\0byte", "InvalidArgument", "a path"),
        ("/nowhere/a.jpg", "PrimaryResourceNotFound", "'/nowhere/a.jpg': No such file or directory"),
        ("/dev/null/a.jpg", "PrimaryResourceNotFound", "Not a directory"),
        ("/", "InvalidArgument", "a file for input 0 but received 'a folder, /'"),
        ("a" * 300, "IoError", "File name too long"),
        (pictures.truncated(PNG, 0.3)[:20], "ImageDecodingError", ""),
    ],
)
def test_what_is_no_picture_is_told_in_a_sentence(source: Any, kind: str, sentence: str) -> None:
    with pytest.raises(jobs.JobError) as caught:
        jobs.info(source)
    assert caught.value.kind == kind
    assert sentence in caught.value.sentence


def test_an_empty_file_is_no_picture(place: Path) -> None:
    place.write_bytes(b"")
    with pytest.raises(jobs.JobError, match="received no bytes at all"):
        jobs.info(place)


def test_files_that_cannot_be_read_are_told_as_such(place: Path) -> None:
    closed = place.open("rb")
    closed.close()
    memory = io.BytesIO(PNG)
    memory.close()
    with place.open("r+b", buffering=0) as both, place.with_suffix(".new").open("wb") as writes:
        assert jobs.info(both).width == 60
        for source in (closed, memory, writes):
            with pytest.raises(jobs.JobError) as caught:
                jobs.info(source)
            assert caught.value.kind == "InvalidArgument"


def test_a_file_that_cannot_be_opened_is_an_io_error(tmp_path: Path) -> None:
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    with pytest.raises(jobs.JobError) as caught:
        jobs.info(loop)
    assert caught.value.kind == "IoError"


class Breaks:
    def read(self, size: int = -1, /) -> bytes:
        raise ConnectionResetError(104, "Connection reset by peer")


def test_a_stream_that_breaks_is_an_io_error() -> None:
    with pytest.raises(jobs.JobError, match="Connection reset by peer") as caught:
        jobs.info(Breaks())
    assert caught.value.kind == "IoError"


@pytest.mark.parametrize("kind", ["bytes", "path", "file", "memory", "read"])
def test_too_many_bytes_are_refused(kind: str, place: Path) -> None:
    source = given(kind, place)
    with pytest.raises(jobs.JobError, match=r"at most 100 bytes for input 0") as caught:
        jobs.info(source, limits=Limits(source_bytes=100))
    assert (caught.value.kind, caught.value.status) == ("SizeLimitExceeded", 413)
    if hasattr(source, "close"):
        source.close()


class Endless:
    """Counts what was asked for."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        self.given += size
        return bytes(size)


def test_an_endless_stream_is_not_read_to_its_end() -> None:
    endless = Endless()
    with pytest.raises(jobs.JobError, match="received more"):
        jobs.info(endless, limits=Limits(source_bytes=3 << 20))
    assert endless.given <= 5 << 20


@pytest.fixture
def counted() -> Iterator[None]:
    jobs.querystring(PNG, "w=10")  # what is opened once and for all
    before = descriptors()
    yield
    assert descriptors() == before


@pytest.mark.usefixtures("counted")
def test_every_descriptor_is_closed_whatever_happens(place: Path) -> None:
    jobs.info(place)
    jobs.querystring(place, "w=20")
    (broken := place.with_name("broken.png")).write_bytes(pictures.truncated(PNG))
    for source in (broken, "/nowhere", place.parent):
        with pytest.raises(jobs.JobError):
            jobs.querystring(source, "w=20&flip=h")
    with pytest.raises(jobs.JobError):
        jobs.info(place, limits=Limits(source_bytes=100))
