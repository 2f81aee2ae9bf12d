"""The text of a plan: one line of JSON, the same for equal plans and only for them.

    [["decode"],["resize",{"width":400,"height":300}],["encode",{"format":"webp","quality":78}]]

A node is its step's name, its fields in the order of the step's declaration, and the earlier nodes it works on. What is
left out: a field at its default, no fields at all, and a node that works on the one before it (the first: on none). So
a new field with a default changes no text, and no key, of plans that do not use it. Records inside a field are written
like nodes: `["auto",{"fallback":640}]`.

The text crosses the pipe to a worker: reading checks names, types and references against the steps' own annotations,
builds nothing else, and refuses any text that is not exactly what printing would give.
"""

import dataclasses
import json
import math
import types
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, NoReturn, Union, get_args, get_origin, get_type_hints

from edge.errors import BadRequest
from edge.plan.plan import Node, Plan
from edge.plan.steps import Canvas, Decode, Overlay, Step, Watermark

_MAX_TEXT: Final = 1 << 20  # 2,048 nodes, the most that a job may have, fit well
_MAX_WHOLE: Final = 2**53

# How many pictures a step works on, where that is not one.
_PICTURES: Final[dict[type[Step], int]] = {Decode: 0, Canvas: 0, Watermark: 2, Overlay: 2}

_Check = Callable[[Any], Any]


class _Refused(Exception):
    """Why a text is not a plan."""


class _Field(NamedTuple):
    name: str
    default: Any
    read: _Check
    real: bool  # may hold a float: a whole number given for it is written as one


class _Record(NamedTuple):
    name: str
    make: Callable[..., Any]
    fields: tuple[_Field, ...]
    required: frozenset[str]


def print_plan(plan: Plan) -> str:
    """The plan's one text. ValueError when a number in it is not finite."""
    nodes = [_write_node(at, node) for at, node in enumerate(plan.nodes)]
    return json.dumps(nodes, separators=(",", ":"), allow_nan=False)


def parse_plan(text: str) -> Plan:
    """The plan that prints as `text`. BadRequest, with one sentence, for every other text."""
    try:
        if len(text) > _MAX_TEXT:
            raise _Refused(f"more than {_MAX_TEXT} characters")
        nodes = json.loads(text, parse_constant=_refuse_constant)
        if type(nodes) is not list:
            raise _Refused("not a list of nodes")
        plan = Plan(tuple(_read_node(at, node) for at, node in enumerate(nodes)))
        if print_plan(plan) != text:
            raise _Refused("not in canonical form")
    except (_Refused, ValueError, RecursionError) as error:
        reason = error if isinstance(error, _Refused) else "not JSON"
        raise BadRequest(f"Expected the text of a plan but it is {reason}") from None
    return plan


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(f"holding {name}")


def _usual(at: int) -> tuple[int, ...]:
    return (at - 1,) if at else ()


def _write_node(at: int, node: Node) -> list[object]:
    written = _write_record(node.step)
    if node.of != _usual(at):
        written += [list(node.of)] if len(written) == 2 else [{}, list(node.of)]
    return written


def _write_record(value: Any) -> list[object]:
    record = _BY_TYPE[type(value)]
    fields = {}
    for field in record.fields:
        held = getattr(value, field.name)
        if held != field.default:
            fields[field.name] = _write(held, field.real)
    return [record.name, fields] if fields else [record.name]


def _write(value: Any, real: bool) -> object:
    if isinstance(value, tuple):
        return [_write(item, real) for item in value]
    if type(value) in _BY_TYPE:
        return _write_record(value)
    if type(value) is float or (real and type(value) is int):
        return float(value) + 0.0  # -0.0 equals 0.0 and must not read otherwise
    return value


