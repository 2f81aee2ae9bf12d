"""What a serving process is charged with at its start.

It goes over the socket that the process alone inherits, never through its command line, its environment or a file: it
holds the secrets of the configuration. It is a pickle, since settings are values that no other text gives back exactly
(which keys were said, which secrets mean what), and since nobody else can write to that socket.
"""

import pickle
import socket
import struct
from dataclasses import dataclass
from typing import Final

from edge.settings.models import Settings

_PREFIX: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Charge:
    """`number` counts from 1 to `processes`. `sockets` are inherited descriptors that listen; `board` is one of a
    nameless file that all share, to lock when a line is written and to see each other's connections; `parent` is the
    process that must outlive this one. `settings` are the whole edge's."""

    number: int
    processes: int
    parent: int
    sockets: tuple[int, ...]
    board: int
    settings: Settings


def packed(charge: Charge) -> bytes:
    text = pickle.dumps(charge)
    return _PREFIX.pack(len(text)) + text


def receive(sock: socket.socket) -> Charge:
    """Blocks until it is there. Raises EOFError when the parent has ended meanwhile."""
    (length,) = _PREFIX.unpack(_exactly(sock, _PREFIX.size))
    charge = pickle.loads(_exactly(sock, length))  # noqa: S301 - our own parent's, see above
    if not isinstance(charge, Charge):
        raise TypeError("Expected a charge")
    return charge


def _exactly(sock: socket.socket, length: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < length:
        piece = sock.recv(length - len(pieces))
        if not piece:
            raise EOFError
        pieces += piece
    return bytes(pieces)
