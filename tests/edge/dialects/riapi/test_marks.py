"""Watermarks: named ones, and lines of text."""

import pytest

from edge.dialects.book import Book, Mark, Preset
from edge.dialects.riapi import parse
from edge.errors import NotFound
from edge.plan.canonical import parse_plan, print_plan
from edge.plan.plan import Extra, Node, Wish
from edge.plan.steps import (
    Area,
    Blur,
    Caption,
    Decode,
    Dot,
    Encode,
    Fit,
    Point,
    Recolour,
    Round,
    Step,
    Turn,
    Watermark,
)

ON_IMAGE = Watermark(opacity=0.5)
ON_CANVAS = Watermark(Area("canvas"))
LINE = Caption("© us")
MARKS = {
    "logo": Mark("Logo", ON_IMAGE, "/p/logo.png"),
    "frame": Mark("frame", ON_CANVAS, "/p/frame.png"),
    "line": Mark("line", LINE),
    "same": Mark("same", ON_IMAGE, "/p/logo.png"),
}
BOOK = Book({"mine": Preset("watermark=logo")}, MARKS)


def read(query: str, book: Book = BOOK, trusted: bool = False) -> Wish:
    wish = parse(query, book, trusted)
    assert parse_plan(print_plan(wish.plan)) == wish.plan
    return wish


def caption(query: str, trusted: bool = True) -> Caption | None:
    return read(query, trusted=trusted).plan.find(Caption)


def kinds(wish: Wish) -> list[tuple[str, str]]:
    return [(notice.kind, notice.key) for notice in wish.notices]


def test_a_mark_is_a_second_picture_of_the_plan() -> None:
    wish = read("w=4&watermark=logo")
    assert wish.extras == (Extra("Logo", "/p/logo.png"),)
    assert wish.plan.nodes == (
        Node(Decode()),
        Node(Fit(width=4), (0,)),
        Node(Decode(1, 0)),
        Node(ON_IMAGE, (1, 2)),
        Node(Encode(), (3,)),
    )


def test_several_marks_lie_over_each_other_in_order() -> None:
    wish = read("watermark=frame, LOGO ,,logo,same")
    assert wish.extras == (Extra("Logo", "/p/logo.png"), Extra("same", "/p/logo.png"), Extra("frame", "/p/frame.png"))
    assert wish.plan.nodes[2:] == (
        Node(Decode(1, 0)),
        Node(ON_IMAGE, (1, 2)),
        Node(ON_IMAGE, (3, 2)),
        Node(Decode(2, 0)),
        Node(ON_IMAGE, (4, 5)),
        Node(Decode(3, 0)),
        Node(ON_CANVAS, (6, 7)),
        Node(Encode(), (8,)),
    )


def test_marks_come_in_their_place_among_the_steps() -> None:
    query = "watermark=line,frame,logo&watermark.text=x&rotate=90&flip=x&watermark_red_dot=1&a.blur=2&s.invert=1"
    kinds_of_steps: list[type[Step]] = [
        type(node.step) for node in read(f"{query}&s.roundcorners=5", trusted=True).plan.nodes if len(node.of) > 0
    ]
    head: list[type[Step]] = [Fit, Round, Recolour, Blur, Watermark, Caption, Watermark, Caption, Turn]
    assert kinds_of_steps[:9] == head
    assert kinds_of_steps[-2:] == [Dot, Encode]


def test_a_line_of_text_needs_no_picture() -> None:
    wish = read("watermark=line")
    assert (wish.extras, list(wish.plan.steps())[-2]) == ((), LINE)


def test_an_unknown_mark_is_a_problem_that_names_it() -> None:
    wish = read("watermark=logo,Nope&w=4")
    assert isinstance(wish.problem, NotFound)
    assert wish.problem.sentence == "There is no watermark named 'nope'"
    assert [extra.name for extra in wish.extras] == ["Logo"]
    assert read("watermark=logo").problem is None


def test_an_unknown_preset_comes_before_an_unknown_mark() -> None:
    problem = read("watermark=nope&preset=nada").problem
    assert problem is not None
    assert "preset" in problem.sentence


def test_presets_and_routes_may_name_marks() -> None:
    assert read("preset=mine").extras == read("watermark=logo").extras
    assert [extra.name for extra in read("", Book({}, MARKS, overrides="watermark=frame")).extras] == ["frame"]


