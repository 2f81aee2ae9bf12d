"""What came and what goes, as plain records. No type of an HTTP library crosses this line."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


class Fields:
    """Header fields: immutable, names compared without case, every line kept in its order."""

    __slots__ = ("_lines", "_table")

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self._lines = tuple([(name.lower(), value) for name, value in lines])
        self._table: dict[str, str] | None = None

    def lines(self, name: str) -> tuple[str, ...]:
        wanted = name.lower()
        return tuple([value for key, value in self._lines if key == wanted])

    def get(self, name: str) -> str | None:
        """All lines of this name as one list value (RFC 9110 §5.3), or None."""
        return self._combined().get(name.lower())

    def select(self, names: Sequence[str]) -> tuple[str | None, ...]:
        """The values of these names, which are lower case."""
        table = self._combined()
        return tuple([table.get(name) for name in names])

    def _combined(self) -> dict[str, str]:
        if self._table is None:
            table: dict[str, str] = {}
            for name, value in self._lines:
                table[name] = f"{table[name]}, {value}" if name in table else value
            self._table = table
        return self._table

    def without(self, *names: str) -> "Fields":
        gone = {name.lower() for name in names}
        return Fields(line for line in self._lines if line[0] not in gone)

    def having(self, name: str, value: str) -> "Fields":
        """The same fields with this one in place of all of its name."""
        return Fields((*self.without(name), (name, value)))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._combined()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fields) and self._lines == other._lines

    def __hash__(self) -> int:
        return hash(self._lines)

    def __repr__(self) -> str:
        return f"Fields({', '.join(f'{name}: {value}' for name, value in self._lines)})"


NO_FIELDS = Fields()


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A request as it stood on the wire: `path` and `query` are raw, still percent-encoded; `host` is lower case
    without port; `received` is Unix seconds."""

    method: str
    path: str
    query: str = ""
    host: str = ""
    headers: Fields = NO_FIELDS
    scheme: str = "http"
    received: float = 0.0


@dataclass(frozen=True, slots=True)
class RawRequest(ImageRequest):
    """A request that is passed on. `content` may be iterated once, None = there is none; `content_length` None = it
    was not said. `interim` hands an interim (1xx) answer to the client at once."""

    content: AsyncIterator[bytes] | None = None
    content_length: int | None = None
    interim: Callable[[int, Fields], None] | None = None


class FileBody(Protocol):
    """A stretch of an open file. Whoever was given it closes it."""

    offset: int
    length: int

    def fileno(self) -> int: ...

    def close(self) -> None: ...


@runtime_checkable
class Mutable(Protocol):
    """A body that someone else may change while it is read."""

    def whole(self) -> bool: ...


@runtime_checkable
class StreamBody(Protocol):
    """A body that is still coming in. `length` None = nobody knows yet. Iterate `chunks()` once; it raises an EdgeError
    when the rest will never come. Whoever was given it closes it."""

    length: int | None

    def chunks(self) -> AsyncIterator[bytes]: ...

    def aclose(self) -> Awaitable[None]: ...


Body = bytes | FileBody
AnyBody = Body | StreamBody


@dataclass(frozen=True, slots=True)
class Story:
    """How an answer came about, for Cache-Status, Server-Timing, metrics and the log.

    `tier` is "mem" or "disk" on a hit, "validator" when the ETag alone answered; else `fwd` is RFC 9211's reason:
    uri-miss, vary-miss, stale, request, method, bypass, partial. `origin_status` is 0 when no origin was asked or none
    answered. `detail` says what tier or reason do not: stale-while-revalidate, stale-if-error, no-transform …
    `seconds` are per phase: fetch, queue, decode, transform, encode. `predicted`: seconds of a processor that the last
    three were expected to take, 0 where no worker was asked."""

    route: str = ""
    tier: str = ""
    fwd: str = ""
    origin_status: int = 0
    stored: bool = False
    collapsed: bool = False
    ttl: int | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    format: str = ""
    detail: str = ""
    predicted: float = 0.0


NO_STORY = Story()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. HEAD is the listener's business: a reply always has its body."""

    status: int
    headers: Fields
    body: AnyBody = b""
    story: Story = NO_STORY
