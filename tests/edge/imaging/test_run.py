"""Plans to pictures: every format in and out, exact sizes, upright, the same bytes every time."""

import importlib
from typing import get_args

import pytest
import pyvips

from edge.errors import BadRequest, Unprocessable, UnsupportedPicture
from edge.imaging import capabilities, kernels, run
from edge.imaging.geometry import View
from edge.imaging.picture import Picture
from edge.imaging.probe import open_header
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Crop,
    Decode,
    Encode,
    Expand,
    Fit,
    Light,
    Mirror,
    Pad,
    Region,
    Resize,
    Step,
    Turn,
    Watermark,
)
from edge.plan.work import Source
from tests import pictures
from tests.edge.imaging.conftest import Make, difference, look, near

OUT = ("jpeg", "png", "webp", "avif", "gif", "tiff")
SOURCES = {
    **{format: pictures.photo(64, 48, format) for format in pictures.FORMATS},
    "svg": pictures.svg(64, 48),
    "progressive": pictures.photo(64, 48, interlace=True),
    "interlaced": pictures.photo(64, 48, "png", interlace=True),
    "gray": pictures.gray(64, 48),
    "gray png": pictures.gray(64, 48, "png"),
    "cmyk": pictures.cmyk(64, 48),
    "16 bits": pictures.deep(64, 48),
    "alpha": pictures.with_alpha(64, 48),
    "animation": pictures.animated(64, 48),
}


@pytest.mark.parametrize("to", OUT)
@pytest.mark.parametrize("source", SOURCES)
def test_every_format_becomes_every_format(make: Make, source: str, to: str) -> None:
    made = make(SOURCES[source], Resize(32, 24), to=to)
    image = look(made)
    assert (made.format, made.width, made.height) == (to, 32, 24)
    assert (image.width, image.height) == (32, 24)
    assert not image.get_typeof("icc-profile-data")


@pytest.mark.parametrize("to", OUT)
def test_equal_plans_make_equal_bytes(make: Make, to: str) -> None:
    body = pictures.with_alpha(150, 100)
    steps = (Resize(70, 50), Pad(5, 5, 80, 60, "10203080"))
    assert make(body, *steps, to=to).body == make(body, *steps, to=to).body


@pytest.mark.parametrize("light", ["linear", "srgb"])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (7, 5), (99, 67), (100, 66), (101, 67), (203, 11), (333, 250)])
@pytest.mark.parametrize("format", ["jpeg", "webp", "svg"])
def test_the_result_has_exactly_the_size_asked(make: Make, format: str, size: tuple[int, int], light: Light) -> None:
    body = pictures.svg(101, 67) if format == "svg" else pictures.photo(101, 67, format)
    image = look(make(body, Resize(*size, light=light)))
    assert (image.width, image.height) == size


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "gif", "tiff"])
@pytest.mark.parametrize("size", [(200, 1500), (1000, 100), (333, 1700)])
def test_enlarging_streams_every_format(make: Make, format: str, size: tuple[int, int]) -> None:
    """From a stream that is read once, the same pixels as from a picture at hand."""
    body = pictures.photo(150, 700, format)
    image = pyvips.Image.new_from_buffer(body, "").copy_memory()
    whole = kernels.scaled(image, size[0] / 150, size[1] / 700, "lanczos3").rint().cast("uchar")
    assert difference(look(make(body, Resize(*size, light="srgb"))), whole) < 0.1


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "tiff", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_come_out_upright(make: Make, orientation: int, format: str) -> None:
    made = make(pictures.corners(60, 40, orientation, format), Resize(30, 20), to="png")
    image = look(made)
    assert (image.width, image.height) == (30, 20)
    assert near(image(2, 2), pictures.RED, 12)
    assert near(image(27, 2), pictures.GREEN, 12)
    assert near(image(2, 17), pictures.BLUE, 12)
    assert not image.get_typeof("orientation")


@pytest.mark.parametrize("to", OUT)
def test_no_output_says_it_lies_on_its_side(make: Make, to: str) -> None:
    image = look(make(pictures.corners(60, 40, 6), to=to))
    assert (image.width, image.height) == (60, 40)
    assert image.get_typeof("orientation") == 0 or image.get("orientation") == 1
    assert near(image(5, 5), pictures.RED, 20)


@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 7, 8])
def test_a_crop_is_of_the_upright_picture(make: Make, orientation: int) -> None:
    body = pictures.corners(640, 480, orientation, "jpeg")
    image = look(make(body, Crop(320, 0, 320, 240), Resize(20, 15)))
    assert (image.width, image.height) == (20, 15)
    assert difference(image, image.new_from_image(list(pictures.GREEN))) < 4


def test_a_turn_is_clockwise_and_swaps_the_sides(make: Make) -> None:
    image = look(make(pictures.corners(60, 40), Turn(1)))
    assert (image.width, image.height) == (40, 60)
    assert near(image(5, 5), pictures.BLUE, 12)
    assert near(image(35, 5), pictures.RED, 12)


@pytest.mark.parametrize(("axis", "corner"), [("x", "GREEN"), ("y", "BLUE"), ("both", "WHITE")])
def test_a_mirror_exchanges_sides(make: Make, axis: str, corner: str) -> None:
    image = look(make(pictures.corners(60, 40), Mirror(axis)))  # type: ignore[arg-type] # a parameter is a str
    assert near(image(5, 5), getattr(pictures, corner), 12)


def test_steps_after_sizing_work_on_the_result(make: Make) -> None:
    steps = (Turn(3), Crop(0, 0, 20, 60), Resize(10, 30), Mirror("y"), Turn(1), Crop(5, 0, 20, 10))
    image = look(make(pictures.corners(60, 40, 8), *steps))
    assert (image.width, image.height) == (20, 10)


