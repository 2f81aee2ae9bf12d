"""Pictures that are cut, broken, too large or none: an error with one sentence, and never half a picture."""

import gzip
import os
import struct
import tempfile
from collections.abc import Iterator

import pytest
import pyvips

from edge.errors import BadRequest, EdgeError, TooLarge, Unprocessable, UnsupportedPicture
from edge.imaging import probe, run
from edge.imaging.capabilities import capabilities
from edge.imaging.containers import SVG_BYTES, format_of, pdf_is_whole, webp_lossless
from edge.imaging.specimens import SPECIMENS
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.steps import Crop, Decode, Encode, Pad, Resize, Turn
from edge.plan.work import Source
from tests import pictures
from tests.edge.imaging.conftest import Make, look, near

CUT = {
    "jpeg": pictures.photo(160, 120),
    "progressive jpeg": pictures.photo(160, 120, interlace=True),
    "png": pictures.photo(160, 120, "png"),
    "interlaced png": pictures.photo(160, 120, "png", interlace=True),
    "webp": pictures.photo(160, 120, "webp"),
    "lossless webp": pictures.photo(160, 120, "webp", lossless=True),
    "animated webp": pictures.animated(format="webp"),
    "avif": pictures.photo(160, 120, "avif"),
    "gif": pictures.photo(160, 120, "gif"),
    "animated gif": pictures.animated(),
    "tiff": pictures.photo(160, 120, "tiff"),
    "directory first tiff": pictures.tiff_first(160, 120),
    "svg": pictures.svg(160, 120),
    "svgz": gzip.compress(pictures.svg(160, 120)),
}


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("to", ["png", "webp"])
@pytest.mark.parametrize("whole", CUT)
def test_a_cut_picture_is_an_error(make: Make, whole: str, to: str, part: float) -> None:
    with pytest.raises(Unprocessable):
        make(pictures.truncated(CUT[whole], part), Resize(20, 15), to=to)


@pytest.mark.parametrize("whole", CUT)
def test_the_whole_of_it_is_none(make: Make, whole: str) -> None:
    assert look(make(CUT[whole], Resize(20, 15))).width == 20


def test_a_cut_jpeg_someone_closed_again_is_an_error(make: Make) -> None:
    """libjpeg itself paints the rest grey and calls it a picture."""
    with pytest.raises(Unprocessable, match="cut short"):
        make(pictures.truncated(CUT["jpeg"], 0.6) + b"\xff\xd9", Resize(20, 15))


def test_a_gif_that_only_lost_its_trailer_is_a_picture(make: Make) -> None:
    assert make(CUT["animated gif"][:-1], to="gif").frames == 4


def test_an_error_does_not_spoil_the_next_picture(make: Make) -> None:
    for _ in range(2):
        with pytest.raises(Unprocessable):
            make(pictures.truncated(CUT["jpeg"]))
        assert make(CUT["jpeg"]).width == 160


