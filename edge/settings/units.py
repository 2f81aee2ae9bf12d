"""Sizes, counts, durations and listen addresses as people write them, and back.

A reader raises ValueError whose text says what was expected; the caller knows the name and what it received.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

A_SIZE = "a size such as 512KiB, 64MiB or 10GiB"
A_COUNT = "a whole number such as 30000, 40k or 100M"
A_DURATION = "a duration such as 500ms, 30s, 5m, 1h or 7d"
AN_ADDRESS = "an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/edge.sock"

_MOST = 2**63 - 1  # what SQLite, off_t and struct agree on
_COUNTS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZES = {**_COUNTS, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, **_BINARY}
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

_AMOUNT = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,6})?) ?([A-Za-z]{0,3})")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}")


def _whole(text: str, units: Mapping[str, int], what: str) -> int:
    found = _AMOUNT.fullmatch(text)
    if not found or found[2] not in units:
        raise ValueError(what)
    amount = Fraction(found[1]) * units[found[2]]
    if amount.denominator != 1 or amount > _MOST:
        raise ValueError(what)
    return int(amount)


def parse_size(text: str) -> int:
    """Bytes: '64MiB' → 67108864. k, M and G are thousands, KiB and its kin 1024s; no unit is bytes."""
    return _whole(text, _SIZES, A_SIZE)


def parse_count(text: str) -> int:
    """A number of things: '100M' → 100000000."""
    return _whole(text, _COUNTS, A_COUNT)


def parse_duration(text: str) -> float:
    """Seconds: '1.5h' → 5400.0. A bare number has no meaning, except 0."""
    if text == "0":
        return 0.0
    return _whole(text, _MILLISECONDS, A_DURATION) / 1000


def _shortest(amount: int, units: Mapping[str, int]) -> str:
    fitting = [(scale, unit) for unit, scale in units.items() if amount and amount % scale == 0]
    scale, unit = max(fitting, default=(1, min(units, key=lambda unit: units[unit])))
    return f"{amount // scale}{unit}"


def size_text(size: int) -> str:
    return _shortest(size, {"": 1, **_BINARY})


def count_text(count: int) -> str:
    return _shortest(count, _COUNTS)


def duration_text(seconds: float) -> str:
    return _shortest(round(seconds * 1000), _MILLISECONDS)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a listener stands: a host and a port, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    path: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Listen":
        if text.startswith("unix:"):
            path = text.removeprefix("unix:")
            # 107 bytes and a NUL is what sockaddr_un holds on Linux.
            if not path or "\0" in path or len(path.encode()) > 107:
                raise ValueError(AN_ADDRESS)
            return cls(path=path)
        host, colon, port = text.rpartition(":")
        if not colon or not _PORT.fullmatch(port) or int(port) > 65535:
            raise ValueError(AN_ADDRESS)
        return cls(_host(host), int(port))

    @property
    def loopback(self) -> bool:
        """Can only this machine reach it?"""
        if self.path is not None or self.host == "localhost":
            return True
        address = _ip(self.host)
        return address is not None and address.is_loopback

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _host(text: str) -> str:
    if text.startswith("[") and text.endswith("]"):
        if not isinstance(_ip(text[1:-1]), ipaddress.IPv6Address):
            raise ValueError(AN_ADDRESS)
        return text[1:-1]
    numeric = text.replace(".", "").isdecimal()
    if not _HOST.fullmatch(text) or (numeric and _ip(text) is None):
        raise ValueError(AN_ADDRESS)
    return text.lower()


def is_host_name(text: str) -> bool:
    """A DNS name or an IPv4 address, without a port."""
    return _HOST.fullmatch(text) is not None
