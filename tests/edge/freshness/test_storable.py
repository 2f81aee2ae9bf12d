"""What may be stored."""

import pytest

from edge.exchange import NO_FIELDS, Fields
from edge.freshness.storable import storable, storable_post
from tests.edge.freshness.answers import at, fields

AUTHORIZED = fields(authorization="Basic x")


@pytest.mark.parametrize("status", [100, 103, 199, 206, 304, 600, 999])
def test_1_1_only_whole_and_final_answers_are_stored(status: int) -> None:
    assert not storable(status, fields(cache_control="max-age=60, public"))


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "OPTIONS", "get", "M-SEARCH"])
def test_1_2_only_answers_to_get_are_stored(method: str) -> None:
    assert not storable(200, fields(cache_control="max-age=60"), method=method)
    assert storable(200, fields(cache_control="max-age=60"), method="GET")


@pytest.mark.parametrize(
    "said",
    [
        fields(cache_control="public"),
        fields(cache_control="max-age=0"),
        fields(cache_control="s-maxage=1"),
        fields(expires=at(9)),
        fields(expires="0"),
        fields(cdn_cache_control="max-age=9"),
        fields(surrogate_control="max-age=9"),
    ],
)
def test_1_2_an_unusual_status_needs_a_permission(said: Fields) -> None:
    assert storable(599, said)
    assert not storable(599, NO_FIELDS)


def test_1_2_an_expires_that_a_targeted_field_overrides_permits_nothing() -> None:
    assert not storable(599, fields(expires=at(9), cdn_cache_control="must-revalidate"))


@pytest.mark.parametrize(
    "text",
    [
        "no-store",
        "private",
        "No-StOrE, max-age=60",
        "max-age=60, PRIVATE",
        'private="set-cookie"',
        'private="broken, max-age=60',
        "no-store oops, max-age=60",
        "no-store=1",
        'x="a", no-store',
    ],
)
def test_1_3_no_store_and_private_beat_every_permission(text: str) -> None:
    assert not storable(200, fields(cache_control=text, expires=at(60)))


@pytest.mark.parametrize(
    ("status", "text", "may"),
    [
        (599, "must-understand, max-age=60", False),
        (299, "must-understand, no-store, max-age=60", False),
        (200, "must-understand, no-store, max-age=60", True),
        (200, "must-understand, max-age=60", True),
        (200, "must-understand, private, max-age=60", False),
        (599, "max-age=60", True),
    ],
)
def test_1_4_must_understand_asks_whether_the_status_is_known(status: int, text: str, may: bool) -> None:
    assert storable(status, fields(cache_control=text)) is may


@pytest.mark.parametrize(
    "status", [200, 201, 202, 204, 299, 301, 302, 303, 307, 308, 400, 403, 404, 499, 500, 503, 599]
)
def test_1_5_every_status_is_stored_when_it_says_how_long(status: int) -> None:
    assert storable(status, fields(cache_control="max-age=60"))


@pytest.mark.parametrize(
    ("status", "may"), [(200, True), (301, True), (404, True), (302, False), (403, False), (500, False)]
)
def test_1_5_silence_is_enough_only_where_a_guess_is_allowed(status: int, may: bool) -> None:
    assert storable(status, NO_FIELDS) is may


@pytest.mark.parametrize("vary", ["*", "accept, *"])
def test_5_2_what_varies_on_everything_may_be_kept_for_a_validation(vary: str) -> None:
    assert storable(200, fields(vary=vary))


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("max-age=60", False),
        ("", False),
        ("max-age=60, public", True),
        ("s-maxage=60", True),
        ("max-age=60, must-revalidate", True),
        ("max-age=60, proxy-revalidate", False),
        ("public, private", False),
    ],
)
def test_8_1_an_answer_to_credentials_needs_an_explicit_permission(text: str, may: bool) -> None:
    assert storable(200, fields(cache_control=text), request=AUTHORIZED) is may


def test_9_1_a_targeted_field_decides_both_ways() -> None:
    assert storable(200, fields(cdn_cache_control="max-age=60", cache_control="no-store"))
    assert not storable(200, fields(cdn_cache_control="private", cache_control="max-age=60"))
    assert not storable(200, fields(cdn_cache_control="max-age=60, &&", cache_control="no-store"))


@pytest.mark.parametrize(
    ("status", "lines", "may"),
    [
        (200, {"cache_control": "max-age=60", "content_location": "/a?b"}, True),
        (200, {"expires": at(60), "content_location": "?b"}, True),
        (200, {"cache_control": "max-age=60", "content_location": "/a"}, False),
        (200, {"cache_control": "max-age=60", "content_location": "http://elsewhere.example/a?b"}, False),
        (200, {"cache_control": "max-age=60"}, False),
        (200, {"content_location": "/a?b", "cache_control": "public"}, False),
        (200, {"cache_control": "max-age=60, private", "content_location": "/a?b"}, False),
        (500, {"cache_control": "max-age=60", "content_location": "/a?b"}, False),
    ],
)
def test_1_2_an_answer_to_post_may_serve_later_gets_when_it_says_so(
    status: int, lines: dict[str, str], may: bool
) -> None:
    assert storable_post(status, fields(**lines), "/a?b") is may
