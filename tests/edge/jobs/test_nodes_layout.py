"""Nodes that scale, cut, pad and turn: golden pixels, and what is refused."""

from typing import Any

import pytest

from edge import jobs
from tests import pictures
from tests.edge.jobs.tiny import (
    BLACK,
    KNOWN,
    NONE,
    RED,
    WHITE,
    Node,
    Pixel,
    Rows,
    chain,
    colour,
    made,
    near,
    output,
    pixels,
    plain,
    png,
    refused,
    size,
    window,
    without,
)

ORANGE: Pixel = (255, 128, 0, 255)
FLAT = png(plain(8, 6, ORANGE), 3)


def constrain(mode: str, w: int | None = None, h: int | None = None, **more: Any) -> Node:
    return {"constrain": {"mode": mode, "w": w, "h": h, **more}}


# Constrain ------------------------------------------------------------------------------------------------------------

SAME = (8, 6)


@pytest.mark.parametrize(
    ("mode", "smaller", "larger", "mixed", "narrow", "wide"),
    [
        # of 8 × 6:    4 × 4   16 × 16   16 × 4   4 × –   16 × –
        ("distort", (4, 4), (16, 16), (16, 4), (4, 3), (16, 12)),
        ("within", (4, 3), SAME, (5, 4), (4, 3), SAME),
        ("fit", (4, 3), (16, 12), (5, 4), (4, 3), (16, 12)),
        ("larger_than", SAME, (16, 12), SAME, SAME, (16, 12)),
        ("within_crop", (4, 4), SAME, (8, 4), (4, 3), SAME),
        ("fit_crop", (4, 4), (16, 16), (16, 4), (4, 3), (16, 12)),
        ("within_pad", (4, 4), SAME, (16, 4), (4, 3), SAME),
        ("fit_pad", (4, 4), (16, 16), (16, 4), (4, 3), (16, 12)),
        ("aspect_crop", (6, 6), (6, 6), (8, 2), SAME, SAME),
    ],
)
def test_each_mode_has_its_sizes(mode: str, smaller: Any, larger: Any, mixed: Any, narrow: Any, wide: Any) -> None:
    asked = [(4, 4), (16, 16), (16, 4), (4, None), (16, None)]
    assert [size(constrain(mode, *box)) for box in asked] == [smaller, larger, mixed, narrow, wide]
    assert size(constrain(mode)) == SAME


def test_one_side_brings_the_other_along() -> None:
    assert size(constrain("within", h=3)) == size(constrain("fit_pad", h=3)) == (4, 3)
    assert size(constrain("fit", h=12)) == (16, 12)


@pytest.mark.parametrize(
    ("gravity", "left"),
    [
        (None, 1),
        ("center", 1),
        ({"center": None}, 1),
        ({"percentage": {"x": 0, "y": 0}}, 0),
        ({"percentage": {"x": 100, "y": 0}}, 2),
        ({"percentage": {"x": 900, "y": -9}}, 2),
        ({"percentage": {"x": 25, "y": 0}}, 1),  # half a pixel
    ],
)
def test_gravity_says_what_a_crop_keeps(gravity: Any, left: int) -> None:
    for mode in ("within_crop", "aspect_crop"):
        assert made(constrain(mode, 6, 6, gravity=gravity)) == window(KNOWN, left, 0, left + 6, 6)


@pytest.mark.parametrize(("gravity", "top"), [(None, 1), ({"percentage": {"x": 0, "y": 0}}, 0)])
def test_gravity_says_where_a_picture_lies_in_its_padding(gravity: Any, top: int) -> None:
    rows = made(constrain("fit_pad", 4, 4, gravity=gravity, canvas_color=colour("f00")), source=FLAT)
    assert rows == window(plain(4, 3, ORANGE), 0, -top, 4, 4 - top, RED)


def test_the_colour_of_a_canvas_comes_before_the_hints() -> None:
    hints = {"background_color": colour("0000ff")}
    assert made(constrain("fit_pad", 4, 4, hints=hints), source=FLAT)[0][0] == (0, 0, 255, 255)
    assert made(constrain("fit_pad", 4, 4, hints=hints, canvas_color="black"), source=FLAT)[0][0] == BLACK
    assert made(constrain("fit_pad", 4, 4), source=FLAT)[0][0] == NONE


def test_padding_is_part_of_the_picture_for_what_follows() -> None:
    pad, flip = constrain("fit_pad", 4, 4, gravity={"percentage": {"x": 0, "y": 0}}, canvas_color="black"), "flip_v"
    invert = {"color_filter_srgb": "invert"}
    assert made(pad, flip, source=FLAT)[0][0] == BLACK
    assert made(pad, invert, source=FLAT)[3][0] == WHITE