def _read_node(at: int, node: Any) -> Node:
    if type(node) is not list or not 1 <= len(node) <= 3:
        raise _Refused("holding a node that is no list of step, fields and references")
    step = _read_record(node[:2], _STEPS)
    of = _usual(at) if len(node) < 3 else tuple(_read_list(node[2], _whole))
    if not all(0 <= reference < at for reference in of) or len(of) != _PICTURES.get(type(step), 1):
        raise _Refused("holding a node that works on what is not before it")
    return Node(step, of)


def _read_record(value: Any, known: dict[str, _Record]) -> Any:
    name, fields = value[0], value[1] if len(value) == 2 else {}
    if type(name) is not str or name not in known or type(fields) is not dict:
        raise _Refused("holding a step or record that does not exist")
    record = known[name]
    if not record.required <= fields.keys():
        raise _Refused(f"holding {name} with a field missing")
    read = {field.name: field.read(fields[field.name]) for field in record.fields if field.name in fields}
    if len(read) != len(fields):
        raise _Refused(f"holding {name} with an unknown field")
    return record.make(**read)


def _read_list(value: Any, read: _Check) -> list[Any]:
    if type(value) is not list:
        raise _Refused("holding something else where a list belongs")
    return [read(item) for item in value]


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > _MAX_WHOLE:
        raise _Refused("holding something else where a whole number belongs")
    return value


def _number(value: Any) -> float:
    if type(value) is not float or not math.isfinite(value):
        raise _Refused("holding something else where a number belongs")
    return value


def _exactly(kind: type) -> _Check:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise _Refused("holding a value of the wrong kind")
        return value

    return read


def _one_of(allowed: tuple[Any, ...]) -> _Check:
    def read(value: Any) -> Any:
        if type(value) is not str or value not in allowed:
            raise _Refused("holding a word that does not belong there")
        return value

    return read


def _tuple_of(reads: tuple[_Check, ...]) -> _Check:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != len(reads):
            raise _Refused("holding a list of the wrong length")
        return tuple(check(item) for check, item in zip(reads, value, strict=True))

    return read


def _any_of(reads: tuple[_Check, ...]) -> _Check:
    def read(value: Any) -> Any:
        for check in reads:
            try:
                return check(value)
            except _Refused:
                continue
        raise _Refused("holding a value of the wrong kind")

    return read


def _record_of(record: _Record) -> _Check:
    known = {record.name: record}

    def read(value: Any) -> Any:
        if type(value) is not list or not 1 <= len(value) <= 2:
            raise _Refused("holding a value of the wrong kind")
        return _read_record(value, known)

    return read


_SIMPLE: Final[dict[Any, _Check]] = {
    int: _whole,
    float: _number,
    str: _exactly(str),
    bool: _exactly(bool),
    type(None): _exactly(type(None)),
}


def _reader(hint: Any) -> _Check:
    """What reads a value of this annotation."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _one_of(inner)
    if origin in (Union, types.UnionType):
        return _any_of(tuple(_reader(option) for option in inner))
    if origin is tuple and inner[-1] is ...:
        each = _reader(inner[0])
        return lambda value: tuple(_read_list(value, each))
    if origin is tuple:
        return _tuple_of(tuple(_reader(item) for item in inner))
    return _record_of(_record(hint))


def _record(kind: type) -> _Record:
    """How to write and read a frozen dataclass, from its annotations."""
    if kind not in _BY_TYPE:
        hints = get_type_hints(kind)
        fields = tuple(
            _Field(field.name, field.default, _reader(hints[field.name]), _is_real(hints[field.name]))
            for field in dataclasses.fields(kind)
        )
        required = frozenset(field.name for field in fields if field.default is dataclasses.MISSING)
        _BY_TYPE[kind] = _Record(kind.__name__.lower(), kind, fields, required)
    return _BY_TYPE[kind]


def _is_real(hint: Any) -> bool:
    """May a field of this annotation hold a float, however deep?"""
    return hint is float or any(_is_real(part) for part in get_args(hint))


_BY_TYPE: Final[dict[type, _Record]] = {}
_STEPS: Final[dict[str, _Record]] = {record.name: record for record in map(_record, get_args(Step))}
