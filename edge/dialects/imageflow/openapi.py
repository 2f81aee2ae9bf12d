"""The API over HTTP as an OpenAPI 3.1 document."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from edge.dialects.imageflow.endpoints import ENDPOINTS, QUERYSTRING, Endpoint
from edge.dialects.imageflow.model import Empty
from edge.dialects.imageflow.schema import REPLIES, Schemas, schemas_of
from edge.dialects.imageflow.shapes import ErrorReply
from edge.dialects.imageflow.tagged import Record
from edge.dialects.riapi import EXTENSIONS, KEYS

Document = dict[str, Any]

_JSON: Final = "application/json"
_FORM: Final = "multipart/form-data"
_BINARY: Final[Document] = {"type": "string", "contentMediaType": "application/octet-stream"}
_NUMBERED: Final = "^-?[0-9]+$"  # parts are named by io_id
_TEAPOT: Final = "v1/brew_coffee"


def openapi(prefix: str = "", keys: Sequence[tuple[str, str]] = (), version: str = "1") -> Document:
    """The document of what answers under `prefix` ("/jobs"). `keys` says where a key may be shown, as pairs of "header"
    or "query" and a name; without them none is asked for. Equal arguments give equal documents."""
    document: Document = json.loads(openapi_text(prefix, tuple(keys), version))
    return document


@cache
def openapi_text(prefix: str = "", keys: tuple[tuple[str, str], ...] = (), version: str = "1") -> str:
    """The same as JSON."""
    return json.dumps(_document(prefix.rstrip("/"), keys, version))


def _document(prefix: str, keys: tuple[tuple[str, str], ...], version: str) -> Document:
    models: list[type[Record]] = [*(each.request for each in ENDPOINTS), *REPLIES.values(), ErrorReply]
    told, named = schemas_of(models, "#/components/schemas/{model}")
    paths = {
        f"{prefix}/{name}": _path(each, name, told)
        for each in sorted(ENDPOINTS, key=lambda endpoint: endpoint.name)
        for name in (each.name, *each.aliases)
    }
    components: Document = {
        "schemas": named,
        "responses": {
            "Error": {"description": "What went wrong", "content": {_JSON: {"schema": told[ErrorReply]}}},
        },
    }
    document: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Image jobs", "version": version},
        "paths": paths,
        "components": components,
    }
    if keys:
        components["securitySchemes"] = {
            f"key_in_{place}": {"type": "apiKey", "in": place, "name": name} for place, name in keys
        }
        document["security"] = [{f"key_in_{place}": []} for place, _ in keys]
    return document


def _path(endpoint: Endpoint, name: str, told: Schemas) -> Document:
    """POST, and GET where nothing need be sent."""
    path = {"post": _operation(endpoint, name, told) | {"requestBody": _body(endpoint, told)}}
    if endpoint.static and endpoint.request is Empty:
        path["get"] = _operation(endpoint, name, told, "_get")
    return path


def _operation(endpoint: Endpoint, name: str, told: Schemas, suffix: str = "") -> Document:
    operation: Document = {
        "operationId": "".join(one if one.isalnum() else "_" for one in name) + suffix,
        "summary": endpoint.told,
        "responses": _responses(endpoint, told),
    }
    if name != endpoint.name:
        operation["deprecated"] = True
    if endpoint is QUERYSTRING:
        operation["parameters"] = [_query()]
    return operation


def _query() -> Document:
    """The query string is of RIAPI, whole."""
    texts = {key: {"type": "string"} for key in (*KEYS, *EXTENSIONS)}
    return {
        "name": "riapi",
        "in": "query",
        "style": "form",
        "explode": True,
        "schema": {"type": "object", "properties": texts, "additionalProperties": {"type": "string"}},
    }


def _body(endpoint: Endpoint, told: Schemas) -> Document:
    if endpoint is QUERYSTRING:
        form = {"type": "object", "properties": {"0": _BINARY}, "required": ["0"]}
        return {
            "required": True,
            "content": {"image/*": {}, "application/octet-stream": {}, _FORM: {"schema": form}},
        }
    request = told[endpoint.request]
    content: Document = {_JSON: {"schema": request}}
    if endpoint.pictures:
        content[_FORM] = _form(request)
    return {"required": endpoint.request is not Empty, "content": content}


def _form(request: Document) -> Document:
    schema = {
        "type": "object",
        "properties": {"job": request},
        "required": ["job"],
        "patternProperties": {_NUMBERED: _BINARY},
    }
    return {"schema": schema, "encoding": {"job": {"contentType": _JSON}}}


def _responses(endpoint: Endpoint, told: Schemas) -> Document:
    content: Document = {_JSON: {"schema": told[REPLIES[endpoint.name]]}}
    if endpoint.name == _TEAPOT:
        return {"418": {"description": "It is a teapot", "content": content}}
    if endpoint.encodes:
        content |= {"image/*": {}, "multipart/mixed": {}}
    error = {"$ref": "#/components/responses/Error"}
    return {"200": {"description": "Done", "content": content}, "4XX": error, "5XX": error}
