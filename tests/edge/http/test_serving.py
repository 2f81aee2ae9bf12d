"""What someone with curl sees."""

import json
from pathlib import Path

import pytest
import pyvips

from edge.routing.signing import Key, sign
from tests.edge.http.conftest import SECRET
from tests.running import Answer, Running, WebOrigin, eventually

MAIN = Key("main", secret=SECRET.encode())
READABLE = ("photo.jpg", "photo.png", "photo.webp", "photo.avif", "photo.tif", "alpha.png", "logo.svg", "cmyk.jpg")


def picture(answer: Answer) -> pyvips.Image:
    assert answer.status == 200, answer.body
    return pyvips.Image.new_from_buffer(answer.body, "")


def problem(answer: Answer) -> str:
    """The sentence, after the rest has been checked."""
    assert answer.media_type == "application/problem+json"
    told = json.loads(answer.body)
    assert set(told) == {"type", "title", "status", "detail"}
    assert told["status"] == answer.status
    return str(told["detail"])


@pytest.mark.parametrize("name", READABLE)
@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "avif", "gif"])
def test_every_readable_format_is_written_in_every_other(edge: Running, name: str, format: str) -> None:
    answer = edge.get(f"/photos/{name}?w=300&format={format}")
    image = picture(answer)
    assert (image.width, image.height, answer.media_type) == (300, 200, f"image/{format}")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_upright(edge: Running, orientation: int) -> None:
    image = picture(edge.get(f"/photos/turned{orientation}.jpg?w=300&format=png"))
    assert (image.width, image.height) == (300, 200)
    red, green, blue = image(20, 20)[:3]
    assert red > 180 > max(green, blue)


def test_a_picture_carries_what_caches_and_browsers_need(edge: Running) -> None:
    answer = edge.get("/photos/photo.jpg?w=310")
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["age"] == "0"
    assert answer.headers["vary"] == "Accept, Save-Data"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert answer.cache.startswith("edge; fwd=uri-miss")
    assert "stored" in answer.cache
    assert {"queue", "decode", "transform", "encode"} <= {
        phase.split(";")[0] for phase in answer.headers["server-timing"].split(", ")
    }
    assert "detail=mem" in edge.get("/photos/photo.jpg?w=310").cache


def test_a_conditional_request_is_answered_without_a_worker(edge: Running) -> None:
    tag = edge.get("/photos/photo.jpg?w=311").headers["etag"]
    before = edge.total("edge_worker_jobs_total")
    answer = edge.get("/photos/photo.jpg?w=311", If_None_Match=tag)
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
    assert {"cache-control", "vary", "date", "age"} <= set(answer.headers)
    assert edge.total("edge_worker_jobs_total") == before


def test_head_says_what_get_would_say(edge: Running) -> None:
    got = edge.get("/photos/photo.jpg?w=312")
    head = edge.get("/photos/photo.jpg?w=312", "HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("content-length", "content-type", "etag", "vary", "cache-control"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    ("field", "status", "span"),
    [
        ("bytes=0-9", 206, "0-9"),
        ("bytes=-5", 206, "-5"),
        ("bytes=10-", 206, "10-"),
        ("bytes=99999999-", 416, ""),
        ("bytes=5-1", 200, ""),
        ("pages=1-2", 200, ""),
        ("bytes=0-1,5-6", 200, ""),
    ],
)
def test_one_range_is_served_and_the_rest_is_ignored(edge: Running, field: str, status: int, span: str) -> None:
    whole = edge.get("/photos/photo.jpg?w=313").body
    answer = edge.get("/photos/photo.jpg?w=313", Range=field)
    assert answer.status == status
    if status == 206:
        first, last = span.split("-")
        part = whole[int(first) : int(last) + 1 if last else None] if first else whole[-int(last) :]
        assert answer.body == part
        assert answer.headers["content-range"].endswith(f"/{len(whole)}")
    if status == 416:
        assert answer.headers["content-range"] == f"bytes */{len(whole)}"
        assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)


def test_a_range_of_another_body_is_the_whole(edge: Running) -> None:
    assert edge.get("/photos/photo.jpg?w=313", Range="bytes=0-9", If_Range='"other"').status == 200
    tag = edge.get("/photos/photo.jpg?w=313").headers["etag"]
    assert edge.get("/photos/photo.jpg?w=313", Range="bytes=0-9", If_Range=tag).status == 206


