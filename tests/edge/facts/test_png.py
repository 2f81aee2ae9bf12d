"""PNG: chunks up to the pixels."""

import pytest

from edge.facts.sniff import Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts.samples import chunk, exif, ihdr, png

PLTE = chunk(b"PLTE", bytes(12))


def facts_of(whole: bytes) -> Facts:
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts)
    return answer


@pytest.mark.parametrize(("colour", "depths", "alpha"), [
    (0, (1, 2, 4, 8, 16), False), (2, (8, 16), False), (3, (1, 2, 4, 8), False), (4, (8, 16), True), (6, (8, 16), True),
])  # fmt: skip
def test_depth_and_alpha_come_with_the_colour_type(colour: int, depths: tuple[int, ...], alpha: bool) -> None:
    for depth in depths:
        facts = Facts("png", 30, 20, alpha=alpha, bits=depth, lossless=colour != 3)
        assert facts_of(png(ihdr(30, 20, depth, colour), PLTE)) == facts
    for depth in {1, 2, 3, 4, 8, 16, 32} - set(depths):
        whole = png(ihdr(30, 20, depth, colour), PLTE)
        assert sniff(whole, len(whole)) == Unsure("png")


def test_interlacing_is_progressive() -> None:
    assert facts_of(png(ihdr(30, 20, interlace=1))).progressive


def test_an_animated_png_is_a_still() -> None:
    assert facts_of(png(ihdr(30, 20), chunk(b"acTL", b"\0\0\0\x05\0\0\0\0"))).frames == 1


@pytest.mark.parametrize(("colour", "before", "body", "alpha"), [
    (0, b"", b"\0\0", True), (0, b"", b"\0\0\0", False),
    (2, b"", bytes(6), True), (2, PLTE, bytes(6), True), (2, b"", bytes(5), False),
    (3, PLTE, b"\0", True), (3, PLTE, bytes(4), True), (3, PLTE, bytes(5), False), (3, PLTE, b"", False),
])  # fmt: skip
def test_transparency_needs_the_right_length(colour: int, before: bytes, body: bytes, alpha: bool) -> None:
    assert facts_of(png(ihdr(30, 20, 8, colour), before, chunk(b"tRNS", body))).alpha is alpha


def test_transparency_before_the_palette_is_passed_over() -> None:
    assert not facts_of(png(ihdr(30, 20, 8, 3), chunk(b"tRNS", b"\0"), PLTE)).alpha


def test_a_palette_is_cut_to_what_the_depth_can_name() -> None:
    assert not facts_of(png(ihdr(30, 20, 1, 3), PLTE, chunk(b"tRNS", bytes(3)))).alpha


def test_orientation_comes_from_the_first_exif_before_the_pixels() -> None:
    assert facts_of(png(ihdr(30, 20), chunk(b"eXIf", exif(6)), chunk(b"eXIf", exif(3)))).orientation == 6
    assert facts_of(png(ihdr(30, 20), chunk(b"eXIf", b"Exif\0\0" + exif(6)))).orientation == 1
    assert facts_of(png(ihdr(30, 20)) + chunk(b"eXIf", exif(6))).orientation == 1


def test_orientation_is_found_behind_long_chunks() -> None:
    assert facts_of(png(ihdr(30, 20), *[chunk(b"zTXt", bytes(9000))] * 9, chunk(b"eXIf", exif(8)))).orientation == 8


def test_checksums_are_not_computed() -> None:
    whole = bytearray(png(ihdr(30, 20)))
    whole[29:33] = b"\0\0\0\0"
    assert facts_of(bytes(whole)).width == 30


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        (chunk(b"tEXt"), ihdr(30, 20)),
        (ihdr(0, 20),),
        (ihdr(30, 0),),
        (ihdr(1 << 31, 20),),
        (ihdr(30, 20, interlace=2),),
        (chunk(b"IHDR", bytes(12)),),
        (chunk(b"IHDR", b"\0\0\0\x1e\0\0\0\x14\x08\x02\x01\0\0"),),
        (ihdr(30, 20), chunk(b"IEND")),
        (ihdr(30, 20), chunk(b"ABCD")),
        (ihdr(30, 20), chunk(b"a1cd")),
        (ihdr(30, 20), b"\xff\xff\xff\xfftEXt"),
        (ihdr(30, 20, 8, 3),),
        (ihdr(30, 20, 8, 3), chunk(b"PLTE", bytes(13))),
        (ihdr(30, 20, 8, 3), chunk(b"PLTE", bytes(771))),
    ],
)
def test_what_the_decoder_refuses_is_left_to_it(chunks: tuple[bytes, ...]) -> None:
    whole = png(*chunks)
    assert sniff(whole, len(whole)) == Unsure("png")
