"""JSON Schemas: what they allow is read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.dialects.imageflow.endpoints import ENDPOINTS, Endpoint
from edge.dialects.imageflow.reading import read
from edge.dialects.imageflow.schema import REPLIES, json_schemas, schema_endpoints
from edge.dialects.imageflow.shapes import EndpointsData, SchemasData

Strategy = st.SearchStrategy[Any]
_SIMPLE: dict[str, Strategy] = {"string": st.text(max_size=9), "boolean": st.booleans(), "null": st.none()}


def _object(schema: Any, defs: Any) -> Strategy:
    fields = {name: example(field, defs) for name, field in schema.get("properties", {}).items()}
    if fields:
        required = {name: fields.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=fields)
    values = schema.get("additionalProperties")
    return st.dictionaries(st.text(max_size=3), example(values, defs), max_size=2) if values else st.just({})


def _number(schema: Any, defs: Any) -> Strategy:
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema["type"] == "integer":
        return st.integers(low, high)
    return st.floats(low, high, allow_nan=False) | st.integers(-3, 3)


def _array(schema: Any, defs: Any) -> Strategy:
    low = schema.get("minItems", 0)
    return st.lists(example(schema["items"], defs), min_size=low, max_size=schema.get("maxItems", low + 2))


def example(schema: Any, defs: Any) -> Strategy:
    """What a schema allows, of the words that our schemas use."""
    if "$ref" in schema:
        return st.deferred(lambda: example(defs[schema["$ref"].rpartition("/")[2]], defs))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return st.one_of(*(example(choice, defs) for choice in schema[word]))
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if schema["type"] in _SIMPLE:
        return _SIMPLE[schema["type"]]
    return _COMPOSED[schema["type"]](schema, defs)


_COMPOSED: dict[str, Callable[[Any, Any], Strategy]] = {
    "integer": _number,
    "number": _number,
    "object": _object,
    "array": _array,
}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_what_the_schemas_allow_is_read(endpoint: Endpoint) -> None:
    schema = json_schemas()["schemas"][endpoint.name]["input_schema"]

    @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60, deadline=None)
    @given(example(schema, schema.get("$defs", {})))
    def reads(value: Any) -> None:
        assert isinstance(read(endpoint.request, json.dumps(value)), endpoint.request)

    reads()


def references(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*map(references, schema.values()))
    return set().union(*map(references, schema)) if isinstance(schema, list) else set()


def test_every_endpoint_has_schemas_that_stand_alone() -> None:
    told = json_schemas()
    SchemasData.model_validate(told)
    assert set(told["schemas"]) == {each.name for each in ENDPOINTS} == set(REPLIES)
    assert list(told["schemas"]) == sorted(told["schemas"])
    for pair in told["schemas"].values():
        for schema in pair.values():
            assert references(schema) <= {f"#/$defs/{name}" for name in schema.get("$defs", {})}


def test_schemas_are_json_and_say_no_titles_of_fields() -> None:
    text = json.dumps(json_schemas())
    assert '"title": "X1"' not in text
    assert '"from"' in text
    assert '"start"' not in text


def test_schema_endpoints_are_listed_as_paths() -> None:
    EndpointsData.model_validate(schema_endpoints())
    assert schema_endpoints()["endpoints"] == [
        "/v1/schema/json/latest/v1/all",
        "/v1/schema/list-schema-endpoints",
        "/v1/schema/openapi/latest/get",
        "/v1/schema/riapi/latest/get",
        "/v1/schema/riapi/latest/list_keys",
        "/v1/schema/riapi/latest/validate",
    ]
