"""Sizes by hints, specs CLIENT_HINTS §6.2 to §6.4."""

import pytest

from edge.exchange import Fields
from edge.negotiate.choose import negotiate
from edge.negotiate.delivery import Delivery, HintRules, SaveData
from edge.plan.facts import Facts
from edge.plan.plan import Plan, Wish
from edge.plan.steps import AUTO, Auto, Crop, Decode, Encode, Fit, Mirror, Resize, Step, Turn, Window

BIG = Facts("jpeg", 6000, 4000)
PHONE = {"Sec-CH-DPR": "3"}


def fitted(
    fit: Fit,
    hints: dict[str, str] | None = None,
    rules: HintRules | None = HintRules(),  # noqa: B008  # frozen: cannot be changed by a test
    facts: Facts = BIG,
    before: tuple[Step, ...] = (),
) -> Fit:
    wish = Wish(Plan.chain(Decode(), *before, fit, Encode(format="jpeg", quality=80)))
    plan = negotiate(wish, Fields((hints or {}).items()), Delivery(hints=rules), facts).plan
    found = plan.find(Fit)
    assert found is not None
    return found


def width(fit: Fit, hints: dict[str, str] | None = None, **others: object) -> object:
    return fitted(fit, hints, **others).width  # type: ignore[arg-type]  # passed on as they are


@pytest.mark.parametrize("fit", [Fit(width=9999, zoom=1.0), Fit(width=200, zoom=2.0), Fit(height=300), Fit(zoom=2.0)])
def test_an_explicit_size_is_left_to_layout(fit: Fit) -> None:
    hints = {"Sec-CH-DPR": "3", "Sec-CH-Width": "500", "Sec-CH-Viewport-Width": "300", "Save-Data": "on"}
    assert fitted(fit, hints) == Fit(fit.width, fit.height, zoom=fit.zoom, light="linear")


@pytest.mark.parametrize(
    ("hint", "expected"), [("0.5", 101), ("1", 101), ("1.2", 152), ("1.5", 152), ("2.625", 303), ("3", 303), ("9", 303)]
)
def test_dpr_auto_multiplies_a_width_by_the_next_step(hint: str, expected: int) -> None:
    assert width(Fit(width=101, zoom=AUTO), {"Sec-CH-DPR": hint}) == expected


def test_dpr_auto_without_a_hint_uses_the_default_density() -> None:
    assert width(Fit(width=100, zoom=AUTO)) == 100
    assert width(Fit(width=100, zoom=AUTO), rules=HintRules(default_dpr=1.1)) == 110


def test_density_is_capped_by_the_route_and_by_save_data() -> None:
    fit, rules = Fit(width=100, zoom=AUTO), HintRules(max_dpr=1.75)
    assert width(fit, PHONE, rules=rules) == 175
    assert width(fit, {**PHONE, "Save-Data": "on"}, rules=rules) == 100


def test_all_lengths_grow_alike_and_zoom_is_spent() -> None:
    fit = fitted(Fit(width=100, height=51, max_width=300, max_height=40, zoom=AUTO, mode="crop"), {"Sec-CH-DPR": "1.5"})
    assert fit == Fit(150, 77, 450, 60, mode="crop", zoom=1.0, light="linear")


def test_a_width_beyond_the_maximum_takes_the_height_along() -> None:
    fit = fitted(Fit(width=2000, height=1000, zoom=AUTO), PHONE)
    assert (fit.width, fit.height) == (3840, 1920)
    assert fitted(Fit(width=9000, max_width=2000, zoom=AUTO), PHONE).max_width == 3840


def test_a_height_alone_grows_by_density() -> None:
    assert fitted(Fit(height=200, zoom=AUTO), PHONE) == Fit(height=600, zoom=1.0, light="linear")


@pytest.mark.parametrize(
    ("hint", "expected"), [("0", 160), ("160", 160), ("160.001", 240), ("900", 960), ("3841", 3840), ("9" * 15, 3840)]
)
def test_w_auto_takes_the_next_rung(hint: str, expected: int) -> None:
    assert width(Fit(width=AUTO), {"Sec-CH-Width": hint}) == expected


def test_a_width_hint_contains_the_density_already() -> None:
    assert width(Fit(width=AUTO), {"Sec-CH-Width": "640", "Sec-CH-DPR": "2"}) == 640


def test_a_width_hint_of_a_denser_screen_than_allowed_is_brought_down() -> None:
    hints = {"Sec-CH-Width": "1280", "Sec-CH-DPR": "4"}
    assert width(Fit(width=AUTO), hints) == 960
    assert width(Fit(width=AUTO), {**hints, "Save-Data": "on"}) == 320


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (HintRules(), 800),
        (HintRules(viewport_fraction=0.5), 480),
        (HintRules(sizes="(max-width: 400px) 300px, 9px"), 640),
    ],
)
def test_without_a_width_the_viewport_tells(rules: HintRules, expected: int) -> None:
    assert width(Fit(width=AUTO), {"Sec-CH-Viewport-Width": "400", "Sec-CH-DPR": "2"}, rules=rules) == expected


def test_a_numeric_dpr_stands_in_for_a_missing_hint() -> None:
    fit = Fit(width=AUTO, zoom=2.0)
    assert width(fit, {"Sec-CH-Viewport-Width": "320"}) == 640
    assert width(fit, {"Sec-CH-Viewport-Width": "320", "Sec-CH-DPR": "1"}) == 320
    assert width(Fit(width=AUTO, zoom=50.0), {"Sec-CH-Viewport-Width": "320"}) == 960


def test_without_hints_the_fallback_counts_in_css_pixels() -> None:
    rules = HintRules(fallback_width=1000)
    assert width(Fit(width=Auto(300)), PHONE, rules=rules) == 960
    assert width(Fit(width=AUTO), rules=rules) == 1280
    assert width(Fit(), rules=rules) == 1280


