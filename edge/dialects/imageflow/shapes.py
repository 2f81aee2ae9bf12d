"""The shapes of what is answered, as types: JSON Schemas are made of them (JSON_JOBS §1, §5)."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import Field

from edge.dialects.imageflow.model import Base64, ByteArray
from edge.dialects.imageflow.tagged import ONE_OF, Plain, Record, Unit

D = TypeVar("D")


class Reply(Record, Generic[D]):
    """What every endpoint answers when all went well."""

    code: Literal[200]
    success: Literal[True]
    message: str
    data: D


class ErrorReply(Record):
    """`message` is a category, a kind of error and a sentence."""

    code: int
    success: Literal[False]
    message: str
    data: Literal["none"]


class TeapotReply(Record):
    code: Literal[418]
    success: Literal["false"]
    message: str
    data: Literal["none"]


class PhysicalFile(Plain):
    tag: ClassVar[str] = "physical_file"
    value: str


class Elsewhere(Unit):
    tag: ClassVar[str] = "elsewhere"


Bytes = Annotated[Base64 | PhysicalFile | Elsewhere | ByteArray, ONE_OF]


class Decoded(Record):
    """An input: upright full size in pixels."""

    preferred_mime_type: str
    preferred_extension: str
    io_id: int
    w: int
    h: int


class Encoded(Record):
    """An output, and where its bytes are."""

    preferred_mime_type: str
    preferred_extension: str
    io_id: int
    w: int
    h: int
    bytes: Bytes


class NodePerformance(Record):
    wall_microseconds: int
    name: str


class FramePerformance(Record):
    """Slowest first."""

    nodes: list[NodePerformance]
    wall_microseconds: int
    overhead_microseconds: int


class Performance(Record):
    frames: list[FramePerformance]


class JobOutcome(Record):
    encodes: list[Encoded]
    decodes: list[Decoded]
    performance: Performance


class BuildData(Record):
    job_result: JobOutcome


class ImageInfo(Record):
    preferred_mime_type: str
    preferred_extension: str
    image_width: int
    image_height: int
    frame_decodes_into: Literal["bgra_32", "bgr_32", "bgr_24", "gray_8"]
    lossless: bool
    multiple_frames: bool


class ImageInfoData(Record):
    image_info: ImageInfo


class EstimatedOutput(Record):
    io_id: int
    w: int
    h: int


class Prediction(Record):
    """Milliseconds of one processor, and bytes at the peak."""

    cpu_ms: float
    peak_bytes: int
    outputs: list[EstimatedOutput]


class EstimateData(Record):
    """Pixels of the input, and the bytes of a buffer that holds it."""

    width: int
    height: int
    peak_avg_bytes: int
    peak_max_bytes: int
    estimate: Prediction


class VersionInfo(Record):
    long_version_string: str
    last_git_commit: str
    dirty_working_tree: bool
    build_date: str
    git_tag: str | None
    git_describe_always: str


class VersionData(Record):
    version_info: VersionInfo


class KeyNames(Record):
    key_names: list[str]
    extension_key_names: list[str]


class KeysData(Record):
    names: KeyNames = Field(alias="schema")


class Issue(Record):
    message: str
    key: str
    value: str
    kind: Literal[
        "DuplicateKeyError",
        "UnrecognizedKey",
        "IgnoredKey",
        "InvalidValueError",
        "DeprecatedValueWarning",
        "DeprecatedKeyWarning",
    ]


class Issues(Record):
    issues: list[Issue]


class ValidateData(Record):
    results: Issues


class EndpointsData(Record):
    endpoints: list[str]


class EndpointSchemas(Record):
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]


class SchemasData(Record):
    schemas: Mapping[str, EndpointSchemas]
