"""A source's own bytes without its metadata: the same pixels in fewer bytes, or nothing at all."""

from pathlib import Path
from typing import Any

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import EdgeError
from edge.imaging import loaders
from edge.imaging.containers import format_of
from edge.imaging.failures import translated
from edge.imaging.options import metadata
from edge.imaging.probe import open_header
from edge.imaging.slim import MOST, slim
from edge.plan.facts import Limits
from edge.plan.work import Source
from tests import pictures
from tests.edge.facts import samples

SECRET = b"Places 52.5N 13.4E"
FORMATS = ("jpeg", "png", "webp", "gif")
MOVING = ("gif", "webp")
ALL = 31  # every kind of metadata that libvips knows


def tagged(format: str, **options: Any) -> bytes:
    """A picture with EXIF, XMP, a comment or what its format has of these."""
    image = pictures.pixels(60, 40).copy()
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-ImageDescription", SECRET.decode())
    image.set_type(pyvips.GValue.blob_type, "xmp-data", b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>")
    image.set_type(pyvips.GValue.gstr_type, "png-comment-0-Comment", SECRET.decode())
    body: bytes = pyvips.Operation.call(
        f"{format}save_buffer", image, **metadata(f"{format}save_buffer", ALL), **options
    )
    return with_comment(body) if format == "gif" else body


def with_comment(gif: bytes) -> bytes:
    """A comment, and an application's block, before the first frame."""
    at = 13 + (3 << (gif[10] & 7) + 1)
    blocks = b"!\xfe" + bytes((len(SECRET),)) + SECRET + b"\0" + b"!\xff\x0bXMP DataXMP" + b"\x02hi\0"
    return gif[:at] + blocks + gif[at:]


def decoded(body: bytes) -> tuple[bytes, object, object]:
    format = format_of(body) or ""
    image = loaders.load(format, body, {"fail_on": "error", **({"n": -1} if format in MOVING else {})})
    loop, delay = (image.get(name) if image.get_typeof(name) else 0 for name in ("loop", "delay"))
    return bytes(image.write_to_memory()), loop, delay


@pytest.mark.parametrize("format", FORMATS)
def test_metadata_goes_and_pixels_stay(format: str) -> None:
    body = tagged(format)
    small = slim(body, format)
    assert small is not None
    assert SECRET in body or format == "png"  # older builds compress or drop texts there
    assert SECRET not in small
    assert b"Exif" not in small
    assert len(small) < len(body)
    assert decoded(small) == decoded(body)


@pytest.mark.parametrize("format", FORMATS)
def test_what_follows_the_end_goes(format: str) -> None:
    body = tagged(format)
    assert slim(body + SECRET * 10, format) == slim(body, format)


@pytest.mark.parametrize("format", FORMATS)
def test_twice_is_once(format: str) -> None:
    small = slim(tagged(format), format)
    assert small is not None
    assert slim(small, format) == small


@pytest.mark.parametrize(
    "body",
    [
        pictures.photo(60, 40, interlace=True),
        pictures.photo(60, 40, subsample_mode="off"),
        pictures.gray(60, 40),
        pictures.photo(60, 40, "png", interlace=True),
        pictures.photo(60, 40, "png", palette=True),
        pictures.with_alpha(60, 40),
        pictures.with_alpha(60, 40, "webp"),
        pictures.with_alpha(60, 40, "webp", lossless=True),
        pictures.animated(60, 40),
        pictures.animated(60, 40, format="webp"),
    ],
)
def test_nothing_that_pixels_need_goes(body: bytes) -> None:
    small = slim(body, format_of(body) or "")
    assert small is not None
    assert decoded(small) == decoded(body)


def test_a_jpeg_keeps_the_markers_that_tell_its_colours() -> None:
    adobe = samples.segment(0xEE, b"Adobe\0\x64\0\0\0\0\0more of it")
    jfif = samples.segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1" + bytes(3))
    body = samples.jpeg(jfif, adobe, samples.segment(0xE2, b"MPF\0"), samples.sof(8, 8), samples.sos())
    small = slim(body, "jpeg") or b""
    assert samples.segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"[:12]) in small
    assert samples.segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") in small
    assert b"MPF" not in small


@pytest.mark.parametrize(
    "body",
    [
        samples.jpeg(samples.sof(8, 8, marker=0xC9), samples.sos()),  # arithmetic coding
        samples.jpeg(samples.sof(8, 8, bits=12), samples.sos()),
        samples.jpeg(samples.sof(8, 8), samples.sof(8, 8), samples.sos()),
        samples.jpeg(samples.sof(8, 8), samples.segment(0xDC, b"\0\x08"), samples.sos()),  # height told later
        samples.jpeg(samples.sof(8, 8)),
        samples.jpeg(samples.sos(), samples.sof(8, 8)),
        samples.jpeg(samples.sof(8, 8), samples.sos())[:-2],
        samples.jpeg(samples.sof(8, 8), *[samples.segment(0xFE, b"")] * (MOST + 1), samples.sos()),
        samples.png(samples.ihdr(8, 8), samples.chunk(b"acTL", bytes(8))),
        samples.png(samples.ihdr(8, 8), samples.chunk(b"cICP", bytes(4))),
        samples.png(samples.ihdr(8, 8), samples.chunk(b"NEWS")),
        samples.png(samples.chunk(b"tEXt"), samples.ihdr(8, 8)),
        samples.png(samples.ihdr(8, 8))[:-4],
        samples.gif(8, 8, b"!\x01\x01 \0", samples.frame(8, 8)),  # plain text
        samples.gif(8, 8, b"?", samples.frame(8, 8)),
        samples.gif(8, 8),
        samples.gif(8, 8, samples.frame(8, 8)[:-1], end=b""),
        b"RIFF\x0c\0\0\0WEBP" + samples.riff(b"NEWS", b""),
        b"RIFF\xff\0\0\0WEBP" + samples.riff(b"VP8 ", b"1234"),
        b"",
        bytes(100),
    ],
)
def test_what_is_odd_is_not_taken_apart(body: bytes) -> None:
    assert not any(slim(body, format) for format in (*FORMATS, "avif"))


def test_an_avif_is_given_whole_or_not_at_all() -> None:
    body = pictures.photo(60, 40, "avif", **metadata("heifsave_buffer"))
    assert slim(body, "avif") == body
    assert slim(body[:-1], "avif") is None
    assert slim(pictures.corners(60, 40, 6, "avif"), "avif") is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_spoilt_avifs_raise_nothing(data: st.DataObject) -> None:
    body = bytearray(pictures.photo(30, 20, "avif", **metadata("heifsave_buffer")))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, min(len(body), 400) - 1))] = data.draw(st.integers(0, 255))
    assert slim(bytes(body), "avif") in (None, bytes(body))


