"""A raw route as a cache: what is served, what is asked, what is kept."""

import asyncio

import pytest

from edge.errors import BadGateway, GatewayTimeout, MethodNotAllowed, Unauthorized, UriTooLong
from edge.freshness.dates import print_date
from edge.freshness.judge import Window
from edge.originals.selection import Selection
from edge.routing.access import Access
from edge.routing.signing import Key, Policy, sign
from tests.edge.relay.relaying import START, World, read

DOWN = BadGateway("The origin cannot be reached", disconnected=True)


async def test_a_fresh_answer_is_served_without_its_origin() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60", x_own="kept")
    first, second = await world.get("/a"), await world.get("/a")
    assert (first.way, first.story.stored, second.way, world.asked) == ("uri-miss", True, "hit:mem", 1)
    assert first.body == second.body == b"bytes"
    assert second.fields.get("x-own") == "kept"
    assert second.story.ttl == 60


async def test_its_age_grows_and_its_date_stays() -> None:
    world = World()
    world.says("a", cache_control="max-age=60", age="5")
    await world.get("/a")
    world.now += 7
    told = await world.get("/a")
    assert (told.fields.get("age"), told.fields.get("date")) == ("12", print_date(int(START)))


@pytest.mark.parametrize("status", [200, 203, 204, 299, 301, 307, 400, 404, 410, 499, 500, 503, 599])
async def test_every_status_with_explicit_freshness_is_kept(status: int) -> None:
    world = World()
    world.says("a", b"" if status == 204 else b"bytes", status, cache_control="max-age=60")
    await world.get("/a")
    told = await world.get("/a")
    assert (told.status, told.way, told.body) == (status, "hit:mem", b"" if status == 204 else b"bytes")


@pytest.mark.parametrize("ruling", ["no-store", "private", "max-age=0", "no-cache"])
async def test_what_may_not_be_used_again_is_asked_for_each_time(ruling: str) -> None:
    world = World()
    world.says("a", cache_control=ruling)
    for _ in range(3):
        assert (await world.get("/a")).body == b"body"
    assert world.asked == 3


async def test_the_query_is_part_of_the_name_byte_for_byte() -> None:
    world = World()
    world.says("a", cache_control="max-age=60")
    for query in ("?x=1", "?X=1", "?x=%31", "", "?x=1"):
        await world.get(f"/a{query}")
    assert [ask.query for ask in world.origin.asked] == ["x=1", "X=1", "x=%31", ""]


async def test_a_stale_answer_is_confirmed_and_fresh_again() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=10", etag='"1"', x_old="1")
    await world.get("/a")
    world.now += 20
    world.says("a", b"bytes", cache_control="max-age=30", etag='"1"', x_new="2")
    told = await world.get("/a")
    assert (told.way, told.story.origin_status, told.status, told.body) == ("stale", 304, 200, b"bytes")
    assert world.origin.asked[-1].headers.get("if-none-match") == '"1"'
    assert (told.fields.get("x-old"), told.fields.get("x-new"), told.fields.get("age")) == ("1", "2", "0")
    world.now += 29
    assert (await world.get("/a")).way == "hit:mem"


async def test_another_answer_takes_the_place_of_the_stale_one() -> None:
    world = World()
    world.says("a", b"old", cache_control="max-age=10", etag='"1"')
    await world.get("/a")
    world.now += 20
    world.says("a", b"new", cache_control="max-age=10", etag='"2"')
    assert (await world.get("/a")).body == b"new"
    told = await world.get("/a")
    assert (told.body, told.way, world.asked) == (b"new", "hit:mem", 2)


async def test_a_304_that_speaks_of_another_answer_is_not_believed() -> None:
    world = World()
    world.says("a", b"old", cache_control="max-age=10", etag='"1"')
    await world.get("/a")
    world.now += 20
    odd = world.says("a", b"", 304, etag='"other"')
    world.origin.answers["a"] = lambda ask: (
        odd if "if-none-match" in ask.headers else world.says("b", b"new", cache_control="max-age=10")
    )
    assert (await world.get("/a")).body == b"new"
    assert world.asked == 3


async def test_an_answer_that_may_not_be_kept_leaves_the_older_one_usable() -> None:
    world = World(route={"client_cache_control": "honour"})
    world.says("a", b"old", cache_control="max-age=100")
    await world.get("/a")
    world.says("a", b"new", cache_control="no-store")
    assert (await world.get("/a", cache_control="no-cache")).body == b"new"
    assert (await world.get("/a")).body == b"old"


