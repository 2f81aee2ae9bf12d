"""Formats and qualities on a route that answers as Imageflow does, RIAPI §6.1 and §2."""

from dataclasses import replace

import pytest

from edge.negotiate.delivery import Delivery
from edge.plan.facts import Facts
from edge.plan.steps import AUTO, Auto, Encode, Fit, Round
from tests.edge.negotiate.asking import CLEAR, EVERYTHING, GIF, JPEG, MODERN, PNG, ask, made

ROUTE = Delivery(compat="imageflow", quality={})
WHEEL = EVERYTHING - {"jxl"}
ALL = ("avif", "jxl", "webp")
MOVING_WEBP = Facts("webp", 300, 200, frames=3)
LARGE, SMALL = Fit(2000, 1500, mode="stretch"), Fit(2000, 1499, mode="stretch")  # 3 Mpx, and just below
PADDED = Fit(200, 200)


@pytest.mark.parametrize(
    ("facts", "accepts", "lossless", "fit", "expected"),
    [
        # animated: webp if accepted, else gif
        (GIF, ALL, None, SMALL, "webp"),
        (GIF, ("avif", "jxl"), None, SMALL, "gif"),
        (MOVING_WEBP, (), True, SMALL, "gif"),
        # jxl if accepted and there
        (JPEG, ALL, None, SMALL, "jxl"),
        (CLEAR, ALL, True, SMALL, "jxl"),
        # lossless or alpha: webp, png
        (CLEAR, ("avif", "webp"), None, SMALL, "webp"),
        (CLEAR, ("avif",), None, SMALL, "png"),
        (JPEG, ("avif",), True, SMALL, "png"),
        (JPEG, ("avif", "webp"), True, SMALL, "webp"),
        (PNG, ("avif",), "keep", SMALL, "png"),
        (JPEG, ("avif",), "keep", SMALL, "avif"),
        (JPEG, (), None, PADDED, "png"),
        (JPEG, ("webp",), None, PADDED, "webp"),
        # avif if small
        (JPEG, ("avif", "webp"), None, SMALL, "avif"),
        (JPEG, ("avif", "webp"), None, LARGE, "webp"),
        (JPEG, ("avif",), None, LARGE, "jpeg"),
        # webp, jpeg
        (JPEG, ("webp",), None, SMALL, "webp"),
        (JPEG, (), None, SMALL, "jpeg"),
        (PNG, (), None, SMALL, "jpeg"),
    ],
)
def test_auto_goes_by_upstreams_order(
    facts: Facts, accepts: tuple[str, ...], lossless: object, fit: Fit, expected: str
) -> None:
    encode = Encode(format=AUTO, accepts=accepts, lossless=lossless)  # type: ignore[arg-type]  # a mixed table
    assert made(encode, facts, ROUTE, steps=(fit,)).format == expected


@pytest.mark.parametrize("format", ["keep", None, AUTO])
def test_a_jpeg_is_not_kept(format: str | Auto | None) -> None:
    assert made(Encode(format=format), JPEG, ROUTE).format == "jpeg"
    assert made(Encode(format=format, accepts=("webp",)), JPEG, ROUTE).format == "webp"
    assert made(Encode(format=format), JPEG, ROUTE, steps=(PADDED,)).format == "png"


@pytest.mark.parametrize("format", ["keep", None])
@pytest.mark.parametrize("facts", [PNG, CLEAR, GIF, Facts("webp", 9, 9), Facts("avif", 9, 9)])
def test_other_formats_are_kept(format: str | None, facts: Facts) -> None:
    assert made(Encode(format=format, accepts=ALL), facts, ROUTE).format == facts.format


def test_what_cannot_be_kept_is_chosen() -> None:
    assert made(Encode(format="keep", accepts=("webp",)), Facts("heic", 9, 9), ROUTE).format == "webp"


def test_an_explicit_format_stays() -> None:
    assert made(Encode(format="jpeg", accepts=ALL), CLEAR, ROUTE, steps=(PADDED,)).format == "jpeg"


@pytest.mark.parametrize("name", ["avif", "jxl"])
def test_an_explicit_format_that_cannot_be_written_falls_back(name: str) -> None:
    writable = frozenset({"jpeg", "png", "gif", "webp"})
    assert made(Encode(format=name), JPEG, ROUTE, writable=writable).format == "jpeg"
    assert made(Encode(format=name, accepts=("webp",)), JPEG, ROUTE, writable=writable).format == "webp"
    assert made(Encode(format=name), CLEAR, ROUTE, writable=writable).format == "png"
    assert made(Encode(format=name), PNG, ROUTE, writable=frozenset()).format == "jpeg"


