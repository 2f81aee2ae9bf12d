"""Who asks, when proxies stand between."""

from ipaddress import ip_network

import pytest

from edge.http.clients import client_of

TRUSTED = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, nonsense", "127.0.0.1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        (None, "203.0.113.9", "203.0.113.9"),
        ("no address", "203.0.113.9", "no address"),
    ],
)
def test_only_what_a_trusted_proxy_says_is_believed(peer: str | None, forwarded_for: str | None, client: str) -> None:
    assert client_of(peer, forwarded_for, TRUSTED) == client
