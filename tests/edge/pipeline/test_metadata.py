"""What a picture says of itself is derived from its originals."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import PreconditionFailed
from edge.exchange import Fields
from edge.negotiate.delivery import Delivery
from edge.originals.record import tag_of
from edge.pipeline.replies import carried
from tests.edge.pipeline.conftest import OTHER, PHOTO, Building, House

DATE = "Wed, 18 Nov 2026 11:06:40 GMT"  # the house's clock
SAID = {
    "Cache-Control": "max-age=600, s-maxage=100, immutable",
    "Date": DATE,
    "Age": "20",
    "Expires": "Wed, 18 Nov 2026 23:00:00 GMT",
    "Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT",
    "Access-Control-Allow-Origin": "https://a.example",
    "Timing-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Link": '<https://a.example/a.jpg>; rel="canonical", </style.css>; rel=preload',
    "Set-Cookie": "a=b",
    "X-Amz-Request-Id": "1",
    "Content-MD5": "x",
    "Digest": "x",
    "Content-Disposition": "attachment",
    "Surrogate-Key": "a b",
    "Server": "x",
    "ETag": '"origin"',
}


@pytest.fixture
def telling(building: Building) -> House:
    building.origin.put("a.jpg", PHOTO, SAID)
    return building.build()


async def test_a_rendition_keeps_what_holds_for_it_too(telling: House) -> None:
    await telling.get("/p/a.jpg?w=100")
    telling.later(30)
    told = dict((await telling.get("/p/a.jpg?w=100")).headers)
    assert {name: told[name] for name in ("age", "date", "expires", "cache-control")} == {
        "age": "50",
        "date": DATE,
        "expires": "Wed, 18 Nov 2026 11:16:40 GMT",
        "cache-control": "public, max-age=600, s-maxage=100, immutable",
    }
    assert told["access-control-allow-origin"] == "https://a.example"
    assert (told["timing-allow-origin"], told["cross-origin-resource-policy"]) == ("*", "cross-origin")
    assert told["link"] == '<https://a.example/a.jpg>; rel="canonical"'


async def test_a_rendition_drops_what_does_not(telling: House) -> None:
    told = (await telling.get("/p/a.jpg?w=100")).headers
    for name in ("last-modified", "set-cookie", "x-amz-request-id", "content-md5", "digest", "surrogate-key", "server"):
        assert name not in told
    assert (told.get("content-disposition"), told.get("etag") == '"origin"') == ('inline; filename="a.jpg"', False)


async def test_the_original_as_it_is_was_modified_when_it_was(building: Building) -> None:
    building.origin.put("a.jpg", PHOTO, SAID)
    building.delivery = Delivery(queryless="original")
    house = building.build()
    reply = await house.get("/p/a.jpg")
    assert reply.headers.get("last-modified") == SAID["Last-Modified"]
    since = {"If-Modified-Since": SAID["Last-Modified"]}
    assert (await house.get("/p/a.jpg", since)).status == 304


async def test_a_304_repeats_what_the_200_says(telling: House) -> None:
    full = await telling.get("/p/a.jpg?w=100")
    short = await telling.get("/p/a.jpg?w=100", {"If-None-Match": full.headers.get("etag") or ""})
    of_the_body = {"content-type", "content-disposition", "x-content-type-options", "accept-ranges"}
    assert list(short.headers) == [line for line in full.headers if line[0] not in of_the_body]


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"TAG", "x"'}, 200),
        ({"If-Match": '"x"'}, 412),
        ({"If-Match": 'W/"TAG"'}, 412),
        ({"If-None-Match": 'W/"TAG"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"', "If-Modified-Since": DATE}, 200),
        ({"If-Modified-Since": DATE}, 304),
        ({"If-Modified-Since": "Wed, 18 Nov 2026 11:06:39 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
    ],
)
async def test_conditions_are_those_of_http(telling: House, conditions: dict[str, str], status: int) -> None:
    tag = ((await telling.get("/p/a.jpg?w=100")).headers.get("etag") or "").strip('"')
    headers = {name: value.replace("TAG", tag) for name, value in conditions.items()}
    try:
        told = (await telling.get("/p/a.jpg?w=100", headers)).status
    except PreconditionFailed as error:
        told = error.status
    assert told == status


async def test_of_several_inputs_every_restriction_counts(building: Building) -> None:
    building.book = building.marked("/p/logo.png")
    building.origin.put("a.jpg", PHOTO, {"Cache-Control": "max-age=600, must-revalidate"})
    building.origin.put("logo.png", OTHER, {"Cache-Control": "max-age=1000, no-cache", "Age": "500"})
    house = building.build()
    told = (await house.get("/p/a.jpg?w=100&watermark=logo")).headers
    words = set((told.get("cache-control") or "").split(", "))
    assert {"must-revalidate", "no-cache"} <= words
    left = int(re.findall(r"max-age=(\d+)", told.get("cache-control") or "")[0]) - int(told.get("age") or 0)
    assert left <= 500


async def test_every_rendition_bears_the_tags_of_its_inputs(building: Building) -> None:
    building.book = building.marked("/p/logo.png")
    building.origin.put("logo.png", OTHER)
    house = building.build()
    reply = await house.get("/p/a.jpg?w=100&watermark=logo")
    hit = await house.cache.get((reply.headers.get("etag") or "").strip('"'))
    assert hit is not None
    assert hit.entry.tags == (tag_of("fake\0a.jpg"), tag_of("fake\0logo.png"))


LINKS = st.text(alphabet='<>;,="\\ relcanonical/', max_size=60)


@given(LINKS)
def test_no_link_breaks_the_reader_and_only_the_canonical_stays(text: str) -> None:
    for name, value in carried(Fields([("link", text)])):
        assert name == "link"
        assert "canonical" in value.lower()
        assert value.startswith("<")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("</a>; rel=canonical", ["</a>; rel=canonical"]),
        ('</a,b>; title="x, y"; rel="next CANONICAL"', ['</a,b>; title="x, y"; rel="next CANONICAL"']),
        ("</a>; rel=next, </b>; rel=canonical", ["</b>; rel=canonical"]),
        ("broken, </b>; rel=canonical", ["</b>; rel=canonical"]),
        ("</b>", []),
        ("</b>; rel=canonical" + " " * 5000, []),
    ],
)
def test_only_the_canonical_link_is_kept(text: str, kept: list[str]) -> None:
    assert [value for _, value in carried(Fields([("link", text)]))] == kept
