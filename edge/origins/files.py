"""A folder as an origin.

Theory of operation. A key is walked from the folder's descriptor, one component at a time, with O_NOFOLLOW: no `..`
is ever sent to the kernel and no symbolic link is followed, not even one that stays inside, so there is no check whose
answer could change before the open. Whatever is not a regular file that may be read is 404, without a reason.

A hop into a thread costs 40–50 µs, more than opening and reading a small file. So one hop walks, opens, looks,
compares validators and reads what is small; only a large body is streamed, through aiofiles.

The folder is opened once. One that is replaced by rename or by a switched link is seen after a restart.
"""

import asyncio
import errno
import os
import stat
import time
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import blake2b
from mimetypes import MimeTypes
from pathlib import Path

import aiofiles

from edge.errors import BadGateway, expected
from edge.exchange import Fields
from edge.origins.base import Ask
from edge.origins.conditional import http_date, not_modified
from edge.origins.replies import HeldReply, method_not_allowed, no_such_original, too_large

SMALL = 64 << 10  # read in the hop that opens it; what is larger is better read where it is needed
_CHUNK = 256 << 10
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: opening a FIFO for reading would wait for a writer, for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ABSENT = frozenset(
    {
        errno.EACCES,
        errno.EINVAL,
        errno.EISDIR,
        errno.ELOOP,
        errno.EMLINK,  # what some systems say instead of ELOOP
        errno.ENAMETOOLONG,
        errno.ENODEV,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.ENXIO,  # a socket, or a FIFO without writer
        errno.EPERM,
    }
)
_CHANGED = "The original changed while it was read"
_TYPES = MimeTypes()  # built-in table only: an answer must not depend on the machine's /etc/mime.types
for _extension, _type in (
    (".apng", "image/apng"),
    (".avif", "image/avif"),
    (".heic", "image/heic"),
    (".heif", "image/heif"),
    (".jp2", "image/jp2"),
    (".jxl", "image/jxl"),
    (".webp", "image/webp"),
):
    _TYPES.add_type(_type, _extension)


@dataclass(frozen=True, slots=True)
class _Found:
    """An open file, or a reply that needs none (then `fd` is -1). `small` is its content, None when it is large."""

    status: int
    headers: Fields
    fd: int
    state: os.stat_result
    small: bytes | None


class Files:
    """Origin over the regular files below `root`. Raises ValueError when that is no readable folder. The work that
    blocks runs in `executor`, or in the event loop's own."""

    def __init__(
        self, name: str, root: str | Path, max_bytes: int, recheck: float = 1.0, executor: Executor | None = None
    ) -> None:
        self.name = name
        self.recheck = recheck
        self._max_bytes = max_bytes
        self._executor = executor
        try:
            self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise ValueError(expected("a readable folder", "root", str(root))) from error

    async def fetch(self, ask: Ask) -> "HeldReply | FileReply":
        """Raises TooLarge, and BadGateway when the file system fails or the file keeps changing."""
        if ask.method not in ("GET", "HEAD"):
            return method_not_allowed()
        components = _components(ask.key)
        if components is None:
            return no_such_original()
        loop = asyncio.get_running_loop()
        looking = loop.run_in_executor(self._executor, self._look, components, ask.headers)
        try:
            found = await asyncio.shield(looking)
        except asyncio.CancelledError:
            looking.add_done_callback(_discard)  # the thread goes on, and its descriptor would leak
            raise
        if found is None:
            return no_such_original()
        return HeldReply(304, found.headers) if found.status == 304 else FileReply(found)

    async def close(self) -> None:
        root, self._root = self._root, -1
        if root >= 0:
            os.close(root)

    def __repr__(self) -> str:
        return f"Files({self.name!r}, at most {self._max_bytes} bytes)"

    # What follows runs in a thread.

    def _look(self, components: list[str], asked: Fields) -> _Found | None:
        for _ in range(2):  # a file that changed under the reader is most often whole at the second look
            try:
                return self._look_once(components, asked)
            except _Changed:
                continue
            except OSError as error:
                if error.errno in _ABSENT:
                    return None
                raise BadGateway("The original cannot be read") from error
        raise BadGateway(_CHANGED)

    def _look_once(self, components: list[str], asked: Fields) -> _Found | None:
        fd = self._open(components)
        kept = False
        try:
            found = self._examine(fd, components[-1], asked)
            kept = found is not None and found.status == 200
            return found
        finally:
            if not kept:
                os.close(fd)

    def _open(self, components: list[str]) -> int:
        *folders, file = components
        at = self._root
        try:
            for folder in folders:
                below = os.open(folder, _FOLDER, dir_fd=at)
                if at != self._root:
                    os.close(at)
                at = below
            return os.open(file, _FILE, dir_fd=at)
        finally:
            if at != self._root:
                os.close(at)

    def _examine(self, fd: int, file: str, asked: Fields) -> _Found | None:
        state = os.fstat(fd)
        if not stat.S_ISREG(state.st_mode):
            return None
        if state.st_size > self._max_bytes:
            raise too_large(self._max_bytes)
        etag = _etag(state)
        headers = _headers(state, etag, file)
        if not_modified(asked, etag, int(state.st_mtime)):
            return _Found(304, headers.without("content-length", "content-type"), -1, state, None)
        small = _read(fd, state) if state.st_size <= SMALL else None
        return _Found(200, headers, fd, state, small)


