"""Processes and their parents: die with it, and bury whoever it left behind."""

import ctypes
import os
import signal
import sys
from collections.abc import Collection
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def tether(parent: int) -> None:
    """End at once when the parent's thread that started this process ends; at once, as the whole edge would have when
    it was one process. Linux only: elsewhere the end of the channel tells."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it died before the line above


def bury_strangers(ours: Collection[int]) -> int:
    """How many zombies were reaped that are not `ours`. In a container the edge is process 1, and inherits the imaging
    workers of a serving process that was killed."""
    if os.getpid() != 1:
        return 0
    count = 0
    with suppress(ChildProcessError):
        while found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if found.si_pid in ours:
                break  # its owner reaps it soon, and there is another time
            os.waitpid(found.si_pid, 0)
            count += 1
    return count
