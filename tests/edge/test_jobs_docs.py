"""What docs/jobs.md shows works, and what it lists is what there is."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from edge.dialects.imageflow import encoders, nodes
from edge.dialects.imageflow.endpoints import ENDPOINTS
from edge.dialects.imageflow.tagged import Variant
from edge.settings import load
from tests import pictures
from tests.running import Running, running
from tests.test_docs import fenced, table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for text in fenced(PAGE, "sh") for line in text.replace("\\\n", " ").splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the files that the commands name."""
    place = tmp_path_factory.mktemp("docs")
    (place / "photos").mkdir()
    for name in ("photo.jpg", "photos/a.jpg"):
        (place / name).write_bytes(pictures.photo(800, 600))
    job = json.loads(fenced(PAGE, "json")[0])
    (place / "job.json").write_text(json.dumps(job), encoding="utf-8")
    job["io"][0]["io"] = {"url": "/photos/a.jpg"}
    (place / "named.json").write_text(json.dumps(job), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def edge(folder: Path) -> Iterator[Running]:
    yaml = fenced(PAGE, "yaml")[0].replace("./photos", str(folder / "photos"))
    with running(f"cache: {{disk: {{path: {folder / 'cache'}}}}}\nimaging: {{workers: 1}}\n{yaml}", folder) as process:
        yield process


@pytest.mark.needs("curl", "curl")
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_answered(edge: Running, folder: Path, command: str) -> None:
    words = shlex.split(command.replace("127.0.0.1:8080", f"127.0.0.1:{edge.port}"))
    ran = subprocess.run([*words, "-w", "%{http_code}"], capture_output=True, check=True, cwd=folder)
    assert ran.stdout.endswith(b"200"), ran.stdout
    if "-o" in words:
        assert (folder / words[words.index("-o") + 1]).read_bytes()[8:12] == b"WEBP"


def test_there_are_commands_of_every_form() -> None:
    assert len(COMMANDS) == 7


def test_every_example_in_json_is_json() -> None:
    assert all(json.loads(text) for text in fenced(PAGE, "json"))


def test_every_endpoint_is_listed() -> None:
    told = {name.removesuffix("?…") for row in table(PAGE, "## Endpoints\n") for name in re.findall(r"`([^`]+)`", row)}
    assert told == {each.name for each in ENDPOINTS} | {"openapi.json"}


def tags(union: object) -> set[str]:
    kinds = get_args(get_args(union)[0])
    return {kind.tag for kind in kinds if issubclass(kind, Variant)}


def test_every_node_is_listed_with_its_fields() -> None:
    told = table(PAGE, '`{"srgb": {"hex": "RRGGBBAA"}}`. Fields in bold are required.\n')
    named = {name for row in told for name in re.findall(r"`([a-z0-9_]+)`", row)}
    assert named == tags(nodes.Node)


def test_every_preset_is_listed() -> None:
    told = table(PAGE, "`transparent`, resample_when `size_differs_or_sharpening_requested`, sharpen_when `always`.\n")
    assert {name for row in told for name in re.findall(r"`([a-z]+)`", row)} == tags(encoders.Preset)


def test_the_example_configuration_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "config" / "jobs.yaml").read_text(encoding="utf-8")
    assert [route.dialect for route in load(text.replace("${EDGE_API_KEY}", "secret")).routes] == ["riapi", "jobs"]
