"""Sizes, durations and addresses, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.settings.units import (
    Listen,
    count_text,
    duration_text,
    parse_count,
    parse_duration,
    parse_size,
    size_text,
)

AMOUNTS = st.integers(0, 2**53)


@given(AMOUNTS | st.builds(lambda amount, unit: amount * 1024**unit, st.integers(0, 2000), st.integers(0, 4)))
def test_a_printed_size_reads_back(size: int) -> None:
    assert parse_size(size_text(size)) == size


@given(AMOUNTS | st.builds(lambda amount, unit: amount * 1000**unit, st.integers(0, 2000), st.integers(0, 3)))
def test_a_printed_count_reads_back(count: int) -> None:
    assert parse_count(count_text(count)) == count


@given(st.integers(0, 10**12))
def test_a_printed_duration_reads_back(milliseconds: int) -> None:
    assert parse_duration(duration_text(milliseconds / 1000)) == milliseconds / 1000


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("64MiB", 64 << 20), ("1.5 KiB", 1536), ("10GB", 10**10), ("8k", 8000), ("2M", 2_000_000), ("7B", 7)],
)
def test_sizes_know_both_kinds_of_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "MiB", "-1", "1.0000001", "1.5", "64mib", "1e3", "1_000", "٣MiB", "9999999TiB", "1 2", " 1", "0x10"]
)
def test_what_is_no_size_says_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match="a size such as 512KiB"):
        parse_size(text)


@pytest.mark.parametrize("text", ["100MiB", "1.5", "many", "1K"])
def test_a_count_takes_no_bytes_and_no_halves(text: str) -> None:
    with pytest.raises(ValueError, match="a whole number such as"):
        parse_count(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("1.5h", 5400), ("7d", 604800), ("0s", 0), ("0", 0), ("2 m", 120)]
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["30", "1h30m", "-1s", "s", "1.0001ms", "forever", "1 year"])
def test_what_is_no_duration_says_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match="a duration such as 500ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("127.0.0.1:8080", Listen("127.0.0.1", 8080)),
        ("[::1]:80", Listen("::1", 80)),
        ("Img.example.com:0", Listen("img.example.com", 0)),
        ("unix:/run/edge.sock", Listen(path="/run/edge.sock")),
    ],
)
def test_listen_addresses_read_and_print(text: str, listen: Listen) -> None:
    assert Listen.parse(text) == listen
    assert str(listen) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8080",
        ":8080",
        "::1:80",
        "[::1]",
        "[1.2.3.4]:80",
        "a:65536",
        "a:-1",
        "a:٣",
        "300.0.0.1:80",
        "a b:80",
        "unix:",
        "unix:/" + "x" * 107,
        "http://a:80",
        "a/b:80",
    ],
)
def test_what_is_no_address_says_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match="an address such as"):
        Listen.parse(text)


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.9.9.9:1", True),
        ("localhost:1", True),
        ("[::1]:1", True),
        ("unix:/s", True),
        ("0.0.0.0:1", False),
        ("a:1", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(text: str, loopback: bool) -> None:
    assert Listen.parse(text).loopback is loopback