def test_padding_that_is_transparent_stays_so_until_it_is_written_without_alpha() -> None:
    pad, invert = constrain("fit_pad", 4, 4), {"color_filter_srgb": "invert"}
    rows = made(pad, invert, source=FLAT, preset={"mozjpeg": {"quality": 100, "matte": colour("ffffff")}})
    assert near([rows[0]], plain(4, 1, WHITE), 12)


def test_an_opaque_background_lies_under_a_picture_of_any_size() -> None:
    clear = png(plain(8, 6, (0, 0, 255, 0)))
    assert made(constrain("within", 8, 6, canvas_color=colour("f00")), source=clear) == plain(8, 6, RED)
    assert made(constrain("within", 4, canvas_color=colour("f00")), source=clear) == plain(4, 3, RED)


@pytest.mark.parametrize(
    ("node", "kind", "says"),
    [
        (constrain("within", 0, 4), "InvalidNodeParams", ("constrain", "w")),
        (constrain("within", 4, 0), "InvalidNodeParams", ("constrain", "h")),
        (constrain("squeeze", 4, 4), "InvalidJson", ("mode",)),
        (constrain("within", -4, 4), "InvalidJson", ("w",)),
        (constrain("within", 4, 4, canvas_color=colour("nonsense")), "InvalidNodeParams", ("canvas_color", "nonsense")),
        (constrain("within", 4, 4, canvas_color="red"), "InvalidJson", ("canvas_color",)),
        (constrain("within", 4, 4, gravity={"percentage": {"x": 1}}), "InvalidJson", ("y",)),
        (constrain("within", 4, 4, hints={"down_filter": "best"}), "InvalidJson", ("down_filter",)),
        ({"constrain": {"w": 4}}, "InvalidJson", ("mode",)),
    ],
)
def test_what_constrain_does_not_take(node: Node, kind: str, says: tuple[str, ...]) -> None:
    refused(chain(node), kind=kind, says=says)


# Resampling -----------------------------------------------------------------------------------------------------------


def test_resampling_distorts_to_exactly_the_size() -> None:
    node = {"resample_2d": {"w": 3, "h": 12, "hints": {"down_filter": "box", "up_filter": "mitchell"}}}
    assert made(node, source=FLAT) == plain(3, 12, ORANGE)
    assert made({"resample_2d": {"w": 8, "h": 6}}) == KNOWN


def test_a_box_averages_in_the_light_that_is_asked_for() -> None:
    stripes = png([[BLACK, WHITE] * 4] * 6, 3)
    halves = {"w": 4, "h": 3, "hints": {"down_filter": "box", "scaling_colorspace": "srgb"}}
    assert near(made({"resample_2d": halves}, source=stripes), plain(4, 3, (128, 128, 128, 255)))
    linear = {**halves, "hints": {"down_filter": "box", "scaling_colorspace": "linear"}}
    assert near(made({"resample_2d": linear}, source=stripes), plain(4, 3, (188, 188, 188, 255)))


def test_sharpening_happens_when_it_is_asked_for() -> None:
    def sharpened(when: str, width: int) -> bool:
        hints = {"sharpen_percent": 80, "sharpen_when": when}
        node, usual = ({"resample_2d": {"w": width, "h": 6, **more}} for more in ({"hints": hints}, {}))
        return made(node) != made(usual)

    assert [sharpened("upscaling", width) for width in (4, 16)] == [False, True]
    assert [sharpened("downscaling", width) for width in (4, 16)] == [True, False]
    assert [sharpened("size_differs", width) for width in (4, 8)] == [True, False]


def test_a_picture_without_size_is_refused() -> None:
    refused(chain({"resample_2d": {"w": 0, "h": 4}}), kind="InvalidNodeParams", says=("resample_2d", "w"), node=1)
    for node in without({"resample_2d": {"w": 4, "h": 4}}, "w", "h"):
        refused(chain(node), kind="InvalidJson", says=("resample_2d",))


# Rectangles -----------------------------------------------------------------------------------------------------------


def crop(*corners: int) -> Node:
    return {"crop": dict(zip(("x1", "y1", "x2", "y2"), corners, strict=True))}


def region(*corners: float, background: Any = "transparent", percent: bool = False) -> Node:
    fields = dict(zip(("x1", "y1", "x2", "y2"), corners, strict=True))
    return {"region_percent" if percent else "region": {**fields, "background_color": background}}


def test_a_crop_keeps_its_rectangle() -> None:
    assert made(crop(2, 1, 7, 5)) == window(KNOWN, 2, 1, 7, 5)
    assert made(crop(0, 0, 8, 6)) == KNOWN
    assert made("rotate_90", crop(0, 0, 6, 8), "rotate_270") == KNOWN


