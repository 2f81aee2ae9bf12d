"""What a status means for a picture. Pure."""

from typing import Final

from edge.errors import BadGateway, EdgeError, Forbidden, GatewayError, NotFound, UnsupportedPicture
from edge.originals.record import Problem

NO_PICTURE: Final = Problem(UnsupportedPicture.status, "The original is not a picture")
_MISSING: Final = Problem(NotFound.status, "There is no such original")
_DENIED: Final = Problem(Forbidden.status, "The origin does not allow this original")
_REFUSALS: Final[dict[int, Problem]] = {
    **dict.fromkeys((400, 404, 405, 406, 410, 414), _MISSING),
    **dict.fromkeys((401, 403, 451), _DENIED),
}
_FAILING: Final = frozenset({500, 502, 503, 504})  # RFC 5861 §4


def refusal_of(status: int) -> Problem | None:
    """What a status that is neither a body nor a failure says of the original."""
    return _REFUSALS.get(status)


class Answered(BadGateway):
    """An answer that is of no use."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The origin answered {status}", received=status)

    def __reduce__(self) -> tuple[type["Answered"], tuple[int]]:
        return type(self), (self.received,)


def may_be_covered(error: EdgeError) -> bool:
    """Is it the origin that is not well, so that what is stored may be used meanwhile?"""
    if isinstance(error, Answered):
        return error.received in _FAILING
    return isinstance(error, GatewayError)
