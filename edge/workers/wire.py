"""The wire between the pool and a worker: one frame each way over a stream socket.

    frame   prefix, header, body
    prefix  u32 length of the header, u64 length of the body; network order
    header  one JSON object in UTF-8
    body    of a job: its inline sources one after the other; of an answer: the picture

A worker decodes hostile pictures, so whatever it says may be an attacker's words. Hence: every length is capped before
anything is allocated for it, JSON instead of pickle, every value is checked for type and range, an error is a name of
ERRORS and a sentence that is cut and freed of control characters. What fails a check is a WireError, never a crash.
Descriptors travel beside a job's first byte (SCM_RIGHTS) in the order of the sources that name them.
"""

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from edge.errors import BadRequest, EdgeError, NotAcceptable, TooLarge, Unprocessable, UnsupportedPicture
from edge.plan.facts import Facts, Limits
from edge.plan.formats import FORMATS
from edge.plan.work import Capabilities, Made, Source

PREFIX = struct.Struct("!IQ")
JOB_HEADER_MAX = 1 << 20  # the text of a JSON job's plan may be long
ANSWER_HEADER_MAX = 64 << 10
SENTENCE_MAX = 300
DIGEST_MAX = 256  # it names a picture in logs; what is longer is cut
DESCRIPTORS_MAX = 32  # Linux takes 253 (SCM_MAX_FD); a worker may have 64 open

ERRORS: dict[str, type[EdgeError]] = {
    kind.__name__: kind for kind in (UnsupportedPicture, Unprocessable, BadRequest, TooLarge, NotAcceptable)
}

Op = Literal["run", "probe"]
Answer = Made | Facts | EdgeError


class WireError(ValueError):
    """A frame that does not follow the rules above."""


