"""Real photographs and hostile files, from the folder EDGE_TEST_CORPUS names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import pyvips

from edge.imaging import capabilities, probe
from edge.plan.facts import Limits
from edge.plan.steps import Resize
from edge.plan.work import Source
from tests.edge.imaging.conftest import Make, look

CORPUS = Path(os.environ.get("EDGE_TEST_CORPUS", "/nowhere"))
pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="set EDGE_TEST_CORPUS to a folder with pictures/ and hostile/"
)
# Only a deadline stops these; the pool has one.
NEEDS_DEADLINE = {"generated/svg_use_bomb.svg"}
# The manifest was written for the wheel's libvips. What another one makes of these, and where that is so.
READS_PDF = "pdf" in capabilities().loaders
OTHERWISE = {
    "untrusted-loader/libvips__page-box.pdf": ("image", READS_PDF),
    "untrusted-loader/libvips__blankpage.pdf": ("image", READS_PDF),
    "odd/libvips__subsampled.tif": ("image or clean 4xx error", not pyvips.at_least_libvips(8, 18)),
}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("pictures/*.*")), ids=lambda path: path.name)
def test_real_pictures_become_400_wide_in_every_format(make: Make, path: Path) -> None:
    body = path.read_bytes()
    width, height = probe(Source(body), Limits()).upright
    step = Resize(400, max(1, round(height * 400 / width)))
    for to in ("jpeg", "png", "webp", "avif"):
        image = look(make(body, step, to=to))
        assert (image.width, image.height) == (step.width, step.height)


def test_the_eight_orientations_are_one_picture(make: Make) -> None:
    seen = [look(make(path.read_bytes(), Resize(60, 45))) for path in sorted(CORPUS.glob("pictures/orientation_?.jpg"))]
    assert len(seen) == 8
    assert max((one - seen[0]).abs().avg() for one in seen) < 12


def test_hostile_files_give_a_picture_or_a_clean_error() -> None:
    manifest = json.loads((CORPUS / "hostile" / "MANIFEST.json").read_text())
    wanted = {row["file"]: row["expected"] for row in manifest if row["file"] not in NEEDS_DEADLINE}
    wanted |= {name: outcome for name, (outcome, here) in OTHERWISE.items() if here}
    paths = [str(CORPUS / "hostile" / name) for name in wanted]
    swept = subprocess.run(
        [sys.executable, "-m", "tests.edge.imaging.sweep"],
        input="\n".join(paths),
        capture_output=True,
        text=True,
        timeout=100,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    seen = dict(json.loads(line) for line in swept.stdout.splitlines())
    assert list(seen) == paths, f"ended {swept.returncode} after {list(seen)[-1:]}"
    clean = {"400", "413", "415", "422"}
    allowed = {"image": {"image"}, "clean 4xx error": clean, "image or clean 4xx error": {"image", *clean}}
    odd = {
        name: seen[path] for name, path in zip(wanted, paths, strict=True) if seen[path] not in allowed[wanted[name]]
    }
    assert odd == {}
