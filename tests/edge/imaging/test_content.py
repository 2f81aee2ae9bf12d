"""Trim and SmartCrop: boxes that are known beforehand, found in every way a picture can be stored."""

import math

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.imaging import content, decode, run
from edge.imaging import job as jobs
from edge.imaging.content import box
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Blur,
    Crop,
    Decode,
    Encode,
    Fit,
    Mirror,
    Overlay,
    Resize,
    SmartCrop,
    Step,
    Trim,
    Turn,
    Watermark,
)
from edge.plan.work import Source
from tests import pictures
from tests.edge.imaging.conftest import Make, difference, look, near

Box = tuple[int, int, int, int]
# Without a palette: bands and pixels as they were made.
PLAIN = Encode("png", tuning=(("png.plain", 1.0),))


@pytest.fixture(name="make")
def plainly(make: Make) -> Make:
    return lambda body, *steps, **options: make(body, *steps, **{"to": PLAIN, **options})


def framed(
    width: int,
    height: int,
    inner: Box,
    ground: tuple[int, ...] = (250, 250, 250),
    colour: tuple[int, ...] = (30, 90, 160),
) -> pyvips.Image:
    left, top, across, down = inner
    image = (pyvips.Image.black(width, height, bands=len(ground)) + list(ground)).cast("uchar")
    shape = (pyvips.Image.black(across, down, bands=len(ground)) + list(colour)).cast("uchar")
    return image.insert(shape, left, top).copy(interpretation="srgb" if len(ground) > 2 else "b-w")


@st.composite
def boxes(draw: st.DrawFn) -> tuple[int, int, Box]:
    width, height = draw(st.integers(8, 40)), draw(st.integers(8, 40))
    left, top = draw(st.integers(2, width - 4)), draw(st.integers(2, height - 4))
    across, down = draw(st.integers(1, width - 2 - left)), draw(st.integers(1, height - 2 - top))
    return width, height, (left, top, across, down)


@settings(max_examples=60, deadline=None)
@given(boxes(), st.integers(0, 90), st.floats(0, 200))
def test_the_box_is_the_content_and_its_margin(given_box: tuple[int, int, Box], threshold: int, margin: float) -> None:
    width, height, inner = given_box
    left, top, across, down = inner
    around = math.ceil(margin / 100 * (across + down) / 2)
    wanted = (
        max(0, left - around),
        max(0, top - around),
        min(width, left + across + around),
        min(height, top + down + around),
    )
    got = box((framed(width, height, inner),), Trim(threshold, margin))
    assert (got[0], got[1], got[0] + got[2], got[1] + got[3]) == wanted


@pytest.mark.parametrize("threshold", [0, 20, 255, 100_000])
def test_a_picture_of_nothing_is_kept_whole(threshold: int) -> None:
    assert box((framed(20, 10, (3, 3, 4, 4), colour=(250, 250, 250)),), Trim(threshold, 50)) == (0, 0, 20, 10)


def test_what_stands_out_less_than_the_threshold_does_not_count() -> None:
    image = framed(40, 30, (5, 5, 4, 4), (200, 200, 200), (160, 160, 160)).insert(framed(6, 6, (0, 0, 6, 6)), 20, 15)
    assert box((image,), Trim(39)) == (5, 5, 21, 16)
    assert box((image,), Trim(50)) == (20, 15, 6, 6)


def test_content_at_the_border_is_kept_to_the_border() -> None:
    assert box((framed(40, 30, (0, 10, 25, 8)),), Trim(80)) == (0, 10, 25, 8)
    assert box((framed(40, 30, (10, 12, 30, 18)),), Trim(80)) == (10, 12, 30, 18)


def test_transparent_surroundings_are_none_of_it_whatever_they_hide() -> None:
    noise = pictures.pixels(40, 30)
    alpha = framed(40, 30, (9, 7, 12, 11), (0,), (255,))
    assert box((noise.bandjoin(alpha).copy(interpretation="srgb"),), Trim(60)) == (9, 7, 12, 11)


@pytest.mark.parametrize("level", [0, 127, 255])
def test_a_transparent_border_shows_shapes_of_any_colour(level: int) -> None:
    image = framed(40, 30, (9, 7, 12, 11), (255, 255, 255, 0), (level, level, level, 255))
    assert box((image,), Trim(80)) == (9, 7, 12, 11)


def test_grey_pictures_are_trimmed_alike() -> None:
    assert box((framed(40, 30, (9, 7, 12, 11), (250,), (30,)),), Trim(80)) == (9, 7, 12, 11)


def test_nothing_that_moves_is_cut_off() -> None:
    """The box of an animation holds what stands out in any of its frames."""
    frames = tuple(framed(40, 30, (at, 7, 5, 6)) for at in (20, 9, 14))
    assert box(frames, Trim(80)) == (9, 7, 16, 6)


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_trimmed_picture_is_its_content(make: Make, format: str, orientation: int) -> None:
    image = framed(160, 120, (32, 24, 48, 40))
    stored = pictures._stored(image, orientation).copy()
    stored.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    made = make(pictures._save(stored, format, **({} if format == "png" else {"Q": 98})), Trim(80))
    assert (made.width, made.height) == (48, 40)
    assert difference(look(made), look(made).new_from_image([30, 90, 160])) < 4


