"""Base64 with the URL alphabet, without padding (RFC 4648 §5), in its one canonical spelling."""

import base64
import binascii
import re

_SPELLING = re.compile(rb"[A-Za-z0-9_-]+")


def write_base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def read_base64url(text: bytes) -> bytes | None:
    """The bytes, or None for any spelling that `write_base64url` would not print: padding, whitespace, other letters,
    stray bits in the last one."""
    if _SPELLING.fullmatch(text) is None:
        return None
    try:
        octets = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return None
    return octets if write_base64url(octets).encode() == text else None
