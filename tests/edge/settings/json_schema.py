"""As much of JSON Schema 2020-12 as the configuration's schema uses. An unknown keyword is an error, not a yes."""

import re
from collections.abc import Callable, Mapping
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
SILENT = {"$schema", "$defs", "title", "description", "default", "format", "writeOnly", "properties", "type"}


def accepts(schema: Mapping[str, Any], found: Any, root: Mapping[str, Any] | None = None) -> bool:
    """Is this value valid?"""
    root = root or schema
    kinds = TYPES.get(schema.get("type", ""))
    if kinds and (not isinstance(found, kinds) or (isinstance(found, bool) and bool not in kinds)):
        return False
    properties = schema.get("properties", {})
    if isinstance(found, dict) and not all(
        accepts(properties[key], part, root) for key, part in found.items() if key in properties
    ):
        return False
    rules = {key: rule for key, rule in schema.items() if key not in SILENT}
    return all(RULES[key](rule, found, schema, root) for key, rule in rules.items())


def _others(rule: Any, found: Any, schema: Any, root: Any) -> bool:
    others = [part for key, part in found.items() if key not in schema.get("properties", {})]
    return not others if rule is False else all(accepts(rule, part, root) for part in others)


RULES: dict[str, Callable[[Any, Any, Any, Any], bool]] = {
    "$ref": lambda rule, found, schema, root: accepts(root["$defs"][rule.removeprefix("#/$defs/")], found, root),
    "anyOf": lambda rule, found, schema, root: any(accepts(way, found, root) for way in rule),
    "enum": lambda rule, found, schema, root: found in rule,
    "const": lambda rule, found, schema, root: found == rule and type(found) is type(rule),
    "pattern": lambda rule, found, schema, root: not isinstance(found, str) or re.search(rule, found) is not None,
    "minimum": lambda rule, found, schema, root: found >= rule,
    "maximum": lambda rule, found, schema, root: found <= rule,
    "items": lambda rule, found, schema, root: all(accepts(rule, item, root) for item in found),
    "required": lambda rule, found, schema, root: all(key in found for key in rule),
    "additionalProperties": _others,
}
