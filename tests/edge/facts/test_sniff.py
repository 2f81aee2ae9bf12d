"""The door: names, questions for more, and that any bytes get an answer."""

import gzip
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.facts.boxes import Box, Cursor
from edge.facts.head import MOST_BYTES, Beyond, Head
from edge.facts.sniff import Answer, NeedMore, NotAPicture, Unsure, sniff, sniff_format
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS
from tests.edge.facts import samples
from tests.edge.facts.samples import WHOLE, chunk, gif, heif, ihdr, jpeg, png, segment, sof, sos, svg

NAMED = {
    "jxl": b"\xff\x0a\xfa\x1f" + bytes(60),
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60),
    "ico": b"\0\0\1\0\1\0\x10\x10" + bytes(60),
    "pdf": b"%PDF-1.7\n" + bytes(60),
}


def converse(whole: bytes, known: bool = True, first: int = 1) -> tuple[Answer, list[int]]:
    """Ask as a caller would, and note how much was given each time."""
    given_bytes = [min(first, len(whole))]
    while True:
        answer = sniff(whole[: given_bytes[-1]], len(whole) if known else None)
        if not isinstance(answer, NeedMore):
            return answer, given_bytes
        if answer.bytes > len(whole):
            return sniff(whole, len(whole)), given_bytes
        given_bytes.append(answer.bytes)


@pytest.mark.parametrize("name", WHOLE)
def test_every_format_is_read_whole(name: str) -> None:
    answer = sniff(WHOLE[name], len(WHOLE[name]))
    assert isinstance(answer, Facts)
    assert answer.format == name == sniff_format(WHOLE[name])


@pytest.mark.parametrize("name", NAMED)
def test_other_formats_are_only_named(name: str) -> None:
    assert sniff(NAMED[name], len(NAMED[name])) == Unsure(name)
    assert sniff_format(NAMED[name]) == name in FORMATS


@pytest.mark.parametrize("alternative", [b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60), b"\xff\x4f\xff\x51" + bytes(60)])
def test_containers_and_codestreams_have_one_name(alternative: bytes) -> None:
    assert sniff_format(alternative) in ("jxl", "jp2")


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"\n",
        b"hello world",
        b"<!doctype html><html><svg width='1' height='1'/></html>",
        b"<html><script>GIF89a</script></html>",
        b"\n" * 100 + b"GIF89a",
        b"BM, he wrote, is not a picture, and neither is this text of his",
        b"\0\0\1\0" + bytes(60),
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(60),
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(60),
        b"push graphic-context\nviewbox 0 0 640 480",
        b"8BPS\0\1" + bytes(60),
        gzip.compress(b"not a picture", mtime=0),
        b"\x1f\x8b broken",
        bytes(4096),
    ],
)
def test_what_is_no_picture_is_said_to_be_none(other: bytes) -> None:
    assert sniff(other, len(other)) == NotAPicture()
    assert sniff_format(other) is None


def test_a_polyglot_is_what_its_first_bytes_say() -> None:
    script = gif(10799, 1, samples.frame(10799, 1), end=b"; */=1;<svg width='1' height='1'/>")
    archive = png(ihdr(8, 8)) + b"PK\3\4"
    assert sniff_format(script) == "gif"
    assert sniff_format(archive) == "png"


@pytest.mark.parametrize("name", [*WHOLE, *NAMED])
def test_asking_byte_by_byte_ends_with_the_answer_of_the_whole(name: str) -> None:
    whole = {**WHOLE, **NAMED}[name]
    expected = sniff(whole, len(whole))
    for first in range(len(whole) + 1):
        assert converse(whole, known=True, first=first)[0] == expected
        assert converse(whole, known=False, first=first)[0] == expected


def test_questions_grow_at_least_twofold() -> None:
    texts = [chunk(b"tEXt", bytes(3000)) for _ in range(200)]
    _, rounds = converse(png(ihdr(8, 8), *texts), first=4096)
    assert len(rounds) > 3
    assert all(more >= 2 * less or more == 600_000 for less, more in pairwise(rounds[:-1]))


