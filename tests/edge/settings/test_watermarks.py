"""presets and watermarks as the file says them."""

import pytest

from edge.settings import load
from tests.edge.settings.sentences import sentences

HEAD = "origins: {photos: {type: files, root: /}}\nroutes: [{prefix: /photos/, origin: photos}]\n"


def test_a_preset_is_a_text_or_both_kinds() -> None:
    settings = load(f"{HEAD}presets: {{thumb: w=200, card: {{defaults: w=640, overrides: quality=70}}}}")
    assert settings.presets["thumb"].defaults == "w=200"
    assert settings.presets["card"].overrides == "quality=70"


def test_a_watermark_says_all_that_imageflow_server_lets_one_say() -> None:
    settings = load(
        f"""{HEAD}
watermarks:
  logo:
    path: /photos/logo.png
    opacity: 0.5
    fit_box: {{canvas_margins: {{left: 1, top: 2, right: 3, bottom: 4}}}}
    fit_mode: fit_crop
    gravity: {{percentage: {{x: 10, y: 90}}}}
    min_canvas_width: 200
    hints: {{down_filter: robidoux_sharp, sharpen_percent: 7, sharpen_when: downscaling, scaling_colorspace: srgb}}
  plain: {{path: /photos/b.png, gravity: center}}
  words: {{text: "© Someone", size: 30, color: "#fff8", font: DejaVu Sans, margin: 4}}
"""
    )
    logo, words = settings.watermarks["logo"], settings.watermarks["words"]
    assert logo.fit_box.canvas_margins is not None
    assert logo.fit_box.canvas_margins.bottom == 4
    assert logo.gravity is not None
    assert (logo.gravity.percentage.x, logo.hints.down_filter) == (10, "robidoux_sharp")
    assert settings.watermarks["plain"].gravity is None
    assert (words.text, words.size, words.margin) == ("© Someone", 30, 4)


@pytest.mark.parametrize(
    ("yaml", "told"),
    [
        ("presets: {a: w=1, A: w=2}", "presets.A and presets.a differ in case only"),
        ("presets: {a: '?w=1'}", "Expected a query without ?"),
        ("presets: {'a b': w=1}", "has to be a name of letters"),
        ("watermarks: {a: {path: /photos/a.png}, A: {text: x}}", "watermarks.A and watermarks.a differ in case only"),
        ("watermarks: {a: {path: /elsewhere/a.png}}", "'/elsewhere/a.png', which no route serves"),
        ("watermarks: {a: {path: /photos/../a.png}}", "Expected a path behind one of the routes"),
        ("watermarks: {a: {path: /photos/a.png, text: b}}", "wants either path or text"),
        ("watermarks: {a: {opacity: 1}}", "wants either path or text"),
        ("watermarks: {a: {path: /photos/a.png, opacity: 2}}", "Expected a number from 0 to 1"),
        ("watermarks: {a: {path: /photos/a.png, fit_box: {}}}", "wants one of image_percentage"),
        ("watermarks: {a: {path: /photos/a.png, fit_mode: cover}}", "fit_mode"),
        ("watermarks: {a: {path: /photos/a.png, hints: {down_filter: sinc}}}", "down_filter"),
        ('watermarks: {a: {text: "a\\nb"}}', "Expected one line of 1 to 200 characters"),
        ("watermarks: {a: {text: a, color: reddish}}", "Expected a colour"),
        ("watermarks: {a: {text: a, font: '<b>'}}", "Expected the name of a font"),
        ("watermarks: {a: {text: a, size: 1}}", "Expected a number from 4 to 512"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(yaml: str, told: str) -> None:
    found = sentences(HEAD + yaml)
    assert len(found) == 1
    assert told in found[0]