@pytest.mark.parametrize("body", [b"", b"hello, I am text", b"\0" * 100, b"<html></html>", bytes(range(256))])
def test_what_is_no_picture_is_415(make: Make, body: bytes) -> None:
    with pytest.raises(UnsupportedPicture, match="Expected a picture"):
        make(body)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (SPECIMENS["jxl"], "cannot read jxl; a libvips built with JPEG XL support can"),
        (SPECIMENS["heic"], "cannot read heic; a libvips built with libheif and an HEVC decoder can"),
        (SPECIMENS["bmp"], "cannot read bmp; a libvips built with ImageMagick can"),
        (SPECIMENS["pdf"], "cannot read pdf; a libvips built with poppler or PDFium can"),
        (SPECIMENS["jp2"], "cannot read jp2; a libvips built with OpenJPEG can"),
        (b"\0\0\1\0\1\0" + bytes(50), "cannot read ico; none of the decoders"),
    ],
    ids=["jxl", "heic", "bmp", "pdf", "jp2", "ico"],
)
def test_a_format_without_a_loader_is_named(make: Make, body: bytes, sentence: str) -> None:
    if format_of(body) in capabilities().loaders:
        pytest.skip(f"this libvips reads {format_of(body)}: see tests/system")
    for broken in (body, body[:60], body[: len(body) // 2]):
        with pytest.raises(UnsupportedPicture, match=sentence):
            make(broken)


@pytest.mark.parametrize("start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"RIFF\0\0\0\0WEBP"])
def test_a_picture_without_a_header_is_422(make: Make, start: bytes) -> None:
    with pytest.raises(Unprocessable):
        make(start + b"\xe9\xe8" * 40)


def _webp(width: int, height: int) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sizes


@pytest.mark.parametrize("body", [pictures.bomb(), _webp(60_000, 60_000)], ids=["png", "webp"])
def test_a_header_over_the_side_limit_is_refused_with_both_numbers(make: Make, body: bytes) -> None:
    with pytest.raises(Unprocessable, match="Expected at most 30000 pixels a side but received 60000"):
        make(body)


def test_a_header_over_the_pixel_limit_is_refused_with_both_numbers(make: Make) -> None:
    with pytest.raises(Unprocessable, match="Expected at most 1000 pixels but received 1024"):
        make(pictures.photo(32, 32), limits=Limits(source_pixels=1000))


@pytest.mark.parametrize("body", [b"VP8L\0\0\0\0\x2f\xff\xff\xff\x0f", b"VP8 " + bytes(10) + b"\xff\x3f\xff\x3f"])
def test_simple_webp_headers_are_measured_too(make: Make, body: bytes) -> None:
    with pytest.raises(Unprocessable, match="pixels but received"):
        make(b"RIFF\0\0\0\0WEBP" + body)


def test_too_many_bytes_are_413(make: Make) -> None:
    with pytest.raises(TooLarge, match="Expected at most 100 bytes"):
        make(pictures.photo(32, 32), limits=Limits(source_bytes=100))


def test_an_svg_may_not_inflate_without_bound(make: Make) -> None:
    body = gzip.compress(pictures.svg(9, 9) + b" " * SVG_BYTES)
    assert len(body) < 100_000
    with pytest.raises(Unprocessable, match="bytes of SVG"):
        make(body)


def test_gzip_that_is_broken_or_no_svg_is_refused(make: Make) -> None:
    with pytest.raises(Unprocessable, match="SVGZ"):
        make(b"\x1f\x8b" + b"nonsense" * 9)
    with pytest.raises(Unprocessable):
        make(gzip.compress(b"some text"))


def test_an_svg_is_drawn_at_the_size_of_the_result(make: Make) -> None:
    """Drawn large, its edge is one pixel wide; drawn small and enlarged it would be dozens."""
    image = look(make(pictures.svg(10, 10), Resize(400, 400)))
    soft = image.crop(0, 200, 400, 1)[3]
    assert sum(1 for x in range(400) if 10 < soft(x, 0)[0] < 245) <= 4


def test_an_svg_reads_no_other_file(make: Make) -> None:
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(pictures.plain(16, 16, (255, 0, 0)))
        file.flush()
        link = f'<image href="file://{file.name}" width="16" height="16"/>'
        body = f'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">{link}</svg>'.encode()
        assert look(make(body, to="png")).max() == 0


# --- frames


@pytest.mark.parametrize("to", ["gif", "webp"])
@pytest.mark.parametrize("format", ["gif", "webp"])
def test_an_animation_keeps_its_frames_delays_and_loop(make: Make, format: str, to: str) -> None:
    body = pictures.animated(40, 30, 4, format, delays=(100, 250, 40, 1000), loop=3)
    made = make(body, Resize(20, 15), to=to)
    image = look(made, n=-1)
    assert (made.frames, made.width, made.height) == (4, 20, 15)
    assert (image.get("n-pages"), image.get("page-height"), image.width) == (4, 15, 20)
    assert image.get("delay") == [100, 250, 40, 1000]
    assert image.get("loop") == 3
    assert [near(image(10, 15 * at + 7), (50 * at, 0, 255 - 50 * at), 8) for at in range(4)] == [True] * 4


def test_every_frame_passes_every_step(make: Make) -> None:
    steps = (Crop(10, 0, 20, 30), Turn(1), Resize(60, 40), Pad(5, 5, 70, 50, "00ff00ff"))
    image = look(make(pictures.animated(40, 30, 3), *steps, to="webp"), n=-1)
    assert (image.width, image.get("page-height"), image.get("n-pages")) == (70, 50, 3)
    for at in range(3):
        assert near(image(1, 50 * at + 1), (0, 255, 0), 12)
        assert near(image(35, 50 * at + 8), (50 * at, 0, 255 - 50 * at), 20)
        assert near(image(35, 50 * at + 41), (50 * at, 0, 255 - 50 * at), 20)


def test_an_animation_too_large_to_hold_is_streamed_to_the_same_bytes(make: Make) -> None:
    body = pictures.animated(40, 30, 4)
    small = Limits(output_pixels=1500)
    assert make(body, to="gif", limits=small).body == make(body, to="gif").body


@pytest.mark.parametrize("to", ["jpeg", "png", "avif"])
def test_a_still_format_takes_the_first_frame(make: Make, to: str) -> None:
    made = make(pictures.animated(), to=to)
    assert made.frames == 1
    assert near(look(made)(5, 5), (0, 0, 255), 12)


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_a_frame_can_be_chosen(make: Make, format: str) -> None:
    made = make(pictures.animated(format=format), to="gif", frame=2)
    assert made.frames == 1
    assert near(look(made)(5, 5), (100, 0, 155), 8)


def test_a_frame_past_the_end_is_a_bad_request(make: Make) -> None:
    with pytest.raises(BadRequest, match="Expected a frame from 0 to 3 for frame but received '4'"):
        make(pictures.animated(), frame=4)


def test_frames_are_counted_only_when_all_are_wanted(make: Make) -> None:
    few, small = Limits(animation_frames=3), Limits(animation_pixels=4000)
    assert make(pictures.animated(), to="png", limits=few).frames == 1
    with pytest.raises(Unprocessable, match="Expected at most 3 frames but received 4"):
        make(pictures.animated(), to="gif", limits=few)
    with pytest.raises(Unprocessable, match="Expected at most 4000 pixels in all frames but received 4800"):
        make(pictures.animated(), to="gif", limits=small)
    with pytest.raises(Unprocessable, match="pixels in all frames of the result"):
        make(pictures.animated(10, 10), Resize(50, 50), to="gif", limits=small)


# --- pages


def two_pages(second: tuple[int, int]) -> bytes:
    """A grey TIFF: a black page of 16 × 12, and a white one of this size."""
    sizes, levels = ((16, 12), second), (b"\x00", b"\xff")
    body, places = b"", []
    for (width, height), level in zip(sizes, levels, strict=True):
        places.append(8 + len(body))
        body += level * (width * height)
    tables = 8 + len(body)
    for number, (width, height) in enumerate(sizes):
        rows = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, places[number])]
        rows += [(277, 3, 1), (278, 4, height), (279, 4, width * height)]
        following = tables + 6 + 12 * len(rows) if number == 0 else 0
        table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in rows)
        body += struct.pack("<H", len(rows)) + table + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", tables) + body


