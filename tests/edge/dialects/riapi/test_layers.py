"""A route's own query and its presets, under and over the request's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.book import Book, Preset
from edge.dialects.riapi import parse
from edge.errors import NotFound
from edge.plan.plan import Wish
from edge.plan.steps import Encode, Fit

PRESETS = {
    "small": Preset("width=30&height=20"),
    "tiny": Preset(overrides="width=2&height=1"),
    "both": Preset("w=5&format=webp", "mode=crop"),
    "huge": Preset(overrides="w=9000"),
    "nested": Preset("preset=tiny&h=7", "preset=huge"),
    "told": Preset("format=json"),
    "comment": Preset("h=3#&w=9", "mode=crop#&w=8"),
}


def read(query: str, over: str = "", under: str = "") -> Wish:
    return parse(query, Book(PRESETS, {}, over, under))


@pytest.mark.parametrize(
    ("over", "query", "under", "same"),
    [
        ("", "w=1&w=2", "", "w=1"),
        ("", "w=100", "w=200&h=9&mode=crop", "w=100&h=9&mode=crop"),
        ("", "w=100", "width=200", "w=100"),
        ("", "h=100", "width=200", "h=100&width=200"),
        ("format=webp", "format=png&w=1", "", "format=webp&w=1"),
        ("thumbnail=webp", "format=png", "", "format=webp"),
        ("", "w=&h=5", "w=200", "h=5&w=200"),
        ("", "W=100", "w=200", "w=100"),
        ("", "%77=100", "w=200", "w=100"),
        ("", "w=100#", "h=5", "w=100&h=5"),
        ("bgcolor=#fff&h=1", "w=1", "h=5#&h=6", "w=1&h=5"),
        ("w=1", "w=2", "w=3", "w=1"),
        ("", "", "w=200", "w=200"),
        ("", "dppx=2&w=1", "zoom=3", "w=1&zoom=2"),
        ("", "page=2", "frame=1", "frame=2"),
        ("", "short=5w", "srcset=6w", "srcset=5w"),
        ("", "qp.dppx=2", "qp.dpr=1", "qp.dpr=2"),
        ("", "f.sharpenwhen=always&f.sharpen=2", "f.sharpen_when=downscaling", "f.sharpen=2"),
        ("", "crop=1,2,3,4", "c=5,6,7,8", "crop=1,2,3,4"),
        ("c=5,6,7,8", "crop=1,2,3,4", "", "c=5,6,7,8"),
        ("", "c=5,6,7,8&w=9&h=9", "crop=auto", "c=5,6,7,8&w=9&h=9&mode=crop"),
        ("", "crop=auto&w=9&h=9", "c=5,6,7,8", "c=5,6,7,8&w=9&h=9&mode=crop"),
        ("", "preset=small&height=35&mode=pad", "", "width=30&height=35"),
        ("", "preset=tiny&height=35", "", "width=2&height=1"),
        ("", "preset=Small, ,TINY", "", "width=2&height=1"),
        ("", "preset=small,both", "", "width=30&height=20&mode=crop&format=webp"),
        ("", "preset=both,small", "", "w=5&height=20&mode=crop&format=webp"),
        ("", "preset=tiny,huge", "", "w=9000&height=1"),
        ("", "preset=huge,tiny", "", "w=2&height=1"),
        ("", "preset=huge,tiny,huge", "", "w=9000&height=1"),
        ("", "h=8", "preset=tiny", "width=2&height=1"),
        ("", "preset=small", "preset=tiny", "width=30&height=20"),
        ("preset=small", "preset=tiny", "", "width=30&height=20"),
        ("w=4", "preset=tiny", "", "w=4&height=1"),
        ("", "preset=nested", "", "h=7"),
        ("", "preset=comment&w=1", "", "h=3&w=1&mode=crop"),
        ("", "preset=,", "", ""),
        ("", "preset=", "preset=small", "width=30&height=20"),
    ],
)
def test_the_highest_layer_that_says_a_thing_says_it(over: str, query: str, under: str, same: str) -> None:
    assert read(query, over, under).plan == parse(same).plan


def test_an_unknown_preset_is_a_problem_that_names_it() -> None:
    wish = read("preset=small,Nope,nada&w=4")
    assert isinstance(wish.problem, NotFound)
    assert wish.problem.sentence == "There is no preset named 'nope'"
    assert (wish.plan.find(Fit) or Fit()).width == 4
    assert read("preset=small").problem is None


def test_a_long_name_is_shown_short() -> None:
    wish = read("preset=" + "n" * 5000)
    assert wish.problem is not None
    assert len(wish.problem.sentence) < 120


@pytest.mark.parametrize(
    ("query", "alone"),
    [
        ("", True),
        ("preset=small", True),
        ("Preset=small,tiny", True),
        ("preset=small&v=17", True),
        ("preset=small&sig=x&exp=1", True),
        ("v=17", True),
        ("preset=small&w=", True),
        ("preset=nope", True),
        ("preset=small&w=4", False),
        ("preset=small&w=x", False),
        ("preset=small&dither=1", False),
        ("preset=small&a.pixelate=4", False),
        ("preset=small&watermark.text=x", False),
        ("preset=small&format=json", False),
        ("w=4", False),
    ],
)
def test_a_query_names_presets_only(query: str, alone: bool) -> None:
    assert read(query).presets_only is alone
    assert read(query, over="w=5", under="h=6").presets_only is alone


def test_a_preset_may_ask_for_information() -> None:
    wish = read("preset=told")
    assert (wish.plan.outputs, wish.presets_only) == ((Encode("json"),), True)


def test_the_routes_own_query_asks_for_processing_too() -> None:
    assert read("", under="w=4").processing
    assert read("", over="w=4").processing
    assert not read("v=1", under="dither=1").processing


def test_what_the_route_decides_is_noted() -> None:
    assert [(n.kind, n.key) for n in read("w=4&h=5", over="width=3").notices] == [("ignored", "w")]
    assert [(n.kind, n.key) for n in read("w=4&preset=tiny").notices] == [("ignored", "w")]
    assert read("w=4&h=5", under="width=3").notices == ()


def test_a_preset_in_a_preset_is_noted() -> None:
    assert {notice.sentence for notice in read("preset=nested").notices} == {"preset has no effect in a preset"}


@given(st.text(), st.text(), st.text(), st.text())
def test_no_layer_ever_raises(over: str, query: str, under: str, preset: str) -> None:
    book = Book({"a": Preset(preset, preset)}, {}, over, under)
    assert parse(f"{query}&preset=a", book).plan.outputs


@given(st.text(max_size=20))
def test_a_layer_alone_means_what_it_means_in_the_url(text: str) -> None:
    plan = parse(text).plan
    assert parse("", Book(overrides=text)).plan == parse("", Book(defaults=text)).plan == plan
