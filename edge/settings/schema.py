"""JSON Schema of the configuration, for editors. Looser than `load`: it knows shapes, not what names refer to."""

import json
from collections.abc import Iterator
from typing import Any

from edge.settings.models import Settings
from edge.settings.section import Section
from edge.settings.written import FROM_ENVIRONMENT

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# What the file may say and the finished model cannot: (model, key, how it may be written, instead of null?).
_SHORT: tuple[tuple[str, str, dict[str, Any], bool], ...] = (
    ("HttpOrigin", "breaker", {"const": "off"}, True),
    ("Route", "hints", {"const": "off"}, True),
    ("Route", "host", {"type": "string"}, False),
)


def schema_text() -> str:
    """As `edge schema` prints it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """Schema of a whole file. Where the file may hold `${NAME}`, the schema accepts it."""
    schema = Settings.model_json_schema()
    models = schema["$defs"]
    for model in _sections(Section):
        if model.__name__ in models:
            _with_files(models[model.__name__], model.secrets)
    for name, key, short, instead_of_null in _SHORT:
        found = models[name]["properties"][key]
        kept = [way for way in found["anyOf"] if not (instead_of_null and way == {"type": "null"})]
        found["anyOf"] = [*kept, short]
    models["Preset"] = {"anyOf": [{"type": "string"}, models["Preset"]]}
    for name, model in models.items():
        if name.endswith("Origin"):
            model["required"] = ["type", *model.get("required", ())]
    return {"$schema": DIALECT, "title": "Configuration of image-edge", **_opened(schema)}


def _sections(kind: type[Section]) -> Iterator[type[Section]]:
    for model in kind.__subclasses__():
        yield model
        yield from _sections(model)


def _with_files(schema: dict[str, Any], secrets: tuple[str, ...]) -> None:
    """Each secret may stand in a file of its own instead."""
    for name in secrets:
        schema["properties"][f"{name}_file"] = {"type": "string", "description": f"the file that holds {name}"}
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if name not in secrets]


def _opened(schema: Any) -> Any:
    """Without pydantic's titles; words of a list may come from the environment; unions are open to that."""
    if isinstance(schema, list):
        return [_opened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("properties"), dict):
        properties = {name: _opened(part) for name, part in schema["properties"].items()}
        return {**_parts(schema), "properties": properties}
    if schema.get("type") == "string" and ("enum" in schema or "const" in schema):
        words = {key: schema[key] for key in ("enum", "const") if key in schema}
        rest = {key: part for key, part in schema.items() if key not in ("enum", "const", "type", "title")}
        return {**rest, "anyOf": [words, FROM_ENVIRONMENT]}
    return _parts(schema)


def _parts(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {key: part for key, part in schema.items() if key not in ("title", "discriminator", "properties", "default")}
    opened = {("anyOf" if key == "oneOf" else key): _opened(part) for key, part in kept.items()}
    return {**opened, "default": schema["default"]} if schema.get("default", {}) != {} else opened