def test_another_page_can_be_chosen(make: Make) -> None:
    pages = two_pages((16, 12))
    assert probe(Source(pages), Limits()).frames == 2
    assert look(make(pages, Resize(8, 6), to="tiff"))(4, 3) == [0]
    assert look(make(pages, Resize(8, 6), to="tiff", frame=1))(4, 3) == [255]


@pytest.mark.parametrize("size", [(12, 16), (32, 24), (16, 14)])
def test_a_page_of_another_size_is_not_bent_into_the_first_ones(make: Make, size: tuple[int, int]) -> None:
    sentence = f"Expected a page of 16x12 pixels, like the first one, but received one of {size[0]}x{size[1]}"
    with pytest.raises(Unprocessable, match=sentence):
        make(two_pages(size), Resize(8, 6), frame=1)
    assert make(two_pages(size), Resize(8, 6)).width == 8


# --- as it is stored


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("steps", [(), (Resize(20, 20),)])
def test_a_picture_can_be_left_as_it_is_stored(orientation: int, steps: tuple[Resize, ...]) -> None:
    body = pictures.corners(60, 40, orientation)
    plan = Plan.chain(Decode(upright=False), *steps, Encode("png"))
    image = look(run(plan, [Source(body)], Limits()))
    stored = pyvips.Image.new_from_buffer(body, "")
    assert (image.width, image.height) == ((20, 20) if steps else (stored.width, stored.height))
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        seen = image(x * (image.width - 1), y * (image.height - 1))
        assert near(seen, tuple(stored(x * (stored.width - 1), y * (stored.height - 1))), 16)
    assert not image.get_typeof("orientation") or image.get("orientation") == 1


# --- whole or not


def pdf_bytes(linearized: int | None = None, behind: bytes = b"") -> bytes:
    said = b"" if linearized is None else b"1 0 obj << /Linearized 1 /L %d /H [1 2] >> endobj\n" % linearized
    return b"%PDF-1.4\n" + said + b"body " * 400 + b"%%EOF\n" + behind


@pytest.mark.parametrize(
    ("pdf", "whole"),
    [
        (pdf_bytes(), True),
        (pdf_bytes(behind=b"\0" * 900), True),
        (pdf_bytes(behind=b"\0" * 1200), False),
        (pdf_bytes()[:-8], False),
        (b"%PDF-1.4", False),
        (pdf_bytes(len(pdf_bytes(1000))), True),
        (pdf_bytes(9000), False),
    ],
)
def test_a_pdf_is_whole_when_it_ends_as_one(pdf: bytes, whole: bool) -> None:
    assert pdf_is_whole(pdf) is whole


