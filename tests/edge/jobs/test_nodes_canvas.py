"""Canvases and what is drawn or painted on them: golden pixels, and what is refused."""

from typing import Any

import pytest
import pyvips

from edge import jobs
from tests import pictures
from tests.edge.jobs.tiny import (
    BLACK,
    BLUE,
    GREEN,
    KNOWN,
    NONE,
    READ,
    RED,
    SOURCE,
    WHITE,
    Node,
    Pixel,
    Rows,
    chain,
    colour,
    drawn,
    graph,
    made,
    near,
    output,
    pixels,
    plain,
    png,
    refused,
    window,
    without,
    write,
)

GLASS: Pixel = (255, 0, 0, 128)


def canvas(w: int = 12, h: int = 10, paint: Any = "transparent", form: str = "bgra_32") -> Node:
    return {"create_canvas": {"format": form, "w": w, "h": h, "color": paint}}


def laid(rows: Rows, over: Rows, left: int, top: int) -> Rows:
    """`rows` with some of them replaced."""
    lines = [list(row) for row in rows]
    for y, row in enumerate(over):
        lines[top + y][left : left + len(row)] = row
    return lines


# Canvases -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "paint", "pixel"),
    [
        ("bgra_32", "transparent", NONE),
        ("bgra_32", "black", BLACK),
        ("bgra_32", colour("ff000080"), GLASS),
        ("bgra_32", colour("#00f"), BLUE),
        ("bgr_32", colour("00FF00"), GREEN),
        ("bgr_32", colour("ff000080"), RED),
        ("bgr_32", colour("ff000000"), RED),
        ("bgra_32", colour("ff000000"), NONE),
        ("bgr_32", "transparent", BLACK),
    ],
)
def test_a_canvas_is_plain(form: str, paint: Any, pixel: Pixel) -> None:
    job = chain(canvas(3, 2, paint, form), read=False)
    assert pixels(output(job, None).data) == plain(3, 2, pixel)


@pytest.mark.parametrize(
    ("node", "kind", "says"),
    [
        (canvas(form="gray_8"), "InvalidNodeParams", ("create_canvas", "format", "gray_8")),
        (canvas(form="bgr_24"), "InvalidNodeParams", ("create_canvas", "format", "bgr_24")),
        (canvas(form="rgba"), "InvalidJson", ("format",)),
        (canvas(w=0), "InvalidCoordinates", ("create_canvas", "w")),
        (canvas(h=0), "InvalidCoordinates", ("create_canvas", "h")),
        (canvas(w=2_000_001, h=1), "InvalidCoordinates", ("create_canvas", "w")),
        (canvas(w=20_000, h=20_000), "InvalidCoordinates", ("create_canvas", "w")),
        (canvas(w=11_000, h=1), "SizeLimitExceeded", ("width", "max_frame_size")),
        (canvas(paint="white"), "InvalidJson", ("color",)),
        *[(node, "InvalidJson", ("create_canvas",)) for node in without(canvas(), "format", "w", "h", "color")],
    ],
)
def test_what_is_no_canvas(node: Node, kind: str, says: tuple[str, ...]) -> None:
    refused(chain(node, read=False), None, kind=kind, says=says)


@pytest.mark.parametrize("node", [canvas(paint=colour("12")), canvas(paint=colour("red"))])
def test_a_colour_is_told_by_its_digits(node: Node) -> None:
    with pytest.raises(jobs.JobError, match=r"create_canvas.*hex for color") as caught:
        jobs.run(chain(node, read=False))
    assert (caught.value.kind, caught.value.category_name, caught.value.status) == (
        "InvalidNodeParams",
        "ArgumentInvalid",
        400,
    )


def test_a_canvas_takes_no_input() -> None:
    refused(chain(canvas()), kind="InvalidNodeConnections", says=("create_canvas",))


# Copying --------------------------------------------------------------------------------------------------------------


def copy(from_x: int, from_y: int, w: int, h: int, x: int, y: int) -> Node:
    return {"copy_rect_to_canvas": {"from_x": from_x, "from_y": from_y, "w": w, "h": h, "x": x, "y": y}}


def test_a_rectangle_is_copied_as_it_is() -> None:
    job = drawn(canvas(), copy(2, 1, 4, 3, 7, 5))
    assert pixels(output(job).data) == laid(plain(12, 10, NONE), window(KNOWN, 2, 1, 6, 4), 7, 5)


def test_everything_may_be_copied() -> None:
    job = drawn(canvas(8, 6), copy(0, 0, 8, 6, 0, 0))
    assert pixels(output(job).data) == KNOWN


def test_what_is_copied_brings_its_transparency() -> None:
    source = png(plain(4, 4, GLASS))
    onto = {form: drawn(canvas(6, 6, "black", form), copy(0, 0, 4, 4, 1, 1)) for form in ("bgra_32", "bgr_32")}
    kept, dropped = (pixels(output(job, source).data) for job in onto.values())
    assert kept == laid(plain(6, 6, BLACK), plain(4, 4, GLASS), 1, 1)
    assert dropped == laid(plain(6, 6, BLACK), plain(4, 4, RED), 1, 1)


