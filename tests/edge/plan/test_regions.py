"""Canvases, windows, room around a picture and parts of it painted over: what is left of them in a concrete plan."""

import pytest

from edge.errors import Misfit
from edge.plan.canonical import parse_plan, print_plan
from edge.plan.facts import Facts
from edge.plan.layout import gains_alpha, output_size, resolve, settle, sizes, walk
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Balance,
    Blur,
    Canvas,
    Crop,
    Decode,
    Encode,
    Expand,
    Fill,
    Fit,
    Overlay,
    Pad,
    Recolour,
    Region,
    Resize,
    Round,
    Step,
    Trim,
    Turn,
    Watermark,
)
from tests.edge.plan.wishes import IDENTITY

OPAQUE = Facts("jpeg", 80, 60)
CLEAR = Facts("png", 80, 60, alpha=True)
PNG = Encode("png")
JPEG = Encode("jpeg", 80)
RED, GLASS, NONE = "ff0000ff", "ff000080", "00000000"
WHOLE = Region(0, 0, 100, 100, percent=True)
INVERT = Recolour((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.0, 1.0, *IDENTITY[15:]))
FADED = Recolour((*IDENTITY[:18], 0.5, 0.0))


def settled(*steps: Step, facts: Facts = OPAQUE, then: Encode = PNG) -> list[Step]:
    """The concrete steps between Decode and Encode."""
    return list(settle(Plan.chain(Decode(), *steps, then), [facts]).steps())[1:-1]


def drawn(canvas: Canvas, *steps: Step, then: Encode = PNG) -> list[Step]:
    """The concrete steps up to Encode of what begins with a canvas."""
    return list(settle(Plan.chain(canvas, *steps, then), []).steps())[:-1]


def laid(base: Step, mark: Overlay, then: Encode = PNG, facts: Facts = CLEAR) -> Plan:
    nodes = (Node(base), Node(Decode()), Node(mark, (0, 1)), Node(then, (2,)))
    return settle(Plan(nodes), [facts])


def has_alpha(*steps: Step, facts: Facts = OPAQUE) -> bool:
    return walk(Plan.chain(*steps), [facts])[1][-1].alpha


@pytest.mark.parametrize(
    ("region", "steps"),
    [
        (Region(0, 0, 80, 60), []),
        (WHOLE, []),
        (Region(10, 20, 30, 25), [Crop(10, 20, 20, 5)]),
        (Region(-5, -6, 80, 60), [Pad(5, 6, 85, 66)]),
        (Region(-5, 10, 90, 40, background=RED), [Crop(0, 10, 80, 30), Pad(5, 0, 95, 30, RED)]),
        (Region(0, 0, 100, 60, background="12345600"), [Pad(0, 0, 100, 60)]),
        (Region(10, 10, 80, 60, inside=True), [Crop(10, 10, 70, 50)]),
        (Region(25, 50, 75, 100, percent=True), [Crop(20, 30, 40, 30)]),
        (Region(-50, 0, 100, 150, percent=True), [Pad(40, 0, 120, 90)]),
        (Region(0.625, 0, 1.875, 100, percent=True), [Crop(1, 0, 1, 60)]),  # half a pixel, one and a half
        (Region(50, 50, 50.1, 50.1, percent=True), [Crop(40, 30, 1, 1)]),
        (Region(99.9, 0, 99.95, 100, percent=True, background=RED), [Canvas(1, 60, RED)]),
    ],
)
def test_a_window_is_a_cut_and_what_lies_beyond(region: Region, steps: list[Step]) -> None:
    plan = settle(Plan.chain(Decode(), region, PNG), [OPAQUE])
    assert [step for step in plan.steps() if not isinstance(step, Decode | Encode)] == steps
    assert output_size(Plan.chain(Decode(), region, PNG), OPAQUE) == output_size(plan, OPAQUE)


@pytest.mark.parametrize(
    "region", [Region(80, 0, 90, 9), Region(-9, 0, 0, 9), Region(0, 60, 9, 61), Region(0, -9, 9, 0)]
)
def test_a_window_that_misses_the_picture_is_a_plain_canvas(region: Region) -> None:
    size = (int(region.x2 - region.x1), int(region.y2 - region.y1))
    assert settle(Plan.chain(Decode(), region, PNG), [OPAQUE]) == Plan.chain(Canvas(*size), PNG)
    assert has_alpha(Decode(), region)
    assert not has_alpha(Decode(), Region(region.x1, region.y1, region.x2, region.y2, background=RED))


def test_what_is_not_shown_has_no_say_in_what_it_came_from() -> None:
    nodes = (Node(Decode()), Node(Region(900, 0, 901, 1), (0,)), Node(Encode("webp", 80), (1,)), Node(JPEG, (0,)))
    assert settle(Plan(nodes), [Facts("gif", 80, 60, frames=9)]).find(Decode) == Decode(frame=0)


