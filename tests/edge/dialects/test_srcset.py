"""The mini-language of srcset. Sizes of its examples are in the table of worked examples."""

import pytest

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
        ("webp-lossless", Encode("webp", lossless=True)),
        ("webp-l-50", Encode("webp", qualities=(("webp", 50),), lossless=True)),
        ("png-lossy", Encode("png", lossless=False)),
        ("webp-keep", Encode("webp", lossless="keep")),
        ("auto-70", Encode(AUTO, 70)),
        ("keep", Encode("keep")),
        ("auto-lossless", Encode(AUTO, lossless=True)),
        ("lossless", Encode(AUTO, lossless=True)),
        ("lossy", Encode(AUTO, lossless=False)),
        ("webp,gif", Encode("gif")),
    ],
)
def test_formats_take_quality_and_lossless(items: str, wanted: Encode) -> None:
    assert encode(items) == wanted
    assert kinds(items) == []


def test_arguments_that_do_nothing_yet_are_noted() -> None:
    assert kinds("sharp-20,qp-high,png-mq50,jpeg-progressive,avif-s6,jxl-d2-e5") == ["ignored"] * 7
    assert kinds("webp-bogus") == ["invalid"]
