"""Whatever the graph: a plan that is canonical, or an error that says what is wrong with it."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.lowering import recipe_of
from edge.dialects.imageflow.model import Build
from edge.jobs.settling import settle_job
from edge.plan.canonical import parse_plan, print_plan
from edge.plan.facts import Facts, Limits
from edge.plan.layout import settle
from tests.edge.dialects.imageflow.jobs import DECODE, RED, build, encode, graph

PHOTO = Facts("jpeg", 4000, 3000, orientation=6)
PNG = Facts("png", 300, 200, lossless=True)
CLEAR = Facts("png", 300, 200, alpha=True, lossless=True)
WEBP = Facts("webp", 300, 200)
GIF = Facts("gif", 300, 200, frames=12, alpha=True)
SAVERS = frozenset({"jpeg", "png", "gif", "webp", "avif"})

LENGTH = st.one_of(st.integers(0, 300), st.sampled_from([2**31, 2**32 - 1]))
CORNER = st.one_of(st.integers(-300, 600), st.sampled_from([-(2**31), 2**31 - 1]))
REAL = st.one_of(st.floats(-200, 300, width=32), st.sampled_from([3e38, -3e38]))
COLOUR = st.sampled_from(["transparent", "black", RED, {"srgb": {"hex": "00ff0080"}}, {"srgb": {"hex": "nope"}}])
HINTS = st.fixed_dictionaries(
    {},
    optional={
        "sharpen_percent": REAL,
        "down_filter": st.sampled_from(["box", "robidoux"]),
        "background_color": COLOUR,
        "resample_when": st.sampled_from(["size_differs", "always"]),
    },
)
SQUARE = {"left": LENGTH, "top": LENGTH, "right": LENGTH, "bottom": LENGTH}


def rectangle(each: st.SearchStrategy[Any], **others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({**dict.fromkeys(("x1", "y1", "x2", "y2"), each), **others})


def node(name: str, fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return fields.map(lambda said: {name: said})


MARK = st.fixed_dictionaries(
    {"io_id": st.sampled_from([0, 1, 2])},
    optional={
        "fit_box": st.one_of(
            node("image_percentage", rectangle(REAL)), node("canvas_margins", st.fixed_dictionaries(SQUARE))
        ),
        "fit_mode": st.sampled_from(["distort", "within", "fit", "within_crop", "fit_crop"]),
        "opacity": REAL,
        "hints": HINTS,
    },
)
QUERIES = ["", "w=50", "w=auto&s.alpha=0.5", "w=9&h=90&rotate=90&format=png", "trim.threshold=9", "crop=1,1,9,9"]
NODES = st.one_of(
    st.sampled_from(["flip_h", "rotate_90", "transpose", "watermark_red_dot", DECODE, {"decode": {"io_id": 1}}]),
    node(
        "constrain",
        st.fixed_dictionaries(
            {"mode": st.sampled_from(["distort", "within", "fit_pad", "aspect_crop"])},
            optional={"w": LENGTH, "h": LENGTH, "hints": HINTS, "canvas_color": COLOUR},
        ),
    ),
    node("crop", rectangle(LENGTH)),
    node("region", rectangle(CORNER, background_color=COLOUR)),
    node("region_percent", rectangle(REAL, background_color=COLOUR)),
    node("crop_whitespace", st.fixed_dictionaries({"threshold": LENGTH, "percent_padding": REAL})),
    node("resample_2d", st.fixed_dictionaries({"w": LENGTH, "h": LENGTH}, optional={"hints": HINTS})),
    node("fill_rect", rectangle(LENGTH, color=COLOUR)),
    node("expand_canvas", st.fixed_dictionaries({**SQUARE, "color": COLOUR})),
    node(
        "create_canvas",
        st.fixed_dictionaries(
            {
                "format": st.sampled_from(["bgra_32", "bgr_32"]),
                "w": st.integers(0, 400),
                "h": st.integers(0, 400),
                "color": COLOUR,
            }
        ),
    ),
    node("copy_rect_to_canvas", st.fixed_dictionaries(dict.fromkeys(("from_x", "from_y", "w", "h", "x", "y"), LENGTH))),
    node(
        "draw_image_exact",
        st.fixed_dictionaries(
            dict.fromkeys(("x", "y", "w", "h"), LENGTH),
            optional={"blend": st.sampled_from(["compose", "overwrite"]), "hints": HINTS},
        ),
    ),
    node(
        "round_image_corners",
        st.fixed_dictionaries(
            {"radius": st.one_of(st.just("circle"), node("pixels", REAL)), "background_color": COLOUR}
        ),
    ),
    node("color_filter_srgb", st.one_of(st.just("sepia"), node("alpha", REAL))),
    node(
        "color_matrix_srgb",
        st.fixed_dictionaries({"matrix": st.lists(st.lists(REAL, min_size=5, max_size=5), min_size=5, max_size=5)}),
    ),
    node("watermark", MARK),
    node(
        "command_string",
        st.fixed_dictionaries(
            {"kind": st.just("ir4"), "value": st.sampled_from(QUERIES)},
            optional={
                "decode": st.sampled_from([0, 1]),
                "encode": st.sampled_from([5, 6]),
                "watermarks": st.lists(MARK, max_size=2),
            },
        ),
    ),
)
PRESETS = st.sampled_from(
    ["gif", {"mozjpeg": {}}, {"libpng": {"depth": "png_24"}}, "webplossless", {"auto": {"quality_profile": "good"}}]
)
ENCODES = st.builds(encode, PRESETS, st.sampled_from([5, 6]))


@st.composite
def graphs(draw: st.DrawFn) -> Build:
    """Nodes in a row, each mostly wired as it must be to earlier ones, sometimes to anything."""
    nodes: list[Any] = [DECODE]
    inputs: list[tuple[int, int]] = []
    canvases: list[tuple[int, int]] = []
    for at in range(1, draw(st.integers(2, 7))):
        nodes.append(draw(NODES))
        kind = nodes[-1] if isinstance(nodes[-1], str) else next(iter(nodes[-1]))
        fields = {} if isinstance(nodes[-1], str) else nodes[-1][kind]
        if kind not in ("decode", "create_canvas") and "decode" not in fields:
            inputs.append((draw(st.integers(0, at - 1)), at))
        if kind in ("copy_rect_to_canvas", "draw_image_exact"):
            canvases.append((draw(st.integers(0, at - 1)), at))
    for end in range(draw(st.integers(1, 2))):
        nodes.append(encode(draw(PRESETS), 5 + end))
        inputs.append((draw(st.integers(0, len(nodes) - 2 - end)), len(nodes) - 1))
    if draw(st.integers(0, 9)) == 0:
        wild = st.tuples(st.integers(-1, len(nodes)), st.integers(-1, len(nodes)))
        inputs += draw(st.lists(wild, max_size=3))
    return graph(dict(enumerate(nodes)), inputs, canvases, ins=(0, 1), outs=(5, 6))


@settings(max_examples=300, deadline=None)
@given(graphs(), st.sampled_from([PNG, CLEAR, GIF, PHOTO]), st.sampled_from([WEBP, GIF]))
def test_no_graph_raises_anything_but_a_job_error(job: Build, first: Facts, second: Facts) -> None:
    try:
        made = settle_job(recipe_of(job), [first, second], SAVERS, Limits())
    except JobError:
        return
    assert parse_plan(print_plan(made.plan)) == made.plan
    assert len(made.outputs) == len(made.plan.outputs)
    assert print_plan(settle(made.plan, [first, second])) == print_plan(made.plan)


@settings(max_examples=100, deadline=None)
@given(st.lists(NODES, max_size=4), ENCODES, st.sampled_from([PNG, GIF]))
def test_steps_are_the_graph_of_their_chain(line: list[Any], end: Any, facts: Facts) -> None:
    every = [DECODE, *line, end]
    as_graph = graph(dict(enumerate(every)), [(at, at + 1) for at in range(len(every) - 1)], ins=(0, 1), outs=(5, 6))
    outcomes = []
    for job in (build(*every, ins=(0, 1), outs=(5, 6)), as_graph):
        try:
            outcomes.append(print_plan(settle_job(recipe_of(job), [facts, WEBP], SAVERS, Limits()).plan))
        except JobError as error:
            outcomes.append(error.message)
    assert outcomes[0] == outcomes[1]