def animated_webp(options: dict[str, object]) -> bytes:
    image = pyvips.Image.new_from_buffer(pictures.animated(), "", n=-1)
    body: bytes = image.webpsave_buffer(**options)
    return body


@pytest.mark.parametrize(
    ("options", "lossless"), [({}, False), ({"lossless": True}, True), ({"near_lossless": True}, True)]
)
def test_a_webp_is_lossless_by_its_pictures(options: dict[str, object], lossless: bool) -> None:
    for body in (
        pictures.photo(40, 30, "webp", **options),
        pictures.with_alpha(40, 30, "webp", **options),
        animated_webp(options),
    ):
        assert webp_lossless(body) is lossless


@pytest.mark.parametrize("junk", [b"", b"RIFF", b"RIFF\xff\xff\xff\xffWEBP" + b"\xff" * 90, bytes(200)])
def test_what_is_no_webp_is_not_lossless(junk: bytes) -> None:
    assert not webp_lossless(junk)


# --- facts


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        (pictures.photo(32, 24), Facts("jpeg", 32, 24)),
        (pictures.photo(32, 24, interlace=True), Facts("jpeg", 32, 24, progressive=True)),
        (pictures.corners(60, 40, 6), Facts("jpeg", 40, 60, orientation=6)),
        (pictures.with_alpha(32, 24), Facts("png", 32, 24, alpha=True, lossless=True)),
        (pictures.photo(32, 24, "png", palette=True), Facts("png", 32, 24)),
        (pictures.deep(32, 24), Facts("png", 32, 24, bits=16, lossless=True)),
        (pictures.photo(32, 24, "webp"), Facts("webp", 32, 24)),
        (pictures.photo(32, 24, "webp", lossless=True), Facts("webp", 32, 24, lossless=True)),
        (pictures.with_alpha(32, 24, "webp", lossless=True), Facts("webp", 32, 24, alpha=True, lossless=True)),
        (pictures.animated(40, 30, 4, "webp"), Facts("webp", 40, 30, frames=4)),
        (pictures.photo(32, 24, "avif"), Facts("avif", 32, 24)),
        (pictures.photo(32, 24, "tiff"), Facts("tiff", 32, 24, lossless=True)),
        (pictures.svg(32, 24), Facts("svg", 32, 24, alpha=True, lossless=True)),
    ],
    ids=lambda value: value.format if isinstance(value, Facts) else "",
)
def test_probe_reads_the_header(body: bytes, facts: Facts) -> None:
    assert probe(Source(body), Limits()) == facts


def test_probe_decodes_nothing() -> None:
    """A cut JPEG's header is whole."""
    assert probe(Source(pictures.truncated(CUT["jpeg"])), Limits()).width == 160


def test_probe_refuses_like_run() -> None:
    with pytest.raises(Unprocessable, match="60000"):
        probe(Source(pictures.bomb()), Limits())


# --- where the bytes come from


@pytest.fixture
def descriptor() -> Iterator[tuple[int, bytes]]:
    with tempfile.TemporaryFile() as file:
        body = pictures.photo(32, 24)
        file.write(b"before" + body + b"after")
        file.flush()
        yield file.fileno(), body


def test_a_stretch_of_an_open_file_is_read_in_place(descriptor: tuple[int, bytes]) -> None:
    fd, body = descriptor
    os.lseek(fd, 3, os.SEEK_SET)
    plan = Plan.chain(Decode(), Encode("png"))
    made = run(plan, [Source(fd=fd, offset=6, length=len(body))], Limits())
    assert made.body == run(plan, [Source(body)], Limits()).body
    assert os.lseek(fd, 0, os.SEEK_CUR) == 3


def test_a_file_that_became_shorter_is_cut(descriptor: tuple[int, bytes]) -> None:
    fd, body = descriptor
    with pytest.raises(Unprocessable, match="cut short"):
        probe(Source(fd=fd, offset=6, length=len(body) + 100), Limits())


def test_sentences_never_quote_libvips_or_the_picture(make: Make) -> None:
    for body in (*(pictures.truncated(whole) for whole in CUT.values()), b"II*\0\xe9" + b"\xff\xfe" * 40):
        with pytest.raises(EdgeError) as caught:
            make(body)
        assert not {"vips", "Vips", "libpng", "load"} & set(caught.value.sentence.replace(":", " ").split())