class FileReply:
    """An open file. Its `fd` stays at the offset where it is: read it by pread, or the body's own reading and yours
    would take bytes from each other."""

    __slots__ = ("_small", "_state", "fd", "headers", "length", "status")

    def __init__(self, found: _Found) -> None:
        self.status = 200
        self.headers = found.headers
        self.fd = found.fd
        self.length: int | None = found.state.st_size
        self._state = found.state
        self._small = found.small

    async def body(self) -> AsyncIterator[bytes]:
        """Raises BadGateway when the file changed since it was opened."""
        if self._small is not None:
            if self._small:
                yield self._small
            return
        left = self._state.st_size
        async with aiofiles.open(self.fd, "rb", buffering=0, closefd=False) as file:
            while left > 0:
                chunk = await file.read(min(_CHUNK, left))
                if not chunk:
                    raise BadGateway(_CHANGED)
                left -= len(chunk)
                if left == 0 and not _same_content(self._state, os.fstat(self.fd)):
                    raise BadGateway(_CHANGED)
                yield chunk

    async def close(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def __repr__(self) -> str:
        return f"FileReply({self.length} bytes, fd={self.fd})"


class _Changed(Exception):
    """The file is not what it was when it was opened."""


def _components(key: str) -> list[str] | None:
    """None for a key that no file can have: empty and dot segments, NUL; and a backslash, which is a separator
    elsewhere and which no URL of ours can hold."""
    components = key.split("/")
    if "\0" in key or "\\" in key or not {"", ".", ".."}.isdisjoint(components):
        return None
    try:
        os.fsencode(key)
    except UnicodeEncodeError:
        return None
    return components


def _read(fd: int, state: os.stat_result) -> bytes:
    content = b""
    while len(content) <= state.st_size:
        piece = os.pread(fd, state.st_size + 1 - len(content), len(content))
        if not piece:
            break
        content += piece
    if len(content) != state.st_size or not _same_content(state, os.fstat(fd)):
        raise _Changed
    return content


def _same_content(before: os.stat_result, after: os.stat_result) -> bool:
    """ctime is left out: it also moves when the file is renamed or replaced, which leaves the open one whole."""
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def _etag(state: os.stat_result) -> str:
    """Strong. ctime is in it because mtime can be set back, and hashed because an inode is nobody's business."""
    known = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    return f'"{blake2b(repr(known).encode(), digest_size=16, person=b"edge.files").hexdigest()}"'


def _headers(state: os.stat_result, etag: str, file: str) -> Fields:
    kind, compression = _TYPES.guess_type(file)
    fields = Fields(
        (
            ("Content-Type", kind if kind and not compression else "application/octet-stream"),
            ("Content-Length", str(state.st_size)),
            ("ETag", etag),
        )
    )
    modified = http_date(state.st_mtime, time.time())
    return fields.having("Last-Modified", modified) if modified else fields


def _discard(looking: asyncio.Future[_Found | None]) -> None:
    """Close what a look brought home to nobody."""
    if not looking.cancelled() and looking.exception() is None:
        found = looking.result()
        if found is not None and found.fd >= 0:
            os.close(found.fd)
