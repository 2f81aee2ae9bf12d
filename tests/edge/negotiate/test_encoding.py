"""Quality, aim, lossless and tuning: RIAPI §2 Encoding."""

from dataclasses import replace

import pytest

from edge.negotiate.delivery import Delivery, SaveData
from edge.negotiate.tuning import KNOBS, quality_of
from edge.plan.canonical import print_plan
from edge.plan.steps import AUTO, TUNING, Encode
from tests.edge.negotiate.asking import JPEG, PNG, ROUTE, ask, made

SAVING = {"Save-Data": "on"}
UPSTREAM = Delivery(compat="imageflow", quality={})


@pytest.mark.parametrize(
    ("encode", "route", "expected"),
    [
        (Encode(format="png"), ROUTE, (True, None)),
        (Encode(format="png", quality=50), ROUTE, (True, None)),
        (Encode(format="png", quality=AUTO), ROUTE, (True, None)),
        (Encode(format="png", qualities=(("png", 60),)), ROUTE, (False, 60)),
        (Encode(format="png", qualities=(("png", 100),)), ROUTE, (True, None)),
        (Encode(format="png", qualities=(("png", 60),), lossless=True), ROUTE, (True, None)),
        (Encode(format="png", qualities=(("png", 60),), lossless=False), ROUTE, (False, 60)),
        (Encode(format="png", qualities=(("png", 60),), tuning=(("png.plain", 1.0),)), ROUTE, (True, None)),
        (Encode(format="png", lossless_of=(("png", False),)), ROUTE, (False, 99)),
        (Encode(format="png", lossless=True, lossless_of=(("png", False),)), ROUTE, (False, 99)),
        (Encode(format="png", lossless_of=(("png", "keep"),)), ROUTE, (False, 99)),
        (Encode(format="png"), replace(ROUTE, quality={"png": 70}), (False, 70)),
        (Encode(format="png", lossless=True), replace(ROUTE, quality={"png": 70}), (True, None)),
        (Encode(format="png"), UPSTREAM, (True, None)),
    ],
)
def test_a_png_has_a_palette_only_by_its_own_word(
    encode: Encode, route: Delivery, expected: tuple[bool, int | None]
) -> None:
    answer = ask(encode, route=route, headers=SAVING)
    out = answer.plan.outputs[0]
    assert ((out.lossless, out.quality), out.aim, answer.vary) == (expected, None, ())


@pytest.mark.parametrize(
    ("general", "own", "expected"),
    [
        (None, None, False),
        (True, None, True),
        (True, False, False),
        (False, True, True),
        (None, "keep", True),
        (False, "keep", True),
        ("keep", False, False),
    ],
)
def test_the_word_on_one_format_beats_the_general_one(general: object, own: object, expected: bool) -> None:
    of = () if own is None else (("webp", own),)
    encode = Encode(format="webp", lossless=general, lossless_of=of)  # type: ignore[arg-type]  # a mixed table
    assert made(encode, PNG).lossless is expected
    assert (made(encode, PNG).quality is None) is expected


@pytest.mark.parametrize(
    ("encode", "aim", "saving"),
    [
        (Encode(format="jpeg", quality=AUTO), 75.0, 54.8),
        (Encode(format="webp", quality=AUTO), 75.0, 54.8),
        (Encode(format="avif", quality=AUTO), 75.0, 54.8),
        (Encode(format="jpeg", quality=AUTO, profile=91.0), 85.0, 85.0),
        (Encode(format="jpeg", quality=AUTO, profile=91.0, profile_dpr=6.0), 42.5, 42.5),
        (Encode(format="webp", quality=AUTO, lossless=True), None, None),
        (Encode(format="gif", quality=AUTO), None, None),
        (Encode(format="png", quality=AUTO), None, None),
    ],
)
def test_an_automatic_quality_is_an_aim(encode: Encode, aim: float | None, saving: float | None) -> None:
    plain, thrifty = (ask(encode, headers=headers) for headers in ({}, SAVING))
    assert [each.plan.outputs[0].aim for each in (plain, thrifty)] == [aim, saving]
    assert plain.plan.outputs[0].quality is None
    assert plain.vary == thrifty.vary == (("Save-Data",) if aim != saving else ())


