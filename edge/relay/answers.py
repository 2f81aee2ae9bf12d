"""What a client of a raw route is told. Pure."""

from math import floor

from edge.exchange import Fields, Reply, Story
from edge.freshness.downstream import relayed
from edge.freshness.judge import Stored, seconds_left
from edge.freshness.validators import Outcome, precondition
from edge.relay.inquiry import Inquiry

# Of a body that is not sent (RFC 9110 §15.4.5).
_OF_THE_BODY = (
    "accept-ranges",
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-range",
    "content-type",
)
_BARE: dict[Outcome, int] = {"go": 0, "not_modified": 304, "failed": 412}


def fields_of(inquiry: Inquiry, stored: Stored, now: float, *, whole: bool) -> Fields:
    """The stored fields with their Age. `whole`: all of the body is at hand or its length is known, so ranges of it
    can be had."""
    window = inquiry.route.window
    fields = relayed(stored, now, window=window, expires=inquiry.expires)
    if whole and stored.status == 200 and inquiry.reads:
        fields = fields.having("accept-ranges", "bytes")
    if inquiry.reads:
        return fields
    carried = stored.fields.get("age")
    return fields.without("age") if carried is None else fields.having("age", carried)


def spared_by(inquiry: Inquiry, fields: Fields, status: int, now: float) -> int:
    """304 or 412, where the client's preconditions say that it needs no body (RFC 9110 §13.2); else 0."""
    request = inquiry.request
    if not inquiry.reads or not 200 <= status < 300:
        return 0
    return _BARE[precondition(request.headers, fields, request.method, now)]


def bare(status: int, fields: Fields, story: Story) -> Reply:
    """An answer without a body: 304, or 412: what the client has in mind is not what is there."""
    told = fields.without(*_OF_THE_BODY) if status == 304 else Fields([("cache-control", "no-store")])
    return Reply(status, told, b"", story)


def ttl_of(inquiry: Inquiry, stored: Stored, now: float) -> int:
    return floor(seconds_left(stored, inquiry.route.window, now))
