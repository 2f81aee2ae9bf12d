"""The envelope: what went in comes out, and nothing else is believed."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.entry import Entry, FileSlice, decode, decode_file, encode, envelope_head
from tests.cache.samples import body, entry, file_entry, open_descriptors

scalars = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none())
entries = st.builds(
    Entry,
    st.binary(max_size=300),
    st.dictionaries(st.text(max_size=9), scalars, max_size=5),
    st.floats(allow_nan=False),
    st.lists(st.text(max_size=9), max_size=3).map(tuple),
)
KEY = "rendition/ä"
ENVELOPE = encode(KEY, entry(40))


def on_disk(folder: Path, content: bytes) -> int:
    (folder / "value").write_bytes(content)
    return os.open(folder / "value", os.O_RDONLY)


@settings(deadline=None)
@given(st.text(), entries)
def test_an_entry_comes_back_as_it_was(key: str, entry: Entry) -> None:
    found = decode(key, encode(key, entry))
    assert found == entry
    assert found is not None
    assert [type(value) for value in found.meta.values()] == [type(value) for value in entry.meta.values()]


@settings(deadline=None)
@given(st.text(), st.text(), entries)
def test_an_envelope_never_answers_for_another_key(key: str, other: str, entry: Entry) -> None:
    assert (decode(other, encode(key, entry)) is None) == (key != other)


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_every_flipped_byte_is_refused(flip: int) -> None:
    for at in range(len(ENVELOPE)):
        broken = bytearray(ENVELOPE)
        broken[at] ^= flip
        assert decode(KEY, bytes(broken)) is None


def test_every_truncation_and_every_tail_is_refused() -> None:
    assert [at for at in range(len(ENVELOPE)) if decode(KEY, ENVELOPE[:at])] == []
    assert decode(KEY, ENVELOPE + b"\0") is None
    assert decode(KEY, bytes(len(ENVELOPE))) is None


@pytest.mark.parametrize("header", [b"[]", b"{}", b"nonsense", b'{"key":"k","meta":{"a":[]},"tags":[],"stored_at":1}'])
def test_a_header_that_another_program_signed_is_refused(header: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("json.dumps", lambda *_, **__: header.decode())
    assert decode("k", encode("k", Entry(b"x"))) is None


@pytest.mark.parametrize("meta", [{"a": [1]}, {"a": b"x"}, {1: "a"}])
def test_meta_that_is_not_flat_is_a_mistake_of_the_caller(meta: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="Expected strings, numbers, booleans or None for meta"):
        encode("k", Entry(b"", meta))


@pytest.mark.parametrize("size", [0, 1, 3_000, 600_000])
def test_a_file_reads_as_bytes_up_to_the_threshold_and_as_an_open_file_above(tmp_path: Path, size: int) -> None:
    fd = on_disk(tmp_path, encode("k", entry(size)))
    small, large = decode_file("k", fd, size), decode_file("k", fd, size - 1)
    os.close(fd)
    assert small == entry(size)
    assert large is not None
    assert isinstance(large.body, FileSlice)
    assert (large.body.read(), large.meta, large.tags) == (body(size), entry().meta, ("a", "b"))
    large.close()


def test_a_long_header_reads_from_a_file_too(tmp_path: Path) -> None:
    long = Entry(b"body", {"icc": "x" * 9_000})
    fd = on_disk(tmp_path, encode("k", long))
    assert decode_file("k", fd, 100) == long
    os.close(fd)


@pytest.mark.parametrize("inline", [0, 1 << 20])
def test_a_damaged_file_is_refused_and_leaves_no_descriptor(tmp_path: Path, inline: int) -> None:
    whole = encode("k", entry(5_000))
    before = open_descriptors()
    for content in (whole[:-1], whole + b"x", whole[:-9] + b"\0" + whole[-8:], b"", whole[:20], bytes(6_000)):
        fd = on_disk(tmp_path, content)
        assert decode_file("k", fd, inline) is None
        os.close(fd)
    assert open_descriptors() == before


def test_a_body_in_a_file_is_enveloped_by_streaming(tmp_path: Path) -> None:
    spooled = file_entry(tmp_path, body(700_000), before=b"not mine")
    envelope = envelope_head("k", spooled) + body(700_000)
    spooled.close()
    assert decode("k", envelope) == Entry(body(700_000), spooled.meta, 5.0)


def test_a_file_shorter_than_its_slice_is_not_enveloped(tmp_path: Path) -> None:
    fd = on_disk(tmp_path, b"short")
    with pytest.raises(EOFError, match="Expected 5 more bytes"):
        encode("k", Entry(FileSlice(fd, 0, 10)))
    os.close(fd)


def test_a_slice_closes_once_and_its_duplicate_lives_on(tmp_path: Path) -> None:
    slice_ = FileSlice(on_disk(tmp_path, b"0123456789"), 2, 5)
    twin = slice_.duplicate()
    slice_.close()
    slice_.close()
    assert repr(slice_) == "FileSlice(fd=-1, 5 bytes at 2)"
    assert twin.read() == b"23456"
    twin.close()