def test_a_formats_own_quality_beats_the_automatic_one() -> None:
    assert made(Encode(format="jpeg", quality=AUTO, qualities=(("jpeg", 7),))) == Encode(format="jpeg", quality=7)


def test_the_aim_is_the_routes_and_save_data_never_raises_it() -> None:
    encode, hints = Encode(format="jpeg", quality=AUTO), ROUTE.hints
    assert hints is not None
    low = replace(ROUTE, target=33.333)
    assert (made(encode, route=low).aim, made(encode, route=low, headers=SAVING).aim) == (33.3, 33.3)
    named = replace(ROUTE, hints=replace(hints, save_data=SaveData(target=20)))
    assert made(encode, route=named, headers=SAVING).aim == 20


@pytest.mark.parametrize("make", [lambda: Delivery(target=101), lambda: SaveData(target=-1)])
def test_an_aim_that_cannot_be_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"Expected a number from 0 to 100 for .*target but received"):
        make()  # type: ignore[operator]  # a table of calls


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("jpeg", {"jpeg.fast": 1, "avif.speed": 3}, {"jpeg.fast": 1}),
        ("jpeg", {"jpeg.fast": 0}, {}),
        ("jpeg", {"jpeg.progressive": 0}, {"jpeg.progressive": 0}),
        ("jpeg", {"jpeg.progressive": 5}, {"jpeg.progressive": 1}),
        ("jpeg", {"jpeg.subsampling": 422}, {"jpeg.subsampling": 422}),
        ("jpeg", {"jpeg.subsampling": 421}, {}),
        ("jpeg", {"jpeg.unheard": 1}, {}),
        ("avif", {"avif.speed": 99}, {"avif.speed": 10}),
        ("avif", {"avif.speed": -9}, {"avif.speed": 0}),
        ("avif", {"avif.speed": 4.5}, {"avif.speed": 5}),
        ("jxl", {"jxl.distance": 3.14159, "jxl.effort": 20}, {"jxl.distance": 3.14, "jxl.effort": 9}),
        ("jxl", {"jxl.distance": 99}, {"jxl.distance": 15}),
        ("png", {"png.max_deflate": 1, "png.min_quality": 50, "png.speed": 3}, {"png.max_deflate": 1}),
        ("png", {"png.plain": 1, "png.max_deflate": 0}, {"png.plain": 1}),
        ("webp", {"jpeg.fast": 1}, {}),
        ("gif", {"png.speed": 3}, {}),
    ],
)
def test_tuning_is_what_makes_a_difference(name: str, said: dict[str, float], expected: dict[str, float]) -> None:
    out = made(Encode(format=name, tuning=tuple(sorted(said.items()))))
    assert out.tuning == tuple(sorted(expected.items()))


def test_the_search_for_a_palette_can_be_tuned_where_there_is_one() -> None:
    tuning = (("png.min_quality", 500.0), ("png.speed", 0.0))
    out = made(Encode(format="png", qualities=(("png", 60),), tuning=tuning))
    assert out.tuning == (("png.min_quality", 100.0), ("png.speed", 1.0))
    assert made(Encode(format="png", qualities=(("png", 60),), tuning=(("png.min_quality", 0.0),))).tuning == ()


def test_every_knob_of_the_vocabulary_is_known_and_in_order() -> None:
    assert sorted(KNOBS) == sorted(knob for knobs in TUNING.values() for knob in knobs)
    assert all(list(knobs) == sorted(knobs) for knobs in TUNING.values())