@pytest.mark.parametrize("accept", [MODERN, "image/webp", "*/*"])
@pytest.mark.parametrize("accepts", [(), ("webp",), ALL])
def test_only_the_url_says_what_is_accepted(accepts: tuple[str, ...], accept: str) -> None:
    encode = Encode(format=AUTO, quality=80, accepts=accepts)
    answer = ask(encode, JPEG, ROUTE, {"Accept": accept})
    assert (answer.plan, answer.vary) == (ask(encode, JPEG, ROUTE).plan, ())


def test_round_corners_make_alpha() -> None:
    corners = (Fit(200), Round((50.0, 50.0, 50.0, 50.0)))
    assert made(Encode(format="keep"), JPEG, ROUTE, steps=corners).format == "png"


@pytest.mark.parametrize(
    ("encode", "expected"),
    [
        (Encode(format="jpeg"), 90),
        (Encode(format="webp"), 80),
        (Encode(format="keep"), 90),  # the profile of format=auto is not for a format that is kept
        (Encode(format=AUTO), 91),
        (Encode(format=AUTO, accepts=("webp",)), 93),
        (Encode(format=AUTO, accepts=("avif",)), 66),
        (Encode(format=AUTO, quality=64), 65),
        (Encode(format=AUTO, quality=64, qualities=(("jpeg", 7),)), 7),
        (Encode(format=AUTO, quality=64, profile=20.0), 20),
        (Encode(format=AUTO, profile_dpr=6.0), 29),
        (Encode(format="jpeg", quality=64), 64),
        (Encode(format="jpeg", quality=64, qualities=(("jpeg", 7),)), 7),
    ],
)
def test_qualities_are_upstreams(encode: Encode, expected: int) -> None:
    assert made(encode, JPEG, ROUTE).quality == expected


def test_a_png_of_format_auto_has_the_palette_of_its_profile() -> None:
    out = made(Encode(format=AUTO), CLEAR, ROUTE)
    assert (out.format, out.lossless, out.quality, out.tuning) == ("png", False, 99, (("png.min_quality", 80.0),))
    assert made(Encode(format=AUTO, lossless=True), CLEAR, ROUTE).lossless is True
    assert made(Encode(format="keep"), CLEAR, ROUTE).lossless is True
    assert made(Encode(format=AUTO, quality=20), CLEAR, ROUTE).quality == 20


def test_what_the_route_says_beats_upstreams_defaults_but_not_the_url() -> None:
    route = replace(ROUTE, quality={"jpeg": 70, "png": 100})
    assert made(Encode(format=AUTO), JPEG, route).quality == 70
    assert made(Encode(format="jpeg"), JPEG, route).quality == 70
    assert made(Encode(format="webp"), JPEG, route).quality == 80
    assert made(Encode(format=AUTO, quality=20), JPEG, route).quality == 20
    assert made(Encode(format=AUTO), CLEAR, route).lossless is True


def test_save_data_counts_where_hints_are_on() -> None:
    encode = Encode(format=AUTO)
    assert made(encode, JPEG, ROUTE, headers={"Save-Data": "on"}).quality == 45
    assert ask(encode, JPEG, ROUTE).vary == ("Save-Data",)
    assert ask(encode, JPEG, replace(ROUTE, hints=None), {"Save-Data": "on"}).vary == ()


def test_the_size_that_decides_may_depend_on_hints() -> None:
    encode = Encode(format=AUTO, quality=50, accepts=("avif",))
    answer = [
        ask(encode, Facts("jpeg", 4000, 4000), ROUTE, {"Sec-CH-Width": width}, (Fit(AUTO),))
        for width in ("300", "3000")
    ]
    assert [each.plan.outputs[0].format for each in answer] == ["avif", "jpeg"]
    assert answer[0].vary == answer[1].vary == ("Sec-CH-DPR", "Sec-CH-Width", "Sec-CH-Viewport-Width", "Save-Data")


@pytest.mark.parametrize("name", ["avif", "jxl"])
def test_a_number_without_a_format_is_about_jpeg_and_webp_alone(name: str) -> None:
    told = {made(Encode(name, quality=quality), JPEG, ROUTE).quality for quality in (None, 10, 95)}
    assert len(told) == 1


def test_any_quality_of_its_own_gives_a_png_a_palette() -> None:
    best = made(Encode("png", qualities=(("png", 100),)), JPEG, ROUTE)
    assert (best.lossless, best.quality) == (False, 99)
    assert made(Encode("png", qualities=(("png", 100),)), JPEG).lossless is True
