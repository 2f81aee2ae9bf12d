"""Which addresses no connection may be made to (T1)."""

import socket
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from edge.origins.guard import RefusedAddress, guarded_socket_factory, objection, verdict


def table(text: str) -> list[str]:
    return text.split()


REFUSED = table("""
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.0.1
168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.192 192.0.2.1
192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255
:: ::1 ::7f00:1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::ffff:10.0.0.1 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8
64:ff9b::7f00:1 64:ff9b::169.254.169.254 64:ff9b:1::1 64:ff9b:1::8.8.8.8 64:ff9b:1:7f00:0:100:: 100::1 100:0:0:1::1
2001::1 2001:0:7f00:1:0:0:f5ff:fffe 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe::
2002:c0a8:1::1 2a00:1450:4001:80e:0:5efe:7f00:1 2a00:1450:4001:80e:200:5efe:10.0.0.1 3fff::1 5f00::1 4000::1
fc00::1 fd00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 2606:4700::1111%eth0
localhost 127.1 2130706433 0x7f.1 0177.0.0.1 01.02.03.04 [::1]
""")

ALLOWED = table("""
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.0.1 172.15.0.1
172.32.0.1 192.0.1.1 192.167.0.1 192.169.0.1 198.17.0.1 198.20.0.1 223.255.255.255 168.63.129.15
::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808:: 2606:4700::1111 2a00:1450:4001:80e::200e 2001:4860:4860::8888
2a00:1450:4001:80e:0:5efe:808:808
""")


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_the_public_internet_is_refused(address: str) -> None:
    assert verdict(address) is not None


@pytest.mark.parametrize("address", ALLOWED)
def test_the_public_internet_is_allowed(address: str) -> None:
    assert verdict(address) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "fd00::1", "::ffff:127.0.0.1"])
def test_private_addresses_are_reached_where_the_operator_says_so(address: str) -> None:
    assert verdict(address, allow_private=True) is None


@pytest.mark.parametrize(
    "address",
    table("""169.254.169.254 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe ::a9fe:a9fe 2002:a9fe:a9fe:: fe80::1
    fd00:ec2::254 224.0.0.1 ff02::1 168.63.129.16 100.100.100.200 64:ff9b:1::a9fe:a9fe nonsense"""),
)
def test_credentials_of_the_machine_are_out_of_reach_even_then(address: str) -> None:
    assert verdict(address, allow_private=True) is not None


def every_embedding(inner: int) -> list[IPv6Address]:
    network = IPv6Address("2a00:1450:4001:80e::")
    return [
        IPv6Address(inner),
        IPv6Address(0xFFFF << 32 | inner),
        IPv6Address(0xFFFF << 48 | inner),
        IPv6Address(int(IPv6Address("64:ff9b::")) | inner),
        IPv6Address(int(IPv6Address("64:ff9b:1::")) | inner),
        IPv6Address(0x2002 << 112 | inner << 80 | 1),
        IPv6Address(0x20010000 << 96 | inner << 64 | 0xF7F7F7F7),
        IPv6Address(0x20010000 << 96 | 0x08080808 << 64 | inner ^ 0xFFFFFFFF),
        IPv6Address(int(network) | 0x00005EFE << 32 | inner),
        IPv6Address(int(network) | 0x02005EFE << 32 | inner),
    ]


PRIVATE = st.sampled_from(
    [("10.0.0.0", 8), ("127.0.0.0", 8), ("169.254.0.0", 16), ("192.168.0.0", 16), ("100.64.0.0", 10), ("224.0.0.0", 3)]
)


@settings(max_examples=60)
@given(PRIVATE, st.integers(0, 0xFFFFFFFF))
def test_no_embedding_makes_a_private_address_public(network: tuple[str, int], noise: int) -> None:
    text, bits = network
    inner = int(IPv4Address(text)) | noise >> bits
    assert all(verdict(address) for address in every_embedding(inner))


@settings(max_examples=100)
@given(st.ip_addresses(v=4))
def test_what_the_standard_library_calls_not_global_is_refused_however_embedded(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast:
        assert verdict(address)
        assert all(verdict(one) for one in every_embedding(int(address)))


NEIGHBOURS = st.sampled_from(["::/0", "::/64", "2001::/16", "2000::/3", "3ff0::/12", "fc00::/6", "fe00::/7"])


@settings(max_examples=150)
@given(NEIGHBOURS.flatmap(lambda network: st.ip_addresses(network=network)))
def test_no_verdict_is_milder_than_the_standard_library(address: IPv6Address) -> None:
    if verdict(address) is None and address.ipv4_mapped is None and address.sixtofour is None:
        assert address.is_global
        assert not address.is_multicast


def test_no_socket_is_made_for_a_refused_address() -> None:
    make = guarded_socket_factory(allow_private=False)
    with pytest.raises(RefusedAddress) as caught:
        make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))
    assert caught.value.why == "loopback"
    assert "127" not in str(caught.value)


def test_a_socket_is_made_for_an_allowed_one() -> None:
    make = guarded_socket_factory(allow_private=False)
    with make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))) as made:
        assert made.family == socket.AF_INET


def test_other_families_of_sockets_are_refused() -> None:
    with pytest.raises(RefusedAddress):
        guarded_socket_factory(allow_private=True)((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("/run/x",)))


@pytest.mark.parametrize(
    ("url", "objected"),
    [
        ("https://example.com/", None),
        ("http://example.com:80/a?b", None),
        ("ftp://example.com/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://example.com/", "scheme"),
        ("//example.com/", "scheme"),
        ("http:///x", "host"),
        ("http://u@example.com/", "user"),
        ("http://u:p@example.com/", "user"),
        ("http://:p@example.com/", "user"),
        ("http://example.com/#f", "fragment"),
        ("http://example.com:22/", "port"),
        ("http://example.com:0/", "port"),
    ],
)
def test_urls_are_judged_by_their_parts(url: str, objected: str | None) -> None:
    assert (objection(URL(url), (80, 443)) is None) is (objected is None)


def test_any_port_may_be_allowed_except_none_at_all() -> None:
    assert objection(URL("http://example.com:8080/"), None) is None
    assert objection(URL("http://example.com:0/"), None) is not None
