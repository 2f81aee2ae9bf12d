"""Pictures that a job holds itself."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.imageflow.content import content
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import (
    Base64,
    ByteArray,
    BytesHex,
    File,
    Io,
    OutputBase64,
    OutputBuffer,
    Placeholder,
    Url,
)


def b64(text: str) -> Base64:
    return Base64.model_validate({"base_64": text})


def hexadecimal(text: str) -> BytesHex:
    return BytesHex.model_validate({"bytes_hex": text})


@given(st.binary())
def test_every_form_holds_every_picture(data: bytes) -> None:
    standard, safe = base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()
    for text in (standard, safe, standard.rstrip("="), f" {standard[:3]}\r\n{standard[3:]}\t"):
        assert content(b64(text)) == data
    assert content(hexadecimal(data.hex())) == data
    assert content(hexadecimal(data.hex(" ").upper())) == data
    assert content(ByteArray.model_validate({"byte_array": list(data)})) == data


@pytest.mark.parametrize(
    "text", ["a", "aaaaa", "*aaa", "data:image/png;base64,aaaa", "é", "aa==aa", "\ud800", "aaaa\0"]
)
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(JobError, match="Expected base64 for base_64 of io 3 but received") as refused:
        content(b64(text), 3)
    assert refused.value.kind == "InvalidArgument"
    assert refused.value.status == 400


@pytest.mark.parametrize("text", ["a", "0x00", "gg", "é0", "0 0"])
def test_what_is_no_hexadecimal_is_refused(text: str) -> None:
    with pytest.raises(JobError, match="Expected pairs of hexadecimal digits for bytes_hex but received"):
        content(hexadecimal(text))


def test_errors_repeat_little_of_a_picture() -> None:
    with pytest.raises(JobError) as refused:
        content(b64("x" * 1_000_001))
    assert len(refused.value.sentence) < 150


@pytest.mark.parametrize(
    "io",
    [
        Placeholder.model_validate("placeholder"),
        OutputBuffer.model_validate("output_buffer"),
        OutputBase64.model_validate("output_base_64"),
        File.model_validate({"file": "a.jpg"}),
        Url.model_validate({"url": "/a.jpg"}),
    ],
)
def test_the_others_hold_nothing(io: Io) -> None:
    assert content(io) is None
