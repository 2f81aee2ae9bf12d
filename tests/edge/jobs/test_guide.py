"""docs/library.md: what it shows is what happens, and its tables are what there is."""

import re
from pathlib import Path

import pytest

from edge import jobs
from edge.dialects.imageflow.errors import CATEGORIES, KINDS
from edge.plan.facts import Limits
from tests import pictures

GUIDE = (Path(__file__).parents[3] / "docs" / "library.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


def table(heading: str) -> list[list[str]]:
    rows = re.search(r"(?:^\|.*\n)+", GUIDE.partition(heading)[2], re.MULTILINE)
    assert rows
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[0].splitlines()[2:]]


def test_every_example_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(pictures.photo(1200, 800))
    Path("logo.png").write_bytes(pictures.with_alpha(200, 100))
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(block, names)
        said = re.findall(r"^ *print\(.*\)  # (.*)$", block, re.MULTILINE)
        assert len(said) == block.count("print(")
        assert capsys.readouterr().out.splitlines() == said
    assert Path("photo.webp").read_bytes()[8:12] == b"WEBP"
    assert Path("marked.jpg").stat().st_size > 1000
    assert names["affordable"] is True


def test_the_first_example_has_five_lines() -> None:
    assert len(BLOCKS[0].splitlines()) == 5


def test_the_table_of_kinds_tells_their_codes() -> None:
    for kind, _, code, exit in table("## Errors"):
        assert CATEGORIES[KINDS[kind.strip("`")]] == (int(code), int(exit))


def test_every_kind_that_the_library_raises_is_in_the_table() -> None:
    listed = {row[0].strip("`") for row in table("## Errors")}
    root = Path(jobs.__file__).parents[1]
    rooms = [root / "jobs", root / "dialects" / "imageflow"]
    texts = [path.read_text(encoding="utf-8") for room in rooms for path in room.glob("*.py")]
    raised = {kind for text in texts for kind in re.findall(r'JobError\(\s*"(\w+)"|"(\w+)"\)$', text, re.MULTILINE)}
    named = {kind for pair in raised for kind in pair if kind in KINDS}
    assert named - listed <= {"InvalidMessageEndpoint", "ItemNotFound", "NullArgument", "OutOfMemory"}


def test_every_function_is_in_the_guide() -> None:
    code = set(re.findall(r"`(\w+)", GUIDE)) | set(re.findall(r"jobs\.(\w+)", GUIDE))
    assert set(jobs.__all__) - {"Limits"} <= code


def test_the_limits_are_those_that_are_told() -> None:
    assert "256 MiB for a source, 100 megapixels for a picture" in GUIDE
    limits: Limits = jobs.LIMITS
    assert (limits.source_bytes, limits.source_pixels, limits.output_pixels) == (256 << 20, 100_000_000, 100_000_000)
    assert limits.animation_pixels == 400_000_000
