"""The mini-language of srcset. Sizes of its examples are in the table of worked examples."""

import pytest

from edge.dialects.book import Book, Compat
from edge.dialects.riapi import parse
from edge.plan.steps import AUTO, Encode, Fit, Window


def fit(items: str, before: str = "") -> Fit:
    found = parse(f"{before}&srcset={items}").plan.find(Fit)
    assert found is not None
    return found


def encode(items: str) -> Encode:
    return parse(f"srcset={items}").plan.outputs[0]


def kinds(items: str) -> list[str]:
    return [notice.kind for notice in parse(f"srcset={items}").notices]


@pytest.mark.parametrize(
    ("item", "mode"),
    [
        *((f"fit-{name}", "max") for name in ("max", "scale", "contain", "bogus")),
        ("fit", "max"),
        ("fit-crop", "crop"),
        ("FIT-Cover", "crop"),
        ("fit-pad", "pad"),
        ("fit-distort", "stretch"),
        ("fit-fill", "stretch"),
        ("fit-crop,", "crop"),
        ("fit-crop,bogus", "max"),
    ],
)
def test_every_item_but_fit_sets_mode_max(item: str, mode: str) -> None:
    assert fit(f"9w,{item}", before="mode=stretch").mode == mode


def test_sizes_override_the_other_keys() -> None:
    sized = fit("100.5w, 99999999999h ,2.5x,upscale", before="width=3&h=4&zoom=9&scale=canvas")
    assert (sized.width, sized.height, sized.zoom, sized.scale) == (101, 2**31 - 1, 2.5, "both")


def test_a_crop_is_in_percent_and_overrides() -> None:
    assert fit("crop-10-20-80-90", before="crop=1,2,3,4").window == Window(10, 20, 80, 90, 100, 100)


@pytest.mark.parametrize(
    "item", ["crop", "crop-1-2-3", "crop-1-2-3-x", "-100w", "100", "100px", "w", "1e-2x", "infw", "bogus"]
)
def test_what_is_no_item_is_noted_and_changes_nothing(item: str) -> None:
    assert kinds(item) == ["invalid"]
    assert fit(item) == Fit(mode="max")


@pytest.mark.parametrize(
    ("items", "wanted"),
    [
        ("webp-90", Encode("webp", qualities=(("webp", 90),))),
        ("jpeg-q200", Encode("jpeg", qualities=(("jpeg", 100),))),
        ("avif-60.5", Encode("avif", qualities=(("avif", 61),))),
        ("webp-lossless", Encode("webp", lossless_of=(("webp", True),))),
        ("webp-l-50", Encode("webp", qualities=(("webp", 50),), lossless_of=(("webp", True),))),
        ("png-lossy", Encode("png", lossless_of=(("png", False),))),
        ("webp-keep", Encode("webp", lossless_of=(("webp", "keep"),))),
        ("auto-70", Encode(AUTO, 70)),
        ("keep", Encode("keep")),
        ("keep-70-lossy", Encode("keep", 70, lossless=False)),
        ("auto-lossless", Encode(AUTO, lossless=True)),
        ("lossless", Encode(AUTO, lossless=True)),
        ("lossy", Encode(AUTO, lossless=False)),
        ("webp,gif", Encode("gif")),
        ("jpg-progressive", Encode("jpeg", tuning=(("jpeg.progressive", 1.0),))),
        ("jpeg-80-baseline", Encode("jpeg", qualities=(("jpeg", 80),), tuning=(("jpeg.progressive", 0.0),))),
        (
            "png-mq50-q60-lossy",
            Encode("png", qualities=(("png", 60),), lossless_of=(("png", False),), tuning=(("png.min_quality", 50.0),)),
        ),
        ("png-mq999", Encode("png", tuning=(("png.min_quality", 100.0),))),
        ("avif-s6", Encode("avif", tuning=(("avif.speed", 6.0),))),
        ("avif-s60", Encode("avif", tuning=(("avif.speed", 10.0),))),
        ("jxl-d2.5-e5", Encode("jxl", tuning=(("jxl.distance", 2.5), ("jxl.effort", 5.0)))),
        ("jpegxl-e99-d99", Encode("jxl", tuning=(("jxl.distance", 25.0), ("jxl.effort", 9.0)))),
        ("qp-high", Encode(AUTO, profile=91.0)),
        ("qp-medium-low", Encode(AUTO, profile=34.0)),
        ("qp-37.5,png", Encode("png", profile=37.5)),
        ("qp-lossless", Encode(AUTO, lossless=True, profile=100.0)),
        ("qp-dpr-2x", Encode(profile_dpr=2.0)),
        ("qp-dppx-1.5", Encode(profile_dpr=1.5)),
        ("qp-dpr--2", Encode(profile_dpr=0.1)),
    ],
)
def test_formats_take_qualities_and_settings(items: str, wanted: Encode) -> None:
    assert encode(items) == wanted
    assert kinds(items) == []


@pytest.mark.parametrize("item", ["sharp-20", "sharpen-20", "SHARP-20"])
def test_sharpening_overrides(item: str) -> None:
    assert fit(item, before="f.sharpen=5&f.sharpen_when=downscaling").sharpen == 20.0
    assert fit(item, before="f.sharpen_when=downscaling").sharpen_when == "downscaling"


def test_sharpening_is_clamped() -> None:
    assert (fit("sharp-900").sharpen, fit("sharp--5").sharpen) == (100.0, 0.0)


@pytest.mark.parametrize(
    "item",
    [
        "sharp",
        "sharp-x",
        "qp",
        "qp-med",
        "qp-dpr",
        "qp-dpr-x",
        "webp-bogus",
        "webp-progressive",
        "webp-mq5",
        "avif-d5",
        "avif-s1.5",
        "jxl-s5",
        "png-mq",
        "jpeg-e5",
        "auto-s6",
    ],
)
def test_what_does_not_belong_there_is_noted(item: str) -> None:
    assert kinds(item) == ["invalid"]
    assert encode(item).tuning == ()


@pytest.mark.parametrize("compat", ["modern", "imageflow"])
def test_a_fit_that_is_undone_is_noted(compat: Compat) -> None:
    def said(items: str) -> list[str]:
        return [notice.sentence for notice in parse(f"srcset={items}", Book(compat=compat)).notices]

    assert said("fit-crop,100w,50h") == ["fit-crop in srcset is undone by what follows it; put it last"]
    assert said("fit-pad,fit-crop") == ["fit-pad in srcset is undone by what follows it; put it last"]
    assert said("100w,50h,fit-crop") == said("fit-max,100w") == []


@pytest.mark.parametrize("items", ["jpeg-progressive", "jpeg-baseline", "avif-60", "avif-s6", "jxl-lossless", "jxl-e5"])
def test_what_is_dead_upstream_is_dead_where_that_is_wanted(items: str) -> None:
    wish = parse(f"srcset={items}", Book(compat="imageflow"))
    name = items.partition("-")[0]
    assert wish.plan.outputs == (Encode(name),)
    assert [notice.kind for notice in wish.notices] == ["ignored"]
    assert encode(items) != Encode(name)


def test_there_is_an_end_to_items_and_arguments() -> None:
    assert fit("1h," * 63 + "7w,8w").width == 7
    assert kinds("1h," * 63 + "7w,8w") == ["ignored"]
    assert encode("jpeg" + "-1" * 7 + "-2-3").qualities == (("jpeg", 2),)
    assert kinds("jpeg" + "-1" * 7 + "-2-3") == ["ignored"]