def test_the_browser_gets_the_best_format_it_asks_for(edge: Running) -> None:
    asked = {"*/*": "jpeg", "image/webp": "webp", "image/avif,image/webp": "avif", "image/*": "jpeg"}
    for accept, format in asked.items():
        assert edge.get("/photos/photo.jpg?w=314", Accept=accept).media_type == f"image/{format}"
    assert (
        edge.get("/photos/photo.jpg?w=314", Accept="image/avif;q=0, image/webp;q=0.5, */*").media_type == "image/jpeg"
    )


def test_hints_choose_a_rung_of_the_ladder(edge: Running) -> None:
    answer = edge.get("/photos/photo.jpg?w=auto", Sec_CH_Width="555", Sec_CH_DPR="2")
    assert picture(answer).width == 640
    assert answer.headers["vary"] == "Accept, Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width, Save-Data"
    assert picture(edge.get("/photos/photo.jpg", Sec_CH_Viewport_Width="300")).width == 320
    assert picture(edge.get("/photos/photo.jpg?w=auto", Sec_CH_Width="1e9")).width == 1200


def test_an_animation_stays_one(edge: Running) -> None:
    for accept, loader in (("", "gifload_buffer"), ("image/webp", "webpload_buffer")):
        image = pyvips.Image.new_from_buffer(edge.get("/photos/film.gif?w=30", Accept=accept).body, "", n=-1)
        assert (image.get("vips-loader"), image.get("n-pages"), image.get("page-height")) == (loader, 5, 20)
    still = pyvips.Image.new_from_buffer(edge.get("/photos/film.gif?w=30&format=jpg").body, "")
    assert still.height == 20


def test_defaults_lie_under_and_overrides_over_the_request(edge: Running) -> None:
    assert picture(edge.get("/fast/photo.jpg")).width == 200
    assert picture(edge.get("/fast/photo.jpg?w=100")).width == 100
    assert edge.get("/fast/photo.jpg?format=png").media_type == "image/webp"


def test_a_route_can_serve_the_original_itself(edge: Running, folder: Path) -> None:
    answer = edge.get("/plain/photo.jpg")
    assert (answer.body, answer.media_type) == ((folder / "photo.jpg").read_bytes(), "image/jpeg")
    assert "vary" not in answer.headers
    vector = edge.get("/plain/logo.svg")
    assert (vector.media_type, "sandbox" in vector.headers["content-security-policy"]) == ("image/svg+xml", True)


@pytest.mark.parametrize(
    ("url", "status", "sentence"),
    [
        ("/nowhere/a.jpg", 404, "No route serves this path"),
        ("/photos/missing.jpg?w=9", 404, "There is no such original"),
        ("/photos/?w=9", 404, "There is no such original"),
        ("/photos/notes.txt?w=9", 415, "The original is not a picture"),
        ("/photos/empty.jpg?w=9", 415, "The original is not a picture"),
        ("/photos/heavy.bmp?w=9", 413, "1048576"),
        ("/photos/wide.png?w=9", 422, "The picture has 4,400,000 pixels; the limit is 3,000,000"),
        ("/photos/short.jpg?w=9", 422, ""),
        ("/photos/photo.jpg?w=30000&scale=both", 422, "limit is 40,000,000"),
        ("/photos/../../etc/passwd", 400, ""),
        ("/photos/%2e%2e/%2e%2e/etc/passwd", 400, ""),
        ("/photos/a%2fb.jpg", 400, ""),
        ("/photos/%00.jpg", 400, ""),
        ("/photos/%zz.jpg", 400, ""),
        ("/photos/photo.jpg?" + "x" * 9000, 414, "8192"),
        ("/web/missing.jpg", 404, "There is no such original"),
        ("/web/words?w=9", 415, "The original is not a picture"),
        ("/signed/photo.jpg?w=9", 401, ""),
        ("/signed/photo.jpg?w=9&sig=wrong", 403, ""),
    ],
)
def test_bad_input_gets_one_sentence(edge: Running, folder: Path, url: str, status: int, sentence: str) -> None:
    answer = edge.get(url)
    told = problem(answer)
    assert answer.status == status
    assert sentence in told
    assert told.count(". ") == 0
    assert str(folder) not in answer.body.decode()
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_only_a_missing_original_may_be_remembered_by_others(edge: Running) -> None:
    assert edge.get("/photos/missing2.jpg").headers["cache-control"] == "public, max-age=10"
    assert edge.get("/nowhere/x").headers["cache-control"] == "no-store"
    assert edge.get("/signed/photo.jpg").headers["cache-control"] == "no-store"


def test_a_truncated_picture_never_comes_half_grey(edge: Running) -> None:
    for _ in range(2):
        assert edge.get("/photos/short.jpg?w=222&format=jpeg").status == 422