@pytest.mark.parametrize("corners", [(0, 0, 9, 6), (0, 0, 8, 7), (8, 0, 9, 6), (7, 5, 8, 7)])
def test_a_crop_beyond_the_picture_is_refused(corners: tuple[int, ...]) -> None:
    refused(chain(crop(*corners)), kind="InvalidNodeParams", says=("Node 1 (crop)", "x2", "8 × 6"), node=1)


def test_a_crop_must_keep_something_and_be_whole() -> None:
    refused(chain(crop(3, 0, 3, 6)), kind="InvalidNodeParams", says=("crop", "x2"), node=1)
    refused(chain(crop(0, 5, 8, 4)), kind="InvalidNodeParams", says=("crop", "y2"), node=1)
    refused(chain(crop(-1, 0, 8, 6)), kind="InvalidJson", says=("x1",))
    for node in without(crop(0, 0, 8, 6), "x1", "y1", "x2", "y2"):
        refused(chain(node), kind="InvalidJson", says=("crop",))


@pytest.mark.parametrize(
    ("corners", "beyond"),
    [((2, 1, 7, 5), NONE), ((-2, -1, 10, 7), RED), ((-3, 2, 4, 9), NONE), ((6, -2, 12, 3), (0, 0, 255, 128))],
)
def test_a_region_shows_what_lies_beyond(corners: tuple[int, int, int, int], beyond: Pixel) -> None:
    background = colour(bytes(beyond).hex())
    assert made(region(*corners, background=background)) == window(KNOWN, *corners, beyond)


def test_a_region_that_misses_the_picture_is_plain() -> None:
    assert made(region(8, 0, 12, 3, background=colour("f00"))) == plain(4, 3, RED)
    assert made(region(-9, -9, 0, 0)) == plain(9, 9, NONE)
    jpeg = made(region(8, 0, 12, 3), preset={"mozjpeg": {}})
    assert jpeg == plain(4, 3, WHITE)


@pytest.mark.parametrize(
    ("corners", "pixels"),
    [
        ((25, 50, 75, 100), (2, 3, 6, 6)),
        ((6.25, 0, 93.75, 100), (1, 0, 8, 6)),  # half a pixel, seven and a half
        ((50, 50, 50.1, 50.1), (4, 3, 5, 4)),
        ((-25, 0, 100, 150), (-2, 0, 8, 9)),
        ((-6.25, 0, 100, 100), (-1, 0, 8, 6)),  # halves away from zero
        ((200, 0, 300, 100), (16, 0, 24, 6)),
    ],
)
def test_percents_are_rounded_to_pixels(corners: tuple[float, ...], pixels: tuple[int, int, int, int]) -> None:
    assert made(region(*corners, percent=True, background="black")) == window(KNOWN, *pixels, BLACK)


@pytest.mark.parametrize("percent", [False, True])
def test_a_region_needs_an_inside(percent: bool) -> None:
    name = "region_percent" if percent else "region"
    for corners, field in (((5, 0, 5, 6), "x2"), ((0, 6, 8, 2), "y2")):
        job = chain(region(*corners, percent=percent))
        refused(job, kind="InvalidNodeParams", says=(f"Node 1 ({name})", field), node=1)
    for node in without(region(0, 0, 8, 6, percent=percent), "x1", "y1", "x2", "y2", "background_color"):
        refused(chain(node), kind="InvalidJson", says=(name,))


def expand(left: int, top: int, right: int, bottom: int, paint: Any = "black") -> Node:
    return {"expand_canvas": {"left": left, "top": top, "right": right, "bottom": bottom, "color": paint}}


def test_a_canvas_expands_and_turns_transparent_if_its_colour_is() -> None:
    assert made(expand(1, 2, 3, 4)) == window(KNOWN, -1, -2, 11, 10, BLACK)
    assert made(expand(0, 0, 0, 0, "transparent")) == KNOWN
    assert made(expand(0, 1, 0, 0, colour("ff000040")))[0] == [(255, 0, 0, 64)] * 8


def test_what_expand_canvas_does_not_take() -> None:
    refused(chain(expand(-1, 0, 0, 0)), kind="InvalidJson", says=("left",))
    refused(chain(expand(2**31, 0, 1, 0)), kind="InvalidNodeParams", says=("expand_canvas", "left"), node=1)
    refused(chain(expand(50_000, 0, 0, 0)), kind="SizeLimitExceeded", says=("width",))
    for node in without(expand(1, 1, 1, 1), "left", "top", "right", "bottom", "color"):
        refused(chain(node), kind="InvalidJson", says=("expand_canvas",))


# Whitespace -----------------------------------------------------------------------------------------------------------


def boxed(width: int, height: int, left: int, top: int, right: int, bottom: int) -> bytes:
    """A black rectangle on white."""
    lines: Rows = [
        [BLACK if left <= x < right and top <= y < bottom else WHITE for x in range(width)] for y in range(height)
    ]
    return png(lines, 3)


