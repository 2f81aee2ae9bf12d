"""Nodes that round corners and change colours: golden pixels, and what is refused."""

import math
from typing import Any

import pytest

from tests.edge.jobs.tiny import (
    BLACK,
    BLUE,
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
    plain,
    png,
    refused,
    without,
)

STEEL: Pixel = (100, 150, 200, 255)
FLAT = png(plain(8, 6, STEEL), 3)
BLUES = png(plain(20, 20, BLUE), 3)

# Corners --------------------------------------------------------------------------------------------------------------


def rounded(radius: Any, background: Any = "transparent") -> Node:
    return {"round_image_corners": {"radius": radius, "background_color": background}}


def custom(unit: str, *radii: float) -> Any:
    names = ("top_left", "top_right", "bottom_right", "bottom_left")
    return {f"{unit}_custom": dict(zip(names, radii, strict=True))}


def missing(rows: Rows) -> float:
    """How many pixels are cut off, parts of pixels included."""
    return sum(255 - pixel[3] for row in rows for pixel in row) / 255


def corner(radius: float) -> float:
    """What a corner loses."""
    return radius**2 * (1 - math.pi / 4)


@pytest.mark.parametrize(
    ("radius", "lost"),
    [
        ({"pixels": 5}, 4 * corner(5)),
        ({"pixels": 900}, 4 * corner(10)),
        ({"pixels": 0}, 0.0),
        ({"percentage": 50}, 4 * corner(5)),
        ({"percentage": 100}, 4 * corner(10)),
        ({"percentage": 250}, 4 * corner(10)),
        ("circle", 4 * corner(10)),
        ({"circle": None}, 4 * corner(10)),
        (custom("pixels", 8, 0, 4, 0), corner(8) + corner(4)),
        (custom("percentage", 80, 0, 40, 0), corner(8) + corner(4)),
    ],
)
def test_corners_lose_what_is_outside_their_quarter_circles(radius: Any, lost: float) -> None:
    rows = made(rounded(radius), source=BLUES)
    assert missing(rows) == pytest.approx(lost, rel=0.06, abs=0.5)
    assert rows[10][10] == BLUE


def test_percent_and_pixels_of_the_same_length_are_the_same() -> None:
    assert made(rounded({"percentage": 50}), source=BLUES) == made(rounded({"pixels": 5}), source=BLUES)
    same = [made(rounded(custom("pixels", 5, 5, 5, 5)), source=BLUES), made(rounded({"pixels": 5}), source=BLUES)]
    assert same[0] == same[1]


def test_each_corner_has_its_own_radius() -> None:
    radii = (8, 0, 0, 0)
    for turn in range(4):
        rows = made(rounded(custom("pixels", *radii[-turn:], *radii[:-turn])), source=BLUES)
        seen = [rows[0][0], rows[0][19], rows[19][19], rows[19][0]]
        assert [pixel[3] == 0 for pixel in seen] == [at == turn for at in range(4)]


@pytest.mark.parametrize(("width", "height"), [(30, 10), (10, 30)])
def test_a_circle_lies_in_the_middle(width: int, height: int) -> None:
    rows = made(rounded("circle"), source=png(plain(width, height, BLUE), 3))
    assert (len(rows[0]), len(rows)) == (width, height)
    assert width * height - missing(rows) == pytest.approx(math.pi * 25, rel=0.03)
    left, top = width // 2, height // 2
    assert [rows[top][left], rows[top][left - 4], rows[top - 4][left], rows[0][0]] == [BLUE, BLUE, BLUE, NONE]
    beside = rows[top][left - 7] if width > height else rows[top - 7][left]
    assert beside == NONE


def test_a_background_shows_in_the_corners() -> None:
    for paint, pixel in ((colour("f00"), RED), (colour("ff000080"), (255, 0, 0, 128)), ("transparent", NONE)):
        rows = made(rounded({"pixels": 10}, paint), source=BLUES)
        assert near([[rows[0][0]]], [[pixel]])
    jpeg = made(rounded({"pixels": 10}), source=BLUES, preset={"mozjpeg": {"quality": 100, "matte": colour("f00")}})
    assert near([jpeg[0][:1]], [[RED]], 60)


@pytest.mark.parametrize(
    ("node", "says"),
    [
        (rounded({"inches": 3}), "inches"),
        (rounded("square"), "square"),
        (rounded({"pixels": "3"}), "pixels"),
        (rounded({"pixels_custom": {"top_left": 3}}), "top_right"),
        *[(node, "round_image_corners") for node in without(rounded("circle"), "radius", "background_color")],
    ],
)
def test_what_rounding_does_not_take(node: Node, says: str) -> None:
    refused(chain(node), kind="InvalidJson", says=(says,))


def test_a_colour_that_is_none_is_told() -> None:
    job = chain(rounded("circle", colour("reddish")))
    refused(job, kind="InvalidNodeParams", says=("round_image_corners", "background_color", "reddish"), node=1)


