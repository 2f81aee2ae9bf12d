"""Nodes that read, write and speak RIAPI, and what becomes of animations: golden pixels, and what is refused."""

from typing import Any

import pytest
import pyvips

from edge import jobs
from tests import pictures
from tests.edge.jobs.tiny import (
    BLACK,
    KNOWN,
    PNG,
    READ,
    RED,
    SOURCE,
    WHITE,
    Node,
    chain,
    colour,
    graph,
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
    write,
)

MOVING = pictures.animated(8, 6, frames=3, delays=(50, 70, 90))


def decode(*commands: Any, io_id: int = 0) -> Node:
    return {"decode": {"io_id": io_id, "commands": list(commands)}}


def read(*commands: Any, source: bytes = SOURCE, preset: Node = PNG) -> jobs.Output:
    return output(chain(decode(*commands), read=False, preset=preset), source)


def frames(data: bytes) -> list[pyvips.Image]:
    whole = pyvips.Image.new_from_buffer(data, "", n=-1)
    height = whole.get("page-height")
    return [whole.crop(0, top, whole.width, height) for top in range(0, whole.height, height)]


def delays(data: bytes) -> list[int]:
    found: list[int] = pyvips.Image.new_from_buffer(data, "", n=-1).get("delay")
    return found


# Decode ---------------------------------------------------------------------------------------------------------------


def test_a_picture_is_read_as_it_is() -> None:
    assert made() == KNOWN
    assert pixels(read().data) == KNOWN
    assert pixels(output({"framewise": {"steps": [{"decode": {"io_id": 0, "commands": None}}, write()]}}).data) == KNOWN


@pytest.mark.parametrize(
    ("hint", "side"), [((8, 6), (20, 15)), ((41, 1), (60, 45)), ((100, 75), (100, 75)), ((999, 9), (160, 120))]
)
def test_a_jpeg_decoder_gives_eighths(hint: tuple[int, int], side: tuple[int, int]) -> None:
    source = pictures.photo(160, 120)
    command = {"jpeg_downscale_hints": {"width": hint[0], "height": hint[1]}}
    got = read(command, source=source)
    assert (got.width, got.height) == side
    assert (read(command, source=pictures.photo(160, 120, "png")).width) == 160


def test_a_frame_may_be_chosen() -> None:
    for frame in range(3):
        got = read({"select_frame": frame}, source=MOVING)
        assert near([pixels(got.data)[0][:1]], [[(50 * frame, 0, 255 - 50 * frame, 255)]], 2)
        assert read({"select_frame": frame}, source=MOVING, preset="gif").frames == 1


def test_a_profile_may_be_discarded() -> None:
    source = pictures.display_p3(8, 6, (120, 200, 90))
    assert near(pixels(read(source=source).data), plain(8, 6, (120, 200, 90, 255)), 2)
    stored = pixels(read("discard_color_profile", source=source).data)[0][0]
    assert max(abs(one - other) for one, other in zip(stored, (120, 200, 90), strict=False)) > 5
    assert pixels(read("ignore_color_profile_errors", source=source).data) == pixels(read(source=source).data)


@pytest.mark.parametrize(
    ("node", "kind", "says"),
    [
        ({"decode": {"io_id": 9}}, "IoIdNotFound", ("Node 0 (decode)", "io_id", "9")),
        ({"decode": {"io_id": 1}}, "IoIdNotFound", ("decode", "io_id")),
        ({"decode": {}}, "InvalidJson", ("io_id",)),
        ({"decode": {"io_id": "0"}}, "InvalidJson", ("io_id",)),
        ({"decode": {"io_id": 2**31}}, "InvalidJson", ("io_id",)),
        (decode("shrink"), "InvalidJson", ("commands", "shrink")),
        (decode({"select_frame": -1}), "InvalidJson", ("select_frame",)),
        (decode({"jpeg_downscale_hints": {"width": 3}}), "InvalidJson", ("height",)),
    ],
)
def test_what_decode_does_not_take(node: Node, kind: str, says: tuple[str, ...]) -> None:
    refused(chain(node, read=False), kind=kind, says=says)


def test_a_file_that_is_no_picture_is_malformed() -> None:
    refused(chain(), b"not a picture at all", kind="NoEnabledDecoderFound")
    refused(chain(), pictures.truncated(pictures.photo(60, 40, "png"), 0.5), kind="ImageDecodingError")


def test_decode_takes_no_input_and_every_chain_needs_one() -> None:
    refused(chain(READ), kind="InvalidNodeConnections", says=("decode",))
    refused(chain("flip_h", read=False), kind="InvalidNodeConnections", says=("flip_h",))


