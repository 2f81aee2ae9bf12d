"""From recipes and facts to concrete plans, or to why not."""

from dataclasses import replace
from typing import Any

import pytest

from edge.dialects import riapi
from edge.dialects.book import Book, Compat
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.lowering import query_recipe, recipe_of
from edge.dialects.imageflow.model import Build
from edge.dialects.imageflow.recipe import Recipe
from edge.exchange import Fields
from edge.jobs.settling import Settled, Sized, settle_job
from edge.negotiate.choose import negotiate
from edge.negotiate.delivery import Delivery
from edge.plan import steps
from edge.plan.canonical import print_plan
from edge.plan.facts import Facts, Limits
from edge.plan.layout import settle
from edge.plan.steps import Encode
from tests.edge.dialects.imageflow.jobs import DECODE, ENCODE, RED, build, encode, graph

JPEG = Facts("jpeg", 4000, 3000)
PHOTO = Facts("jpeg", 4000, 3000, orientation=6)
PNG = Facts("png", 300, 200, lossless=True)
CLEAR = Facts("png", 300, 200, alpha=True, lossless=True)
WEBP = Facts("webp", 300, 200)
GIF = Facts("gif", 300, 200, frames=12, alpha=True)
ALL = frozenset({"jpeg", "png", "gif", "webp", "avif", "jxl"})
SAVERS = ALL - {"jxl"}
GENEROUS = Limits(source_pixels=1 << 40, source_side=1 << 30, output_pixels=1 << 40)


def done(
    job: Build | Recipe,
    *facts: Facts,
    savers: frozenset[str] = SAVERS,
    limits: Limits = GENEROUS,
    compat: Compat = "modern",
) -> Settled:
    recipe = job if isinstance(job, Recipe) else recipe_of(job, Book(compat=compat))
    return settle_job(recipe, facts or (JPEG,), savers, limits, compat)


def refused(job: Build | Recipe, *facts: Facts, **others: Any) -> JobError:
    with pytest.raises(JobError) as caught:
        done(job, *facts, **others)
    return caught.value


def written(preset: Any, facts: Facts = JPEG, *nodes: Any, **others: Any) -> Encode:
    return done(build(DECODE, *nodes, encode(preset)), facts, **others).plan.outputs[0]


def auto(**allow: bool) -> dict[str, Any]:
    return {"auto": {"quality_profile": "good", "allow": allow}}


# --------------------------------------------------------------------------------------------------------------- plans


@pytest.mark.parametrize("facts", [JPEG, PHOTO, PNG, CLEAR, GIF])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "w=100",
        "w=100&h=100",
        "w=100&h=100&format=png&bgcolor=red",
        "w=100&h=100&mode=crop&rotate=90&sflip=x",
        "w=auto:200",
        "w=auto&dpr=auto",
        "w=50&dpr=2&format=webp&quality=40",
        "zoom=0.5&qp=high",
        "format=auto&accept.webp=1",
        "format=auto&accept.avif=1&qp=good",
        "s.roundcorners=50&w=80",
        "s.alpha=0.5",
        "trim.threshold=80&w=100&h=100&format=png",
        "frame=0&format=gif",
        "c=25,25,75,75&w=100&quality=auto",
        "w=300&h=300&scale=canvas",
        "format=jpg&w=20&jpeg.progressive=1",
        "format=png&png.quality=50",
    ],
)
@pytest.mark.parametrize("compat", ["modern", "imageflow"])
def test_a_query_means_what_it_means_in_a_url(query: str, facts: Facts, compat: Compat) -> None:
    delivery = Delivery(hints=None, auto_format=False, compat=compat)
    if compat == "imageflow":
        delivery = replace(delivery, quality={})
    wish = riapi.parse(query, Book(compat=compat))
    url = settle(negotiate(wish, Fields(), delivery, facts, SAVERS).plan, [facts])
    job = done(query_recipe(query, Book(compat=compat)), facts, compat=compat)
    assert print_plan(job.plan) == print_plan(url)


