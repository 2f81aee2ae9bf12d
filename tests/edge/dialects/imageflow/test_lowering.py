"""What each node of a job becomes."""

from typing import Any

import pytest

from edge.dialects.book import Book
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.lowering import recipe_of
from edge.dialects.imageflow.model import Build, EstimateRequest, Execute
from edge.dialects.imageflow.recipe import Hint
from edge.plan import filters, steps
from tests.edge.dialects.imageflow.jobs import DECODE, ENCODE, RED, build, chain, encode, graph

WHOLE = steps.Region(0.0, 0.0, 100.0, 100.0, percent=True)
MIDDLE = steps.Point(50.0, 50.0)
UPSTREAM = Book(compat="imageflow")
MATRIX = [[float(10 * row + column) for column in range(5)] for row in range(5)]


def fit(**fields: Any) -> steps.Fit:
    return steps.Fit(**{"anchor": MIDDLE, **fields})


@pytest.mark.parametrize(
    ("mode", "meaning"),
    [
        ("distort", ("stretch", "both")),
        ("within", ("max", "down")),
        ("fit", ("max", "both")),
        ("larger_than", ("max", "up")),
        ("within_crop", ("crop", "down")),
        ("fit_crop", ("crop", "both")),
        ("within_pad", ("pad", "down")),
        ("fit_pad", ("pad", "both")),
        ("aspect_crop", ("aspectcrop", "down")),
    ],
)
def test_modes_of_constrain(mode: str, meaning: tuple[Any, Any]) -> None:
    wanted = fit(width=4, height=3, mode=meaning[0], scale=meaning[1])
    assert chain({"constrain": {"mode": mode, "w": 4, "h": 3}}) == (wanted, WHOLE)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, fit(mode="max")),
        ({"w": 4}, fit(width=4)),
        ({"h": 4}, fit(height=4)),
        ({"w": 2**32 - 1}, fit(width=2**31 - 1)),
        ({"w": 4, "gravity": "center"}, fit(width=4)),
        ({"w": 4, "gravity": {"percentage": {"x": -3, "y": 120}}}, fit(width=4, anchor=steps.Point(0.0, 100.0))),
        ({"w": 4, "canvas_color": "black"}, fit(width=4, background="000000ff")),
        ({"w": 4, "canvas_color": "transparent"}, fit(width=4)),
        ({"w": 4, "hints": {"background_color": RED}}, fit(width=4, background="ff0000ff")),
        ({"w": 4, "canvas_color": "black", "hints": {"background_color": RED}}, fit(width=4, background="000000ff")),
        ({"w": 4, "canvas_color": "transparent", "hints": {"background_color": RED}}, fit(width=4)),
    ],
)
def test_fields_of_constrain(fields: dict[str, Any], wanted: steps.Fit) -> None:
    assert chain({"constrain": {"mode": "within_pad", **fields}}) == (
        steps.Fit(**{**{name: getattr(wanted, name) for name in wanted.__slots__}, "mode": wanted.mode}),
        WHOLE,
    )


