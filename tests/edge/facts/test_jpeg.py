"""JPEG: the first frame counts, whatever stands before or behind it."""

import pytest

from edge.facts.sniff import NeedMore, Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts.samples import app1, exif, jpeg, segment, sof, sos


def facts_of(whole: bytes) -> Facts:
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts)
    return answer


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read_in_either_byte_order(order: str, orientation: int) -> None:
    block = exif(orientation, "<" if order == "<" else ">")
    assert facts_of(jpeg(app1(block), sof(30, 20), sos())).orientation == orientation


@pytest.mark.parametrize(("marker", "progressive"), [(0xC0, False), (0xC1, False), (0xC2, True), (0xC9, False), (0xCA, True)])  # fmt: skip  # noqa: E501 - one table
def test_each_kind_of_frame_has_its_size(marker: int, progressive: bool) -> None:
    facts = facts_of(jpeg(sof(30, 20, marker), sos()))
    assert facts == Facts("jpeg", 30, 20, progressive=progressive)


@pytest.mark.parametrize("components", [1, 3, 4])
def test_grey_colour_and_cmyk_are_alike(components: int) -> None:
    assert facts_of(jpeg(sof(30, 20, components=components), sos(components))) == Facts("jpeg", 30, 20)


def test_several_scans_of_a_sequential_frame_count_as_progressive() -> None:
    assert facts_of(jpeg(sof(30, 20), sos(components=1))).progressive


def test_exif_may_come_after_the_frame_and_after_long_segments() -> None:
    profiles = [segment(0xE2, b"ICC_PROFILE\0" + bytes(65_000))] * 3
    whole = jpeg(*profiles, sof(30, 20), app1(exif(8)), sos())
    assert facts_of(whole) == Facts("jpeg", 30, 20, orientation=8)
    assert isinstance(sniff(whole[:4096], len(whole)), NeedMore)


def test_the_first_exif_segment_counts_even_when_it_says_nothing() -> None:
    broken = segment(0xE1, b"Exif\0\0nothing")
    assert facts_of(jpeg(app1(exif(3)), app1(exif(6)), sof(30, 20), sos())).orientation == 3
    assert facts_of(jpeg(broken, app1(exif(6)), sof(30, 20), sos())).orientation == 1
    assert facts_of(jpeg(segment(0xE1, b"Exif??" + exif(6)), sof(30, 20), sos())).orientation == 1


def test_other_application_segments_are_passed_over() -> None:
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
    assert facts_of(jpeg(xmp, app1(exif(6)), sof(30, 20), sos())).orientation == 6


def test_fill_bytes_garbage_and_bare_markers_are_skipped() -> None:
    whole = jpeg(b"\xff\xff\xff" + segment(0xE0, b"JFIF\0"), b"garbage\xff\0", b"\xff\xd0\xff\x01", sof(30, 20), sos())
    assert facts_of(whole) == Facts("jpeg", 30, 20)


@pytest.mark.parametrize(
    "segments",
    [
        (sof(0, 20), sos()),
        (sof(30, 0), sos()),
        (sof(30, 20, bits=12), sos()),
        (sof(30, 20, components=0), sos()),
        (segment(0xC0, b"\x08\0\x14\0\x1e\3"), sos()),
        (segment(0xC0, b"\x08"), sos()),
        (sof(30, 20), sof(3, 2), sos()),
        (sos(),),
        (b"\xff\xe0\0\1", sof(30, 20), sos()),
        (b"\xff\xd8", sof(30, 20), sos()),
        (b"\xff\x02\0\2", sof(30, 20), sos()),
        (segment(0xE0, b"") + b"\xff\xd9",),
        (sof(30, 20),),
    ],
)
def test_what_the_decoder_refuses_is_left_to_it(segments: tuple[bytes, ...]) -> None:
    whole = jpeg(segment(0xDB, bytes(65)), *segments)
    assert sniff(whole, len(whole)) == Unsure("jpeg")
