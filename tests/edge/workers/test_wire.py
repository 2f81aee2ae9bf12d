"""What crosses the socket survives it; what is against the rules is a WireError, whatever it is."""

import json
from contextlib import suppress
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BadRequest, EdgeError, Gone, Misfit, OverLimit, Unprocessable, UnsupportedPicture
from edge.plan.facts import Facts, Limits
from edge.plan.formats import FORMATS
from edge.plan.work import Capabilities, Done, Made, Source
from edge.workers import wire

SIDES = st.integers(1, 2**31 - 1)
NAMES = st.sampled_from(sorted(FORMATS))
MADE = st.builds(
    Made,
    body=st.binary(min_size=1, max_size=64),
    format=NAMES,
    width=SIDES,
    height=SIDES,
    frames=st.integers(1, 500),
    seconds=st.dictionaries(st.sampled_from(["decode", "transform", "encode"]), st.floats(0, 1e5)),
)
DONE = st.builds(
    Done,
    outputs=st.lists(MADE.map(lambda made: replace(made, seconds={})), min_size=1, max_size=5).map(tuple),
    seconds=st.dictionaries(st.sampled_from(["decode", "transform", "encode"]), st.floats(0, 1e5)),
    decodes=st.lists(st.integers(0, 9), max_size=4).map(tuple),
)
FACTS = st.builds(
    Facts,
    format=NAMES,
    width=SIDES,
    height=SIDES,
    orientation=st.integers(1, 8),
    frames=st.integers(1, 500),
    alpha=st.booleans(),
    bits=st.integers(1, 64),
    lossless=st.booleans(),
    progressive=st.booleans(),
)
INLINE = st.builds(Source, data=st.binary(max_size=40), digest=st.text("abc", max_size=8))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def split(frame: bytes) -> tuple[dict[str, object], bytes]:
    header_length, body_length = wire.read_prefix(frame[:12], wire.JOB_HEADER_MAX, 1 << 30)
    header = wire.read_header(frame[12 : 12 + header_length])
    body = frame[12 + header_length :]
    assert len(body) == body_length
    return header, body


def answered(op: wire.Op, answer: wire.Answer) -> wire.Answer:
    return wire.read_answer(op, *split(written(answer)))


def written(answer: wire.Answer) -> bytes:
    head, bodies = wire.write_answer(answer)
    return b"".join((head, *bodies))


@given(MADE)
def test_a_picture_arrives_as_it_was_sent(made: Made) -> None:
    assert answered("run", made) == made


@given(DONE)
def test_several_pictures_arrive_as_they_were_sent(done: Done) -> None:
    assert answered("all", done) == done


def test_who_asked_for_one_picture_is_not_given_two() -> None:
    with pytest.raises(wire.WireError, match="more than the one"):
        answered("run", Done((Made(b"x", "png", 1, 1),) * 2))


def test_one_picture_costs_hardly_more_than_its_bytes() -> None:
    made = Made(b"x" * 1000, "jpeg", 1600, 1200, seconds={"decode": 0.001, "transform": 0.01, "encode": 0.01})
    assert len(written(made)) <= 1000 + 128


def test_results_too_large_to_be_sent_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "BODY_MAX", 5)
    error = answered("all", Done((Made(b"123", "png", 1, 1),) * 2))
    assert repr(error) == repr(Unprocessable("Expected results of at most 5 bytes together but made 6"))


ROW = ["png", 4, 3, 1, 5]


@pytest.mark.parametrize("op", ["run", "all"])
@pytest.mark.parametrize(
    ("made", "seconds", "decodes"),
    [
        ([], {}, []),
        ([ROW, ROW], {}, []),
        ([[*ROW[:4], 4]], {}, []),
        ([[*ROW[:4], 6]], {}, []),
        ([[*ROW[:4], 0], ROW], {}, []),
        ([[*ROW[:4], -1], [*ROW[:4], 6]], {}, []),
        ([[*ROW[:4], True], [*ROW[:4], 4]], {}, []),
        ([ROW[1:]], {}, []),
        ([[*ROW, 5]], {}, []),
        ([["exe", *ROW[1:]]], {}, []),
        ([["png", 0, *ROW[2:]]], {}, []),
        ({"png": ROW}, {}, []),
        ([{}], {}, []),
        ([[*ROW[:4], 1]] * 5 * 52, {}, []),
        ([ROW], [], []),
        ([ROW], {"decode": -1}, []),
        ([ROW], {"de code": 1}, []),
        ([ROW], {}, 1),
        ([ROW], {}, [-1]),
        ([ROW], {}, [True]),
        ([ROW], {}, [0] * 257),
    ],
)
def test_pictures_that_do_not_add_up_are_refused(op: wire.Op, made: object, seconds: object, decodes: object) -> None:
    with pytest.raises(wire.WireError):
        wire.read_answer(op, {"made": made, "seconds": seconds, "decodes": decodes}, b"12345")


