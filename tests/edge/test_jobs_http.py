"""Jobs through the public door of a real edge: every endpoint, every form of answer, every refusal."""

import asyncio
import base64
import email.parser
import email.policy
import io
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pyvips

from edge.routing.signing import Key, sign
from tests import pictures
from tests.running import Answer, Running, WebOrigin, running, web_origin

SECRET = "0123456789abcdef0123456789abcdef"
KEY = Key("main", SECRET.encode())
YAML = """
server: {{listen: "127.0.0.1:0", processes: {processes}}}
cache: {{memory: 64MiB, disk: {{path: {cache}, size: 200MiB}}}}
imaging: {{workers: 2}}
limits: {{source_bytes: 48MiB, source_pixels: 20M}}
signing: {{keys: {{main: {{secret: "{secret}"}}}}}}
origins:
  photos: {{type: files, root: {root}}}
  web: {{type: http, url: "http://127.0.0.1:{port}/", allow_private: true, retries: 0}}
presets: {{small: width=40}}
routes:
  - {{prefix: /photos/, origin: photos}}
  - {{prefix: /signed/, origin: photos, signature: {{mode: required}}}}
  - {{prefix: /processed/, origin: photos, signature: {{mode: processed}}}}
  - {{prefix: /presets/, origin: photos, presets_only: true}}
  - {{prefix: /marked/, origin: photos, overrides: "s.grayscale=true"}}
  - {{prefix: /raw/, origin: photos, dialect: raw}}
  - {{prefix: /web/, origin: web}}
  - {{prefix: /anyway/, origin: web, ignore_no_transform: true}}
  - {{prefix: /jobs/, dialect: jobs}}
  - {{prefix: /closed/, dialect: jobs, api_keys: {{keys: [open-sesame]}}}}
  - {{prefix: /sealed/, dialect: jobs, signature: {{mode: required}}}}
"""
PHOTO = pictures.photo(400, 300)
JPEG = {"Content_Type": "image/jpeg"}
JSON = {"Content_Type": "application/json"}


@pytest.fixture(scope="module")
def web() -> Iterator[WebOrigin]:
    with web_origin({"/photo.jpg": PHOTO}) as origin:
        yield origin


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("jobs") / "photos"
    place.mkdir()
    (place / "a.jpg").write_bytes(PHOTO)
    (place / "notes.txt").write_bytes(b"only words " * 50)
    return place


def configuration(folder: Path, web: WebOrigin, processes: int = 1) -> str:
    cache = folder.parent / f"cache{processes}"
    return YAML.format(cache=cache, root=folder, port=web.port, secret=SECRET, processes=processes)


@pytest.fixture(scope="module")
def edge(folder: Path, web: WebOrigin) -> Iterator[Running]:
    with running(configuration(folder, web), folder.parent) as process:
        yield process


def chain(*steps: Any, source: Any = "placeholder", out: Any = "output_base_64", preset: Any = None) -> dict[str, Any]:
    """A job of one input 0 and one output 1."""
    return {
        "io": [
            {"io_id": 0, "direction": "in", "io": source},
            {"io_id": 1, "direction": "out", "io": out},
        ],
        "framewise": {
            "steps": [{"decode": {"io_id": 0}}, *steps, {"encode": {"io_id": 1, "preset": preset or {"libpng": {}}}}]
        },
    }


WITHIN = {"constrain": {"mode": "within", "w": 40}}
INLINE = {"base_64": base64.b64encode(PHOTO).decode()}


def send(edge: Running, endpoint: str, request: Any, at: str = "/jobs/", **headers: str) -> Answer:
    return edge.get(f"{at}{endpoint}", "POST", json.dumps(request).encode(), **{**JSON, **headers})


def data(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    reply = json.loads(answer.body)
    assert (reply["code"], reply["success"], reply["message"]) == (200, True, "OK")
    return reply["data"]


def message(answer: Answer) -> str:
    reply = json.loads(answer.body)
    assert (reply["code"], reply["success"], reply["data"]) == (answer.status, False, "none")
    assert answer.headers["cache-control"] == "no-store"
    return str(reply["message"])


def encoded(answer: Answer) -> dict[str, Any]:
    (only,) = data(answer)["job_result"]["encodes"]
    return dict(only)


def width_of(png: bytes) -> int:
    assert png.startswith(b"\x89PNG"), png[:200]
    return int.from_bytes(png[16:20])


def form(**parts: bytes) -> tuple[bytes, dict[str, str]]:
    """Parts named job and p0, p1, …"""
    lines = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name.removeprefix("p")}"\r\n\r\n'.encode() + body + b"\r\n"
        for name, body in parts.items()
    )
    return lines + b"--b--\r\n", {"Content_Type": "multipart/form-data; boundary=b"}


