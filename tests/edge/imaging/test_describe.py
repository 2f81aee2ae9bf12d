"""format=json: what is told, placeholders against values of the formats' own programs, and colour that dominates."""

import base64
import json

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import Unprocessable
from edge.imaging import run
from edge.imaging.blurhash import DIGITS, blurhash
from edge.imaging.describe import dominant
from edge.imaging.thumbhash import thumbhash
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import Crop, Decode, Encode, Mirror, Overlay, Resize, SmartCrop, Step, Trim
from edge.plan.work import Source
from tests import pictures
from tests.edge.imaging.conftest import Make

FACTS = ["format", "media_type", "width", "height", "orientation", "frames", "alpha", "bits", "bytes", "animation"]
KEYS = [*FACTS, "dominant", "blurhash", "thumbhash"]


def told(body: bytes, *steps: Step) -> dict[str, object]:
    made = run(Plan.chain(Decode(), *steps, Encode("json")), [Source(body)], Limits())
    assert made.format == "json"
    answer: dict[str, object] = json.loads(made.body)
    assert list(answer) == KEYS
    assert made.body == json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    return answer


@pytest.mark.parametrize("format", [*pictures.FORMATS, "svg"])
def test_the_original_is_told(format: str) -> None:
    body = pictures.svg(64, 48) if format == "svg" else pictures.photo(64, 48, format)
    answer = told(body, Resize(10, 10))
    assert (answer["format"], answer["width"], answer["height"]) == (format, 64, 48)
    assert (answer["frames"], answer["bytes"], answer["animation"]) == (1, len(body), None)
    assert str(answer["media_type"]).startswith("image/")


def test_sizes_are_upright() -> None:
    answer = told(pictures.corners(60, 40, 6))
    assert (answer["width"], answer["height"], answer["orientation"]) == (60, 40, 6)


def test_the_answer_has_the_size_of_the_picture_made(make: Make) -> None:
    made = make(pictures.photo(64, 48), Resize(32, 24), to="json")
    assert (made.width, made.height) == (32, 24)
    assert list(made.seconds) == ["decode", "transform", "encode"]


def test_depth_and_alpha_are_told() -> None:
    assert (told(pictures.deep(8, 8))["bits"], told(pictures.deep(8, 8))["alpha"]) == (16, False)
    assert told(pictures.with_alpha(8, 8))["alpha"] is True


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_an_animation_is_told(format: str) -> None:
    answer = told(pictures.animated(20, 10, 3, format, delays=(70, 120, 300), loop=4))
    assert answer["frames"] == 3
    assert answer["animation"] == {"delays": [70, 120, 300], "loop": 4}


def test_colours_are_those_of_the_part_shown() -> None:
    body = pictures.corners(600, 400)
    for step, colour in ((Crop(0, 0, 300, 200), pictures.RED), (Crop(300, 0, 300, 200), pictures.GREEN)):
        seen = str(told(body, step)["dominant"])
        assert all(abs(int(seen[at : at + 2], 16) - level) < 6 for at, level in zip((1, 3, 5), colour, strict=True))
    halves = told(body, Crop(0, 0, 300, 400)), told(body, Crop(0, 0, 300, 400), Mirror("y"))
    assert halves[0]["thumbhash"] != halves[1]["thumbhash"]


def test_content_crops_are_described(make: Make) -> None:
    ground = pyvips.Image.black(100, 100, bands=3).linear(1, [250, 250, 250]).cast("uchar")
    body = ground.insert(pictures.pixels(24, 24), 60, 20).copy(interpretation="srgb").write_to_buffer(".png")
    assert told(body)["dominant"] == "#fafafa"
    assert told(body, Trim(20))["dominant"] != "#fafafa"
    for step, size in ((Trim(20), (24, 24)), (SmartCrop(20, 10), (20, 10))):
        made = make(body, step, to="json")
        assert (made.width, made.height) == size


def test_what_is_laid_over_is_not_what_is_described() -> None:
    nodes = (Node(Decode(1)), Node(Decode()), Node(Overlay(0, 0), (1, 0)), Node(Encode("json"), (2,)))
    sources = [Source(pictures.photo(64, 48)), Source(pictures.plain(9, 9, pictures.RED))]
    assert json.loads(run(Plan(nodes), sources, Limits()).body)["format"] == "jpeg"