@pytest.mark.parametrize(
    "query", ["w=abc", "w=-5", "mode=%00", "crop=1,2", "w=%ff", "format=bogus", "&&&=", "w=1e3", "a;b"]
)
def test_a_parameter_that_cannot_be_read_is_ignored(edge: Running, query: str) -> None:
    assert edge.get(f"/photos/photo.png?{query}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_not_allowed(edge: Running, method: str) -> None:
    answer = edge.get("/photos/photo.jpg", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_options_says_what_is_allowed(edge: Running) -> None:
    answer = edge.get("/photos/photo.jpg", "OPTIONS")
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


def test_names_are_decoded_once(edge: Running) -> None:
    answer = edge.get("/photos/a%20b%2541%C3%BC.jpg?w=50")
    assert answer.status == 200
    assert answer.headers["content-disposition"].endswith("filename*=UTF-8''a%20b%2541%C3%BC.jpg")
    assert edge.get("/photos/a%20b%41%C3%BC.jpg?w=50").status == 404


def test_a_signed_url_is_served(edge: Running) -> None:
    assert edge.get(sign("/signed/photo.jpg?w=99", MAIN)).status == 200
    assert edge.get(sign("/signed/photo.jpg?w=99", MAIN, 1_000_000)).status == 410


def test_a_changed_file_is_served_changed_without_a_restart(edge: Running, folder: Path) -> None:
    place = folder / "change.png"
    place.write_bytes((folder / "photo.png").read_bytes())
    before = edge.get("/photos/change.png?w=40&format=png")
    place.write_bytes((folder / "alpha.png").read_bytes())
    assert eventually(
        lambda: edge.get("/photos/change.png?w=40&format=png").headers["etag"] != before.headers["etag"], 5
    )


def test_an_origins_validators_spare_the_work(edge: Running, web: WebOrigin) -> None:
    web.headers = {"Cache-Control": "max-age=0"}
    first = edge.get("/web/photo.jpg?w=77")
    jobs = edge.total("edge_worker_jobs_total")
    second = edge.get("/web/photo.jpg?w=77")
    assert first.body == second.body
    assert (first.cache.split("; ")[1], second.cache.split("; ")[1:3]) == (
        "fwd=uri-miss",
        ["fwd=stale", "fwd-status=304"],
    )
    assert [line for line in web.asked if "photo" in line] == ["200 /photo.jpg", "304 /photo.jpg"]
    assert edge.total("edge_worker_jobs_total") == jobs
    web.headers = {}


def test_the_absolute_form_must_name_the_host(edge: Running) -> None:
    host = f"127.0.0.1:{edge.port}"
    assert edge.get(f"http://{host}/photos/photo.png?w=20").status == 200
    assert edge.get("http://evil.example/photos/photo.png?w=20").status == 400


def test_readiness_metrics_and_sizes_are_on_the_admin_listener_only(edge: Running) -> None:
    assert edge.admin("/livez").status == 200
    ready = json.loads(edge.admin("/readyz").body)
    assert (ready["ready"], ready["disk"], ready["workers"]["alive"] >= 1) == (True, "ok", True)
    assert b"edge_requests_total" in edge.admin("/metrics").body
    assert json.loads(edge.admin("/cache").body)["memory"]["capacity"] == 64 << 20
    for path in ("/livez", "/readyz", "/metrics", "/cache"):
        assert edge.get(path).status == 404


def test_explain_tells_and_transforms_nothing(edge: Running) -> None:
    jobs = edge.total("edge_worker_jobs_total")
    asked = {"url": "/photos/photo.jpg?w=auto&colour=red", "headers": {"Sec-CH-Width": "500", "Accept": "image/webp"}}
    told = json.loads(edge.admin("/explain", "POST", json.dumps(asked).encode()).body)
    chosen = told["chosen"]
    assert (chosen["width"], chosen["height"], chosen["format"], chosen["quality"]) == (640, 427, "webp", 78)
    assert (told["route"], told["origin"], told["warnings"][0]["key"]) == ("/photos/", "photos", "colour")
    assert {"plan", "vary", "key", "predicted"} <= set(told)
    assert edge.total("edge_worker_jobs_total") == jobs


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"url": 1}', 400),
        (b'{"url": "/x", "headers": {"a": 1}}', 400),
        (b'{"url": "/x"}', 404),
    ],
)
def test_a_bad_question_to_explain_is_told_so(edge: Running, body: bytes, status: int) -> None:
    assert edge.admin("/explain", "POST", body).status == status


def test_the_admin_listener_refuses_what_it_does_not_know(edge: Running) -> None:
    assert edge.admin("/nothing").status == 404
    answer = edge.admin("/explain")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
