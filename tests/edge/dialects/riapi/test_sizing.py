"""Keys of size, crop, turning and resampling."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from edge.dialects.book import Compat
from edge.dialects.kernels import FILTERS, KERNELS
from edge.plan.steps import AUTO, Auto, Decode, Fit, Mirror, Point, Trim, Turn, Window
from tests.edge.dialects.riapi.reading import COMPATS, fit, kinds, read

FITS: list[tuple[str, dict[str, Any]]] = [
    ("scale=downscaleonly", {"scale": "down"}),
    ("scale=UP", {"scale": "up"}),
    ("scale=upscaleonly", {"scale": "up"}),
    ("scale=both", {"scale": "both"}),
    ("scale=canvas", {"scale": "canvas"}),
    ("scale=upscalecanvas", {"scale": "canvas"}),
    ("anchor=TopLeft", {"anchor": Point(0.0, 0.0)}),
    ("anchor=middlecenter", {"anchor": Point()}),
    ("anchor=bottomright", {"anchor": Point(100.0, 100.0)}),
    ("anchor=-5,101", {"anchor": Point(0.0, 100.0)}),
    ("c.gravity=nan,33.333", {"gravity": Point(0.0, 33.33)}),
    ("c.gravity=Smart", {"smart": True}),
    ("c.focus=20,130", {"focus": Point(20.0, 100.0)}),
    ("c.focus=20,30&c.gravity=1,2", {"focus": Point(20.0, 30.0), "gravity": Point(1.0, 2.0)}),
    ("crop=smart&w=4", {"smart": True, "mode": "crop", "width": 4}),
    ("crop=smart&w=4&mode=crop", {"smart": True, "mode": "crop", "width": 4}),
    ("crop=smart&w=4&mode=aspectcrop", {"smart": True, "mode": "aspectcrop", "width": 4}),
    ("crop=smart&w=4&mode=pad", {"mode": "pad", "width": 4}),
    ("crop=smart&w=4&stretch=fill", {"mode": "stretch", "width": 4}),
    ("c=1,2,3,4&crop=smart&w=4", {"smart": True, "mode": "crop", "width": 4, "window": Window(1, 2, 3, 4, 100, 100)}),
    ("bgcolor=10203040", {"background": "10203040"}),
    ("bgcolor=%23ff00", {}),  # alpha 0
    ("bgcolor=RebeccaPurple", {"background": "663399ff"}),
    ("down.colorspace=SRGB", {"light": "srgb"}),
    ("down.colorspace=linear", {"light": "linear"}),
    ("down.colorspace=gamma", {}),
    ("up.colorspace=srgb", {"up_light": "srgb"}),
    ("up.colorspace=linear", {"up_light": "linear"}),
    ("f.sharpen=15.5", {"sharpen": 15.5}),
    ("f.sharpen=-15", {}),
    ("f.sharpen=1e9", {"sharpen": 100.0}),
    ("f.sharpen=1&f.sharpen_when=Downscaling", {"sharpen": 1.0, "sharpen_when": "downscaling"}),
    ("f.sharpen=1&f.sharpen_when=sizediffers", {"sharpen": 1.0, "sharpen_when": "sizediffers"}),
    ("f.sharpen=1&f.sharpen_when=always", {"sharpen": 1.0}),
    ("f.sharpen_when=sizediffers", {}),
    ("decoder.min_precise_scaling_ratio=3.5", {"headroom": 3.5}),
    ("decoder.min_precise_scaling_ratio=-3", {"headroom": 1.0}),
    ("decoder.min_precise_scaling_ratio=99", {"headroom": 16.0}),
    *((f"down.filter={row.name}", {"down_kernel": row.kernel}) for row in FILTERS),
    *((f"up.filter={name.upper()}", {"up_kernel": kernel}) for name, kernel in KERNELS.items()),
]


@pytest.mark.parametrize("compat", COMPATS)
@pytest.mark.parametrize(("query", "wanted"), FITS)
def test_keys_of_sizing(query: str, wanted: dict[str, Any], compat: Compat) -> None:
    assert fit(query, compat) == replace(Fit(mode="max", exact=compat == "imageflow"), **wanted)
    assert kinds(query, compat) == []


def test_the_stronger_of_two_places_is_taken() -> None:
    found = fit("c.gravity=smart&c.focus=1,2")
    assert (found.smart, found.focus) == (False, Point(1.0, 2.0))
    assert kinds("c.gravity=smart&c.focus=1,2") == [("ignored", "c.gravity")]


BEFORE: list[tuple[str, Sequence[object]]] = [
    ("", [Decode()]),
    ("frame=3", [Decode(frame=3)]),
    ("page=-3", [Decode(frame=0)]),
    ("autorotate=false", [Decode(upright=False)]),
    ("autorotate=1", [Decode()]),
    ("ignoreicc=1", [Decode(profile="ignore")]),
    ("ignoreicc=1&ignore_icc_errors=0", [Decode(profile="ignore")]),
    ("ignoreicc=0&ignore_icc_errors=0", [Decode(profile="strict")]),
    ("ignore_icc_errors=yes", [Decode()]),
    ("trim.threshold=80", [Decode(), Trim(80)]),
    ("trim.threshold=-8", [Decode(), Trim(0)]),
    ("trim.threshold=80&trim.percentpadding=0.5", [Decode(), Trim(80, 0.5)]),
    ("trim.threshold=80&trim.percentpadding=-5", [Decode(), Trim(80)]),
    ("trim.threshold=80&trim.percentpadding=1e9", [Decode(), Trim(80, 1000.0)]),
    (
        "sflip=x&srotate=90&trim.threshold=8&page=1",
        [Decode(frame=1), Trim(8), Turn(1), Mirror("x")],
    ),
]


@pytest.mark.parametrize(("query", "steps"), BEFORE)
def test_what_comes_before_sizing(query: str, steps: Sequence[object]) -> None:
    found = list(read(query).plan.steps())
    assert found[: len(steps)] == steps
    assert isinstance(found[len(steps)], Fit)
    assert kinds(query) == []


def test_padding_needs_something_that_was_trimmed() -> None:
    assert kinds("trim.percentpadding=3") == [("ignored", "trim.percentpadding")]


@pytest.mark.parametrize(
    ("query", "decode"),
    [
        ("", Decode(profile="strict")),
        ("ignore_icc_errors=true", Decode()),
        ("ignore_icc_errors=false", Decode(profile="strict")),
        ("ignoreicc=1", Decode(profile="ignore")),
        ("autorotate=false", Decode(profile="strict")),
    ],
)
def test_upstream_fails_on_a_broken_profile(query: str, decode: Decode) -> None:
    assert next(iter(read(query, "imageflow").plan.steps())) == decode


def test_the_edge_chooses_on_both() -> None:
    for compat in COMPATS:
        assert fit("w=auto:64&dpr=auto", compat) == Fit(
            width=Auto(64), mode="pad", zoom=AUTO, exact=compat == "imageflow"
        )
