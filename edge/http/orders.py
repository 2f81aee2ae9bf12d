"""What an operator tells the admin listener in a body."""

import json
from typing import Final, Literal

from aiohttp import web

from edge.errors import BadRequest, TooLarge, expected
from edge.originals.purge import Order

_KINDS: Final[tuple[Literal["url", "prefix", "tag", "all"], ...]] = ("url", "prefix", "tag", "all")


async def told_by(request: web.BaseRequest) -> object:
    """The body's JSON. Raises BadRequest, TooLarge."""
    try:
        return json.loads(await request.read())
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge("The body is larger than 1 MiB") from None
    except ValueError:
        raise BadRequest("Expected a JSON object") from None
    except RecursionError:
        raise BadRequest("The JSON is nested too deeply") from None


def ordered(told: object) -> Order:
    """The order that {"url"|"prefix"|"tag": text, "soft": false} or {"all": true} gives. Raises BadRequest."""
    if not isinstance(told, dict):
        raise BadRequest(expected("a JSON object", "the order", json.dumps(told)))
    unknown = [key for key in told if key not in (*_KINDS, "soft")]
    if unknown:
        raise BadRequest(expected("url, prefix, tag, all or soft", "a key", str(unknown[0])))
    kinds = [kind for kind in _KINDS if kind in told]
    if len(kinds) != 1:
        raise BadRequest(expected("exactly one of url, prefix, tag and all", "the order", ", ".join(kinds) or "none"))
    kind, value, soft = kinds[0], told[kinds[0]], told.get("soft", False)
    if not isinstance(soft, bool):
        raise BadRequest(expected("true or false", "soft", json.dumps(soft)))
    return Order(kind, _value(kind, value), soft)


def _value(kind: str, value: object) -> str:
    if kind == "all":
        if value is not True:
            raise BadRequest(expected("true", "all", json.dumps(value)))
        return ""
    if not isinstance(value, str) or not value:
        raise BadRequest(expected("a text", kind, json.dumps(value)))
    if any("\ud800" <= mark <= "\udfff" for mark in value):
        raise BadRequest(expected("Unicode", kind, value.encode("ascii", "backslashreplace").decode()))
    return value