def test_an_avif_with_metadata_is_written_anew() -> None:
    image = pictures.pixels(60, 40).copy()
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-ImageDescription", SECRET.decode())
    assert slim(image.heifsave_buffer(compression="av1", effort=0, **metadata("heifsave_buffer", ALL)), "avif") is None


def test_the_loop_count_is_all_that_stays_of_its_block() -> None:
    block = b"!\xff\x0bNETSCAPE2.0\x03\x01\x07\0"
    body = samples.gif(8, 8, block + b"\x05extra\0", samples.CONTROL, samples.frame(8, 8))
    assert slim(body, "gif") == samples.gif(8, 8, block + b"\0", samples.CONTROL, samples.frame(8, 8))


def test_a_format_that_is_not_known_is_left_alone() -> None:
    assert slim(pictures.photo(8, 8, "tiff"), "tiff") is None


WHOLE = {format: tagged(format) for format in FORMATS}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_spoilt_files_raise_nothing_and_never_grow(format: str, data: st.DataObject) -> None:
    body = bytearray(WHOLE[format])
    for _ in range(data.draw(st.integers(0, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    body = body[: data.draw(st.integers(0, len(body)))]
    small = slim(bytes(body), format)
    assert small is None or len(small) <= len(body) + 2  # a missing GIF trailer is added, a RIFF chunk padded


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FORMATS), st.binary(max_size=300))
def test_no_bytes_raise(format: str, body: bytes) -> None:
    start = WHOLE[format][:20]
    slim(start + body, format)


def test_stuffing_is_read_in_one_go() -> None:
    """A scan of nothing but stuffed bytes must not be walked one by one; if it is, this takes many seconds."""
    scan = b"\xff\0" * 8_000_000
    body = b"\xff\xd8" + samples.sof(8, 8) + samples.sos() + scan + b"\xff\xd9"
    assert slim(body, "jpeg") == body


def test_real_files_show_the_same_without_their_metadata(corpus: Path) -> None:
    seen = 0
    for path in sorted((corpus / "pictures").rglob("*")):
        body = path.read_bytes() if path.is_file() else b""
        format = format_of(body[:4096]) or ""
        small = slim(body, format)
        if small is None or not _fit(body):
            continue
        seen += 1
        assert decoded(small) == decoded(body), path.name
        assert len(small) <= len(body)
    assert seen > 20


def _fit(body: bytes) -> bool:
    """Would the decoder take it?"""
    try:
        with translated():
            return open_header(Source(body), Limits()).facts.pixels > 0 and bool(decoded(body))
    except EdgeError:
        return False