def test_padding_that_is_due_is_put_before_a_window() -> None:
    assert settled(Fit(40, 40), Region(0, 0, 40, 4)) == [Resize(40, 30), Pad(0, 5, 40, 40), Crop(0, 0, 40, 4)]
    assert settled(Fit(40, 40), WHOLE, Blur(2.0)) == [Resize(40, 30), Pad(0, 5, 40, 40), Blur(2.0)]


@pytest.mark.parametrize("step", [WHOLE, Expand(0, 0, 0, 0)])
def test_behind_a_window_the_image_of_a_mark_is_everything(step: Step) -> None:
    nodes = (Node(Decode()), Node(Fit(40, 40), (0,)), Node(step, (1,)), Node(Decode(1)), Node(Watermark(), (2, 3)))
    plan = settle(Plan((*nodes, Node(PNG, (4,)))), [OPAQUE, Facts("png", 400, 400)])
    assert [step for step in plan.steps() if isinstance(step, Resize)][1] == Resize(40, 40)


@pytest.mark.parametrize(
    "region",
    [
        Region(0, 0, 81, 60, inside=True),
        Region(-1, 0, 80, 60, inside=True),
        Region(0, 0, 80, 61, inside=True),
        Region(90, 0, 95, 9, inside=True),
        Region(0, -20, 120, 100, percent=True, inside=True),
        Region(10, 0, 10, 60),
        Region(10, 0, 9, 60),
        Region(0, 30, 80, 20, percent=True),
        Region(float("nan"), 0, 80, 60),
    ],
)
def test_a_window_that_is_empty_or_leaves_a_picture_it_must_lie_in_is_a_misfit(region: Region) -> None:
    with pytest.raises(Misfit, match="picture of 80 × 60 pixels for x1, y1, x2, y2 but received") as caught:
        settled(Turn(2), region)
    assert caught.value.at == 2


def test_a_window_as_large_as_numbers_go_has_a_size() -> None:
    for region in (Region(-3e300, -3e300, 3e300, 3e300), Region(-3e300, -3e300, 3e300, 3e300, percent=True)):
        assert output_size(settle(Plan.chain(Decode(), region, PNG), [OPAQUE]), OPAQUE) == (2**32 - 2, 2**32 - 2)


def test_room_around_a_picture_is_padding() -> None:
    assert settled(Expand(1, 2, 3, 4, RED)) == [Pad(1, 2, 84, 66, RED)]
    assert settled(Expand(0, 0, 0, 0)) == []
    assert settled(Fit(40, 40), Expand(1, 0, 0, 0)) == [Resize(40, 30), Pad(0, 5, 40, 40), Pad(1, 0, 41, 40)]
    assert has_alpha(Decode(), Expand(1, 0, 0, 0, GLASS))
    assert not has_alpha(Decode(), Expand(1, 0, 0, 0, RED))
    assert not has_alpha(Decode(), Expand(0, 0, 0, 0, GLASS))


@pytest.mark.parametrize("step", [Expand(9, 0, 0, 0), Region(-9, 0, 80, 60)])
def test_what_lies_beyond_shows_the_matte_where_there_is_no_alpha(step: Step) -> None:
    for matte, colour in ((None, "ffffffff"), ("00ff00ff", "00ff00ff")):
        assert settled(step, then=Encode("jpeg", 80, matte=matte)) == [Pad(9, 0, 89, 60, colour)]
    assert settled(Fit(background="0000ffff"), step, then=JPEG) == [Pad(9, 0, 89, 60, "0000ffff")]


def test_what_lies_beyond_stays_transparent_until_colours_have_changed() -> None:
    for change in (INVERT, Balance()):
        assert settled(Expand(9, 0, 0, 0), change, then=JPEG) == [Pad(9, 0, 89, 60), change]
    assert settled(Expand(9, 0, 0, 0), Recolour(IDENTITY), then=JPEG) == [Pad(9, 0, 89, 60, "ffffffff")]
    assert settled(Fit(40), WHOLE, INVERT, then=JPEG, facts=CLEAR) == [Resize(40, 30), INVERT]
    assert settled(Fit(40), INVERT, then=JPEG, facts=CLEAR) == [Resize(40, 30, matte="ffffffff"), INVERT]
    assert settled(Fit(40, background=RED), WHOLE, INVERT, then=JPEG, facts=CLEAR)[0] == Resize(40, 30, matte=RED)


def test_a_matte_waits_for_the_encoder_only_if_that_puts_the_same_there() -> None:
    blue = Encode("jpeg", 80, matte="0000ffff")
    assert settled(Fit(background="0000ffff"), then=blue, facts=CLEAR) == []
    assert settled(Fit(background=RED), then=blue, facts=CLEAR) == [Resize(80, 60, matte=RED)]


