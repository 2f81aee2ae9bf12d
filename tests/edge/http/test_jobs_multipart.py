"""multipart/form-data, however it is cut, and what only looks like it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BadRequest, TooLarge
from edge.http.multipart import MOST_HEADER, Begun, Ended, Multipart, Piece, boundary_of, name_of

B = "--x-1"


def read(*pieces: bytes, boundary: str = B) -> list[tuple[str, bytes]]:
    """Names and contents of the parts."""
    reader, found = Multipart(boundary), list[tuple[str, bytes]]()
    for piece in pieces:
        for event in reader.feed(piece):
            if isinstance(event, Begun):
                found.append((event.name, b""))
            elif isinstance(event, Piece):
                assert event.octets
                found[-1] = (found[-1][0], found[-1][1] + event.octets)
            else:
                assert isinstance(event, Ended)
    reader.close()
    return found


def write(*parts: tuple[str, bytes], boundary: str = B) -> bytes:
    lines = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + body + b"\r\n"
        for name, body in parts
    )
    return lines + f"--{boundary}--\r\n".encode()


def _no_delimiter(body: bytes) -> bool:
    return b"\r\n----x-1" not in b"\r\n" + body


NEAR = st.sampled_from([b"\r", b"\n", b"-", b"\r\n--", b"\r\n----x-", b"----x-1", b"a", b"\0", b"\r\n----x-2\r\n"])
BODY = st.lists(NEAR | st.binary(max_size=5), max_size=12).map(b"".join).filter(_no_delimiter)
PARTS = st.lists(st.tuples(st.sampled_from(["job", "0", "17"]), BODY), max_size=4)


@given(PARTS, st.lists(st.integers(0, 400), max_size=8))
def test_it_means_the_same_wherever_it_is_cut(parts: list[tuple[str, bytes]], cuts: list[int]) -> None:
    whole = write(*parts)
    at = sorted({0, *(min(cut, len(whole)) for cut in cuts), len(whole)})
    assert read(*(whole[low:high] for low, high in pairwise(at))) == parts


def test_octet_by_octet() -> None:
    parts = [("job", b"{}"), ("0", b""), ("1", b"\r\n----x-"), ("2", b"\r\n\r\n")]
    assert read(*(bytes([octet]) for octet in write(*parts))) == parts


def test_what_stands_around_the_parts_is_passed_over() -> None:
    assert read(b"hello\r\n" + write(("0", b"a")) + b"bye\r\n----x-1\r\nno part") == [("0", b"a")]


def test_blanks_may_follow_a_delimiter() -> None:
    assert read(write(("0", b"a")).replace(b"----x-1\r\n", b"----x-1 \t\r\n")) == [("0", b"a")]


@given(st.binary(max_size=200))
def test_anything_at_all_is_read_or_refused(octets: bytes) -> None:
    reader = Multipart(B)
    try:
        for _ in reader.feed(f"--{B}".encode() + octets):
            pass
        reader.close()
    except (BadRequest, TooLarge):
        pass


@pytest.mark.parametrize(
    "octets",
    [b"", b"no delimiter", write(("0", b"a"))[:-4], b"----x-1junk\r\n", b"----x-1-\r\n", b"----x-1" + b" " * 300],
)
def test_what_is_no_multipart_content_is_refused(octets: bytes) -> None:
    with pytest.raises(BadRequest, match="multipart content is broken"):
        read(octets)


@pytest.mark.parametrize("fill", [b"x: " + b"y" * MOST_HEADER, b"x: y\r\n" * MOST_HEADER])
def test_fields_without_end_are_refused(fill: bytes) -> None:
    with pytest.raises(TooLarge, match="fields of a part"):
        read(b"----x-1\r\n" + fill)


def test_what_waits_is_never_more_than_a_delimiter() -> None:
    reader = Multipart(B)
    list(reader.feed(write(("0", b""))[:-9]))
    list(reader.feed(b"\r\n----x-" * 50_000))
    assert repr(reader) == "Multipart(part, 8 bytes ahead)"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (b'Content-Disposition: form-data; name="0"', "0"),
        (b"content-disposition:form-data;name=0", "0"),
        (b'X: y\r\nContent-Disposition: FORM-DATA; filename="a;b\\".png"; name="job"', "job"),
        (b'Content-Disposition: form-data; name="a\\"b"', 'a"b'),
        (b"Content-Transfer-Encoding: binary\r\nContent-Disposition: form-data; name=0", "0"),
    ],
)
def test_the_name_of_a_part(lines: bytes, name: str) -> None:
    assert name_of(lines) == name


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b"no colon",
        b"Content-Type: image/png",
        b'Content-Disposition: attachment; name="0"',
        b"Content-Disposition: form-data",
        b'Content-Disposition: form-data; filename="name=0"',
        b"Content-Disposition: form-data; name=0\r\nContent-Transfer-Encoding: base64",
    ],
)
def test_a_part_without_a_name_is_refused(lines: bytes) -> None:
    with pytest.raises(BadRequest):
        name_of(lines)


@pytest.mark.parametrize(
    ("said", "boundary"),
    [
        ("multipart/form-data; boundary=abc", "abc"),
        ('multipart/form-data; charset=utf-8; BOUNDARY="a b:c"', "a b:c"),
        ("multipart/form-data; boundary=" + "b" * 70, "b" * 70),
    ],
)
def test_the_boundary(said: str, boundary: str) -> None:
    assert boundary_of(said) == boundary


@pytest.mark.parametrize(
    "said", ["", "; boundary=", '; boundary="a "', "; boundary=" + "b" * 71, '; boundary="\u00e9"']
)
def test_a_boundary_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(BadRequest, match="Expected a boundary"):
        boundary_of(f"multipart/form-data{said}")
