"""What a client sent along with a job."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from edge.errors import Unavailable
from edge.originals.body import Kept, Spool

MOST_DOCUMENT: Final = 64 << 20  # bytes of JSON: upstream's max_json_bytes, which no job can raise here
MOST_PARTS: Final = 64  # and inputs of a job: each may be a question to an origin
MOST_HELD: Final = 2 * MOST_DOCUMENT  # bytes of memory for what the requests of all jobs hold
MOST_SPOOLED: Final = 4 << 30  # bytes of disk for the same
_LATER: Final = 5  # seconds after which there may be room again

Taking = Literal["document", "picture", "nothing"]  # what content of one piece is


class Room:
    """What the requests of all jobs may hold together: of memory, for JSON and small pictures, and of disk, for large
    ones. Work on them is not counted."""

    __slots__ = ("_most", "_most_spooled", "held", "spooled", "turns")

    def __init__(self, most: int = MOST_HELD, most_spooled: int = MOST_SPOOLED) -> None:
        self._most = most
        self._most_spooled = most_spooled
        self.held = 0
        self.spooled = 0
        self.turns = asyncio.Lock()

    def take(self, count: int) -> None:
        """Raises Unavailable."""
        if self.held + count > self._most:
            raise Unavailable("The edge holds as much of other jobs as it may", _LATER)
        self.held += count

    def give(self, count: int) -> None:
        self.held -= count

    def spool(self, count: int) -> None:
        """Raises Unavailable."""
        if self.spooled + count > self._most_spooled:
            raise Unavailable("The edge holds as many pictures of other jobs as it may", _LATER)
        self.spooled += count

    def __repr__(self) -> str:
        return f"Room({self.held} of {self._most} bytes, {self.spooled} of {self._most_spooled} on disk)"


class Share:
    """What one request has of a room. Whoever was given it closes it."""

    __slots__ = ("_room", "held", "spooled")

    def __init__(self, room: Room) -> None:
        self._room = room
        self.held = 0
        self.spooled = 0

    def take(self, count: int) -> None:
        """Raises Unavailable."""
        self._room.take(count)
        self.held += count

    def give(self, count: int) -> None:
        self._room.give(count)
        self.held -= count

    def spool(self, count: int) -> None:
        """Raises Unavailable. What was spooled lies there until the share is closed."""
        self._room.spool(count)
        self.spooled += count

    async def turn(self) -> None:
        """Waits until everybody else had one, and until whatever else waits in the event loop."""
        async with self._room.turns:
            await asyncio.sleep(0)

    def close(self) -> None:
        self.give(self.held)
        self._room.spooled -= self.spooled
        self.spooled = 0

    def __repr__(self) -> str:
        return f"Share({self.held} bytes, {self.spooled} on disk)"


@dataclass(frozen=True, slots=True)
class Sent:
    """`document` is the JSON, None where none came; `parts` are pictures by the io_id that their part names; `written`
    are those that stood in the JSON, by what stands there for each now. Whoever was given it closes it."""

    document: bytes | bytearray | None = None
    parts: Mapping[int, Kept] = field(default_factory=dict)
    written: Mapping[str, Kept] = field(default_factory=dict)
    share: Share | None = None

    def close(self) -> None:
        for kept in (*self.parts.values(), *self.written.values()):
            if isinstance(kept.body, Spool):
                kept.body.close()
        if self.share is not None:
            self.share.close()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bytes: of one part, of the document, of all together."""

    part: int
    document: int = MOST_DOCUMENT

    @property
    def all(self) -> int:
        return 4 * self.part