def trim(threshold: int = 80, padding: float = 0) -> Node:
    return {"crop_whitespace": {"threshold": threshold, "percent_padding": padding}}


BOXED = boxed(40, 30, 10, 8, 30, 22)


def test_whitespace_is_cut_off() -> None:
    assert near(made(trim(), source=BOXED), plain(20, 14, BLACK), 0)
    width, height = size(trim(padding=10), source=BOXED)
    assert (width, height) == (24, 18)  # a tenth of the mean side is 1.7 pixels, at each side
    assert size(trim(padding=900), source=BOXED) == (40, 30)


def test_what_follows_sees_the_content_alone() -> None:
    assert size(trim(), constrain("within", 10), source=BOXED) == (10, 7)
    assert size(trim(), constrain("fit"), source=BOXED) == (20, 14)
    assert made(trim(), crop(0, 0, 20, 14), source=BOXED) == plain(20, 14, BLACK)
    assert made(trim(), expand(1, 0, 0, 0, colour("f00")), source=BOXED)[3][:2] == [RED, BLACK]
    assert size(trim(), region(100, 0, 104, 3), source=BOXED) == (4, 3)


def test_a_crop_beyond_the_content_is_refused() -> None:
    with pytest.raises(jobs.JobError, match="20 × 14 pixels for x1, y1, x2, y2") as caught:
        jobs.run(chain(trim(), crop(0, 0, 40, 30)), BOXED)
    assert (caught.value.category_name, caught.value.status) == ("ArgumentInvalid", 400)


@pytest.mark.parametrize("name", ["max_frame_size", "max_encode_size"])
def test_what_is_written_behind_a_crop_of_whitespace_is_held_to_its_sides(name: str) -> None:
    job = chain(trim(), expand(0, 0, 60, 0, "black"))
    enough = {name: {"w": 80, "h": 30, "megapixels": 1}}
    assert output({**job, "builder_config": {"security": enough}}, BOXED).width == 80
    less = {name: {"w": 79, "h": 30, "megapixels": 1}}
    says = (f"Frame width 80 exceeds {name}.w 79",)
    refused({**job, "builder_config": {"security": less}}, BOXED, kind="SizeLimitExceeded", says=says, node=3)


def test_what_crop_whitespace_does_not_take() -> None:
    refused(chain(trim(-1)), kind="InvalidJson", says=("threshold",))
    for node in without(trim(), "threshold", "percent_padding"):
        refused(chain(node), kind="InvalidJson", says=("crop_whitespace",))


# Turns ----------------------------------------------------------------------------------------------------------------


def transposed(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def flipped(rows: Rows) -> Rows:
    return [row[::-1] for row in rows]


TURNED = {
    "flip_h": flipped(KNOWN),
    "flip_v": KNOWN[::-1],
    "transpose": transposed(KNOWN),
    "rotate_90": flipped(transposed(KNOWN)),
    "rotate_180": flipped(KNOWN)[::-1],
    "rotate_270": transposed(KNOWN)[::-1],
}


@pytest.mark.parametrize("name", TURNED)
def test_turns_are_clockwise(name: str) -> None:
    assert made(name) == made({name: None}) == TURNED[name]


@pytest.mark.parametrize(
    ("flag", "turned"),
    [
        (1, KNOWN),
        (2, TURNED["flip_h"]),
        (3, TURNED["rotate_180"]),
        (4, TURNED["flip_v"]),
        (5, TURNED["transpose"]),
        (6, TURNED["rotate_90"]),
        (7, flipped(transposed(KNOWN))[::-1]),
        (8, TURNED["rotate_270"]),
        (0, KNOWN),
        (9, KNOWN),
        (-6, KNOWN),
    ],
)
def test_orientations_are_made_upright(flag: int, turned: Rows) -> None:
    assert made({"apply_orientation": {"flag": flag}}) == turned


@pytest.mark.parametrize("orientation", range(1, 9))
def test_decoding_makes_upright_what_is_stored_otherwise(orientation: int) -> None:
    rows = made(source=pictures.corners(24, 16, orientation, "png"))
    assert (len(rows[0]), len(rows)) == (24, 16)
    seen = [rows[0][0], rows[0][23], rows[15][0], rows[15][23]]
    assert near([seen], [[RED, (0, 255, 0, 255), (0, 0, 255, 255), WHITE]], 60)


def test_a_flag_is_a_whole_number() -> None:
    refused(chain({"apply_orientation": {"flag": "6"}}), kind="InvalidJson", says=("flag",))
    refused(chain({"apply_orientation": {}}), kind="InvalidJson", says=("flag",))
    refused(chain("rotate_45"), kind="InvalidJson", says=("rotate_45",))


def test_pixels_are_read_as_they_were_written() -> None:
    assert pixels(png(KNOWN, 3)) == KNOWN
