"""Fixtures for every test, and the rule for programs that a machine may lack."""

import os
import shutil
from pathlib import Path

import pytest

from edge.fonts import fonts

os.environ["EDGE_CALIBRATION"] = (
    "/nonexistent/calibration.json"  # what this machine was measured to be able to counts for no test
)


def _required(program: str) -> bool:
    wanted = os.environ.get("EDGE_TEST_REQUIRE", "")
    return wanted == "all" or program in wanted.split(",")


def _present(program: str) -> bool:
    if program == "a font":
        return fonts(1) > 0
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is not None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        program, package = mark.args
        if not _present(program):
            sentence = f"{program} is not installed; on Debian: apt-get install {package}"
            if _required(program):
                pytest.fail(sentence)
            pytest.skip(sentence)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder with real pictures and hostile files, named by EDGE_TEST_CORPUS."""
    folder = os.environ.get("EDGE_TEST_CORPUS")
    if not folder:
        pytest.skip("EDGE_TEST_CORPUS names no folder of pictures")
    return Path(folder)