@pytest.mark.parametrize(
    ("node", "query"),
    [
        ({"constrain": {"mode": "within", "w": 100}}, "w=100&mode=max"),
        ({"constrain": {"mode": "fit", "w": 8000}}, "w=8000&mode=max&scale=both"),
        ({"constrain": {"mode": "within_crop", "w": 100, "h": 100}}, "w=100&h=100&mode=crop"),
        ({"constrain": {"mode": "within_pad", "w": 100, "h": 100}}, "w=100&h=100&mode=pad&anchor=50,50"),
        ({"constrain": {"mode": "fit"}}, ""),
        ({"resample_2d": {"w": 100, "h": 100}}, "w=100&h=100&mode=stretch&scale=both"),
        ({"crop": {"x1": 1, "y1": 2, "x2": 300, "y2": 400}}, "crop=1,2,300,400"),
        ("rotate_90", "rotate=90"),
        ("flip_v", "flip=y"),
        ({"color_filter_srgb": "sepia"}, "s.sepia=1"),
        ({"color_filter_srgb": {"alpha": 0.5}}, "s.alpha=0.5"),
        ({"color_filter_srgb": {"contrast": 0.5}}, "s.contrast=0.5"),
        ("watermark_red_dot", "watermark_red_dot=1"),
    ],
)
def test_a_node_that_a_query_can_say_is_the_same_plan(node: Any, query: str) -> None:
    job = build(DECODE, node, encode({"format": {"format": "webp"}}))
    assert print_plan(done(job).plan) == print_plan(done(query_recipe(f"{query}&format=webp")).plan)


def test_equal_jobs_have_equal_text() -> None:
    line: list[Any] = [DECODE, {"constrain": {"mode": "fit_pad", "w": 70, "h": 90, "canvas_color": RED}}, "flip_h"]
    as_steps = build(*line, encode("webplossless"))
    nodes = {5: line[0], -3: line[1], 8: line[2], 1: encode("webplossless")}
    as_graph = graph(nodes, [(5, -3), (-3, 8), (8, 1)])
    assert print_plan(done(as_steps).plan) == print_plan(done(as_graph).plan)


def test_an_input_that_is_also_a_mark_is_decoded_once() -> None:
    plan = done(build(DECODE, {"watermark": {"io_id": 0}}, ENCODE)).plan
    assert [step for step in plan.steps() if isinstance(step, steps.Decode)] == [steps.Decode(frame=0)]


def test_frames_that_nobody_moves_are_not_read() -> None:
    assert done(build(DECODE, encode({"mozjpeg": {}})), GIF).plan.nodes[0].step == steps.Decode(frame=0)
    assert done(build(DECODE, encode("gif")), GIF).plan.nodes[0].step == steps.Decode()


def test_an_animation_among_further_inputs_stays_one() -> None:
    canvas = {"create_canvas": {"format": "bgra_32", "w": 500, "h": 500, "color": "black"}}
    draw = {"draw_image_exact": {"x": 0, "y": 0, "w": 100, "h": 100}}
    nodes = {0: canvas, 1: {"decode": {"io_id": 3}}, 2: draw, 3: encode(auto(web_safe=True))}
    job = graph(nodes, [(1, 2), (2, 3)], [(0, 2)], ins=(0, 3))
    plan = done(job, JPEG, GIF).plan
    assert plan.outputs[0].format == "gif"
    assert steps.Decode(1) in tuple(plan.steps())


# ------------------------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("allow", "facts", "name"),
    [
        ({"web_safe": True}, JPEG, "jpeg"),
        ({"web_safe": True}, CLEAR, "png"),
        ({"web_safe": True}, GIF, "gif"),
        ({"png": True}, JPEG, "png"),
        ({"modern_web_safe": True}, JPEG, "jpeg"),  # a progressive one
        ({"jpeg": True, "webp": True}, JPEG, "webp"),
        ({"modern_web_safe": True}, CLEAR, "webp"),
        ({"modern_web_safe": True}, GIF, "webp"),
        ({"all": True}, JPEG, "jxl"),
        ({"all": True, "jxl": False}, PNG, "avif"),
        ({"all": True, "jxl": False}, JPEG, "jpeg"),  # too many pixels for AVIF
        ({"gif": True}, JPEG, "gif"),
    ],
)
def test_auto_chooses_among_what_is_allowed(allow: dict[str, bool], facts: Facts, name: str) -> None:
    assert written(auto(**allow), facts, savers=ALL).format == name


