"""The wire between the pool and a worker: one frame each way over a stream socket.

    frame   prefix, header, body
    prefix  u32 length of the header, u64 length of the body; network order
    header  one JSON object in UTF-8
    body    of a job: its inline sources one after the other; of an answer: the pictures, likewise

A worker decodes hostile pictures, so whatever it says may be an attacker's words. Hence: every length is capped before
anything is allocated for it, JSON instead of pickle, every value is checked for type and range, an error is a name of
ERRORS and a sentence that is cut and freed of control characters. What fails a check is a WireError, never a crash.
Descriptors travel beside a job's first byte (SCM_RIGHTS) in the order of the sources that name them.
"""

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Literal

from edge.errors import (
    BadRequest,
    EdgeError,
    Misfit,
    NotAcceptable,
    OverLimit,
    TooLarge,
    Unprocessable,
    UnsupportedPicture,
)
from edge.plan.facts import Facts, Limits
from edge.plan.formats import FORMATS
from edge.plan.work import Capabilities, Done, Made, Source

PREFIX = struct.Struct("!IQ")
JOB_HEADER_MAX = 1 << 20  # the text of a JSON job's plan may be long
ANSWER_HEADER_MAX = 64 << 10
BODY_MAX = 256 << 20  # all pictures of an answer: 40 M pixels of four bytes, uncompressed, and half as much again
LIST_MAX = 256  # inputs of a job, outputs of an answer
SENTENCE_MAX = 300
DIGEST_MAX = 256  # it names a picture in logs; what is longer is cut
DESCRIPTORS_MAX = 32  # Linux takes 253 (SCM_MAX_FD); a worker may have 64 open

ERRORS: dict[str, type[EdgeError]] = {
    kind.__name__: kind
    for kind in (UnsupportedPicture, Unprocessable, OverLimit, BadRequest, Misfit, TooLarge, NotAcceptable)
}

# run: the plan's first output; all: every one; probe: the header of the one source.
Op = Literal["run", "all", "probe"]
OPS: dict[object, Op] = {"run": "run", "all": "all", "probe": "probe"}
Answer = Made | Done | Facts | EdgeError


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
    if len(sources) > LIST_MAX:
        raise BadRequest(f"Expected at most {LIST_MAX} inputs but received {len(sources)}")
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
    op = OPS.get(_text(header.get("op"), 16))
    if op is None:
        raise WireError("a job of no known kind")
    sources = tuple(_sources(_list(header.get("sources")), body, descriptors))
    limits = _mapping(header.get("limits"))
    known = {slot.name: _count(limits.get(slot.name)) for slot in fields(Limits)}
    return Job(op, _text(header.get("plan"), JOB_HEADER_MAX), Limits(**known), sources)


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


def write_answer(answer: Answer) -> tuple[bytes, tuple[bytes, ...]]:
    """Head and bodies."""
    if isinstance(answer, Made):
        return _write_done(Done((answer,), answer.seconds))
    if isinstance(answer, Done):
        return _write_done(answer)
    if isinstance(answer, Facts):
        return frame_head({"facts": asdict(answer)}), ()
    # A kind that is no row is told as the nearest one that it is a kind of.
    name = next((kind.__name__ for kind in type(answer).__mro__ if kind.__name__ in ERRORS), Unprocessable.__name__)
    return frame_head({"error": name, "sentence": _one_line(answer.sentence)}), ()


def _write_done(done: Done) -> tuple[bytes, tuple[bytes, ...]]:
    bodies = tuple(made.body for made in done.outputs)
    length = sum(map(len, bodies))
    if length > BODY_MAX:
        return write_answer(Unprocessable(f"Expected results of at most {BODY_MAX} bytes together but made {length}"))
    made = [[getattr(made, name) for name in _MADE] + [len(made.body)] for made in done.outputs]
    header = {"made": made, "seconds": dict(done.seconds), "decodes": done.decodes}
    return frame_head(header, length), bodies


def read_answer(op: Op, header: Mapping[str, object], body: bytes) -> Answer:
    """What the worker answered to this op; an error is returned, not raised."""
    if op != "probe" and set(header) == {"made", "seconds", "decodes"}:
        made = tuple(_made(_list(header["made"]), body))
        seconds = _seconds(header["seconds"])
        decodes = tuple(_count(times) for times in _list(header["decodes"]))
        return _only(made, seconds) if op == "run" else Done(made, seconds, decodes)
    if body:
        raise WireError("a body that nobody asked for")
    if op == "probe" and set(header) == {"facts"}:
        return Facts(**_checked(_mapping(header["facts"]), _FACTS))  # type: ignore[arg-type]  # likewise by _FACTS
    if set(header) == {"error", "sentence"}:
        return _error(header["error"], header["sentence"])
    raise WireError("an answer of no known kind")


def _made(described: Iterable[object], body: bytes) -> Iterator[Made]:
    """The pictures, each with its part of the body."""
    at = 0
    for item in described:
        row = _list(item)
        if len(row) != len(_MADE) + 1:
            raise WireError("fields that are missing or too many")
        known = {name: check(value) for (name, check), value in zip(_MADE.items(), row, strict=False)}
        length = _count(row[-1])
        if not 0 < length <= len(body) - at:
            raise WireError("a picture without bytes")
        part = body if length == len(body) else body[at : at + length]
        yield Made(body=part, **known)  # type: ignore[arg-type]  # _MADE checked each of them
        at += length
    if at != len(body) or not body:
        raise WireError("pictures that do not add up")


def _only(made: tuple[Made, ...], seconds: Mapping[str, float]) -> Made:
    if len(made) != 1:
        raise WireError("more than the one picture that was asked for")
    return replace(made[0], seconds=seconds)


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
    if not isinstance(value, list) or len(value) > LIST_MAX:
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
