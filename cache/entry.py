"""What the cache keeps: a body, a little metadata, the time it was stored; and the envelope it travels to disk in.

The envelope answers three questions before a byte of it is believed: is it whole, is it ours, is it *this key's*.
A disk tier can hand back a truncated file, a flipped bit, a row of an older program or another key's row, and none of
them raises by itself. So:

    magic and version 4 | header length 4 | body length 8 | blake2b 16 | header | body

The header is JSON (never a pickle) and holds the key itself. The checksum covers the lengths, the header and the body,
and both sides compute it by streaming, so a big file is never in memory at once.
"""

import json
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

Scalar = str | int | float | bool | None

CHUNK = 1 << 18  # 256 KiB: what one read of a streamed body takes; larger steps measured no faster


class FileSlice:
    """A stretch of an open regular file. Owns the descriptor: close it once."""

    __slots__ = ("_fd", "length", "offset")

    def __init__(self, fd: int, offset: int, length: int) -> None:
        self._fd = fd
        self.offset = offset
        self.length = length

    def fileno(self) -> int:
        return self._fd

    def read(self) -> bytes:
        """All of it. Blocks."""
        return os.pread(self._fd, self.length, self.offset)

    def chunks(self) -> Iterator[bytes]:
        """All of it, in pieces. Blocks. EOFError when the file is shorter than the slice says."""
        at, end = self.offset, self.offset + self.length
        while at < end:
            piece = os.pread(self._fd, min(CHUNK, end - at), at)
            if not piece:
                raise EOFError(f"Expected {end - at} more bytes of the body but the file ends")
            at += len(piece)
            yield piece

    def duplicate(self) -> "FileSlice":
        """The same bytes under a descriptor of their own: each is closed by its own owner."""
        return FileSlice(os.dup(self._fd), self.offset, self.length)

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __repr__(self) -> str:
        return f"FileSlice(fd={self._fd}, {self.length} bytes at {self.offset})"


@dataclass(frozen=True, slots=True)
class Entry:
    """`meta` is small (a few KiB) and flat; `stored_at` is Unix seconds; `tags` name groups to forget together."""

    body: bytes | FileSlice
    meta: Mapping[str, Scalar] = field(default_factory=dict)
    stored_at: float = 0.0
    tags: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        return len(self.body) if isinstance(self.body, bytes) else self.body.length

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces. Blocks when it is a file."""
        if isinstance(self.body, bytes):
            return iter((self.body,))
        return self.body.chunks()

    def close(self) -> None:
        """Give back the descriptor, if the body is a file."""
        if isinstance(self.body, FileSlice):
            self.body.close()


_MAGIC = b"\x8bCE\x01"  # not text, not any picture's signature; the last byte is the version
_FIXED = struct.Struct(">4sIQ16s")
_LENGTHS = struct.Struct(">IQ")


class _Torn(Exception):
    """These bytes are not a whole envelope of this version for this key."""


@dataclass(frozen=True, slots=True)
class _Head:
    header: bytes
    body_length: int
    checksum: bytes

    @property
    def body_offset(self) -> int:
        return _FIXED.size + len(self.header)

    def check(self, body: Iterator[bytes]) -> None:
        if _checksum(self.header, self.body_length, body) != self.checksum:
            raise _Torn

    def entry(self, key: str, body: bytes | FileSlice) -> Entry:
        """Believed only after `check`: what does not read as a header then is another program's."""
        try:
            fields = json.loads(self.header)
        except ValueError:
            raise _Torn from None
        match fields:
            case {"key": str(of), "meta": dict(meta), "tags": list(tags), "stored_at": int() | float() as stored_at}:
                if of == key and _flat(meta) and all(isinstance(tag, str) for tag in tags):
                    return Entry(body, meta, float(stored_at), tuple(tags))
        raise _Torn


def envelope_head(key: str, entry: Entry) -> bytes:
    """Everything of the envelope but the body, which follows as `entry.chunks()`. Reads the body once, by streaming."""
    if not _flat(entry.meta):
        raise TypeError(f"Expected strings, numbers, booleans or None for meta but received {dict(entry.meta)!r}")
    fields = {"key": key, "meta": dict(entry.meta), "tags": entry.tags, "stored_at": entry.stored_at}
    header = json.dumps(fields, separators=(",", ":")).encode("ascii")
    checksum = _checksum(header, entry.length, entry.chunks())
    return _FIXED.pack(_MAGIC, len(header), entry.length, checksum) + header


def encode(key: str, entry: Entry) -> bytes:
    """The whole envelope."""
    return b"".join((envelope_head(key, entry), *entry.chunks()))


def decode(key: str, envelope: bytes) -> Entry | None:
    """The entry, or None when the envelope is torn, flipped, of another version or of another key."""
    try:
        head = _read_head(envelope, len(envelope))
        body = envelope[head.body_offset :]
        head.check(iter((body,)))
        return head.entry(key, body)
    except _Torn:
        return None


def decode_file(key: str, fd: int, inline: int) -> Entry | None:
    """As `decode`, from an open file that is read with pread alone. A body longer than `inline` comes back as a
    FileSlice under a descriptor of its own, verified before it is handed out; the caller still closes `fd`."""
    try:
        total = os.fstat(fd).st_size
        head = _read_head(os.pread(fd, 4096, 0), total, fd)
        part = FileSlice(fd, head.body_offset, head.body_length)
        if part.length <= inline:
            body = part.read()
            head.check(iter((body,)))
            return head.entry(key, body)
        head.check(part.chunks())
        entry = head.entry(key, part)
    except (_Torn, EOFError):
        return None
    return Entry(part.duplicate(), entry.meta, entry.stored_at, entry.tags)


def _read_head(start: bytes, total: int, fd: int = -1) -> _Head:
    """`start` is the first of `total` bytes; a header that goes on past it is read from `fd`."""
    if len(start) < _FIXED.size:
        raise _Torn
    magic, header_length, body_length, checksum = _FIXED.unpack_from(start)
    if magic != _MAGIC or _FIXED.size + header_length + body_length != total:
        raise _Torn
    header = start[_FIXED.size : _FIXED.size + header_length]
    if len(header) < header_length:
        header = os.pread(fd, header_length, _FIXED.size)
    return _Head(header, body_length, checksum)


def _checksum(header: bytes, body_length: int, body: Iterator[bytes]) -> bytes:
    digest = blake2b(_LENGTHS.pack(len(header), body_length), digest_size=16)
    digest.update(header)
    for piece in body:
        digest.update(piece)
    return digest.digest()


def _flat(meta: Mapping[str, Scalar]) -> bool:
    return all(
        isinstance(name, str) and (value is None or isinstance(value, str | int | float))
        for name, value in meta.items()
    )
