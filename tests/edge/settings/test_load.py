"""From a whole file to settings, or to every sentence about it."""

import pytest
from pydantic import SecretStr

from edge.settings import Settings, Surroundings, load
from edge.settings.origins import FilesOrigin, HttpOrigin
from tests.edge.settings.sentences import sentences

PHOTOS = "origins: {photos: {type: files, root: p}}\n"


def route(text: str) -> str:
    return f"{PHOTOS}routes:\n- {{prefix: /, origin: photos, {text}}}"


def test_settings_may_be_built_in_python_and_are_checked_all_the_same() -> None:
    assert Settings.model_validate({"imaging": {"workers": 2, "timeout": 1.5}}).imaging.timeout == 1.5
    key = Settings.model_validate({"signing": {"keys": {"main": {"secret": SecretStr("k" * 32)}}}}).signing.keys["main"]
    assert key.material[0] == b"k" * 32
    for wrong in ({"workers": True}, {"workers": 2.5}, {"timeout": -1}, {"memory": None}):
        with pytest.raises(ValueError, match=r"a size|auto|a duration"):
            Settings.model_validate({"imaging": wrong})


def test_an_empty_mapping_is_all_defaults() -> None:
    assert load("{}") == Settings()


def test_a_section_whose_keys_are_commented_out_is_all_defaults() -> None:
    assert load("server:\n  # listen: x\nlog:\nroutes: []") == Settings()


def test_the_defaults_are_those_of_the_documented_interface() -> None:
    settings = Settings.for_folder("/p")
    (route,) = settings.routes
    assert (str(settings.server.listen), str(settings.admin.listen)) == ("127.0.0.1:8080", "127.0.0.1:8081")
    assert (settings.imaging.memory, settings.imaging.timeout, settings.imaging.queue_wait) == (1 << 30, 30, 5)
    assert (settings.limits.source_pixels, settings.limits.url_bytes) == (100_000_000, 8192)
    assert settings.cache.disk is not None
    assert (settings.cache.memory, settings.cache.disk.size) == (256 << 20, 10 << 30)
    assert (route.formats, route.animated_formats, route.quality.avif) == (("avif", "webp"), ("webp",), 55)
    assert (route.freshness.default, route.freshness.max, route.freshness.stale_if_error) == (3600, 365 * 86400, 86400)
    assert route.hints is not None
    assert (route.hints.ladder[0], route.hints.max_dpr, route.hints.fallback_width) == (160, 3, None)


