"""The RIAPI language through the front door: what someone who moves here from Imageflow would try."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import pyvips

from edge.routing.signing import Key, sign
from tests import pictures
from tests.running import Answer, Running, running

SECRET = "k" * 40
MAIN = Key("main", secret=SECRET.encode())

YAML = """\
imaging: {{workers: 1}}
cache: {{memory: 32MiB, disk: null}}
signing: {{keys: {{main: {{secret: "{secret}"}}}}}}
origins: {{photos: {{type: files, root: "{root}"}}}}
presets:
  thumb: w=30&h=20&mode=stretch
  tiny: {{overrides: w=2&h=1&mode=stretch}}
  Marked: {{defaults: watermark=corner}}
watermarks:
  corner: {{path: /p/mark.png, gravity: {{percentage: {{x: 100, y: 100}}}}}}
  wide:
    path: /p/mark.png
    fit_mode: distort
    fit_box: {{canvas_percentage: {{x1: 0, y1: 0, x2: 50, y2: 100}}}}
  large: {{path: /p/mark.png, min_canvas_width: 200}}
  words: {{text: "WWW", size: 40, color: f00, margin: 0, gravity: {{percentage: {{x: 0, y: 0}}}}}}
  gone: {{path: /p/gone.png}}
routes:
  - {{prefix: /p/, origin: photos, hints: off}}
  - {{prefix: /upstream/, origin: photos, hints: off, compat: imageflow}}
  - {{prefix: /presets/, origin: photos, hints: off, presets_only: true}}
  - {{prefix: /signed/, origin: photos, hints: off, signature: {{mode: optional}}}}
  - {{prefix: /styled/, origin: photos, hints: off, defaults: "preset=thumb&format=png", overrides: "s.grayscale=true"}}
