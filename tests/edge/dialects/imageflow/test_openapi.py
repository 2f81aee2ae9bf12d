"""The OpenAPI document: whole, resolvable, the same every time."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from edge.dialects.imageflow.endpoints import ENDPOINTS
from edge.dialects.imageflow.openapi import openapi, openapi_text

KEYS = (("header", "API-Key"), ("query", "key"))
DOCUMENT = openapi("/jobs", KEYS, "1.2")
ERROR = {"$ref": "#/components/responses/Error"}


def operations() -> Iterator[tuple[str, str, Any]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_the_document_says_what_it_is() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert DOCUMENT["info"]["version"] == "1.2"
    assert DOCUMENT["info"]["title"]


def test_every_name_of_every_endpoint_is_a_path_under_the_prefix() -> None:
    names = {f"/jobs/{name}" for each in ENDPOINTS for name in (each.name, *each.aliases)}
    assert set(DOCUMENT["paths"]) == names
    assert set(openapi()["paths"]) == {name.removeprefix("/jobs") for name in names}
    assert openapi("/jobs/", KEYS, "1.2") == DOCUMENT


def test_older_names_are_deprecated() -> None:
    aliases = {f"/jobs/{name}" for each in ENDPOINTS for name in each.aliases}
    assert {path for path, _, operation in operations() if operation.get("deprecated")} == aliases


def test_everything_is_posted_and_what_needs_no_body_may_be_got() -> None:
    assert all("post" in item for item in DOCUMENT["paths"].values())
    got = {path for path, method, _ in operations() if method == "get"}
    assert "/jobs/v1/get_version_info" in got
    assert "/jobs/v1/schema/openapi/latest/get" in got
    assert "/jobs/v1/schema/riapi/latest/validate" not in got
    assert "/jobs/v1/build" not in got
    assert not any("requestBody" in operation for _, method, operation in operations() if method == "get")


def test_references_resolve_and_none_is_left_to_definitions_of_its_own() -> None:
    for reference in references(DOCUMENT):
        node: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert node
    assert "$defs" not in openapi_text("/jobs", KEYS)
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in DOCUMENT["components"]["schemas"])
    assert not any("__" in name for name in DOCUMENT["components"]["schemas"])  # two types of one name


def test_every_schema_is_referred_to() -> None:
    used = {reference.rpartition("/")[2] for reference in references(DOCUMENT)}
    assert set(DOCUMENT["components"]["schemas"]) <= used


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in names)


@pytest.mark.parametrize("path", ["/jobs/v1/build", "/jobs/v0.1/build", "/jobs/v1/execute"])
def test_jobs_come_as_json_or_as_forms_and_go_as_json_or_pictures(path: str) -> None:
    operation = DOCUMENT["paths"][path]["post"]
    request = operation["requestBody"]
    model = request["content"]["application/json"]["schema"]
    form = request["content"]["multipart/form-data"]
    assert request["required"] is True
    assert form["schema"]["properties"]["job"] == model
    assert form["encoding"] == {"job": {"contentType": "application/json"}}
    (numbered,) = form["schema"]["patternProperties"]
    assert [bool(re.search(numbered, name)) for name in ("0", "12", "-3", "job", "1a")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "image/*", "multipart/mixed"}
    assert operation["responses"]["4XX"] == operation["responses"]["5XX"] == ERROR


def test_a_query_is_all_parameters_and_its_body_the_picture() -> None:
    operation = DOCUMENT["paths"]["/jobs/v1/querystring"]["post"]
    (parameter,) = operation["parameters"]
    assert (parameter["in"], parameter["style"], parameter["explode"]) == ("query", "form", True)
    assert {"w", "format", "c.focus"} <= set(parameter["schema"]["properties"])
    assert set(operation["requestBody"]["content"]) == {"image/*", "application/octet-stream", "multipart/form-data"}


def test_the_teapot_answers_418_only() -> None:
    assert set(DOCUMENT["paths"]["/jobs/brew_coffee"]["get"]["responses"]) == {"418"}


def test_keys_are_asked_for_where_there_are_some() -> None:
    assert DOCUMENT["components"]["securitySchemes"] == {
        "key_in_header": {"type": "apiKey", "in": "header", "name": "API-Key"},
        "key_in_query": {"type": "apiKey", "in": "query", "name": "key"},
    }
    assert DOCUMENT["security"] == [{"key_in_header": []}, {"key_in_query": []}]
    assert "security" not in openapi()
    assert "securitySchemes" not in openapi()["components"]


@pytest.mark.parametrize("seed", ["1", "2"])
@pytest.mark.parametrize("before", ["", "import edge.app; "])  # what is imported earlier may know the same words
def test_the_text_does_not_depend_on_the_process(seed: str, before: str) -> None:
    program = (
        f"{before}from edge.dialects.imageflow.openapi import openapi_text as t; "
        "print(t('/jobs', (('header', 'A'),)), end='')"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
    )
    assert told.stdout.decode() == openapi_text("/jobs", (("header", "A"),))
