"""Writing outputs: beside, then renamed, so that nobody sees half a file."""

import itertools
import os
from contextlib import suppress
from pathlib import Path

from edge.dialects.imageflow.errors import JobError

_numbers = itertools.count()


def write_file(path: str, body: bytes) -> None:
    """Raises JobError when it cannot be written. A link stays, and what it leads to is replaced; a device or a pipe is
    written to."""
    place = Path(os.path.realpath(path))
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(body)
        else:
            replace_file(place, body)
    except OSError as error:
        raise JobError("EncodingIoError", f"{path}: cannot be written: {error.strerror}") from None


def replace_file(place: Path, body: bytes) -> None:
    """Raises OSError; nothing is left behind then."""
    beside = place.with_name(f".edge-{os.getpid()}-{next(_numbers)}.part")
    try:
        with beside.open("xb") as stream:
            stream.write(body)
        beside.replace(place)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