"""


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("riapi")
    photos = folder / "photos"
    photos.mkdir()
    for name, body in _originals().items():
        (photos / name).write_bytes(body)
    with running(YAML.format(secret=SECRET, root=photos), folder) as edge:
        yield edge


def _originals() -> dict[str, bytes]:
    return {
        "photo.jpg": pictures.photo(600, 400),
        "white.png": pictures.plain(120, 80, (255, 255, 255)),
        "grey.png": pictures.plain(120, 80, (100, 150, 200)),
        "mark.png": pictures.plain(20, 10, (255, 0, 0)),
        "moving.gif": pictures.animated(40, 30, 3, delays=(50, 70, 90)),
        "side.jpg": pictures.corners(60, 40, orientation=6),
        "framed.png": _framed(),
        "tall.jpg": pictures.photo(300, 400),
    }


def _framed() -> bytes:
    """A textured box of 60 × 40 on white."""
    image = pyvips.Image.new_from_buffer(pictures.photo(60, 40, "png"), "")
    return bytes(image.embed(20, 15, 120, 80, extend="white").pngsave_buffer())


def seen(answer: Answer) -> pyvips.Image:
    assert answer.status == 200, answer.body
    return pyvips.Image.new_from_buffer(answer.body, "")


def told(answer: Answer) -> str:
    assert answer.media_type == "application/problem+json"
    return str(json.loads(answer.body)["detail"])


def size(edge: Running, url: str) -> tuple[int, int]:
    image = seen(edge.get(url))
    return image.width, image.height


def warnings(edge: Running, url: str) -> list[tuple[str, str]]:
    explained = json.loads(edge.admin("/explain", "POST", json.dumps({"url": url}).encode()).body)
    return [(each["kind"], each["key"]) for each in explained["warnings"]]


def test_a_preset_fills_in_what_the_url_leaves_open(edge: Running) -> None:
    assert size(edge, "/p/photo.jpg?preset=thumb&format=png") == (30, 20)
    assert size(edge, "/p/photo.jpg?preset=THUMB&height=35&format=png") == (30, 35)
    assert size(edge, "/p/photo.jpg?preset=thumb,tiny&height=35&format=png") == (2, 1)


def test_a_route_may_bring_presets_defaults_and_overrides_along(edge: Running) -> None:
    image = seen(edge.get("/styled/grey.png?s.grayscale=false"))
    assert (image.width, image.height, image.get("vips-loader")) == (30, 20, "pngload_buffer")
    pixel = image.colourspace("srgb")(5, 5)[:3]
    assert max(pixel) - min(pixel) <= 1


@pytest.mark.parametrize(("query", "named"), [("preset=nope", "nope"), ("watermark=corner,nope", "nope")])
def test_an_unknown_name_is_not_found(edge: Running, query: str, named: str) -> None:
    answer = edge.get(f"/p/photo.jpg?{query}")
    assert answer.status == 404
    assert named in told(answer)
    assert answer.headers["cache-control"] == "no-store"


def test_a_watermark_without_its_picture_is_not_found_by_name(edge: Running) -> None:
    answer = edge.get("/p/photo.jpg?w=50&watermark=gone")
    assert (answer.status, told(answer)) == (404, "The watermark gone is not at /p/gone.png")


def test_presets_only(edge: Running) -> None:
    assert edge.get("/presets/photo.jpg?preset=thumb").status == 200
    assert edge.get("/presets/photo.jpg").status == 200
    for query in ("w=10", "preset=thumb&w=10"):
        answer = edge.get(f"/presets/photo.jpg?{query}")
        assert (answer.status, "presets" in told(answer)) == (403, True)


def test_a_watermark_lies_where_it_is_told(edge: Running) -> None:
    image = seen(edge.get("/p/white.png?watermark=corner&format=png"))
    assert image(115, 75)[:3] == [255, 0, 0]
    assert image(99, 69)[:3] == [255, 255, 255]
    image = seen(edge.get("/p/white.png?watermark=wide&format=png"))
    assert image(30, 40)[:3] == [255, 0, 0]
    assert image(70, 40)[:3] == [255, 255, 255]


def test_a_watermark_hides_on_small_pictures(edge: Running) -> None:
    assert seen(edge.get("/p/white.png?watermark=large&format=png"))(60, 40)[:3] == [255, 255, 255]


def test_a_canvas_watermark_covers_padding_and_an_image_watermark_does_not(edge: Running) -> None:
    padded = "w=60&h=80&bgcolor=00f&format=png"
    assert seen(edge.get(f"/p/white.png?{padded}&watermark=wide"))(10, 5)[:3] == [255, 0, 0]
    image = seen(edge.get(f"/p/white.png?{padded}&watermark=corner"))
    assert image(55, 75)[:3] == [0, 0, 255]
    assert image(55, 57)[:3] == [255, 0, 0]


def test_text_from_the_configuration_is_drawn(edge: Running) -> None:
    image = seen(edge.get("/p/white.png?watermark=words&format=png"))
    assert image.crop(0, 0, 60, 40)[1].min() < 100
    assert image.crop(0, 60, 120, 20)[1].min() == 255


def test_text_in_a_url_counts_only_when_it_is_signed(edge: Running) -> None:
    url = "/signed/white.png?format=png&watermark.text=HELLO&watermark.color=000&watermark.size=30"
    assert seen(edge.get(url)).min() == 255
    assert ("ignored", "watermark.text") in warnings(edge, url)
    assert seen(edge.get(sign(url, MAIN))).min() < 100


def test_json_tells_what_is_known_of_the_picture(edge: Running) -> None:
    answer = edge.get("/p/side.jpg?format=json")
    assert (answer.status, answer.media_type) == (200, "application/json")
    about = json.loads(answer.body)
    assert (about["format"], about["width"], about["height"], about["orientation"]) == ("jpeg", 60, 40, 6)
    assert about["frames"] == 1
    assert about["blurhash"]
    assert about["thumbhash"]
    assert about["dominant"].startswith("#")
    assert "accept" not in answer.headers.get("vary", "").lower()
    assert edge.get("/p/side.jpg?format=json", If_None_Match=answer.headers["etag"]).status == 304
    assert json.loads(edge.get("/p/moving.gif?format=json").body)["frames"] == 3


def test_trim_finds_the_content(edge: Running) -> None:
    width, height = size(edge, "/p/framed.png?trim.threshold=60&format=png")
    assert (abs(width - 60) <= 4, abs(height - 40) <= 4) == (True, True)
    assert size(edge, "/p/framed.png?trim.threshold=60&w=30&h=30&mode=crop&format=png") == (30, 30)


@pytest.mark.parametrize("query", ["w=40&h=40&mode=crop&c.gravity=smart", "w=40&h=40&crop=smart"])
def test_a_smart_crop_has_the_size_asked_for(edge: Running, query: str) -> None:
    assert size(edge, f"/p/photo.jpg?{query}") == (40, 40)


@pytest.mark.parametrize(
    "query", ["s.invert=true", "s.sepia=true", "a.blur=2", "a.pixelate=8", "s.contrast=0.5", "f.sharpen=50"]
)
def test_an_effect_changes_the_picture_and_never_its_size(edge: Running, query: str) -> None:
    plain = seen(edge.get("/p/photo.jpg?w=90&format=png"))
    changed = seen(edge.get(f"/p/photo.jpg?w=90&format=png&{query}"))
    assert (changed.width, changed.height) == (plain.width, plain.height)
    assert (changed - plain).abs().avg() > 0.2


def test_rounded_corners_are_transparent_where_the_format_can(edge: Running) -> None:
    image = seen(edge.get("/p/photo.jpg?w=60&s.roundcorners=100&format=auto"))
    assert image.get("vips-loader") == "pngload_buffer"
    assert image(0, 0)[3] == 0
    assert seen(edge.get("/p/photo.jpg?w=60&s.roundcorners=100&format=jpg"))(0, 0)[0] > 245


def test_an_animation_stays_one_through_every_operation(edge: Running) -> None:
    image = pyvips.Image.new_from_buffer(
        edge.get("/p/moving.gif?w=20&h=20&mode=crop&rotate=90&watermark=corner&format=webp").body, "", n=-1
    )
    assert (image.width, image.get("page-height"), image.get("n-pages")) == (20, 20, 3)
    assert image.get("delay") == [50, 70, 90]
    assert size(edge, "/p/moving.gif?frame=1&format=png") == (40, 30)
    assert edge.get("/p/moving.gif?frame=7").status == 400


def test_the_quirks_are_mended_or_kept_as_the_route_says(edge: Running) -> None:
    assert size(edge, "/p/side.jpg?autorotate=false&format=png") == (40, 60)
    assert size(edge, "/upstream/side.jpg?autorotate=false&format=png") == (60, 40)
    inverted = seen(edge.get("/p/white.png?s.invert=true&format=png"))
    assert inverted(1, 1)[0] == 0
    assert seen(edge.get("/upstream/white.png?s.invert=true&format=png"))(1, 1)[0] == 255
    # one side and a zoom: upstream paints a line under the picture, we fill the box
    query = "w=200&dpr=3&format=png&scale=both&bgcolor=f0f"
    ours, theirs = (seen(edge.get(f"/{route}/tall.jpg?{query}")) for route in ("p", "upstream"))
    assert (ours.width, ours.height, theirs.width, theirs.height) == (600, 801, 600, 801)
    assert theirs(300, 800)[:3] == [255, 0, 255]
    assert ours(300, 800)[:3] != [255, 0, 255]


def test_every_kind_of_warning_is_seen_in_explain(edge: Running) -> None:
    found = warnings(edge, "/p/photo.jpg?w=50&w=60&width=abc&nonsense=1&cache=no&h=x")
    assert {("duplicate", "w"), ("invalid", "width"), ("unknown", "nonsense"), ("ignored", "cache")} <= set(found)


def test_a_perceptual_target_is_served_and_cached_like_any_other(edge: Running) -> None:
    first = edge.get("/p/photo.jpg?w=200&quality=auto&format=jpg")
    assert seen(first).width == 200
    again = edge.get("/p/photo.jpg?w=200&quality=auto&format=jpg")
    assert (again.body, "hit" in again.cache) == (first.body, True)


def test_the_original_without_its_metadata_when_nothing_is_smaller(edge: Running, tmp_path: Path) -> None:
    original = _originals()["photo.jpg"]
    answer = edge.get("/p/photo.jpg?quality=100&format=jpg")
    assert len(answer.body) <= len(original)