# Clients' own wishes.


async def test_a_wish_of_the_client_counts_as_the_operator_says() -> None:
    for mode, asked in (("ignore", 1), ("honour", 2)):
        world = World(route={"client_cache_control": mode})
        world.says("a", cache_control="max-age=100")
        await world.get("/a")
        told = await world.get("/a", cache_control="no-cache")
        assert (world.asked, told.way) == (asked, "hit:mem" if asked == 1 else "request")


async def test_wishes_for_a_validation_are_granted_once_a_second() -> None:
    world = World(route={"client_cache_control": "revalidate"})
    world.says("a", cache_control="max-age=100", etag='"1"')
    await world.get("/a")
    await world.get("/a", cache_control="no-cache")
    assert world.asked == 1
    world.now += 2
    await world.get("/a", cache_control="no-cache")
    assert world.asked == 2


async def test_only_if_cached_is_504_when_nothing_is() -> None:
    world = World(route={"client_cache_control": "honour"})
    with pytest.raises(GatewayTimeout):
        await world.get("/a", cache_control="only-if-cached")
    assert world.asked == 0


async def test_a_client_who_says_no_store_leaves_nothing_behind() -> None:
    world = World(route={"client_cache_control": "honour"})
    world.says("a", cache_control="max-age=100")
    await world.get("/a", cache_control="no-store")
    assert (await world.get("/a")).way == "uri-miss"


# Preconditions and ranges.


async def test_preconditions_are_answered_here_and_the_whole_is_asked_for() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60", etag='"1"', content_location="/x", content_type="text/plain")
    told = await world.get("/a", if_none_match='"1"')
    assert (told.status, told.body, told.fields.get("etag")) == (304, b"", '"1"')
    assert "if-none-match" not in world.origin.asked[0].headers
    await world.settle()
    assert (await world.get("/a")).body == b"bytes"
    again = await world.get("/a", if_none_match='W/"0", "1"')
    assert (again.status, again.way, world.asked) == (304, "hit:validator", 1)
    assert {"cache-control", "content-location", "date", "etag", "age"} == {name for name, _ in again.fields}


async def test_a_write_that_lost_its_race_is_412() -> None:
    world = World()
    world.says("a", cache_control="max-age=60", etag='"1"')
    await world.get("/a")
    assert (await world.get("/a", if_match='"2"')).status == 412
    assert (await world.get("/a", if_match='"1"')).status == 200


async def test_preconditions_mean_nothing_for_an_error() -> None:
    world = World()
    world.says("a", b"gone", 410, cache_control="max-age=60", etag='"1"')
    for _ in range(2):
        assert (await world.get("/a", if_none_match='"1"')).status == 410


async def test_a_range_that_is_missing_is_passed_through_and_not_kept() -> None:
    world = World()
    world.says("a", b"part", 206, cache_control="max-age=60", content_range="bytes 0-3/9")
    for _ in range(2):
        told = await world.get("/a", range="bytes=0-3", if_range='"1"')
        assert (told.status, told.body, told.way, told.story.stored) == (206, b"part", "uri-miss", False)
    assert world.origin.asked[1].headers.select(("range", "if-range")) == ("bytes=0-3", '"1"')


async def test_the_whole_in_answer_to_a_range_is_kept() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60")
    told = await world.get("/a", range="bytes=0-1")
    assert (told.status, told.body) == (200, b"bytes")
    again = await world.get("/a", range="bytes=0-1")
    assert (again.way, again.fields.get("accept-ranges")) == ("hit:mem", "bytes")


async def test_a_stale_answer_is_validated_whole_whatever_range_was_asked() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=1", etag='"1"')
    await world.get("/a")
    world.now += 5
    assert (await world.get("/a", range="bytes=0-1")).body == b"bytes"
    assert "range" not in world.origin.asked[1].headers


# HEAD.


async def test_head_is_answered_from_what_get_stored() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60", content_length="5")
    await world.get("/a")
    told = await world.get("/a", "HEAD")
    assert (told.way, told.fields.get("content-length"), world.asked) == ("hit:mem", "5", 1)


