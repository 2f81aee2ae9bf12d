"""AVIF and HEIC: the primary item, upright."""

import struct

import pytest

from edge.facts.sniff import NeedMore, NotAPicture, Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts.samples import ALPHA, AV1C, auxl, avif, box, full, heif, infe, ispe, meta

PLAIN = meta((AV1C, ispe(30, 20)))
MDAT = box(b"mdat", b"pixels")


def facts_of(whole: bytes) -> Facts:
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts)
    return answer


@pytest.mark.parametrize(("turns", "size"), [(0, (30, 20)), (1, (20, 30)), (2, (30, 20)), (3, (20, 30))])
def test_the_size_is_what_is_seen_after_turning(turns: int, size: tuple[int, int]) -> None:
    facts = facts_of(avif(30, 20, box(b"irot", bytes((turns,))), box(b"imir", b"\0")))
    assert (facts.width, facts.height, facts.orientation) == (*size, 1)


def test_the_codec_names_the_format() -> None:
    hvc1 = box(b"hvcC", bytes(17), b"\xfa", bytes(5))
    whole = heif(meta((hvc1, ispe(30, 20)), items=[infe(1, b"hvc1")]), brand=b"mif1", compatible=b"avif")
    assert facts_of(whole) == Facts("heic", 30, 20, bits=10)


@pytest.mark.parametrize(("flags", "bits"), [(0x00, 8), (0x40, 10), (0x60, 12)])
def test_bits_are_in_the_configuration(flags: int, bits: int) -> None:
    assert facts_of(heif(meta((box(b"av1C", bytes((0x81, 0, flags, 0))), ispe(30, 20))))).bits == bits


@pytest.mark.parametrize("hidden", [0, 1])
def test_an_alpha_auxiliary_gives_alpha_and_is_no_page(hidden: int) -> None:
    properties = (AV1C, ispe(30, 20), ALPHA)
    items = [infe(1), infe(2, flags=hidden), infe(3, b"Exif", flags=1)]
    whole = heif(meta(properties, [(0x81, 2), (1, 2, 3)], items, auxl(2, 1)))
    assert facts_of(whole) == Facts("avif", 30, 20, alpha=True)


def test_another_auxiliary_is_not_alpha() -> None:
    depth = full(b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth\0")
    items = [infe(1), infe(2)]
    assert not facts_of(heif(meta((AV1C, ispe(30, 20), depth), [(1, 2), (1, 2, 3)], items, auxl(2, 1)))).alpha


def test_pages_are_items_that_stand_alone() -> None:
    owned, items = [(1, 2)] * 4, [infe(1), infe(2), infe(3), infe(4, flags=1)]
    thumbnail = auxl(3, 1, b"thmb") + auxl(4, 1, b"cdsc")
    assert facts_of(heif(meta((AV1C, ispe(30, 20)), owned, items, thumbnail))).frames == 2


def test_long_sizes_wide_numbers_and_an_open_end_are_read() -> None:
    wide = full(
        b"meta",
        full(b"pitm", struct.pack(">I", 1), version=1),
        full(b"iinf", struct.pack(">I", 1), full(b"infe", struct.pack(">IH", 1, 0), b"av01\0", version=3), version=1),
        full(b"iref", box(b"cdsc", struct.pack(">IHI", 1, 1, 1)), version=1),
        box(
            b"iprp",
            struct.pack(">I4sQ", 1, b"ipco", 16 + len(AV1C + ispe(30, 20))) + AV1C + ispe(30, 20),
            full(b"ipma", struct.pack(">IIBHH", 1, 1, 2, 0x8001, 2), version=1, flags=1),
        ),
    )
    assert facts_of(heif(wide, struct.pack(">I4sQ", 1, b"mdat", 20) + b"\0\0\0\0")) == Facts("avif", 30, 20)
    assert facts_of(heif(wide, b"\0\0\0\0mdat and so on")) == Facts("avif", 30, 20)


def test_pixels_need_not_be_at_hand_to_know_that_nothing_follows() -> None:
    whole = heif(PLAIN, box(b"mdat", bytes(5_000_000)))
    assert sniff(whole[:4096], len(whole)) == Facts("avif", 30, 20)
    assert isinstance(sniff(whole[:4096]), NeedMore | Unsure)


def test_metadata_behind_the_pixels_is_asked_for() -> None:
    whole = heif(box(b"mdat", bytes(50_000)), PLAIN)
    assert isinstance(sniff(whole[:4096], len(whole)), NeedMore)
    assert facts_of(whole) == Facts("avif", 30, 20)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (PLAIN, PLAIN),
        (PLAIN, MDAT, meta((AV1C, ispe(30_000, 30_000)))),
        (PLAIN, box(b"moov")),
        (PLAIN, b"\0\0\0\x04mdat"),
        (full(b"meta"),),
        (full(b"meta", b"\0\0\0\xffpitm"),),
        (meta((AV1C, ispe(30, 20)), items=[infe(1, b"grid")]),),
        (meta((AV1C, ispe(30, 20)), items=[infe(2)]),),
        (meta((AV1C, ispe(30, 20)), items=[infe(1), infe(1)]),),
        (meta((AV1C, ispe(30, 20)), items=[box(b"free")]),),
        (meta((AV1C, ispe(30, 20)), items=[full(b"infe", bytes(8), version=1)]),),
        (meta((AV1C, ispe(30, 20)), items=[infe(1, b"Exif")]),),
        (meta((AV1C, ispe(30, 20)), references=auxl(1, 1)),),
        (meta((AV1C, ispe(30, 20)), references=auxl(1, 1, b"thmb")),),
        (meta((AV1C, ispe(30, 20)), references=auxl(7, 1)),),
        (full(b"meta", PLAIN[12:], full(b"iref"), full(b"iref")),),
        (meta((AV1C, ispe(30, 20)), references=box(b"auxl", b"\0\1\xff\xff")),),
        (meta((AV1C,), [(1,)]),),
        (meta((ispe(30, 20),), [(1,)]),),
        (meta((AV1C, ispe(30, 20), ispe(300, 200)), [(1, 2, 3)]),),
        (meta((AV1C, ispe(30, 20), box(b"clap", bytes(32))), [(1, 2, 3)]),),
        (meta((AV1C, ispe(30, 20)), [(1, 3)]),),
        (meta((AV1C, ispe(30, 20)), [(0, 2)]),),
        (meta((AV1C, ispe(0, 20))),),
        (meta((AV1C, ispe(30, 1 << 31))),),
        (meta((AV1C, full(b"ispe", b"\0\0\0\x1e"))),),
        (meta((AV1C, ispe(30, 20)), []),),
    ],
)
def test_odd_structures_are_left_to_the_worker(parts: tuple[bytes, ...]) -> None:
    whole = heif(*parts)
    assert sniff(whole, len(whole)) == Unsure("avif")


def test_a_video_is_no_picture() -> None:
    whole = heif(PLAIN, brand=b"isom", compatible=b"mp42")
    assert sniff(whole, len(whole)) == NotAPicture()
