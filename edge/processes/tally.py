"""How many connections each serving process has, where all can see it.

Whoever has more than another leaves a new connection to that one for a moment. Without it, the process that happens to
run takes all that come while the others wait for a processor, and connections that are kept alive stay where they are.
A number in a mapped file: a message would come too late. The file has no name, so nobody truncates it, and its bytes
were written before it was mapped, so no full disk takes them back.
"""

import mmap
import os
from typing import BinaryIO, Final

_NOT_THERE: Final = -1
_WIDTH: Final = 8


def lay_out(file: BinaryIO, processes: int) -> None:
    """Make room for so many. Raises OSError when there is none."""
    os.pwrite(file.fileno(), _NOT_THERE.to_bytes(_WIDTH, "little", signed=True) * processes, 0)


class Tally:
    """Of `processes`, whose numbers count from 1."""

    def __init__(self, descriptor: int, processes: int) -> None:
        self._map = mmap.mmap(descriptor, processes * _WIDTH)
        self._counts = memoryview(self._map).cast("q")

    def set(self, number: int, count: int) -> None:
        self._counts[number - 1] = count

    def gone(self, number: int) -> None:
        """Nobody leaves it a connection."""
        self._counts[number - 1] = _NOT_THERE

    def ahead(self, number: int) -> bool:
        """Has this one more than some other that serves?"""
        others = [count for at, count in enumerate(self._counts, 1) if at != number and count != _NOT_THERE]
        return bool(others) and self._counts[number - 1] > min(others)

    def close(self) -> None:
        self._counts.release()
        self._map.close()

    def __repr__(self) -> str:
        return f"Tally({list(self._counts)})"


class Turn:
    """One process's part in it, for edge.http.listen."""

    def __init__(self, tally: Tally, number: int) -> None:
        self._tally = tally
        self._number = number

    def has(self, count: int) -> None:
        self._tally.set(self._number, count)

    def ahead(self) -> bool:
        return self._tally.ahead(self._number)

    def leaves(self) -> None:
        self._tally.gone(self._number)
