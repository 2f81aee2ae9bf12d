"""What goes wrong with an origin, in our words. Pure.

What the sentence does not tell apart, the error type (RFC 9209 §2.3) does not either: that a name is unknown, that a
port is closed and that our rules forbid the address are one and the same to whoever may choose where the edge asks.
"""

from collections.abc import Callable, Mapping
from functools import partial

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from edge.errors import BadGateway, EdgeError, GatewayTimeout
from edge.origins.base import UNREACHABLE, Refused
from edge.origins.codings import CUT_SHORT

Table = Mapping[type[BaseException], tuple[Callable[[str], EdgeError], str]]

_TOO_SLOW = "The origin took too long to answer"
_NONSENSE = "The origin's answer is not HTTP"
_GONE = "The origin closed the connection without an answer"
_ALONE = "The origin failed several times and is left alone for a moment"

_timeout = partial(GatewayTimeout, disconnected=True)
_lost = partial(BadGateway, disconnected=True)
_unreachable = partial(_lost, error="destination_unavailable")
_nonsense = partial(BadGateway, error="http_protocol_error")
_cut_short = partial(_lost, error="http_response_incomplete")
_terminated = partial(_lost, error="connection_terminated")


BEFORE_HEADERS: Table = {
    aiohttp.ConnectionTimeoutError: (partial(_timeout, error="connection_timeout"), _TOO_SLOW),
    aiohttp.SocketTimeoutError: (partial(_timeout, error="connection_read_timeout"), _TOO_SLOW),
    TimeoutError: (partial(_timeout, error="http_response_timeout"), _TOO_SLOW),
    aiohttp.ClientConnectorCertificateError: (
        partial(_lost, error="tls_certificate_error"),
        "The origin's certificate or TLS handshake failed",
    ),
    aiohttp.ClientSSLError: (
        partial(_lost, error="tls_protocol_error"),
        "The origin's certificate or TLS handshake failed",
    ),
    aiohttp.InvalidURL: (Refused, UNREACHABLE),  # 127.1 and its kin, which aiohttp itself does not resolve
    aiohttp.ClientConnectorError: (_unreachable, UNREACHABLE),
    aiohttp.ClientConnectionError: (_terminated, _GONE),
    aiohttp.ClientError: (_nonsense, _NONSENSE),
    HttpProcessingError: (_nonsense, _NONSENSE),
    OSError: (_unreachable, UNREACHABLE),
    ValueError: (_unreachable, UNREACHABLE),  # a host that cannot be encoded
}
WHILE_READING: Table = {
    TimeoutError: (partial(_timeout, error="connection_read_timeout"), _TOO_SLOW),
    aiohttp.ClientError: (_cut_short, CUT_SHORT),
    HttpProcessingError: (_cut_short, CUT_SHORT),
    OSError: (_cut_short, CUT_SHORT),
}


def unreached(error: aiohttp.ClientConnectorError) -> BadGateway:
    """More exactly why, for an origin that the operator named and nobody else can choose."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _lost(UNREACHABLE, error="dns_error")
    if isinstance(error.os_error, ConnectionRefusedError):
        return _lost(UNREACHABLE, error="connection_refused")
    return _unreachable(UNREACHABLE)


def left_alone() -> BadGateway:
    return _unreachable(_ALONE)
