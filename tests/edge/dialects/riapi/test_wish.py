"""The RIAPI query string, from text to wish."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.dialects.base import DIALECTS
from edge.dialects.book import Book, Compat, Mark, Preset
from edge.dialects.riapi import EXTENSIONS, KEYS, parse
from edge.plan.canonical import parse_plan, print_plan
from edge.plan.facts import Facts
from edge.plan.layout import output_size
from edge.plan.steps import AUTO, Auto, Caption, Decode, Encode, Fit, Mirror, Point, Step, Turn, Watermark, Window


def fit(query: str) -> Fit:
    found = parse(query).plan.find(Fit)
    assert found is not None
    return found


def encode(query: str) -> Encode:
    return parse(query).plan.outputs[0]


def kinds(query: str) -> list[tuple[str, str]]:
    return [(notice.kind, notice.key) for notice in parse(query).notices]


def test_nothing_asked_is_no_processing() -> None:
    wish = parse("")
    assert list(wish.plan.steps()) == [Decode(), Fit(mode="max"), Encode()]
    assert (wish.processing, wish.notices) == (False, ())


def test_there_are_100_keys() -> None:
    assert len(KEYS) == 100
    assert len(set(KEYS) | set(EXTENSIONS)) == 100 + len(EXTENSIONS)


@pytest.mark.parametrize(
    ("query", "processing"),
    [
        ("w=abc", True),
        ("accept.webp=1", True),
        ("w=", False),
        ("utm_source=x", False),
        ("s.sepia=1", True),
        ("preset=x", True),
        ("watermark=x", True),
        ("format=json", True),
        ("dither=1", False),
        ("watermark.text=x", False),
    ],
)
def test_processing_is_asked_for_by_any_key_that_may_act(query: str, processing: bool) -> None:
    assert parse(query).processing is processing


def test_the_chain_turns_and_mirrors_before_and_after_sizing() -> None:
    steps: Sequence[Step] = list(parse("rotate=90&flip=v&srotate=180&sflip=xy&page=-2").plan.steps())
    assert steps[:3] == [Decode(frame=0), Turn(2), Mirror("both")]
    assert steps[4:6] == [Turn(1), Mirror("y")]


@pytest.mark.parametrize(
    ("degrees", "quarters"), [("45", 1), ("-45", 3), ("-44.9", 0), ("135", 2), ("450", 1), ("1e3", 3), ("360", 0)]
)
def test_angles_round_to_quarters_away_from_zero(degrees: str, quarters: int) -> None:
    turn = parse(f"rotate={degrees}").plan.find(Turn)
    assert (turn.quarters if turn else 0) == quarters


def test_an_angle_between_quarters_still_turns_and_is_noted() -> None:
    assert kinds("rotate=46") == [("invalid", "rotate")]
    assert kinds("rotate=90.05") == []


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("W=400", "w=400"),
        ("w=%20400%20", "w=400"),
        ("w=+400", "w=400"),
        ("w=400&&&", "w=400"),
        ("w=400&w=200", "w=400"),
        ("w=&w=400", "w=400"),
        ("width=&w=400", "w=400"),
        ("width=x&w=400", "w=400"),
        ("w=200&width=400", "w=400"),
        ("w=400#&h=3", "w=400"),
        ("bgcolor=#fff&w=100", ""),
        ("w=100;h=50", ""),
        ("%77=400", "w=400"),
        ("w=400=", ""),
        ("w", ""),
        ("=400", ""),
        ("w=4%FF", ""),
        ("w=\u00a0400\u2003", "w=400"),
        ("w=\x1c400", ""),
        ("zoom=2xx&w=9", "dpr=2&w=9"),
        ("zoom=2X&dppx=3", "dpr=3"),
        ("zoom=0", "zoom=-3"),
        ("zoom=1e9", "zoom=80000"),
        ("format=JPE", "thumbnail=jpeg"),
        ("mode=none&w=4", "w=4"),
        ("mode=carve&w=4", "mode=stretch&w=4"),
        ("stretch=FILL&crop=auto&w=4", "mode=stretch&w=4"),
        ("crop=Auto&w=4", "mode=crop&w=4"),
        ("mode=max&crop=auto&w=4", "mode=max&w=4"),
        ("mode=crop&maxwidth=4", "maxwidth=4"),
        ("down.colorspace=gamma", ""),
        ("quality=957", "quality=100"),
        ("bgcolor=transparent", ""),
        ("flip=none&rotate=0", ""),
        ("w=-5&h=4", "w=0&h=4"),
        ("maxwidth=0&w=3", "w=3"),
        ("c=1,2,3,4", "crop=1,2,3,4&cropxunits=100&cropyunits=100"),
        ("c=1,2,3&crop=1,2,3,4", "crop=1,2,3,4"),
        ("crop=(1,2,3,4)", "crop=1,2,3,4"),
        ("crop=1,x,3,4", "crop=1,0,3,4"),
        ("crop=nan,2,3,4", "crop=0,2,3,4"),
        ("crop=1,2,nan,4", ""),
        ("crop=-inf,2,infinity,4", "crop=-1e999,2,1e999,4"),
        ("short=100w", "srcset=100w"),
    ],
)
def test_two_spellings_of_one_wish(query: str, same: str) -> None:
    assert parse(query).plan == parse(same).plan


def test_a_zero_stays_where_the_other_bound_meets_it() -> None:
    assert (fit("w=0&maxheight=9").width, fit("h=0&maxwidth=9").height) == (0, 0)
    assert (fit("w=0&maxheight=9&h=3").width, fit("h=0&maxwidth=9&w=3").height) == (None, None)
    assert output_size(parse("w=0&maxheight=9").plan, Facts("png", 30, 40))[1] == 1


def test_mode_is_max_unless_width_or_height_is_written() -> None:
    assert [
        fit(query).mode
        for query in ("mode=crop", "mode=crop&w=x", "mode=crop&w=-5", "mode=crop&h=0", "mode=crop&w=auto")
    ] == ["max", "max", "crop", "crop", "crop"]


def test_sizing_values_arrive_in_the_fit() -> None:
    wanted = Fit(
        4,
        5,
        6,
        7,
        "crop",
        "both",
        1.5,
        Point(0.0, 100.0),
        Point(1.5, 2.0),
        Window(1, 2, 3, 4, 9.0, 0.0),
        "ff0000ff",
        "srgb",
    )
    query = (
        "w=4&h=5&maxwidth=6&maxheight=7&mode=crop&scale=both&dpr=1.5x&anchor=bottomleft&c.gravity=1.5,2"
        "&crop=1,2,3,4&cropxunits=9&bgcolor=red&down.colorspace=srgb"
    )
    assert fit(query) == wanted


@pytest.mark.parametrize(
    ("text", "width"),
    [("auto", AUTO), ("AUTO:640", Auto(640)), ("auto:0", None), ("auto:x", None), ("auto:", None), ("autos", None)],
)
def test_the_edge_may_be_asked_for_a_width(text: str, width: Auto | None) -> None:
    assert fit(f"w={text}").width == width


def test_the_edge_may_be_asked_for_density_and_format() -> None:
    assert fit("dpr=auto").zoom == fit("zoom=Auto").zoom == AUTO
    assert encode("format=auto") == Encode(AUTO)
    assert [encode(query).format for query in ("", "format=keep", "format=bogus", "thumbnail=jpegxl")] == [
        None,
        "keep",
        None,
        "jxl",
    ]


def test_qualities_are_clamped_and_named_by_format() -> None:
    query = "quality=-3&jpeg.quality=200&webp.quality=77.5&avif.quality=1e30&jxl.quality=9&png.quality=255"
    qualities = (("avif", 100), ("jpeg", 100), ("jxl", 9), ("png", 100), ("webp", 78))
    assert encode(query) == Encode(quality=0, qualities=qualities)


def test_formats_the_url_vouches_for_are_sorted() -> None:
    assert encode("accept.webp=1&accept.avif=true&accept.jxl=0").accepts == ("avif", "webp")


def test_a_background_is_also_the_matte() -> None:
    assert (fit("bgcolor=f00").background, encode("bgcolor=f00").matte) == ("ff0000ff", "ff0000ff")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("nope=1&nope=2", [("unknown", "nope"), ("duplicate", "nope")]),
        ("f=jpg", [("unknown", "f")]),
        ("w=1&W=2", [("duplicate", "w")]),
        ("w=abc", [("invalid", "w")]),
        ("width=1&w=2", [("ignored", "w")]),
        ("dither=1", [("ignored", "dither")]),
        ("mode=bogus", [("invalid", "mode")]),
        ("mode=carve", [("ignored", "mode")]),
        ("zoom=2&dpr=3&dppx=4", [("ignored", "dpr"), ("ignored", "dppx")]),
        ("zoom=x&dpr=3&dppx=4", [("invalid", "zoom"), ("ignored", "dppx")]),
        ("stretch=no", [("invalid", "stretch")]),
        ("crop=(1,2,3,4)", [("invalid", "crop")]),
        ("c=1,2,3,4&crop=1,2,3,4", [("ignored", "crop")]),
        ("quality=x", [("invalid", "quality")]),
        ("w=&dither=", []),
        ("srcset=100w&short=5w", [("ignored", "short")]),
    ],
)
def test_what_was_not_taken_as_written_is_noted(query: str, said: list[tuple[str, str]]) -> None:
    assert kinds(query) == said


def test_notices_are_sentences() -> None:
    sentences = [notice.sentence for notice in parse("w=abc&dither=1&x=1").notices]
    assert sentences == [
        "dither has no effect",
        "x is not a known parameter",
        "Expected a whole number or auto for w but received 'abc'",
    ]


WORDS = """
1 0 -1 2.5 100 400 auto crop smart nan inf 1e999 1,2,3,4 50,50 true false keep %ff jpeg webp json quality lossless high
lanczos srgb red area topleft mine logo 100w,fit-crop 2x,webp-l-80,qp-dpr-2 jpeg-progressive,sharp-9 down,both
"""
VALUES = st.sampled_from(["", "9" * 400, *WORDS.split()]) | st.text(max_size=12)
NAMES = st.sampled_from((*KEYS, *EXTENSIONS)) | st.text(max_size=5)
QUERIES = st.lists(st.tuples(NAMES, VALUES), max_size=12).map(
    lambda pairs: "&".join(f"{key}={value}" for key, value in pairs)
)
MARKS = {"logo": Mark("logo", Watermark(), "/p/logo.png"), "high": Mark("high", Caption("x"))}


@given(QUERIES, QUERIES, st.sampled_from(["modern", "imageflow"]), st.booleans())
@example("w=\ud800", "", "modern", False)
@example("watermark=logo", "", "modern", False)
@settings(max_examples=200, deadline=None)
def test_no_query_ever_raises_and_every_wish_has_a_text_and_a_size(
    query: str, preset: str, compat: Compat, trusted: bool
) -> None:
    book = Book({"mine": Preset(preset, preset)}, MARKS, compat=compat)
    wish = parse(query, book, trusted)
    assert parse_plan(print_plan(wish.plan)) == wish.plan
    assert min(output_size(wish.plan, [Facts("png", 640, 480)] * (1 + len(wish.extras)))) >= 1
    assert len(wish.extras) == len({node.step for node in wish.plan.nodes if isinstance(node.step, Decode)}) - 1
    assert parse(query, book, trusted) == wish or wish.problem is not None
    assert len(wish.notices) <= 100


@given(st.text())
def test_any_text_is_a_query(text: str) -> None:
    assert parse(text).plan.outputs


def test_the_dialect_is_known_by_its_name() -> None:
    assert DIALECTS["riapi"]("w=4") == parse("w=4")


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"k{number}=1" for number in range(2000)),
        "w=1&" * 2000,
        "srcset=" + "x," * 4000,
        "srcset=jpeg" + "-x" * 4000,
        "srcset=" + "1" * 8000 + "x,fit-crop",
        "w=" + "9" * 8000,
        "zoom=" + "9" * 8000 + "y",
        "bgcolor=" + "f" * 8000,
        "crop=" + "1," * 4000,
        "nope" * 2000 + "=1",
        "watermark=" + "x," * 4000,
        "preset=" + "x," * 4000,
        "anchor=" + "9" * 4000 + "," + "9" * 4000 + "x",
    ],
)
def test_a_long_query_is_answered_shortly(query: str) -> None:
    notices = parse(query).notices
    assert 1 <= len(notices) + (parse(query).problem is not None) <= 100
    assert all(len(notice.sentence) <= 250 and len(notice.key) <= 80 for notice in notices)