def test_a_very_good_profile_prefers_webp_to_progressive_jpegs() -> None:
    allow = {"modern_web_safe": True}
    assert written({"auto": {"quality_profile": "highest", "allow": allow}}).format == "webp"


def test_what_is_drawn_may_bring_transparency() -> None:
    expand = {"expand_canvas": {"left": 1, "top": 0, "right": 0, "bottom": 0, "color": "transparent"}}
    assert written(auto(web_safe=True), JPEG, expand).format == "png"
    assert (
        written(auto(web_safe=True), JPEG, {"crop_whitespace": {"threshold": 9, "percent_padding": 0}}, expand).format
        == "png"
    )


@pytest.mark.parametrize(
    ("preset", "facts", "name"),
    [
        ({"format": {"format": "keep"}}, WEBP, "webp"),
        ({"format": {"format": "keep"}}, JPEG, "jpeg"),
        ({"format": {"format": "keep"}}, replace(JPEG, format="heic"), "jpeg"),
        ({"format": {"format": "keep"}}, replace(CLEAR, format="tiff"), "png"),
        ({"format": {"format": "jpg"}}, CLEAR, "jpeg"),
    ],
)
def test_a_format_is_kept_where_it_can_be_written(preset: Any, facts: Facts, name: str) -> None:
    assert written(preset, facts).format == name


def test_a_silent_query_keeps_the_format() -> None:
    assert done(query_recipe("w=5"), WEBP).plan.outputs[0].format == "webp"


def test_a_format_that_cannot_be_written_is_named() -> None:
    error = refused(build(DECODE, encode({"format": {"format": "jxl"}})))
    assert (error.kind, error.status, error.node) == ("CodecDisabledError", 400, 1)
    assert error.sentence == "Node 1 (encode): The format jxl cannot be written here"


def test_nothing_that_is_allowed_can_be_written() -> None:
    error = refused(build(DECODE, encode(auto(jxl=True))))
    assert (error.kind, error.node) == ("CodecDisabledError", 1)
    assert error.sentence == "Node 1 (encode): None of the formats that are allowed can be written here"


def test_a_query_leaves_a_format_that_cannot_be_written_to_the_edge() -> None:
    assert done(query_recipe("format=jxl")).plan.outputs[0].format == "jpeg"


@pytest.mark.parametrize(
    ("preset", "fields"),
    [
        ({"mozjpeg": {}}, {"format": "jpeg", "quality": 75}),
        ({"libjpegturbo": {"quality": 60}}, {"format": "jpeg", "quality": 60, "tuning": (("jpeg.fast", 1.0),)}),
        ({"lodepng": {}}, {"format": "png", "lossless": True}),
        ({"libpng": {}}, {"format": "png", "lossless": True, "tuning": (("png.plain", 1.0),)}),
        ({"pngquant": {}}, {"format": "png", "lossless": False, "quality": 99}),
        ({"webplossy": {"quality": 61}}, {"format": "webp", "lossless": False, "quality": 61}),
        ("webplossless", {"format": "webp", "lossless": True, "quality": None}),
        ("gif", {"format": "gif", "quality": None}),
        (auto(png=True), {"format": "png"}),
        (auto(jpeg=True), {"format": "jpeg", "quality": 73, "tuning": (("jpeg.progressive", 0.0),)}),
        (
            auto(jpeg=True, jpeg_progressive=True),
            {"format": "jpeg", "quality": 73, "tuning": (("jpeg.progressive", 1.0),)},
        ),
    ],
)
def test_presets_become_settings(preset: Any, fields: dict[str, Any]) -> None:
    made = written(preset)
    assert {name: getattr(made, name) for name in fields} == fields


def test_24_bits_are_laid_on_the_matte() -> None:
    plan = done(build(DECODE, encode({"libpng": {"depth": "png_24", "matte": RED}})), CLEAR).plan
    assert plan.nodes[1].step == steps.Resize(300, 200, "srgb", "ff0000ff")
    assert plan.outputs[0].format == "png"


# --------------------------------------------------------------------------------------------------------------- hints