def test_without_any_word_the_source_keeps_its_own_width() -> None:
    assert width(Fit(width=AUTO)) == 6000


def test_the_mobile_fallback_is_for_phones_only() -> None:
    rules = HintRules(fallback_width=1200, mobile_fallback_width=300)
    assert width(Fit(width=AUTO), {"Sec-CH-UA-Mobile": "?1"}, rules=rules) == 320
    assert width(Fit(width=AUTO), {"Sec-CH-UA-Mobile": "?0"}, rules=rules) == 1280


def test_a_silent_url_is_automatic_where_the_route_says_so() -> None:
    hints = {"Sec-CH-Width": "300"}
    assert fitted(Fit(mode="pad", scale="both"), hints) == Fit(320, mode="max", scale="both", light="linear")
    assert width(Fit(), hints, rules=HintRules(auto_width=False)) is None


@pytest.mark.parametrize("fit", [Fit(height=9), Fit(max_width=9), Fit(max_height=9), Fit(zoom=0.5), Fit(width=0)])
def test_a_url_that_names_any_size_is_not_silent(fit: Fit) -> None:
    assert width(fit, {"Sec-CH-Width": "300"}) == fit.width


def test_dpr_auto_alone_asks_for_an_automatic_width() -> None:
    assert fitted(Fit(zoom=AUTO), {"Sec-CH-Width": "300"}) == Fit(320, mode="max", zoom=1.0, light="linear")


def test_dpr_auto_alone_is_the_sources_size_where_hints_may_not_choose_a_width() -> None:
    for rules in (HintRules(auto_width=False), None):
        fit = fitted(Fit(zoom=AUTO), {"Sec-CH-Width": "300"}, rules)
        assert (fit.width, fit.height, isinstance(fit.zoom, float)) == (None, None, True)


@pytest.mark.parametrize(("orientation", "expected"), [(1, 500), (6, 400)])
def test_no_rung_is_wider_than_the_upright_source(orientation: int, expected: int) -> None:
    facts = Facts("jpeg", 500, 400, orientation)
    assert width(Fit(width=AUTO), {"Sec-CH-Width": "3000"}, facts=facts) == expected


def test_no_rung_is_wider_than_the_routes_maximum() -> None:
    assert width(Fit(width=AUTO), {"Sec-CH-Width": "900"}, rules=HintRules(max_width=700)) == 700


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ((Turn(1),), 400),
        ((Turn(2), Mirror("x")), 600),
        ((Turn(3), Turn(1)), 600),
        ((Crop(0, 0, 222, 9),), 222),
        ((Resize(50, 70), Turn(1)), 70),
    ],
)
def test_the_source_is_measured_where_the_fit_meets_it(before: tuple[Step, ...], expected: int) -> None:
    facts = Facts("jpeg", 600, 400)
    assert width(Fit(width=AUTO), {"Sec-CH-Width": "3000"}, facts=facts, before=before) == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(0, 0, 320, 240), 320),
        (Window(-100, -100, 0, 0), 100),
        (Window(25, 25, 75, 75, 100, 100), 320),
        (Window(300, 0, 200, 100), 640),
        (Window(0, 100, 320, 100), 640),
        (Window(0, 0, 9999, 9999), 640),
        (Window(float("nan"), 0, 5, 5), 5),
        (Window(0, 0, 33.33, 33.33, 100, 100), 213),
    ],
)
def test_a_manual_crop_bounds_the_width(window: Window, expected: int) -> None:
    fit = Fit(width=AUTO, window=window)
    assert width(fit, {"Sec-CH-Width": "3000"}, facts=Facts("jpeg", 640, 480)) == expected


def test_a_height_beside_a_fallback_keeps_the_box() -> None:
    for hint, box in {"400": (480, 240), "1200": (1280, 640), "9999": (3840, 1920)}.items():
        fit = fitted(Fit(width=Auto(640), height=320, mode="crop"), {"Sec-CH-Width": hint, "Sec-CH-DPR": "2"})
        assert ((fit.width, fit.height), fit.mode) == (box, "crop")


def test_a_height_without_a_fallback_follows_the_urls_own_density_only() -> None:
    fit = Fit(width=AUTO, height=300, zoom=2.0, mode="crop")
    heights = {fitted(fit, {"Sec-CH-Width": "600", "Sec-CH-DPR": dpr}).height for dpr in ("1", "2", "3")}
    assert heights == {600}


def test_a_bound_beside_an_automatic_width_limits_it() -> None:
    fit = fitted(Fit(width=AUTO, max_width=250, max_height=90, zoom=2.0), {"Sec-CH-Width": "900"})
    assert fit == Fit(500, max_height=180, mode="max", zoom=1.0, light="linear")


def test_hints_off_leaves_the_fallback_or_the_source() -> None:
    phone = {**PHONE, "Sec-CH-Width": "900"}
    assert width(Fit(width=Auto(333), zoom=2.0), phone, rules=None) == 666
    assert width(Fit(width=Auto(9999)), phone, rules=None) == 6000
    assert width(Fit(width=AUTO, zoom=AUTO), phone, rules=None) == 6000
    assert fitted(Fit(width=5000, zoom=AUTO), phone, None) == Fit(5000, zoom=1.0, light="linear")
    assert width(Fit(), phone, rules=None) is None


def test_save_data_may_not_raise_the_cap() -> None:
    rules = HintRules(max_dpr=1.5, save_data=SaveData(max_dpr=4))
    assert width(Fit(width=100, zoom=AUTO), {**PHONE, "Save-Data": "on"}, rules=rules) == 150
