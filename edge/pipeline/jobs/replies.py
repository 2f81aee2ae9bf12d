"""What a job is answered with: JSON, the picture itself, or both as parts; as `Accept` asks."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from edge import __version__
from edge.dialects.book import Book
from edge.dialects.imageflow import endpoints, queries, replies, schema
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import IoObject, OutputBuffer
from edge.dialects.imageflow.openapi import openapi_text
from edge.dialects.imageflow.results import Estimate, Input, JobResult, Output
from edge.exchange import Fields, Reply, Story
from edge.negotiate.accept import read_accept
from edge.pipeline.jobs.inputs import Opened
from edge.pipeline.replies import disposition
from edge.plan.work import Capabilities

if TYPE_CHECKING:
    from edge.pipeline.jobs.spine import Entry

Form = Literal["json", "picture", "mixed"]

_LARGE: Final = 256 << 10  # bytes of pictures beyond which an answer is written while it is sent
_STRIDE: Final = 256 << 10
_PIECE: Final = 192 << 10  # bytes; a multiple of three, as base64 wants
_NUMBERS: Final = 16 << 10  # bytes, which take longer as numbers
_LONG: Final = 512  # characters of an Accept field; nobody's is longer who wants to be understood
_ALWAYS: Final = (("cache-control", "no-store"), ("x-content-type-options", "nosniff"))
_JSON: Final = (("content-type", "application/json"), *_ALWAYS)


@dataclass(frozen=True, slots=True)
class Ran:
    """A job that was done: `waited` seconds for a worker."""

    result: JobResult
    inputs: Sequence[Opened]
    waited: float


def form_of(accept: str | None, outputs: int) -> Form:
    """What the client would rather have. Who says nothing, or `*/*`, gets JSON: only what is named counts. Of equals
    the picture wins, then the parts; several pictures are no picture."""
    if accept is None or len(accept) > _LONG:
        return "json"
    weights = read_accept(accept).weights
    picture = max((weight for name, weight in weights.items() if name.startswith("image/")), default=0.0)
    mixed = max(weights.get("multipart/mixed", 0.0), weights.get("multipart/*", 0.0))
    json = max(weights.get("application/json", 0.0), weights.get("application/*", 0.0))
    if outputs == 1 and picture and picture >= max(mixed, json):
        return "picture"
    return "mixed" if mixed and mixed >= json else "json"


def made(ran: Ran, said: Sequence[IoObject], entry: "Entry") -> Reply:
    """The answer of v1/build, v1/execute and v1/querystring."""
    outputs = ran.result.outputs
    form = form_of(entry.request.headers.get("accept"), len(outputs))
    fields, pieces = {"json": _as_json, "picture": _as_picture, "mixed": _as_parts}[form](ran.result, said)
    size = sum(len(each.data) for each in outputs)
    body = Written(pieces, size if form == "picture" else None) if size > _LARGE else b"".join(pieces)
    return Reply(200, fields, body, _story(entry, ran))


class Written:
    """A body that is written while it is sent: nobody holds all of it, and no text of a hundred megabytes is made at
    once."""

    def __init__(self, pieces: Iterator[bytes], length: int | None = None) -> None:
        self._pieces = pieces
        self.length = length

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        self._pieces = iter(())

    def __repr__(self) -> str:
        return "Written()"


def _as_json(result: JobResult, said: Sequence[IoObject]) -> tuple[Fields, Iterator[bytes]]:
    """A buffer is nobody's here: its bytes are told as numbers, and a placeholder's as base64. The text is made around
    marks first, which the bytes then take the place of: they need not pass through an encoder of objects."""
    buffers = {each.io_id for each in said if each.direction == "out" and isinstance(each.io, OutputBuffer)}
    marks = {each.io_id: uuid4().hex for each in result.outputs}
    tellings = {io_id: partial(_marked, io_id in buffers, mark) for io_id, mark in marks.items()}
    text = _dump(replies.build_data(result, tellings))
    return Fields(_JSON), _filled(text, [(marks[each.io_id], each, each.io_id in buffers) for each in result.outputs])


def _filled(text: bytes, outputs: Sequence[tuple[str, Output, bool]]) -> Iterator[bytes]:
    rest = text
    for mark, output, is_buffer in outputs:
        before, _, rest = rest.partition(f'"{mark}"'.encode())
        yield before
        yield from (_numbers if is_buffer else _base64)(output.data)
    yield rest


def _marked(buffer: bool, mark: str, _: Output) -> dict[str, str]:
    return {"byte_array" if buffer else "base_64": mark}


def _base64(octets: bytes) -> Iterator[bytes]:
    """In pieces, so that others get their turn."""
    yield b'"'
    for at in range(0, len(octets), _PIECE):
        yield base64.b64encode(octets[at : at + _PIECE])
    yield b'"'


def _numbers(octets: bytes) -> Iterator[bytes]:
    for at in range(0, len(octets), _NUMBERS):
        yield b"," if at else b"["
        yield str(list(octets[at : at + _NUMBERS]))[1:-1].encode()
    yield b"]" if octets else b"[]"


def _as_picture(result: JobResult, said: Sequence[IoObject]) -> tuple[Fields, Iterator[bytes]]:
    (output,) = result.outputs
    lines = (("content-type", output.media_type), ("content-disposition", _named(output)), *_ALWAYS)
    return Fields(lines), _cut(output.data)


def _as_parts(result: JobResult, said: Sequence[IoObject]) -> tuple[Fields, Iterator[bytes]]:
    """JSON first, then the pictures (RFC 2046 §5.1.3)."""
    boundary = uuid4().hex
    first: tuple[str, ...] = ("Content-Type: application/json",)
    parts = [(first, _dump(replies.build_data(result, {})))]
    parts += [(_part_fields(each), each.data) for each in result.outputs]
    return Fields((("content-type", f"multipart/mixed; boundary={boundary}"), *_ALWAYS)), _joined(parts, boundary)


def _joined(parts: Sequence[tuple[tuple[str, ...], bytes]], boundary: str) -> Iterator[bytes]:
    for lines, body in parts:
        yield "\r\n".join([f"--{boundary}", *lines, "", ""]).encode()
        yield from _cut(body)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _cut(octets: bytes) -> Iterator[bytes]:
    return (octets[at : at + _STRIDE] for at in range(0, len(octets), _STRIDE))


def _part_fields(output: Output) -> tuple[str, ...]:
    named = _named(output).removeprefix("inline")
    return (
        f"Content-Type: {output.media_type}",
        f'Content-Disposition: attachment; name="{output.io_id}"{named}',
        f"Content-ID: <{output.io_id}>",
    )


def _named(output: Output) -> str:
    return disposition(f"output_{output.io_id}", output.extension)


def image_info(image: Input, given: Opened, entry: "Entry") -> Reply:
    return told(replies.image_info_data(image), entry, [given])


def estimate(image: Input | None, predicted: Estimate, entry: "Entry") -> Reply:
    return told(replies.estimate_data(image, predicted), entry)


def told(data: Any, entry: "Entry", inputs: Sequence[Opened] = ()) -> Reply:
    """Whatever else is answered in JSON."""
    story = Story(route=entry.route.prefix, fwd="method", seconds=_fetching(inputs), origin_status=_asked(inputs))
    return Reply(200, Fields(_JSON), _dump(data), story)


def refusal(error: JobError) -> Reply:
    """Any error, in the shape that every error of this API has."""
    lines = [(name.lower(), value) for name, value in error.headers.items()]
    return Reply(error.status, Fields((*_JSON, *[line for line in lines if line[0] != "cache-control"])), _error(error))


def _error(error: JobError) -> bytes:
    return replies.dump(replies.error_reply(error)) + b"\n"


def _dump(data: Any) -> bytes:
    return replies.dump(replies.ok(data)) + b"\n"


# What asks for no picture.


@dataclass(frozen=True, slots=True)
class Asked:
    """What a static endpoint may tell of."""

    prefix: str
    keys: tuple[tuple[str, str], ...]
    query: str
    book: Book
    capabilities: Capabilities


async def static(entry: "Entry", query: str, capabilities: Capabilities) -> Reply:
    """The schemas are made once, and beside the event loop."""
    shown = entry.route.keys
    keys = (("header", shown.header), ("query", shown.query)) if shown.keys else ()
    asked = Asked(entry.route.prefix, keys, query, entry.route.book, capabilities)
    if entry.endpoint is endpoints.BREW_COFFEE:
        return Reply(418, Fields(_JSON), replies.dump(replies.teapot()) + b"\n")
    if entry.bare:
        return Reply(200, Fields(_JSON), (await asyncio.to_thread(_openapi, asked)).encode())
    return told(await asyncio.to_thread(_TOLD[entry.endpoint.name], asked), entry)


def _openapi(asked: Asked) -> str:
    return openapi_text(asked.prefix, asked.keys, __version__)


def _version(asked: Asked) -> Any:
    parts = ", ".join(f"{name} {number}" for name, number in asked.capabilities.versions.items())
    return replies.version_data(f"image-edge {__version__}{f' ({parts})' if parts else ''}")


_TOLD: Final[Mapping[str, Callable[[Asked], Any]]] = {
    endpoints.VERSION_INFO.name: _version,
    endpoints.LIST_KEYS.name: lambda _: queries.list_keys(),
    endpoints.GET_KEYS.name: lambda _: queries.list_keys(),
    endpoints.VALIDATE.name: lambda asked: queries.validate(asked.query, asked.book),
    endpoints.OPENAPI.name: _openapi,
    endpoints.SCHEMA_ENDPOINTS.name: lambda _: schema.schema_endpoints(),
    endpoints.JSON_SCHEMAS.name: lambda _: schema.json_schemas(),
}


# How it came about.


def _story(entry: "Entry", ran: Ran) -> Story:
    result, predicted = ran.result, ran.result.predicted
    return Story(
        route=entry.route.prefix,
        fwd="method",
        origin_status=_asked(ran.inputs),
        seconds={**_fetching(ran.inputs), "queue": ran.waited, **result.seconds},
        format=result.outputs[0].media_type.partition("/")[2] if result.outputs else "",
        predicted=predicted.cpu_ms / 1000 if predicted else 0.0,
    )


def _asked(inputs: Sequence[Opened]) -> int:
    """What the first origin answered that was asked."""
    return next((status for each in inputs for status in each.asked if status), 0)


def _fetching(inputs: Sequence[Opened]) -> dict[str, float]:
    took = sum(each.fetching for each in inputs)
    return {"fetch": took} if took else {}
