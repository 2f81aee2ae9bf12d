"""TIFF: the chain of directories, in both byte orders."""

import pytest

from edge.facts.sniff import NeedMore, Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts.samples import bigtiff, sized, tiff


def facts_of(whole: bytes) -> Facts:
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts)
    return answer


def test_both_byte_orders_and_bigtiff_are_read() -> None:
    plain = Facts("tiff", 30, 20, lossless=True)
    assert facts_of(tiff(sized(30, 20), order="<")) == plain
    assert facts_of(tiff(sized(30, 20), order=">")) == plain
    assert facts_of(bigtiff(30, 20)) == plain


def test_pages_are_counted_and_the_first_one_is_the_picture() -> None:
    assert facts_of(tiff(sized(30, 20), sized(3000, 2000), sized(3, 2))) == Facts(
        "tiff", 30, 20, frames=3, lossless=True
    )


def test_a_chain_that_bites_its_tail_ends() -> None:
    assert facts_of(tiff(sized(30, 20), last=8)).frames == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_a_tag(orientation: int) -> None:
    assert facts_of(tiff(sized(30, 20, (274, 3, 1, orientation)))).orientation == orientation


@pytest.mark.parametrize(("photometric", "samples", "alpha"), [
    (0, 1, False), (1, 1, False), (1, 2, True), (2, 3, False), (2, 4, True), (2, 5, True), (3, 1, False),
    (5, 4, False), (5, 5, True), (8, 3, False), (8, 4, True),
])  # fmt: skip
def test_alpha_is_a_sample_more_than_the_colours(photometric: int, samples: int, alpha: bool) -> None:
    assert facts_of(tiff(sized(30, 20, (262, 3, 1, photometric), (277, 3, 1, samples)))).alpha is alpha


def test_jpeg_in_tiff_is_read_as_rgb() -> None:
    ycbcr = (262, 3, 1, 6)
    assert not facts_of(tiff(sized(30, 20, ycbcr, (259, 3, 1, 7)))).alpha
    converted = tiff(sized(30, 20, ycbcr, (259, 3, 1, 5)))
    assert sniff(converted, len(converted)) == Unsure("tiff")


def test_bits_are_those_of_the_samples() -> None:
    assert facts_of(tiff(sized(30, 20, (258, 3, 1, 16)))).bits == 16
    assert facts_of(tiff([entry for entry in sized(30, 20) if entry[0] != 258])).bits == 1


def test_a_directory_at_the_end_of_a_small_file_is_asked_for() -> None:
    pixels = bytes(100_000)
    inner = tiff(sized(30, 20))
    whole = b"II*\0" + (8 + len(pixels)).to_bytes(4, "little") + pixels + inner[8:]
    assert sniff(whole[:4096], len(whole)) == NeedMore(100_010)
    assert facts_of(whole) == Facts("tiff", 30, 20, lossless=True)


def test_a_directory_beyond_the_cap_is_left_to_the_worker() -> None:
    assert sniff(b"II*\0\0\0\0\x01" + bytes(60), 1 << 30) == Unsure("tiff")


@pytest.mark.parametrize(
    "whole",
    [
        b"II*\0\0\0\0\0" + bytes(60),
        b"II+\0\x04\0\0\0" + bytes(60),
        tiff([]),
        tiff(sized(0, 20)),
        tiff(sized(30, 0)),
        tiff(sized(30, 20)[1:]),
        tiff(sized(30, 20, (273, 4, 0, 8))),
        tiff(sized(30, 20, (273, 4, 99, 8))),
        tiff(sized(30, 20, (274, 3, 1, 9))),
        tiff(sized(30, 20, (274, 2, 1, 1))),
        tiff(sized(30, 20, (277, 3, 1, 0))),
        tiff(sized(30, 20, (277, 3, 1, 99))),
        tiff(sized(30, 20, (262, 3, 1, 32844))),
        tiff(sized(30, 20, (262, 3, 1, 4))),
        tiff(sized(30, 20, (259, 3, 1, 6))),
        tiff([*sized(30, 20), (256, 3, 1, 999)]),
        tiff(sized(30, 20), sized(30, 0)),
        tiff(sized(30, 20), sized(30, 20, (322, 137, 1, 16))),
        tiff(sized(30, 20), sized(30, 20, (324, 4, 1, 8), (322, 3, 1, 16))),
        tiff(sized(30, 20), sized(30, 20, (339, 3, 1, 7))),
        tiff(sized(30, 20), sized(30, 20, (284, 3, 1, 3))),
        tiff(sized(30, 20), last=60_000),
        tiff([entry for entry in sized(30, 20) if entry[0] not in (273, 279)]),
    ],
)
def test_what_libtiff_reads_in_its_own_way_is_left_to_it(whole: bytes) -> None:
    assert sniff(whole, len(whole)) == Unsure("tiff")


def test_samples_of_different_depth_are_left_to_libtiff() -> None:
    entries = sized(30, 20, (258, 3, 3, 0))
    far = 8 + 6 + 12 * len(entries)
    even, uneven = (8, 8, 8), (8, 8, 4)
    for bits, known in ((even, True), (uneven, False)):
        whole = tiff(sized(30, 20, (258, 4, 1, 0)))
        whole = whole.replace(
            b"\x02\x01\x04\0\x01\0\0\0\0\0\0\0", b"\x02\x01\x03\0\x03\0\0\0" + far.to_bytes(4, "little")
        )
        whole += b"".join(each.to_bytes(2, "little") for each in bits)
        assert (sniff(whole, len(whole)) == Facts("tiff", 30, 20, lossless=True)) is known
