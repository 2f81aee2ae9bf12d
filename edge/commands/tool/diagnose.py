"""`edge tool diagnose`: what this edge is made of, and whether it works."""

import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Final

from edge.commands import FINE
from edge.commands.tool.built import compilation_info

_NOTHING: Final = 64  # as for a job whose arguments are wrong


def run(args: Namespace) -> int:
    """What is asked for, in this order; the first that fails ends it."""
    asked = [work for name, work in _WORKS.items() if getattr(args, name)]
    if not asked:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in _WORKS)
        sys.stderr.write(f"Expected one of {flags} for diagnose but received none\n")
        return _NOTHING
    return next((code for work in asked if (code := work()) != FINE), FINE)


def _show() -> int:
    sys.stdout.write(f"{compilation_info()}\n")
    return FINE


def _test() -> int:
    from edge.commands.tool.selftest import run as test  # noqa: PLC0415 - it needs everything there is

    return test()


def _wait() -> int:
    sys.stdout.write("Press Enter to go on\n")
    sys.stdout.flush()
    sys.stdin.readline()
    return FINE


def _panic() -> int:
    raise RuntimeError("diagnose --call-panic asked for this")


_WORKS: Final[dict[str, Callable[[], int]]] = {
    "show_compilation_info": _show,
    "self_test": _test,
    "wait": _wait,
    "call_panic": _panic,
}