# Every endpoint ------------------------------------------------------------------------------------------------------


def test_a_query_makes_one_picture_of_the_content(edge: Running) -> None:
    answer = edge.get("/jobs/v1/querystring?w=40&format=webp", "POST", PHOTO, **JPEG)
    picture = encoded(answer)
    assert (picture["w"], picture["h"], picture["preferred_mime_type"]) == (40, 30, "image/webp")
    assert base64.b64decode(picture["bytes"]["base_64"])[8:12] == b"WEBP"
    assert (answer.headers["cache-control"], answer.cache) == ("no-store", "edge; fwd=method")
    assert {"queue", "decode", "transform", "encode"} <= {
        part.strip().partition(";")[0] for part in answer.headers["server-timing"].split(",")
    }


def test_a_query_takes_the_part_0(edge: Running) -> None:
    body, headers = form(p0=PHOTO)
    assert encoded(edge.get("/jobs/v1/ir4?w=40&format=png", "POST", body, **headers))["w"] == 40


def test_a_preset_may_be_named(edge: Running) -> None:
    assert encoded(edge.get("/jobs/v1/querystring?preset=small&format=png", "POST", PHOTO, **JPEG))["w"] == 40


@pytest.mark.parametrize("endpoint", ["v1/build", "v0.1/build"])
def test_a_job_holds_its_picture(edge: Running, endpoint: str) -> None:
    result = data(send(edge, endpoint, chain(WITHIN, source=INLINE)))["job_result"]
    assert [(each["io_id"], each["w"], each["h"]) for each in result["encodes"]] == [(1, 40, 30)]
    assert [(each["io_id"], each["w"], each["h"]) for each in result["decodes"]] == [(0, 400, 300)]
    assert result["performance"]["frames"][0]["wall_microseconds"] > 0


@pytest.mark.parametrize("source", [{"bytes_hex": PHOTO.hex()}, {"byte_array": list(PHOTO)}, INLINE])
def test_a_picture_may_be_written_in_several_ways(edge: Running, source: Any) -> None:
    assert encoded(send(edge, "v1/build", chain(WITHIN, source=source)))["w"] == 40


def test_a_part_fills_a_placeholder(edge: Running) -> None:
    body, headers = form(job=json.dumps(chain(WITHIN)).encode(), p0=PHOTO)
    assert encoded(edge.get("/jobs/v1/build", "POST", body, **headers))["w"] == 40


def test_a_part_is_used_instead_of_what_the_job_names(edge: Running) -> None:
    body, headers = form(p0=PHOTO, job=json.dumps(chain(WITHIN, source={"url": "/nowhere"})).encode())
    assert encoded(edge.get("/jobs/v1/build", "POST", body, **headers))["w"] == 40


def test_a_part_may_come_unannounced(edge: Running) -> None:
    job = chain(WITHIN)
    job["io"] = job["io"][1:]
    body, headers = form(job=json.dumps(job).encode(), p0=PHOTO)
    assert encoded(edge.get("/jobs/v1/build", "POST", body, **headers))["w"] == 40


def test_execute_needs_no_io(edge: Running) -> None:
    body, headers = form(job=json.dumps({"framewise": chain(WITHIN)["framewise"]}).encode(), p0=PHOTO)
    assert encoded(edge.get("/jobs/v1/execute", "POST", body, **headers))["w"] == 40


@pytest.mark.parametrize("name", ["v1/get_image_info", "v0.1/get_image_info", "v1/get_scaled_image_info"])
def test_what_an_input_is(edge: Running, name: str) -> None:
    body, headers = form(p0=PHOTO)
    for answer in (
        edge.get(f"/jobs/{name}", "POST", body, **headers),
        send(edge, name, {"io_id": 0, "io": chain(source=INLINE)["io"]}),
    ):
        told = data(answer)["image_info"]
        assert (told["image_width"], told["image_height"], told["preferred_extension"]) == (400, 300, "jpg")


