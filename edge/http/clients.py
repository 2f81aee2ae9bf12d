"""Who asks, when proxies stand between."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_of(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """The nearest address that no trusted proxy vouches further back from: X-Forwarded-For read from its end, each
    step believed only when the one who said it is trusted. What is no address ends the walk."""
    client = peer or "-"
    for said in reversed((forwarded_for or "").split(",")):
        if not said.strip() or not _is_trusted(client, trusted):
            break
        try:
            client = str(ip_address(said.strip()))
        except ValueError:
            break
    return client


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    if address == "-":  # a Unix socket: whoever may open it is on this machine
        return True
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in trusted)
