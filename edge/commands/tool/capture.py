"""`--capture-to BASE`: another process does the work, and what it was and said is kept in files that begin with BASE.

BASE_run.txt                the folder and the command line
BASE_stdout.txt, _stderr    what it wrote
BASE_exitcode_64.txt        how it ended, in the name and inside
BASE_version.txt            the edge's version
BASE_compilation_info.txt   what it runs on
"""

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from edge import __version__
from edge.commands import Failed
from edge.commands.tool.built import compilation_info

_OPTION = "--capture-to"


def edge_command(*words: str) -> list[str]:
    """This very edge, whatever else of that name is installed."""
    return [sys.executable, "-P", "-m", "edge", *words]


def without_capture(words: Sequence[str]) -> list[str]:
    """The command line as it would be without `--capture-to BASE` or `--capture-to=BASE`."""
    left: list[str] = []
    skip = False
    for word in words:
        if not skip and word != _OPTION and not word.startswith(f"{_OPTION}="):
            left.append(word)
        skip = word == _OPTION and not skip
    return left


def capture(words: Sequence[str], base: str, folder: Path | None = None) -> int:
    """Run `edge` with these words in `folder`, where BASE is too, and keep what becomes of it. Its exit code."""
    folder = folder or Path.cwd()
    command = edge_command(*words)
    try:
        with _place(folder, base, "stdout").open("wb") as out, _place(folder, base, "stderr").open("wb") as err:
            code = subprocess.run(command, stdout=out, stderr=err, cwd=folder, check=False).returncode  # noqa: S603 - ourselves
        for name, text in (
            ("run", f"cd {shlex.quote(str(folder))}\n{shlex.join(command)}"),
            (f"exitcode_{code}", str(code)),
            ("version", f"edge {__version__}"),
            ("compilation_info", compilation_info()),
        ):
            _place(folder, base, name).write_text(f"{text}\n", encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise Failed(f"{_OPTION} {base}: cannot be written: {error.strerror}") from None
    return code


def _place(folder: Path, base: str, name: str) -> Path:
    return folder / f"{base}_{name}.txt"
