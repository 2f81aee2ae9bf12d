"""Where a picture comes from: bytes, a path or a binary file, opened for a worker; and the facts of what was opened.

A regular file goes by its descriptor, read by position and never copied here; whatever else can be read is, as far as
the limit. Descriptors are closed by the ExitStack that the caller gives.
"""

import io
import os
import stat
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

from edge.dialects.imageflow.errors import JobError
from edge.errors import expected
from edge.facts.sniff import NotAPicture, Unsure, examine
from edge.plan.facts import Facts
from edge.plan.work import Source

_CHUNK = 1 << 20
_SHOWN = 8  # first bytes of what is no picture


class Readable(Protocol):
    """A file opened for reading bytes, or whatever reads like one."""

    def read(self, size: int = ..., /) -> bytes: ...


AnySource: TypeAlias = bytes | bytearray | memoryview | str | os.PathLike[str] | Readable


def opened(given: AnySource, io_id: int, most: int, closing: ExitStack) -> Source:
    """The picture of input `io_id`, of at most so many bytes. Raises JobError: PrimaryResourceNotFound, IoError,
    InvalidArgument, NoEnabledDecoderFound (empty) or SizeLimitExceeded."""
    try:
        source = _opened(given, io_id, most, closing)
    except OSError as error:
        raise unreachable(error, given, f"input {io_id}") from error
    length = length_of(source)
    if length == 0:
        raise JobError("NoEnabledDecoderFound", f"Expected a picture for input {io_id} but received no bytes at all")
    if length > most:
        raise _too_long(io_id, most, str(length))
    return source


def length_of(source: Source) -> int:
    """Bytes."""
    return source.length if source.data is None else len(source.data)


def facts_of(source: Source, io_id: int) -> Facts | None:
    """From the header; None where that alone cannot tell, and somebody has to probe. Nothing is decoded."""
    answer = examine(partial(_begin, source), length_of(source))
    if isinstance(answer, NotAPicture):
        shown = _begin(source, _SHOWN).hex(" ")
        what = f"bytes of no known picture format; they begin with {shown}"
        raise JobError("NoEnabledDecoderFound", f"Expected a picture for input {io_id} but received {what}")
    return None if isinstance(answer, Unsure) else answer


def unreachable(error: OSError, given: object, name: str) -> JobError:
    """A file that cannot be had or written. It is shown as the caller wrote it."""
    shown = os.fspath(given) if isinstance(given, os.PathLike) else given if isinstance(given, str) else "a file"
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    sentence = expected("a file that can be used", name, shown)
    why = error.strerror or type(error).__name__
    return JobError("PrimaryResourceNotFound" if missing else "IoError", f"{sentence}: {why}")


def _opened(given: AnySource, io_id: int, most: int, closing: ExitStack) -> Source:
    if isinstance(given, bytes | bytearray | memoryview):
        return Source(data=bytes(given))
    if isinstance(given, str | os.PathLike):
        return _of_path(Path(given), io_id, most, closing)
    if isinstance(given, io.FileIO | io.BufferedReader | io.BufferedRandom):
        return _of_file(given, io_id, most, closing)
    if callable(getattr(given, "read", None)):
        return Source(data=_read(given, io_id, most))
    raise JobError("InvalidArgument", expected("bytes, a path or a binary file", f"input {io_id}", given))


def _of_path(path: Path, io_id: int, most: int, closing: ExitStack) -> Source:
    if "\0" in str(path):
        raise JobError("InvalidArgument", expected("a path", f"input {io_id}", str(path)))
    if path.is_dir():
        raise JobError("InvalidArgument", expected("a file", f"input {io_id}", f"a folder, {path}"))
    return _of_file(closing.enter_context(path.open("rb")), io_id, most, closing)


def _of_file(
    file: io.FileIO | io.BufferedReader | io.BufferedRandom, io_id: int, most: int, closing: ExitStack
) -> Source:
    """From where the file stands. Only files of these types are what their descriptor says: a gzip.GzipFile has one
    too, of the compressed file. The descriptor is our own, whatever becomes of the file meanwhile."""
    raw = file if isinstance(file, io.FileIO) else file.raw
    if file.closed or not file.readable():
        raise JobError("InvalidArgument", expected("a file open for reading", f"input {io_id}", file))
    if not isinstance(raw, io.FileIO) or not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return Source(data=_read(file, io_id, most))
    file.flush()
    at = file.tell()
    descriptor = os.dup(file.fileno())
    closing.callback(os.close, descriptor)
    return Source(fd=descriptor, offset=at, length=max(0, os.fstat(descriptor).st_size - at))


def _read(file: Readable, io_id: int, most: int) -> bytes:
    """To its end, or until it is too much."""
    parts: list[bytes] = []
    length = 0
    while part := _part(file, io_id):
        parts.append(part)
        length += len(part)
        if length > most:
            raise _too_long(io_id, most, "more")
    return b"".join(parts)


def _part(file: Readable, io_id: int) -> bytes:
    try:
        part: object = file.read(_CHUNK)
    except ValueError as error:  # closed
        raise JobError("InvalidArgument", expected("a file open for reading", f"input {io_id}", file)) from error
    if not isinstance(part, bytes | bytearray | memoryview):
        name = f"input {io_id}"
        raise JobError("InvalidArgument", expected("a file that gives bytes", name, type(part).__name__))
    return bytes(part)


def _begin(source: Source, length: int) -> bytes:
    if source.data is not None:
        return source.data[:length]
    return os.pread(source.fd, min(length, source.length), source.offset)


def _too_long(io_id: int, most: int, received: str) -> JobError:
    sentence = f"Expected at most {most} bytes for input {io_id} but received {received}"
    return JobError("SizeLimitExceeded", sentence, status=413)
