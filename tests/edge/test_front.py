"""The nginx configuration in front."""

import pytest

from edge.front import nginx
from edge.settings import Settings, load

DIRECTIVES = [
    "merge_slashes off;",
    "underscores_in_headers off;",
    "client_header_timeout 5s;",
    "client_body_timeout 10s;",
    "limit_conn edge_per_client 100;",
    "proxy_pass http://edge;",
    "proxy_http_version 1.1;",
    'proxy_set_header Connection "";',
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
    "proxy_pass_header Date;",
    "proxy_pass_header Server;",
    "proxy_redirect off;",
    "proxy_cache off;",
    "gzip off;",
    "proxy_next_upstream off;",
]


def lines(settings: Settings) -> list[str]:
    """Directives without comments."""
    return [line.partition("#")[0].strip() for line in nginx(settings).splitlines()]


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_each_directive_that_conformance_or_safety_wants_is_there(directive: str) -> None:
    assert directive in lines(Settings())


def test_no_field_that_steers_nginx_is_heard_or_handed_on() -> None:
    (ignored,) = [line for line in lines(Settings()) if line.startswith("proxy_ignore_headers")]
    steering = {f"X-Accel-{name}" for name in ("Expires", "Redirect", "Limit-Rate", "Buffering", "Charset")}
    assert steering == set(ignored.removesuffix(";").split()[1:])
    assert not any("X-Accel" in line for line in lines(Settings()) if line.startswith("proxy_pass_header"))


def test_no_directive_turns_a_method_away() -> None:
    assert not any(line.startswith(("limit_except", "if ")) for line in lines(Settings()))


@pytest.mark.parametrize(
    ("listen", "upstream"),
    [
        ("127.0.0.1:7070", "127.0.0.1:7070"),
        ("0.0.0.0:80", "127.0.0.1:80"),
        ("'[::]:80'", "[::1]:80"),
        ("unix:/run/edge.sock", "unix:/run/edge.sock"),
    ],
)
def test_the_upstream_is_where_the_edge_listens(listen: str, upstream: str) -> None:
    assert f"server {upstream};" in lines(load(f"server: {{listen: {listen}}}"))


@pytest.mark.parametrize(
    ("hosts", "names"), [(("a.example", "[b.example, a.example]"), "a.example b.example"), (("a.example", "null"), "_")]
)
def test_the_server_names_are_the_hosts_of_the_routes(hosts: tuple[str, str], names: str) -> None:
    routes = ", ".join(f"{{prefix: /{at}/, origin: a, host: {host}}}" for at, host in enumerate(hosts))
    assert f"server_name {names};" in lines(load(f"origins: {{a: {{type: files, root: /a}}}}\nroutes: [{routes}]"))


def test_limits_and_patience_follow_the_configuration() -> None:
    text = """limits: {source_bytes: 10MiB, url_bytes: 32KiB}
imaging: {timeout: 40s, queue_wait: 1s}
origins: {a: {type: http, url: 'http://a/', timeout: {total: 14s}}}"""
    told = lines(load(text))
    assert "client_max_body_size 10240k;" in told
    assert "large_client_header_buffers 4 64k;" in told
    assert "proxy_read_timeout 60s;" in told


@pytest.mark.parametrize(
    ("route", "most"), [("{prefix: /p/, origin: a}", "1024k"), ("{prefix: /j/, dialect: jobs}", "4096k")]
)
def test_a_job_may_bring_several_pictures_along(route: str, most: str) -> None:
    text = f"limits: {{source_bytes: 1MiB}}\norigins: {{a: {{type: files, root: /a}}}}\nroutes: [{route}]"
    assert f"client_max_body_size {most};" in lines(load(text))
