"""What status codes mean to a cache (RFC 9110 §15)."""

from http import HTTPStatus

# RFC 9110 §15.1: may be kept for a while although nothing was said.
HEURISTIC = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
# Errors that a short default may stand for.
NEGATIVE = frozenset(status for status in HEURISTIC if status >= 400)
# RFC 9111 §5.2.2.3: those whose caching requirements this cache knows; partial content is passed on, never stored.
UNDERSTOOD = frozenset(int(status) for status in HTTPStatus if status >= 200) - {206, 304}


def is_final(status: int) -> bool:
    return 200 <= status <= 599


def is_success(status: int) -> bool:
    """An answer or a redirect, no error."""
    return 200 <= status < 400