def test_an_error_of_no_row_arrives_as_the_nearest_that_has_one() -> None:
    class Odd(BadRequest):
        """One that the wire does not know."""

    assert repr(answered("all", Odd("It is odd"))) == repr(BadRequest("It is odd"))


@pytest.mark.parametrize("error", [Misfit("Expected a rectangle inside the picture", 7), OverLimit("Too many pixels")])
def test_what_no_picture_is_to_blame_for_arrives_as_that(error: EdgeError) -> None:
    assert repr(answered("all", error)) == repr(error)


@given(FACTS)
def test_facts_arrive_as_they_were_sent(facts: Facts) -> None:
    assert answered("probe", facts) == facts


@given(st.sampled_from(sorted(wire.ERRORS)))
def test_an_error_of_the_list_arrives_with_its_name_and_sentence(name: str) -> None:
    error = answered("run", wire.ERRORS[name]("Expected a picture"))
    assert repr(error) == repr(wire.ERRORS[name]("Expected a picture"))


def test_an_error_that_no_picture_can_cause_becomes_a_broken_picture() -> None:
    assert isinstance(answered("run", Gone("no")), Unprocessable)


def test_a_sentence_is_cut_and_freed_of_control_characters() -> None:
    error = answered("run", UnsupportedPicture("one\r\nSet-Cookie: two\x00" + "x" * 1000))
    assert isinstance(error, UnsupportedPicture)
    assert error.sentence.startswith("one  Set-Cookie: two xxx")
    assert len(error.sentence) == wire.SENTENCE_MAX


@given(st.lists(INLINE, max_size=4), st.text(max_size=50))
def test_a_job_with_inline_sources_arrives_as_it_was_sent(sources: list[Source], plan: str) -> None:
    limits = Limits(source_pixels=7)
    request = wire.write_job("run", plan, sources, limits)
    job = wire.read_job(*split(request.head + b"".join(request.bodies)), [])
    assert job == wire.Job("run", plan, limits, tuple(sources))


def test_descriptors_go_along_in_the_order_of_the_sources_that_name_them() -> None:
    sources = [Source(fd=8, offset=1, length=2), Source(data=b"inline"), Source(fd=9, offset=3, length=4, digest="d")]
    request = wire.write_job("run", "", sources, Limits())
    assert request.descriptors == (8, 9)
    job = wire.read_job(*split(request.head + b"".join(request.bodies)), [101, 102])
    assert job.sources == (replace(sources[0], fd=101), sources[1], replace(sources[2], fd=102))


def test_a_source_without_bytes_and_without_a_descriptor_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="without bytes"):
        wire.write_job("run", "", [Source()], Limits())


def test_a_job_that_is_too_long_is_the_clients_error() -> None:
    with pytest.raises(BadRequest, match="at most 1048576 bytes"):
        wire.write_job("run", "x" * wire.JOB_HEADER_MAX, [], Limits())
    with pytest.raises(BadRequest, match="at most 256 inputs but received 257"):
        wire.write_job("all", "", [Source(data=b"")] * 257, Limits())
    with pytest.raises(BadRequest, match="at most 32 stored inputs"):
        wire.write_job("run", "", [Source(fd=5)] * 33, Limits())


@pytest.mark.parametrize(
    "spoilt", [{"op": "exec"}, {"op": []}, {"limits": {}}, {"limits": None}, {"sources": {}}, {"plan": 1}]
)
def test_a_job_that_is_not_well_formed_is_refused(spoilt: dict[str, object]) -> None:
    header, body = split(wire.write_job("run", "", [], Limits()).head)
    with pytest.raises(wire.WireError):
        wire.read_job({**header, **spoilt}, body, [])


@pytest.mark.parametrize(("body", "descriptors"), [(b"abcd", [1]), (b"ab", [1]), (b"abc", []), (b"abc", [1, 2])])
def test_sources_that_do_not_add_up_are_refused(body: bytes, descriptors: list[int]) -> None:
    header, _ = split(wire.write_job("run", "", [Source(data=b"abc"), Source(fd=1)], Limits()).head + b"abc")
    with pytest.raises(wire.WireError):
        wire.read_job(header, body, descriptors)


def test_hello_arrives_as_it_was_sent() -> None:
    hello = wire.Hello(
        Capabilities("1-8.18", frozenset({"jpeg"}), frozenset({"png"}), {"libvips": "8.18"}), {"a": "on"}
    )
    header, _ = split(wire.write_hello(hello))
    assert wire.read_hello(header) == hello


