"""The kinds of value that keys share: sizes, times, addresses, names, secrets."""

import base64
import binascii
import ipaddress
import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo

from edge.settings import units
from edge.settings.section import Surroundings, Trouble
from edge.settings.written import Written, matching, number, sentence, words

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 §5.6.2
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# Amounts -------------------------------------------------------------------------------------------------------------

_AMOUNT = {"type": "integer", "minimum": 0}
_SIZES = (_AMOUNT, matching(r"^[0-9]+(\.[0-9]+)? ?(B|[kKMGT]B|[KMGT]iB|[kMG])?$"))
_COUNTS = (_AMOUNT, matching(r"^[0-9]+(\.[0-9]+)? ?[kMG]?$"))
_TIMES = ({"const": 0}, matching(r"^([0-9]+(\.[0-9]+)? ?(ms|s|m|h|d)|0)$"))


def _some(amount: Any) -> bool:
    return bool(amount > 0)


def _none_or_some(amount: Any) -> bool:
    return bool(amount >= 0)


def _flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("true or false")
    return value == "true"


Size = Annotated[int, Written((int,), units.A_SIZE, units.parse_size, _SIZES, _none_or_some)]
SomeSize = Annotated[int, Written((int,), f"{units.A_SIZE}, above 0", units.parse_size, _SIZES, _some)]
SomeCount = Annotated[int, Written((int,), f"{units.A_COUNT}, above 0", units.parse_count, _COUNTS, _some)]
Duration = Annotated[float, Written((int, float), units.A_DURATION, units.parse_duration, _TIMES, _none_or_some)]
SomeTime = Annotated[float, Written((int, float), f"{units.A_DURATION}, above 0s", units.parse_duration, _TIMES, _some)]
Flag = Annotated[bool, Written((bool,), "true or false", _flag, ({"type": "boolean"}, matching("^(true|false)$")))]
Fraction = Annotated[float, number(0, 1)]
Ratio = Annotated[float, number(0.1, 20)]  # DPR as Client Hints send it: CLIENT_HINTS §4 allows (0,20]

# Names and places ----------------------------------------------------------------------------------------------------

AnyNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
A_NETWORK = "a network such as 10.0.0.0/8, 192.0.2.7 or fd00::/8"


def _network(value: str) -> AnyNetwork:
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(A_NETWORK) from None


def _host_name(value: str) -> str:
    if not units.is_host_name(value):
        raise ValueError("a host name without port, such as img.example.com")
    return value.lower().removesuffix(".")


def _prefix(value: str) -> str:
    segments = value.split("/")
    if not value.startswith("/") or _CONTROL.search(value) or set("?#\\") & set(value):
        raise ValueError("a path that starts with /, such as /photos/")
    if "." in segments or ".." in segments or "" in segments[1:-1]:
        raise ValueError("a path without empty and dot segments, such as /photos/")
    return value


def _web_address(value: str) -> str:
    what = "an address such as https://shop.example.com/media/"
    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(what) from None
    if not fine or _CONTROL.search(value) or " " in value or "\\" in value:
        raise ValueError(what)
    if "@" in parts.netloc:
        raise sentence("holds a user name or password; send them as headers: {Authorization: …} instead")
    if parts.query or parts.fragment:
        raise ValueError(f"{what}, without ? and #")
    return value


def _header_name(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise ValueError("a header name")
    return value


def _header_value(value: str) -> str:
    if _CONTROL.search(value) or value != value.strip() or not value.isascii():
        raise ValueError("a header value of ASCII without control characters")
    return value


def _query(value: str) -> str:
    if _CONTROL.search(value) or value.startswith("?") or "#" in value:
        raise ValueError("a query without ?, such as w=200&format=webp")
    return value


def _path(value: str, about: ValidationInfo) -> str:
    if not value or "\0" in value:
        raise ValueError("a path")
    return about.context.path(value) if isinstance(about.context, Surroundings) else value


Address = Annotated[
    units.Listen,
    Written((units.Listen,), units.AN_ADDRESS, units.Listen.parse, (matching(r"^(unix:.+|.+:[0-9]+)$"),)),
]
Network = Annotated[
    AnyNetwork,
    Written((ipaddress.IPv4Network, ipaddress.IPv6Network), A_NETWORK, _network, ({"type": "string"},)),
]
HostName = Annotated[str, words("a host name", _host_name)]
Prefix = Annotated[str, words("a path that starts with /", _prefix, "^/")]
WebAddress = Annotated[str, words("an address", _web_address, "^https?://")]
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, words("a header value", _header_value)]
Query = Annotated[str, words("a query", _query)]
Path = Annotated[str, AfterValidator(_path)]


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _off_is_none(value: object) -> object:
    # Null does not turn off: it might as well mean "as usual".
    if value is None:
        raise ValueError("off or a mapping")
    return None if value == "off" else value


OneOrMany = BeforeValidator(_one_or_many)
OffIsNone = BeforeValidator(_off_is_none)

# Secrets -------------------------------------------------------------------------------------------------------------


def _secret(value: object) -> object:
    if isinstance(value, Trouble):
        raise sentence(value.words)
    if value is None or isinstance(value, SecretStr):
        return value
    if not isinstance(value, str):
        raise ValueError("text")
    return SecretStr(value)


def _secrets(value: object) -> object:
    if isinstance(value, Trouble):
        raise sentence(value.words)
    return value.split() if isinstance(value, str) else value


Secret = Annotated[SecretStr, BeforeValidator(_secret)]
Secrets = Annotated[tuple[Secret, ...], BeforeValidator(_secrets)]


def unbase64(value: str) -> bytes:
    """Bytes of either alphabet, padded or not; none at all where it is no base64."""
    plain = value.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _ed25519(value: Any) -> Any:
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(plain, str) and len(unbase64(plain)) != 32:
        raise ValueError("base64 of an Ed25519 key, which is 32 bytes")
    return value


# Both the key and the seed are 32 octets (RFC 8032 §5.1.5); either base64 alphabet, padded or not.
Ed25519 = AfterValidator(_ed25519)


def _last_second(value: str) -> float:
    what = "a date such as 2027-01-01, or a time such as 2027-01-01T12:00:00Z"
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            day = date.fromisoformat(value)
            return (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)).timestamp()
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        raise ValueError(what) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# Unix seconds. A day lasts until its end in UTC; a time without zone is UTC.
Moment = Annotated[float, Written((int, float), "a date such as 2027-01-01", _last_second, ({"type": "string"},))]

# Names that the file itself gives ------------------------------------------------------------------------------------


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", value):
        raise ValueError("a name of letters, digits, dots, dashes and underscores")
    return value


Name = Annotated[str, AfterValidator(_name)]