@pytest.mark.parametrize("body", [pictures.photo(1, 1), pictures.photo(3000, 2), pictures.photo(2, 900, "webp")])
def test_any_shape_can_be_described(body: bytes) -> None:
    answer = told(body)
    assert len(str(answer["blurhash"])) == 28
    assert 5 < len(base64.b64decode(str(answer["thumbhash"]))) < 30


@pytest.mark.parametrize("format", ["jpeg", "png"])
def test_a_broken_picture_is_not_described(format: str) -> None:
    with pytest.raises(Unprocessable):
        told(pictures.truncated(pictures.photo(400, 300, format)))


# --------------------------------------------------------------------------------------------------------- placeholders


def _pixels(width: int, height: int, alpha: bool) -> list[tuple[int, int, int, int]]:
    """Noise: each number follows from the one before."""
    numbers, last = [], width * height
    for _ in range(width * height * 4):
        last = (last * 1103515245 + 12345) % 2**31
        numbers.append(last >> 16 & 255)
    pixels = zip(*[iter(numbers)] * 4, strict=True)
    return [(red, green, blue, opacity if alpha else 255) for red, green, blue, opacity in pixels]


# Made by the programs published with the formats.
@pytest.mark.parametrize(
    ("width", "height", "alpha", "blur", "thumb"),
    [
        (12, 8, False, "LHGI=Zt~%NyD}_tdIwTIpTNXC4I_", "HfgFDYb4daaJlmcpaIl3lU7wLuYE"),
        (12, 8, True, "LHGI=Zt~%NyD}_tdIwTIpTNXC4I_", "HviBC4QI9pZqiDa58i7GBmsSd8n/KXM="),
        (5, 9, False, "LYH2fq-svV%O*9s*mpnOE#t0warw", "HvgFJAx3cyUaqEn6lHh0j5YMeg=="),
        (9, 9, True, "LQI5Mf][sky9+_tc$vv{cQ#Gm?rx", "YAiCFQQIjKSQV5oniPHN2KQKGkuKzkz3Ug=="),
    ],
)
def test_placeholders_are_those_of_the_formats(width: int, height: int, alpha: bool, blur: str, thumb: str) -> None:
    pixels = _pixels(width, height, alpha)
    assert blurhash([pixel[:3] for pixel in pixels], width) == blur
    assert base64.b64encode(thumbhash(pixels, width)).decode() == thumb


pixel = st.tuples(*[st.integers(0, 255)] * 4)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_a_placeholder_can_be_made_of_anything(width: int, height: int, data: st.DataObject) -> None:
    pixels = data.draw(st.lists(pixel, min_size=width * height, max_size=width * height))
    text = blurhash([each[:3] for each in pixels], width)
    assert len(text) == 28
    assert set(text) <= set(DIGITS)
    assert text[0] == "L"  # 4 × 3 terms
    assert 5 < len(thumbhash(pixels, width)) < 30


def test_a_plain_colour_has_no_detail() -> None:
    """One term is the colour alone: its size, no scale, and red as a number of base 83."""
    assert blurhash([(255, 0, 0)] * 12, 4, across=1, down=1) == "00TI:j"


# --------------------------------------------------------------------------------------------------------------- colour


def test_the_largest_crowd_wins_not_the_mean() -> None:
    crowd = [(200, 30, 40, 255)] * 50 + [(20, 40, 220, 255)] * 40
    assert dominant(crowd) == "#c81e28"


def test_a_hue_on_the_border_of_buckets_is_one() -> None:
    reds = [(level, 31 + level % 2, 40, 255) for level in range(184, 200)] * 3
    assert str(dominant(reds + [(20, 40, 220, 255)] * 40)).startswith("#c0")


def test_what_cannot_be_seen_does_not_count() -> None:
    assert dominant([(1, 2, 3, 0)] * 90 + [(90, 80, 70, 200)]) == "#5a5046"
    assert dominant([(1, 2, 3, 0)] * 9) is None


@given(st.lists(pixel, min_size=1, max_size=40))
def test_equal_pixels_in_any_order_have_one_colour(pixels: list[tuple[int, int, int, int]]) -> None:
    assert dominant(pixels) == dominant(pixels[::-1])