@given(st.binary(min_size=12, max_size=12))
def test_lengths_beyond_the_caps_are_refused_before_anything_is_read(prefix: bytes) -> None:
    header_length, body_length = wire.PREFIX.unpack(prefix)
    try:
        assert wire.read_prefix(prefix, 1000, 2000) == (header_length, body_length)
        assert 0 < header_length <= 1000
        assert body_length <= 2000
    except wire.WireError:
        assert not 0 < header_length <= 1000 or body_length > 2000


@given(st.binary(max_size=80))
def test_any_bytes_for_a_header_are_an_object_or_a_wire_error(text: bytes) -> None:
    with suppress(wire.WireError):
        assert isinstance(wire.read_header(text), dict)


@pytest.mark.parametrize("text", [b"[" * 60_000, b'{"a":' * 12_000, b"9" * 60_000, b'{"a":NaN}', b'{"a":-Infinity}'])
def test_json_made_to_hurt_the_reader_is_a_wire_error(text: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.read_header(text)


@given(
    st.sampled_from(["run", "all", "probe"]),
    st.fixed_dictionaries({"error": st.sampled_from(sorted(wire.ERRORS)) | JSON, "sentence": st.text() | JSON})
    | st.dictionaries(st.sampled_from(["made", "facts", "error", "sentence"]), JSON)
    | st.fixed_dictionaries({"made": st.lists(st.lists(JSON, max_size=6)) | JSON, "seconds": JSON, "decodes": JSON}),
    st.just(b"") | st.binary(max_size=3),
)
def test_any_object_for_an_answer_is_an_answer_or_a_wire_error(
    op: wire.Op, header: dict[str, object], body: bytes
) -> None:
    with suppress(wire.WireError):
        answer = wire.read_answer(op, header, body)
        assert type(answer) in wire.ERRORS.values()


@given(MADE, st.sampled_from([0, 1, 2, 3, 4, "seconds"]), JSON)
def test_a_picture_with_one_field_of_another_kind_never_passes(made: Made, name: int | str, value: object) -> None:
    header, body = split(written(made))
    spoilt = json.loads(json.dumps(header))
    if isinstance(name, int):
        spoilt["made"][0][name] = value
    else:
        spoilt[name] = value
    try:
        answer = wire.read_answer("run", spoilt, body)
    except wire.WireError:
        return
    assert isinstance(answer, Made)
    assert answer.format in FORMATS
    assert all(type(number) is int and number > 0 for number in (answer.width, answer.height, answer.frames))
    assert all(type(number) is float and 0 <= number < 1e6 for number in answer.seconds.values())


@pytest.mark.parametrize(
    ("op", "answer"),
    [
        ("probe", Made(b"x", "png", 1, 1)),
        ("run", Facts("png", 1, 1)),
        ("all", Facts("png", 1, 1)),
        ("run", Made(b"", "png", 1, 1)),
    ],
)
def test_an_answer_to_another_question_is_refused(op: wire.Op, answer: wire.Answer) -> None:
    with pytest.raises(wire.WireError):
        answered(op, answer)


@pytest.mark.parametrize("answer", [Facts("png", 1, 1), Unprocessable("no")])
def test_a_body_that_nobody_asked_for_is_refused(answer: wire.Answer) -> None:
    header, _ = split(written(answer))
    with pytest.raises(wire.WireError, match="nobody asked"):
        wire.read_answer("probe", header, b"x")


@pytest.mark.parametrize(
    "header",
    [
        {"error": "Unauthorized", "sentence": "no"},
        {"error": "Unprocessable", "sentence": 7},
        {"error": ["Unprocessable"], "sentence": "no"},
        {"facts": {"format": "png"}},
        {"facts": []},
        {"facts": {**{slot.name: 1 for slot in fields(Facts)}, "format": "png"}},
        {"facts": {**{slot.name: 1 for slot in fields(Facts)}, "format": "exe"}},
    ],
)
def test_what_only_looks_like_an_answer_is_refused(header: dict[str, object]) -> None:
    with pytest.raises(wire.WireError):
        wire.read_answer("probe", header, b"")


@pytest.mark.parametrize(
    "spoilt",
    [{"loaders": "jpeg"}, {"savers": [1]}, {"pipeline": None}, {"versions": []}, {"sandbox": {"a": "x" * 2000}}],
)
def test_a_hello_that_is_not_well_formed_is_refused(spoilt: dict[str, object]) -> None:
    header, _ = split(wire.write_hello(wire.Hello(Capabilities("1", frozenset(), frozenset()))))
    with pytest.raises(wire.WireError):
        wire.read_hello({**header, **spoilt})


@pytest.mark.parametrize("text", [b"[]", b"1", b"null", b'"made"'])
def test_a_header_that_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(wire.WireError, match="no object"):
        wire.read_header(text)


def test_every_field_of_the_records_is_checked() -> None:
    assert set(wire._FACTS) == {slot.name for slot in fields(Facts)}
    assert set(wire._MADE) | {"body", "seconds"} == {slot.name for slot in fields(Made)}