# Encode ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "media_type", "off"),
    [
        ("lodepng", "image/png", 0),
        ({"lodepng": {"maximum_deflate": True}}, "image/png", 0),
        ("libpng", "image/png", 0),
        ({"libpng": {"depth": "png_32", "zlib_compression": 9}}, "image/png", 0),
        ({"pngquant": {"quality": 100}}, "image/png", 60),
        ({"pngquant": {"quality": 100, "minimum_quality": 100}}, "image/png", 60),
        ("webplossless", "image/webp", 0),
        ({"webplossy": {"quality": 100}}, "image/webp", 80),
        ("mozjpeg", "image/jpeg", 120),
        ({"mozjpeg": {"quality": 100, "progressive": False}}, "image/jpeg", 80),
        ({"libjpegturbo": {"quality": 100, "optimize_huffman_coding": True}}, "image/jpeg", 80),
        ("gif", "image/gif", 40),
        ({"auto": {"quality_profile": "lossless"}}, "image/png", 0),
        ({"format": {"format": "png", "lossless": "true"}}, "image/png", 0),
        ({"format": {"format": "jpg", "quality_profile": "highest"}}, "image/jpeg", 80),
        ({"format": {"format": "keep", "lossless": "true"}}, "image/png", 0),
    ],
)
def test_each_preset_writes_its_format(preset: Node, media_type: str, off: int) -> None:
    preset = {preset: None} if preset in ("webplossless", "gif") else preset
    got = output(chain(preset=preset))
    assert (got.media_type, got.width, got.height, got.io_id) == (media_type, 8, 6, 1)
    assert near(pixels(got.data), KNOWN, off)


@pytest.mark.parametrize("preset", ["mozjpeg", "libjpegturbo"])
def test_a_matte_shows_where_a_format_has_no_alpha(preset: str) -> None:
    clear = png(plain(16, 16, (0, 0, 255, 0)))
    for fields, pixel in (({}, WHITE), ({"matte": colour("f00")}, RED), ({"matte": "black"}, BLACK)):
        assert near(made(source=clear, preset={preset: fields}), plain(16, 16, pixel), 4)


def test_a_png_without_alpha_lies_on_its_matte() -> None:
    clear = png(plain(8, 6, (0, 0, 255, 0)))
    got = output(chain(preset={"libpng": {"depth": "png_24", "matte": colour("f00")}}), clear)
    assert pixels(got.data) == plain(8, 6, RED)
    assert not pyvips.Image.new_from_buffer(got.data, "").hasalpha()


@pytest.mark.parametrize(
    ("preset", "kind", "says"),
    [
        ({"mozjpeg": {"quality": 256}}, "InvalidJson", ("quality",)),
        ({"webplossy": {}}, "InvalidJson", ("quality",)),
        ({"tiff": {}}, "InvalidJson", ("tiff",)),
        ({"libpng": {"depth": "png_8"}}, "InvalidJson", ("depth",)),
        ({"auto": {}}, "InvalidJson", ("quality_profile",)),
        ({"auto": {"quality_profile": "best"}}, "InvalidJson", ("quality_profile",)),
        ({"format": {"format": "bmp"}}, "InvalidJson", ("format",)),
        ({"auto": {"quality_profile": "good", "allow": {"web_safe": False}}}, "InvalidArgument", ("allow",)),
        ({"pngquant": {"quality": 50, "minimum_quality": 60}}, "InvalidNodeParams", ("minimum_quality",)),
        ({"mozjpeg": {"matte": colour("xyz")}}, "InvalidNodeParams", ("encode", "matte")),
    ],
)
def test_what_encode_does_not_take(preset: Node, kind: str, says: tuple[str, ...]) -> None:
    refused(chain(preset=preset), kind=kind, says=says)


def test_an_output_must_be_there_and_be_written_once() -> None:
    entries = [{"io_id": 0, "direction": "in", "io": "placeholder"}]
    out = {"io_id": 1, "direction": "out", "io": "output_buffer"}
    steps = {"framewise": {"steps": [READ, write(io_id=5)]}}
    refused({"io": [*entries, out], **steps}, kind="IoIdNotFound", says=("Node 1 (encode)", "io_id", "5"), node=1)
    twice = graph({0: READ, 1: write(), 2: write()}, (0, 1), (0, 2))
    refused({"io": [*entries, out], **twice}, kind="DuplicateIoId", says=("encode",))
    refused(chain(write(), preset=PNG), kind="InvalidNodeConnections", says=("encode",))
    for node in without(write(), "io_id", "preset"):
        refused({"framewise": {"steps": [READ, node]}}, kind="InvalidJson", says=("encode",))


# Command strings ------------------------------------------------------------------------------------------------------


def command(value: str, **more: Any) -> Node:
    return {"command_string": {"kind": "ir4", "value": value, **more}}


def test_a_command_string_reads_and_writes_by_itself() -> None:
    got = output({"framewise": {"steps": [command("crop=2,1,7,5&format=png", decode=0, encode=1)]}})
    assert (got.media_type, pixels(got.data)) == ("image/png", window(KNOWN, 2, 1, 7, 5))


def test_a_command_string_stands_anywhere_in_a_chain() -> None:
    assert made(command("crop=2,1,7,5"), "flip_h", "flip_h") == window(KNOWN, 2, 1, 7, 5)
    assert made("flip_h", command("flip=x")) == made() == KNOWN
    assert size(command("width=16&scale=both")) == (16, 12)
    assert size(
        command("width=4&height=4&mode=pad"),
        {"expand_canvas": dict.fromkeys(("left", "top", "right", "bottom"), 1) | {"color": "black"}},
    ) == (6, 6)


