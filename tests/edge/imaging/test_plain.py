"""Plain canvases, rectangles painted over, pictures put in the place of others, circles: to the pixel."""

import pytest
import pyvips

from edge.errors import BadRequest, Unprocessable
from edge.imaging import run, run_all
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import Canvas, Crop, Decode, Encode, Fill, Overlay, Pad, Resize, Round, SmartCrop, Step, Trim, Turn
from edge.plan.work import Made, Source
from tests import pictures
from tests.edge.imaging.conftest import Make, difference, look

PLAIN = Encode("png", tuning=(("png.plain", 1.0),))


@pytest.fixture(name="make")
def plainly(make: Make) -> Make:
    return lambda body, *steps, **options: make(body, *steps, **{"to": PLAIN, **options})


def canvas(*steps: Step, to: Encode = PLAIN, limits: Limits | None = None) -> Made:
    return run(Plan.chain(*steps, to), [], limits or Limits())


def pixels(image: pyvips.Image) -> set[tuple[float, ...]]:
    return {tuple(image(x, y)) for x in range(image.width) for y in range(image.height)}


# -------------------------------------------------------------------------------------------------------------- canvas


@pytest.mark.parametrize(
    ("step", "pixel"),
    [
        (Canvas(7, 5), (0, 0, 0, 0)),
        (Canvas(7, 5, "10203040"), (16, 32, 48, 64)),
        (Canvas(7, 5, "102030ff"), (16, 32, 48)),
        (Canvas(7, 5, "102030ff", alpha=False), (16, 32, 48)),
        (Canvas(7, 5, "202020ff"), (32, 32, 32)),
    ],
)
def test_a_canvas_is_one_colour(step: Canvas, pixel: tuple[int, ...]) -> None:
    made = canvas(step)
    assert (made.width, made.height, made.frames) == (7, 5, 1)
    assert pixels(look(made)) == {pixel}


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "gif", "avif"])
def test_a_canvas_is_written_in_every_format(to: str) -> None:
    made = canvas(Canvas(40, 30, "c86432ff"), to=Encode(to, keep=("copyright",)))
    image = look(made)
    assert (image.width, image.height) == (40, 30)
    assert all(abs(got - wanted) <= 3 for got, wanted in zip(image(20, 15)[:3], (200, 100, 50), strict=True))


@pytest.mark.parametrize(
    "steps", [(Resize(3, 4),), (Turn(1), Crop(1, 1, 3, 4)), (SmartCrop(3, 4),), (Trim(9), Crop(0, 0, 3, 4))]
)
def test_a_canvas_is_a_picture_like_any(steps: tuple[Step, ...]) -> None:
    made = canvas(Canvas(9, 8, "102030ff"), *steps)
    assert (made.width, made.height) == (3, 4)
    assert pixels(look(made)) == {(16, 32, 48)}


def test_a_canvas_is_held_to_the_limits_before_any_pixel() -> None:
    with pytest.raises(Unprocessable, match="at most 40000000 pixels in the result but received 100000000"):
        canvas(Canvas(10_000, 10_000))


def test_a_canvas_of_a_hundred_million_pixels_is_never_made_whole() -> None:
    made = canvas(Canvas(10_000, 10_000, "ffffffff"), Crop(5000, 5000, 8, 8), limits=Limits(output_pixels=100_000_000))
    assert pixels(look(made)) == {(255, 255, 255)}


def test_nothing_is_told_of_a_canvas() -> None:
    with pytest.raises(BadRequest, match="a plain canvas"):
        canvas(Canvas(4, 4), to=Encode("json"))


def test_a_canvas_makes_as_many_outputs_as_a_picture() -> None:
    plan = Plan((Node(Canvas(40, 20, "102030ff")), Node(Resize(20, 10), (0,)), Node(PLAIN, (0,)), Node(PLAIN, (1,))))
    done = run_all(plan, [], Limits())
    assert [(made.width, made.height) for made in done.outputs] == [(40, 20), (20, 10)]
    assert done.decodes == ()


# ---------------------------------------------------------------------------------------------------------------- fill


