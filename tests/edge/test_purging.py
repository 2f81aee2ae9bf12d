"""`edge purge` and a running edge: what the command says is gone is gone, and everything else is still there."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.cli import main
from tests.pictures import photo
from tests.running import Running, WebOrigin, eventually, running, web_origin

TOKEN = "a token of some length"
FRESH = {"Cache-Control": "max-age=3600"}
PICTURES = ("/a.jpg", "/b.jpg", "/2024/c.jpg", "/2024/d.jpg")
Captured = pytest.CaptureFixture[str]

YAML = """
admin: {{listen: "127.0.0.1:0", token: "{token}"}}
cache: {{memory: 64MiB, disk: {{path: cache, size: 1GiB}}}}
imaging: {{workers: 1}}
origins:
  shop: {{type: http, url: "http://127.0.0.1:{port}/", allow_private: true}}
watermarks:
  logo: {{path: /shop/b.jpg}}
routes:
  - {{prefix: /shop/, origin: shop, formats: []}}
  - {{prefix: /files/, origin: shop, dialect: raw}}
"""


class Place(NamedTuple):
    edge: Running
    origin: WebOrigin

    def purge(self, *words: str, token: str = TOKEN) -> int:
        """The exit code."""
        return main(["purge", *words, "--admin", f"http://127.0.0.1:{self.edge.admin_port}", "--token", token])

    def hits(self, *urls: str) -> list[bool]:
        return ["; hit;" in self.edge.get(url).cache for url in urls]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    body = photo(64, 48)
    with web_origin({**dict.fromkeys(PICTURES, body), "/page": b"a page"}) as origin:
        yaml = YAML.format(token=TOKEN, port=origin.port)
        with running(yaml, tmp_path_factory.mktemp("edge")) as edge:
            yield Place(edge, origin)


@pytest.fixture
def place(served: Place) -> Place:
    """Nothing is stored yet."""
    served.origin.headers = dict(FRESH)
    assert served.edge.admin("/purge", "POST", b'{"all": true}', Authorization=f"Bearer {TOKEN}").status == 200
    served.origin.asked.clear()
    return served


def test_a_url_means_its_original_and_all_sizes_of_it(place: Place, capsys: Captured) -> None:
    urls = ("/shop/a.jpg?w=20", "/shop/a.jpg?w=30", "/shop/b.jpg?w=20")
    assert (place.hits(*urls), place.hits(*urls)) == ([False] * 3, [True] * 3)
    assert place.purge("--url", "/shop/a.jpg?w=any") == 0
    assert capsys.readouterr().out == "purged 1 original\n"
    assert place.hits(*urls) == [False, False, True]
    assert place.origin.asked == ["200 /a.jpg", "200 /b.jpg", "200 /a.jpg"]


def test_a_url_of_a_raw_route_counts_with_its_query(place: Place, capsys: Captured) -> None:
    urls = ("/files/page?a", "/files/page?b")
    place.hits(*urls)
    assert place.purge("--url", "/files/page?a") == 0
    assert capsys.readouterr().out == "purged 1 original\n"
    assert place.hits(*urls) == [False, True]


def test_a_watermark_means_all_that_wear_it(place: Place) -> None:
    urls = ("/shop/a.jpg?w=20&watermark=logo", "/shop/a.jpg?w=20")
    assert (place.hits(*urls), place.hits(*urls)) == ([False] * 2, [True] * 2)
    assert place.purge("--url", "/shop/b.jpg") == 0
    assert place.hits(*urls) == [False, True]


def test_several_urls_are_one_number(place: Place, capsys: Captured) -> None:
    place.hits("/shop/a.jpg?w=20", "/shop/b.jpg?w=20")
    assert place.purge("--url", "/shop/a.jpg", "--url", "http://img.example.com/shop/b.jpg") == 0
    assert capsys.readouterr().out == "purged 2 originals\n"


def test_what_nobody_asked_for_yet_is_no_error(place: Place, capsys: Captured) -> None:
    assert place.purge("--url", "/shop/never.jpg") == 0
    assert capsys.readouterr().out == "purged 0 originals\n"


def test_a_prefix(place: Place, capsys: Captured) -> None:
    urls = ("/shop/2024/c.jpg?w=20", "/shop/2024/d.jpg?w=20", "/shop/a.jpg?w=20")
    place.hits(*urls)
    assert place.purge("--prefix", "/shop/2024/") == 0
    assert capsys.readouterr().out == "purged 2 originals\n"
    assert place.hits(*urls) == [False, False, True]


def test_a_prefix_means_all_routes_of_the_origin(place: Place) -> None:
    urls = ("/shop/2024/c.jpg?w=20", "/files/2024/c.jpg", "/files/page")
    place.hits(*urls)
    assert place.purge("--prefix", "/files/2024/") == 0
    assert place.hits(*urls) == [False, False, True]


def test_a_tag(place: Place, capsys: Captured) -> None:
    place.origin.headers["Surrogate-Key"] = "product-4711 shop"
    tagged = place.edge.get("/shop/a.jpg?w=20")
    assert "surrogate-key" not in tagged.headers
    place.origin.headers["Surrogate-Key"] = "shop"
    place.hits("/shop/b.jpg?w=20")
    assert place.purge("--tag", "Product-4711") == 0
    assert place.purge("--tag", "product-4711") == 0
    assert capsys.readouterr().out == "purged 0 originals\npurged 1 original\n"
    assert place.hits("/shop/a.jpg?w=20", "/shop/b.jpg?w=20") == [False, True]


def test_all(place: Place, capsys: Captured) -> None:
    urls = ("/shop/a.jpg?w=20", "/shop/2024/c.jpg?w=20", "/files/page")
    place.hits(*urls)
    assert place.purge("--all") == 0
    assert capsys.readouterr().out == "purged 3 originals\n"
    assert place.hits(*urls) == [False] * 3


def test_softly_the_old_picture_is_served_until_the_origin_has_confirmed_it(place: Place, capsys: Captured) -> None:
    url = "/shop/a.jpg?w=20"
    before = place.edge.get(url)
    assert place.purge("--url", "/shop/a.jpg", "--soft") == 0
    assert capsys.readouterr().out == "purged 1 original\n"
    after = place.edge.get(url)
    assert after.cache.endswith("detail=stale-while-revalidate")
    assert eventually(lambda: place.edge.get(url).cache.endswith("detail=mem"))
    assert place.origin.asked == ["200 /a.jpg", "304 /a.jpg"]
    assert after.headers["etag"] == place.edge.get(url).headers["etag"] == before.headers["etag"]


def test_hard_the_same_picture_comes_under_a_new_etag(place: Place) -> None:
    before = place.edge.get("/shop/a.jpg?w=20")
    assert place.purge("--url", "/shop/a.jpg") == 0
    after = place.edge.get("/shop/a.jpg?w=20", If_None_Match=before.headers["etag"])
    assert (after.status, after.body) == (200, before.body)
    assert after.headers["etag"] != before.headers["etag"]


@pytest.mark.parametrize("token", ["", "another token"])
def test_without_the_token_nothing_is_purged(
    token: str, place: Place, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDGE_ADMIN_TOKEN", raising=False)
    place.hits("/shop/a.jpg?w=20")
    assert place.purge("--all", token=token) == 1
    assert capsys.readouterr() == ("", "--all: Expected the admin token\n")
    assert place.hits("/shop/a.jpg?w=20") == [True]


def test_the_token_may_come_from_the_configuration(place: Place, capsys: Captured) -> None:
    file = str(Path(place.edge.log.name).with_name("edge.yaml"))
    admin = f"http://127.0.0.1:{place.edge.admin_port}"
    assert main(["purge", "--all", "--config", file, "--admin", admin]) == 0
    assert capsys.readouterr().out == "purged 0 originals\n"


def test_visitors_cannot_purge(place: Place, capsys: Captured) -> None:
    place.hits("/shop/a.jpg?w=20")
    assert main(["purge", "--all", "--admin", f"http://127.0.0.1:{place.edge.port}", "--token", TOKEN]) == 1
    assert capsys.readouterr().out == ""
    assert place.hits("/shop/a.jpg?w=20") == [True]


def test_a_path_that_no_route_serves_is_told(place: Place, capsys: Captured) -> None:
    assert place.purge("--prefix", "/nowhere/") == 1
    assert capsys.readouterr().err == "/nowhere/: No route serves this path\n"


def test_where_no_admin_listens_it_says_so(tmp_path: Path, capsys: Captured) -> None:
    assert main(["purge", "--all", "--admin", f"unix:{tmp_path}/nobody.sock"]) == 1
    assert capsys.readouterr().err == f"unix:{tmp_path}/nobody.sock cannot be reached: No such file or directory\n"
