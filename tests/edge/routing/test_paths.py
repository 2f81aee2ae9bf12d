"""Paths are decoded once, and what is ambiguous is refused (specs THREATS T4)."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import BadRequest
from edge.routing.paths import decode_path


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/", "/"),
        ("/photos/a.jpg", "/photos/a.jpg"),
        ("/a%20b/%C3%A9t%c3%a9.jpg", "/a b/été.jpg"),
        ("/été.jpg", "/été.jpg"),
        ("/a+b", "/a+b"),
        ("/100%25.jpg", "/100%.jpg"),
        ("/%252e%252e/a", "/%2e%2e/a"),
        ("/%252fetc", "/%2fetc"),
        ("//a//b/", "//a//b/"),
        ("/.hidden/...", "/.hidden/..."),
        ("/a..b/c.", "/a..b/c."),
        ("/a;v=1,2:3@x", "/a;v=1,2:3@x"),
        ("/%3Fa%23", "/?a#"),
    ],
)
def test_a_path_is_decoded_exactly_once(raw: str, path: str) -> None:
    assert decode_path(raw) == path


@pytest.mark.parametrize(
    "raw",
    [
        *("", "*", "photos", "http://host/a", "?x", "/a?b", "/a#b", " /a"),
        *("/%", "/%4", "/%zz", "/a%", "/%0g", "/%%32%35", "/%u002e"),
        *("/a%2fb", "/a%2Fb", "/%5c", "/a%5Cb", "/a\\b", "/..\\x", "/%2e%2e%2fetc"),
        *("/%00", "/a\0b", "/%0a", "/%0D%0A", "/\t", "/%1f", "/%7f", "/a\x7f", "/%C2%85", "/\x9f"),
        *("/.", "/..", "/a/../b", "/a/./b", "/%2e", "/%2E%2e/x", "/.%2e/", "/a/%2e./b", "/a/.."),
        *("/%ff", "/%C0%AF", "/%c0%ae%c0%ae/", "/%ED%A0%80", "/%E2%82", "/a\udcff", "/\ud800"),
    ],
)
def test_what_two_readers_could_take_differently_is_refused_in_one_sentence(raw: str) -> None:
    with pytest.raises(BadRequest) as caught:
        decode_path(raw)
    assert caught.value.sentence.startswith("The ")
    assert "etc" not in caught.value.sentence


@settings(max_examples=150)
@given(st.text(min_size=1, max_size=30))
def test_a_quoted_path_comes_back_or_is_refused(text: str) -> None:
    try:
        raw = "/" + quote(text, safe="")
    except UnicodeEncodeError:
        return
    try:
        assert decode_path(raw) == "/" + text
    except BadRequest:
        assert text in (".", "..") or any(letter in "/\\" or not letter.isprintable() for letter in text)


@settings(max_examples=200)
@given(st.text(alphabet="/.%25eEfFcC0\\ab", max_size=16))
def test_no_dot_segment_nor_backslash_survives(raw: str) -> None:
    try:
        path = decode_path("/" + raw)
    except BadRequest:
        return
    assert not {".", ".."} & set(path.split("/"))
    assert "\\" not in path