def test_for_folder_serves_it_at_the_root() -> None:
    settings = Settings.for_folder("/pictures")
    assert settings.origins == {"photos": FilesOrigin(root="/pictures")}
    assert [(route.prefix, route.origin_names) for route in settings.routes] == [("/", ("photos",))]


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().server.processes = 2


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """server:
  listen: nowhere
  procesess: 1
limits: {source_side: wide}
origins:
  shop:
    type: http
    timout: 3s
    timeout: {read: soon}
routes:
  - prefix: shop/
    origin: shup
    light: ${NONE}
    quality: {jpeg: 101}
  - {}
"""
    assert sentences(text) == [
        (
            "2: Expected an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/edge.sock for server.listen"
            " but received 'nowhere'"
        ),
        "3: server.procesess is not a key; did you mean processes?",
        "4: Expected a whole number such as 30000, 40k or 100M for limits.source_side but received 'wide'",
        "6: origins.shop.url is missing",
        "8: origins.shop.timout is not a key; did you mean timeout?",
        "9: Expected a duration such as 500ms, 30s, 5m, 1h or 7d for origins.shop.timeout.read but received 'soon'",
        "11: Expected a path that starts with /, such as /photos/ for routes[0].prefix but received 'shop/'",
        "12: routes[0].origin names 'shup', which origins does not define; did you mean shop?",
        "13: routes[0].light wants the environment variable NONE, which is not set and has no default (${NONE:-…})",
        "14: Expected a whole number from 0 to 100 for routes[0].quality.jpeg but received '101'",
        "15: routes[1].prefix is missing",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("routes: [{prefix: /, hinds: off}]", "1: routes[0].hinds is not a key; did you mean hints?"),
        ("signing: {keys: {a: {secrett: x}}}", "1: signing.keys.a.secrett is not a key; did you mean secret?"),
        ("origins: {a: {typ: files}}", "1: origins.a.type is missing; it is files, http, s3, azure, gcs or remote"),
        ("origins: {a: {type: files, root: ''}}", "1: Expected a path for origins.a.root but received ''"),
        ("'a\\nb': 1", "1: 'a\\\\nb' is not a key"),
        (
            "imaging: {workers: many}",
            "1: Expected auto or a whole number from 1 to 512 for imaging.workers but received 'many'",
        ),
        (
            "server: {max_connections: 1e3}",
            "1: Expected a whole number from 1 to 1000000 for server.max_connections but received '1e3'",
        ),
        ("rotues: []", "1: rotues is not a key; did you mean routes?"),
        ("log: {colour: red}", "1: log.colour is not a key; there are format, level and server_timing"),
        ("server: 7", "1: Expected a mapping for server but received text"),
        ("server: [7]", "1: Expected a mapping for server but received a list"),
        ("routes: /a", "1: Expected a list for routes but received text"),
        ("routes: {a: b}", "1: Expected a list for routes but received a mapping"),
        (
            "origins: {a b: {type: files, root: x}}",
            ("1: origins.'a b' has to be a name of letters, digits, dots, dashes and underscores"),
        ),
        (
            "origins: {a: {type: fils}}",
            (
                "1: Expected files, http, s3, azure, gcs or remote for origins.a.type"
                " but received 'fils'; did you mean files?"
            ),
        ),
        ("origins: {a: {root: x}}", "1: origins.a.type is missing; it is files, http, s3, azure, gcs or remote"),
        ("origins: {a: {type: files, root: x, url: y}}", "1: origins.a.url is not a key; there are type and root"),
        (
            "imaging: {workers: 0}",
            "1: Expected auto or a whole number from 1 to 512 for imaging.workers but received '0'",
        ),
        (
            "imaging: {memory: 0}",
            ("1: Expected a size such as 512KiB, 64MiB or 10GiB, above 0 for imaging.memory but received '0'"),
        ),
        (
            "log: {level: inf}",
            "1: Expected debug, info, warning or error for log.level but received 'inf'; did you mean info?",
        ),
        ("log: {server_timing: yes}", "1: Expected true or false for log.server_timing but received 'yes'"),
        (
            "server: {trusted_proxies: [10.0.0.1/8]}",
            (
                "1: Expected a network such as 10.0.0.0/8, 192.0.2.7 or fd00::/8"
                " for server.trusted_proxies[0] but received '10.0.0.1/8'"
            ),
        ),
        (
            "server: {listen: null}",
            (
                "1: Expected an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/edge.sock"
                " for server.listen but received null"
            ),
        ),
    ],
)
def test_one_fault_is_one_sentence(text: str, sentence: str) -> None:
    assert sentences(text) == [sentence]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("host: []", "Expected a host name, a list of them or null for routes[0].host but received a list"),
        ("signature: {mode: required, keys: []}", "routes[0].signature needs at least one name in keys"),
        ("formats: avif", "Expected a list for routes[0].formats but received text"),
        (
            "formats: [avif, avif]",
            "Expected a list that names each only once for routes[0].formats but received a list",
        ),
        ("animated_formats: [jpeg]", "Expected webp or gif for routes[0].animated_formats[0] but received 'jpeg'"),
        (
            "hints: {ladder: [320, 160]}",
            ("Expected a list that rises from step to step for routes[0].hints.ladder but received a list"),
        ),
        (
            "hints: {ladder: []}",
            "Expected a list that rises from step to step for routes[0].hints.ladder but received a list",
        ),
        (
            "hints: {ladder: [0, 160]}",
            ("Expected a whole number from 1 to 65535 for routes[0].hints.ladder[0] but received '0'"),
        ),
        ("hints: {max_dpr: nan}", "Expected a number from 0.1 to 20 for routes[0].hints.max_dpr but received 'nan'"),
        ("hints: null", "Expected off or a mapping for routes[0].hints but received null"),
        (
            "hints: {sizes: 50vw, viewport_fraction: 1}",
            ("routes[0].hints holds both sizes and viewport_fraction, which say the same thing two ways"),
        ),
        ("freshness: {min: 2h, max: 1h}", "routes[0].freshness has a min above its max"),
        (
            "host: [a.example, 'b:80']",
            ("Expected a host name without port, such as img.example.com for routes[0].host[1] but received 'b:80'"),
        ),
        (
            "host: 'b:80'",
            "Expected a host name without port, such as img.example.com for routes[0].host but received 'b:80'",
        ),
        (
            "defaults: '?w=2'",
            ("Expected a query without ?, such as w=200&format=webp for routes[0].defaults but received '?w=2'"),
        ),
        ("origins: [photos]", "routes[0] holds both origin and origins; one of them is meant"),
    ],
)
def test_one_fault_of_a_route_is_one_sentence(text: str, sentence: str) -> None:
    assert sentences(route(text)) == [f"3: {sentence}"]


