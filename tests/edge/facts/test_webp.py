"""WebP: simple, extended and animated files."""

import pytest

from edge.facts.sniff import NeedMore, Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts.samples import anmf, exif, riff, vp8, vp8l, vp8x, webp

ANIMATED, EXIF, ALPHA = 0x02, 0x08, 0x10
ANIM = riff(b"ANIM", bytes(6))
ALPH = riff(b"ALPH", b"\0\0\0")


def facts_of(whole: bytes) -> Facts:
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts)
    return answer


@pytest.mark.parametrize(("picture", "lossless"), [(vp8(30, 20), False), (vp8l(30, 20), True)])
def test_a_simple_file_is_its_picture(picture: bytes, lossless: bool) -> None:
    assert facts_of(webp(picture)) == Facts("webp", 30, 20, lossless=lossless)
    assert facts_of(webp(vp8x(30, 20), picture)) == Facts("webp", 30, 20, lossless=lossless)


@pytest.mark.parametrize("second", [vp8(30, 20), vp8l(30, 20)])
def test_an_animation_is_lossless_when_each_frame_is(second: bytes) -> None:
    frames = anmf(30, 20, vp8l(30, 20)), anmf(30, 20, second)
    assert facts_of(webp(vp8x(30, 20, ANIMATED), ANIM, *frames)).lossless is (second == vp8l(30, 20))


def test_a_lossless_picture_says_whether_it_has_alpha() -> None:
    assert facts_of(webp(vp8l(16383, 1, alpha=True))) == Facts("webp", 16383, 1, alpha=True, lossless=True)


def test_the_extended_header_says_whether_there_is_alpha() -> None:
    assert facts_of(webp(vp8x(30, 20, ALPHA), ALPH, vp8(30, 20))).alpha
    assert not facts_of(webp(vp8x(30, 20), ALPH, vp8(30, 20))).alpha


def test_the_scaling_bits_of_a_lossy_picture_are_not_size() -> None:
    assert facts_of(webp(vp8(30 | 0x4000, 20 | 0x8000))).upright == (30, 20)


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_orientation_is_found_behind_the_pixels(prefix: bytes) -> None:
    assert facts_of(webp(vp8x(30, 20, EXIF), vp8(30, 20), riff(b"EXIF", prefix + exif(6)))).orientation == 6


def test_exif_that_the_flags_deny_does_not_count() -> None:
    assert facts_of(webp(vp8x(30, 20), riff(b"EXIF", exif(6)), vp8(30, 20))).orientation == 1


def test_an_animation_is_counted_to_its_end() -> None:
    frames = [anmf(30, 20, vp8(30, 20))] * 3
    whole = webp(vp8x(30, 20, ANIMATED | EXIF), ANIM, *frames, riff(b"EXIF", exif(3)))
    assert facts_of(whole) == Facts("webp", 30, 20, frames=3, orientation=3)
    assert isinstance(sniff(whole[:100], len(whole)), NeedMore)


@pytest.mark.parametrize(
    "frame",
    [anmf(30, 20, vp8l(30, 20, alpha=True)), anmf(30, 20, ALPH + vp8(30, 20)), anmf(10, 20, vp8(10, 20), left=4)],
)
def test_a_frame_with_holes_gives_the_animation_alpha(frame: bytes) -> None:
    assert facts_of(webp(vp8x(30, 20, ANIMATED), ANIM, frame)).alpha
    assert not facts_of(webp(vp8x(30, 20, ANIMATED), ANIM, anmf(30, 20, vp8(30, 20)))).alpha


def test_what_lies_behind_the_riff_does_not_belong_to_it() -> None:
    whole = webp(vp8x(30, 20, ANIMATED), ANIM, anmf(30, 20, vp8(30, 20))) + anmf(30, 20, vp8(30, 20))
    assert facts_of(whole).frames == 1


@pytest.mark.parametrize(
    "chunks",
    [
        (vp8x(300, 200), vp8(30, 20)),
        (vp8x(30, 20),),
        (vp8x(30, 20, EXIF), vp8(30, 20), vp8(30, 20)),
        (vp8x(1 << 24, 1 << 24), vp8(30, 20)),
        (riff(b"VP8X", bytes(12)), vp8(30, 20)),
        (vp8x(30, 20, ANIMATED), ANIM),
        (vp8x(30, 20, ANIMATED), vp8(30, 20)),
        (vp8x(30, 20, ANIMATED), ANIM, anmf(30, 20, vp8(3, 2))),
        (vp8x(30, 20, ANIMATED), ANIM, anmf(30, 20, vp8(30, 20), left=2)),
        (vp8x(30, 20, ANIMATED), ANIM, anmf(30, 20, riff(b"JUNK", b""))),
        (vp8x(30, 20, ANIMATED), ANIM, anmf(30, 20, ALPH + vp8l(30, 20))),
        (vp8(0, 20),),
        (riff(b"VP8 ", b"\x31\x01\0\x9d\x01\x2a" + bytes(10)),),
        (riff(b"VP8L", b"\x30" + bytes(10)),),
        (riff(b"VP8L", b"\x2f\xff\xff\xff\xff\0"),),
        (riff(b"JUNK", bytes(40)),),
        (vp8x(30, 20, EXIF), riff(b"JUNK", bytes(4))[:6]),
    ],
)
def test_contradictions_are_left_to_the_decoder(chunks: tuple[bytes, ...]) -> None:
    whole = webp(*chunks)
    assert sniff(whole, len(whole)) == Unsure("webp")


def test_a_file_that_is_cut_off_is_left_to_the_decoder() -> None:
    whole = webp(vp8x(30, 20, ANIMATED), ANIM, anmf(30, 20, vp8(30, 20)), anmf(30, 20, vp8(30, 20)))
    assert sniff(whole[:-1], len(whole) - 1) == Unsure("webp")
