"""What the libvips of the system can write is offered, and comes out as it should."""

import pytest
import pyvips

from edge.imaging import capabilities, loaders, run
from edge.imaging.containers import format_of
from edge.plan.facts import Limits
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Resize
from edge.plan.work import Source
from tests import pictures
from tests.edge.imaging.conftest import difference
from tests.running import Running

WRITTEN = ("jpeg", "png", "webp", "avif", "gif", "tiff", "jxl", "heic", "jp2")


def test_every_one_is_found() -> None:
    assert capabilities().savers == set(WRITTEN)


@pytest.mark.parametrize("light", ["linear", "srgb"])
@pytest.mark.parametrize("format", WRITTEN)
def test_every_format_is_written_and_read_again(format: str, light: str) -> None:
    step = Resize(60, 40, "linear" if light == "linear" else "srgb")
    source = Source(pictures.photo(120, 80))
    made = run(Plan.chain(Decode(), step, Encode(format, quality=90)), [source], Limits())
    assert (made.format, made.width, made.height) == (format, 60, 40)
    assert format_of(made.body) == format
    image = loaders.load(format, made.body, {})
    plain = run(Plan.chain(Decode(), step, Encode("tiff")), [source], Limits())
    assert difference(image.extract_band(0, n=3), loaders.load("tiff", plain.body, {})) < 8


@pytest.mark.parametrize("format", [format for format in WRITTEN if FORMATS[format].alpha])
def test_alpha_is_written_too(format: str) -> None:
    made = run(Plan.chain(Decode(), Encode(format)), [Source(pictures.with_alpha(64, 48))], Limits())
    image = loaders.load(format, made.body, {}).copy_memory()  # OpenJPEG reads a picture once
    assert image.bands == 4
    assert image(0, 20)[3] < 30
    assert image(63, 20)[3] > 220


@pytest.mark.parametrize("format", ["webp", "avif", "jxl", "heic"])
def test_lossless_is_lossless(format: str) -> None:
    body = pictures.photo(64, 48, "png")
    made = run(Plan.chain(Decode(), Encode(format, lossless=True)), [Source(body)], Limits())
    exact = 2 if format in ("avif", "heic") else 0  # these two go through YCbCr
    assert (loaders.load(format, made.body, {}) - loaders.load("png", body, {})).abs().max() <= exact


@pytest.mark.parametrize("format", WRITTEN)
def test_equal_pictures_give_equal_bytes(format: str) -> None:
    plan = Plan.chain(Decode(), Resize(40, 30), Encode(format))
    one, other = (run(plan, [Source(pictures.photo(120, 80))], Limits()).body for _ in range(2))
    assert one == other


@pytest.mark.parametrize("format", WRITTEN)
def test_nothing_but_pixels_is_written(format: str) -> None:
    image = pyvips.Image.new_from_buffer(pictures.photo(64, 48, "tiff"), "").copy()
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Nobody in particular")
    body = image.jpegsave_buffer()
    assert b"Nobody" in body
    made = run(Plan.chain(Decode(), Resize(32, 24), Encode(format)), [Source(body)], Limits())
    assert b"Nobody" not in made.body


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_animations_move(format: str) -> None:
    made = run(Plan.chain(Decode(), Resize(20, 15), Encode(format)), [Source(pictures.animated())], Limits())
    assert made.frames == 4
    assert loaders.load(format, made.body, {"n": -1}).get("n-pages") == 4


def test_a_wide_gamut_is_kept_where_that_is_wanted() -> None:
    source = Source(pictures.display_p3(16, 16, (250, 10, 10), "tiff"))
    for gamut, kept in (("p3", True), ("srgb", False)):
        encode = Encode("png", gamut="p3" if gamut == "p3" else "srgb")
        image = loaders.load("png", run(Plan.chain(Decode(), encode), [source], Limits()).body, {})
        assert bool(image.get_typeof("icc-profile-data")) is kept


def test_jpeg_xl_is_offered(edge: Running) -> None:
    answer = edge.get("/p/photo.bmp?w=60&format=jxl")
    assert (answer.status, answer.media_type) == (200, "image/jxl")
    assert loaders.load("jxl", answer.body, {}).width == 60