@pytest.mark.parametrize("to", ["webp", "png"])
def test_an_animation_is_trimmed_to_all_it_shows(make: Make, to: str) -> None:
    strip = pyvips.Image.arrayjoin([framed(40, 30, (at, 7, 6, 6)) for at in (20, 9, 14)], across=1).copy()
    strip.set_type(pyvips.GValue.gint_type, "page-height", 30)
    strip.set_type(pyvips.GValue.array_int_type, "delay", [70, 80, 90])
    made = make(strip.write_to_buffer(".gif"), Trim(80), to=Encode(to, lossless=True))
    assert (made.width, made.height, made.frames) == ((17, 6, 3) if to == "webp" else (6, 6, 1))
    image = look(made, **({"n": -1} if to == "webp" else {}))
    spots = [(11, 2), (0, 8), (5, 14)] if to == "webp" else [(3, 3)]
    for x, y in spots:
        assert near(image(x, y), (30, 90, 160))


def test_what_follows_a_trim_is_settled_with_its_size(make: Make) -> None:
    body = framed(160, 120, (32, 24, 48, 40)).write_to_buffer(".png")
    made = make(body, Trim(80), Turn(1), Fit(width=20, mode="max"))
    assert (made.width, made.height) == (20, 24)
    assert near(look(made)(0, 0), (30, 90, 160))


def test_two_trims_are_found_one_after_the_other(make: Make) -> None:
    outer = framed(90, 70, (20, 10, 50, 40), colour=(40, 40, 40))
    outer = outer.insert(framed(6, 6, (0, 0, 6, 6), colour=(240, 240, 240)), 40, 30)
    made = make(outer.write_to_buffer(".png"), Trim(80), Crop(2, 2, 46, 36), Trim(80))
    assert (made.width, made.height) == (6, 6)


def test_a_mark_finds_its_place_on_the_trimmed_picture() -> None:
    """A mark settled behind a Trim, from an input that no one has opened yet."""
    body = framed(160, 120, (32, 24, 48, 40)).write_to_buffer(".png")
    mark = pictures.plain(300, 300, pictures.RED)
    nodes = (Node(Decode()), Node(Decode(1)), Node(Trim(80), (0,)), Node(Watermark(mode="fit"), (2, 1)))
    made = run(Plan((*nodes, Node(PLAIN, (3,)))), [Source(body), Source(mark)], Limits())
    image = look(made)
    assert (image.width, image.height) == (48, 40)
    assert near(image(24, 20), pictures.RED)
    assert near(image(2, 20), (30, 90, 160))


def test_steps_before_a_trim_are_done_before_it(make: Make) -> None:
    """Blurred edges are soft: they no longer stand out."""
    body = framed(60, 40, (20, 10, 20, 20)).write_to_buffer(".png")
    assert (make(body, Blur(9.0), Trim(80)).width, make(body, Trim(80), Blur(9.0)).width) == (60, 20)


# ------------------------------------------------------------------------------------------------------------ attention


