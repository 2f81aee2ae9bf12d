"""`--bundle-to` and `--debug-package`: a job in a folder of its own, with everything it reads."""

import json
import os
import re
import shlex
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from edge.commands import FINE, Failed
from edge.commands.client import printable
from edge.commands.tool.capture import capture
from edge.commands.tool.slots import Job, paths_of, with_io
from edge.dialects.imageflow.errors import JobError
from edge.jobs.sources import unreachable

RECIPE = "recipe.json"
_CAPTURED = "captured"  # files of the run inside a debug package begin so
_SEPARATORS = re.compile(r"[/\\]")
_RUN = ("tool", "v1/build", "--json", RECIPE)


def bundle(job: Job, folder: Path) -> int:
    gather(job, folder)
    sys.stdout.write(f"To run it:\n  cd {printable(shlex.quote(str(folder)))} && edge {' '.join(_RUN)}\n")
    return FINE


def debug_package(job: Job, folder: Path) -> int:
    """The bundle, what became of it when it was run inside, and both in one archive. That the job failed is what
    such a package is made for: it ends well."""
    archive = folder.with_name(f"{folder.name}.zip")
    if archive.exists():
        raise Failed(f"{archive}: exists already")
    gather(job, folder)
    code = capture(_RUN, _CAPTURED, folder)
    with zipfile.ZipFile(archive, "x", zipfile.ZIP_STORED) as packed:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                packed.write(path, path.name)
    sys.stdout.write(f"The job ended with {code}. All there is to know is in {printable(str(archive))}\n")
    return FINE


def gather(job: Job, folder: Path) -> None:
    """Raises Failed when the folder exists, JobError when an input cannot be copied; no folder is left behind then."""
    try:
        folder.mkdir()
    except OSError as error:
        raise Failed(f"{folder}: cannot be made: {error.strerror}") from None
    try:
        inputs, outputs = _named("input", paths_of(job, "in")), _named("output", paths_of(job, "out"))
        for io_id, path in paths_of(job, "in").items():
            _copy(path, folder / inputs[io_id], io_id)
        bundled = with_io(job, "in", {io_id: {"file": name} for io_id, name in inputs.items()})
        bundled = with_io(bundled, "out", {io_id: {"file": name} for io_id, name in outputs.items()})
        (folder / RECIPE).write_text(json.dumps(bundled, indent=2) + "\n", encoding="utf-8")
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise JobError("IoError", f"{folder}: cannot be written: {error.strerror}") from None
        raise


def _copy(path: str, place: Path, io_id: int) -> None:
    """Of whatever can be read, a pipe too."""
    try:
        body = Path(path).read_bytes()
    except OSError as error:
        raise unreachable(error, path, f"input {io_id}") from None
    place.write_bytes(body)


def _named(kind: str, paths: Mapping[int, str]) -> dict[int, str]:
    """input_0_photo.jpg: io_ids keep names apart, so no folder is needed. What is no text cannot stand in JSON."""
    names = {io_id: os.fsencode(_SEPARATORS.split(path)[-1]).decode(errors="replace") for io_id, path in paths.items()}
    return {io_id: f"{kind}_{io_id}_{name}" for io_id, name in names.items()}
