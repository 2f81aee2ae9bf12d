"""The one error tree. An error knows its HTTP status and speaks one sentence that is safe to show to anyone.

Expected outcomes (not modified, a miss) are values, never errors. Errors of libraries are translated at the door of
the room that calls them, by table, with `map_exceptions`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar


class EdgeError(Exception):
    """Something the client is told. `sentence` never holds a path of the machine, an address or a secret."""

    status: int = 500
    title: ClassVar[str] = "Internal Server Error"

    def __init__(self, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.headers: Mapping[str, str] = headers or {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.status}, {self.sentence!r})"


class BadRequest(EdgeError):
    status, title = 400, "Bad Request"


class Misfit(BadRequest):
    """Two sizes that are known only together do not fit: a rectangle that leaves its picture. `at` is the node of the
    plan that says so, -1 when nobody knows."""

    def __init__(self, sentence: str, at: int = -1) -> None:
        super().__init__(sentence)
        self.at = at


class Unauthorized(EdgeError):
    status, title = 401, "Unauthorized"


class Forbidden(EdgeError):
    status, title = 403, "Forbidden"


class NotFound(EdgeError):
    status, title = 404, "Not Found"


class MethodNotAllowed(EdgeError):
    status, title = 405, "Method Not Allowed"


class NotAcceptable(EdgeError):
    status, title = 406, "Not Acceptable"


class Gone(EdgeError):
    status, title = 410, "Gone"


class PreconditionFailed(EdgeError):
    status, title = 412, "Precondition Failed"


class TooLarge(EdgeError):
    """Too many bytes."""

    status, title = 413, "Content Too Large"


class UriTooLong(EdgeError):
    status, title = 414, "URI Too Long"


class UnsupportedPicture(EdgeError):
    """Not a picture, or a format that this machine's libvips cannot read or write."""

    status, title = 415, "Unsupported Media Type"


class Unprocessable(EdgeError):
    """A picture that is broken, too big once decoded, or whose work outlived its deadline."""

    status, title = 422, "Unprocessable Content"


class OverLimit(Unprocessable):
    """More pixels, frames or memory than are allowed; nothing is wrong with the picture."""


class GatewayError(EdgeError):
    """What stands between the edge and its origin failed.

    `error` is an error type of RFC 9209 §2.3, "" when none fits; it is shown to anyone, so it never tells which names
    and ports exist behind the edge. `disconnected`: no whole answer was had, so that what is stored may be served
    stale (RFC 9111 §4.2.4); False when the answer was nonsense or a rule of ours forbade it. `received` is the status
    of an answer that became this error, else 0."""

    def __init__(
        self,
        sentence: str,
        headers: Mapping[str, str] | None = None,
        *,
        error: str = "",
        disconnected: bool = False,
        received: int = 0,
    ) -> None:
        super().__init__(sentence, headers)
        self.error = error
        self.disconnected = disconnected
        self.received = received


class BadGateway(GatewayError):
    """The origin answered nonsense, refused the connection, or may not be asked."""

    status, title = 502, "Bad Gateway"


class Unavailable(EdgeError):
    """The edge has no room for this work now; `retry_after` in seconds."""

    status, title = 503, "Service Unavailable"

    def __init__(self, sentence: str, retry_after: int = 1) -> None:
        super().__init__(sentence, {"Retry-After": str(max(1, retry_after))})


class GatewayTimeout(GatewayError):
    status, title = 504, "Gateway Timeout"


class LoopDetected(GatewayError):
    """The request has been here before (RFC 8586)."""

    status, title = 508, "Loop Detected"


def expected(what: str, name: str, received: object) -> str:
    """The one sentence for a wrong value: Expected a whole number for w but received 'abc'."""
    text = received if isinstance(received, str) else repr(received)
    shown = text if len(text) <= 80 else text[:77] + "…"
    return f"Expected {what} for {name} but received {shown!r}"


@contextmanager
def map_exceptions(table: Mapping[type[BaseException], tuple[Callable[[str], EdgeError], str]]) -> Iterator[None]:
    """Translate foreign exceptions: {foreign type: (what makes ours, sentence)}; the first matching row wins."""
    try:
        yield
    except EdgeError:
        raise
    except BaseException as error:
        for foreign, (ours, sentence) in table.items():
            if isinstance(error, foreign):
                raise ours(sentence) from error
        raise