def scene(width: int, height: int, x: int, y: int, radius: int = 12) -> pyvips.Image:
    """A saturated disc with a pattern in it, on dull ground."""
    place = pyvips.Image.xyz(width, height)
    disc = ((place[0] - x) ** 2 + (place[1] - y) ** 2) < radius**2
    stripes = ((place[0] // 3) % 2 > 0).ifthenelse([230, 40, 20], [250, 200, 60])
    return disc.ifthenelse(stripes, [120, 122, 121]).cast("uchar").copy(interpretation="srgb")


def centre(image: pyvips.Image) -> tuple[float, float]:
    """The middle of what is red."""
    red = ((image[0] > 180) & (image[2] < 120)).ifthenelse(1, 0)
    columns, rows = red.project()
    total = red.avg() * image.width * image.height
    assert total
    return (
        sum(at * columns(at, 0)[0] for at in range(image.width)) / total,
        sum(at * rows(0, at)[0] for at in range(image.height)) / total,
    )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["png", "jpeg"])
@pytest.mark.parametrize("spot", [(60, 100), (330, 60), (200, 150), (380, 20)])
def test_the_crop_lies_around_what_draws_the_eye(
    make: Make, spot: tuple[int, int], format: str, orientation: int
) -> None:
    stored = pictures._stored(scene(400, 200, *spot), orientation).copy()
    stored.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    made = make(pictures._save(stored, format), SmartCrop(100, 100))
    assert (made.width, made.height) == (100, 100)
    left, top = (min(max(at - 50, 0), limit - 100) for at, limit in zip(spot, (400, 200), strict=True))
    x, y = centre(look(made))
    assert abs(x - (spot[0] - left)) < 14
    assert abs(y - (spot[1] - top)) < 14


@pytest.mark.parametrize("steps", [(Turn(1),), (Mirror("x"), Turn(3)), (Crop(100, 20, 280, 170),), (Blur(0.5),)])
@pytest.mark.parametrize("format", ["png", "jpeg", "gif"])
def test_the_spot_is_found_in_the_picture_as_it_is_seen(make: Make, format: str, steps: tuple[Step, ...]) -> None:
    body = pictures._save(scene(400, 200, 330, 60, 16), format)
    image = look(make(body, *steps, SmartCrop(120, 120), Resize(60, 60)))
    assert image.width == 60
    assert all(10 < at < 50 for at in centre(image if image.bands == 3 else image.flatten()))


def test_a_large_stored_picture_is_looked_at_small_and_cut_exactly(make: Make) -> None:
    """The decoder shrinks for both decodings; the crop is where it would be of all pixels."""
    body = pictures._save(scene(3200, 1600, 2500, 600, 120), "jpeg")
    shrunk = look(make(body, SmartCrop(1600, 1600), Resize(160, 160)))
    assert all(abs(at - 80) < 12 for at in centre(shrunk)[:1])


def test_every_size_of_a_picture_shows_the_same_part(make: Make) -> None:
    body = pictures._save(scene(3200, 1600, 2200, 700, 120), "jpeg")
    small, large = (look(make(body, SmartCrop(1000, 800), Resize(size, size * 4 // 5))) for size in (100, 500))
    assert all(abs(one * 5 - other) < 5 for one, other in zip(centre(small), centre(large), strict=True))


@pytest.mark.parametrize("size", [(1, 1), (400, 1), (1, 200), (400, 200), (399, 199), (5000, 5000)])
def test_the_size_is_exact_and_never_larger_than_the_picture(make: Make, size: tuple[int, int]) -> None:
    made = make(pictures._save(scene(400, 200, 60, 60), "jpeg"), SmartCrop(*size))
    assert (made.width, made.height) == (min(size[0], 400), min(size[1], 200))


@pytest.mark.parametrize("sides", [(1, 1), (2, 3), (5000, 3), (3, 2000)])
def test_pictures_of_odd_shapes_are_cut(make: Make, sides: tuple[int, int]) -> None:
    made = make(pictures.photo(*sides, "png"), SmartCrop(max(1, sides[0] // 2), max(1, sides[1] // 2)))
    assert (made.width, made.height) == (max(1, sides[0] // 2), max(1, sides[1] // 2))


@pytest.mark.parametrize("body", [pictures.plain(300, 100, (90, 90, 90)), pictures.plain(300, 100, (90, 9, 200, 0))])
def test_where_there_is_nothing_to_see_the_middle_is_kept(body: bytes) -> None:
    view = jobs.Job(Plan.chain(Decode(), SmartCrop(100, 100), Encode("png")), [Source(body)], Limits())
    picture = decode.decode(view.open(0), Decode(), decode.Goal(), False, Limits())
    copy = content.small(picture, Limits())
    assert content.attention(copy, SmartCrop(100, 100), (300, 100)) == (150, 50)


def test_transparent_pictures_are_seen_as_they_show(make: Make) -> None:
    """What draws the eye but hides under no opacity does not count."""
    place = pyvips.Image.xyz(400, 200)
    loud = scene(400, 200, 340, 100, 30)
    alpha = (place[0] < 200).ifthenelse(255, 0).cast("uchar")
    image = loud.insert(scene(80, 80, 40, 40), 20, 60).bandjoin(alpha).copy(interpretation="srgb")
    cut = look(make(image.write_to_buffer(".png"), SmartCrop(120, 120)))
    assert 40 < centre(cut.flatten() if cut.hasalpha() else cut)[0] < 80


def test_an_animation_is_cut_where_its_first_frame_draws_the_eye(make: Make) -> None:
    strip = pyvips.Image.arrayjoin([scene(300, 100, at, 50) for at in (240, 220, 200)], across=1).copy()
    strip.set_type(pyvips.GValue.gint_type, "page-height", 100)
    body = strip.write_to_buffer(".gif", dither=0)
    made = make(body, SmartCrop(100, 100), to=Encode("webp", lossless=True))
    assert (made.width, made.height, made.frames) == (100, 100, 3)
    image = look(made, n=-1)
    assert abs(centre(image.crop(0, 0, 100, 100))[0] - 50) < 14
    turned = make(body, Turn(2), Blur(0.4), SmartCrop(100, 100), to=Encode("webp", lossless=True))
    assert abs(centre(look(turned, n=-1).crop(0, 0, 100, 100))[0] - 50) < 14


def test_smart_crops_are_the_same_every_time(make: Make) -> None:
    body = pictures.photo(500, 300)
    steps = (SmartCrop(200, 200), Resize(90, 90))
    assert make(body, *steps).body == make(body, *steps).body


def test_marks_may_be_cut_smartly_too() -> None:
    mark = scene(400, 200, 330, 100, 20).write_to_buffer(".png")
    nodes = (
        Node(Decode()),
        Node(Decode(1)),
        Node(SmartCrop(100, 100), (1,)),
        Node(Overlay(0, 0), (0, 2)),
        Node(PLAIN, (3,)),
    )
    made = run(Plan(nodes), [Source(pictures.plain(120, 120, (5, 5, 5))), Source(mark)], Limits())
    assert 35 < centre(look(made))[0] < 65