def test_a_command_string_has_exactly_one_source() -> None:
    refused(chain(command("w=4"), read=False), kind="InvalidNodeParams", says=("command_string", "decode"), node=0)
    refused(chain(command("w=4", decode=0)), kind="InvalidNodeParams", says=("command_string", "decode"), node=1)


@pytest.mark.parametrize(
    ("node", "kind", "says"),
    [
        ({"command_string": {"kind": "ir3", "value": "w=4"}}, "InvalidJson", ("kind", "ir3")),
        ({"command_string": {"value": "w=4"}}, "InvalidJson", ("kind",)),
        ({"command_string": {"kind": "ir4"}}, "InvalidJson", ("value",)),
        (command("w=4", watermarks=[{"fit_mode": "fit"}]), "InvalidJson", ("io_id",)),
        (command("w=4", watermarks=[{"io_id": 9}]), "IoIdNotFound", ("command_string", "9")),
    ],
)
def test_what_a_command_string_does_not_take(node: Node, kind: str, says: tuple[str, ...]) -> None:
    refused(chain(node), kind=kind, says=says)


# Animations -----------------------------------------------------------------------------------------------------------

CONSTRAIN: Node = {"constrain": {"mode": "within", "w": 4}}


def test_an_animation_stays_one_where_its_format_can_hold_it() -> None:
    got = output(chain(CONSTRAIN, preset="gif"), MOVING)
    assert (got.frames, got.width, got.height, delays(got.data)) == (3, 4, 3, [50, 70, 90])
    for at, frame in enumerate(frames(got.data)):
        assert near([[tuple(map(int, frame(1, 1)))[:3]]], [[(50 * at, 0, 255 - 50 * at)]], 4)


@pytest.mark.parametrize("preset", ["mozjpeg", "lodepng"])
def test_still_formats_keep_the_first_frame(preset: str) -> None:
    got = output(chain(CONSTRAIN, preset=preset), MOVING)
    assert (got.frames, got.width, got.height) == (1, 4, 3)
    assert near([pixels(got.data)[0][:1]], [[(0, 0, 255, 255)]], 6)


def test_one_animation_becomes_both() -> None:
    nodes = {0: READ, 1: CONSTRAIN, 2: write("gif"), 3: write("lodepng", 2)}
    result = jobs.run(graph(nodes, (0, 1), (1, 2), (1, 3)), MOVING)
    assert [each.frames for each in result.outputs] == [3, 1]
    assert near(pixels(result.output(2).data), plain(4, 3, (0, 0, 255, 255)))
    assert result.decodes == {0: 1}


@pytest.mark.parametrize(
    "node",
    [
        "rotate_90",
        {"crop": {"x1": 1, "y1": 1, "x2": 7, "y2": 6}},
        {"region": {"x1": -1, "y1": 1, "x2": 7, "y2": 9, "background_color": "black"}},
        {"expand_canvas": {"left": 1, "top": 0, "right": 0, "bottom": 2, "color": "transparent"}},
        {"color_filter_srgb": "invert"},
        {"round_image_corners": {"radius": "circle", "background_color": "black"}},
        "watermark_red_dot",
        command("width=4&s.invert=true"),
    ],
)
def test_every_frame_passes_every_node(node: Node) -> None:
    got = output(chain(node, preset="gif"), MOVING)
    assert (got.frames, delays(got.data)) == (3, [50, 70, 90])
    stills = [output(chain(decode({"select_frame": at}), node, read=False), MOVING) for at in range(3)]
    for moving, still in zip(frames(got.data), stills, strict=True):
        assert (moving.width, moving.height) == (still.width, still.height)
        one, other = (
            image.colourspace("srgb").extract_band(0, n=3).crop(3, 2, 1, 1)
            for image in (moving, pyvips.Image.new_from_buffer(still.data, ""))
        )
        assert near([[tuple(map(int, one(0, 0)))]], [[tuple(map(int, other(0, 0)))]], 6)


def test_a_canvas_moves_once_an_animation_is_drawn_on_it() -> None:
    canvas = {"create_canvas": {"format": "bgra_32", "w": 12, "h": 10, "color": colour("fff")}}
    draw = {"draw_image_exact": {"x": 2, "y": 2, "w": 8, "h": 6}}
    nodes = {0: READ, 1: canvas, 2: draw, 3: write("gif")}
    got = output(graph(nodes, (0, 2), (1, 2, "canvas"), (2, 3)), MOVING)
    assert (got.frames, delays(got.data)) == (3, [50, 70, 90])
    for at, frame in enumerate(frames(got.data)):
        seen = [[tuple(map(int, frame(x, 4)))[:3] for x in (0, 5)]]
        assert near(seen, [[WHITE[:3], (50 * at, 0, 255 - 50 * at)]], 4)