# Filters --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pixel"),
    [
        ("grayscale_ntsc", (141, 141, 141, 255)),
        ("grayscale_flat", (150, 150, 150, 255)),
        ("grayscale_bt709", (143, 143, 143, 255)),
        ("grayscale_ry", (129, 129, 129, 255)),
        ("sepia", (192, 171, 134, 255)),
        ("invert", (155, 105, 55, 255)),
        ({"alpha": 0.5}, (100, 150, 200, 128)),
        ({"alpha": 0}, NONE),
        ({"alpha": 1}, STEEL),
        ({"contrast": 0.5}, (86, 161, 236, 255)),
        ({"contrast": -1}, (128, 128, 128, 255)),
        ({"brightness": 0.1}, (126, 176, 226, 255)),
        ({"brightness": -1}, BLACK),
        ({"brightness": 1}, WHITE),
        ({"saturation": -1}, (139, 139, 139, 255)),
        ({"saturation": 0}, STEEL),
        ({"saturation": 1}, (61, 161, 255, 255)),
    ],
)
def test_filters_change_stored_colours(name: Any, pixel: Pixel) -> None:
    rows = made({"color_filter_srgb": name}, source=FLAT)
    colours = [[each if each[3] else NONE for each in row] for row in rows]
    assert near(colours, plain(8, 6, pixel))


@pytest.mark.parametrize(
    ("filter", "says"),
    [
        ("greyscale", "greyscale"),
        ({"contrast": "high"}, "contrast"),
        ({"alpha": 1, "contrast": 1}, "color_filter_srgb"),
        ("alpha", "alpha"),
    ],
)
def test_what_is_no_filter(filter: Any, says: str) -> None:
    refused(chain({"color_filter_srgb": filter}), kind="InvalidJson", says=(says,))


IDENTITY = [[float(row == column) for column in range(5)] for row in range(5)]


def matrix(**rows: list[float]) -> Node:
    """The identity but for some rows: the input's r, g, b, a, and the offset."""
    lines = {**dict(zip("rgba", IDENTITY, strict=False)), "offset": [0.0] * 5, **rows}
    return {"color_matrix_srgb": {"matrix": list(lines.values())}}


@pytest.mark.parametrize(
    ("node", "pixel"),
    [
        (matrix(), STEEL),
        (matrix(r=[0, 0, 1, 0, 0], b=[1, 0, 0, 0, 0]), (200, 150, 100, 255)),
        (matrix(r=[0, 1, 0, 0, 0], g=[0, 0, 1, 0, 0], b=[1, 0, 0, 0, 0]), (200, 100, 150, 255)),
        (matrix(offset=[0.2, 0, -0.2, 0, 0]), (151, 150, 149, 255)),
        (matrix(offset=[1, -1, 0, 0, 0]), (255, 0, 200, 255)),
        (matrix(r=[0.5, 0, 0, 0, 0]), (50, 150, 200, 255)),
        (matrix(a=[0, 0, 0, 0.5, 0]), (100, 150, 200, 128)),
        (matrix(a=[0.5, 0, 0, 1, 0]), (228, 150, 200, 255)),
    ],
)
def test_a_matrix_has_the_input_in_its_rows(node: Node, pixel: Pixel) -> None:
    assert near(made(node, source=FLAT), plain(8, 6, pixel))


@pytest.mark.parametrize("rows", [IDENTITY[:4], [*IDENTITY[:4], [0.0] * 4], [*IDENTITY, IDENTITY[0]], "identity", None])
def test_a_matrix_has_five_rows_of_five(rows: Any) -> None:
    refused(chain({"color_matrix_srgb": {"matrix": rows}}), kind="InvalidJson", says=("matrix",))


# White balance --------------------------------------------------------------------------------------------------------


def balance(threshold: float | None = None) -> Node:
    return {"white_balance_histogram_area_threshold_srgb": {"threshold": threshold}}


def ramp(width: int, height: int, low: int, high: int) -> bytes:
    """Greys from `low` to `high`, bluish."""
    greys = [low + (high - low) * x // (width - 1) for x in range(width)]
    return png([[(grey, grey, min(255, grey + 20), 255) for grey in greys] for _ in range(height)], 3)


def test_white_balance_spreads_each_colour() -> None:
    rows = made(balance(), source=ramp(100, 10, 50, 200))
    assert near([[rows[0][0], rows[0][99]]], [[BLACK, WHITE]], 4)
    assert near([[rows[0][50]]], [[(128, 128, 128, 255)]], 6)


def test_a_threshold_is_what_may_be_lost_at_each_end() -> None:
    source = ramp(100, 10, 50, 200)
    darkest = [sum(pixel[0] <= 1 for pixel in made(balance(share), source=source)[0]) for share in (0.0, 0.05, 0.2)]
    assert darkest == sorted(darkest)
    assert darkest[0] <= 2
    assert 3 <= darkest[1] <= 8
    assert 17 <= darkest[2] <= 24
    name = "white_balance_histogram_area_threshold_srgb"
    assert made({name: {}}, source=source) == made(balance(0.006), source=source)


def test_a_threshold_is_a_number() -> None:
    job = chain({"white_balance_histogram_area_threshold_srgb": {"threshold": "some"}})
    refused(job, kind="InvalidJson", says=("threshold",))
