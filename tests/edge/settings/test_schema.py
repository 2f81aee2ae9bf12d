"""The JSON Schema for editors, and the default configuration it must accept."""

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from edge.settings import Settings, load
from edge.settings.schema import json_schema, schema_text
from tests.edge.settings.json_schema import accepts

CONFIG = Path(__file__).parents[3] / "config"
SCHEMA = json_schema()


def default() -> str:
    return resources.files("edge.settings").joinpath("default.yaml").read_text(encoding="utf-8")


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def test_the_default_file_says_what_no_file_means() -> None:
    assert load(default()) == Settings.for_folder("./photos")


def test_the_default_file_names_every_key_that_is_supported() -> None:
    written = parsed(default())
    route = set(written["routes"][0])
    later = {"origins", "rewrite", "other", "api_keys", "cors", "on_error", "imaginary"}
    assert route | later == set(type(Settings.for_folder("/").routes[0]).model_fields)
    assert set(written) == set(Settings.model_fields) - {"tracing"}


def test_the_commented_examples_of_the_default_file_are_valid() -> None:
    text = default().replace("  keys: {}\n", "")
    lines = re.sub(r"(?m)^(presets|watermarks): {}$", r"\1:", text).splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("signing:"))
    shown = [
        line.replace("# ", "", 1) if at > start and line.startswith("  # ") else line for at, line in enumerate(lines)
    ]
    text = "\n".join(shown).replace("base64 of an Ed25519 key", "A" * 43)
    settings = load(text, environ={"EDGE_SIGNING_KEY": "k" * 32})
    assert set(settings.signing.keys) == {"main", "partner"}
    assert set(settings.origins) == {"photos", "shop"}
    assert set(settings.presets) == {"thumb", "card"}
    assert set(settings.watermarks) == {"logo"}


def test_the_files_for_operators_are_what_the_commands_print() -> None:
    assert (CONFIG / "edge.yaml").read_text(encoding="utf-8") == default()
    assert (CONFIG / "edge.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_schema_accepts_the_default_file() -> None:
    assert accepts(SCHEMA, parsed(default()))


def scalars(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder of a scalar, with the key or index of it."""
    for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(part, dict | list):
            yield from scalars(part)
        else:
            yield tree, key


def test_the_schema_accepts_the_environment_wherever_a_scalar_stands() -> None:
    tree = parsed(default())
    for holder, key in list(scalars(tree)):
        holder[key] = "${NAME:-default}"
    assert accepts(SCHEMA, tree)


@pytest.mark.parametrize(
    "text",
    [
        "imaging: {workers: 4, memory: 1.5GiB, timeout: 500ms}",
        "limits: {source_bytes: 1000, source_pixels: 2M}",
        "cache: {disk: null, memory: 0}",
        "signing: {keys: {main: {secret_file: /run/key, not_after: '2027-01-01'}}}",
        "admin: {listen: null, token_file: /run/token}",
        "origins: {a: {type: http, url: 'http://a/', breaker: off}}",
        "routes: [{prefix: /, host: a.example, hints: off}, {prefix: /b/, host: [a.example], hints: {sizes: 50vw}}]",
        "presets: {thumb: w=200, other: {overrides: w=2}}",
        "routes: [{prefix: /, api_keys: {keys_file: /run/keys}}]",
        "routes: [{prefix: /, dialect: raw, set_cookie: bypass, client_cache_control: honour}]",
        "server: {processes: 4}",
        "origins: {a: {type: http, url: 'http://a/', cache_groups: true}}",
    ],
)
def test_the_schema_accepts_the_short_ways_to_write(text: str) -> None:
    assert accepts(SCHEMA, parsed(text))


@pytest.mark.parametrize(
    "text",
    [
        "imaging: {workers: many}",
        "imaging: {memory: 1 parsec}",
        "imaging: {timeout: 30}",
        "imaging: {timout: 30s}",
        "log: {level: loud}",
        "log: {server_timing: maybe}",
        "origins: {a: {type: s4}}",
        "origins: {a: {root: x}}",
        "origins: {a: {type: files}}",
        "origins: {a: {type: http, url: 'http://a/', breaker: null}}",
        "routes: [{origin: a}]",
        "routes: [{prefix: a}]",
        "routes: {prefix: /}",
        "routes: [{prefix: /, quality: {jpeg: 101}}]",
        "server: {listen: 8080}",
        "server: {processes: 0}",
        "routes: [{prefix: /, set_cookie: keep}]",
        "routes: [{prefix: /, ignore_no_transform: maybe}]",
        "origins: {a: {type: files, root: x, cache_groups: true}}",
    ],
)
def test_the_schema_refuses_what_load_refuses(text: str) -> None:
    assert not accepts(SCHEMA, parsed(text))


def test_the_schema_names_its_own_dialect() -> None:
    assert json.loads(schema_text())["$schema"] == "https://json-schema.org/draft/2020-12/schema"
