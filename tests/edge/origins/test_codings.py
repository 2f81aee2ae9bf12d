"""Content codings are undone in small blocks."""

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import BadGateway
from edge.exchange import Fields
from edge.origins.codings import BLOCK, Inflater, coding_of


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body, wbits=-15)


def inflated(coding: str, *chunks: bytes) -> bytes:
    inflater = Inflater(coding)
    blocks = [block for chunk in chunks for block in inflater.feed(chunk)]
    inflater.finish()
    assert all(len(block) <= BLOCK for block in blocks)
    return b"".join(blocks)


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


@settings(max_examples=40)
@given(st.binary(max_size=300), st.integers(1, 400), st.integers(1, 50), st.sampled_from(["gzip", "zlib", "raw"]))
def test_any_body_comes_back_however_it_is_cut(body: bytes, times: int, size: int, how: str) -> None:
    body *= times
    packed = {"gzip": gzip.compress(body), "zlib": zlib.compress(body), "raw": raw_deflate(body)}[how]
    assert inflated("gzip" if how == "gzip" else "deflate", *cut(packed, size)) == body


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK])
def test_no_byte_is_lost_at_the_edge_of_a_block(size: int) -> None:
    assert inflated("gzip", gzip.compress(bytes(size))) == bytes(size)


def test_members_in_a_row_are_one_body_wherever_they_are_cut() -> None:
    packed = gzip.compress(b"one") + gzip.compress(b"two")
    for at in range(len(packed)):
        assert inflated("gzip", packed[:at], packed[at:]) == b"onetwo"


def test_what_follows_the_stream_is_no_part_of_the_body() -> None:
    assert inflated("gzip", gzip.compress(b"one") + bytes(9), b"more") == b"one"
    assert inflated("deflate", zlib.compress(b"one") + b"more", b"more") == b"one"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("keep", [0, 1, -1])
def test_a_stream_that_stops_early_is_incomplete(coding: str, keep: int) -> None:
    packed = (gzip.compress if coding == "gzip" else zlib.compress)(b"body" * 99)
    with pytest.raises(BadGateway, match="broke off"):
        inflated(coding, packed[:keep])


def test_garbage_is_a_broken_answer() -> None:
    with pytest.raises(BadGateway, match="broken"):
        inflated("gzip", b"this is no gzip at all")


@pytest.mark.parametrize(
    ("value", "coding"),
    [
        ("", ""),
        ("identity", ""),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate", "deflate"),
        ("identity, gzip", "gzip"),
    ],
)
def test_known_codings_are_named(value: str, coding: str) -> None:
    assert coding_of(Fields([("Content-Encoding", value)])) == coding


@pytest.mark.parametrize("value", ["br", "zstd", "gzip, gzip", "gzip, br", "x"])
def test_other_codings_are_refused(value: str) -> None:
    with pytest.raises(BadGateway):
        coding_of(Fields([("Content-Encoding", value)]))
