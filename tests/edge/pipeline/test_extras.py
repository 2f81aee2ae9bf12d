"""Watermarks are inputs: their identity is in the key, their absence is told, the shortest freshness rules."""

from dataclasses import replace

import pytest

from edge.dialects.book import Book, Mark, Preset
from edge.errors import Forbidden, NotFound, Unprocessable, UnsupportedPicture
from edge.freshness.judge import Window
from edge.plan.facts import Limits
from edge.plan.steps import Caption, Watermark
from edge.routing.access import Access
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building
from tests.pictures import photo

BOOK = Book(
    presets={"thumb": Preset("w=100"), "stamped": Preset(overrides="watermark=logo")},
    marks={
        "logo": Mark("Logo", Watermark(), "/p/logo.png"),
        "gone": Mark("gone", Watermark(), "/p/none.png"),
        "lost": Mark("lost", Watermark(), "/elsewhere/a.png"),
        "large": Mark("large", Watermark(min_width=300), "/p/logo.png"),
        "words": Mark("words", Caption("hello")),
    },
)


@pytest.fixture
def stamping(building: Building) -> Building:
    building.book = BOOK
    building.origin.put("logo.png", OTHER, {"cache-control": "max-age=60"})
    return building


async def test_a_watermark_is_an_input_of_the_job(stamping: Building) -> None:
    house = stamping.build()
    await house.get("/p/a.jpg?w=100&watermark=logo")
    _, sources = house.pool.jobs[-1]
    assert [source.data for source in sources] == [PHOTO, OTHER]
    assert house.origin.fetches("logo.png") == 1


async def test_the_same_watermark_twice_is_one_input(stamping: Building) -> None:
    house = stamping.build()
    await house.get("/p/a.jpg?w=100&watermark=logo,LOGO")
    assert len(house.pool.jobs[-1][1]) == 2


async def test_another_picture_behind_the_same_name_is_another_rendition(stamping: Building) -> None:
    house = stamping.build()
    first = await house.get("/p/a.jpg?w=100&watermark=logo")
    house.origin.put("logo.png", PHOTO, {"cache-control": "max-age=60"})
    house.later(61)
    stale_at_first = await house.get("/p/a.jpg?w=100&watermark=logo")
    assert stale_at_first.status == 200
    house.later(3600)
    second = await house.get("/p/a.jpg?w=100&watermark=logo")
    third = await house.get("/p/a.jpg?w=100&watermark=logo")
    assert first.headers.get("etag") != (third if second == first else second).headers.get("etag")


async def test_the_shortest_freshness_rules(stamping: Building) -> None:
    house = stamping.build()
    reply = await house.get("/p/a.jpg?w=100&watermark=logo")
    assert "max-age=60" in (reply.headers.get("cache-control") or "")
    plain = await house.get("/p/a.jpg?w=100")
    assert "max-age=3600" in (plain.headers.get("cache-control") or "")


async def test_a_watermark_that_may_not_be_kept_makes_a_rendition_that_may_not(stamping: Building) -> None:
    stamping.origin.put("logo.png", OTHER, {"cache-control": "no-store"})
    stamping.window = Window(min=0)
    house = stamping.build()
    for _ in range(2):
        reply = await house.get("/p/a.jpg?w=100&watermark=logo")
        assert "no-store" in (reply.headers.get("cache-control") or "")
    assert len(house.pool.jobs) == 2


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("watermark=nobody", "nobody"),
        ("preset=nobody", "nobody"),
        ("watermark=gone", "The watermark gone is not at /p/none.png"),
        ("watermark=lost", "The watermark lost is not at /elsewhere/a.png"),
    ],
)
async def test_what_is_not_there_is_named(stamping: Building, query: str, told: str) -> None:
    house = stamping.build()
    with pytest.raises(NotFound, match=told):
        await house.get(f"/p/a.jpg?w=100&{query}")
    assert not house.pool.jobs


async def test_an_unknown_preset_is_refused_before_anything_is_fetched(stamping: Building) -> None:
    house = stamping.build()
    with pytest.raises(NotFound, match="nobody"):
        await house.get("/p/a.jpg?preset=nobody")
    assert house.origin.fetches("a.jpg") == 0


async def test_presets_only(stamping: Building) -> None:
    stamping.access = replace(Access(), presets_only=True)
    house = stamping.build()
    for query in ("", "?preset=thumb", "?preset=stamped&v=3"):
        assert (await house.get(f"/p/a.jpg{query}")).status == 200
    for query in ("?w=5", "?preset=thumb&w=5", "?watermark=logo"):
        with pytest.raises(Forbidden, match="presets"):
            await house.get(f"/p/a.jpg{query}")


async def test_a_text_needs_no_input(stamping: Building) -> None:
    house = stamping.build()
    await house.get("/p/a.jpg?w=100&watermark=words")
    plan, sources = house.pool.jobs[-1]
    assert len(sources) == 1
    assert plan.find(Caption) is not None


async def test_a_mark_that_is_hidden_makes_no_other_rendition(stamping: Building) -> None:
    house = stamping.build()
    plain, hidden, shown = [
        (await house.get(f"/p/a.jpg?{query}")).headers.get("etag")
        for query in ("w=100", "w=100&watermark=large", "w=350&watermark=large")
    ]
    assert plain == hidden != shown
    assert (await house.get("/p/a.jpg?w=350")).headers.get("etag") != shown


async def test_what_is_wrong_with_a_mark_is_told_of_it(stamping: Building) -> None:
    stamping.origin.put("logo.png", b"not a picture", {"cache-control": "max-age=60"})
    with pytest.raises(UnsupportedPicture, match=r"^The watermark Logo cannot be used: "):
        await stamping.build().get("/p/a.jpg?w=100&watermark=logo")


async def test_limits_hold_for_marks_too(stamping: Building) -> None:
    stamping.limits = Limits(source_side=450)
    stamping.origin.put("logo.png", photo(500, 20), {"cache-control": "max-age=60"})
    with pytest.raises(Unprocessable, match=r"^The watermark Logo cannot be used: .* side of 500 pixels"):
        await stamping.build().get("/p/a.jpg?w=100&watermark=logo")
