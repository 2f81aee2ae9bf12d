"""Signed URLs, scheme `edge`.

The message is the decoded path and the decoded, sorted query, encoded anew in the one way that keeps only unreserved
characters; so other orders and encodings of the same parameters verify, while a value that contains `&` or `=` can
never pose as two parameters. That is sound only if nothing that is signed depends on order, hence a repeated name
(also in another case, since dialects ignore the case of names) is refused, and so is a raw `#`, at which some readers
of a query stop. Whatever is sent, every key of the list is tried, and each comparison takes constant time.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.errors import BadRequest, EdgeError, Forbidden, Gone, Unauthorized, expected
from edge.routing.base64url import read_base64url, write_base64url
from edge.routing.paths import decode_path

Mode = Literal["off", "optional", "required", "processed"]
Pairs = list[tuple[bytes, bytes]]

LEAST_SECRET = 32  # bytes: the strength of HMAC-SHA256 (RFC 2104 §3)
_ED25519 = 32
_OURS = (b"exp", b"kid", b"sig")
_SECONDS = re.compile(rb"[0-9]{1,15}")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_LEGAL = "%/:?@!$&'()*+,;=~-._"  # what a URL may hold as it is (RFC 3986 §3.3, §3.4); the rest is escaped on printing
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key: an HMAC `secret`, or an Ed25519 `public` key (verifies) or `private` one (also signs), raw bytes.

    `not_after` is Unix seconds. Raises ValueError when it is none of these, too short, or no pair.
    """

    name: str
    secret: bytes | None = field(default=None, repr=False)
    public: bytes | None = field(default=None, repr=False)
    private: bytes | None = field(default=None, repr=False)
    not_after: float | None = None

    def __post_init__(self) -> None:
        pair = [raw for raw in (self.public, self.private) if raw is not None]
        if (self.secret is None) is not bool(pair):
            raise ValueError(f"Expected either a secret or an Ed25519 key for key {self.name!r}")
        if self.secret is not None and len(self.secret) < LEAST_SECRET:
            wanted = f"a secret of at least {LEAST_SECRET} bytes"
            raise ValueError(expected(wanted, f"key {self.name!r}", f"{len(self.secret)} bytes"))
        wrong = next((raw for raw in pair if len(raw) != _ED25519), None)
        if wrong is not None:
            raise ValueError(expected("an Ed25519 key of 32 bytes", f"key {self.name!r}", f"{len(wrong)} bytes"))
        if len(pair) == 2 and _public(self).public_bytes_raw() != self.public:
            raise ValueError(f"Expected the public key that belongs to the private one for key {self.name!r}")

    def sign(self, message: bytes) -> bytes:
        """Raises ValueError for a key that can only verify."""
        if self.secret is not None:
            return hmac.digest(self.secret, message, hashlib.sha256)
        if self.private is not None:
            return Ed25519PrivateKey.from_private_bytes(self.private).sign(message)
        raise ValueError(f"Expected a key that can sign but {self.name!r} is a public key")

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Is this the signature of this message by this key?"""
        if self.secret is not None:
            return hmac.compare_digest(self.sign(message), signature)
        try:
            _public(self).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=64)
def _public(key: Key) -> Ed25519PublicKey:
    if key.private is not None:
        return Ed25519PrivateKey.from_private_bytes(key.private).public_key()
    return Ed25519PublicKey.from_public_bytes(key.public or b"")


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds: until when (Unix seconds, None = for ever), and whose."""

    exp: int | None
    kid: str


def verify(path_raw: str, query_raw: str, keys: Sequence[Key], now: float) -> Verified:
    """Path and query as they stood on the wire. Raises Unauthorized (no signature), BadRequest (a repeated parameter,
    a path that cannot be decoded), Forbidden (wrong, or of a key that is no longer in use) and Gone (expired)."""
    pairs = _pairs(query_raw)
    given = _value(pairs, b"sig")
    if given is None:
        raise _refusal(Unauthorized, "This URL needs a signature")
    message = message_of(path_raw, query_raw)
    key = _signer(message, read_base64url(given) or b"", keys, _value(pairs, b"kid"))
    if key is None:
        raise _refusal(Forbidden, "The signature of this URL is wrong")
    if key.not_after is not None and now > key.not_after:
        raise _refusal(Forbidden, "The key that signed this URL is no longer in use")
    exp = _value(pairs, b"exp")
    if exp is not None and _SECONDS.fullmatch(exp) is None:
        raise _refusal(BadRequest, "The parameter exp of a signed URL must be whole Unix seconds")
    if exp is not None and now >= int(exp):
        raise _refusal(Gone, "This signed URL has expired")
    return Verified(None if exp is None else int(exp), key.name)