@pytest.mark.parametrize(
    ("node", "says"),
    [
        (copy(0, 0, 9, 6, 0, 0), "8 × 6"),
        (copy(5, 0, 4, 6, 0, 0), "8 × 6"),
        (copy(0, 1, 8, 6, 0, 0), "8 × 6"),
        (copy(0, 0, 8, 6, 5, 0), "12 × 10"),
        (copy(0, 0, 8, 6, 0, 5), "12 × 10"),
        (copy(0, 0, 0, 6, 0, 0), "w"),
        (copy(0, 0, 8, 0, 0, 0), "h"),
    ],
)
def test_a_copy_must_lie_in_both(node: Node, says: str) -> None:
    refused(drawn(canvas(), node), kind="InvalidNodeParams", says=("Node 2 (copy_rect_to_canvas)", says), node=2)


def test_what_copying_does_not_take() -> None:
    refused(drawn(canvas(), copy(-1, 0, 1, 1, 0, 0)), kind="InvalidJson", says=("from_x",))
    for node in without(copy(0, 0, 1, 1, 0, 0), "from_x", "from_y", "w", "h", "x", "y"):
        refused(drawn(canvas(), node), kind="InvalidJson", says=("copy_rect_to_canvas",))
    refused(chain(copy(0, 0, 1, 1, 0, 0)), kind="InvalidNodeConnections", says=("copy_rect_to_canvas",))


def test_a_picture_is_not_copied_onto_itself() -> None:
    job = graph({0: READ, 2: copy(0, 0, 2, 2, 4, 4), 3: write()}, (0, 2), (0, 2, "canvas"), (2, 3))
    refused(job, kind="InvalidNodeConnections", says=("copy_rect_to_canvas",))


def test_drawing_leaves_the_canvas_of_others_alone() -> None:
    nodes = {0: READ, 1: canvas(), 2: copy(0, 0, 8, 6, 0, 0), 3: write(), 4: write(io_id=2)}
    result = jobs.run(graph(nodes, (0, 2), (1, 2, "canvas"), (2, 3), (1, 4)), SOURCE)
    assert pixels(result.output(1).data) == laid(plain(12, 10, NONE), KNOWN, 0, 0)
    assert pixels(result.output(2).data) == plain(12, 10, NONE)


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(x: int, y: int, w: int, h: int, **more: Any) -> Node:
    return {"draw_image_exact": {"x": x, "y": y, "w": w, "h": h, **more}}


def test_a_picture_is_drawn_at_exactly_this_size() -> None:
    same = pixels(output(drawn(canvas(), draw(3, 2, 8, 6))).data)
    assert same == laid(plain(12, 10, NONE), KNOWN, 3, 2)
    scaled = drawn(canvas(paint="black"), draw(2, 1, 9, 3, hints={"resample_when": "always"}))
    assert pixels(output(scaled, png(plain(4, 4, RED), 3)).data) == laid(plain(12, 10, BLACK), plain(9, 3, RED), 2, 1)


def test_composing_mixes_and_overwriting_replaces() -> None:
    source = png(plain(4, 4, GLASS))
    composed = pixels(output(drawn(canvas(6, 6, colour("00f")), draw(1, 1, 4, 4)), source).data)
    assert near(composed, laid(plain(6, 6, BLUE), plain(4, 4, (128, 0, 127, 255)), 1, 1), 2)
    for onto, pixel in (("bgra_32", GLASS), ("bgr_32", RED)):
        job = drawn(canvas(6, 6, colour("00f"), onto), draw(1, 1, 4, 4, blend="overwrite"))
        assert pixels(output(job, source).data) == laid(plain(6, 6, BLUE), plain(4, 4, pixel), 1, 1)


def test_nothing_shows_through_what_is_transparent() -> None:
    source = png(plain(4, 4, (9, 9, 9, 0)))
    assert pixels(output(drawn(canvas(6, 6, "black"), draw(1, 1, 4, 4)), source).data) == plain(6, 6, BLACK)
    cleared = pixels(output(drawn(canvas(6, 6, "black"), draw(1, 1, 4, 4, blend="overwrite")), source).data)
    assert [row[0][3] for row in cleared] == [255] * 6
    assert [row[2][3] for row in cleared] == [255, 0, 0, 0, 0, 255]


def test_a_decoded_picture_is_a_canvas_too() -> None:
    job = graph(
        {0: READ, 1: {"decode": {"io_id": 5}}, 2: draw(6, 4, 2, 2), 3: write()}, (1, 2), (0, 2, "canvas"), (2, 3)
    )
    got = pixels(output(job, {0: SOURCE, 5: png(plain(2, 2, RED), 3)}).data)
    assert got == laid(KNOWN, plain(2, 2, RED), 6, 4)


