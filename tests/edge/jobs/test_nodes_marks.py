"""Watermarks and the red dot: golden pixels, when a mark is left out, and what is refused."""

from typing import Any

import pytest

from tests.edge.jobs.tiny import (
    BLACK,
    KNOWN,
    NONE,
    RED,
    SOURCE,
    WHITE,
    Node,
    Pixel,
    Rows,
    chain,
    colour,
    made,
    near,
    plain,
    png,
    refused,
    without,
)

PAPER = png(plain(20, 10, WHITE), 3)
MARK = png(plain(4, 4, RED), 3)
BOTH = {0: PAPER, 7: MARK}
BLANK = plain(20, 10, WHITE)
CORNER = {"percentage": {"x": 0, "y": 0}}


def mark(**more: Any) -> Node:
    return {"watermark": {"io_id": 7, **more}}


def box(kind: str, *sides: float) -> dict[str, Any]:
    names = ("left", "top", "right", "bottom") if kind.endswith("margins") else ("x1", "y1", "x2", "y2")
    return {"fit_box": {kind: dict(zip(names, sides, strict=True))}}


def covered(rows: Rows, pixel: Pixel = RED) -> tuple[int, ...] | None:
    """Left, top, width and height of what has this colour, which must be a full rectangle."""
    found = [(x, y) for y, row in enumerate(rows) for x, each in enumerate(row) if near([[each]], [[pixel]], 3)]
    if not found:
        return None
    (left, top), (right, bottom) = (tuple(map(way, zip(*found, strict=True))) for way in (min, max))
    assert len(found) == (right - left + 1) * (bottom - top + 1)
    return left, top, right - left + 1, bottom - top + 1


def laid(**more: Any) -> tuple[int, ...] | None:
    return covered(made(mark(**more), source=BOTH))


def test_a_mark_lies_in_the_middle_and_is_not_enlarged() -> None:
    assert laid() == (8, 3, 4, 4)


@pytest.mark.parametrize(
    ("mode", "rect"),
    [
        (None, (0, 1, 4, 4)),
        ("within", (0, 1, 4, 4)),
        ("distort", (0, 0, 12, 6)),
        ("fit", (0, 0, 6, 6)),
        ("within_crop", (0, 1, 4, 4)),
        ("fit_crop", (0, 0, 12, 6)),
    ],
)
def test_each_mode_fits_a_mark_into_its_box(mode: str | None, rect: tuple[int, ...]) -> None:
    gravity = {"percentage": {"x": 0, "y": 50}}
    assert laid(fit_mode=mode, gravity=gravity, **box("image_margins", 0, 0, 8, 4)) == rect


@pytest.mark.parametrize(
    ("where", "rect"),
    [
        (box("image_percentage", 50, 20, 100, 80), (10, 2, 10, 6)),
        (box("image_percentage", -50, -20, 500, 300), (0, 0, 20, 10)),
        (box("image_percentage", 12.5, 0, 37.4, 100), (3, 0, 4, 10)),  # two and a half, nearly seven and a half
        (box("image_margins", 1, 2, 3, 4), (1, 2, 16, 4)),
        (box("canvas_percentage", 50, 20, 100, 80), (10, 2, 10, 6)),
        (box("canvas_margins", 1, 2, 3, 4), (1, 2, 16, 4)),
    ],
)
def test_a_box_is_a_share_or_what_margins_leave(where: dict[str, Any], rect: tuple[int, ...]) -> None:
    assert laid(fit_mode="distort", **where) == rect


def test_gravity_places_a_mark() -> None:
    assert laid(gravity=CORNER) == (0, 0, 4, 4)
    assert laid(gravity={"percentage": {"x": 100, "y": 100}}) == (16, 6, 4, 4)
    assert laid(gravity={"percentage": {"x": 900, "y": -5}}) == (16, 0, 4, 4)


def test_a_mark_lies_over_what_is_there() -> None:
    half = (255, 128, 128, 255)
    assert covered(made(mark(opacity=0.5), source=BOTH), half) == (8, 3, 4, 4)
    assert laid(opacity=7) == (8, 3, 4, 4)
    clear = {0: PAPER, 7: png(plain(4, 4, (255, 0, 0, 128)))}
    assert covered(made(mark(), source=clear), half) == (8, 3, 4, 4)


@pytest.mark.parametrize(
    "more",
    [
        {"opacity": 0},
        {"opacity": -1},
        {"min_canvas_width": 20},
        {"min_canvas_height": 10},
        box("image_percentage", 50, 50, 51, 60),  # a fifth of a pixel
        box("image_percentage", 60, 0, 40, 100),
        box("image_margins", 10, 0, 10, 0),
        box("canvas_margins", 0, 99, 0, 0),
    ],
)
def test_a_mark_without_room_is_left_out(more: dict[str, Any]) -> None:
    assert made(mark(**more), source=BOTH) == BLANK


