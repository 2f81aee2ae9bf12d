"""Keys that change colours and edges."""

from collections.abc import Sequence

import pytest

from edge.dialects.book import Compat
from edge.plan import filters
from edge.plan.steps import (
    TRANSPARENT,
    Balance,
    Blur,
    Decode,
    Dot,
    Effect,
    Encode,
    Fit,
    Pixelate,
    Recolour,
    Round,
    Turn,
)
from tests.edge.dialects.riapi.reading import COMPATS, effects, kinds, read


def grey(kind: filters.Greys, upstream: bool = False) -> Recolour:
    return Recolour(filters.grayscale(kind, upstream))


ALL_EFFECTS = (
    "a.pixelate=4&a.blur=3&a.balancewhite=true&s.invert=1&s.grayscale=flat&s.sepia=1&s.saturation=.1&s.contrast=.2"
    "&s.brightness=.3&s.alpha=.4&s.roundcorners=5"
)
EFFECT_ROWS: list[tuple[str, Sequence[Effect]]] = [
    ("s.roundcorners=20", [Round((20.0,) * 4)]),
    ("s.roundcorners=1,2.5,3,400", [Round((1.0, 2.5, 3.0, 100.0))]),
    ("s.roundcorners=nan,-5,inf,+1e1", [Round((0.0, 0.0, 100.0, 10.0))]),
    ("s.roundcorners=20&bgcolor=red", [Round((20.0,) * 4, "ff0000ff")]),
    ("s.roundcorners=20&bgcolor=transparent", [Round((20.0,) * 4, TRANSPARENT)]),
    ("s.roundcorners=0,-1,nan,0", []),
    ("s.alpha=0.5", [Recolour(filters.alpha(0.5))]),
    ("s.alpha=1", []),
    ("s.brightness=-.3", [Recolour(filters.brightness(-0.3))]),
    ("s.brightness=9", [Recolour(filters.brightness(1.0))]),
    ("s.brightness=-0", []),
    ("s.contrast=0.25", [Recolour(filters.contrast(0.25))]),
    ("s.contrast=0", []),
    ("s.saturation=-4", [Recolour(filters.saturation(-1.0))]),
    ("s.saturation=0.5", [Recolour(filters.saturation(0.5))]),
    ("s.saturation=0e9", []),
    ("s.sepia=Yes", [Recolour(filters.sepia())]),
    ("s.sepia=off", []),
    ("a.balancewhite=TRUE", [Balance()]),
    ("a.balancewhite=area", [Balance()]),
]
MODERN_EFFECTS: list[tuple[str, Sequence[Effect]]] = [
    *((f"s.grayscale={word}", [grey("ntsc")]) for word in ("true", "Y", "NTSC")),
    ("s.grayscale=RY", [grey("ry")]),
    ("s.grayscale=flat", [grey("flat")]),
    ("s.grayscale=bt709", [grey("bt709")]),
    ("s.invert=true", [Recolour(filters.invert())]),
    ("s.invert=0", []),
    ("a.blur=2.5", [Blur(2.5)]),
    ("a.blur=1e-9", [Blur(0.1)]),
    ("a.blur=1e9", [Blur(100.0)]),
    ("a.blur=0", []),
    ("a.blur=-3", []),
    ("a.pixelate=8", [Pixelate(8)]),
    ("a.pixelate=99999", [Pixelate(512)]),
    ("a.pixelate=1", []),
    ("a.pixelate=-8", []),
    (
        ALL_EFFECTS,
        [
            Round((5.0,) * 4),
            Recolour(filters.alpha(0.4)),
            Recolour(filters.brightness(0.3)),
            Recolour(filters.contrast(0.2)),
            Recolour(filters.saturation(0.1)),
            Recolour(filters.sepia()),
            grey("flat"),
            Recolour(filters.invert()),
            Balance(),
            Blur(3.0),
            Pixelate(4),
        ],
    ),
]


@pytest.mark.parametrize("compat", COMPATS)
@pytest.mark.parametrize(("query", "wanted"), EFFECT_ROWS)
def test_effects_of_both(query: str, wanted: Sequence[Effect], compat: Compat) -> None:
    assert effects(query, compat) == wanted
    assert kinds(query, compat) == []


@pytest.mark.parametrize(("query", "wanted"), MODERN_EFFECTS)
def test_effects_of_a_modern_route(query: str, wanted: Sequence[Effect]) -> None:
    assert effects(query) == wanted
    assert kinds(query) == []


@pytest.mark.parametrize("kind", ["ntsc", "ry", "flat", "bt709"])
def test_greys_of_upstream(kind: filters.Greys) -> None:
    assert effects(f"s.grayscale={kind}", "imageflow") == [grey(kind, upstream=True)]
    assert effects("s.grayscale=y", "imageflow") == [grey("ntsc", upstream=True)]


@pytest.mark.parametrize("word", ["simple", "GIMP"])
def test_other_ways_to_balance_are_read_and_do_nothing(word: str) -> None:
    assert effects(f"a.balancewhite={word}") == []
    assert kinds(f"a.balancewhite={word}") == [("ignored", "a.balancewhite")]


def test_effects_follow_sizing_and_the_dot_comes_last() -> None:
    steps = list(read("watermark_red_dot=1&rotate=90&s.invert=1&w=4").plan.steps())
    assert [type(step) for step in steps] == [Decode, Fit, Recolour, Turn, Dot, Encode]
    assert read("watermark_red_dot=0").plan == read("").plan