def _signer(message: bytes, signature: bytes, keys: Sequence[Key], kid: bytes | None) -> Key | None:
    """The key that signed. No early exit: the time taken tells neither which key fits nor whether one does."""
    holds = [key.signed(message, signature) for key in keys]
    named = [kid is None or hmac.compare_digest(key.name.encode(), kid) for key in keys]
    return next((key for key, fits, meant in zip(keys, holds, named, strict=True) if fits and meant), None)


def sign(url: str, key: Key, expires_at: float | None = None, kid: bool = False) -> str:
    """The signed URL, of the same kind: a path with its query, or an absolute URL. Earlier `exp`, `kid` and `sig` are
    replaced. Raises BadRequest for a URL that could never verify, ValueError for a key that cannot sign."""
    absolute = _ABSOLUTE.match(url)
    base = absolute.group() if absolute else ""
    path, _, query = quote(url[len(base) :], safe=_LEGAL + "#").partition("?")
    path = path or ("/" if base else "")
    parts = [strip(query)] if strip(query) else []
    parts += [f"exp={int(expires_at)}"] if expires_at is not None else []
    parts += [f"kid={quote(key.name, safe='')}"] if kid else []
    query = "&".join(parts)
    parts.append("sig=" + write_base64url(key.sign(message_of(path, query))))
    return f"{base}{path}?{'&'.join(parts)}"


def strip(query: str) -> str:
    """The raw query without exp, kid and sig; what stays is byte for byte as it was."""
    return "&".join(part for part in query.split("&") if _pair(part)[0] not in _OURS)


def carries(query: str) -> bool:
    """Is there a signature in this raw query, right or wrong?"""
    return _value(_pairs(query), b"sig") is not None


def message_of(path_raw: str, query_raw: str) -> bytes:
    """What is signed: PATH, a line feed, QUERY. Raises BadRequest where two readers could differ about the meaning."""
    path, pairs = decode_path(path_raw), _pairs(query_raw)
    names = [name.decode("utf-8", "replace").lower() for name, _ in pairs]
    if len(set(names)) < len(names):
        raise _refusal(BadRequest, "A signed URL must not repeat a parameter")
    if "#" in query_raw:
        raise _refusal(BadRequest, "A signed URL must not hold a raw number sign; write it %23")
    kept = sorted(pair for pair in pairs if pair[0] != b"sig")
    return f"{quote(path, safe='/')}\n{'&'.join(f'{_plain(name)}={_plain(value)}' for name, value in kept)}".encode()


def _plain(text: bytes) -> str:
    return quote_from_bytes(text, safe="")


def _pairs(query: str) -> Pairs:
    return [_pair(part) for part in query.split("&") if part]


def _pair(part: str) -> tuple[bytes, bytes]:
    """Form decoding, as the dialects do it; `a` is `a=`. Bytes that were no UTF-8 are there as surrogates."""
    try:
        octets = part.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise _refusal(BadRequest, "The query is not UTF-8") from None
    name, _, value = octets.replace(b"+", b" ").partition(b"=")
    return unquote_to_bytes(name), unquote_to_bytes(value)


def _value(pairs: Iterable[tuple[bytes, bytes]], wanted: bytes) -> bytes | None:
    return next((value for name, value in pairs if name == wanted), None)


def _refusal(kind: type[EdgeError], sentence: str) -> EdgeError:
    return kind(sentence, _NO_STORE)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a route demands. `processed` demands a signature only where the URL asks for processing; in every mode but
    off, a signature that is there must be right."""

    mode: Mode = "off"
    scheme: str = "edge"
    keys: tuple[Key, ...] = ()

    def __post_init__(self) -> None:
        if self.mode != "off" and self.scheme != "edge":
            raise ValueError(expected("the scheme edge", "signature.scheme", self.scheme))
        if self.mode != "off" and not self.keys:
            raise ValueError(expected("at least one key", "signature.keys", "an empty list"))
        names = [key.name for key in self.keys]
        if len(set(names)) < len(names):
            raise ValueError(expected("keys of different names", "signature.keys", names))

    def authorise(self, path_raw: str, query_raw: str, now: float, processing: bool = True) -> Verified | None:
        """None where nothing is demanded and nothing was sent; raises as `verify` does."""
        if self.mode == "off":
            return None
        demanded = self.mode == "required" or (self.mode == "processed" and processing)
        return verify(path_raw, query_raw, self.keys, now) if demanded or carries(query_raw) else None

    def strip(self, query_raw: str) -> str:
        """The query for whatever comes after; where nothing is ever signed, a parameter `sig` is someone else's."""
        return query_raw if self.mode == "off" else strip(query_raw)


UNSIGNED = Policy()
