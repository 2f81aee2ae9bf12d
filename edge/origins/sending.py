"""What an origin is sent: the fields of an ask, and content that can be sent once."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

from edge.errors import BadRequest, EdgeError
from edge.exchange import Fields
from edge.freshness.hops import end_to_end
from edge.origins.base import Ask
from edge.origins.redirects import abroad
from edge.routing.loops import onward

_SHORT = 64 << 10  # bytes of content that are held rather than streamed, where it may have to be sent again
_OURS = ("content-length", "expect", "host")  # the client's own business, besides the hop-by-hop fields


def wire_fields(ask: Ask) -> Fields:
    """What may be forwarded. Raises BadRequest for a line that would be read as two. What was no octet of any message
    is left out rather than changed: a validator that lost a byte could match another."""
    fields = end_to_end(ask.headers).without(*_OURS)
    if any(mark in part for line in fields for part in line for mark in "\r\n\0"):
        raise BadRequest("A header field holds a line break or NUL")
    return Fields(line for line in fields if _is_written(line[1]))


def _is_written(value: str) -> bool:
    """Octets that are no UTF-8 stand as U+DC80 to U+DCFF; other controls than the tab cannot be written."""
    if value.isascii() and value.isprintable():
        return True
    return not any(
        ("\ud800" <= mark <= "\udfff" and not "\udc80" <= mark <= "\udcff")
        or (mark < " " and mark != "\t")
        or mark == "\x7f"
        for mark in value
    )


def sent_fields(
    ask: Ask, fields: Fields, own: Mapping[str, str], pseudonym: str, *, at_home: bool
) -> list[tuple[str, str]]:
    """`fields` are those of `wire_fields`. The operator's `own` win over forwarded ones. Abroad, nothing travels that
    could be a secret; where a message has been is told everywhere."""
    way = onward(fields, pseudonym, ask.method)
    operator = Fields(own.items() if at_home else ())
    kept = fields if at_home else abroad(fields)
    if not ask.verbatim:
        kept = kept.without("accept-encoding")
    lines = [*operator, *(line for line in kept if line[0] not in operator)]
    usual = (
        [("user-agent", "image-edge")]
        if ask.verbatim
        else [("user-agent", "image-edge"), ("accept-encoding", "identity")]
    )
    sent = Fields(lines).without(*(name for name, _ in way))
    lines = [*sent, *(line for line in usual if line[0] not in sent), *way]
    if not isinstance(ask.content, bytes) and ask.content_length is not None:
        lines.append(("content-length", str(ask.content_length)))
    return lines


async def held(ask: Ask) -> Ask:
    """The same, with content that can be sent twice, where it is short. Raises what the content raises."""
    if isinstance(ask.content, bytes) or ask.content_length is None or ask.content_length > _SHORT:
        return ask
    upload = Upload(ask.content, ask.content_length)
    content = b"".join([chunk async for chunk in upload.chunks()])
    return replace(ask, content=content, content_length=None)


class TooSlow(EdgeError):
    """The client's content does not come."""

    status, title = 408, "Request Timeout"


class Upload:
    """Content that can be sent once. `failure` says why it did not come whole, for then the connection fails too.
    `moved` is called for each 64 KiB that were taken, and at the end."""

    __slots__ = ("_content", "_length", "_waits", "failure", "moved")

    def __init__(self, content: AsyncIterator[bytes], length: int | None) -> None:
        self._content = content
        self._length = length
        self._waits = False
        self.failure: EdgeError | None = None
        self.moved: Callable[[], None] = _nothing

    async def chunks(self) -> AsyncIterator[bytes]:
        came = counted = 0
        self._waits = True
        try:
            async for chunk in self._content:
                self._waits = False
                came += len(chunk)
                self._judge(came, ended=False)
                yield chunk
                self._waits = True
                if came - counted >= _SHORT:
                    counted = came
                    self.moved()
            self._waits = False
            self.moved()
            self._judge(came, ended=True)
        except EdgeError as error:
            self.failure = error
            raise

    def blame(self, error: Exception) -> None:
        """Raises what the client is to be told where the asking failed because of the content."""
        if self.failure is not None:
            raise self.failure from error
        if self._waits and isinstance(error, TimeoutError):
            raise TooSlow("The content came too slowly") from error

    def _judge(self, came: int, *, ended: bool) -> None:
        """More would be read as the next request (RFC 9112 §11.2), less would be waited for."""
        if self._length is not None and (came > self._length or (ended and came < self._length)):
            raise BadRequest("The content is not as long as the request says")


def _nothing() -> None:
    """Nobody wants to know."""
