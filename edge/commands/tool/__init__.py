"""`edge tool`: imageflow_tool's command line over the library, and one query for thousands of files besides."""

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from edge.commands import FAILED, FINE, Ended
from edge.commands.tool.words import BUILD, DIAGNOSE, EXAMPLES, QUERYSTRING

PANICKED = 101  # a defect of ours, as imageflow_tool ends then
INTERRUPTED = 130  # as a shell says of a command that Ctrl-C ended

_ROOMS = {BUILD: "build", QUERYSTRING: "build", EXAMPLES: "examples", DIAGNOSE: "diagnose"}


def run(args: Namespace) -> int:
    """The exit code. `args.words` are those of the command line, for a capture."""
    _open()
    if "capture_to" in args:
        return _captured(args)
    room = "bulk" if getattr(args, "out_dir", None) is not None else _ROOMS[args.verb]
    work: Callable[[Namespace], int] = import_module(f"edge.commands.tool.{room}").run
    try:
        return work(args)
    except Ended:
        raise
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read standard output has enough
        sys.stdout = None  # nothing is left to be flushed at the end
        return FAILED
    except Exception:  # a defect must not look like anything else
        traceback.print_exc()
        return PANICKED


def _open() -> None:
    """What was closed by the shell takes everything and keeps nothing."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as above


def _captured(args: Namespace) -> int:
    """That something was captured is what was asked for, however it ended."""
    from edge.commands.tool.capture import capture, without_capture  # noqa: PLC0415 - only for who asks

    code = capture(without_capture(args.words), args.capture_to)
    sys.stdout.write(f"It ended with {code}; what it said is in {args.capture_to}_*.txt\n")
    return FINE