def test_what_an_input_takes(edge: Running) -> None:
    told = data(send(edge, "v1/estimate", {"io_id": 0, "io": chain(source=INLINE)["io"], "format": None}))
    assert (told["width"], told["height"], told["peak_avg_bytes"]) == (400, 300, 480_000)
    assert told["estimate"]["outputs"] == []


def test_what_a_job_takes(edge: Running) -> None:
    told = data(send(edge, "v1/estimate", chain(WITHIN, source=INLINE)))
    assert told["width"] == 400
    assert told["estimate"]["outputs"] == [{"io_id": 1, "w": 40, "h": 30}]


def test_a_decoder_may_be_told(edge: Running) -> None:
    request = {"io_id": 0, "command": "discard_color_profile", "io": chain(source=INLINE)["io"]}
    assert data(send(edge, "v1/tell_decoder", request)) == {}
    assert "IoIdNotFound" in message(send(edge, "v1/tell_decoder", {**request, "io_id": 7}))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ("v1/get_version_info", "version_info"),
        ("v0.1/get_version_info", "version_info"),
        ("v1/schema/riapi/latest/list_keys", "schema"),
        ("v1/schema/riapi/latest/get", "schema"),
        ("v1/schema/list-schema-endpoints", "endpoints"),
        ("v1/schema/json/latest/v1/all", "schemas"),
    ],
)
def test_what_asks_for_no_picture(edge: Running, method: str, endpoint: str, found: str) -> None:
    assert list(data(edge.get(f"/jobs/{endpoint}", method))) == [found]


def test_a_query_is_validated(edge: Running) -> None:
    issues = data(send(edge, "v1/schema/riapi/latest/validate", {"query_string": "w=1&w=2&x=y"}))["results"]["issues"]
    assert {each["kind"] for each in issues} >= {"DuplicateKeyError"}


def test_the_document_says_where_it_is_served(edge: Running) -> None:
    text = data(edge.get("/jobs/v1/schema/openapi/latest/get"))
    answer = edge.get("/jobs/openapi.json")
    assert json.loads(answer.body) == json.loads(text)
    assert answer.media_type == "application/json"
    assert "/jobs/v1/build" in json.loads(text)["paths"]


def test_the_document_asks_for_the_key(edge: Running) -> None:
    assert "securitySchemes" not in json.loads(edge.get("/jobs/openapi.json").body)["components"]
    closed = json.loads(edge.get("/closed/openapi.json?key=open-sesame").body)
    assert {each["name"] for each in closed["components"]["securitySchemes"].values()} == {"API-Key", "key"}


def test_coffee(edge: Running) -> None:
    for url in ("/jobs/v1/brew_coffee", "/jobs/brew_coffee"):
        answer = edge.get(url, "POST")
        assert (answer.status, json.loads(answer.body)["success"]) == (418, "false")


@pytest.mark.parametrize(
    ("method", "url", "status", "allow"),
    [
        ("GET", "/jobs/v1/build", 405, "POST, OPTIONS"),
        ("PUT", "/jobs/v1/querystring", 405, "POST, OPTIONS"),
        ("GET", "/jobs/v1/schema/riapi/latest/validate", 405, "POST, OPTIONS"),
        ("DELETE", "/jobs/v1/get_version_info", 405, "GET, HEAD, POST, OPTIONS"),
        ("OPTIONS", "/jobs/v1/build", 204, "POST, OPTIONS"),
        ("OPTIONS", "/jobs/openapi.json", 204, "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_methods(edge: Running, method: str, url: str, status: int, allow: str) -> None:
    answer = edge.get(url, method)
    assert (answer.status, answer.headers["allow"]) == (status, allow)
    if status == 405:
        assert message(answer).startswith("ActionNotSupported: ")


def test_head_is_get_without_the_content(edge: Running) -> None:
    whole, head = edge.get("/jobs/openapi.json"), edge.get("/jobs/openapi.json", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))


# Every form of answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("image/*", "image/png"),
        ("image/avif,image/webp,*/*;q=0.8", "image/png"),
        ("application/json, image/*;q=0.5", "application/json"),
        ("application/json;q=0.5, image/*;q=0.5", "image/png"),
        ("image/*;q=0", "application/json"),
        ("multipart/mixed", "multipart/mixed"),
        ("text/html", "application/json"),
    ],
)
def test_the_answer_is_what_accept_prefers(edge: Running, accept: str, media_type: str) -> None:
    answer = send(edge, "v1/build", chain(WITHIN, source=INLINE), **({"Accept": accept} if accept else {}))
    assert (answer.status, answer.media_type.partition(";")[0]) == (200, media_type)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_picture_itself(edge: Running) -> None:
    answer = edge.get("/jobs/v1/querystring?w=40&format=png", "POST", PHOTO, **JPEG, Accept="image/*")
    assert width_of(answer.body) == 40
    assert answer.headers["content-disposition"] == 'inline; filename="output_1.png"'


