"""The requests of the job API as types: what JSON may hold, field by field (JSON_JOBS §1, §2, §4).

Reading checks names and types alone. What fields mean together (a rectangle inside its picture, one source for a
command string) is judged where a job is wired and settled.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from edge.dialects.imageflow.nodes import DecoderCommand, Node
from edge.dialects.imageflow.numbers import F32, I32, U32, U64
from edge.dialects.imageflow.tagged import ONE_OF, Plain, Record, Unit


def _octets(value: Any) -> Any:
    """A list of 0 to 255 as bytes: a picture as a list of Python numbers would take eight times its room."""
    if not isinstance(value, list):
        return value
    try:
        return bytes(value)
    except (TypeError, ValueError):
        raise ValueError("expected whole numbers from 0 to 255") from None


Octets = Annotated[
    bytes,
    BeforeValidator(_octets),
    PlainSerializer(list),
    WithJsonSchema({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}}),
]


class Placeholder(Unit):
    tag: ClassVar[str] = "placeholder"


class OutputBuffer(Unit):
    tag: ClassVar[str] = "output_buffer"


class OutputBase64(Unit):
    tag: ClassVar[str] = "output_base_64"


class File(Plain):
    tag: ClassVar[str] = "file"
    value: str


class Base64(Plain):
    tag: ClassVar[str] = "base_64"
    value: str


class BytesHex(Plain):
    tag: ClassVar[str] = "bytes_hex"
    value: str


class ByteArray(Plain):
    tag: ClassVar[str] = "byte_array"
    value: Octets


class Url(Plain):
    """A picture behind a route of the same edge (our extension, over HTTP only)."""

    tag: ClassVar[str] = "url"
    value: str


Io = Annotated[Placeholder | OutputBuffer | OutputBase64 | File | Base64 | BytesHex | ByteArray | Url, ONE_OF]


class IoObject(Record):
    io_id: I32
    direction: Literal["in", "out"]
    io: Io


class Edge(Record):
    """From one node to another one."""

    start: I32 = Field(alias="from")  # which is a word of Python's
    end: I32 = Field(alias="to")
    kind: Literal["input", "canvas"]


class Graph(Record):
    """Nodes by number as text; that each is a number is checked where the graph is wired."""

    nodes: Mapping[str, Node]
    edges: list[Edge]


class Steps(Plain):
    tag: ClassVar[str] = "steps"
    value: list[Node]


class GraphOf(Plain):
    tag: ClassVar[str] = "graph"
    value: Graph


Framewise = Annotated[Steps | GraphOf, ONE_OF]


class SizeLimit(Record):
    w: U32
    h: U32
    megapixels: F32


class MemoryPolicy(Record):
    """Accepted and, as upstream, not heeded from a request."""

    require_est_bytes_below: U64 | None = None
    require_est_max_bytes_below: U64 | None = None
    require_tracked_bytes_below: U64 | None = None


class Security(Record):
    """What is None leaves the limit as it is. Bytes, pixels, megapixels."""

    max_decode_size: SizeLimit | None = None
    max_frame_size: SizeLimit | None = None
    max_encode_size: SizeLimit | None = None
    max_input_file_bytes: U64 | None = None
    max_json_bytes: U64 | None = None
    max_total_file_pixels: U64 | None = None
    max_threads: U64 | None = None
    mem_budget_policy: MemoryPolicy | None = None


class GraphRecording(Record):
    """Accepted; there is nothing to record here."""

    record_graph_versions: bool | None = None
    record_frame_images: bool | None = None
    render_last_graph: bool | None = None
    render_graph_versions: bool | None = None
    render_animated_graph: bool | None = None


class JobOptions(Record):
    """Nothing is asked for here yet."""


class BuilderConfig(Record):
    graph_recording: GraphRecording | None = None
    security: Security | None = None
    job_options: JobOptions | None = None


class Build(Record):
    """v1/build. `security` beside `builder_config` is where the published documents show it; both are heeded, and the
    one in `builder_config` is applied last."""

    io: list[IoObject]
    framewise: Framewise
    builder_config: BuilderConfig | None = None
    security: Security | None = None


class Execute(Record):
    """v1/execute. `io` is our extension: over HTTP nothing was registered beforehand."""

    framewise: Framewise
    graph_recording: GraphRecording | None = None
    security: Security | None = None
    job_options: JobOptions | None = None
    io: list[IoObject] | None = None


class ImageInfoRequest(Record):
    """v1/get_image_info, v1/get_scaled_image_info. `io` is our extension, and so is the default of `io_id`."""

    io_id: I32 = 0
    io: list[IoObject] | None = None


class TellDecoder(Record):
    """v1/tell_decoder."""

    io_id: I32
    command: DecoderCommand
    io: list[IoObject] | None = None


class EstimateRequest(Record):
    """v1/estimate: of one input, or (our extension) of the whole job that `framewise` describes."""

    io_id: I32 = 0
    format: str | None = None
    io: list[IoObject] | None = None
    framewise: Framewise | None = None
    builder_config: BuilderConfig | None = None
    security: Security | None = None


class ValidateQuery(Record):
    """v1/schema/riapi/latest/validate."""

    query_string: str


class Empty(Record):
    """The endpoints that ask for nothing."""
