"""`edge doctor` and the worker's log with the libvips of the system."""

import subprocess
import sys

from tests.running import ROOT


def test_the_doctor_lists_what_this_libvips_adds() -> None:
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "edge", "doctor"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    (reads,) = [line for line in ran.stdout.splitlines() if " reads " in line]
    (writes,) = [line for line in ran.stdout.splitlines() if " writes " in line]
    assert all(name in reads for name in ("bmp", "heic", "jp2", "jxl", "pdf"))
    assert all(name in writes for name in ("heic", "jxl"))


def test_libvips_writes_no_warnings_of_its_own() -> None:
    """Without the compiled binding too: they quote the picture."""
    code = (
        "from edge.imaging.prepare import prepare; from edge.imaging.specimens import SPECIMENS;"
        "from edge.imaging import loaders; prepare();"
        "loaders.load('heic', SPECIMENS['heic'], {}).avg()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
