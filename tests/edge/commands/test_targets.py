"""From lines to requests."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.commands.targets import LONGEST, Target, lines, read_line, with_width


@pytest.mark.parametrize(
    ("line", "target"),
    [
        (b"/a.jpg\n", Target("/a.jpg")),
        (b"//a//b", Target("//a//b")),
        (b"/a?x=1&x=2#part?w=3", Target("/a?x=1&x=2")),
        (b"/%2e%2E/%zz", Target("/%2e%2E/%zz")),
        (b"/a\tb\xff\x00c", Target("/a%09b%FF%00c")),
        (b"HTTP://a.example:80", Target("/", "a.example:80")),
        (b"https://[::1]:8/a", Target("/a", "[::1]:8")),
        (b"http://a?w=2", Target("/?w=2", "a")),
        (b"/login?to=http://b/", Target("/login?to=http://b/")),
    ],
)
def test_a_line_is_a_target(line: bytes, target: Target) -> None:
    assert read_line(line) == target


@pytest.mark.parametrize("line", [b"", b"\r\n", b"   \t\n", b"# /a", b"  #\n"])
def test_empty_lines_and_comments_are_nothing(line: bytes) -> None:
    assert read_line(line) is None


@given(st.binary(max_size=80))
def test_any_line_is_a_plain_target_or_nothing_or_a_sentence(line: bytes) -> None:
    try:
        target = read_line(line)
    except ValueError:
        return
    if target is not None:
        assert target.target.startswith("/")
        assert all("!" <= letter <= "~" for letter in target.target + target.host)


@pytest.mark.parametrize(
    ("target", "wide"),
    [
        ("/a", "/a?w=7"),
        ("/a?", "/a?w=7"),
        ("/a?x=1&&y", "/a?x=1&&y&w=7"),
        ("/a?x=1&w=5&y=2", "/a?x=1&w=7&y=2"),
        ("/a?W=5&h=3&width=9&%77=1", "/a?w=7&h=3"),
        ("/a?maxwidth=5&watermark=w", "/a?maxwidth=5&watermark=w&w=7"),
        ("/a?w", "/a?w=7"),
        ("/a?x=?w=5", "/a?x=?w=5&w=7"),
    ],
)
def test_a_width_takes_the_place_of_the_one_there(target: str, wide: str) -> None:
    assert with_width(target, 7) == wide


def test_lines_are_read_one_at_a_time_and_cut_when_too_long() -> None:
    text = b"/a\n" + b"x" * (3 * LONGEST) + b"\n/b"
    found = list(lines(io.BytesIO(text)))
    assert [line[:3] for line, _ in found] == [b"/a\n", b"xxx", b"/b"]
    assert max(len(line) for line, _ in found) == LONGEST + 1
    assert sum(length for _, length in found) == len(text)


def test_a_line_of_just_the_longest_length_is_whole() -> None:
    text = b"/" + b"x" * (LONGEST - 2) + b"\n"
    ((line, length),) = lines(io.BytesIO(text))
    assert (line, length) == (text, LONGEST)
    assert read_line(line) == Target(text.decode().strip())
