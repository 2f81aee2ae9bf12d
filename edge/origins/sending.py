"""What an origin is sent: the fields of an ask, and content that can be sent once."""

from collections.abc import AsyncIterator, Mapping

from edge.errors import BadRequest, EdgeError
from edge.exchange import Fields
from edge.origins.base import Ask
from edge.origins.redirects import abroad
from edge.origins.replies import end_to_end
from edge.routing.loops import onward

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


class Upload:
    """Content that can be sent once. `failure` says why it did not come whole, for then the connection fails too."""

    __slots__ = ("_content", "_length", "failure")

    def __init__(self, content: AsyncIterator[bytes], length: int | None) -> None:
        self._content = content
        self._length = length
        self.failure: EdgeError | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        came = 0
        try:
            async for chunk in self._content:
                came += len(chunk)
                self._judge(came, ended=False)
                yield chunk
            self._judge(came, ended=True)
        except EdgeError as error:
            self.failure = error
            raise

    def _judge(self, came: int, *, ended: bool) -> None:
        """More would be read as the next request (RFC 9112 §11.2), less would be waited for."""
        if self._length is not None and (came > self._length or (ended and came < self._length)):
            raise BadRequest("The content is not as long as the request says")
