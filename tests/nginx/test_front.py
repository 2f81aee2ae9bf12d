"""The edge behind a real nginx: what one sends, the other receives."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cli import main
from edge.routing.signing import Key, sign
from tests import pictures
from tests.nginx.front import Front, Told, checked, fronting, listener, whole
from tests.running import ROOT, Running, running

SECRET = "0123456789abcdef0123456789abcdef"
YAML = """
cache: {{memory: 32MiB, disk: null}}
imaging: {{workers: 1}}
signing: {{keys: {{main: {{secret: "{secret}"}}}}}}
origins:
  photos: {{type: files, root: {root}}}
routes:
  - {{prefix: /photos/, origin: photos}}
  - {{prefix: /signed/, origin: photos, signature: {{mode: required}}}}
"""
# nginx speaks for its own connection; the rest counts seconds.
OWN = {"connection", "date", "age", "server-timing", "cache-status", "keep-alive", "transfer-encoding"}
OLD = "Thu, 01 Jan 2015 00:00:00 GMT"
ANSWER = (
    f"HTTP/1.1 200 OK\r\nDate: {OLD}\r\nServer: tested\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode()
)

needs_nginx = pytest.mark.needs("nginx", "nginx-light")


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("behind")
    root = folder / "photos"
    root.mkdir()
    for name in ("photo.jpg", "a b%41ü.jpg"):
        (root / name).write_bytes(pictures.photo(600, 400))
    with running(YAML.format(root=root, secret=SECRET), folder) as process:
        yield process


@pytest.fixture(scope="module")
def front(edge: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with fronting(edge.port, tmp_path_factory.mktemp("nginx")) as process:
        yield process


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Front, list[Told]]]:
    """nginx in front of something that only listens."""
    with listener(ANSWER) as (port, told), fronting(port, tmp_path_factory.mktemp("heard")) as process:
        yield process, told


def detail(body: bytes) -> str:
    """The sentence of the edge's own refusal: nginx would answer with HTML."""
    return str(json.loads(body)["detail"])


# The file ------------------------------------------------------------------------------------------------------------