def test_a_rectangle_is_replaced_to_the_pixel(make: Make) -> None:
    image = look(make(pictures.plain(9, 7, (1, 2, 3)), Fill(2, 1, 5, 4, "0a141eff")))
    for y in range(7):
        for x in range(9):
            assert image(x, y) == ([10, 20, 30] if 2 <= x < 5 and 1 <= y < 4 else [1, 2, 3])


@pytest.mark.parametrize(
    ("before", "colour", "after"),
    [
        ((90,), "0a0a0aff", ([90], [10])),
        ((90,), "0a141eff", ([90, 90, 90], [10, 20, 30])),
        ((90,), "0a0a0a80", ([90, 255], [10, 128])),
        ((90, 50), "0a0a0aff", ([90, 50], [10, 255])),
        ((1, 2, 3), "0a0a0aff", ([1, 2, 3], [10, 10, 10])),
        ((1, 2, 3), "00000000", ([1, 2, 3, 255], [0, 0, 0, 0])),
        ((1, 2, 3, 4), "0a141e80", ([1, 2, 3, 4], [10, 20, 30, 128])),
    ],
)
def test_bands_come_where_the_colour_needs_them(
    make: Make, before: tuple[int, ...], colour: str, after: tuple[list[int], list[int]]
) -> None:
    image = look(make(pictures.plain(4, 4, before), Fill(0, 0, 2, 4, colour)))
    assert (image(3, 3), image(1, 1)) == after


@pytest.mark.parametrize("step", [Fill(-5, -5, 20, 20, "0a141eff"), Fill(0, 0, 4, 4, "0a141eff")])
def test_what_lies_outside_is_left_out(make: Make, step: Fill) -> None:
    assert pixels(look(make(pictures.plain(4, 4, (1, 2, 3)), step))) == {(10, 20, 30)}


def test_a_rectangle_beside_the_picture_is_none(make: Make) -> None:
    assert pixels(look(make(pictures.plain(4, 4, (1, 2, 3)), Fill(4, 0, 9, 9, "00000000")))) == {(1, 2, 3)}


def test_every_frame_is_filled(make: Make) -> None:
    made = make(pictures.animated(30, 20), Fill(0, 0, 30, 20, "0a141eff"), to=Encode("webp", lossless=True))
    assert made.frames == 1  # all are equal then
    assert look(made)(5, 5)[:3] == [10, 20, 30]


# ----------------------------------------------------------------------------------------------------------- overwrite


def replaced(base: bytes | Canvas, mark: bytes, *steps: Step, left: int = 2, top: int = 1) -> pyvips.Image:
    sources = [Source(mark)] if isinstance(base, Canvas) else [Source(mark), Source(base)]
    first = base if isinstance(base, Canvas) else Decode(1)
    nodes = [Node(first), *(Node(step, (at,)) for at, step in enumerate(steps))]
    at = len(nodes)
    nodes += [Node(Decode()), Node(Overlay(left, top, blend="overwrite"), (at - 1, at)), Node(PLAIN, (at + 1,))]
    return look(run(Plan(tuple(nodes)), sources, Limits()))


CLEAR = pictures.plain(3, 3, (40, 50, 60, 70))


@pytest.mark.parametrize(
    ("base", "there", "around"),
    [
        (pictures.plain(8, 6, (1, 2, 3)), [40, 50, 60, 70], [1, 2, 3, 255]),
        (pictures.plain(8, 6, (1, 2, 3, 4)), [40, 50, 60, 70], [1, 2, 3, 4]),
        (pictures.plain(8, 6, (9,)), [40, 50, 60, 70], [9, 9, 9, 255]),
        (Canvas(8, 6), [40, 50, 60, 70], [0, 0, 0, 0]),
        (Canvas(8, 6, "010203ff"), [40, 50, 60, 70], [1, 2, 3, 255]),
        (Canvas(8, 6, "010203ff", alpha=False), [40, 50, 60], [1, 2, 3]),
    ],
)
def test_colours_and_alpha_take_the_place_of_what_was_there(
    base: bytes | Canvas, there: list[int], around: list[int]
) -> None:
    image = replaced(base, CLEAR)
    for y in range(6):
        for x in range(8):
            assert image(x, y) == (there if 2 <= x < 5 and 1 <= y < 4 else around)


