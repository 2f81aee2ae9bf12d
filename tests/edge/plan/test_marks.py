"""Watermarks and overlays: where they come to lie, when they are hidden, and what is left in the plan."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.plan.boxes import Rect
from edge.plan.canonical import print_plan
from edge.plan.facts import Facts
from edge.plan.layout import output_size, settle, sizes
from edge.plan.marks import area_of
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Area,
    Blur,
    Caption,
    Crop,
    Decode,
    Dot,
    Encode,
    Fit,
    FitMode,
    Mirror,
    Overlay,
    Pad,
    Point,
    Resize,
    Step,
    Turn,
    Watermark,
)
from tests.edge.plan.wishes import AREAS, FIT_MODES, POINTS, SIDE

PHOTO = Facts("jpeg", 640, 480)
LOGO = Facts("png", 200, 100, alpha=True)
PNG = Encode("png")
WHOLE = Rect(0, 0, 640, 480)


def marked(mark: Watermark | Overlay, *before: Step, after: tuple[Step, ...] = (), then: Encode = PNG) -> Plan:
    """The wish that lays input 1 over input 0."""
    nodes = [*Plan.chain(Decode(), *before).nodes, Node(Decode(1))]
    nodes.append(Node(mark, (len(nodes) - 2, len(nodes) - 1)))
    for step in (*after, then):
        nodes.append(Node(step, (len(nodes) - 1,)))
    return Plan(tuple(nodes))


def settled(plan: Plan, photo: Facts = PHOTO, logo: Facts = LOGO) -> list[Step]:
    return list(settle(plan, [photo, logo]).steps())


def laid(mark: Watermark, *before: Step, photo: Facts = PHOTO, logo: Facts = LOGO) -> tuple[int, ...] | None:
    """The rectangle on the picture that the mark covers, or None."""
    plan = settle(marked(mark, *before), [photo, logo])
    for node in plan.nodes:
        if isinstance(node.step, Overlay):
            size = sizes(plan, [photo, logo])[node.of[1]]
            return (node.step.left, node.step.top, *size)
    assert plan.find(Overlay) is None
    return None


@pytest.mark.parametrize(
    ("area", "rect"),
    [
        (Area(), WHOLE),
        (Area(x1=10, y1=10, x2=90, y2=90), (64, 48, 512, 384)),
        (Area(x1=-40, y1=-1, x2=140, y2=101), WHOLE),
        (Area(x1=0.1, y1=0, x2=0.2, y2=100), None),  # half a pixel wide
        (Area(x1=60, y1=0, x2=40, y2=100), None),
        (Area(x1=0, y1=60, x2=100, y2=40), None),
        (Area(x1=0, y1=0, x2=50.1, y2=50.2), (0, 0, 321, 241)),
        (Area(x1=1, y1=2, x2=3, y2=4, margins=True), (1, 2, 636, 474)),
        (Area(x1=320, y1=0, x2=320, y2=0, margins=True), None),
        (Area(x1=-9, y1=-9, x2=-9, y2=-9, margins=True), WHOLE),
        (Area(x1=0, y1=1000, x2=0, y2=0, margins=True), None),
    ],
)
def test_areas_are_shares_or_what_margins_leave(area: Area, rect: tuple[int, ...] | None) -> None:
    assert area_of(area, WHOLE) == rect


def test_an_area_of_a_part_lies_in_it() -> None:
    assert area_of(Area(x1=50, y1=50), Rect(100, 10, 40, 30)) == (120, 25, 20, 15)


@pytest.mark.parametrize(
    ("mode", "logo", "rect"),
    [
        ("distort", (200, 100), (64, 48, 512, 384)),
        ("within", (200, 100), (220, 190, 200, 100)),
        ("within", (1024, 1024), (128, 48, 384, 384)),
        ("fit", (200, 100), (64, 112, 512, 256)),
        ("within_crop", (200, 100), (220, 190, 200, 100)),
        ("within_crop", (1024, 1024), (64, 48, 512, 384)),
        ("within_crop", (1024, 100), (64, 190, 512, 100)),
        ("fit_crop", (200, 100), (64, 48, 512, 384)),
    ],
)
def test_each_mode_fits_the_mark_into_the_area(mode: FitMode, logo: tuple[int, int], rect: tuple[int, ...]) -> None:
    mark = Watermark(Area(x1=10, y1=10, x2=90, y2=90), mode)
    assert laid(mark, logo=Facts("png", *logo)) == rect


def test_gravity_places_the_mark_in_the_area_and_the_cut_in_the_mark() -> None:
    box = Area(x1=10, y1=10, x2=90, y2=90)
    assert laid(Watermark(box, gravity=Point(100.0, 100.0))) == (376, 332, 200, 100)
    assert laid(Watermark(box, gravity=Point(0.0, 0.0))) == (64, 48, 200, 100)
    cover = marked(Watermark(mode="fit_crop", gravity=Point(0.0, 100.0)))
    assert settled(cover, logo=Facts("png", 100, 100))[2:4] == [Crop(0, 25, 100, 75), Resize(640, 480)]


def test_a_watermark_becomes_crop_resize_and_overlay() -> None:
    mark = Watermark(
        mode="fit_crop",
        opacity=0.5,
        light="srgb",
        up_kernel="mitchell",
        down_kernel="box",
        sharpen=7.0,
        sharpen_when="sizediffers",
    )
    assert settled(marked(mark), logo=Facts("png", 320, 320, alpha=True)) == [
        Decode(),
        Decode(1),
        Crop(0, 40, 320, 240),
        Resize(640, 480, "srgb", kernel="mitchell", sharpen=7.0),
        Overlay(0, 0, 0.5),
        PNG,
    ]


def test_marks_keep_their_transparency_where_the_result_has_none() -> None:
    steps = settled(marked(Watermark(mode="fit"), then=Encode("jpeg", 80)))
    assert steps[2] == Resize(640, 320)
    sized = Plan(
        (
            Node(Decode()),
            Node(Decode(1)),
            Node(Fit(100, 100, background="ff0000ff"), (1,)),
            Node(Overlay(0, 0), (0, 2)),
            Node(Encode("jpeg", 80), (3,)),
        )
    )
    assert settle(sized, [PHOTO, Facts("png", 100, 50, alpha=True)]).find(Pad) is None
    assert settle(sized, [PHOTO, Facts("png", 100, 200)]).find(Pad) == Pad(25, 0, 100, 100, "ff0000ff")


def test_marks_on_the_image_lie_inside_its_padding_and_marks_on_the_canvas_over_it() -> None:
    fit, corner = Fit(640, 640, scale="both"), Point(0.0, 0.0)
    image, canvas = (Watermark(Area(on), gravity=corner) for on in ("image", "canvas"))
    kinds = [[type(step).__name__ for step in settled(marked(mark, fit))] for mark in (image, canvas)]
    assert kinds == [["Decode", "Decode", "Overlay", "Pad", "Encode"], ["Decode", "Pad", "Decode", "Overlay", "Encode"]]
    assert laid(image, fit) == laid(canvas, fit) == (0, 0, 200, 100)
    assert settled(marked(image, fit))[3] == Pad(0, 80, 640, 640)


def test_marks_on_the_image_find_it_on_the_canvas_once_the_padding_is_there() -> None:
    mark = Watermark(gravity=Point(0.0, 0.0))
    fit = Fit(640, 640, scale="both", anchor=Point(100.0, 100.0))
    assert laid(mark, fit) == (0, 0, 200, 100)
    assert laid(mark, fit, Dot()) == (0, 160, 200, 100)
    assert laid(mark, fit, Turn(1)) == (0, 0, 200, 100)
    assert laid(mark, fit, Turn(3)) == (160, 0, 200, 100)
    assert laid(mark, fit, Mirror("y")) == (0, 0, 200, 100)
    assert laid(mark, fit, Mirror("x")) == (0, 160, 200, 100)
    assert laid(mark, fit, Turn(1), Mirror("both")) == (160, 0, 200, 100)
    assert laid(mark, fit, Dot(), Crop(0, 0, 600, 600)) == (0, 0, 200, 100)
    assert laid(mark, Mirror("y")) == (0, 0, 200, 100)


def test_effects_and_marks_on_the_image_keep_their_order() -> None:
    steps = settled(marked(Watermark(), Fit(320, 320), Blur(2.0), after=(Blur(3.0),)))
    assert [type(step) for step in steps] == [Decode, Resize, Blur, Decode, Overlay, Blur, Pad, Encode]


@pytest.mark.parametrize(
    "mark",
    [
        Watermark(min_width=640),
        Watermark(min_height=480),
        Watermark(opacity=0.0),
        Watermark(opacity=-1.0),
        Watermark(Area(x1=50, x2=50)),
        Overlay(0, 0, 0.0),
        Overlay(640, 0),
        Overlay(0, 480),
        Overlay(-200, 0),
        Overlay(0, -100),
    ],
)
def test_a_hidden_mark_leaves_nothing_in_the_plan(mark: Watermark | Overlay) -> None:
    hidden = settle(marked(mark, Turn(1), Turn(3)), [PHOTO, LOGO])
    assert print_plan(hidden) == print_plan(settle(Plan.chain(Decode(), PNG), [PHOTO]))


@pytest.mark.parametrize("mark", [Watermark(min_width=639, min_height=479), Overlay(639, 479), Overlay(-199, -99)])
def test_a_mark_that_just_shows_is_there(mark: Watermark | Overlay) -> None:
    assert any(isinstance(step, Overlay) for step in settled(marked(mark)))


def test_the_canvas_that_must_be_large_enough_is_that_of_the_fit() -> None:
    mark = Watermark(min_width=300, min_height=300)
    assert laid(mark, Fit(301, 301)) is not None
    assert laid(mark, Fit(301, 301, mode="max")) is None


def test_opacity_ends_at_one() -> None:
    assert settled(marked(Watermark(opacity=7.0)))[2] == Overlay(220, 190)
    assert settled(marked(Overlay(1, 2, 7.0)))[2] == Overlay(1, 2)


def test_overlays_and_captions_are_laid_on_the_canvas() -> None:
    fit = Fit(320, 320)
    assert [type(step) for step in settled(marked(Overlay(0, 0), fit))][1:] == [Resize, Pad, Decode, Overlay, Encode]
    caption = Caption("© me", opacity=2.0)
    steps = settle(Plan.chain(Decode(), fit, caption, PNG), [PHOTO]).steps()
    assert list(steps)[1:] == [Resize(320, 240), Pad(0, 40, 320, 320), Caption("© me"), PNG]


@pytest.mark.parametrize("caption", [Caption(""), Caption("a", size=0.0), Caption("a", opacity=0.0)])
def test_a_caption_that_shows_nothing_is_left_out(caption: Caption) -> None:
    assert settle(Plan.chain(Decode(), caption, PNG), [PHOTO]) == Plan.chain(Decode(), PNG)


@pytest.mark.parametrize(("size", "dotted"), [((3, 400), False), ((400, 3), False), ((4, 4), True)])
def test_a_dot_needs_room(size: tuple[int, int], dotted: bool) -> None:
    plan = settle(Plan.chain(Decode(), Fit(*size, mode="stretch"), Dot(), PNG), [PHOTO])
    assert (plan.find(Dot) is not None) == dotted


def test_room_for_a_dot_is_on_the_canvas() -> None:
    plan = settle(Plan.chain(Decode(), Fit(4, 4), Dot(), PNG), [Facts("png", 400, 100)])
    assert list(plan.steps())[1:] == [Resize(4, 1), Pad(0, 1, 4, 4), Dot(), PNG]


def test_the_mark_of_a_moving_picture_is_read_as_the_wish_has_it() -> None:
    moving = Facts("gif", 50, 50, frames=9)
    assert settled(marked(Watermark(), then=Encode("webp", 80)), logo=moving)[1] == Decode(1)
    assert settled(marked(Watermark()), logo=moving)[1] == Decode(1, frame=0)


@given(AREAS, FIT_MODES, POINTS, SIDE, SIDE, SIDE, SIDE)
@settings(max_examples=200, deadline=None)
def test_a_mark_never_leaves_its_area(
    area: Area, mode: FitMode, gravity: Point, w: int, h: int, width: int, height: int
) -> None:
    photo, logo = Facts("png", width, height), Facts("png", w, h)
    box = area_of(area, Rect(0, 0, width, height))
    covered = laid(Watermark(area, mode, gravity), photo=photo, logo=logo)
    assert (box is None) == (covered is None)
    if box is None or covered is None:
        return
    left, top, across, down = covered
    assert box.left <= left < left + across <= box.left + box.width
    assert box.top <= top < top + down <= box.top + box.height
    if mode in ("distort", "fit_crop"):
        assert covered == box
    if mode.startswith("within"):
        assert across <= w
        assert down <= h


@given(AREAS, SIDE, SIDE, st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=100, deadline=None)
def test_a_fitted_mark_keeps_its_proportions_within_a_pixel(
    area: Area, width: int, height: int, w: int, h: int
) -> None:
    covered = laid(Watermark(area, "fit"), photo=Facts("png", width, height), logo=Facts("png", w, h))
    assume(covered is not None)
    assert covered is not None
    assert abs(covered[2] - covered[3] * w / h) <= max(1, w / h)


@given(AREAS, FIT_MODES, POINTS)
@settings(max_examples=50, deadline=None)
def test_marks_never_change_the_size_of_the_result(area: Area, mode: FitMode, gravity: Point) -> None:
    plan = marked(Watermark(area, mode, gravity), Fit(300, 300), after=(Turn(1),))
    once = settle(plan, [PHOTO, LOGO])
    assert output_size(once, [PHOTO, LOGO]) == output_size(plan, [PHOTO, LOGO]) == (300, 300)
