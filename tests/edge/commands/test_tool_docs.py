"""What docs/tool.md shows does what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.commands.tool.words import fill
from edge.jobs import info
from tests.pictures import photo, with_alpha
from tests.running import ROOT
from tests.test_docs import fenced

PAGE = (ROOT / "docs" / "tool.md").read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("photos/2024").mkdir(parents=True)
    for name, body in {
        "a.jpg": photo(900, 600),
        "logo.png": with_alpha(80, 40),
        "photos/2024/a.jpg": photo(500, 400),
        "photos/b.jpg": photo(500, 400),
        "photos/c.png": photo(500, 400, "png"),
    }.items():
        Path(name).write_bytes(body)
    (job,) = fenced(PAGE, "json")
    Path("job.json").write_text(job)
    return tmp_path


def test_every_command_works_in_the_order_of_the_page(here: Path) -> None:
    script = "".join(fenced(PAGE, "sh"))
    edge = f'edge() {{ "{sys.executable}" -P -m edge "$@"; }}\nset -e\n'
    ran = subprocess.run(["sh", "-c", edge + script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    sizes = {name: (told.width, told.format) for name in MADE for told in [info(Path(name))]}
    assert sizes == MADE


MADE = {
    "small/2024/a.webp": (400, "webp"),
    "small/b.webp": (400, "webp"),
    "large/c.png": (500, "png"),
    "icons/c.avif": (100, "avif"),
    "thumb.jpg": (200, "jpeg"),
    "marked.jpg": (600, "jpeg"),
    "examples/laundry_list/laundry_list.jpg": (360, "jpeg"),
    "self_tests/query.gif": (32, "gif"),
}


def test_every_option_is_documented() -> None:
    source = Path(fill.__code__.co_filename).read_text(encoding="utf-8")
    options = set(re.findall(r'"(--[a-z-]+)"', source))
    assert {option for option in options if option not in PAGE} == {"--version", "--wait", "--call-panic"}
