"""What of a client's request an origin hears, and which answer fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.freshness.stored import Stored
from edge.freshness.vary import Selecting
from edge.originals.record import Record
from edge.originals.variants import apart, chosen, forwarded, nominated, selecting

LANGUAGES = st.none() | st.text(alphabet="den-,;q=0.1 *X", max_size=12)


def asked(languages: str | None) -> Fields:
    return Fields([("accept-language", languages)] if languages is not None else [])


def record(of: Selecting, identity: str = "id") -> Record:
    return Record("o\0k", identity, 1, Stored(200, Fields(), 1.0), selecting=of)


@given(st.text(max_size=300))
def test_nothing_unbounded_and_no_other_field_is_forwarded(languages: str) -> None:
    heard = forwarded(Fields([("Accept-Language", languages), ("Cookie", "x"), ("Accept", "y")]))
    assert {name for name, _ in heard} <= {"accept-language"}
    for _, value in heard:
        assert value == languages
        assert value.isascii()
        assert value.isprintable() or "\t" in value
        assert len(value) <= 256


@given(LANGUAGES, LANGUAGES)
def test_an_answer_fits_whom_nothing_it_varies_on_tells_apart(one: str | None, other: str | None) -> None:
    of = selecting(Fields([("vary", "Accept-Language, Accept, Cookie")]), asked(one))
    assert of is not None
    fitting = chosen([record(of)], asked(other)) is not None
    assert fitting == (apart(asked(one)) == apart(asked(other)))


@given(LANGUAGES)
def test_what_varies_on_what_all_send_alike_fits_everyone(languages: str | None) -> None:
    of = selecting(Fields([("vary", "Accept, Origin, User-Agent, Cookie, Accept-Encoding")]), Fields())
    assert of == ()
    assert chosen([record(())], asked(languages)) is not None


@pytest.mark.parametrize("vary", ["*", "Accept-Language, *", "a b"])
def test_what_varies_on_everything_fits_nobody(vary: str) -> None:
    assert selecting(Fields([("vary", vary)]), Fields()) is None


def test_the_first_that_fits_is_chosen() -> None:
    german = (("accept-language", "de"),)
    known = [record((("accept-language", "en"),), "en"), record(german, "new"), record(german, "old")]
    found = chosen(known, asked("DE"))
    assert found is not None
    assert found.identity == "new"
    assert chosen(known, asked(None)) is None


def test_what_chose_it_is_told_as_vary_writes_it() -> None:
    assert nominated(record((("accept-language", "de"),))) == ("Accept-Language",)
    assert nominated(record(())) == ()


def test_of_the_way_only_marks_of_ours_travel_on_and_few() -> None:
    marks = [f"image-edge-{number:08x}" for number in range(9)]
    heard = forwarded(Fields([("CDN-Loop", "other; loops=16"), ("CDN-Loop", ", ".join(marks))]))
    assert heard == Fields([("cdn-loop", ", ".join(marks[-4:]))])
    assert forwarded(Fields([("CDN-Loop", "other; loops=16, image-edgeX-00000000")])) == Fields()
