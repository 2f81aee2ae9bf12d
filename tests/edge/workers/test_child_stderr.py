"""What a worker writes to stderr reaches the log in whole lines, however the pipe cuts them."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Sequence

import pytest

from edge.workers.child import Child


async def heard_from(pieces: Sequence[str]) -> list[bytes]:
    say = "sys.stderr.write(piece); sys.stderr.flush(); time.sleep(0.12)"
    code = f"import sys, time\nfor piece in {list(pieces)!r}: {say}"
    heard: list[bytes] = []
    ours, theirs = socket.socketpair()
    popen = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, start_new_session=True)
    child = Child(popen, ours, heard.append)
    await asyncio.to_thread(popen.wait)
    await child.bury()
    theirs.close()
    return heard


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (["Fontconfig ", "error: none\n"], [b"Fontconfig error: none\n"]),
        (["one\ntw", "o\n"], [b"one\n", b"two\n"]),
        (["the last words"], [b"the last words"]),
    ],
)
async def test_a_line_is_handed_on_when_it_is_whole_or_when_the_worker_ends(
    pieces: list[str], lines: list[bytes]
) -> None:
    heard = await heard_from(pieces)
    assert b"".join(heard) == b"".join(lines)
    assert all(chunk.endswith(b"\n") for chunk in heard[:-1])  # a busy machine may hand on two lines as one chunk