@pytest.mark.parametrize("light", ["linear", "srgb"])
@pytest.mark.parametrize("format", ["jpeg", "webp"])
@pytest.mark.parametrize("crop", [Crop(0, 0, 1001, 751), Crop(101, 53, 800, 640), Crop(333, 111, 667, 633)])
def test_shrinking_on_load_shows_the_same_picture(make: Make, crop: Crop, format: str, light: Light) -> None:
    """The same pixels through PNG, which has no shrinking decoder, are the yardstick."""
    whole = pictures.photo(1001, 751, format, Q=95)
    plain = make(whole, to="png").body
    step = Resize(79, round(79 * crop.height / crop.width), light)
    shrunk, full = look(make(whole, crop, step)), look(make(plain, crop, step))
    assert difference(shrunk, full) < 1.2


def test_shrinking_on_load_keeps_edges_where_they_are(make: Make) -> None:
    """A corner in the middle of an odd-sized picture stays in the middle, within a fifth of a pixel."""
    body = pictures.corners(1003, 755, 1, "jpeg")
    column = look(make(body, Resize(101, 76, "srgb"))).colourspace("b-w").crop(0, 5, 101, 1)
    sharp = look(make(make(body, to="png").body, Resize(101, 76, "srgb"))).colourspace("b-w").crop(0, 5, 101, 1)
    assert abs(column.avg() - sharp.avg()) < 0.2


def test_timings_name_the_three_phases(make: Make) -> None:
    seconds = make(pictures.photo(64, 48), Resize(32, 24)).seconds
    assert list(seconds) == ["decode", "transform", "encode"]
    assert all(second > 0 for second in seconds.values())


def test_a_fork_keeps_every_pixel_for_whoever_wants_it() -> None:
    plan = Plan(
        (
            Node(Decode()),
            Node(Resize(8, 6), (0,)),
            Node(Crop(500, 300, 64, 48), (0,)),
            Node(Encode("png"), (2,)),
        )
    )
    body = pictures.photo(640, 480)
    made = run(plan, [Source(body)], Limits())
    whole = pyvips.Image.new_from_buffer(body, "").crop(500, 300, 64, 48)
    assert difference(look(made), whole) == 0


def test_the_second_input_can_be_decoded() -> None:
    sources = [Source(pictures.plain(4, 4, (1, 2, 3))), Source(pictures.plain(4, 4, (9, 8, 7)))]
    made = run(Plan.chain(Decode(input=1), Encode("png")), sources, Limits())
    assert look(made)(0, 0) == [9, 8, 7]


def test_an_input_that_was_not_sent_is_told() -> None:
    with pytest.raises(BadRequest, match="Expected an input below 1 for input but received '3'"):
        run(Plan.chain(Decode(input=3), Encode("png")), [Source(pictures.photo(8, 8))], Limits())


def test_a_wish_is_no_plan(make: Make) -> None:
    with pytest.raises(BadRequest, match="concrete plan"):
        make(pictures.photo(8, 8), Fit(width=4))


def test_a_plan_without_an_output_is_refused() -> None:
    with pytest.raises(BadRequest, match="an output"):
        run(Plan.chain(Decode()), [Source(pictures.photo(8, 8))], Limits())


@pytest.mark.parametrize("format", ["jxl", "heic", "pdf", None])
def test_a_format_without_a_saver_is_told(make: Make, format: str | None) -> None:
    if format in capabilities().savers:
        pytest.skip(f"this libvips writes {format}: see tests/system")
    with pytest.raises(UnsupportedPicture, match="This libvips cannot write"):
        make(pictures.photo(8, 8), to=Encode(format))


def test_a_result_over_the_limit_is_refused_with_both_numbers(make: Make) -> None:
    with pytest.raises(Unprocessable, match="Expected at most 100 pixels in the result but received 110"):
        make(pictures.photo(8, 8), Resize(11, 10), limits=Limits(output_pixels=100))
    with pytest.raises(Unprocessable, match="Expected at most 100 pixels in the result but received 400"):
        make(pictures.photo(8, 8), Pad(0, 0, 20, 20), limits=Limits(output_pixels=100))


def test_a_result_the_format_cannot_hold_is_refused(make: Make) -> None:
    with pytest.raises(Unprocessable, match="Expected at most 16383 pixels a side for webp but the result has 16400"):
        make(pictures.photo(8, 8), Resize(16_400, 2), to="webp")


def test_what_holds_state_prints_it() -> None:
    source = Source(pictures.photo(8, 8))
    header = open_header(source, Limits())
    assert repr(header) == f"Header(jpegload_buffer, {len(header.data)} bytes, {header.facts!r})"
    assert repr(Picture((), View.whole(4, 3, 6))) == "Picture(3x4, 0 frames, spans=(1.0, 1.0))"


def test_only_what_the_first_output_needs_is_made() -> None:
    """A branch that leads elsewhere is neither opened nor refused."""
    nodes = (Node(Decode()), Node(Decode(7)), Node(Fit(), (1,)), Node(Encode("png"), (0,)), Node(Encode("png"), (2,)))
    made = run(Plan(nodes), [Source(pictures.photo(8, 6))], Limits())
    assert (made.width, made.height) == (8, 6)


def test_a_picture_as_it_is_stored_is_not_turned() -> None:
    body = pictures.corners(60, 40, 6)
    for upright, size in ((True, (60, 40)), (False, (40, 60))):
        made = run(Plan.chain(Decode(upright=upright), Encode("png")), [Source(body)], Limits())
        assert (made.width, made.height) == size


def test_every_step_of_a_concrete_plan_has_a_row() -> None:
    rows = importlib.import_module("edge.imaging.run")._STEPS
    assert {*get_args(Step)} - {*rows} == {Fit, Watermark, Region, Expand}
