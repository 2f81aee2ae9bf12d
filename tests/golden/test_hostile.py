"""Hostile and odd files, from the folder that EDGE_TEST_CORPUS names: each is a picture or a clean refusal."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import pyvips

from tests.running import Running, running

YAML = """
imaging: {{workers: 2, timeout: 10s}}
cache: {{disk: null}}
origins: {{hostile: {{type: files, root: "{root}"}}}}
routes: [{{prefix: /, origin: hostile}}]
"""
CLEAN = {400, 413, 415, 422}


@pytest.fixture(scope="module")
def edge(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(YAML.format(root=corpus / "hostile"), tmp_path_factory.mktemp("hostile")) as process:
        yield process


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_every_file_is_a_picture_or_a_clean_refusal(edge: Running, corpus: Path, format: str) -> None:
    manifest = json.loads((corpus / "hostile" / "MANIFEST.json").read_text("utf-8"))
    wrong = []
    for row in manifest:
        answer = edge.get(f"/{quote(row['file'])}?w=300&format={format}")
        wanted = {"image": {200}, "clean 4xx error": CLEAN}.get(row["expected"], CLEAN | {200})
        if answer.status not in wanted:
            wrong.append((row["file"], row["expected"], answer.status, answer.body[:200]))
        if answer.status == 200:
            assert pyvips.Image.new_from_buffer(answer.body, "", fail_on="warning").avg() >= 0
    assert wrong == []
    assert edge.process.poll() is None
