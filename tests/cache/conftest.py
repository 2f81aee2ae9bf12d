"""What the cache's tests start from."""

import shutil
import subprocess
from collections.abc import Iterator
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


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB that may be mounted anew."""
    if shutil.which("mount") is None:
        pytest.skip("needs mount(8): apt-get install mount")
    place = tmp_path / "tmpfs"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "cache", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a tmpfs: run as root with CAP_SYS_ADMIN")
    yield place
    subprocess.run(["umount", place], check=True)
