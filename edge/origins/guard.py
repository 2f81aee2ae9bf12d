"""The guard against requests that are made to reach into a private network (SSRF).

Theory of operation. What a name resolves to is known for certain only when a socket is about to be connected: texts
lie (0x7f.1, ①②⑦.0.0.1, [::ffff:127.0.0.1]), resolvers answer differently the second time, redirects lead elsewhere,
and aiohttp's resolver is not even called for IP literals. So the verdict falls in the connector's socket factory, which
sees the final address of every connection that is opened, and no socket is made for an address that may not be
reached. Checks on URLs come on top; they never replace it. A pooled connection skips the factory, so two origins with
different rules never share a connector.

The table states what IANA's special-purpose registries (RFC 6890) call not globally reachable, so that the verdict
does not depend on how old the interpreter's `ipaddress` is (Python 3.11 holds ::/96, 64:ff9b:1::/48, 192.88.99.0/24
and 3fff::/20 for global); `is_global` is asked last, for what a later table may add.
"""

import socket
from collections.abc import Callable, Collection, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from yarl import URL

Address = IPv4Address | IPv6Address
AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class RefusedAddress(OSError):
    """No socket was made for this address. The text is the same for every address: the connector folds the errors of
    several addresses into a plain OSError unless their texts agree."""

    def __init__(self, why: str) -> None:
        super().__init__("the address may not be reached")
        self.why = why


# Never, not even where private addresses are allowed: no original lives there, but credentials of the machine do.
_NEVER = tuple(
    (ip_network(text), why)
    for text, why in (
        ("169.254.0.0/16", "link-local"),  # holds the metadata services of most clouds
        ("168.63.129.16/32", "machine services of a cloud"),  # a public address, served by each host to its guests
        ("100.100.100.200/32", "machine services of a cloud"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("fe80::/10", "link-local"),
        ("fd00:ec2::/32", "machine services of a cloud"),
        ("fd00:c1::/32", "machine services of a cloud"),
        ("fd20:ce::/32", "machine services of a cloud"),
        ("ff00::/8", "multicast"),
    )
)

_PRIVATE = tuple(
    (ip_network(text), why)
    for text, why in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared with a carrier (RFC 6598)"),
        ("127.0.0.0/8", "loopback"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay (RFC 7526)"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("240.0.0.0/4", "reserved"),
        ("2001::/23", "protocol assignments"),  # Teredo, benchmarking, ORCHID
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
    )
)

_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOW_WORD = tuple(  # prefixes under which the last 32 bits are an IPv4 address
    IPv6Network(text) for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
_6TO4 = IPv6Network("2002::/16")
_LOW32 = 0xFFFFFFFF
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214 §6.1: bits 32–63 from below, whatever the prefix


def verdict(ip: str | Address, allow_private: bool = False) -> str | None:
    """Why no connection may be made to this address, or None. What is no address at all is refused too."""
    try:
        address = ip_address(ip) if isinstance(ip, str) else ip
    except ValueError:
        return "no address"
    if isinstance(address, IPv6Address):
        return _verdict6(address, allow_private)
    return _verdict4(address, allow_private)


def _verdict4(address: IPv4Address, allow_private: bool) -> str | None:
    why = _listed(address, _NEVER)
    if why is not None or allow_private:
        return why
    return _listed(address, _PRIVATE) or (None if address.is_global else "not global")


def _verdict6(address: IPv6Address, allow_private: bool) -> str | None:
    why = _listed(address, _NEVER)
    inner = _embedded(address)
    if why is None:
        why = next((found for found in (_verdict4(one, allow_private) for one in inner) if found), None)
    if why is not None or allow_private:
        return why
    if address.scope_id is not None:
        return "bound to an interface"
    if address.ipv4_mapped is not None or address in _NAT64:
        return None
    if address not in _UNICAST:
        return "not unicast of the internet"
    return _listed(address, _PRIVATE) or (None if address.is_global or address in _6TO4 else "not global")


def _listed(address: Address, table: tuple[tuple[IPv4Network | IPv6Network, str], ...]) -> str | None:
    return next((why for network, why in table if address.version == network.version and address in network), None)


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Every IPv4 address that a transition mechanism would reach through this one: compatible, mapped, SIIT, NAT64,
    6to4 (RFC 3056), Teredo (server and client), ISATAP."""
    bits = int(address)
    low = (IPv4Address(bits & _LOW32),)
    if address.teredo is not None:
        return address.teredo
    if address in _6TO4:
        return (IPv4Address(bits >> 80 & _LOW32), *(low if bits >> 32 & _LOW32 in _ISATAP else ()))
    reached = bits >> 32 & _LOW32 in _ISATAP or any(address in network for network in _LOW_WORD)
    return low if reached else ()


def guarded_socket_factory(allow_private: bool) -> Callable[[AddrInfo], socket.socket]:
    """For `aiohttp.TCPConnector(socket_factory=…)`: raises RefusedAddress instead of making a socket."""

    def make(info: AddrInfo) -> socket.socket:
        family, kind, proto, _, address = info
        if family not in (socket.AF_INET, socket.AF_INET6):
            raise RefusedAddress(f"address family {family}")
        why = verdict(str(address[0]), allow_private)
        if why is not None:
            raise RefusedAddress(why)
        return socket.socket(family, kind, proto)

    return make


def objection(url: URL, ports: Collection[int] | None) -> str | None:
    """What speaks against asking this URL: what was expected instead, or None. `ports` None allows every port."""
    try:
        return next((expected for expected, fine in _demands(url, ports) if not fine), None)
    except ValueError:  # yarl takes a URL apart only when it is asked for a part
        return "an http or https URL"


def _demands(url: URL, ports: Collection[int] | None) -> Iterator[tuple[str, bool]]:
    yield "an http or https URL", url.scheme in ("http", "https")
    yield "a URL with a host", bool(url.raw_host)
    yield "a URL without user or password", url.raw_user is None and url.raw_password is None
    yield "a URL without fragment", not url.raw_fragment
    yield "a URL with an allowed port", bool(url.port) and (ports is None or url.port in ports)