def test_no_names_are_no_mark() -> None:
    assert read("watermark=,").plan == read("").plan


def test_there_is_an_end_to_marks() -> None:
    wish = read("watermark=" + "logo," * 17)
    assert sum(isinstance(step, Watermark) for step in wish.plan.steps()) == 16
    assert kinds(wish) == [("ignored", "watermark")]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("watermark.text=Hi", Caption("Hi")),
        ("watermark.text=a%20%26+b", Caption("a & b")),
        ("watermark.text=%C2%A9%09%0A%00us%E2%80%A8", Caption("©us")),
        ("watermark.text=" + "x" * 200, Caption("x" * 200)),
        ("watermark.text=x&watermark.font=DejaVu+Sans-Bold+9", Caption("x", font="DejaVu Sans-Bold 9")),
        ("watermark.text=x&watermark.size=1", Caption("x", size=4.0)),
        ("watermark.text=x&watermark.size=40.5", Caption("x", size=40.5)),
        ("watermark.text=x&watermark.size=1e9", Caption("x", size=512.0)),
        ("watermark.text=x&watermark.color=red", Caption("x", colour="ff0000ff")),
        ("watermark.text=x&watermark.gravity=topleft", Caption("x", gravity=Point(0.0, 0.0))),
        ("watermark.text=x&watermark.gravity=20,30", Caption("x", gravity=Point(20.0, 30.0))),
        ("watermark.text=x&watermark.opacity=7", Caption("x", opacity=1.0)),
        ("watermark.text=x&watermark.opacity=-7", Caption("x", opacity=0.0)),
        ("watermark.text=x&watermark.margin=-7", Caption("x", margin=0)),
        ("watermark.text=x&watermark.margin=30", Caption("x", margin=30)),
        ("watermark.text=x&watermark.margin=999999", Caption("x", margin=65535)),
    ],
)
def test_text_is_written_as_asked(query: str, wanted: Caption) -> None:
    assert caption(query) == wanted
    assert kinds(read(query, trusted=True)) == []


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("watermark.text=" + "x" * 201, "text"),
        ("watermark.text=%01%02", "text"),
        ("watermark.text=" + "%01" * 4000 + "x", "text"),
        ("watermark.text=x&watermark.font=a/b", "font"),
        ("watermark.text=x&watermark.font=a%00b", "font"),
        ("watermark.text=x&watermark.font=" + "a" * 65, "font"),
        ("watermark.text=x&watermark.size=big", "size"),
        ("watermark.text=x&watermark.color=nope", "color"),
        ("watermark.text=x&watermark.gravity=up", "gravity"),
        ("watermark.text=x&watermark.opacity=nan", "opacity"),
        ("watermark.text=x&watermark.margin=1.5", "margin"),
    ],
)
def test_what_cannot_be_written_is_noted(query: str, key: str) -> None:
    wish = read(query, trusted=True)
    assert kinds(wish) == [("invalid", f"watermark.{key}")]
    assert wish.plan.find(Caption) == (None if key == "text" else Caption("x"))


def test_text_without_a_signature_is_not_written() -> None:
    wish = read("w=4&watermark.text=x&watermark.size=9")
    assert wish.plan == read("w=4").plan
    assert [notice.sentence for notice in wish.notices] == [
        "watermark.text needs a signed URL",
        "watermark.size needs a signed URL",
    ]


@pytest.mark.parametrize("query", ["watermark.text=evil&watermark.size=500", "Watermark%2EText=evil", ""])
def test_the_routes_text_stays_what_an_unsigned_url_says(query: str) -> None:
    under = Book(defaults="watermark.text=ours&watermark.size=20")
    assert read(query, under).plan.find(Caption) == Caption("ours", size=20.0)
    over = Book(overrides="watermark.text=ours&watermark.size=20")
    assert read(query, over, trusted=True).plan.find(Caption) == Caption("ours", size=20.0)


def test_a_presets_text_is_the_routes_own() -> None:
    book = Book({"signed": Preset("watermark.text=ours")})
    assert read("preset=signed", book).plan.find(Caption) == Caption("ours")


def test_settings_of_a_text_that_is_not_there_are_noted() -> None:
    wish = read("watermark.size=9", trusted=True)
    assert kinds(wish) == [("ignored", "watermark.text")]
    assert wish.plan.find(Caption) is None
