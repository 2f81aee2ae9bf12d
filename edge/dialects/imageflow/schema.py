"""JSON Schemas of every endpoint, made of the types that read and answer it."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from edge.dialects.imageflow import endpoints
from edge.dialects.imageflow.endpoints import ENDPOINTS
from edge.dialects.imageflow.model import Empty
from edge.dialects.imageflow.shapes import (
    BuildData,
    EndpointsData,
    EstimateData,
    ImageInfoData,
    KeysData,
    Reply,
    SchemasData,
    TeapotReply,
    ValidateData,
    VersionData,
)
from edge.dialects.imageflow.tagged import Record

Schema = dict[str, Any]
Schemas = Mapping[type[Record], Schema]

_MODE: Final[JsonSchemaMode] = "validation"

# Endpoint → what it answers when all goes well.
REPLIES: Final[Mapping[str, type[Record]]] = {
    endpoints.BUILD.name: Reply[BuildData],
    endpoints.EXECUTE.name: Reply[BuildData],
    endpoints.QUERYSTRING.name: Reply[BuildData],
    endpoints.IMAGE_INFO.name: Reply[ImageInfoData],
    endpoints.SCALED_IMAGE_INFO.name: Reply[ImageInfoData],
    endpoints.TELL_DECODER.name: Reply[Empty],
    endpoints.ESTIMATE.name: Reply[EstimateData],
    endpoints.VERSION_INFO.name: Reply[VersionData],
    endpoints.LIST_KEYS.name: Reply[KeysData],
    endpoints.GET_KEYS.name: Reply[KeysData],
    endpoints.VALIDATE.name: Reply[ValidateData],
    endpoints.OPENAPI.name: Reply[str],
    endpoints.SCHEMA_ENDPOINTS.name: Reply[EndpointsData],
    endpoints.JSON_SCHEMAS.name: Reply[SchemasData],
    endpoints.BREW_COFFEE.name: TeapotReply,
}


class _Untitled(GenerateJsonSchema):
    """A title that repeats the field's name says nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schemas_of(models: Iterable[type[Record]], template: str) -> tuple[Schemas, dict[str, Schema]]:
    """The schema of each model, and by name, sorted, those they refer to. `template` is the form of a reference, with
    {model} for the name."""
    wanted = list(dict.fromkeys(models))
    pairs = [(model, _MODE) for model in wanted]
    told, rest = models_json_schema(pairs, ref_template=template, schema_generator=_Untitled)
    named = rest.get("$defs", {})
    return {model: told[model, _MODE] for model in wanted}, {name: named[name] for name in sorted(named)}


@cache
def _alone(model: type[Record]) -> Schema:
    """The schema of one model with all it refers to."""
    return model.model_json_schema(schema_generator=_Untitled, mode=_MODE)


def json_schemas() -> Schema:
    """v1/schema/json/latest/v1/all."""
    told = {each.name: (each.request, REPLIES[each.name]) for each in ENDPOINTS}
    return {
        "schemas": {
            name: {"input_schema": _alone(told[name][0]), "output_schema": _alone(told[name][1])}
            for name in sorted(told)
        }
    }


def schema_endpoints() -> dict[str, list[str]]:
    """v1/schema/list-schema-endpoints."""
    return {"endpoints": sorted(f"/{each.name}" for each in ENDPOINTS if each.name.startswith("v1/schema/"))}
