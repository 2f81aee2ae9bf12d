"""Where a redirect may lead, without any network."""

import pytest
from yarl import URL

from edge.exchange import Fields
from edge.origins.base import Refused
from edge.origins.redirects import Trail, Way, abroad

WAY = Way(ports=(80, 443), most=3)


def stepped(start: str, location: str, way: Way = WAY) -> Trail:
    trail = Trail(way, URL(start))
    assert trail.step(302, {"Location": location})
    return trail


@pytest.mark.parametrize(
    ("start", "location", "at_home"),
    [
        ("https://a.example/x", "/y", True),
        ("https://a.example/x", "https://A.example:443/y", True),
        ("http://a.example/x", "https://a.example/x", True),
        ("http://a.example/x", "http://b.example/x", False),
        ("http://a.example/x", "//a.example.evil.example/x", False),
        ("http://a.example/x", "http://a.example:443/x", False),
        ("http://a.example/x", "https://a.example:80/x", False),
    ],
)
def test_home_is_one_scheme_host_and_port_or_its_safer_self(start: str, location: str, at_home: bool) -> None:
    assert stepped(start, location).at_home is at_home


def test_nothing_leads_from_https_back_to_http() -> None:
    with pytest.raises(Refused, match="from https to http"):
        stepped("https://a.example/x", "http://a.example/y")


def test_the_way_home_from_abroad_is_not_home() -> None:
    trail = stepped("http://a.example/x", "http://b.example/x")
    trail.step(302, {"Location": "http://a.example/y"})
    assert repr(trail) == "Trail(2 hops, abroad)"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("y?sig=%2F+%2b", "https://a.example/p/y?sig=%2F+%2b"),
        ("../z", "https://a.example/z"),
        ("/ä b#part", "https://a.example/%C3%A4%20b"),
        ("/\udcff", "https://a.example/%FF"),
        ("/x\r\nX-A: 1", "https://a.example/x%0D%0AX-A:%201"),
        ("?q", "https://a.example/p/x?q"),
        ("HTTPS://B.Example/%2F?a=%2f", "https://b.example/%2F?a=%2f"),
        ("https://[2606:4700::ABCD]/", "https://[2606:4700::abcd]/"),
    ],
)
def test_a_place_is_read_as_it_is_written(location: str, url: str) -> None:
    assert str(stepped("https://a.example/p/x", location).url) == url


@pytest.mark.parametrize(
    "location", ["http://a.example:8080/", "http://u@a.example/", "gopher://a.example/", "http://a:x/"]
)
def test_every_place_is_judged_like_the_first(location: str) -> None:
    with pytest.raises(Refused):
        stepped("http://a.example/x", location)
    with pytest.raises(Refused):
        Trail(WAY, URL("http://a.example:8080/"))


def test_abroad_only_harmless_fields_are_said() -> None:
    fields = Fields(
        [("Authorization", "s"), ("X-Key", "s"), ("Cookie", "s"), ("Range", "bytes=0-"), ("If-None-Match", "*")]
    )
    assert list(abroad(fields)) == [("range", "bytes=0-"), ("if-none-match", "*")]