def test_a_canvas_must_be_larger_than_the_least() -> None:
    assert laid(min_canvas_width=19, min_canvas_height=9) == (8, 3, 4, 4)


def test_padding_of_a_node_before_is_part_of_the_image() -> None:
    pad = {"expand_canvas": {"left": 10, "top": 0, "right": 0, "bottom": 0, "color": "black"}}
    fit = {"constrain": {"mode": "fit_pad", "w": 20, "h": 20, "canvas_color": "black"}}
    assert covered(made(pad, mark(gravity=CORNER), source=BOTH)) == (0, 0, 4, 4)
    assert covered(made(fit, mark(gravity=CORNER), source=BOTH)) == (0, 0, 4, 4)


def test_in_a_command_string_marks_on_the_image_are_drawn_before_its_padding() -> None:
    def command(where: dict[str, Any]) -> Node:
        marks = [{"io_id": 7, "gravity": CORNER, **where}]
        value = "width=20&height=20&mode=pad&scale=both&bgcolor=000"
        return {"command_string": {"kind": "ir4", "value": value, "watermarks": marks}}

    on_image, on_canvas = box("image_margins", 0, 0, 0, 0), box("canvas_margins", 0, 0, 0, 0)
    places = [covered(made(command(where), source=BOTH)) for where in (on_image, on_canvas)]
    assert places == [(0, 5, 4, 4), (0, 0, 4, 4)]


def test_an_opaque_background_lies_under_a_mark_alone() -> None:
    inputs = {0: PAPER, 7: png(plain(4, 4, NONE))}
    assert covered(made(mark(hints={"background_color": colour("f00")}, fit_mode="fit"), source=inputs)) == (
        5,
        0,
        10,
        10,
    )
    assert made(mark(hints={"background_color": colour("f008")}), source=inputs) == BLANK
    query = {"kind": "ir4", "value": "", "watermarks": [{"io_id": 7, "hints": {"background_color": colour("f00")}}]}
    assert covered(made({"command_string": query}, source=inputs)) == (8, 3, 4, 4)
    wrong = mark(hints={"background_color": colour("1")})
    refused(chain(wrong), BOTH, kind="InvalidNodeParams", says=("Node 1 (watermark)", "hints.background_color"), node=1)


def test_hints_say_how_a_mark_is_scaled() -> None:
    striped: Rows = [[BLACK, WHITE] * 2] * 4
    inputs = {0: PAPER, 7: png(striped, 3)}
    hints = {"down_filter": "box", "scaling_colorspace": "srgb"}
    rows = made(mark(hints=hints, fit_mode="distort", **box("image_margins", 0, 0, 18, 8)), source=inputs)
    assert near([rows[0][:2]], [[(128, 128, 128, 255)] * 2], 2)


@pytest.mark.parametrize(
    ("node", "kind", "says"),
    [
        ({"watermark": {"io_id": 9}}, "IoIdNotFound", ("Node 1 (watermark)", "io_id", "9")),
        ({"watermark": {}}, "InvalidJson", ("io_id",)),
        (mark(fit_mode="cover"), "InvalidJson", ("fit_mode", "cover")),
        (mark(min_canvas_width=-1), "InvalidJson", ("min_canvas_width",)),
        (mark(fit_box={"page": {}}), "InvalidJson", ("fit_box",)),
        (mark(**box("image_margins", 0, 0, 0, -1)), "InvalidJson", ("bottom",)),
        *[
            (mark(fit_box=each), "InvalidJson", ("fit_box",))
            for each in without({"image_percentage": {"x1": 0, "y1": 0, "x2": 1, "y2": 1}}, "x1", "y2")
        ],
    ],
)
def test_what_a_watermark_does_not_take(node: Node, kind: str, says: tuple[str, ...]) -> None:
    refused(chain(node), BOTH, kind=kind, says=says)


# The red dot ----------------------------------------------------------------------------------------------------------


def test_a_dot_is_three_pixels_in_the_corner() -> None:
    rows = made("watermark_red_dot", source=PAPER)
    assert covered(rows) == (17, 7, 3, 3)
    assert made("watermark_red_dot", source=SOURCE)[:3] == KNOWN[:3]


@pytest.mark.parametrize(("size", "there"), [((4, 4), True), ((3, 9), False), ((9, 3), False)])
def test_a_dot_needs_room(size: tuple[int, int], there: bool) -> None:
    assert (covered(made("watermark_red_dot", source=png(plain(*size, WHITE), 3))) is not None) is there


def test_a_dot_is_opaque_and_has_no_fields() -> None:
    rows = made("watermark_red_dot", source=png(plain(8, 8, (0, 0, 0, 0))))
    assert covered(rows) == (5, 5, 3, 3)
    refused(chain("watermark_blue_dot"), kind="InvalidJson", says=("watermark_blue_dot",))
