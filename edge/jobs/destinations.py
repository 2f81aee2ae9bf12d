"""Where outputs go that a job wants as files. Each is written beside its name and renamed, all of them or none."""

import os
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.results import JobResult, Output
from edge.errors import expected
from edge.jobs.sources import unreachable

_CHUNK = 1 << 20


class _Ready(NamedTuple):
    """An output in a file beside the one that it is to become."""

    io_id: int
    beside: Path
    path: Path


def written(result: JobResult, destinations: Mapping[int, Path]) -> JobResult:
    """The result, with no bytes left of what has been written. Raises JobError (IoError, InvalidArgument); then no
    file has changed, unless renaming itself failed."""
    outputs = [each for each in result.outputs if each.io_id in destinations]
    ready: list[_Ready] = []
    try:
        for output in outputs:
            path = destinations[output.io_id]
            with _told(output.io_id, path):
                ready += _beside(output, path, [each.path for each in ready])
        while ready:
            with _told(ready[0].io_id, ready[0].path):
                ready[0].beside.replace(ready[0].path)
            del ready[0]
    finally:
        for each in ready:
            each.beside.unlink(missing_ok=True)
    kept = (replace(each, data=b"") if each.io_id in destinations else each for each in result.outputs)
    return replace(result, outputs=tuple(kept)) if outputs else result


@contextmanager
def _told(io_id: int, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise JobError("IoError", unreachable(error, path, f"output {io_id}").sentence) from error
    except ValueError as error:  # a zero byte
        raise JobError("InvalidArgument", expected("a path", f"output {io_id}", str(path))) from error


def _beside(output: Output, path: Path, taken: Sequence[Path]) -> list[_Ready]:
    """The file written, whose name it is to get later; none for what is no regular file: a device, a pipe."""
    name = f"output {output.io_id}"
    if path.is_dir():
        raise JobError("InvalidArgument", expected("a file", name, f"a folder, {path}"))
    path = Path(os.path.realpath(path))  # a link stays one
    if path in taken:
        raise JobError("InvalidArgument", expected("a path that no other output has", name, str(path)))
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            _pour(output.data, file.fileno())
        return []
    beside = path.with_name(f".{path.name[:50]}.{secrets.token_hex(6)}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with suppress(FileNotFoundError):
            os.fchmod(descriptor, stat.S_IMODE(path.stat().st_mode))
        _pour(output.data, descriptor)
    except BaseException:
        beside.unlink()
        raise
    finally:
        os.close(descriptor)
    return [_Ready(output.io_id, beside, path)]


def _pour(data: bytes, descriptor: int) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left[:_CHUNK]) :]