@pytest.mark.parametrize(("x", "y", "w", "h"), [(5, 0, 8, 6), (0, 5, 8, 6), (12, 0, 1, 1), (0, 0, 13, 1)])
def test_a_drawing_must_lie_on_its_canvas(x: int, y: int, w: int, h: int) -> None:
    says = ("Node 2 (draw_image_exact)", "12 × 10", f"{x}, {y}, {w}, {h}")
    refused(drawn(canvas(), draw(x, y, w, h)), kind="InvalidNodeParams", says=says, node=2)


@pytest.mark.parametrize(
    ("node", "kind", "says"),
    [
        (draw(0, 0, 0, 1), "InvalidNodeParams", "w"),
        (draw(0, 0, 1, 1, hints={"resample_when": "size_differs"}), "InvalidNodeParams", "resample_when"),
        (draw(0, 0, 1, 1, blend="multiply"), "InvalidJson", "blend"),
        (draw(-1, 0, 1, 1), "InvalidJson", "x"),
        *[(node, "InvalidJson", "draw_image_exact") for node in without(draw(0, 0, 1, 1), "x", "y", "w", "h")],
    ],
)
def test_what_drawing_does_not_take(node: Node, kind: str, says: str) -> None:
    refused(drawn(canvas(), node), kind=kind, says=("draw_image_exact", says))


# Painting -------------------------------------------------------------------------------------------------------------


def fill(*corners: int, paint: Any = "black") -> Node:
    return {"fill_rect": {**dict(zip(("x1", "y1", "x2", "y2"), corners, strict=True)), "color": paint}}


@pytest.mark.parametrize(
    ("paint", "pixel"), [("black", BLACK), (colour("ff0000"), RED), (colour("ff000080"), GLASS), ("transparent", NONE)]
)
def test_paint_replaces_colour_and_alpha(paint: Any, pixel: Pixel) -> None:
    opaque = made(fill(2, 1, 6, 5, paint=paint))
    assert opaque == laid(KNOWN, plain(4, 4, pixel), 2, 1)
    clear = made(fill(2, 1, 6, 5, paint=paint), source=png(plain(8, 6, (0, 0, 255, 7))))
    assert clear == laid(plain(8, 6, (0, 0, 255, 7)), plain(4, 4, pixel), 2, 1)


def test_paint_on_what_can_hold_no_transparency_is_its_colour() -> None:
    job = chain(canvas(3, 2, "black", "bgr_32"), fill(0, 0, 1, 2, paint=colour("ff000000")), read=False)
    assert pixels(output(job, None).data) == [[RED, BLACK, BLACK]] * 2


def test_everything_may_be_painted_over() -> None:
    assert made(fill(0, 0, 8, 6)) == plain(8, 6, BLACK)
    assert made(fill(7, 5, 8, 6))[5][6:] == [KNOWN[5][6], BLACK]


def test_every_frame_is_painted() -> None:
    got = output(chain(fill(0, 0, 20, 30, paint=colour("f00")), preset="gif"), pictures.animated(frames=3))
    assert got.frames == 3
    frames = pyvips.Image.new_from_buffer(got.data, "", n=-1)
    seen = [[tuple(map(int, frames(x, y)))[:3] for x in (3, 30)] for y in (3, 33, 63)]
    assert near(seen, [[RED[:3], (50 * at, 0, 255 - 50 * at)] for at in range(3)])


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        ((0, 0, 9, 6), "8 × 6"),
        ((0, 0, 8, 7), "8 × 6"),
        ((8, 6, 9, 7), "8 × 6"),
        ((3, 0, 3, 6), "x2"),
        ((0, 4, 8, 2), "y2"),
    ],
)
def test_paint_must_lie_inside(corners: tuple[int, ...], says: str) -> None:
    refused(chain(fill(*corners)), kind="InvalidCoordinates", says=("Node 1 (fill_rect)", says), node=1)


def test_what_filling_does_not_take() -> None:
    refused(chain(fill(-1, 0, 1, 1)), kind="InvalidJson", says=("x1",))
    for node in without(fill(0, 0, 1, 1), "x1", "y1", "x2", "y2", "color"):
        refused(chain(node), kind="InvalidJson", says=("fill_rect",))


def test_a_canvas_moves_once_an_animation_is_drawn_on_it() -> None:
    moving = pictures.animated(8, 6, frames=3, delays=(50, 70, 90))
    for preset, frames in (("gif", 3), ("mozjpeg", 1)):
        job = drawn(canvas(paint=colour("fff")), draw(1, 1, 8, 6), preset)
        got = output(job, moving)
        assert (got.width, got.height, got.frames) == (12, 10, frames)
        assert near([pixels(got.data)[0]], plain(12, 1, WHITE), 48)
