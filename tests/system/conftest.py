"""These tests want the libvips of the system in place of the wheel's: `make test-system` gives them an environment of
their own, and there it is an error when something is missing."""

import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from edge.imaging import capabilities
from tests.running import Running, running
from tests.system import samples

YAML = """
cache: {{disk: {{path: {folder}/cache, size: 20MiB}}}}
imaging: {{workers: 1}}
origins: {{pictures: {{type: files, root: {folder}/pictures}}}}
routes: [{{prefix: /p/, origin: pictures, dialect: riapi}}]
"""
# What Debian's package is built with, and what is asked of it here.
READS = {"heic", "pdf", "jxl", "jp2", "bmp"}


def _reason() -> str:
    """Why these tests cannot run; empty when they can."""
    try:
        distribution("pyvips-binary")
    except PackageNotFoundError:
        lacking = READS - capabilities().loaders
        return f"this libvips does not read {', '.join(sorted(lacking))}" if lacking else ""
    return "this environment has the libvips of the wheel; make test-system runs these tests with that of the system"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    reason = _reason() if here else ""
    if not reason:
        return
    if os.environ.get("EDGE_TEST_LIBVIPS") == "system":
        raise pytest.UsageError(reason)
    for item in here:
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the edge serves at /p/: every sample, whole and cut."""
    place = tmp_path_factory.mktemp("system") / "pictures"
    place.mkdir()
    for name, body in samples.every().items():
        (place / name).write_bytes(body)
    return place


@pytest.fixture(scope="session")
def edge(shown: Path) -> Iterator[Running]:
    folder = shown.parent
    with running(YAML.format(folder=folder), folder) as process:
        yield process