def test_no_question_goes_beyond_the_file_or_the_cap() -> None:
    long = png(ihdr(8, 8), chunk(b"tEXt", bytes(MOST_BYTES // 2)), chunk(b"tEXt", bytes(MOST_BYTES // 2)))
    answer = sniff(long[:600_000], len(long))
    assert answer == Unsure("png")
    assert sniff(gif(9, 9)[:-1] + bytes(0), 1 << 30) == NeedMore(4096)
    assert sniff(b"GIF89a\x09\0\x09\0\0\0\0!\xfe" + b"\xff" * 600_000, 1 << 30) == NeedMore(MOST_BYTES)
    assert sniff(b"\x89PN", 4) == NeedMore(4)


def test_a_header_longer_than_the_cap_is_read_when_it_is_at_hand_anyway() -> None:
    long = png(ihdr(8, 8), chunk(b"tEXt", bytes(MOST_BYTES)))
    assert isinstance(sniff(long, len(long)), Facts)


def test_a_claim_beyond_the_end_of_the_file_is_for_the_worker() -> None:
    cut = png(ihdr(8, 8), chunk(b"tEXt", bytes(5000)))[:3000]
    assert sniff(cut, len(cut)) == Unsure("png")
    assert sniff(cut[:100], len(cut)) == Unsure("png")


def test_a_total_smaller_than_what_was_given_is_not_believed() -> None:
    assert isinstance(sniff(WHOLE["png"], 3), Facts)


def test_an_empty_file_of_unknown_length_is_asked_for() -> None:
    assert isinstance(sniff(b""), NeedMore)


@pytest.mark.parametrize(("major", "compatible", "name"), [
    (b"avif", b"", "avif"),
    (b"avis", b"", "avif"),
    (b"heic", b"mif1", "heic"),
    (b"mif1", b"miafavif", "avif"),
    (b"mif1", b"heic", "heic"),
    (b"mif1", b"miaf", "heic"),
    (b"isom", b"avif", "avif"),
    (b"isom", b"mp42", None),
])  # fmt: skip
def test_iso_media_are_told_apart_by_brand(major: bytes, compatible: bytes, name: str | None) -> None:
    assert sniff_format(heif(brand=major, compatible=compatible)) == name


def test_brands_beyond_the_bytes_at_hand_are_asked_for() -> None:
    whole = heif(samples.meta((samples.AV1C, samples.ispe(3, 2))), brand=b"mif1", compatible=b"miaf" * 30 + b"avif")
    assert converse(whole, first=64)[0] == Facts("avif", 3, 2)


@given(st.binary(max_size=300), st.one_of(st.none(), st.integers(0, 500)))
@settings(max_examples=200, deadline=None)
def test_any_bytes_get_an_answer(head: bytes, total: int | None) -> None:
    answer = sniff(head, total)
    assert isinstance(answer, Facts | NeedMore | Unsure | NotAPicture)
    if isinstance(answer, NeedMore):
        assert len(head) < answer.bytes <= (MOST_BYTES if total is None else max(total, len(head)))


@given(st.sampled_from(sorted(WHOLE)), st.data())
@settings(max_examples=400, deadline=None)
def test_damaged_headers_get_an_answer(name: str, data: st.DataObject) -> None:
    body = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        body = body or bytearray(1)
    whole = bytes(body)
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts | Unsure | NotAPicture)
    assert converse(whole)[0] == answer
    if isinstance(answer, Facts):
        assert min(answer.width, answer.height, answer.frames, answer.bits) > 0
        assert 1 <= answer.orientation <= 8


HOSTILE = {
    "one-byte blocks": gif(9, 9, b"!\xfe" + b"\1x" * 500_000 + b"\0", samples.frame(9, 9)),
    "frames without end": gif(9, 9, samples.frame(9, 9) * 70_000),
    "many small extensions": gif(9, 9, b"!\xfe\0" * 300_000, samples.frame(9, 9)),
    "stuffed garbage": b"\xff\xd8\xff\xe0\0\2" + b"\xff\0" * 500_000,
    "empty segments": b"\xff\xd8" + segment(0xE0, b"") * 200_000,
    "empty chunks": png(ihdr(9, 9), *[chunk(b"tEXt")] * 80_000),
    "empty riff chunks": samples.webp(samples.vp8x(9, 9), *[samples.riff(b"JUNK", b"")] * 80_000),
    "comments": b"<!---->" * 100_000,
    "spaces": b" " * 1_000_000,
    "attributes": b"<svg " + b"a=''b" * 200_000,
    "nested boxes": heif(*[b"\0\0\xff\xffmeta\0\0\0\0"] * 5000),
    "small boxes": heif(samples.full(b"meta", samples.box(b"free") * 100_000)),
    "many associations": samples.avif_with_ipma(bytes(5 * 200_000)),
    "overlapping pages": b"II*\0\x08\0\0\0" + b"\xff\xff" * 400_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_given_up(name: str) -> None:
    """They would take unbounded steps; each is refused within the budget instead."""
    assert isinstance(sniff(HOSTILE[name], len(HOSTILE[name])), Unsure | NotAPicture)


def test_a_picture_of_ordinary_length_stays_within_the_steps() -> None:
    long = gif(9, 9, b",\0\0\0\0\x09\0\x09\0\0\x02" + (b"\xff" + bytes(255)) * 4000 + b"\0")
    assert isinstance(sniff(long, len(long)), Facts)


def test_what_follows_the_first_scan_does_not_count() -> None:
    thumbnail = jpeg(sof(160, 120), sos())
    whole = jpeg(segment(0xE1, b"Exif\0\0" + thumbnail), sof(30, 20), sos()) + jpeg(sof(9999, 9999), sos())
    assert sniff(whole, len(whole)) == Facts("jpeg", 30, 20)


def test_a_gzip_stream_that_opens_as_svg_is_named() -> None:
    packed = gzip.compress(svg(before="<?xml version='1.0'?>"))
    assert sniff(packed, len(packed)) == Unsure("svg")
    unfinished = gzip.compress(b"<!-- " + bytes(9000))
    assert sniff(unfinished, len(unfinished)) == Unsure("svg")
    assert sniff_format(gzip.compress(b"<?xml version='1.0'?><!--" + bytes(9000))) == "svg"


def test_a_head_says_how_much_it_holds() -> None:
    assert repr(Head(b"abc", 9)) == "Head(3 of 9 bytes)"
    assert repr(Cursor(Head(b"abc"), Box(b"free", 1, 3))) == "Cursor(1 to 3)"
    assert repr(Head(b"abc")) == "Head(3 of unknown bytes)"
    with pytest.raises(Beyond) as raised:
        Head(b"abc").span(2, 2)
    assert raised.value.needed == 4