def test_parts(edge: Running) -> None:
    job = chain(source=INLINE)
    job["io"].append({"io_id": 2, "direction": "out", "io": "output_buffer"})
    job["framewise"] = {
        "graph": {
            "nodes": {
                "0": {"decode": {"io_id": 0}},
                "1": {"encode": {"io_id": 1, "preset": {"libpng": {}}}},
                "2": {"encode": {"io_id": 2, "preset": "gif"}},
            },
            "edges": [{"from": 0, "to": 1, "kind": "input"}, {"from": 0, "to": 2, "kind": "input"}],
        }
    }
    assert send(edge, "v1/build", job, Accept="image/*").media_type == "application/json"
    answer = send(edge, "v1/build", job, Accept="multipart/mixed, image/*")
    head = f"Content-Type: {answer.media_type}\r\n\r\n".encode()
    parsed = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + answer.body)
    first, *rest = parsed.iter_parts()
    payload = first.get_payload(decode=True)
    assert isinstance(payload, bytes)
    told = json.loads(payload)["data"]["job_result"]["encodes"]
    assert [each["bytes"] for each in told] == ["elsewhere", "elsewhere"]
    assert [(part["Content-ID"], part.get_content_type()) for part in rest] == [
        ("<1>", "image/png"),
        ("<2>", "image/gif"),
    ]
    assert [part.get_param("name", header="Content-Disposition") for part in rest] == ["1", "2"]


def test_a_picture_too_large_is_refused_by_the_node_that_would_make_it(edge: Running) -> None:
    job = chain({"resample_2d": {"w": 500, "h": 20}}, source=INLINE)
    job["builder_config"] = {"security": {"max_frame_size": {"w": 499, "h": 499, "megapixels": 1}}}
    answer = send(edge, "v1/build", job)
    assert answer.status == 400
    told = "ArgumentInvalid: SizeLimitExceeded: Frame width 500 exceeds max_frame_size.w 499 at node 1"
    assert message(answer) == told


def test_a_picture_alone_may_be_asked_about(edge: Running) -> None:
    answer = edge.get("/jobs/v1/get_image_info", "POST", PHOTO, Content_Type="image/jpeg")
    assert data(answer)["image_info"]["preferred_mime_type"] == "image/jpeg"
    assert message(edge.get("/jobs/v1/build", "POST", PHOTO, Content_Type="image/jpeg")).startswith("InvalidJson")


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "application/problem+json; a=b"])
def test_json_may_come_as_what_curl_calls_it(edge: Running, media_type: str) -> None:
    assert encoded(send(edge, "v1/build", chain(WITHIN, source=INLINE), Content_Type=media_type))["w"] == 40


@pytest.mark.parametrize("out", ["output_base_64", "placeholder", "output_buffer"])
def test_bytes_in_json(edge: Running, out: str) -> None:
    told = encoded(send(edge, "v1/build", chain(WITHIN, source=INLINE, out=out)))["bytes"]
    octets = bytes(told["byte_array"]) if out == "output_buffer" else base64.b64decode(told["base_64"])
    assert octets.startswith(b"\x89PNG")


# Originals behind routes ---------------------------------------------------------------------------------------------


def from_url(edge: Running, url: str) -> Answer:
    return send(edge, "v1/build", chain(WITHIN, source={"url": url}))


@pytest.mark.parametrize("url", ["/photos/a.jpg", "/web/photo.jpg", "/%70hotos/a.jpg"])
def test_a_path_of_this_edge_is_an_input(edge: Running, url: str) -> None:
    assert encoded(from_url(edge, url))["w"] == 40


def test_each_original_is_asked_for_once(edge: Running, web: WebOrigin) -> None:
    web.bodies["/once.jpg"] = PHOTO
    job = chain(WITHIN, source={"url": "/web/once.jpg"})
    job["io"].append({"io_id": 2, "direction": "in", "io": {"url": "/web/once.jpg"}})
    assert len(data(send(edge, "v1/build", job))["job_result"]["decodes"]) == 2
    assert [line for line in web.asked if "once" in line] == ["200 /once.jpg"]