@pytest.mark.parametrize(
    ("hints", "fields"),
    [
        ({"sharpen_percent": 15}, {"sharpen": 15.0}),
        ({"sharpen_percent": 500}, {"sharpen": 100.0}),
        ({"sharpen_percent": -5}, {}),
        ({"sharpen_percent": 15, "sharpen_when": "upscaling"}, {"sharpen": 15.0, "sharpen_when": "upscaling"}),
        ({"sharpen_percent": 15, "sharpen_when": "size_differs"}, {"sharpen": 15.0, "sharpen_when": "sizediffers"}),
        ({"sharpen_percent": 15, "resample_when": "size_differs"}, {"sharpen": 15.0, "sharpen_when": "sizediffers"}),
        (
            {"sharpen_percent": 15, "sharpen_when": "downscaling", "resample_when": "size_differs"},
            {"sharpen": 15.0, "sharpen_when": "downscaling"},
        ),
        ({"sharpen_when": "downscaling"}, {}),
        ({"down_filter": "box", "up_filter": "ginseng"}, {"down_kernel": "box", "up_kernel": "lanczos3"}),
        ({"scaling_colorspace": "srgb"}, {"light": "srgb", "up_light": "srgb"}),
        ({"background_color": RED}, {"background": "ff0000ff"}),
        ({"background_color": {"srgb": {"hex": "ff000080"}}}, {}),
    ],
)
def test_hints_of_resampling(hints: dict[str, Any], fields: dict[str, Any]) -> None:
    wanted = steps.Fit(4, 3, mode="stretch", scale="both", **fields)
    assert chain({"resample_2d": {"w": 4, "h": 3, "hints": hints}}) == (wanted, WHOLE)


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        ({"crop": {"x1": 1, "y1": 2, "x2": 3, "y2": 4}}, (steps.Region(1.0, 2.0, 3.0, 4.0, inside=True),)),
        (
            {"region": {"x1": -1, "y1": -2, "x2": 3, "y2": 4, "background_color": RED}},
            (steps.Region(-1.0, -2.0, 3.0, 4.0, background="ff0000ff"),),
        ),
        (
            {"region_percent": {"x1": -1.5, "y1": 0, "x2": 150, "y2": 50, "background_color": "transparent"}},
            (steps.Region(-1.5, 0.0, 150.0, 50.0, percent=True),),
        ),
        ({"crop_whitespace": {"threshold": 80, "percent_padding": 0.5}}, (steps.Trim(80, 0.5), WHOLE)),
        ({"crop_whitespace": {"threshold": 80, "percent_padding": -1}}, (steps.Trim(80), WHOLE)),
        (
            {"expand_canvas": {"left": 1, "top": 2, "right": 3, "bottom": 4, "color": RED}},
            (steps.Expand(1, 2, 3, 4, "ff0000ff"),),
        ),
        (
            {"fill_rect": {"x1": 1, "y1": 2, "x2": 3, "y2": 4, "color": {"srgb": {"hex": "#F00C"}}}},
            (steps.Fill(1, 2, 3, 4, "ff0000cc"),),
        ),
        ("flip_h", (steps.Mirror("x"),)),
        ("flip_v", (steps.Mirror("y"),)),
        ("transpose", (steps.Turn(1), steps.Mirror("x"))),
        ("rotate_90", (steps.Turn(1),)),
        ("rotate_180", (steps.Turn(2),)),
        ({"rotate_270": None}, (steps.Turn(3),)),
        ({"apply_orientation": {"flag": 1}}, ()),
        ({"apply_orientation": {"flag": 2}}, (steps.Mirror("x"),)),
        ({"apply_orientation": {"flag": 3}}, (steps.Turn(2),)),
        ({"apply_orientation": {"flag": 4}}, (steps.Mirror("y"),)),
        ({"apply_orientation": {"flag": 5}}, (steps.Turn(1), steps.Mirror("x"))),
        ({"apply_orientation": {"flag": 6}}, (steps.Turn(1),)),
        ({"apply_orientation": {"flag": 7}}, (steps.Turn(3), steps.Mirror("x"))),
        ({"apply_orientation": {"flag": 8}}, (steps.Turn(3),)),
        ({"apply_orientation": {"flag": -9}}, ()),
        ("watermark_red_dot", (steps.Dot(),)),
        ({"white_balance_histogram_area_threshold_srgb": {}}, (steps.Balance(),)),
        ({"white_balance_histogram_area_threshold_srgb": {"threshold": 0.25}}, (steps.Balance(0.25),)),
        ({"white_balance_histogram_area_threshold_srgb": {"threshold": 30}}, (steps.Balance(1.0),)),
    ],
)
def test_nodes_of_one_input(node: Any, wanted: tuple[steps.Step, ...]) -> None:
    assert chain(node) == wanted


