"""How the edge is told to end: once to drain, twice to end at once."""

import asyncio
import os
import signal
from functools import partial
from typing import Final

_ECHO: Final = 1.0  # seconds: make and a process group often send the same signal twice


def stopping() -> asyncio.Event:
    """Set by SIGTERM and SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def heed_the_next() -> None:
    """From a moment on, another signal means now."""
    loop = asyncio.get_running_loop()
    loop.call_later(_ECHO, _end_at_the_next, loop)


def _end_at_the_next(loop: asyncio.AbstractEventLoop) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(os._exit, 1))
