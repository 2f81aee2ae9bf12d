"""Every key of the language: whether it acts, on a modern route and on one with the quirks of upstream."""

import pytest

from edge.dialects.book import Book, Compat, Preset
from edge.dialects.riapi import EXTENSIONS, KEYS, parse
from edge.dialects.riapi.keys import DEAD_UPSTREAM, ROWS
from edge.plan.steps import Decode, Encode, Fit
from tests.edge.dialects.riapi.reading import COMPATS, kinds, read

DEAD_WORDS = """
cache process 404 colors dither floatspace jpeg_idct_downscale_linear encoder decoder builder paddingcolor
bordercolor paddingwidth paddingheight margin borderwidth a.sharpen a.removenoise
"""
DEAD = set(DEAD_WORDS.split())


def test_every_key_acts_or_is_known_to_be_dead() -> None:
    assert len(set(KEYS)) == 100
    assert set(KEYS) - ROWS["modern"].keys() == DEAD
    assert set(KEYS) - ROWS["imageflow"].keys() == DEAD | DEAD_UPSTREAM
    assert ROWS["modern"].keys() - set(KEYS) == set(EXTENSIONS)
    assert ROWS["imageflow"].keys() - set(KEYS) == set(EXTENSIONS) - {"a.pixelate", "f.sharpenwhen"}


@pytest.mark.parametrize("compat", COMPATS)
@pytest.mark.parametrize("key", KEYS)
def test_a_dead_key_is_noted_and_asks_for_nothing(key: str, compat: Compat) -> None:
    wish = read(f"{key}=1", compat)
    dead = key in DEAD or (compat == "imageflow" and key in DEAD_UPSTREAM)
    assert wish.processing is not dead
    assert (("ignored", key) in kinds(f"{key}=1", compat)) is (dead or key in ("jpeg.li", "trim.percentpadding"))
    assert not any(kind == "unknown" for kind, _ in kinds(f"{key}=1", compat))


@pytest.mark.parametrize("key", sorted(DEAD_UPSTREAM))
@pytest.mark.parametrize("text", ["1", "0", "420", "false", "true"])
def test_what_is_dead_upstream_changes_no_plan_there(key: str, text: str) -> None:
    assert read(f"w=4&{key}={text}", "imageflow").plan == read("w=4", "imageflow").plan


def test_our_own_keys_are_unknown_upstream() -> None:
    assert kinds("a.pixelate=4&f.sharpenwhen=always", "imageflow") == [
        ("unknown", "a.pixelate"),
        ("unknown", "f.sharpenwhen"),
    ]


SYNONYMS = [
    ("width", "w", "4", "5"),
    ("height", "h", "4", "5"),
    ("zoom", "dpr", "2", "3"),
    ("dpr", "dppx", "2", "3"),
    ("format", "thumbnail", "png", "gif"),
    ("frame", "page", "1", "2"),
    ("qp.dpr", "qp.dppx", "1", "2"),
    ("srcset", "short", "4w", "5w"),
    ("f.sharpen_when", "f.sharpenwhen", "downscaling", "sizediffers"),
]


@pytest.mark.parametrize(("strong", "weak", "one", "other"), SYNONYMS)
def test_of_synonyms_the_first_valid_one_wins_in_any_order(strong: str, weak: str, one: str, other: str) -> None:
    def plan(query: str) -> object:
        return read(f"f.sharpen=9&{query}").plan

    assert plan(f"{strong}={one}") == plan(f"{weak}={one}") != plan(f"{weak}={other}")
    for query in (f"{strong}={one}&{weak}={other}", f"{weak}={other}&{strong}={one}"):
        assert plan(query) == plan(f"{strong}={one}")
        assert kinds(query)[-1:] == [("ignored", weak)]
    if strong != "srcset":
        assert plan(f"{strong}=~&{weak}={other}") == plan(f"{weak}={other}")


INVALID = """
w=1.5 w=1e3 w=100px h=auto maxwidth=x maxheight=1.0 zoom=2X mode=bogus stretch=no scale=1 anchor=up anchor=1,2,3
c.gravity=topleft c.focus=smart c.focus=1 c=1,2,3 c=(1,2,3,4) crop=1,2 cropxunits=x cropyunits=inf srotate=nan rotate=x
sflip=1 flip=yes frame=1.5 autorotate=2 trim.threshold=1.5 trim.percentpadding=x down.filter=bogus up.filter=lanczos_
down.colorspace=p3 up.colorspace=x f.sharpen=much f.sharpen=nan f.sharpen_when=never f.sharpen_when=size_differs
decoder.min_precise_scaling_ratio=x bgcolor=12345 bgcolor=ünlike ignoreicc=x ignore_icc_errors=2 s.roundcorners=1,2
s.roundcorners=x s.alpha=x s.brightness=nan s.contrast=inf s.saturation=1,5 s.sepia=sepia s.grayscale=1 s.grayscale=x
s.invert=x a.balancewhite=1 a.blur=x a.pixelate=1.5 watermark_red_dot=red format=f quality=1.5 qp=med qp=nan qp.dpr=x
lossless=x accept.webp=x accept.avif=2 accept.jxl=x accept.color_profiles=x jpeg.quality=1.5 jpeg.progressive=x
jpeg.turbo=x jpeg.li=x subsampling=421 subsampling=4:2:0 webp.quality=x webp.lossless=2 png.quality=256 png.quality=-1
png.min_quality=x png.quantization_speed=1.5 png.libpng=x png.max_deflate=x png.lossless=x avif.quality=x avif.speed=256
jxl.quality=x jxl.distance=x jxl.effort=x jxl.lossless=x
"""


@pytest.mark.parametrize("pair", INVALID.split())
def test_an_invalid_value_is_noted_and_counts_as_absent(pair: str) -> None:
    key = pair.partition("=")[0]
    assert kinds(pair) == [("invalid", key)]
    assert read(pair).plan == read("").plan
    assert read(pair).processing


def test_invalid_values_are_known_for_every_key_that_can_have_one() -> None:
    tried = {pair.partition("=")[0] for pair in INVALID.split()}
    first = {row.keys[0] if row.keys[0] not in ("width", "height") else row.keys[1] for row in ROWS["modern"].values()}
    assert first - tried - {"preset", "watermark", "srcset"} == {key for key in EXTENSIONS if "watermark." in key}


@pytest.mark.parametrize("compat", COMPATS)
def test_information_is_computed_from_a_small_copy(compat: Compat) -> None:
    wish = read("format=JSON&page=2&w=4&s.sepia=1&watermark=x&rotate=90&dither=1&srcset=5w&nope=1", compat)
    assert list(wish.plan.steps()) == [Decode(frame=2), Fit(width=100, height=100, mode="max"), Encode("json")]
    assert [(n.kind, n.key) for n in wish.notices] == [
        ("ignored", "dither"),
        ("unknown", "nope"),
        *(("ignored", key) for key in ("w", "s.sepia", "watermark", "rotate", "srcset")),
    ]
    assert (wish.extras, wish.problem, wish.processing) == ((), None, True)


def test_information_of_an_unknown_preset_is_still_a_problem() -> None:
    assert parse("format=json&preset=x").problem is not None
    assert parse("format=json&preset=x", Book({"x": Preset()})).problem is None


@pytest.mark.parametrize("query", ["w=400", "w=400&h=300&mode=crop&format=webp", "width=4&quality=80&zoom=2"])
def test_a_plain_resize_has_no_other_nodes(query: str) -> None:
    assert [type(step) for step in read(query).plan.steps()] == [Decode, Fit, Encode]