def hinted(facts: Facts, width: int, height: int, kind: str = "jpeg_downscale_hints") -> Settled:
    decode = {"decode": {"io_id": 0, "commands": [{kind: {"width": width, "height": height}}]}}
    return done(build(decode, encode("gif")), facts)


@pytest.mark.parametrize(
    ("facts", "hint", "size"),
    [
        (JPEG, (500, 375), (500, 375)),
        (JPEG, (501, 1), (1000, 750)),
        (JPEG, (3000, 1), (3000, 2250)),
        (JPEG, (3001, 1), (4000, 3000)),
        (JPEG, (9000, 9000), (4000, 3000)),
        (PHOTO, (500, 375), (375, 500)),
        (Facts("jpeg", 1001, 999), (1, 1), (126, 125)),
        (PNG, (1, 1), (300, 200)),
        (WEBP, (1, 1), (300, 200)),
    ],
)
def test_a_jpeg_comes_in_eighths(facts: Facts, hint: tuple[int, int], size: tuple[int, int]) -> None:
    made = hinted(facts, *hint)
    assert made.outputs == (Sized(1, *size),)


@pytest.mark.parametrize(
    ("facts", "hint", "size"),
    [
        (WEBP, (150, 10), (150, 100)),
        (WEBP, (10, 150), (225, 150)),
        (WEBP, (301, 1), (300, 200)),
        (JPEG, (10, 10), (4000, 3000)),
    ],
)
def test_a_webp_comes_as_small_as_both_sides_allow(facts: Facts, hint: tuple[int, int], size: tuple[int, int]) -> None:
    assert hinted(facts, *hint, kind="webp_decoder_hints").outputs == (Sized(1, *size),)


def test_what_is_shrunk_is_the_mean_of_its_areas() -> None:
    assert hinted(JPEG, 500, 1).plan.nodes[1].step == steps.Resize(500, 375, "srgb", kernel="box")


# -------------------------------------------------------------------------------------------------------------- misfits


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ({"crop": {"x1": 0, "y1": 0, "x2": 4001, "y2": 1}}, "InvalidNodeParams"),
        ({"fill_rect": {"x1": 0, "y1": 0, "x2": 4001, "y2": 1, "color": RED}}, "InvalidCoordinates"),
    ],
)
def test_what_does_not_fit_names_its_node(node: Any, kind: str) -> None:
    error = refused(build(DECODE, "flip_h", node, ENCODE))
    assert (error.kind, error.node, error.status) == (kind, 2, 400)
    assert error.sentence.startswith(f"Node 2 ({next(iter(node))}): Expected a rectangle inside the picture")


def test_a_node_is_named_behind_a_decoder_that_shrank() -> None:
    decode = {"decode": {"io_id": 0, "commands": [{"jpeg_downscale_hints": {"width": 500, "height": 1}}]}}
    error = refused(build(decode, {"crop": {"x1": 0, "y1": 0, "x2": 501, "y2": 1}}, ENCODE))
    assert (error.kind, error.node) == ("InvalidNodeParams", 1)


def test_behind_a_trim_nothing_is_refused_and_sizes_are_estimates() -> None:
    trim = {"crop_whitespace": {"threshold": 80, "percent_padding": 0}}
    crop = {"crop": {"x1": 0, "y1": 0, "x2": 4001, "y2": 1}}
    made = done(build(DECODE, trim, crop, ENCODE))
    assert made.outputs[0].exact is False


@pytest.mark.parametrize("frame", [12, 2**32 - 1])
def test_there_is_no_frame_behind_the_last(frame: int) -> None:
    decode = {"decode": {"io_id": 0, "commands": [{"select_frame": frame}]}}
    error = refused(build(decode, ENCODE), GIF)
    assert (error.kind, error.node) == ("InvalidNodeParams", 0)
    assert f"Expected a frame from 0 to 11 for frame but received '{frame}'" in error.sentence