@pytest.mark.parametrize("route", ["signed", "processed"])
def test_a_signature_is_demanded_as_for_processing(edge: Running, route: str) -> None:
    assert from_url(edge, sign(f"/{route}/a.jpg", KEY)).status == 200
    assert from_url(edge, f"/{route}/a.jpg").status == 401
    wrong = sign(f"/{route}/a.jpg", Key("main", b"another" * 5))
    assert from_url(edge, wrong).status == 403
    assert from_url(edge, sign(f"/{route}/a.jpg", KEY, expires_at=1)).status == 410


URLS = [
    ("/signed/a.jpg", 401, "AuthorizationRequired: AuthorizationRequired: Input 0: This URL needs a signature"),
    (sign("/signed/a.jpg?w=10", KEY), 400, "a query that holds a signature at most"),
    ("/photos/a.jpg?w=10", 400, "a query that holds a signature at most"),
    ("/presets/a.jpg", 403, "ActionForbidden: ActionForbidden: Input 0: URLs of this route may name presets"),
    ("/marked/a.jpg", 403, "decided by their route"),
    ("/raw/a.jpg", 400, "a path that a route of pictures serves"),
    ("/jobs/v1/build", 400, "a path that a route of pictures serves"),
    ("/photos/none.jpg", 404, "PrimaryResourceNotFound"),
    ("/nowhere/a.jpg", 404, "PrimaryResourceNotFound"),
    ("/photos/notes.txt", 400, "ImageMalformed: NoEnabledDecoderFound: Input 0"),
    ("http://127.0.0.1/photos/a.jpg", 400, "Expected a path on this edge"),
    ("//127.0.0.1/photos/a.jpg", 400, "Expected a path on this edge"),
    ("photos/a.jpg", 400, "Expected a path on this edge"),
    ("/photos/../a.jpg", 400, "dot segment"),
    ("/photos/%2e%2e/a.jpg", 400, "dot segment"),
    ("/photos/a.jpg#x", 400, "percent-encoded"),
    ("/photos/ä.jpg", 400, "percent-encoded"),
    ("/photos/" + "a" * 9000, 414, "The URL is longer than"),
]


@pytest.mark.parametrize(("url", "status", "sentence"), URLS, ids=[url[:30] for url, _, _ in URLS])
def test_what_no_job_may_have(edge: Running, url: str, status: int, sentence: str) -> None:
    answer = from_url(edge, url)
    assert (answer.status, sentence in message(answer)) == (status, True), answer.body


def test_what_its_owner_wants_unchanged_stays_so(edge: Running, web: WebOrigin) -> None:
    web.bodies["/kept.jpg"] = PHOTO
    web.headers["Cache-Control"] = "no-transform"
    try:
        answer = from_url(edge, "/web/kept.jpg")
        assert (answer.status, "no-transform" in message(answer)) == (403, True)
        assert from_url(edge, "/anyway/kept.jpg").status == 200
    finally:
        del web.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("source", "out"), [({"file": "/etc/passwd"}, "output_base_64"), (INLINE, {"file": "/tmp/out.png"})]
)
def test_no_job_names_a_file(edge: Running, source: Any, out: Any) -> None:
    answer = send(edge, "v1/build", chain(source=source, out=out))
    assert (answer.status, message(answer).partition(" The")[0]) == (403, "ActionForbidden: ActionForbidden:")
    assert not Path("/tmp/out.png").exists()


# Who may ask ---------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_in_the_field_or_in_the_query(edge: Running) -> None:
    job = chain(WITHIN, source=INLINE)
    assert send(edge, "v1/build", job, "/closed/", API_Key="open-sesame").status == 200
    assert send(edge, "v1/build?key=open-sesame", job, "/closed/").status == 200
    assert send(edge, "v1/build", job, "/closed/").status == 401
    assert send(edge, "v1/build", job, "/closed/", API_Key="wrong").status == 403
    assert message(edge.get("/closed/v1/nothing", "POST")).startswith("AuthorizationRequired")


def test_a_key_in_the_query_is_no_word_of_it(edge: Running) -> None:
    answer = edge.get("/closed/v1/querystring?w=40&key=open-sesame&format=png", "POST", PHOTO, **JPEG)
    assert encoded(answer)["w"] == 40