async def test_head_is_passed_on_and_stores_nothing() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60", content_length="5")
    told = await world.get("/a", "HEAD")
    assert (told.status, told.body, told.fields.get("content-length")) == (200, b"", "5")
    assert world.origin.asked[0].method == "HEAD"
    assert (await world.get("/a")).way == "uri-miss"


async def test_head_freshens_the_stored_answer_that_is_still_the_same() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=10", etag='"1"', content_length="5")
    await world.get("/a")
    world.now += 20
    world.says("a", b"bytes", cache_control="max-age=99", etag='"1"', content_length="5", x_new="1")
    await world.get("/a", "HEAD")
    told = await world.get("/a")
    assert (told.way, told.fields.get("x-new"), world.asked) == ("hit:mem", "1", 2)


async def test_head_makes_the_stored_answer_old_that_is_another_now() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=10", etag='"1"')
    await world.get("/a")
    world.now += 20
    world.says("a", b"other", cache_control="max-age=10", etag='"2"')
    await world.get("/a", "HEAD")
    world.now -= 20
    assert (await world.get("/a")).body == b"other"


# Vary.


async def test_each_variant_is_kept_beside_the_others() -> None:
    world = World()
    world.origin.answers["a"] = lambda ask: world.says(
        "x", (ask.headers.get("foo") or "none").encode(), cache_control="max-age=60", vary="Foo"
    )
    for _ in range(2):
        for foo in ("1", "2"):
            assert (await world.get("/a", foo=foo)).body == foo.encode()
        assert (await world.get("/a")).body == b"none"
    assert world.asked == 3
    assert (await world.get("/a", foo="3")).way == "vary-miss"


async def test_a_missing_variant_is_asked_for_with_the_tags_of_all() -> None:
    world = World()
    world.says("a", b"one", cache_control="max-age=60", vary="Foo", etag='"1"', last_modified=print_date(int(START)))
    await world.get("/a", foo="1")
    told = await world.get("/a", foo="2")
    asked = world.origin.asked[1].headers
    assert asked.select(("if-none-match", "if-modified-since")) == ('"1"', None)
    assert (told.way, told.story.origin_status, told.body) == ("vary-miss", 304, b"one")
    assert (await world.get("/a", foo="2")).way == "hit:mem"
    assert (await world.get("/a", foo="1")).way == "hit:mem"


@pytest.mark.parametrize("vary", ["*", "Foo, *", ", *"])
async def test_what_varies_on_everything_is_used_only_when_confirmed(vary: str) -> None:
    world = World()
    world.says("a", b"one", cache_control="max-age=60", vary=vary, etag='"1"')
    await world.get("/a")
    told = await world.get("/a")
    assert (told.body, told.story.origin_status, world.asked) == (b"one", 304, 2)


# What may not travel on.


@pytest.mark.parametrize(
    ("policy", "cookies", "asked"), [("strip", None, 1), ("store", "c=1", 1), ("bypass", "c=1", 2)]
)
async def test_cookies_are_stripped_stored_or_a_reason_not_to_store(
    policy: str, cookies: str | None, asked: int
) -> None:
    world = World(route={"set_cookie": policy})
    world.says("a", cache_control="max-age=60", set_cookie="c=1")
    for _ in range(2):
        assert (await world.get("/a")).fields.get("set-cookie") == cookies
    assert world.asked == asked


async def test_what_was_said_to_us_alone_is_not_told() -> None:
    world = World()
    world.says("a", surrogate_control="max-age=60", surrogate_key="k", cache_tag="t", xkey="x")
    for way in ("uri-miss", "hit:mem"):
        told = await world.get("/a")
        assert told.way == way
        assert not {"surrogate-control", "surrogate-key", "cache-tag", "xkey"} & {name for name, _ in told.fields}


async def test_an_answer_with_endless_fields_is_passed_and_not_kept() -> None:
    world = World()
    world.says("a", cache_control="max-age=60", x_long="x" * (64 << 10))
    for _ in range(2):
        assert (await world.get("/a")).story.stored is False
    assert world.asked == 2


async def test_authorization_keeps_an_answer_from_being_stored_unless_it_says_otherwise() -> None:
    for ruling, asked in (("max-age=60", 2), ("max-age=60, public", 1), ("s-maxage=60", 1)):
        world = World()
        world.says("a", cache_control=ruling)
        await world.get("/a", authorization="Basic eA==")
        await world.get("/a")
        assert world.asked == asked, ruling


# Failures.


