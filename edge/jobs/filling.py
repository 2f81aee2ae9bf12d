"""A job as its caller gives it, together with the inputs and outputs that are given beside it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from edge.dialects.imageflow import model, nodes
from edge.dialects.imageflow.content import content
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import Build, IoObject
from edge.dialects.imageflow.reading import checked, read
from edge.errors import expected
from edge.jobs.sources import AnySource, unreachable

A = TypeVar("A")

AnyJob: TypeAlias = Mapping[str, Any] | str | bytes | bytearray | Path | Build
Inputs: TypeAlias = Mapping[int, AnySource] | AnySource
AnyPath: TypeAlias = str | os.PathLike[str]
Outputs: TypeAlias = Mapping[int, AnyPath] | AnyPath


@dataclass(frozen=True, slots=True)
class Filled:
    """A job with its io, the source of each input, and the paths that outputs were given beside the job, by io_id."""

    job: Build
    sources: Mapping[int, AnySource]
    wanted: Mapping[int, Path]

    def destinations(self) -> Mapping[int, Path]:
        """The paths of the outputs that become files. JobError for an output that has no place to go."""
        outgoing = {each.io_id: each for each in self.job.io if each.direction == "out"}
        paths = {io_id: self.wanted.get(io_id) or _path(each) for io_id, each in outgoing.items()}
        return {io_id: path for io_id, path in paths.items() if path is not None}


def filled(job: AnyJob, inputs: Inputs | None = None, outputs: Outputs | None = None) -> Filled:
    """`inputs` and `outputs` come before what the job says. A job without `io` gets it from them and its encodes.
    Raises JobError."""
    read = job if isinstance(job, Build) else _read(job)
    given = _inputs(inputs)
    io = [*_implied(read, given)] if read.io is None else read.io
    wanted = _outputs(outputs, io)
    incoming, outgoing = ([each for each in io if each.direction == direction] for direction in ("in", "out"))
    _declared("inputs", given, incoming)
    _declared("outputs", wanted, outgoing)
    sources = {each.io_id: given[each.io_id] if each.io_id in given else _source(each) for each in incoming}
    return Filled(_job(read, io), sources, wanted)


class _Open(Build):
    """A job that may leave its io to what is given beside it."""

    io: list[IoObject] | None = None  # type: ignore[assignment]  # what Build demands


def _read(job: Mapping[str, Any] | str | bytes | bytearray | Path) -> _Open:
    """Text is JSON if it begins as an object does, else a path."""
    if isinstance(job, Mapping):
        return checked(_Open, _named(dict(job)))
    if isinstance(job, bytes | bytearray) or (isinstance(job, str) and job.lstrip("\ufeff \t\r\n")[:1] in "{["):
        return read(_Open, job)
    if isinstance(job, str | Path):
        return read(_Open, _text(Path(job)))
    raise JobError("InvalidArgument", expected("an object, JSON or a path", "job", type(job).__name__))


def _named(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Python's dicts may have numbers for keys, as a graph's nodes do; JSON's objects may not."""
    match job:
        case {"framewise": {"graph": {"nodes": Mapping() as numbered, **graph}, **framewise}, **rest}:
            named = {str(key): node for key, node in numbered.items()}
            return {**rest, "framewise": {**framewise, "graph": {**graph, "nodes": named}}}
    return job


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise JobError("IoError", unreachable(error, path, "the job").sentence) from error
    except ValueError as error:  # a zero byte
        raise JobError("InvalidArgument", expected("a path", "the job", str(path))) from error


def _job(read: Build, io: list[IoObject]) -> Build:
    return Build.model_construct(
        io=io, framewise=read.framewise, builder_config=read.builder_config, security=read.security
    )


def _inputs(inputs: Inputs | None) -> Mapping[int, AnySource]:
    if inputs is None:
        return {}
    return _numbered("inputs", inputs) if isinstance(inputs, Mapping) else {0: inputs}


def _outputs(outputs: Outputs | None, io: Sequence[IoObject]) -> Mapping[int, Path]:
    if outputs is None:
        return {}
    if isinstance(outputs, Mapping):
        return {io_id: _destination(path, io_id) for io_id, path in _numbered("outputs", outputs).items()}
    ids = [each.io_id for each in io if each.direction == "out"]
    if len(ids) != 1:
        raise JobError("InvalidArgument", expected("a path for each io_id", "outputs", f"one for {len(ids)} outputs"))
    return {ids[0]: _destination(outputs, ids[0])}


def _numbered(name: str, given: Mapping[int, A]) -> Mapping[int, A]:
    for io_id in given:
        if not isinstance(io_id, int) or isinstance(io_id, bool) or not -(2**31) <= io_id < 2**31:
            raise JobError("InvalidArgument", expected("whole numbers of 32 bits for keys", name, repr(io_id)))
    return given


def _destination(path: AnyPath, io_id: int) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise JobError("InvalidArgument", expected("a path", f"output {io_id}", type(path).__name__))
    return Path(path)


def _declared(name: str, given: Mapping[int, object], io: Sequence[IoObject]) -> None:
    known = [each.io_id for each in io]
    for io_id in given:
        if io_id not in known:
            listed = ", ".join(map(str, known)) or "none"
            raise JobError("IoIdNotFound", expected(f"io_ids that the job has ({listed})", name, io_id))


def _implied(job: Build, given: Mapping[int, AnySource]) -> Iterator[IoObject]:
    """What is given goes in, what is encoded comes out, as bytes."""
    yield from (_entry(io_id, "in", "placeholder") for io_id in given)
    yield from (_entry(io_id, "out", "output_buffer") for io_id in dict.fromkeys(_encoded(job)))


def _encoded(job: Build) -> Iterator[int]:
    framewise = job.framewise.value
    for node in framewise if isinstance(framewise, list) else framewise.nodes.values():
        if isinstance(node, nodes.Encode):
            yield node.io_id
        elif isinstance(node, nodes.CommandString) and node.encode is not None:
            yield node.encode


def _entry(io_id: int, direction: str, io: object) -> IoObject:
    return IoObject.model_validate({"io_id": io_id, "direction": direction, "io": io})


def _source(entry: IoObject) -> AnySource:
    """Of an input, what its entry holds."""
    io = entry.io
    if isinstance(io, model.File):
        return Path(io.value)
    if isinstance(io, model.Url):
        sentence = f"The url of input {entry.io_id} cannot be fetched here; give its bytes, a path or a file"
        raise JobError("ActionNotSupported", sentence)
    if isinstance(io, model.Placeholder):
        raise _left("input", entry)
    held = content(io)
    if held is None:
        raise JobError("InvalidArgument", expected("a source of bytes", f"input {entry.io_id}", io.tag))
    return held


def _path(entry: IoObject) -> Path | None:
    """Of an output, where its file goes; None when it is to come back as bytes."""
    io = entry.io
    if isinstance(io, model.Placeholder):
        raise _left("output", entry)
    if not isinstance(io, model.File | model.OutputBuffer | model.OutputBase64):
        raise JobError("InvalidArgument", expected("a destination", f"output {entry.io_id}", io.tag))
    return Path(io.value) if isinstance(io, model.File) else None


def _left(what: str, entry: IoObject) -> JobError:
    return JobError("GraphInvalid", f"Expected the placeholder of {what} {entry.io_id} to be filled but nothing was")