@dataclass(frozen=True, slots=True)
class Request:
    """A job ready to be sent: prefix and header, the inline bodies, the descriptors that go along."""

    op: Op
    head: bytes
    bodies: tuple[bytes, ...] = ()
    descriptors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the worker received it. `plan` is canonical text, empty for a probe."""

    op: Op
    plan: str
    limits: Limits
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Hello:
    """What a worker says once, when it is ready. `sandbox`: layer → "on", "off" or "unavailable: …"."""

    capabilities: Capabilities
    sandbox: Mapping[str, str] = field(default_factory=dict)


# ---------------------------------------------------------------------------------------------------------- frames


def frame_head(header: Mapping[str, object], body_length: int = 0) -> bytes:
    text = json.dumps(header, separators=(",", ":")).encode()
    return PREFIX.pack(len(text), body_length) + text


def read_prefix(prefix: bytes, header_max: int, body_max: int) -> tuple[int, int]:
    """The lengths of header and body, when they may be believed."""
    header_length, body_length = PREFIX.unpack(prefix)
    if not 0 < header_length <= header_max:
        raise WireError(f"a header of {header_length} bytes")
    if body_length > body_max:
        raise WireError(f"a body of {body_length} bytes")
    return header_length, body_length


def read_header(text: bytes) -> dict[str, object]:
    try:
        header: object = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a header that is no JSON: {type(error).__name__}") from None
    if not isinstance(header, dict):
        raise WireError("a header that is no object")
    return header


def _refuse_constant(name: str) -> float:
    raise WireError(f"the number {name}")


# ------------------------------------------------------------------------------------------------------------ jobs


def write_job(op: Op, plan: str, sources: Sequence[Source], limits: Limits) -> Request:
    """Raises BadRequest for a job that is too large to be sent at all."""
    header = {"op": op, "plan": plan, "limits": asdict(limits), "sources": [_describe(source) for source in sources]}
    bodies = tuple(source.data for source in sources if source.data is not None)
    descriptors = tuple(source.fd for source in sources if source.data is None)
    head = frame_head(header, sum(map(len, bodies)))
    if len(head) > JOB_HEADER_MAX:
        raise BadRequest(f"Expected a job of at most {JOB_HEADER_MAX} bytes but received {len(head)}")
    if len(descriptors) > DESCRIPTORS_MAX:
        raise BadRequest(f"Expected at most {DESCRIPTORS_MAX} stored inputs but received {len(descriptors)}")
    return Request(op, head, bodies, descriptors)


def _describe(source: Source) -> dict[str, object]:
    if source.data is not None:
        return {"inline": len(source.data), "digest": source.digest[:DIGEST_MAX]}
    if source.fd < 0:
        raise ValueError("a source without bytes and without a descriptor")
    return {"offset": source.offset, "length": source.length, "digest": source.digest[:DIGEST_MAX]}


def read_job(header: Mapping[str, object], body: bytes, descriptors: Sequence[int]) -> Job:
    op = header.get("op")
    if op not in {"run", "probe"}:
        raise WireError(f"the op {op!r}")
    sources = tuple(_sources(_list(header.get("sources")), body, descriptors))
    limits = _mapping(header.get("limits"))
    known = {slot.name: _count(limits.get(slot.name)) for slot in fields(Limits)}
    return Job("run" if op == "run" else "probe", _text(header.get("plan"), JOB_HEADER_MAX), Limits(**known), sources)


def _sources(described: list[object], body: bytes, descriptors: Sequence[int]) -> Iterator[Source]:
    at = taken = 0
    for item in map(_mapping, described):
        digest = _text(item.get("digest"), DIGEST_MAX)
        if "inline" in item:
            end = at + _count(item["inline"])
            yield Source(data=body[at:end], digest=digest)
            at = end
        else:
            if taken == len(descriptors):
                raise WireError("fewer descriptors than sources")
            where = _count(item.get("offset"))
            yield Source(fd=descriptors[taken], offset=where, length=_count(item.get("length")), digest=digest)
            taken += 1
    if at != len(body) or taken != len(descriptors):
        raise WireError("sources that do not add up")


# --------------------------------------------------------------------------------------------------------- answers


def write_answer(answer: Answer) -> tuple[bytes, bytes]:
    """Head and body."""
    if isinstance(answer, Made):
        header = {name: getattr(answer, name) for name in _MADE} | {"seconds": dict(answer.seconds)}
        return frame_head({"made": header}, len(answer.body)), answer.body
    if isinstance(answer, Facts):
        return frame_head({"facts": asdict(answer)}), b""
    name = type(answer).__name__ if type(answer).__name__ in ERRORS else Unprocessable.__name__
    return frame_head({"error": name, "sentence": _one_line(answer.sentence)}), b""


def read_answer(op: Op, header: Mapping[str, object], body: bytes) -> Answer:
    """What the worker answered to this op; an error is returned, not raised."""
    if op == "run" and set(header) == {"made"}:
        made = _checked(_mapping(header["made"]), _MADE)
        if not body:
            raise WireError("a picture without bytes")
        return Made(body=body, **made)  # type: ignore[arg-type]  # _MADE checked each of them
    if body:
        raise WireError("a body that nobody asked for")
    if op == "probe" and set(header) == {"facts"}:
        return Facts(**_checked(_mapping(header["facts"]), _FACTS))  # type: ignore[arg-type]  # likewise by _FACTS
    if set(header) == {"error", "sentence"}:
        return _error(header["error"], header["sentence"])
    raise WireError("an answer of no known kind")


def _error(name: object, sentence: object) -> EdgeError:
    kind = ERRORS.get(name) if isinstance(name, str) else None
    if kind is None or not isinstance(sentence, str):
        raise WireError("an error of no known kind")
    return kind(_one_line(sentence) or kind.title)


def _one_line(sentence: str) -> str:
    return "".join(char if char.isprintable() else " " for char in sentence[:SENTENCE_MAX]).strip()


# ----------------------------------------------------------------------------------------------------------- hello


def write_hello(hello: Hello) -> bytes:
    can = hello.capabilities
    spoken = {
        "pipeline": can.pipeline,
        "loaders": sorted(can.loaders),
        "savers": sorted(can.savers),
        "versions": dict(can.versions),
        "sandbox": dict(hello.sandbox),
    }
    return frame_head(spoken)


def read_hello(header: Mapping[str, object]) -> Hello:
    loaders, savers = (frozenset(_text(name, 64) for name in _list(header.get(key))) for key in ("loaders", "savers"))
    pipeline = _text(header.get("pipeline"), 1024)
    can = Capabilities(pipeline, loaders, savers, _texts(header.get("versions")))
    return Hello(can, _texts(header.get("sandbox")))


# ---------------------------------------------------------------------------------------------------------- checks

Check = Callable[[object], object]


def _checked(found: Mapping[str, object], table: Mapping[str, Check]) -> dict[str, object]:
    if set(found) != set(table):
        raise WireError("fields that are missing or too many")
    return {name: check(found[name]) for name, check in table.items()}


def _between(low: int, high: int) -> Check:
    def check(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise WireError(f"a number outside {low} to {high}")
        return value

    return check


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise WireError("a count that is none")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WireError("a flag that is none")
    return value


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise WireError("a text that is none or too long")
    return value


def _format(value: object) -> str:
    if _text(value, 16) not in FORMATS:
        raise WireError("a format of no known name")
    return str(value)


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > 256:
        raise WireError("a list that is none or too long")
    return value


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or len(value) > 256:
        raise WireError("an object that is none or too large")
    return value


def _texts(value: object) -> dict[str, str]:
    return {_text(key, 64): _text(text, 1024) for key, text in _mapping(value).items()}


def _seconds(value: object) -> dict[str, float]:
    found = _mapping(value)
    if len(found) > 8 or not all(name.isascii() and name.isidentifier() and len(name) <= 32 for name in found):
        raise WireError("phases of no known name")
    return {name: _duration(seconds) for name, seconds in found.items()}


def _duration(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise WireError("a duration that cannot be")
    return float(value)


_side = _between(1, (1 << 31) - 1)

_MADE: dict[str, Check] = {
    "format": _format,
    "width": _side,
    "height": _side,
    "frames": _between(1, 1 << 24),
    "seconds": _seconds,
}

_FACTS: dict[str, Check] = {
    "format": _format,
    "width": _side,
    "height": _side,
    "orientation": _between(1, 8),
    "frames": _between(1, 1 << 24),
    "alpha": _flag,
    "bits": _between(1, 64),
    "lossless": _flag,
    "progressive": _flag,
}
