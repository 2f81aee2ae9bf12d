"""`--in` and `--out`: which value goes to which slot of a job (JSON_JOBS §7), and the job with its slots filled.

A job here is JSON as it was read: dicts and lists.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from edge.commands import counted
from edge.dialects.imageflow.errors import JobError
from edge.errors import expected

Job = dict[str, Any]
Direction = Literal["in", "out"]

BASE_64 = "base64:"  # as an output: inside the response
_NUMBER = re.compile(r"[+-]?[0-9]+")


def filled(job: Job, inputs: Sequence[str] | None, outputs: Sequence[str] | None) -> Job:
    """The job with these values in place of whatever its slots held. Raises JobError."""
    into = {io_id: {"file": path} for io_id, path in assigned(inputs or (), _ids(job, "in"), "--in").items()}
    out = {io_id: _place(path) for io_id, path in assigned(outputs or (), _ids(job, "out"), "--out").items()}
    return with_io(with_io(job, "in", into), "out", out)


def assigned(values: Sequence[str], ids: Sequence[int], option: str) -> Mapping[int, str]:
    """io_id → value. As soon as one value is a whole number, all of them are pairs of io_id and path; otherwise they
    fill the slots in the order of the job."""
    refuse_urls(values, option)
    if any(map(_NUMBER.fullmatch, values)):
        return _paired(values, ids, option)
    if len(values) > len(ids):
        raise _invalid(expected(f"at most {counted(len(ids), 'value')}", option, f"{len(values)} of them"))
    return dict(zip(ids, values, strict=False))


def _paired(values: Sequence[str], ids: Sequence[int], option: str) -> Mapping[int, str]:
    if len(values) % 2:
        raise _invalid(expected("pairs of io_id and path", option, " ".join(values)))
    paths: dict[int, str] = {}
    for text, path in zip(values[::2], values[1::2], strict=True):
        if not _NUMBER.fullmatch(text):
            raise _invalid(expected("an io_id before each path", option, text))
        io_id = int(text)
        if io_id not in ids:
            raise _invalid(expected(f"an io_id of the job ({', '.join(map(str, ids)) or 'it has none'})", option, text))
        if io_id in paths:
            raise _invalid(expected("each io_id once", option, text))
        paths[io_id] = path
    return paths


def refuse_urls(values: Sequence[str], option: str) -> None:
    """Raises JobError: nothing is fetched here."""
    for value in values:
        if value.lower().startswith(("http://", "https://")):
            raise _invalid(expected("a file and no URL", option, value))


def paths_of(job: Job, direction: Direction) -> dict[int, str]:
    """io_id → path of the slots that are files."""
    return {
        slot["io_id"]: slot["io"]["file"]
        for slot in job["io"]
        if slot["direction"] == direction and isinstance(slot["io"], dict) and "file" in slot["io"]
    }


def with_io(job: Job, direction: Direction, io: Mapping[int, Any]) -> Job:
    """The job with other contents in the slots named by io_id."""
    slots = [
        {**slot, "io": io[slot["io_id"]]} if slot["direction"] == direction and slot["io_id"] in io else slot
        for slot in job["io"]
    ]
    return {**job, "io": slots}


def _ids(job: Job, direction: Direction) -> list[int]:
    return [slot["io_id"] for slot in job["io"] if slot["direction"] == direction]


def _place(path: str) -> object:
    return "output_base_64" if path.lower() == BASE_64 else {"file": path}


def _invalid(sentence: str) -> JobError:
    return JobError("InvalidArgument", sentence)