@pytest.mark.parametrize(
    ("radius", "wanted"),
    [
        ({"percentage": 20}, ((20.0,) * 4, "percent")),
        ({"percentage": 300}, ((100.0,) * 4, "percent")),
        ({"pixels": 300}, ((300.0,) * 4, "pixels")),
        ({"pixels": -1}, ((0.0,) * 4, "pixels")),
        ("circle", ((100.0,) * 4, "circle")),
        (
            {"percentage_custom": {"top_left": 1, "top_right": 2, "bottom_right": 3, "bottom_left": 4}},
            ((1.0, 2.0, 3.0, 4.0), "percent"),
        ),
        (
            {"pixels_custom": {"top_left": 1, "top_right": 2, "bottom_right": 3, "bottom_left": 4}},
            ((1.0, 2.0, 3.0, 4.0), "pixels"),
        ),
    ],
)
def test_radii_of_corners(radius: Any, wanted: tuple[Any, Any]) -> None:
    node = {"round_image_corners": {"radius": radius, "background_color": RED}}
    assert chain(node) == (steps.Round(wanted[0], "ff0000ff", wanted[1]),)


@pytest.mark.parametrize(
    ("said", "matrix"),
    [
        ("grayscale_ntsc", filters.grayscale("ntsc")),
        ("grayscale_flat", filters.grayscale("flat")),
        ("grayscale_bt709", filters.grayscale("bt709")),
        ("grayscale_ry", filters.grayscale("ry")),
        ("sepia", filters.sepia()),
        ("invert", filters.invert()),
        ({"alpha": 0.5}, filters.alpha(0.5)),
        ({"contrast": 0.5}, filters.contrast(0.5)),
        ({"brightness": -0.5}, filters.brightness(-0.5)),
        ({"saturation": 0.5}, filters.saturation(0.5)),
    ],
)
def test_colour_filters(said: Any, matrix: filters.Matrix) -> None:
    assert chain({"color_filter_srgb": said}) == (steps.Recolour(matrix),)


def test_upstreams_greys_where_a_route_keeps_its_ways() -> None:
    made = chain({"color_filter_srgb": "grayscale_flat"}, book=UPSTREAM)
    assert made == (steps.Recolour(filters.grayscale("flat", upstream=True)),)


def test_a_colour_matrix_is_turned_round() -> None:
    (step,) = chain({"color_matrix_srgb": {"matrix": MATRIX}})
    assert isinstance(step, steps.Recolour)
    assert step.matrix[:5] == (0.0, 10.0, 20.0, 30.0, 40.0)  # what red is made of: red, green, blue, alpha, offset
    assert step.matrix[15:] == (3.0, 13.0, 23.0, 33.0, 43.0)


@pytest.mark.parametrize(
    ("commands", "wanted"),
    [
        (None, steps.Decode()),
        (["discard_color_profile"], steps.Decode(profile="ignore")),
        (["ignore_color_profile_errors"], steps.Decode(profile="lenient")),
        (["discard_color_profile", "ignore_color_profile_errors"], steps.Decode(profile="ignore")),
        ([{"select_frame": 3}], steps.Decode(frame=3)),
    ],
)
def test_commands_of_decoders(commands: Any, wanted: steps.Decode) -> None:
    recipe = recipe_of(build({"decode": {"io_id": 0, "commands": commands}}, ENCODE))
    assert recipe.plan.nodes[0].step == wanted


def test_a_broken_profile_fails_only_where_upstreams_ways_are_kept() -> None:
    assert recipe_of(build(DECODE, ENCODE), UPSTREAM).plan.nodes[0].step == steps.Decode(profile="strict")


def test_hints_to_decoders_wait_for_the_facts() -> None:
    commands = [{"jpeg_downscale_hints": {"width": 5, "height": 6}}]
    recipe = recipe_of(build({"decode": {"io_id": 0, "commands": commands}}, ENCODE))
    assert recipe.hints == ((0, Hint("jpeg", 5, 6)),)


def test_an_input_is_read_once_for_all_who_read_it_alike() -> None:
    job = graph(
        {0: DECODE, 1: DECODE, 2: ENCODE, 3: {"encode": {"io_id": 2, "preset": "gif"}}}, [(0, 2), (1, 3)], outs=(1, 2)
    )
    assert [type(step) for step in recipe_of(job).plan.steps()] == [steps.Decode, steps.Encode, steps.Encode]


