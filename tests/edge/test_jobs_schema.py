"""What the API's own document allows is sent to it, and it never breaks: no 5xx, no connection dropped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.running import Running, running

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: pip install schemathesis")

YAML = """
cache: {{memory: 16MiB, disk: {{path: {cache}, size: 100MiB}}}}
imaging: {{workers: 1}}
limits: {{source_bytes: 1MiB, source_pixels: 1M, output_pixels: 1M}}
routes: [{{prefix: /jobs/, dialect: jobs}}]
"""
EXAMPLES = 60  # of each operation
ENDPOINTS = [
    "v1/build",
    "v1/execute",
    "v1/querystring",
    "v1/get_image_info",
    "v1/estimate",
    "v1/tell_decoder",
    "v1/schema/riapi/latest/validate",
    "v1/get_version_info",
]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("schema")
    with running(YAML.format(cache=place / "cache"), place) as process:
        yield process


@pytest.fixture(scope="module")
def document(edge: Running) -> Any:
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{edge.port}/jobs/openapi.json")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_whatever_the_document_allows_is_answered(edge: Running, document: Any, endpoint: str) -> None:
    operation = document[f"/jobs/{endpoint}"]["POST"]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(timeout=30)
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=[schemathesis.checks.not_a_server_error])

    ask()
    assert "Traceback" not in Path(edge.log.name).read_text("utf-8")
