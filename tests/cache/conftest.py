"""What the cache's tests start from."""

from pathlib import Path

import pytest

from tests.cache.samples import Clock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a disk tier lives; not there yet."""
    return tmp_path / "var" / "cache"


@pytest.fixture
def clock() -> Clock:
    return Clock()