def test_a_canvas_without_alpha_is_opaque() -> None:
    node = {"create_canvas": {"format": "bgr_32", "w": 3, "h": 4, "color": {"srgb": {"hex": "ff000080"}}}}
    assert recipe_of(build(node, ENCODE)).plan.nodes[0].step == steps.Canvas(3, 4, "ff0000ff", alpha=False)


def test_an_image_is_drawn_at_its_size() -> None:
    canvas = {"create_canvas": {"format": "bgra_32", "w": 30, "h": 40, "color": "transparent"}}
    draw = {"draw_image_exact": {"x": 1, "y": 2, "w": 3, "h": 4, "blend": "overwrite"}}
    plan = recipe_of(graph({0: DECODE, 1: canvas, 2: draw, 3: ENCODE}, [(0, 2), (2, 3)], [(1, 2)])).plan
    assert [node.step for node in plan.nodes][1:-1] == [
        steps.Canvas(30, 40),
        steps.Fit(3, 4, mode="stretch", scale="both"),
        WHOLE,
        steps.Overlay(1, 2, blend="overwrite", inside=True),
    ]
    assert [node.of for node in plan.nodes] == [(), (), (0,), (2,), (1, 3), (4,)]


def test_a_rectangle_is_copied() -> None:
    canvas = {"create_canvas": {"format": "bgra_32", "w": 30, "h": 40, "color": "transparent"}}
    copy = {"copy_rect_to_canvas": {"from_x": 1, "from_y": 2, "w": 3, "h": 4, "x": 5, "y": 6}}
    plan = recipe_of(graph({0: DECODE, 1: canvas, 2: copy, 3: ENCODE}, [(0, 2), (2, 3)], [(1, 2)])).plan
    assert [node.step for node in plan.nodes][2:-1] == [
        steps.Region(1.0, 2.0, 4.0, 6.0, inside=True),
        steps.Overlay(5, 6, blend="overwrite", inside=True),
    ]


def wrong(node: Any) -> JobError:
    """The error of a node that has an input and perhaps a canvas."""
    kind = next(iter(node))
    canvas = {"create_canvas": {"format": "bgra_32", "w": 30, "h": 40, "color": "transparent"}}
    job = build(DECODE, node, ENCODE)
    if kind == "create_canvas":
        job = build(node, ENCODE)
    elif kind in ("copy_rect_to_canvas", "draw_image_exact"):
        job = graph({0: DECODE, 2: canvas, 1: node, 3: ENCODE}, [(0, 1), (1, 3)], [(2, 1)])
    with pytest.raises(JobError) as caught:
        recipe_of(job)
    return caught.value


def corners(x1: float, y1: float, x2: float, y2: float, **others: Any) -> dict[str, Any]:
    return {"x1": x1, "y1": y1, "x2": x2, "y2": y2, **others}


def sized(w: int, h: int, format: str = "bgra_32") -> dict[str, Any]:
    return {"create_canvas": {"format": format, "w": w, "h": h, "color": "black"}}


BAD_COLOUR = {"srgb": {"hex": "red"}}


