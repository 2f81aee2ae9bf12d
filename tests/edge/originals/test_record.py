"""Records and bodies of originals."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.tier import Row
from edge.errors import BadGateway, NotFound
from edge.exchange import Fields
from edge.freshness.judge import Stored
from edge.originals.body import INLINE, Kept, Spool, keep
from edge.originals.record import Problem, Record, key_of, parse_record, print_record
from edge.origins.base import Ask
from edge.origins.files import Files
from edge.origins.replies import HeldReply
from edge.plan.facts import Facts

WORDS = st.text(max_size=20)
RECORDS = st.builds(
    Record,
    name=WORDS,
    identity=WORDS,
    length=st.integers(0, 1 << 40),
    stored=st.builds(
        Stored,
        status=st.sampled_from([200, 404]),
        fields=st.lists(st.tuples(WORDS, WORDS), max_size=4).map(Fields),
        received=st.floats(0, 1e10),
        age=st.floats(0, 1e6),
    ),
    facts=st.none() | st.builds(Facts, st.sampled_from(["jpeg", "gif"]), st.integers(1, 9), st.integers(1, 9)),
    problem=st.none() | st.builds(Problem, st.just(404), WORDS),
    generation=st.integers(0, 99),
    selecting=st.lists(st.tuples(WORDS, st.none() | WORDS), max_size=3).map(tuple),
    tags=st.lists(WORDS, max_size=3).map(tuple),
)


@given(RECORDS)
def test_a_record_is_read_back_as_it_was_written(record: Record) -> None:
    assert parse_record(print_record(record)) == record


@given(RECORDS, st.data())
def test_a_record_that_was_changed_is_none(record: Record, data: st.DataObject) -> None:
    row = print_record(record)
    at = data.draw(st.integers(0, len(row.record) - 1))
    flipped = row.record[:at] + bytes([row.record[at] ^ 1]) + row.record[at + 1 :]
    changed = [
        replace(row, record=flipped),
        replace(row, name=row.name + "x"),
        replace(row, variant=row.variant + "x"),
        replace(row, tags=(*row.tags, "x")),
    ]
    assert [parse_record(each) for each in changed] == [None] * 4


def test_what_expired_says_so_when_it_is_read_back() -> None:
    record = Record("o\0k", "id", 1, Stored(200, Fields(), 5.0))
    read_back = parse_record(replace(print_record(record), expired_at=9.0))
    assert read_back == record.expired(9.0)


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"format": 0}', b"\xff", b'{"format": 1, "name": "a"}'])
def test_what_is_no_record_is_none(text: bytes) -> None:
    assert parse_record(Row("a", "", text, 0.0)) is None


@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4))
def test_keys_are_equal_only_for_equal_parts(one: list[str], other: list[str]) -> None:
    assert (key_of("p", *one) == key_of("p", *other)) is (one == other)


def test_a_problem_becomes_its_error() -> None:
    error = Problem(404, "There is none").error(Fields([("cache-control", "max-age=1")]))
    assert isinstance(error, NotFound)
    assert (error.sentence, error.headers) == ("There is none", {"cache-control": "max-age=1"})


class Pieces(HeldReply):
    """A body in pieces, which may break off."""

    def __init__(self, pieces: list[bytes], broken: bool = False) -> None:
        super().__init__(200)
        self.pieces, self.broken = pieces, broken

    async def body(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece
        if self.broken:
            raise BadGateway("The answer broke off")


def read(kept: Kept) -> bytes:
    body = kept.open()
    if isinstance(body, bytes):
        return body
    assert body is not None
    try:
        return body.read()
    finally:
        body.close()


@pytest.mark.parametrize("size", [0, 1, INLINE, INLINE + 1, 3 * INLINE + 5])
async def test_a_body_is_kept_whole_with_its_digest(size: int, tmp_path: Path) -> None:
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    kept = await keep(Pieces([body[at : at + 70_000] for at in range(0, size, 70_000)]), str(tmp_path))
    assert (kept.identity, kept.length, read(kept)) == (hashlib.sha256(body).hexdigest(), size, body)
    assert kept.begin(100) == body[:100]
    assert isinstance(kept.body, Spool) is (size > INLINE)


async def test_a_spool_has_no_name_and_its_readers_do_not_share_an_offset(tmp_path: Path) -> None:
    kept = await keep(Pieces([bytes(INLINE), b"end"]), str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert isinstance(kept.body, Spool)
    one, other = kept.body.open(), kept.body.open()
    await asyncio.to_thread(one.read)
    assert other.read().endswith(b"end")
    one.close()
    other.close()


async def test_a_body_that_breaks_off_is_not_kept(tmp_path: Path) -> None:
    for pieces in ([b"x"], [bytes(INLINE), b"x"]):
        with pytest.raises(BadGateway):
            await keep(Pieces(pieces, broken=True), str(tmp_path))


async def test_a_large_local_file_is_digested_where_it_is(tmp_path: Path) -> None:
    body = bytes(INLINE) + b"end"
    (tmp_path / "large").write_bytes(body)
    origin = Files("f", tmp_path, 1 << 30)
    reply = await origin.fetch(Ask("large"))
    kept = await keep(reply, None)
    await reply.close()
    await origin.close()
    assert (kept.identity, kept.length, kept.open()) == (hashlib.sha256(body).hexdigest(), len(body), None)
    assert kept.begin(8) == bytes(8)
