"""Targeted fields (RFC 9213), surrogates, tags, groups (RFC 9875)."""

import pytest

from tests.conformance.harness import Cached, picture
from tests.conformance.origin import Answer, gone
from tests.conformance.wire import Headers

OURS, CDN, SURROGATE, CC = "Image-Edge-CDN-Cache-Control", "CDN-Cache-Control", "Surrogate-Control", "Cache-Control"
PAST = "Thu, 01 Jan 1970 00:00:00 GMT"
FUTURE = "Fri, 01 Jan 2038 01:01:01 GMT"

# fields, is it fresh after five seconds?
TARGETED: list[tuple[Headers, bool]] = [
    ({CDN: "max-age=60"}, True),
    ({CDN: "max-age=2147483648"}, True),
    ({CDN: "max-age=99999999999"}, True),
    ({CDN: "max-age=3600", "Age": "7200"}, False),
    ({CDN: "max-age=0"}, False),
    ({CDN: "foobar, max-age=60"}, True),
    ({CDN: "max-age=60;x=1, other=(a b);y"}, True),
    ({CDN: "max-age=60", "Expires": PAST}, True),
    ({CDN: "max-age=60", "Expires": "0"}, True),
    ({CDN: "max-age=0", "Expires": FUTURE}, False),
    ({CDN: "max-age=60", CC: "max-age=1"}, True),
    ({CDN: "max-age=1", CC: "max-age=60"}, False),
    ({CDN: "private", CC: "max-age=60", "Expires": FUTURE}, False),
    ({CDN: "no-cache", CC: "max-age=60", "Expires": FUTURE}, False),
    ({CDN: "no-store", CC: "max-age=60", "Expires": FUTURE}, False),
    ({CDN: "max-age=60", CC: "no-store"}, True),
    ({CDN: "max-age=60", CC: "private"}, True),
    ({CDN: "max-age=60", CC: "no-cache"}, True),
    ({CDN: ["max-age=1", "max-age=60"]}, True),
    ({CDN: "max-age=60, &&&&&", CC: "no-store"}, False),
    ({CDN: "max-age=1, &&&&&", CC: "max-age=60"}, True),
    ({CDN: 'max-age="60"', CC: "no-store"}, False),
    ({CDN: "max-age=60.5", CC: "no-store"}, False),
    ({CDN: "MaX-aGe=60", CC: "no-store"}, False),
    ({CDN: "max-age =60", CC: "max-age=1"}, False),
    ({CDN: "max-age= 60", CC: "max-age=1"}, False),
    ({CDN: "max-age=60,", CC: "max-age=1"}, False),
    ({CDN: "", CC: "max-age=60"}, True),
    ({CDN: "", CC: "no-store"}, False),
    ({OURS: "max-age=60", CDN: "no-store", CC: "no-store"}, True),
    ({OURS: "max-age=1", CDN: "max-age=60", CC: "max-age=60"}, False),
    ({OURS: "&&&", CDN: "max-age=60", CC: "no-store"}, True),
    ({OURS: "", CDN: "max-age=60"}, True),
]


@pytest.mark.parametrize(("headers", "fresh"), TARGETED)
async def test_9_1_the_first_valid_targeted_field_wins_wholesale(cached: Cached, headers: Headers, fresh: bool) -> None:
    assert await cached.reuses(headers, 5) == fresh


async def test_9_1_its_must_revalidate_counts(cached: Cached) -> None:
    await cached.get("/a", {CDN: "max-age=10, must-revalidate", CC: "stale-if-error=600"})
    cached.clock.tick(11)
    assert (await cached.get("/a", gone())).status == 504


async def test_9_1_the_must_revalidate_of_the_ignored_field_does_not(cached: Cached) -> None:
    await cached.get("/a", {CDN: "max-age=10", CC: "must-revalidate"})
    cached.clock.tick(11)
    assert (await cached.get("/a", gone())).status == 200


SURROGATES: list[tuple[Headers, bool]] = [
    ({SURROGATE: "max-age=60"}, True),
    ({SURROGATE: "max-age=60", CC: "s-maxage=1"}, True),
    ({SURROGATE: "max-age=60", CC: "max-age=1", "Expires": PAST}, True),
    ({SURROGATE: "max-age=1", CC: "s-maxage=60"}, False),
    ({SURROGATE: "no-store", CC: "max-age=60"}, False),
    ({SURROGATE: "max-age=60", CC: "private"}, True),
    ({SURROGATE: "max-age=60", CDN: "max-age=1"}, False),
    ({SURROGATE: "max-age=1", CDN: "max-age=60"}, True),
    ({"X-Accel-Expires": "60"}, False),
]


@pytest.mark.parametrize(("headers", "fresh"), SURROGATES)
async def test_9_2_surrogate_control_stands_below_and_above(cached: Cached, headers: Headers, fresh: bool) -> None:
    assert await cached.reuses(headers, 5) == fresh


async def test_9_2_its_stale_window_counts(cached: Cached) -> None:
    first = await cached.get("/a", {SURROGATE: "max-age=10, stale-if-error=60"})
    cached.clock.tick(11)
    second = await cached.get("/a", Answer({}, 503))
    assert (second.status, second.body) == (200, first.body)


