"""HEIC, PDF, JPEG XL, JPEG 2000 and BMP through the running edge."""

import json
from pathlib import Path

import pytest
import pyvips

from edge.facts.sniff import Unsure, sniff
from edge.imaging import probe, run
from edge.plan.facts import Facts, Limits
from edge.plan.plan import Plan
from edge.plan.steps import Blur, Crop, Decode, Encode, Pad, Resize, SmartCrop, Step, Trim, Turn
from edge.plan.work import Source
from tests import pictures
from tests.edge.imaging.conftest import difference, near
from tests.running import Running
from tests.system import samples

NAMES = [f"{kind}.jp2" for kind in ("photo", "subsampled", "tiled")]
NAMES += ["photo.jxl", "lossless.jxl", "photo.heic", "photo.bmp", "palette.bmp", "page.pdf"]


def opened(body: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(body, "")


def expect_corners(image: pyvips.Image, within: float = 14) -> None:
    right, low = image.width - 4, image.height - 4
    assert near(image(3, 3), pictures.RED, within)
    assert near(image(right, 3), pictures.GREEN, within)
    assert near(image(3, low), pictures.BLUE, within)
    assert near(image(right, low), pictures.WHITE, within)


def test_the_samples_are_these() -> None:
    assert set(NAMES) == samples.whole().keys()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("query", ["format=png", "w=60&format=png", "w=60&format=webp", "w=60&h=40&mode=crop"])
def test_every_format_is_read(edge: Running, name: str, query: str) -> None:
    answer = edge.get(f"/p/{name}?{query}")
    assert answer.status == 200, answer.body
    image = opened(answer.body)
    assert (image.width, image.height) == ((60, 40) if "w=60" in query else (120, 80))
    expect_corners(image)


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_one_is_422(edge: Running, name: str) -> None:
    answer = edge.get(f"/p/cut-{name}?w=60")
    assert answer.status == 422
    detail = json.loads(answer.body)["detail"]
    assert "vips" not in detail.lower()
    assert edge.get(f"/p/{name}?w=60&format=png").status == 200


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.99])
def test_cut_anywhere_it_is_an_error(edge: Running, shown: Path, name: str, part: float) -> None:
    body = pictures.truncated(samples.whole()[name], part)
    place = f"part-{part}-{name}"
    (shown / place).write_bytes(body)
    assert edge.get(f"/p/{place}?w=60&format=png").status in (415, 422)


@pytest.mark.parametrize("name", NAMES)
def test_the_sniffer_says_what_the_worker_says_or_leaves_it_to_it(name: str) -> None:
    body = samples.whole()[name]
    said, read = sniff(body, len(body)), probe(Source(body), Limits())
    assert isinstance(said, Facts | Unsure)
    assert said.format == read.format == {"page.pdf": "pdf"}.get(name, name.rpartition(".")[2])
    assert (read.width, read.height, read.frames, read.orientation) == (120, 80, 1, 1)
    if isinstance(said, Facts):
        assert said == read


@pytest.mark.parametrize("name", ["photo.jp2", "photo.bmp", "palette.bmp", "photo.heic"])
def test_their_headers_need_no_worker(name: str) -> None:
    body = samples.whole()[name]
    assert isinstance(sniff(body, len(body)), Facts)


@pytest.mark.parametrize("width", [40, 1200])
def test_a_pdf_is_drawn_at_the_size_of_the_result(edge: Running, width: int) -> None:
    """Enlarged tenfold, an edge between two colours would be dozens of pixels wide."""
    image = opened(edge.get(f"/p/page.pdf?w={width}&scale=both&format=png").body)
    assert image.width == width
    line = image.crop(0, 2, width, 1)[0]
    assert sum(1 for x in range(width) if 40 < line(x, 0)[0] < 210) <= 4


def test_another_page_of_a_pdf_can_be_had(edge: Running) -> None:
    assert json.loads(edge.get("/p/pages.pdf?format=json").body)["frames"] == 3
    expect_corners(opened(edge.get("/p/pages.pdf?page=2&w=60&format=png").body))
    assert edge.get("/p/pages.pdf?page=9&w=60&format=png").status in (200, 400)


def test_a_page_over_the_limits_is_refused_before_it_is_drawn(edge: Running) -> None:
    answer = edge.get("/p/large.pdf?w=60")
    assert answer.status == 422
    assert "40000" in json.loads(answer.body)["detail"].replace(",", "")


def test_scripts_in_a_pdf_are_not_run(edge: Running) -> None:
    answer = edge.get("/p/scripted.pdf?w=60&format=png")
    assert answer.status == 200
    expect_corners(opened(answer.body))


@pytest.mark.parametrize("name", ["bimg_test.jxl", "bimg_test2.heic", "bimg_test.pdf", "quad.bmp"])
def test_pictures_of_others_are_read(edge: Running, shown: Path, corpus: Path, name: str) -> None:
    body = (corpus / "pictures" / "imaginary" / name).read_bytes()
    facts = probe(Source(body), Limits())
    (shown / name).write_bytes(body)
    image = opened(edge.get(f"/p/{name}?w=100&format=png").body)
    assert image.width == min(100, facts.width)
    assert abs(image.height - image.width * facts.height / facts.width) <= 1
    assert image.deviate() > 5


STEPS: tuple[tuple[Step, ...], ...] = (
    (Trim(80),),
    (SmartCrop(40, 40),),
    (Turn(1), Resize(40, 60)),
    (Resize(300, 200),),
    (Crop(30, 20, 60, 40), Resize(30, 20, "srgb")),
    (Blur(2.0), Pad(5, 5, 130, 90)),
)


@pytest.mark.parametrize("steps", STEPS, ids=lambda steps: "-".join(type(step).__name__ for step in steps))
@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_work_can_be_done_with_them(name: str, steps: tuple[Step, ...]) -> None:
    """Their decoders give rows once and forwards; what looks at a picture first has to keep it."""
    made = run(Plan.chain(Decode(), *steps, Encode("png")), [Source(samples.whole()[name])], Limits())
    plain = run(Plan.chain(Decode(), *steps, Encode("png")), [Source(samples.corners_png())], Limits())
    assert (made.width, made.height) == (plain.width, plain.height)
    if not isinstance(steps[0], SmartCrop):  # noise decides what draws the eye in so plain a picture
        assert difference(opened(made.body).extract_band(0, n=3), opened(plain.body).extract_band(0, n=3)) < 4


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_of_them_can_be_told(edge: Running, name: str) -> None:
    told = json.loads(edge.get(f"/p/{name}?format=json").body)
    assert (told["width"], told["height"]) == (120, 80)
