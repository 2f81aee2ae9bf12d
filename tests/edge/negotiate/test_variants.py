"""What many headers can make of one URL: finitely many renditions, told apart by Vary (specs CLIENT_HINTS §4, §5)."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.negotiate.choose import negotiate, variants_bound
from edge.negotiate.delivery import Delivery, HintRules
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan, Wish
from edge.plan.steps import AUTO, TUNING, Auto, Decode, Encode, Fit, Recolour, Round, Step

JPEG = Facts("jpeg", 3000, 2000)
ALPHA = Facts("webp", 3000, 2000, alpha=True)
GIF = Facts("gif", 300, 200, frames=12, alpha=True)
MODERN = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
ROUTE = Delivery()
NO_HINTS = Delivery(hints=None)
EVERYTHING = frozenset({"jpeg", "png", "gif", "webp", "avif", "jxl", "tiff"})

NUMBERS = st.sampled_from(
    ["", "x", "0", "1", "1.5", "2", "2.625", "4", "20", "99", "300", "412", "777", "1280", "5000", "9" * 15]
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(
            ["*/*", MODERN, "image/webp", "image/avif;q=0.3,image/jpeg;q=0.9", "image/avif;q=0", "junk"]
        ),
        "Sec-CH-DPR": NUMBERS,
        "Sec-CH-Width": NUMBERS,
        "Sec-CH-Viewport-Width": NUMBERS,
        "DPR": NUMBERS,
        "Width": NUMBERS,
        "Viewport-Width": NUMBERS,
        "Sec-CH-UA-Mobile": st.sampled_from(["?0", "?1", "yes"]),
        "Save-Data": st.sampled_from(["on", "off", "ON;x"]),
    },
)
FITS = st.sampled_from(
    [
        Fit(),
        Fit(AUTO),
        Fit(Auto(640), 320),
        Fit(AUTO, 300, zoom=AUTO),
        Fit(AUTO, 300, zoom=2.0),
        Fit(zoom=AUTO),
        Fit(AUTO, max_width=500),
        Fit(300, zoom=AUTO),
        Fit(3000, 999, zoom=AUTO),
        Fit(height=300, zoom=AUTO),
        Fit(300, 200, zoom=2.0),
        Fit(width=0, zoom=AUTO),
        Fit(300, 200),
        Fit(300, 200, scale="canvas", zoom=AUTO),
        Fit(Auto(640), 320, mode="pad", scale="both"),
    ]
)
ENCODES = st.sampled_from(
    [
        Encode(),
        Encode(format=AUTO, quality=5),
        Encode(format="jpeg"),
        Encode(accepts=("webp",)),
        Encode(format="keep"),
        Encode(quality=AUTO),
        Encode(format=AUTO, quality=AUTO, qualities=(("jpeg", 9), ("png", 50))),
        Encode(lossless=True),
        Encode(format=AUTO, lossless="keep", lossless_of=(("webp", False),)),
        Encode(profile=55.0),
        Encode(profile=55.0, profile_dpr=AUTO),
        Encode(format="webp", quality=AUTO, profile=73.0, profile_dpr=AUTO),
        Encode(profile=100.0, profile_dpr=AUTO),
        Encode(format=AUTO, accepts=("avif", "jxl"), profile_dpr=AUTO),
        Encode(format="json"),
    ]
)
ROUTES = st.sampled_from(
    [
        ROUTE,
        replace(ROUTE, formats=("jpeg", "jxl", "webp"), target=40, quality={"png": 60}),
        replace(ROUTE, auto_format=False),
        replace(ROUTE, compat="imageflow", quality={}),
        replace(ROUTE, compat="imageflow", quality={"jpeg": 45, "avif": 66}),
    ]
)
AROUND: st.SearchStrategy[tuple[Step, ...]] = st.sampled_from(
    [(), (Round((50.0, 50.0, 50.0, 50.0)),), (Recolour((0.0,) * 19 + (0.5,)),)]
)
RULES = st.sampled_from(
    [
        HintRules(),
        HintRules(legacy=True, mobile_fallback_width=300, fallback_width=900),
        HintRules(max_width=1000),
        None,
    ]
)
FACTS = st.sampled_from([JPEG, ALPHA, GIF, Facts("jpeg", 100, 80), Facts("png", 2000, 3000, lossless=True)])


@st.composite
def situations(draw: st.DrawFn) -> tuple[Wish, Delivery, Facts]:
    """A wish, a route and a picture."""
    wish = Wish(Plan.chain(Decode(), draw(FITS), *draw(AROUND), draw(ENCODES)))
    return wish, replace(draw(ROUTES), hints=draw(RULES)), draw(FACTS)


@settings(max_examples=400, deadline=None)
@given(situations(), HEADERS, HEADERS)
def test_vary_is_constant_and_what_it_does_not_name_does_not_matter(
    situation: tuple[Wish, Delivery, Facts], one: dict[str, str], two: dict[str, str]
) -> None:
    wish, route, facts = situation
    first = negotiate(wish, Fields(one.items()), route, facts, EVERYTHING)
    mixed = {**two, **{name: one[name] for name in first.vary if name in one}}
    same = {name: value for name, value in mixed.items() if name in one or name not in first.vary}
    second = negotiate(wish, Fields(same.items()), route, facts, EVERYTHING)
    assert (second.vary, second.plan) == (first.vary, first.plan)


def few() -> list[dict[str, str]]:
    """Some sets of headers that differ in one field or another."""
    rows = product(
        (None, "90", "3000"), (None, "0.3", "1", "2", "3"), (None, "90", "1600"), (None, "?1"), (None, "on"), ACCEPTS
    )
    names = ("Sec-CH-Width", "Sec-CH-DPR", "Sec-CH-Viewport-Width", "Sec-CH-UA-Mobile", "Save-Data", "Accept")
    return [{n: v for n, v in zip(names, row, strict=True) if v is not None} for row in rows]


ACCEPTS = (None, "image/webp", "image/avif", "image/jxl", "image/jpeg")


@settings(max_examples=8, deadline=None)
@given(situations())
def test_what_vary_names_can_matter_and_the_bound_holds(situation: tuple[Wish, Delivery, Facts]) -> None:
    wish, route, facts = situation
    answers = [(each, negotiate(wish, Fields(each.items()), route, facts, EVERYTHING)) for each in few()]
    plans = {answer.plan for _, answer in answers}
    assert len(plans) <= variants_bound(wish, route, EVERYTHING)
    for name in answers[0][1].vary:
        if name in ("DPR", "Width", "Viewport-Width"):  # read only where their prefixed kin is missing
            continue
        apart: dict[tuple[tuple[str, str], ...], set[Plan]] = {}
        for headers, answer in answers:
            others = tuple(sorted((each, value) for each, value in headers.items() if each != name))
            apart.setdefault(others, set()).add(answer.plan)
        assert any(len(group) > 1 for group in apart.values()), name


@settings(max_examples=400, deadline=None)
@given(situations(), HEADERS)
def test_nothing_stays_open(situation: tuple[Wish, Delivery, Facts], headers: dict[str, str]) -> None:
    wish, route, facts = situation
    plan = negotiate(wish, Fields(headers.items()), route, facts, EVERYTHING).plan
    sized, out = plan.find(Fit), plan.outputs[0]
    assert sized is not None
    assert not isinstance(sized.width, Auto)
    assert not isinstance(sized.zoom, Auto)
    assert sized.light is not None
    assert out.format in EVERYTHING | {"json"}
    check_concrete(out)
    if out.format != "png":  # in a wish a general number is no word for PNG, so a palette would be none
        assert negotiate(Wish(plan), Fields(headers.items()), EXACT, facts, EVERYTHING).plan == plan


# Negotiating what is concrete already changes nothing; a route could still choose a width for a silent Fit.
EXACT = Delivery(hints=None)


def check_concrete(out: Encode) -> None:
    """What edge.plan.steps says of an Encode in a concrete plan."""
    name = str(out.format)
    assert (out.qualities, out.accepts, out.lossless_of) == ((), (), ())
    assert (out.profile, out.profile_dpr) == (None, 3.0)
    assert not isinstance(out.quality, Auto)
    scaled = FORMATS[name].quality is not None and not out.lossless
    assert [out.quality, out.aim].count(None) == (1 if scaled else 2)
    assert (out.lossless is None) == (name not in ("png", "webp", "avif", "jxl"))
    assert {knob for knob, _ in out.tuning} <= set(TUNING.get(name, ()))
    assert list(out.tuning) == sorted(out.tuning)


def swept() -> list[Fields]:
    """Some thousand header sets: every rung and what lies between, dense screens, all formats, Save-Data."""
    widths = [None, *range(0, 4200, 70), "9" * 15]
    rows = product(widths, (None, "2.2", "8"), (None, 390), ("*/*", "image/webp", "image/avif"), ("on", "off"))
    names = ("Sec-CH-Width", "Sec-CH-DPR", "Sec-CH-Viewport-Width", "Accept", "Save-Data")
    return [Fields((n, str(v)) for n, v in zip(names, row, strict=True) if v is not None) for row in rows]


@pytest.mark.parametrize(
    "fit",
    [Fit(AUTO), Fit(Auto(640), 320, mode="crop"), Fit(AUTO, 300, zoom=AUTO), Fit(300, 200, zoom=AUTO), Fit(zoom=AUTO)],
)
def test_thousands_of_header_sets_make_no_more_renditions_than_the_bound(fit: Fit) -> None:
    wish = Wish(Plan.chain(Decode(), fit, Encode()))
    plans = {negotiate(wish, fields, ROUTE, JPEG, EVERYTHING).plan for fields in swept()}
    assert 1 < len(plans) <= variants_bound(wish, ROUTE)
    assert len(plans) <= len(HintRules().ladder) * (len(ROUTE.formats) + 1) * 2


@pytest.mark.parametrize(
    ("fit", "encode", "route", "bound"),
    [
        (Fit(AUTO), Encode(), replace(ROUTE, hints=HintRules(fallback_width=900)), 12 * 3 * 2),
        (Fit(AUTO), Encode(), ROUTE, 13 * 3 * 2),
        (Fit(AUTO), Encode(format="jpeg"), NO_HINTS, 1),
        (Fit(200), Encode(format="jpeg"), ROUTE, 2),
        (Fit(200, zoom=AUTO), Encode(format="jpeg"), ROUTE, 7 * 2),
    ],
)
def test_the_bound_counts_rungs_formats_and_quality_modes(
    fit: Fit, encode: Encode, route: Delivery, bound: int
) -> None:
    assert variants_bound(Wish(Plan.chain(Decode(), fit, encode)), route) == bound


def test_a_format_that_is_also_a_baseline_is_counted() -> None:
    wish = Wish(Plan.chain(Decode(), Fit(608), Encode()))
    route = Delivery(formats=("jpeg", "webp"), hints=None)
    accepts = ("image/jpeg", "image/webp", "*/*")
    plans = {negotiate(wish, Fields([("Accept", a)]), route, Facts("png", 9, 9), EVERYTHING).plan for a in accepts}
    assert len(plans) == 3 <= variants_bound(wish, route)