async def test_9_2_surrogate_control_is_consumed_and_targeted_fields_pass(cached: Cached) -> None:
    said = {SURROGATE: "max-age=60", CDN: "max-age=60", CC: "max-age=5"}
    for seen in (await cached.get("/a", said), await cached.get("/a")):
        assert "surrogate-control" not in seen
        assert (seen.get(CDN), seen.get(CC)) == ("max-age=60", "max-age=5")


TAGGED: list[tuple[str, str, list[str]]] = [
    ("Surrogate-Key", "one two", ["one", "two"]),
    ("Cache-Tag", "one,two words", ["one", "two words"]),
    ("xkey", "one two", ["one", "two"]),
]


@pytest.mark.parametrize(("name", "value", "tags"), TAGGED)
async def test_9_3_tags_are_read_and_stripped(cached: Cached, name: str, value: str, tags: list[str]) -> None:
    mark = cached.folder.strip("/")
    tagged = value.replace("one", f"one{mark}").replace("two", f"two{mark}")
    for tag in tags:
        for seen in (await cached.get("/a", {CC: "max-age=600", name: tagged}), again := await cached.get("/a")):
            assert name not in seen
        assert again.hit
        whole = tag.replace("one", f"one{mark}").replace("two", f"two{mark}")
        assert await cached.purge(tag=whole) == 1
        assert not (await cached.get("/a")).hit


async def test_9_3_tags_of_an_original_reach_its_renditions(cached: Cached) -> None:
    tag = f"pictures{cached.folder[1:]}"
    said = picture({CC: "max-age=600", "Surrogate-Key": tag})
    first = await cached.get("/a.jpg?w=20", said, route="p")
    assert "surrogate-key" not in first
    await cached.purge(tag=tag)
    assert not (await cached.get("/a.jpg?w=20", route="p")).hit


async def test_9_3_a_soft_purge_only_makes_stale(cached: Cached) -> None:
    tag = f"soft{cached.folder[1:]}"
    said = {CC: "max-age=600, stale-if-error=600", "Cache-Tag": tag, "ETag": '"v"'}
    first = await cached.get("/a", said)
    assert await cached.purge(tag=tag, soft=True) == 1
    second = await cached.get("/a", gone())
    assert (second.status, second.body, len(second.asked) > 0) == (200, first.body, True)
    third = await cached.get("/a", Answer(said, 304))
    assert [asked.get("if-none-match") for asked in third.asked] == ['"v"']
    assert (await cached.get("/a")).hit


def groups(*names: str) -> str:
    return ", ".join(f'"{name}"' for name in names)


async def change(cached: Cached, names: str, *, status: int = 200, method: str = "POST", route: str = "groups") -> None:
    said = Answer({"Cache-Group-Invalidation": names}, status)
    await cached.get("/change", said, method=method, content=b"x" if method == "POST" else None, route=route)


@pytest.mark.parametrize(
    ("mine", "told", "hit"),
    [
        (["x"], ["x"], False),
        (["x", "y"], ["z", "y"], False),
        (["x"], ["X"], True),
        (["x"], ["y"], True),
        ([f"{n:032}" for n in range(40)], [f"{39:032}"], False),
    ],
)
async def test_9_4_a_change_invalidates_groups(cached: Cached, mine: list[str], told: list[str], hit: bool) -> None:
    own = cached.folder[1:]
    said = {CC: "max-age=600", "Cache-Groups": groups(*[own + name for name in mine])}
    await cached.get("/a", said, route="groups")
    await change(cached, groups(*[own + name for name in told]))
    assert (await cached.get("/a", route="groups")).hit == hit


@pytest.mark.parametrize(("status", "method"), [(500, "POST"), (404, "POST"), (200, "GET"), (200, "OPTIONS")])
async def test_9_4_not_a_change_that_failed_nor_a_safe_method(cached: Cached, status: int, method: str) -> None:
    name = groups(cached.folder[1:])
    await cached.get("/a", {CC: "max-age=600", "Cache-Groups": name}, route="groups")
    await change(cached, name, status=status, method=method)
    assert (await cached.get("/a", route="groups")).hit


async def test_9_4_invalidation_does_not_cascade(cached: Cached) -> None:
    one, two = cached.folder[1:] + "1", cached.folder[1:] + "2"
    await cached.get("/a", {CC: "max-age=600", "Cache-Groups": groups(one, two)}, route="groups")
    await cached.get("/b", {CC: "max-age=600", "Cache-Groups": groups(two)}, route="groups")
    await change(cached, groups(one))
    assert not (await cached.get("/a", route="groups")).hit
    assert (await cached.get("/b", route="groups")).hit


async def test_9_4_groups_are_the_business_of_an_origin_that_opted_in(cached: Cached) -> None:
    name = groups(cached.folder[1:])
    await cached.get("/a", {CC: "max-age=600", "Cache-Groups": name})
    await change(cached, name, route="plain")
    assert (await cached.get("/a")).hit


async def test_9_4_nor_may_one_origin_speak_of_anothers(cached: Cached) -> None:
    name = groups(cached.folder[1:])
    await cached.get("/a", {CC: "max-age=600", "Cache-Groups": name}, route="groups")
    await change(cached, name, route="plain")
    assert (await cached.get("/a", route="groups")).hit