def test_a_canvas_without_transparency_stays_so_through_what_keeps_it() -> None:
    image = replaced(Canvas(12, 12, "010203ff", alpha=False), CLEAR, Turn(1), Resize(8, 6))
    assert image(3, 2) == [40, 50, 60]
    image = replaced(Canvas(8, 6, "010203ff", alpha=False), CLEAR, Pad(0, 0, 9, 9))
    assert image(3, 2) == [40, 50, 60, 70]


@pytest.mark.parametrize(("left", "top"), [(-1, -2), (6, 4)])
def test_a_part_outside_is_cut_off(left: int, top: int) -> None:
    image = replaced(pictures.plain(8, 6, (1, 2, 3)), pictures.plain(3, 3, (40, 50, 60)), left=left, top=top)
    for y in range(6):
        for x in range(8):
            inside = left <= x < left + 3 and top <= y < top + 3
            assert image(x, y) == ([40, 50, 60] if inside else [1, 2, 3])


def test_beside_the_base_nothing_is_replaced() -> None:
    assert pixels(replaced(pictures.plain(8, 6, (1, 2, 3)), CLEAR, left=8)) == {(1, 2, 3)}


# -------------------------------------------------------------------------------------------------------------- corners

WHITE = pictures.plain(40, 30, (255, 255, 255))


def alphas(made: Made) -> pyvips.Image:
    image = look(made)
    return image[image.bands - 1]


def test_radii_in_pixels_are_those_of_the_same_share(make: Make) -> None:
    made = make(WHITE, Round((3.0, 6.0, 9.0, 0.0), unit="pixels"))
    same = make(WHITE, Round((20.0, 40.0, 60.0, 0.0)))
    assert difference(look(made), look(same)) == 0


def test_a_radius_ends_at_half_the_shorter_side(make: Make) -> None:
    made = make(WHITE, Round((900.0,) * 4, unit="pixels"))
    assert difference(look(made), look(make(WHITE, Round((100.0,) * 4)))) == 0
    assert look(make(WHITE, Round((-3.0,) * 4, unit="pixels"))).bands == 3


@pytest.mark.parametrize(
    "size", [(40, 30), (30, 40), (41, 30), (30, 41), (31, 30), (1, 1), (2, 9), (200, 151), (64, 64)]
)
def test_a_circle_is_all_that_stays(make: Make, size: tuple[int, int]) -> None:
    """Each pixel keeps its share of the circle, to a few levels; nothing else stays."""
    body = pictures.plain(*size, (255, 255, 255))
    shown = alphas(make(body, Round((0.0,) * 4, unit="circle")))
    width, height = size
    radius = min(size) / 2
    area = shown.avg() / 255 * width * height
    assert area == pytest.approx(3.14159265 * radius**2, rel=0.02 if radius > 2 else 0.15)
    assert difference(shown, shown.fliphor()) == 0
    assert difference(shown, shown.flipver()) == 0
    place = pyvips.Image.xyz(*size) + 0.5
    away = ((place[0] - width / 2) ** 2 + (place[1] - height / 2) ** 2) ** 0.5
    assert ((away < radius - 1) & (shown < 255)).max() == 0
    assert ((away > radius + 1) & (shown > 0)).max() == 0


def test_a_circle_in_a_square_is_the_one_that_corners_make(make: Make) -> None:
    body = pictures.plain(60, 60, (255, 255, 255))
    circle, corners = (alphas(make(body, Round((100.0,) * 4, unit=unit))) for unit in ("circle", "percent"))
    assert difference(circle, corners) == 0


def test_around_a_circle_the_background_shows(make: Make) -> None:
    image = look(make(WHITE, Round((0.0,) * 4, "0a141eff", "circle")))
    assert (image(0, 15), image(39, 0), image(20, 15)) == ([10, 20, 30], [10, 20, 30], [255, 255, 255])