def test_a_distance_is_a_quality_of_jpeg_xl() -> None:
    both = Encode(format="jxl", quality=AUTO, qualities=(("jxl", 7),), tuning=(("jxl.distance", 1.0),))
    assert made(both) == Encode(format="jxl", quality=90, lossless=False, tuning=(("jxl.distance", 1.0),))
    assert made(Encode(format="jxl", tuning=(("jxl.distance", 0.0),))) == Encode(format="jxl", lossless=True)
    assert [quality_of(distance) for distance in (0.0, 0.1, 1.0, 6.4, 15.0)] == [100, 100, 90, 30, 0]
    aimed = made(Encode(format="jxl", quality=AUTO, profile=91.0, tuning=(("jxl.distance", 1.0),)))
    assert (aimed.aim, aimed.tuning) == (85, ())


def test_a_quality_beyond_the_scale_ends_at_its_ends() -> None:
    assert [made(Encode(format="jpeg", quality=number)).quality for number in (-5, 957)] == [0, 100]


@pytest.mark.parametrize(
    ("name", "keep", "gamut"),
    [
        ("jpeg", ("copyright",), "p3"),
        ("png", ("copyright",), "p3"),
        ("webp", ("copyright",), "p3"),
        ("gif", (), "srgb"),
        ("json", (), "srgb"),
    ],
)
def test_what_is_told_beside_the_pixels(name: str, keep: tuple[str, ...], gamut: str) -> None:
    generous = replace(ROUTE, keep=("copyright",), gamut="p3")
    plain = Encode(format=name)
    wide = replace(plain, keep=("copyright",), gamut="p3")
    for out in (made(plain, route=generous), made(wide), made(wide, route=generous)):
        assert (out.keep, out.gamut) == (keep, gamut)
    assert (made(plain).keep, made(plain).gamut) == ((), "srgb")


def test_the_matte_stays_as_asked() -> None:
    assert made(Encode(format="jpeg", quality=5, matte="ff0000ff"), JPEG).matte == "ff0000ff"


@pytest.mark.parametrize(
    "wishes",
    [
        [
            Encode(format="jpeg", quality=80),
            Encode(format=AUTO, qualities=(("avif", 9), ("jpeg", 80)), lossless=False),
            Encode(quality=80, tuning=(("jpeg.fast", 0.0), ("png.speed", 3.0))),
            Encode(format="keep", quality=3, qualities=(("jpeg", 80),), accepts=("webp",)),
        ],
        [
            Encode(format="webp", lossless=True),
            Encode(format="webp", quality=12, lossless_of=(("webp", True),)),
            Encode(format="webp", profile=100.0, profile_dpr=1.0),
            Encode(lossless=True, accepts=("webp",)),
        ],
        [
            Encode(format="png"),
            Encode(format="png", quality=40, lossless=False),
            Encode(format="png", qualities=(("png", 100),), tuning=(("png.min_quality", 50.0),)),
            Encode(format="png", profile=100.0),
            Encode(format=AUTO, lossless=True),
        ],
        [
            Encode(format="avif", profile=73.0),
            Encode(format="avif", qualities=(("avif", 55),), tuning=(("avif.speed", 6.0),)),
            Encode(format="avif", quality=1, profile=73.9),
        ],
        [Encode(format="gif"), Encode(format="gif", quality=9, profile=34.0, tuning=(("jpeg.fast", 1.0),))],
        [Encode(format="jpeg", quality=AUTO), Encode(format="jpeg", quality=AUTO, qualities=(("webp", 5),))],
    ],
)
def test_equal_results_have_equal_text(wishes: list[Encode]) -> None:
    assert len({print_plan(ask(wish).plan) for wish in wishes}) == 1


def test_the_text_of_a_usual_plan_is_short() -> None:
    text = print_plan(ask(Encode(format="jpeg", quality=80)).plan)
    assert (
        text
        == '[["decode",{"frame":0}],["fit",{"width":200,"light":"linear"}],["encode",{"format":"jpeg","quality":80}]]'
    )
