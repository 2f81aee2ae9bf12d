"""The orientation tag, as libexif finds it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.facts.exif import orientation
from tests.edge.facts.samples import Order, exif


def directory(*entries: tuple[int, int, int, int], order: Order = "<", claimed: int | None = None) -> bytes:
    rows = b"".join(struct.pack(order + "HHIHH", tag, kind, count, value, 0) for tag, kind, count, value in entries)
    return b"II*\0" + struct.pack(order + "IH", 8, claimed or len(entries)) + rows


@pytest.mark.parametrize("kind", [1, 3, 4, 6, 8, 9])
def test_any_whole_number_will_do(kind: int) -> None:
    assert orientation(exif(6, kind=kind)) == 6


@pytest.mark.parametrize("kind", [0, 2, 7, 11, 12, 13, 999])
def test_other_types_say_nothing(kind: int) -> None:
    assert orientation(exif(6, kind=kind)) == 1


@pytest.mark.parametrize("kind", [5, 10])
def test_of_a_fraction_the_numerator_counts(kind: int) -> None:
    assert orientation(directory((0x0112, kind, 1, 22)) + struct.pack("<II", 6, 2)) == 6
    assert orientation(directory((0x0112, kind, 1, 22)) + struct.pack("<II", 12, 2)) == 1


def test_of_a_long_number_the_lower_half_counts() -> None:
    assert orientation(exif(0x10006, kind=4)) == 6


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_values_out_of_range_say_nothing(value: int) -> None:
    assert orientation(exif(value)) == 1


def test_the_first_entry_that_has_a_value_counts() -> None:
    assert orientation(directory((0x0112, 3, 1, 6), (0x0112, 3, 1, 3))) == 6
    assert orientation(directory((0x0112, 3, 0, 6), (0x0112, 3, 1, 3))) == 3
    assert orientation(directory((0x0112, 3, 1, 9), (0x0112, 3, 1, 3))) == 1


def test_a_directory_may_claim_more_entries_than_it_has() -> None:
    assert orientation(directory((0x010F, 2, 1, 0), (0x0112, 3, 1, 6), claimed=60_000)) == 6


def test_several_values_are_where_the_entry_points() -> None:
    far = directory((0x0112, 3, 3, 22)) + struct.pack("<HHH", 5, 6, 7)
    assert orientation(far) == 5
    assert orientation(far[:-1]) == 1
    assert orientation(directory((0x0112, 3, 10, 22)) + bytes((5, 0)) * 10) == 1


@pytest.mark.parametrize("block", [b"", b"II*\0", b"II+\0\x08\0\0\0" + bytes(40), b"XX*\0" + bytes(40), b"II*\0\xff\xff\xff\xff" + bytes(40)])  # fmt: skip  # noqa: E501 - one table
def test_no_directory_means_upright(block: bytes) -> None:
    assert orientation(block) == 1


@given(st.binary(max_size=80), st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b""]))
def test_any_block_gives_an_orientation(block: bytes, start: bytes) -> None:
    assert 1 <= orientation(start + block) <= 8
