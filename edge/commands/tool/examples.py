"""`edge tool examples --generate`: the folder `examples`, with a folder for each scenario and a script that runs it."""

import json
import os
import shlex
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from edge.commands import FINE, Failed, counted
from edge.commands.tool.capture import edge_command
from edge.commands.tool.scenarios import MARK, PHOTO, Scenario, scenarios

FOLDER = "examples"
# The edge of the PATH is asked first, so that the folder can be given to others.
_SH = """#!/bin/sh
# The job {slug}.json, run where it lies.
cd "$(dirname "$0")" || exit 1
if command -v edge >/dev/null 2>&1; then
  exec edge {words}
fi
exec {command}
"""
_BAT = """@echo off\r
cd /d "%~dp0"\r
where edge >nul 2>nul\r
if %errorlevel%==0 (\r
  edge {words}\r
) else (\r
  {command}\r
)\r
"""


def run(args: Namespace) -> int:
    assert args.generate, "argparse demands it"
    here = Path(FOLDER)
    try:
        pictures = {PHOTO: photograph(), MARK: mark()}
        for scenario in scenarios():
            _make(here / scenario.slug, scenario, pictures)
    except OSError as error:
        raise Failed(f"{error.filename or here}: cannot be written: {error.strerror}") from None
    sys.stdout.write(f"{counted(len(scenarios()), 'example')} in {here}; run one with\n")
    sys.stdout.write(f"  sh {here / scenarios()[0].slug / 'run_recipe.sh'}\n")
    return FINE


def photograph(width: int = 1280, height: int = 853) -> bytes:
    """A painted landscape as a JPEG."""
    from edge.imaging.samples import alps  # noqa: PLC0415 - libvips is loaded when it is needed

    body: bytes = alps(width, height).write_to_buffer(".jpg", Q=88, keep="none")
    return body


def mark(width: int = 320, height: int = 240) -> bytes:
    """Soap bubbles on nothing, a PNG with transparency."""
    from edge.imaging.samples import bubbles  # noqa: PLC0415 - as above

    body: bytes = bubbles(width * 5, height * 5).resize(0.2).write_to_buffer(".png", keep="none")
    return body


def _make(folder: Path, scenario: Scenario, pictures: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in scenario.pictures:
        (folder / name).write_bytes(pictures[name])
    (folder / f"{scenario.slug}.json").write_text(json.dumps(scenario.job, indent=2) + "\n", encoding="utf-8")
    words = ("tool", "v1/build", "--json", f"{scenario.slug}.json", *scenario.words)
    script = folder / "run_recipe.sh"
    script.write_text(
        _SH.format(slug=scenario.slug, words=shlex.join(words), command=shlex.join(edge_command(*words))),
        encoding="utf-8",
    )
    script.chmod(0o755)
    if os.name == "nt":
        text = _BAT.format(words=subprocess.list2cmdline(words), command=subprocess.list2cmdline(edge_command(*words)))
        (folder / "run_recipe.bat").write_text(text, encoding="utf-8", newline="")