def test_the_file_is_what_the_command_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the compose set-up, where the edge is another machine, called `edge`."""
    monkeypatch.setenv("EDGE_LISTEN", "edge:8080")
    assert main(["nginx", "--config", str(ROOT / "config" / "docker.yaml")]) == 0
    assert (ROOT / "nginx" / "edge.conf").read_text("utf-8") == capsys.readouterr().out


@needs_nginx
def test_nginx_accepts_the_file(tmp_path: Path) -> None:
    """Its upstream is a name of the compose network, which nginx looks up as it starts."""
    text = (ROOT / "nginx" / "edge.conf").read_text("utf-8")
    assert "server edge:8080;" in text
    ran = checked(whole(tmp_path, text.replace("server edge:8080;", "server 127.0.0.1:8080;"), 8080))
    assert ran.returncode == 0, ran.stderr


# A picture -----------------------------------------------------------------------------------------------------------


@needs_nginx
def test_a_picture_comes_through_as_the_edge_sent_it(edge: Running, front: Front) -> None:
    url = "/photos/photo.jpg?w=200&format=auto"
    direct = edge.get(url, Accept="image/webp")
    through = front.get(url, Accept="image/webp")
    assert (through.status, through.body) == (200, direct.body)
    assert through.media_type == "image/webp"
    kept = {name: value for name, value in direct.headers.items() if name not in OWN}
    assert {"etag", "cache-control", "vary", "server"} <= kept.keys()
    assert {name: value for name, value in through.headers.items() if name not in OWN} == kept


@needs_nginx
def test_age_and_cache_status_come_through(front: Front) -> None:
    front.get("/photos/photo.jpg?w=210")
    again = front.get("/photos/photo.jpg?w=210")
    assert again.cache.startswith("edge; hit; ")
    assert int(again.headers["age"]) >= 0
    assert again.headers["date"]


@needs_nginx
def test_a_conditional_request_is_answered_304(front: Front) -> None:
    etag = front.get("/photos/photo.jpg?w=220").headers["etag"]
    answer = front.get("/photos/photo.jpg?w=220", If_None_Match=etag)
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)


@needs_nginx
def test_head_has_the_fields_without_the_picture(front: Front) -> None:
    whole_answer = front.get("/photos/photo.jpg?w=230")
    head = front.get("/photos/photo.jpg?w=230", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole_answer.body))
    assert head.headers["etag"] == whole_answer.headers["etag"]


@needs_nginx
def test_a_range_comes_through(front: Front) -> None:
    body = front.get("/photos/photo.jpg?w=240").body
    answer = front.get("/photos/photo.jpg?w=240", Range="bytes=10-19")
    assert (answer.status, answer.body) == (206, body[10:20])
    assert answer.headers["content-range"] == f"bytes 10-19/{len(body)}"


# The URL -------------------------------------------------------------------------------------------------------------


@needs_nginx
@pytest.mark.parametrize("path", ["/signed/a%20b%2541%C3%BC.jpg", "/signed/%61%20b%2541%c3%bc%2ejpg"])
def test_a_signed_url_verifies_through_nginx_in_each_spelling(front: Front, path: str) -> None:
    query = sign("/signed/a%20b%2541%C3%BC.jpg?w=100&format=png", Key("main", secret=SECRET.encode())).partition("?")[2]
    assert front.get(f"{path}?{query}").media_type == "image/png"
    assert front.get(f"{path}?{query}&w=101").status == 400
    assert front.get(f"{path}?w=100&format=png").status == 401


@needs_nginx
def test_the_target_reaches_the_edge_byte_for_byte(heard: tuple[Front, list[Told]]) -> None:
    front, told = heard
    target = "/photos//a%20b%2541%c3%bC%7e.jpg?w=1&&x=%7E+%2f"
    assert front.get(target).body == b"ok"
    assert told[-1].line == f"GET {target} HTTP/1.1"


@needs_nginx
def test_an_encoded_slash_is_refused_by_the_edge(front: Front) -> None:
    answer = front.get("/photos/x%2Fphoto.jpg?w=100")
    assert answer.status == 400
    assert "encoded slash" in detail(answer.body)


@needs_nginx
def test_a_long_url_is_refused_by_the_edge_with_its_own_sentence(front: Front) -> None:
    answer = front.get("/photos/photo.jpg?x=" + "y" * 9000)
    assert answer.status == 414
    assert "8192" in detail(answer.body)


# The header fields ---------------------------------------------------------------------------------------------------


@needs_nginx
def test_date_and_server_are_those_of_the_edge(heard: tuple[Front, list[Told]]) -> None:
    headers = heard[0].get("/").headers
    assert (headers["date"], headers["server"]) == (OLD, "tested")


@needs_nginx
def test_what_a_client_claims_to_forward_is_dropped(heard: tuple[Front, list[Told]]) -> None:
    front, told = heard
    claims = {"X_Forwarded_For": "10.9.8.7", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil.example"}
    front.get("/", Host="img.example:81", Forwarded="for=10.9.8.7", **claims)
    fields = told[-1].fields
    assert (fields["x-forwarded-for"], fields["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert {"x-forwarded-host", "forwarded"}.isdisjoint(fields)
    assert fields["host"] == "img.example:81"


@needs_nginx
def test_client_hints_and_accept_reach_the_edge(heard: tuple[Front, list[Told]]) -> None:
    front, told = heard
    front.get("/", Accept="image/avif", Sec_CH_DPR="2", If_None_Match='"a"')
    fields = told[-1].fields
    assert (fields["accept"], fields["sec-ch-dpr"], fields["if-none-match"]) == ("image/avif", "2", '"a"')


# Raw routes ----------------------------------------------------------------------------------------------------------


@needs_nginx
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "PURGE", "M-SEARCH"])
def test_every_method_reaches_the_edge(heard: tuple[Front, list[Told]], method: str) -> None:
    front, told = heard
    assert front.get("/raw/a?b", method).status == 200
    assert told[-1].line == f"{method} /raw/a?b HTTP/1.1"


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """nginx in front of an edge that hands on whatever its origin says."""
    fields = {
        "Content-Type": "text/html",
        "Content-Length": "4000",
        "ETag": '"strong"',
        "Accept-Ranges": "bytes",
        "Location": "http://edge/elsewhere",
        "Set-Cookie": "a=b",
        "Last-Modified": OLD,
        "Expires": OLD,
        "Connection": "close",
        "X-Accel-Redirect": "/etc/passwd",
        "X-Accel-Expires": "9",
        "X-Accel-Buffering": "no",
        "X-Accel-Charset": "koi8-r",
        "X-Many": "x" * 24000,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    answer = f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + b"y" * 4000
    with listener(answer) as (port, _), fronting(port, tmp_path_factory.mktemp("raw")) as process:
        yield process


@needs_nginx
def test_what_an_origin_says_comes_through(raw: Front) -> None:
    answer = raw.get("/a.html", Accept_Encoding="gzip")
    assert (answer.status, answer.body) == (200, b"y" * 4000)
    headers = answer.headers
    assert (headers["location"], headers["etag"], headers["set-cookie"]) == ("http://edge/elsewhere", '"strong"', "a=b")
    assert (headers["accept-ranges"], headers["content-length"], len(headers["x-many"])) == ("bytes", "4000", 24000)
    assert (headers["content-type"], headers["expires"]) == ("text/html", OLD)


@needs_nginx
def test_what_would_steer_nginx_neither_steers_it_nor_travels(raw: Front) -> None:
    answer = raw.get("/a.html")
    assert b"root:" not in answer.body
    assert not [name for name in answer.headers if name.startswith("x-accel")]


@needs_nginx
@pytest.mark.parametrize(
    "conditions",
    [{"If_None_Match": '"strong"'}, {"If_Modified_Since": OLD}, {"If_Match": '"x"'}, {"Range": "bytes=0-1"}],
)
def test_conditions_and_ranges_are_for_the_edge_to_judge(raw: Front, conditions: dict[str, str]) -> None:
    assert raw.get("/a.html", **conditions).status == 200