def test_a_signature_vouches_for_the_query(edge: Running) -> None:
    signed = sign("/sealed/v1/querystring?w=40&format=png", KEY)
    assert encoded(edge.get(signed, "POST", PHOTO, **JPEG))["w"] == 40
    assert edge.get(signed.replace("w=40", "w=41"), "POST", PHOTO, **JPEG).status == 403
    assert edge.get("/sealed/v1/querystring?w=40", "POST", PHOTO, **JPEG).status == 401


# What is wrong -------------------------------------------------------------------------------------------------------

WRONG: list[tuple[str, Any, int, str]] = [
    ("no JSON", b"{", 400, "InvalidJson: InvalidJson"),
    ("no object", b"[]", 400, "InvalidJson"),
    ("nothing", b"", 400, "InvalidJson"),
    ("no framewise", {"io": []}, 400, "InvalidJson"),
    ("unknown node", chain({"paint": {}}), 400, "InvalidJson"),
    ("wrong type", chain({"constrain": {"mode": "within", "w": "x"}}), 400, "framewise.steps[1].constrain.w"),
    ("placeholder", chain(WITHIN), 400, "GraphInvalid: GraphInvalid"),
    ("output as input", chain(WITHIN, source="output_buffer"), 400, "InvalidArgument"),
    ("no base64", chain(source={"base_64": "%%%"}), 400, "InvalidArgument"),
    ("no hex", chain(source={"bytes_hex": "xyz"}), 400, "InvalidArgument"),
    ("no bytes", chain(source={"byte_array": [256]}), 400, "Inval"),
    ("empty", chain(source={"base_64": ""}), 400, "ImageMalformed: NoEnabledDecoderFound"),
    ("no picture", chain(source={"bytes_hex": "00" * 99}), 400, "ImageMalformed: NoEnabledDecoderFound"),
    ("broken", chain(source={"bytes_hex": PHOTO[:200].hex()}), 400, "ImageMalformed"),
    ("crop", chain({"crop": {"x1": 0, "y1": 0, "x2": 9999, "y2": 9}}, source=INLINE), 400, "InvalidNodeParams: Node 1"),
    ("mode", chain({"constrain": {"mode": "x"}}, source=INLINE), 400, "InvalidJson"),
]