def test_paint_covers_colour_and_alpha() -> None:
    for colour, alpha in ((RED, False), (GLASS, True), (NONE, True)):
        assert settled(Fill(1, 2, 3, 4, colour)) == [Fill(1, 2, 3, 4, colour)]
        assert has_alpha(Decode(), Fill(1, 2, 3, 4, colour)) is alpha
    assert has_alpha(Decode(), Fill(1, 2, 3, 4, RED), facts=CLEAR)
    assert settled(Fill(0, 0, 80, 60, "12345600")) == [Fill(0, 0, 80, 60, NONE)]
    assert settled(Fit(40, 40), Fill(0, 0, 40, 40, RED))[1:] == [Pad(0, 5, 40, 40), Fill(0, 0, 40, 40, RED)]


@pytest.mark.parametrize(
    "corners", [(0, 0, 81, 60), (0, 0, 80, 61), (-1, 0, 9, 9), (5, 0, 5, 9), (0, 9, 5, 8), (90, 0, 99, 9)]
)
def test_paint_beyond_the_picture_is_a_misfit(corners: tuple[int, int, int, int]) -> None:
    with pytest.raises(Misfit, match=f"'{', '.join(map(str, corners))}'") as caught:
        settled(Fill(*corners, RED))
    assert (caught.value.at, caught.value.status) == (1, 400)


def test_a_canvas_needs_no_input() -> None:
    plan = Plan.chain(Canvas(8, 6, RED), Fit(4, mode="max"), PNG)
    assert settle(plan, []) == Plan.chain(Canvas(8, 6, RED), Resize(4, 3), PNG)
    assert sizes(plan, ()) == ((8, 6), (4, 3), (4, 3))
    assert parse_plan(print_plan(plan)) == plan


@pytest.mark.parametrize(
    ("canvas", "same", "alpha"),
    [
        (Canvas(8, 6), Canvas(8, 6), True),
        (Canvas(8, 6, "12345600"), Canvas(8, 6), True),
        (Canvas(8, 6, GLASS), Canvas(8, 6, GLASS), True),
        (Canvas(8, 6, RED), Canvas(8, 6, RED), False),
        (Canvas(8, 6, alpha=False), Canvas(8, 6, "000000ff", alpha=False), False),
        (Canvas(8, 6, GLASS, alpha=False), Canvas(8, 6, RED, alpha=False), False),
    ],
)
def test_a_canvas_without_alpha_is_opaque(canvas: Canvas, same: Canvas, alpha: bool) -> None:
    assert drawn(canvas) == [same]
    assert has_alpha(canvas) is alpha
    assert gains_alpha(Plan.chain(canvas, Encode()), ()) is alpha


def test_equal_canvases_are_one_and_stand_before_their_first_user() -> None:
    nodes = (
        Node(Canvas(4, 4)),
        Node(Decode()),
        Node(Canvas(4, 4)),
        Node(Overlay(0, 0), (2, 1)),
        Node(PNG, (3,)),
        Node(PNG, (0,)),
    )
    plan = settle(Plan(nodes), [CLEAR])
    assert [type(step).__name__ for step in plan.steps()] == ["Canvas", "Decode", "Overlay", "Encode", "Encode"]
    assert [node.of for node in plan.nodes] == [(), (), (0, 1), (2,), (0,)]


def test_what_replaces_pixels_replaces_their_alpha() -> None:
    over = Overlay(2, 3, 0.5, "overwrite")
    plan = laid(Canvas(90, 90, RED), over)
    assert list(plan.steps())[2] == Overlay(2, 3, blend="overwrite")
    views = walk(plan, [CLEAR])[1]
    assert (views[2].alpha, views[0].alpha) == (True, False)
    assert not walk(laid(Canvas(90, 90, RED), over, facts=OPAQUE), [OPAQUE])[1][2].alpha
    assert laid(Canvas(90, 90, RED), Overlay(2, 3, 0.0, "overwrite")) == plan


def test_a_canvas_without_alpha_takes_none_from_what_replaces_its_pixels() -> None:
    plan = laid(Canvas(90, 90, alpha=False), Overlay(0, 0, blend="overwrite"))
    assert list(plan.steps())[2] == Recolour((*IDENTITY[:18], 0.0, 1.0))
    assert not walk(plan, [CLEAR])[1][3].alpha
    assert settle(plan, [CLEAR]) == plan
    assert drawn(Canvas(8, 6, alpha=False), Fill(0, 0, 1, 1, GLASS))[1] == Fill(0, 0, 1, 1, RED)
    opened: list[Step] = [Canvas(8, 6, alpha=False), Expand(1, 0, 0, 0), Fill(0, 0, 1, 1, GLASS)]
    assert settle(Plan.chain(*opened, PNG), []).find(Fill) == Fill(0, 0, 1, 1, GLASS)


