"""What goes wrong with a job, in upstream's words: kinds, their categories, statuses and exit codes (JSON_JOBS §6)."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from edge.errors import (
    BadGateway,
    BadRequest,
    EdgeError,
    Forbidden,
    GatewayTimeout,
    Gone,
    MethodNotAllowed,
    Misfit,
    NotAcceptable,
    NotFound,
    OverLimit,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unprocessable,
    UnsupportedPicture,
    UriTooLong,
)


class Category(NamedTuple):
    status: int
    exit: int


CATEGORIES: Final[Mapping[str, Category]] = {
    "ArgumentInvalid": Category(400, 64),
    "GraphInvalid": Category(400, 64),
    "NodeArgumentInvalid": Category(400, 64),
    "ActionNotSupported": Category(400, 64),
    "InvalidJson": Category(400, 65),
    "ImageMalformed": Category(400, 65),
    "ImageTypeNotSupported": Category(400, 65),
    "PrimaryResourceNotFound": Category(404, 66),
    "SecondaryResourceNotFound": Category(500, 66),
    "AuthorizationRequired": Category(401, 401),
    "LicenseError": Category(402, 402),
    "ActionForbidden": Category(403, 77),
    "UpstreamError": Category(502, 69),
    "UpstreamTimeout": Category(504, 69),
    "IoError": Category(500, 74),
    "InternalError": Category(500, 70),
    "OutOfMemory": Category(503, 71),
    "OperationCancelled": Category(499, 130),
}

_MEMBERS: Final[Mapping[str, str]] = {
    "ArgumentInvalid": "NullArgument InvalidArgument InvalidCoordinates InvalidMessageEndpoint IoIdNotFound"
    " ItemNotFound DuplicateIoId LayoutError CodecDisabledError SizeLimitExceeded InvalidNodeParams",
    "GraphInvalid": "GraphInvalid GraphCyclic InvalidNodeConnections",
    "InvalidJson": "InvalidJson",
    "ImageMalformed": "GifDecodingError JpegDecodingError ImageDecodingError NoEnabledDecoderFound ColorProfileError",
    "IoError": "FetchError DecodingIoError EncodingIoError",
    "OutOfMemory": "AllocationFailed",
}
# Kind → category. Categories without kinds are kinds of their own name.
KINDS: Final[Mapping[str, str]] = {
    **{category: category for category in CATEGORIES},
    **{kind: category for category, kinds in _MEMBERS.items() for kind in kinds.split()},
}


class JobError(EdgeError):
    """A job that cannot be done. `kind` is a name of KINDS; `node` is the job's own number of the node at fault, if
    there is one: an index of `steps`, a key of `graph.nodes`."""

    def __init__(
        self,
        kind: str,
        sentence: str,
        *,
        node: int | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence, headers)
        self.kind = kind
        self.node = node
        self.status = status or self.category.status

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        """So that one raised in a process of a pool is raised to whoever waits for it."""
        again = partial(JobError, node=self.node, status=self.status, headers=dict(self.headers))
        return again, (self.kind, self.sentence)

    @property
    def category_name(self) -> str:
        return KINDS[self.kind]

    @property
    def category(self) -> Category:
        return CATEGORIES[self.category_name]

    @property
    def message(self) -> str:
        """As the response holds it: category, kind, sentence, and the node where the sentence does not name it."""
        unnamed = self.node is not None and not self.sentence.startswith(f"Node {self.node} ")
        where = f" at node {self.node}" if unnamed else ""
        return f"{self.category_name}: {self.kind}: {self.sentence}{where}"


# The first that fits. A status is named where the edge's own says more than the category's.
_OURS: Final[tuple[tuple[type[EdgeError], str, bool], ...]] = (
    (UnsupportedPicture, "NoEnabledDecoderFound", False),
    (NotAcceptable, "CodecDisabledError", False),
    (OverLimit, "SizeLimitExceeded", False),
    (Unprocessable, "ImageDecodingError", False),
    (TooLarge, "SizeLimitExceeded", True),
    (UriTooLong, "InvalidArgument", True),
    (MethodNotAllowed, "ActionNotSupported", True),
    (Unauthorized, "AuthorizationRequired", False),
    (Gone, "ActionForbidden", True),
    (Forbidden, "ActionForbidden", False),
    (NotFound, "PrimaryResourceNotFound", False),
    (Misfit, "InvalidNodeParams", False),
    (BadRequest, "InvalidArgument", False),
    (GatewayTimeout, "UpstreamTimeout", False),
    (BadGateway, "UpstreamError", True),
    (Unavailable, "OutOfMemory", False),
)


def job_error(error: EdgeError, kind: str | None = None) -> JobError:
    """Any error of ours in upstream's words; `kind` says it where the caller knows better."""
    if isinstance(error, JobError):
        return error
    for ours, usual, keeps in _OURS:
        if isinstance(error, ours):
            status = error.status if keeps else None
            return JobError(kind or usual, error.sentence, status=status, headers=error.headers)
    return JobError(kind or "InternalError", error.sentence, status=error.status, headers=error.headers)
