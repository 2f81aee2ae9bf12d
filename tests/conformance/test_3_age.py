"""Age and Date (RFC 9111 §4.2.3, §5.1)."""

import pytest

from tests.conformance.harness import Cached
from tests.conformance.origin import Answer


async def test_3_1_a_stored_answer_tells_its_age_and_keeps_its_date(cached: Cached) -> None:
    first = await cached.get("/a", {"Cache-Control": "max-age=60"})
    cached.clock.tick(7)
    second = await cached.get("/a")
    assert second.hit
    assert second.age == 7
    assert second.all("date") == first.all("date")


async def test_3_1_age_adds_up_over_caches(cached: Cached) -> None:
    await cached.get("/a", {"Expires": cached.date(3600), "Age": "30"})
    cached.clock.tick(3)
    assert (await cached.get("/a")).age == 33


async def test_3_1_an_old_date_is_age_too(cached: Cached) -> None:
    await cached.get("/a", {"Cache-Control": "max-age=60", "Date": cached.date(-20), "Age": "5"})
    cached.clock.tick(3)
    assert (await cached.get("/a")).age == 23
    assert not await cached.reuses({"Cache-Control": "max-age=60", "Date": cached.date(-61)})


@pytest.mark.parametrize(
    "headers", [{"Cache-Control": "max-age=600"}, {"Cache-Control": "max-age=600", "Expires": "0"}]
)
async def test_3_1_date_and_expires_are_handed_on_as_they_came(cached: Cached, headers: dict[str, str]) -> None:
    date = cached.date(-5)
    await cached.get("/a", {**headers, "Date": date})
    cached.clock.tick(9)
    second = await cached.get("/a")
    assert second.all("date") == [date]
    assert second.get("expires") == headers.get("Expires")


FRESH_AGES = [["abc"], ["-7200"], ["7200.0"], ["0, 7200"], ["0", "7200"], ["0, 0"], ["0", "0"], [""], ["60"]]
STALE_AGES = [["7200"], ["7200, 0"], ["7200", "0"], ["2147483647"], ["2147483648"], ["2147483649"], ["9" * 400]]


@pytest.mark.parametrize("ages", FRESH_AGES)
async def test_3_2_the_first_member_counts_and_nonsense_does_not(cached: Cached, ages: list[str]) -> None:
    assert await cached.reuses({"Cache-Control": "max-age=3600", "Age": ages}, 5)


@pytest.mark.parametrize("ages", STALE_AGES)
async def test_3_2_an_age_above_the_lifetime_is_stale(cached: Cached, ages: list[str]) -> None:
    assert not await cached.reuses({"Cache-Control": "max-age=3600", "Age": ages})


async def test_3_3_the_time_an_origin_took_is_age(cached: Cached) -> None:
    first = await cached.get("/a", Answer({"Cache-Control": "max-age=60"}, wait=5))
    assert first.age == 5
    cached.clock.tick(54)
    assert (await cached.get("/a")).hit
    cached.clock.tick(2)
    assert not (await cached.get("/a")).hit