async def test_an_origin_that_is_gone_is_covered_by_the_stale_answer() -> None:
    world = World()
    world.says("a", b"old", cache_control="max-age=10")
    await world.get("/a")
    world.now += 20
    world.origin.failure = DOWN
    told = await world.get("/a")
    assert (told.body, told.way, told.story.detail, told.story.origin_status) == (b"old", "stale", "stale-if-error", 0)


@pytest.mark.parametrize("ruling", ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=10"])
async def test_what_must_be_validated_is_504_when_its_origin_is_gone(ruling: str) -> None:
    world = World()
    world.says("a", b"old", cache_control=f"max-age=10, {ruling}", etag='"1"')
    await world.get("/a")
    world.now += 20
    world.origin.failure = DOWN
    with pytest.raises(GatewayTimeout):
        await world.get("/a")


async def test_nothing_to_fall_back_on_is_what_the_origin_made_of_it() -> None:
    world = World()
    world.origin.failure = DOWN
    with pytest.raises(BadGateway):
        await world.get("/a")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_error_is_covered_only_where_that_is_allowed(status: int) -> None:
    for ruling, expected in (("max-age=10, stale-if-error=60", 200), ("max-age=10", status)):
        world = World()
        world.says("a", b"old", cache_control=ruling)
        await world.get("/a")
        world.now += 20
        world.says("a", b"oops", status, cache_control="max-age=10")
        told = await world.get("/a")
        assert (told.status, told.story.origin_status) == (expected, status)


async def test_a_failed_origin_is_left_alone_for_a_moment_where_the_operator_allows() -> None:
    for negative, asked in ((10.0, 2), (0.0, 3)):
        world = World(Window(default=0, negative=negative, stale_while_revalidate=0))
        world.says("a", b"old", cache_control="max-age=10")
        await world.get("/a")
        world.now += 20
        world.origin.failure = DOWN
        for _ in range(2):
            assert (await world.get("/a")).story.detail == "stale-if-error"
        assert world.asked == asked


async def test_a_refusal_of_ours_is_no_reason_for_a_stale_answer() -> None:
    world = World(Window(default=0, negative=10, stale_if_error=0))
    world.says("a", b"old", cache_control="max-age=10")
    await world.get("/a")
    world.now += 100
    world.origin.failure = BadGateway("The origin's answer is not HTTP")
    for _ in range(2):
        with pytest.raises(BadGateway):
            await world.get("/a")
    assert world.asked == 3


# Stale while it is asked again.


async def test_a_stale_answer_is_served_while_one_question_is_asked() -> None:
    world = World()
    world.says("a", b"old", cache_control="max-age=10, stale-while-revalidate=60", etag='"1"')
    await world.get("/a")
    world.now += 20
    world.says("a", b"new", cache_control="max-age=10", etag='"2"')
    world.origin.gate.clear()
    for _ in range(3):
        told = await world.get("/a", if_none_match='"0"', range="bytes=0-1")
        assert (told.body, told.way, told.story.detail) == (b"old", "hit:mem", "stale-while-revalidate")
        assert told.story.ttl == -10
    await world.settle()
    assert world.asked == 2
    assert world.origin.asked[1].headers.select(("if-none-match", "range")) == ('"1"', None)
    world.origin.gate.set()
    await world.settle()
    assert (await world.get("/a")).body == b"new"


async def test_a_background_question_that_fails_leaves_what_is_there() -> None:
    world = World()
    world.says("a", b"old", cache_control="max-age=10, stale-while-revalidate=60")
    await world.get("/a")
    world.now += 20
    world.origin.failure = DOWN
    for _ in range(2):
        assert (await world.get("/a")).body == b"old"
        await world.settle()
    assert world.asked == 3


# Purges, bodies that vanish, restarts.


async def test_a_purge_while_the_answer_comes_in_keeps_it_from_being_kept() -> None:
    world = World()
    said = world.says("a", [b"one", b"two"], cache_control="max-age=60")
    gate = asyncio.Event()
    said.gates = (gate,)
    reply = asyncio.ensure_future(world.get("/a"))
    await world.settle()
    await world.purger.purge([Selection("name", world.name("a"))])
    joined = asyncio.ensure_future(world.get("/a"))
    await world.settle()
    assert world.asked == 2
    gate.set()
    assert (await reply).body == (await joined).body == b"onetwo"


async def test_a_body_that_a_purge_overtook_is_nowhere_kept() -> None:
    world, gate = World(), asyncio.Event()
    said = world.says("a", cache_control="max-age=60")
    said.gates = (gate,)
    reply = await world.ask("/a")
    await world.purger.purge([Selection("all")])
    gate.set()
    assert (await read(reply)).body == b"body"
    await world.cache.flush()
    assert "FakeDisk(0 entries" in repr(world.disk)
    assert await world.records.find(world.name("a")) == ()


async def test_the_body_of_an_answer_that_was_replaced_is_forgotten() -> None:
    world = World()
    world.says("a", b"old", cache_control="max-age=10")
    await world.get("/a")
    (record,) = world.records.peek(world.name("a"))
    world.now += 20
    world.says("a", b"new", cache_control="max-age=10")
    await world.get("/a")
    await world.settle()
    assert await world.cache.get(record.body_key) is None


async def test_a_confirmation_may_bring_other_tags() -> None:
    world = World()
    world.says("a", cache_control="max-age=10", etag='"1"', cache_tag="old")
    await world.get("/a")
    world.now += 20
    world.says("a", cache_control="max-age=10", etag='"1"', cache_tag="new")
    await world.get("/a")
    (record,) = world.records.peek(world.name("a"))
    assert record.tags == ("new",)


async def test_of_several_answers_that_fit_the_one_with_the_latest_date_is_used() -> None:
    world = World()
    world.says("a", b"later", cache_control="max-age=60", vary="Foo", date=print_date(int(START) - 1))
    await world.get("/a", foo="1")
    world.now += 1
    world.says("a", b"earlier", cache_control="max-age=60", date=print_date(int(START) - 9))
    await world.get("/a", foo="2")
    assert len(world.records.peek(world.name("a"))) == 2
    assert (await world.get("/a", foo="1")).body == b"later"
    assert (await world.get("/a", foo="2")).body == b"earlier"


async def test_ranges_are_offered_of_what_is_kept_only() -> None:
    for ruling, offered in (("max-age=60", "bytes"), ("no-store", None)):
        world = World()
        world.says("a", cache_control=ruling)
        assert (await world.get("/a")).fields.get("accept-ranges") == offered


async def test_a_record_that_outlived_its_body_is_fetched_whole_once_for_all() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60", etag='"1"')
    await world.get("/a")
    (record,) = world.records.peek(world.name("a"))
    await world.cache.forget(record.body_key)
    both = await asyncio.gather(world.get("/a"), world.get("/a"))
    assert [one.body for one in both] == [b"bytes", b"bytes"]
    assert world.asked == 2
    assert "if-none-match" not in world.origin.asked[1].headers


async def test_what_was_kept_is_there_after_a_restart() -> None:
    world = World()
    world.says("a", b"bytes", cache_control="max-age=60")
    await world.get("/a")
    await world.cache.flush()
    again = World(beside=world)
    assert (await again.get("/a")).way == "hit:disk"


async def test_a_signatures_end_ends_every_permission() -> None:
    key = Key("main", secret=b"0123456789abcdef0123456789abcdef")
    world = World(access=Access(Policy("required", keys=(key,))))
    world.says("a", cache_control="public, max-age=600")
    for _ in range(2):
        told = await world.get(sign("/a?x=1", key, START + 30))
        assert told.fields.get("cache-control") == "public, max-age=30"
    assert [ask.query for ask in world.origin.asked] == ["x=1"]
    with pytest.raises(Unauthorized):
        await world.get("/a?x=1")


async def test_what_is_no_raw_route_is_not_served_here() -> None:
    world = World()
    assert world.relay.serves("any.example", "/a")
    assert not world.relay.serves("any.example", "/%zz")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
async def test_an_echo_and_a_tunnel_are_refused(method: str) -> None:
    with pytest.raises(MethodNotAllowed):
        await World().get("/a", method)


async def test_a_url_that_is_too_long_is_refused() -> None:
    with pytest.raises(UriTooLong):
        await World(url_bytes=100).get("/" + "a" * 50 + "?" + "b" * 60)


async def test_it_tells_what_it_does() -> None:
    world = World()
    world.says("a", cache_control="no-store")
    await world.get("/a")
    await world.settle()
    assert "0 under way, 0 for nobody, 0 held down), 1 passing" in repr(world.relay)
    assert world.watching.told == [("spoken", "200")]