@pytest.mark.parametrize(("request_", "status", "kind"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_told(edge: Running, request_: Any, status: int, kind: str) -> None:
    body = request_ if isinstance(request_, bytes) else json.dumps(request_).encode()
    answer = edge.get("/jobs/v1/build", "POST", body, **JSON)
    assert (answer.status, kind in message(answer)) == (status, True), answer.body


def test_two_ios_of_one_id(edge: Running) -> None:
    job = chain(source=INLINE)
    job["io"].append(job["io"][0])
    assert "DuplicateIoId" in message(send(edge, "v1/build", job))


def test_a_part_for_an_output(edge: Running) -> None:
    body, headers = form(job=json.dumps(chain(source=INLINE)).encode(), p1=PHOTO)
    assert "came for an output" in message(edge.get("/jobs/v1/build", "POST", body, **headers))


def test_a_job_may_limit_itself(edge: Running) -> None:
    job = {
        **chain(source=INLINE),
        "builder_config": {"security": {"max_decode_size": {"w": 9, "h": 9, "megapixels": 1}}},
    }
    assert "ArgumentInvalid: SizeLimitExceeded" in message(send(edge, "v1/build", job))
    job["builder_config"] = {"security": {"max_input_file_bytes": 10}}
    assert "ArgumentInvalid: SizeLimitExceeded" in message(send(edge, "v1/build", job))


# Large, late and gone ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large() -> bytes:
    """A TIFF of noise, 40 MB, uncompressed."""
    noise = pyvips.Image.new_from_memory(os.urandom(4000 * 3400 * 3), 4000, 3400, 3, "uchar")
    return bytes(noise.tiffsave_buffer())


async def test_forty_megabytes(edge: Running, large: bytes) -> None:
    assert len(large) > 40_000_000
    parts = aiohttp.FormData()
    parts.add_field("job", json.dumps(chain(WITHIN)), content_type="application/json")
    parts.add_field("0", io.BytesIO(large), filename="large.tif", content_type="image/tiff")
    async with aiohttp.ClientSession(f"http://127.0.0.1:{edge.port}") as client:
        async with client.post("/jobs/v1/build", data=parts) as answer:
            assert (await answer.json())["data"]["job_result"]["encodes"][0]["w"] == 40
        async with client.post(
            "/jobs/v1/querystring?w=50&format=png", data=io.BytesIO(large), headers={"Accept": "image/*"}
        ) as it:
            assert (it.status, it.content_type) == (200, "image/png")


def test_forty_megabytes_in_json(edge: Running, large: bytes) -> None:
    source = {"base_64": base64.b64encode(large).decode()}
    assert encoded(send(edge, "v1/build", chain(WITHIN, source=source)))["w"] == 40


def test_too_many_bytes(edge: Running) -> None:
    with socket.create_connection(("127.0.0.1", edge.port)) as client:
        client.sendall(b"POST /jobs/v1/querystring HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n")
        client.sendall(b"Expect: 100-continue\r\n\r\n")
        assert client.recv(64).startswith(b"HTTP/1.1 413 ")


def open_files(edge: Running) -> list[str]:
    """What the serving process has open, without its sockets and pipes."""
    places = []
    for each in Path(f"/proc/{edge.process.pid}/fd").iterdir():
        try:
            places.append(str(each.readlink()))
        except FileNotFoundError:
            continue
    return sorted(place for place in places if place.startswith("/"))


def soon(done: Any) -> None:
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_client_that_leaves_leaves_nothing(edge: Running, large: bytes, share: float) -> None:
    """In the middle of its picture, and while it is worked on."""
    before, workers = open_files(edge), len(edge.workers())
    with socket.create_connection(("127.0.0.1", edge.port)) as client:
        head = (
            f"POST /jobs/v1/querystring?w=3000&format=png HTTP/1.1\r\nHost: a\r\nContent-Length: {len(large)}\r\n\r\n"
        )
        client.sendall(head.encode() + large[: int(share * len(large))])
    soon(lambda: open_files(edge) == before)
    soon(lambda: len(edge.workers()) == workers)
    soon(lambda: json.loads(edge.admin("/readyz").body)["workers"]["busy"] == 0)
    assert encoded(edge.get("/jobs/v1/querystring?w=40&format=png", "POST", PHOTO, **JPEG))["w"] == 40
    assert "Traceback" not in Path(edge.log.name).read_text("utf-8")


async def test_many_at_once(edge: Running) -> None:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{edge.port}") as client:

        async def one(width: int) -> int:
            async with client.post(f"/jobs/v1/querystring?w={width}&format=png", data=PHOTO) as answer:
                return int((await answer.json())["data"]["job_result"]["encodes"][0]["w"])

        assert await asyncio.gather(*[one(width) for width in range(10, 40)]) == list(range(10, 40))


@pytest.mark.needs("curl", "curl")
def test_curl(edge: Running, folder: Path) -> None:
    base = f"http://127.0.0.1:{edge.port}/jobs"
    job = json.dumps(chain(WITHIN))
    sent = ["-F", f"job={job};type=application/json", "-F", f"0=@{folder}/a.jpg"]
    for words in (
        [f"{base}/v1/querystring?w=40&format=png", "--data-binary", f"@{folder}/a.jpg"],
        [f"{base}/v1/querystring?w=40&format=png", "-T", f"{folder}/a.jpg", "-X", "POST", "-H", "Expect: 100-continue"],
        [f"{base}/v1/build", *sent],
        [f"{base}/v1/build", "--json", json.dumps(chain(WITHIN, source=INLINE))],
    ):
        ran = subprocess.run(["curl", "-sSf", "-H", "Accept: image/*", *words], capture_output=True, check=False)
        assert width_of(ran.stdout) == 40, ran.stderr


def test_metrics_and_purge_and_explain(edge: Running) -> None:
    edge.get("/jobs/v1/querystring?w=40&format=png", "POST", PHOTO, **JPEG)
    assert edge.metric('edge_requests_total{route="/jobs/",status="200"}') > 0
    assert edge.admin("/purge", "POST", json.dumps({"url": "/jobs/v1/build"}).encode()).status == 404
    told = edge.admin("/explain", "POST", json.dumps({"url": "/jobs/v1/build"}).encode())
    assert (told.status, b"v1/estimate" in told.body) == (400, True)


def test_several_processes(folder: Path, web: WebOrigin, tmp_path: Path) -> None:
    with running(configuration(folder, web, processes=2), tmp_path) as edge:
        for _ in range(8):
            assert encoded(from_url(edge, "/web/photo.jpg"))["w"] == 40