# -------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("facts", "nodes", "said"),
    [
        (Facts("png", 12_001, 10), (), "Frame width 12001 exceeds max_decode_size.w 12000"),
        (Facts("png", 10, 12_001), (), "Frame height 12001 exceeds max_decode_size.h 12000"),
        (Facts("png", 10_100, 10_000), (), "Frame megapixels 101 exceeds max_decode_size.megapixels 100"),
        (Facts("png", 10_001, 10), (), "Frame width 10001 exceeds max_frame_size.w 10000"),
        (Facts("gif", 1000, 1000, frames=401), (), "Input pixels 401000000 exceeds max_total_file_pixels 400000000"),
        (
            PNG,
            ({"expand_canvas": {"left": 2**31 - 1, "top": 0, "right": 0, "bottom": 0, "color": RED}}, "flip_h"),
            f"Frame width {2**31 + 299} exceeds max_frame_size.w 10000",
        ),
        (
            PNG,
            ({"resample_2d": {"w": 1, "h": 10_001}}, {"resample_2d": {"w": 1, "h": 1}}),
            "Frame height 10001 exceeds max_frame_size.h 10000",
        ),
    ],
)
def test_what_is_too_large_is_said_before_any_pixel(facts: Facts, nodes: Any, said: str) -> None:
    error = refused(build(DECODE, *nodes, ENCODE), facts)
    assert (error.kind, error.status) == ("SizeLimitExceeded", 400)
    assert error.sentence == said


def limited(name: str, w: int, h: int, megapixels: float = 1000.0) -> dict[str, Any]:
    return {"builder_config": {"security": {name: {"w": w, "h": h, "megapixels": megapixels}}}}


def test_what_is_written_has_limits_of_its_own() -> None:
    error = refused(build(DECODE, ENCODE, **limited("max_encode_size", 3999, 9999)))
    assert (error.sentence, error.node) == ("Frame width 4000 exceeds max_encode_size.w 3999", 1)
    assert error.message.endswith("exceeds max_encode_size.w 3999 at node 1")
    assert done(build(DECODE, ENCODE, **limited("max_encode_size", 4000, 3000, 12.0)))


def test_a_canvas_is_a_frame_too() -> None:
    canvas = {"create_canvas": {"format": "bgra_32", "w": 10_001, "h": 1, "color": "black"}}
    assert refused(build(canvas, ENCODE)).sentence == "Frame width 10001 exceeds max_frame_size.w 10000"


def test_what_a_decoder_gives_smaller_is_judged_by_what_it_gives() -> None:
    decode = {"decode": {"io_id": 0, "commands": [{"jpeg_downscale_hints": {"width": 10, "height": 10}}]}}
    assert done(build(decode, ENCODE), Facts("jpeg", 20_000, 16_000)).outputs == (Sized(1, 2500, 2000),)


def test_a_query_has_its_decoder_shrink() -> None:
    large = Facts("jpeg", 11_000, 8_000)
    assert done(query_recipe("w=100"), large).outputs == (Sized(1, 100, 73),)
    assert refused(query_recipe(""), large).sentence == "Frame width 11000 exceeds max_frame_size.w 10000"


def test_inputs_that_nobody_reads_are_not_judged() -> None:
    assert done(build(DECODE, ENCODE, ins=(0, 5)), PNG, Facts("png", 50_000, 50_000))


def test_a_job_may_allow_itself_more_but_not_more_than_the_server() -> None:
    most = {"w": 10**6, "h": 10**6, "megapixels": 10**6}
    security = dict.fromkeys(("max_decode_size", "max_frame_size", "max_encode_size"), most)
    job, large = build(DECODE, ENCODE, builder_config={"security": security}), Facts("png", 20_000, 5_000)
    assert done(job, large)
    error = refused(job, large, limits=Limits())
    assert (error.kind, error.node) == ("SizeLimitExceeded", 1)
    assert error.sentence == "Frame megapixels 100 exceeds max_encode_size.megapixels 40"


def test_the_servers_own_limits_are_told_as_upstreams_kind() -> None:
    error = refused(build(DECODE, ENCODE), replace(GIF, frames=501), limits=Limits())
    assert (error.kind, error.status) == ("SizeLimitExceeded", 400)
    assert error.sentence == "The picture has 501 frames; the limit is 500"


def test_a_worker_holds_what_only_it_can_know() -> None:
    trim = {"crop_whitespace": {"threshold": 80, "percent_padding": 0}}
    job = build(DECODE, trim, ENCODE, **limited("max_frame_size", 4000, 3000, 12))
    assert done(job, limits=Limits()).limits == Limits(output_pixels=12_000_000)
