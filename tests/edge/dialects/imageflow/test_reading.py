"""Requests as text: what is read, and what is told of the first thing that is wrong."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.imageflow import reading
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import Build, ByteArray, Empty, EstimateRequest, Execute, ValidateQuery
from edge.dialects.imageflow.nodes import Crop, FlipH
from edge.dialects.imageflow.reading import MOST_COMMAS, checked, read
from edge.dialects.imageflow.tagged import Record

CROP = {"crop": {"x1": 0, "y1": 0, "x2": 4, "y2": 3}}


def job(*steps: Any, io: Any = ()) -> dict[str, Any]:
    return {"io": list(io), "framewise": {"steps": list(steps)}}


def error_of(kind: type[Record], request: Any, by: Any = read) -> JobError | None:
    """What reading a text, or checking a value, comes to; None when all is well."""
    try:
        made = by(kind, request)
    except JobError as error:
        return error
    assert isinstance(made, kind)
    return None


def refused(text: bytes | str | dict[str, Any], kind: str = "InvalidJson") -> str:
    error = error_of(Build, text, checked if isinstance(text, dict) else read)
    assert error is not None
    assert error.kind == kind
    assert error.status == 400
    assert error.sentence.isprintable()
    assert len(error.sentence) < 1_200
    return error.sentence


@pytest.mark.parametrize("encoded", [str, lambda text: text.encode(), lambda text: b"\xef\xbb\xbf" + text.encode()])
def test_a_job_is_read_from_text_and_bytes(encoded: Any) -> None:
    build = read(Build, encoded(json.dumps(job(CROP, "flip_h", {"flip_h": None}, io=[]) | {"unknown": [1, {}]})))
    first, second, third = build.framewise.value
    assert isinstance(first, Crop)
    assert isinstance(second, FlipH)
    assert second == third


def test_a_job_is_read_from_python() -> None:
    assert checked(Build, job(CROP)) == read(Build, json.dumps(job(CROP)))
    with pytest.raises(JobError, match=r"Expected an object for framewise.steps\[0\] but received 'crop'$"):
        checked(Build, job("crop"))
    with pytest.raises(JobError, match=r"but received a huge number \(3 more errors\)$"):
        checked(Build, job({"crop": {"x1": 10**5_000}}))
    with pytest.raises(JobError, match=r"but received set$"):
        checked(Build, job({"crop": {1}}))


def test_values_that_go_on_for_ever_are_refused() -> None:
    endless: dict[str, Any] = {}
    endless["black"] = endless
    deep: Any = {}
    for _ in range(3 * sys.getrecursionlimit()):
        deep = {"srgb": deep}
    for colour in (endless, deep):
        canvas = {"create_canvas": {"format": "bgra_32", "w": 1, "h": 1, "color": colour}}
        with pytest.raises(JobError):
            checked(Build, job(canvas))


def test_an_endpoint_that_asks_for_nothing_may_be_sent_nothing() -> None:
    assert read(Empty, b"") == read(Empty, " \n") == read(Empty, "{}") == read(Empty, '{"a": 1}')
    with pytest.raises(JobError, match="Expected an object for the request but received a list"):
        read(Empty, "[]")


# Line and column are those of the value, or of the object that lacks one.
WRONG = [
    (
        job({"crop": {**CROP["crop"], "x1": -1}}),
        'a number of at least 0 for framewise.steps[0].crop.x1 but received -1 (line 7, column 12): "x1": -1,',
    ),
    (
        job("flip_h", {"crop": {"x1": 1, "y1": 1, "x2": 1}}),
        'a value for framewise.steps[1].crop.y2 but received nothing (line 7, column 13): "crop": {',
    ),
    (job({"flip_h": 3}), "null for framewise.steps[0].flip_h but received 3 (line 6, column 15)"),
    (job("crop"), "an object for framewise.steps[0] but received 'crop' (line 5, column 4): \"crop\""),
    (job("color_filter_srgb"), "a value for framewise.steps[0] but received 'color_filter_srgb' (line 5"),
    (job("nope"), "one of 'decode', 'encode', 'command_string', "),
    (job({"nope": {}}), "'watermark', 'watermark_red_dot' for framewise.steps[0] but received 'nope' (line 5"),
    (job({"a": 1, "b": 2}), "a name, or an object of one name, for framewise.steps[0] but received an object"),
    (job(None), "a name, or an object of one name, for framewise.steps[0] but received null (line 5, column 4): null"),
    (job({"crop": {**CROP["crop"], "x2": "9"}}), "a whole number for framewise.steps[0].crop.x2 but received '9' ("),
    (job({"crop": {**CROP["crop"], "x2": 4.0}}), "a whole number for framewise.steps[0].crop.x2 but received 4.0 ("),
    (job({"crop": {**CROP["crop"], "x2": True}}), "a whole number for framewise.steps[0].crop.x2 but received true ("),
    (job({"crop": {**CROP["crop"], "x2": 2**32}}), "a number of at most 4294967295 for framewise.steps[0].crop.x2"),
    (
        job({"color_matrix_srgb": {"matrix": [[1, 0, 0, 0]]}}),
        "at least 5 items for framewise.steps[0].color_matrix_srgb.matrix[0] but received a list",
    ),
    (
        job({"color_matrix_srgb": {"matrix": [[0] * 6]}}),
        "at most 5 items for framewise.steps[0].color_matrix_srgb.matrix[0] but received a list",
    ),
    (
        job({"color_filter_srgb": {"alpha": []}}),
        "a number for framewise.steps[0].color_filter_srgb.alpha but received a list (line 7, column 15)",
    ),
    (
        job({"create_canvas": {"format": "rgb", "w": 1, "h": 1, "color": "black"}}),
        "one of 'bgra_32', 'bgr_32', 'bgr_24' or 'gray_8' for framewise.steps[0].create_canvas.format but",
    ),
    (
        job({"constrain": {"mode": "fit", "canvas_color": {"srgb": {"hex": 3}}}}),
        "text for framewise.steps[0].constrain.canvas_color.srgb.hex but received 3 (line 10",
    ),
    (
        job({"command_string": {"kind": "ir4", "value": None}}),
        "text for framewise.steps[0].command_string.value but received null (line 8",
    ),
    (
        job(io=[{"io_id": 1, "direction": "in", "io": {"byte_array": [0, 256]}}]),
        "whole numbers from 0 to 255 for io[0].io.byte_array but received a list (line 7",
    ),
    (
        job(io=[{"io_id": 1, "direction": "in", "io": {"byte_array": "AA"}}]),
        "a list of whole numbers from 0 to 255 for io[0].io.byte_array but received 'AA' (line 7",
    ),
    (job() | {"io": {}}, "a list for io but received an object (line 2, column 8"),
    (
        {"io": [], "framewise": {"graph": {"nodes": {"7": CROP, "8": {"crop": []}}, "edges": []}}},
        "an object for framewise.graph.nodes.8.crop but received a list (line 15",
    ),
    (
        {"io": [], "framewise": {"graph": {"nodes": [], "edges": []}}},
        'an object for framewise.graph.nodes but received a list (line 5, column 13): "nodes": [],',
    ),
    (
        {"io": [], "framewise": {"graph": {"nodes": {}, "edges": [{"from": 0, "kind": "input"}]}}},
        "a value for framewise.graph.edges[0].to but received nothing (line 7",
    ),
    (
        job() | {"builder_config": {"security": {"max_threads": 2**64}}},
        "a number of at most 18446744073709551615 for builder_config.security.max_threads",
    ),
    ({"io": [], "framewise": {}}, "a name, or an object of one name, for framewise but received an object"),
]


@pytest.mark.parametrize(("written", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place(written: dict[str, Any], told: str) -> None:
    sentence = refused(json.dumps(written, indent=1))
    assert sentence.startswith("Expected ")
    assert told in sentence
    assert told.partition(" (")[0] in refused(written)


def test_the_first_error_is_told_and_how_many_more_there_are() -> None:
    assert "(line 1, column 1, and 1 more error): {}" in refused("{}")
    assert refused({}) == "Expected a value for io but received nothing (1 more error)"
    assert "and 3 more errors)" in refused(json.dumps(job({"crop": {}})))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Expected a JSON object for the request but received nothing"),
        (" \n", "Expected a JSON object for the request but received nothing"),
        ('{"io": [,]}', 'syntax error: expecting value (line 1, column 9): {"io": [,]}'),
        ('{\n "io": []\n "a": 1}', "syntax error: expecting ',' delimiter (line 3, column 2): \"a\": 1}"),
        ('{"io": "', 'syntax error: unterminated string starting (line 1, column 8): {"io": "'),
        ('{"io": "\x1b[31m"}', 'syntax error: invalid control character (line 1, column 9): {"io": "\ufffd[31m"}'),
        ("{} {}", "syntax error: extra data (line 1, column 4): {} {}"),
        ('{"a": 1,\n', "(line 2, column 1)"),
        ('{"io": NaN}', 'a finite number but received NaN (line 1, column 8): {"io": NaN}'),
        ('{"a": "\\"NaN",\n "io": -Infinity}', "received -Infinity (line 2, column 8)"),
        ('{"a": {"b": 1, "c": 2},\n "a": 2}', "Expected each name once in an object but received one twice (line 2"),
        ('{"a": [{"b": "{"}, {"\\u0063": 1, "c": 2}]}', "one twice (line 1, column 34)"),
        ('{"a": "\\ud83d\\ude00 \\\\ud800 \\uDbff"}', "half of a surrogate pair (line 1, column 29)"),
        ('{"a": "\\udc00"}', "half of a surrogate pair (line 1, column 8)"),
        ('{"a": "\ud800"}', 'half of a surrogate pair (line 1, column 8): {"a": "\ufffd"}'),
        (b"\xff\xd8\xff\xe0 JFIF", "Expected a JSON object for the request, line 1, column 1"),
        (b'{"\xc3\xa9":\n "\xc3\xa9\xff"}', 'Expected UTF-8 for the request (line 2, column 4): "é\ufffd"}'),
        ("1" * 600, "Expected numbers of fewer than 600 digits (line 1, column 1)"),
        ('{"a":\n[0, -' + "1" * 100_000 + ".5]}", "Expected numbers of fewer than 600 digits (line 2, column 6)"),
        ("[" * 20_000, "Expected fewer brackets within brackets"),
        ('{"a":' * 20_000, "Expected fewer brackets within brackets"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(text: bytes | str, told: str) -> None:
    assert told in refused(text)


@pytest.mark.parametrize("text", ['{"query_string": "1' + "1" * 10_000 + '"}', '{"query_string": "\\ud83d\\ude00é"}'])
def test_strings_may_hold_what_numbers_and_escapes_may_not(text: str) -> None:
    assert read(ValidateQuery, text).query_string == json.loads(text)["query_string"]


def test_a_long_line_is_cut_around_the_place() -> None:
    long = {"io_id": 1, "direction": "in", "io": {"base_64": "A" * 1_000}}
    shown = refused(json.dumps(job(3, io=[long]))).partition("): ")[2]
    assert len(shown) == 120
    assert shown.endswith('AA"}}], "framewise": {"steps": [3]}}')
    late = refused(json.dumps(job(3, "flip_h", io=[]) | {"z": "B" * 1_000})).partition("): ")[2]
    assert len(late) == 120
    middle = refused(json.dumps({"a": "A" * 500} | job(3) | {"z": "B" * 500})).partition("): ")[2]
    assert middle[60] == "3"


def test_little_is_repeated_of_names_and_values() -> None:
    nodes = {"n" * 1_000: {"crop": {**CROP["crop"], "x1": "v" * 1_000}}}
    sentence = refused({"io": [], "framewise": {"graph": {"nodes": nodes, "edges": []}}})
    assert "n" * 80 in sentence
    assert "n" * 81 not in sentence
    assert "v" * 79 + "…" in sentence
    assert "\x1b" not in refused({"io": [], "framewise": {"graph": {"nodes": {"\x1b": "crop"}, "edges": []}}})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"io": [' + "0," * (MOST_COMMAS + 1) + "0]}", "1500000 commas"),
        ('{"io": [' + "[]," * 25_000 + "0]}", "25000 lists"),
        ('{"io": [' + "{}," * 25_000 + "0]}", "25000 objects"),
        ('{"io": [' + '"",' * 100_000 + "0]}", "200000 quotes"),
        ('"' + "\\n" * 4_000_001 + '"', "4000000 backslashes"),
        ('{"io": [' + "0," * 50_000 + "0]}", "50000 values"),
        ("{" + ",".join(f'"{key}":0' for key in range(50_001)) + "}", "50000 values"),
    ],
)
def test_what_would_take_long_to_read_is_not_read(text: str, told: str) -> None:
    sentence = refused(text, "SizeLimitExceeded")
    assert f"Expected at most {told} for the request" in sentence
    assert "base_64" in sentence
    assert "multipart/form-data" in sentence


def test_a_long_byte_array_is_read() -> None:
    numbers = [number % 256 for number in range(MOST_COMMAS - 10)]
    build = read(Build, json.dumps(job(io=[{"io_id": 1, "direction": "in", "io": {"byte_array": numbers}}])))
    held = build.io[0].io
    assert isinstance(held, ByteArray)
    assert held.value == bytes(numbers)


def test_very_many_errors_are_counted_only() -> None:
    told = "Expected a request as documented but received one with 20001 errors"
    assert refused(json.dumps({"io": [1] * 20_000})) == told


def test_messages_of_unknown_kinds_are_told_as_they_are() -> None:
    error: Any = {"type": "new_kind", "loc": (), "msg": "Value error, expected peace", "input": 1}
    assert reading._what(error) == "peace"


REQUESTS = (Build, Execute, EstimateRequest, ValidateQuery, Empty)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
_NAMES = """
io framewise steps graph nodes edges io_id direction in out crop x1 black 0 value from to kind input srgb hex
flip_h encode preset gif
"""
_WORDS = st.sampled_from(_NAMES.split())
_LIKELY = st.recursive(
    _WORDS | st.integers(-2, 3) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=30,
)


@given(st.sampled_from(REQUESTS), st.text() | st.binary() | st.text('{}[]",:\\ud8c1eNa \n'))
def test_any_text_is_read_or_refused(kind: Any, text: str | bytes) -> None:
    error = error_of(kind, text)
    if error is not None:
        assert error.kind == "InvalidJson"
        assert error.sentence.isprintable()


@given(st.sampled_from(REQUESTS), _JSON | _LIKELY, st.sampled_from([None, 1]), st.booleans())
def test_any_json_is_read_or_refused_alike_as_text_and_as_value(
    kind: Any, value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    error, again = error_of(kind, text), error_of(kind, value, checked)
    if error is None or again is None:
        assert error is again
        assert read(kind, text) == checked(kind, value)
    else:
        assert error.kind == again.kind == "InvalidJson"
        assert error.sentence.startswith(again.sentence.partition(" (")[0])


@given(_LIKELY)
def test_the_place_told_is_where_the_value_stands(value: Any) -> None:
    text = json.dumps({"io": [], "framewise": {"steps": ["flip_h", value]}}, indent=1)
    error = error_of(Build, text)
    if error is not None:
        assert "framewise.steps[1]" in error.sentence
        line = int(error.sentence.partition("(line ")[2].partition(",")[0])
        assert line >= 6
        assert error.sentence.endswith(text.splitlines()[line - 1].strip())