@pytest.mark.parametrize(
    ("node", "kind", "field"),
    [
        ({"constrain": {"mode": "fit", "w": 0}}, "InvalidNodeParams", "w"),
        ({"constrain": {"mode": "fit", "h": 0}}, "InvalidNodeParams", "h"),
        ({"constrain": {"mode": "fit", "canvas_color": BAD_COLOUR}}, "InvalidNodeParams", "canvas_color"),
        (
            {"constrain": {"mode": "fit", "hints": {"background_color": BAD_COLOUR}}},
            "InvalidNodeParams",
            "hints.background_color",
        ),
        ({"resample_2d": {"w": 0, "h": 1}}, "InvalidNodeParams", "w"),
        ({"crop": corners(1, 0, 1, 4)}, "InvalidNodeParams", "x2"),
        ({"crop": corners(0, 5, 1, 4)}, "InvalidNodeParams", "y2"),
        ({"region": corners(0, 0, 0, 1, background_color=RED)}, "InvalidNodeParams", "x2"),
        ({"region": corners(0, 0, 1, 1, background_color=BAD_COLOUR)}, "InvalidNodeParams", "background_color"),
        ({"region_percent": corners(0, 9, 1, 9, background_color=RED)}, "InvalidNodeParams", "y2"),
        ({"fill_rect": corners(3, 0, 3, 1, color=RED)}, "InvalidCoordinates", "x2"),
        (
            {"expand_canvas": {"left": 2**31, "top": 0, "right": 0, "bottom": 0, "color": RED}},
            "InvalidNodeParams",
            "left and right together",
        ),
        (sized(0, 5), "InvalidCoordinates", "w"),
        (sized(5, 2_000_001), "InvalidCoordinates", "h"),
        (sized(100_001, 1000), "InvalidCoordinates", "w times h"),
        (sized(5, 5, "bgr_24"), "InvalidNodeParams", "format"),
        (sized(5, 5, "gray_8"), "InvalidNodeParams", "format"),
        (
            {"copy_rect_to_canvas": {"from_x": 0, "from_y": 0, "w": 0, "h": 1, "x": 0, "y": 0}},
            "InvalidNodeParams",
            "w",
        ),
        ({"draw_image_exact": {"x": 0, "y": 0, "w": 1, "h": 0}}, "InvalidNodeParams", "h"),
        (
            {"draw_image_exact": {"x": 0, "y": 0, "w": 1, "h": 1, "hints": {"resample_when": "size_differs"}}},
            "InvalidNodeParams",
            "hints.resample_when",
        ),
    ],
)
def test_what_cannot_be_names_node_and_field(node: Any, kind: str, field: str) -> None:
    error = wrong(node)
    assert error.kind == kind
    assert f" for {field} but received " in error.sentence
    assert error.sentence.startswith(f"Node {error.node} ({next(iter(node))}): ")


@pytest.mark.parametrize("hex", ["red", "transparent", "ff00f", "", "gggggg", "ff0000 "])
def test_colours_are_hex_alone(hex: str) -> None:
    node = {"expand_canvas": {"left": 0, "top": 0, "right": 0, "bottom": 1, "color": {"srgb": {"hex": hex}}}}
    assert wrong(node).kind == "InvalidNodeParams"


def test_the_security_of_the_builder_comes_last() -> None:
    inner, outer = {"max_json_bytes": 1}, {"max_json_bytes": 2}
    recipe = recipe_of(build(DECODE, ENCODE, builder_config={"security": inner}, security=outer))
    assert [each.max_json_bytes for each in recipe.securities] == [2, 1]
    job = Execute.model_validate({"framewise": {"steps": [DECODE, ENCODE]}, "security": outer})
    assert [each.max_json_bytes for each in recipe_of(job).securities] == [2]


def test_an_estimate_of_one_input_is_no_job() -> None:
    with pytest.raises(JobError, match="framewise"):
        recipe_of(EstimateRequest())


def test_compat_decides_the_layout_to_the_pixel() -> None:
    (step, _) = chain({"constrain": {"mode": "within_pad", "w": 3}}, book=UPSTREAM)
    assert step == fit(width=3, exact=True)


def test_a_job_is_read_the_same_whatever_its_kind() -> None:
    job: Build = build(DECODE, "flip_h", ENCODE)
    assert recipe_of(job).plan == recipe_of(Execute(framewise=job.framewise)).plan


def test_more_outputs_than_a_worker_answers_with_are_refused() -> None:
    nodes = {0: DECODE, **{at: encode("gif", at) for at in range(1, 258)}}
    with pytest.raises(JobError, match="at most 256 outputs") as caught:
        recipe_of(graph(nodes, [(0, at) for at in range(1, 258)], outs=range(1, 258)))
    assert (caught.value.kind, caught.value.node) == ("GraphInvalid", 257)