def test_a_mark_that_must_lie_inside_does_or_is_a_misfit() -> None:
    assert laid(Canvas(80, 60), Overlay(0, 0, inside=True)).find(Overlay) == Overlay(0, 0)
    for left, top in ((1, 0), (0, 1), (-1, 0), (0, -1), (900, 0)):
        with pytest.raises(
            Misfit, match=f"80 × 60 pixels for x, y, w, h but received '{left}, {top}, 80, 60'"
        ) as error:
            laid(Canvas(80, 60), Overlay(left, top, inside=True))
        assert error.value.at == 2


def test_behind_a_trim_rectangles_wait_for_it() -> None:
    wish: list[Step] = [Trim(80), Region(10, 0, 20, 9, inside=True), Expand(1, 1, 1, 1), Fill(0, 0, 1, 1, GLASS), PNG]
    plan = settle(Plan.chain(Decode(), *wish), [OPAQUE])
    assert list(plan.steps())[1:] == wish
    assert sizes(plan, OPAQUE)[2:4] == ((10, 9), (12, 11))
    assert walk(plan, [OPAQUE])[1][2].wild
    assert list(resolve(plan, 1, (5, 5, 30, 30), (80, 60), [OPAQUE]).steps())[1:] == [
        Crop(5, 5, 30, 30),
        Crop(10, 0, 10, 9),
        Pad(1, 1, 12, 11),
        Fill(0, 0, 1, 1, GLASS),
        PNG,
    ]
    with pytest.raises(Misfit, match="picture of 15 × 30 pixels") as caught:
        resolve(plan, 1, (0, 0, 15, 30), (80, 60), [OPAQUE])
    assert caught.value.at == 2


@pytest.mark.parametrize("between", [WHOLE, Expand(0, 0, 0, 0)])
def test_a_sizing_behind_a_window_knows_nothing_of_the_size_before_a_trim(between: Step) -> None:
    plan = settle(Plan.chain(Decode(), Trim(80), between, Fit(scale="both", mode="max"), PNG), [OPAQUE])
    assert list(resolve(plan, 1, (5, 5, 40, 30), (80, 60), [OPAQUE]).steps())[1:] == [Crop(5, 5, 40, 30), PNG]


def test_a_canvas_is_never_an_estimate() -> None:
    nodes = (Node(Decode()), Node(Trim(80), (0,)), Node(Canvas(9, 9)), Node(Overlay(0, 0), (2, 1)), Node(PNG, (3,)))
    views = walk(Plan(nodes), [OPAQUE])[1]
    assert [view.wild for view in views] == [False, True, False, True, True]


def test_rectangles_that_no_guess_at_the_content_fits_gain_no_alpha() -> None:
    outside = Plan.chain(Decode(), Trim(80), Region(0, 0, 79, 59, inside=True), FADED, Encode())
    assert gains_alpha(outside, OPAQUE) is True
    assert (
        gains_alpha(Plan.chain(Decode(), Trim(80), Region(90, 0, 91, 1, inside=True), FADED, Encode()), OPAQUE) is False
    )
    with pytest.raises(Misfit):
        gains_alpha(Plan.chain(Decode(), Region(90, 0, 91, 1, inside=True), Encode()), OPAQUE)


@pytest.mark.parametrize(
    ("asked", "same"),
    [
        (Round((5.0, 300.0, -2.0, 0.0), unit="pixels"), [Round((5.0, 30.0, 0.0, 0.0), unit="pixels")]),
        (Round((0.0, -1.0, 0.0, 0.0), unit="pixels"), []),
        (Round((5.0, 6.0, 7.0, 8.0), unit="circle"), [Round((0.0, 0.0, 0.0, 0.0), unit="circle")]),
        (Round((0.0, 0.0, 0.0, 0.0), RED, "circle"), [Round((0.0, 0.0, 0.0, 0.0), RED, "circle")]),
        (Round((30.0, 300.0, 0.0, 0.0)), [Round((30.0, 100.0, 0.0, 0.0))]),
    ],
)
def test_corners_end_where_their_unit_does(asked: Round, same: list[Step]) -> None:
    assert settled(asked) == same
    assert has_alpha(Decode(), asked) is (bool(same) and asked.background != RED)


@pytest.mark.parametrize(
    ("size", "sharpens"), [((90, 70), True), ((90, 60), True), ((90, 50), False), ((40, 30), False)]
)
def test_sharpening_of_what_grows_alone(size: tuple[int, int], sharpens: bool) -> None:
    fit = Fit(*size, mode="stretch", scale="both", sharpen=10.0, sharpen_when="upscaling")
    assert settled(fit) == [Resize(*size, sharpen=10.0 if sharpens else 0.0)]
    assert settled(Fit(sharpen=10.0, sharpen_when="upscaling")) == []