@pytest.mark.parametrize(
    "prefix", ["photos/", "", "/a?b", "/a#b", "/a\\\\b", "/../", "/./a", "//", "/a//b/", "/a\\x01"]
)
def test_a_prefix_is_a_clean_path(prefix: str) -> None:
    (sentence,) = sentences(f'{PHOTOS}routes: [{{prefix: "{prefix}", origin: photos}}]')
    assert sentence.startswith("2: Expected a path ")


def test_workers_are_a_number_or_auto() -> None:
    assert load("imaging: {workers: 4}").imaging.workers == 4
    assert load("imaging: {workers: auto}").imaging.workers == "auto"


def test_hosts_are_one_or_many_and_lower_case() -> None:
    assert load(route("host: IMG.example.com")).routes[0].host == ("img.example.com",)
    assert load(route("host: [a.example, B.example]")).routes[0].host == ("a.example", "b.example")


def test_hints_off_turns_them_off() -> None:
    assert load(route("hints: off")).routes[0].hints is None


def test_origins_of_one_name_is_that_origin() -> None:
    text = f"{PHOTOS}routes: [{{prefix: /, origins: [photos]}}]"
    assert load(text).routes[0].origin_names == ("photos",)


def test_a_route_needs_an_origin() -> None:
    assert sentences("routes: [{prefix: /}]") == ["1: routes[0] names no origin"]


def test_an_http_origin_reads_whole() -> None:
    text = """origins:
  shop: {type: http, url: "https://x.example/m/", headers: {X-Edge: 1}, timeout: {total: 1m}, breaker: off, retries: 0}
"""
    origin = load(text).origins["shop"]
    assert isinstance(origin, HttpOrigin)
    assert (origin.headers, origin.timeout.total, origin.timeout.connect) == ({"X-Edge": "1"}, 60, 3)
    assert (origin.breaker, origin.retries, origin.allow_private) == (None, 0, False)


@pytest.mark.parametrize(
    "url", ["ftp://a/", "a.example", "https://", "http://a:99999/", "http://a b/", "http://a/?q", ""]
)
def test_an_origin_is_a_web_address(url: str) -> None:
    (sentence,) = sentences(f'origins: {{a: {{type: http, url: "{url}"}}}}')
    assert sentence.startswith("1: Expected an address such as https://shop.example.com/media/")


@pytest.mark.parametrize("header", ["'X Y': a", "X-Y: 'a\\nb'", 'X-Y: "a\\nb"', "X-Y: ' a'", "X-Y: é"])
def test_headers_are_tokens_and_plain_text(header: str) -> None:
    told = sentences(f"origins: {{a: {{type: http, url: 'http://a/', headers: {{{header}}}}}}}")
    assert told == [] if "'a\\n" in header else len(told) == 1


def test_relative_places_are_seen_from_the_files_folder() -> None:
    text = "origins: {a: {type: files, root: ./p}, b: {type: files, root: /abs}}\ncache: {disk: {size: 1k}}"
    settings = load(text, around=Surroundings("/etc/edge"))
    assert [getattr(origin, "root", "") for origin in settings.origins.values()] == ["/etc/edge/p", "/abs"]
    assert settings.cache.disk is not None
    assert settings.cache.disk.path == "/etc/edge/var/cache"
    whole = load("{}", around=Surroundings("/"))
    assert whole.cache.disk is not None
    assert whole.cache.disk.path == "/var/cache"


def test_no_disk_is_memory_only() -> None:
    assert load("cache: {disk: null}").cache.disk is None


def test_a_folder_with_a_problem_names_it() -> None:
    around = Surroundings("/etc", folder_problem=lambda path: "does not exist" if path == "/etc/p" else None)
    assert sentences(PHOTOS, around=around) == ["1: origins.photos.root: the folder /etc/p does not exist"]
    assert sentences("origins: {a: {type: files, root: /q}}", around=around) == []


@pytest.mark.parametrize(
    ("hosts", "fine"),
    [(("", ""), False), (("host: a.example", ""), True), (("host: a.example", "host: [b.example, A.example]"), False)],
)
def test_a_prefix_is_served_once_per_host(hosts: tuple[str, str], fine: bool) -> None:
    text = (
        f"{PHOTOS}routes:\n- {{prefix: /a/, origin: photos, {hosts[0]}}}\n- {{prefix: /a, origin: photos, {hosts[1]}}}"
    )
    told = sentences(text)
    on = " on a.example" if hosts[0] else ""
    assert told == ([] if fine else [f"4: routes[1].prefix is '/a'{on}, which routes[0] serves already"])


def test_other_listeners_leave_the_rest() -> None:
    settings = Settings()
    moved = settings.listening(settings.server.listen, None)
    assert moved.admin.listen is None
    assert moved.server == settings.server
