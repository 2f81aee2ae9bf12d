"""Routes that pass content through, and what several processes need."""

from typing import get_args

import pytest

from edge.settings import load
from edge.settings.document import Tree
from edge.settings.origins import HttpOrigin
from edge.settings.raw import check_raw
from edge.settings.report import Report
from edge.settings.routes import Route
from tests.edge.settings.sentences import sentences

SHOP = "origins: {shop: {type: http, url: 'http://a/'}, photos: {type: files, root: p}}\n"

# Keys that mean the same on raw routes, and those that no route may use yet.
SHARED = {"prefix", "host", "origin", "origins", "dialect", "signature", "freshness"} | {
    "client_cache_control",
    "set_cookie",
}
LATER = {"rewrite", "other", "cors", "on_error", "imaginary"} | {"api_keys"}


def raw(text: str = "") -> str:
    return f"{SHOP}routes:\n- {{prefix: /, origin: shop, dialect: raw, {text}}}"


@pytest.mark.parametrize("origin", ["shop", "photos"])
def test_a_raw_route_stands_over_any_origin(origin: str) -> None:
    (route,) = load(f"{SHOP}routes: [{{prefix: /, origin: {origin}, dialect: raw}}]").routes
    assert (route.dialect, route.client_cache_control, route.set_cookie) == ("raw", "ignore", "strip")


def test_a_raw_route_takes_whatever_speaks_of_caching_and_access() -> None:
    text = """host: a.example, signature: {mode: required, keys: [main]}, client_cache_control: honour,
    set_cookie: bypass,
    freshness: {default: 0s, min: 0s, max: 1h, negative: 0s, stale_while_revalidate: 0s, stale_if_error: 1d}"""
    assert sentences(f"signing: {{keys: {{main: {{secret: {'k' * 32}}}}}}}\n{raw(text)}") == []


@pytest.mark.parametrize(
    "text",
    [
        "compat: imageflow",
        "queryless: original",
        "presets_only: true",
        "defaults: w=200",
        "overrides: quality=70",
        "formats: [avif, webp]",
        "animated_formats: [webp]",
        "auto_format: true",
        "quality: {jpeg: 70}",
        "light: srgb",
        "metadata: copyright",
        "gamut: p3",
        "hints: {legacy: true}",
        "ignore_no_transform: true",
        "downstream: private",
    ],
)
def test_what_shapes_pictures_is_refused_on_a_raw_route(text: str) -> None:
    (sentence,) = sentences(raw(text))
    assert sentence.startswith(f"3: routes[0].{text.partition(':')[0]} ")
    assert sentence.endswith(", and dialect: raw hands on what the origin sends; take the key away")


@pytest.mark.parametrize("text", ["hints: off", "formats: []", "defaults: ''", "presets_only: false"])
def test_what_asks_for_nothing_may_stand_on_a_raw_route(text: str) -> None:
    assert sentences(raw(text)) == []


def test_every_key_of_a_route_is_either_shared_or_refused_or_for_later() -> None:
    report = Report("edge.yaml")
    tree: dict[str, Tree] = {key: "raw" if key == "dialect" else "x" for key in Route.model_fields}
    check_raw((), tree, report)
    refused = {sentence.split()[1] for sentence in report.sentences()}
    assert refused | SHARED | LATER == set(Route.model_fields)
    assert not refused & (SHARED | LATER)


def test_a_raw_route_cannot_ask_for_signatures_of_processing_only() -> None:
    keys = f"signing: {{keys: {{main: {{secret: {'k' * 32}}}}}}}\n"
    (sentence,) = sentences(keys + raw("signature: {mode: processed}"))
    assert sentence.startswith("4: Expected off, optional or required for routes[0].signature.mode")
    assert sentence.endswith("a raw route never processes, so nothing would ever need a signature")


@pytest.mark.parametrize("word", ["store", "bypass"])
def test_only_raw_routes_keep_or_pass_cookies(word: str) -> None:
    (sentence,) = sentences(f"{SHOP}routes: [{{prefix: /, origin: shop, set_cookie: {word}}}]")
    assert sentence.startswith(f"2: routes[0].set_cookie is {word}, but a picture never carries")


@pytest.mark.parametrize("dialect", ["riapi", "raw"])
@pytest.mark.parametrize("word", get_args(Route.model_fields["client_cache_control"].annotation))
def test_clients_directives_may_count_on_any_route(dialect: str, word: str) -> None:
    text = f"{SHOP}routes: [{{prefix: /, origin: shop, dialect: {dialect}, client_cache_control: {word}}}]"
    assert load(text).routes[0].client_cache_control == word


def test_a_picture_route_may_transform_against_the_origins_wish() -> None:
    assert load(f"{SHOP}routes: [{{prefix: /, origin: shop, ignore_no_transform: true}}]").routes[0].ignore_no_transform
    assert not load(f"{SHOP}routes: [{{prefix: /, origin: shop}}]").routes[0].ignore_no_transform


def test_groups_of_an_origin_count_only_where_it_says_so() -> None:
    origins = load("""origins:
  a: {type: http, url: 'http://a/'}
  b: {type: http, url: 'http://b/', cache_groups: true}
""").origins
    said = [origin.cache_groups for origin in origins.values() if isinstance(origin, HttpOrigin)]
    assert said == [False, True]


@pytest.mark.parametrize(
    ("prefixes", "fine"),
    [((("/", "riapi"),), True), ((("/", "raw"),), False), ((("/", "riapi"), ("/m/", "raw")), False)],
)
def test_a_watermark_comes_from_behind_a_route_of_pictures(prefixes: tuple[tuple[str, str], ...], fine: bool) -> None:
    routes = ", ".join(f"{{prefix: {prefix}, origin: photos, dialect: {dialect}}}" for prefix, dialect in prefixes)
    told = sentences(f"{SHOP}watermarks: {{logo: {{path: /m/logo.png}}}}\nroutes: [{routes}]")
    sentence = "2: watermarks.logo.path is '/m/logo.png', which a raw route serves; it has to be behind a picture's"
    assert told == ([] if fine else [sentence])


def test_several_processes_share_the_disk() -> None:
    assert load("server: {processes: 2}").server.processes == 2
    assert load("server: {processes: 1}\ncache: {disk: null}").server.processes == 1
    assert sentences("server: {processes: 2}\ncache: {disk: null}") == [
        "1: server.processes is 2, which needs cache.disk: several processes share their cache there"
    ]


def test_a_number_of_processes_that_is_none_is_told_once() -> None:
    (sentence,) = sentences("cache: {disk: null}\nserver: {processes: ٣}")
    assert sentence.startswith("2: Expected a whole number from 1 to 256 for server.processes")
