"""The traces a message leaves on its way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.routing.loops import PSEUDONYM, backward, forwards_left, is_loop, onward, pseudonym_of

US = "image-edge-0a1b2c3d"


def mark(*lines: str) -> Fields:
    return Fields([("CDN-Loop", line) for line in lines])


@pytest.mark.parametrize(
    "lines",
    [
        (US,),
        (f"other, {US}",),
        ("other", US),
        (f'{US};a=b;c="d, e"',),
        (f"other;a=b ,\t{US} ; x=y",),
        (US.upper(),),
        (f'x;a="{US}", {US}',),
        ('x;a="', US, 'y;b="z"'),  # quotations that a stranger opened before us and closed behind us
        (", ,", US),
    ],
)
def test_a_request_that_bears_our_mark_has_been_here(lines: tuple[str, ...]) -> None:
    assert is_loop(mark(*lines), US)


@pytest.mark.parametrize(
    "lines", [(), ("",), ("other",), (f"{US}0",), (f"x{US}",), (f"other;id={US}",), ("image-edge-ffffffff",)]
)
def test_other_marks_are_no_loop(lines: tuple[str, ...]) -> None:
    assert not is_loop(mark(*lines), US)


def test_a_chain_of_edges_has_an_end() -> None:
    edges = [f"image-edge-{number:08x}" for number in range(9)]
    assert not is_loop(mark(", ".join(edges[:8])), US)
    assert is_loop(mark(", ".join(edges)), US)


def test_without_a_word_from_the_composition_root_each_process_has_a_mark_of_its_own() -> None:
    assert is_loop(onward(Fields()))
    assert PSEUDONYM.startswith("image-edge-")


def test_the_processes_of_one_installation_share_a_mark() -> None:
    assert pseudonym_of("here 1") == pseudonym_of("here 1") != pseudonym_of("here 2")
    assert is_loop(onward(Fields(), pseudonym_of("here 1")), pseudonym_of("here 1"))


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20), max_size=4))
def test_whatever_came_before_and_after_our_mark_is_found_again(lines: list[str]) -> None:
    passed = onward(Fields([("cdn-loop", line) for line in lines]), US)
    assert is_loop(passed, US)
    assert is_loop(mark(f'{passed.get("cdn-loop")}, y;b="z"'), US)


def test_each_station_is_appended() -> None:
    came = Fields([("Via", "1.0 fred"), ("via", "1.1 p.example.net"), ("cdn-loop", "foo123.example; abc=123")])
    passed = onward(came, US)
    assert passed.get("via") == "1.0 fred, 1.1 p.example.net, 1.1 image-edge"
    assert passed.get("cdn-loop") == f"foo123.example; abc=123, {US}"
    assert backward(came) == Fields([("via", "1.0 fred, 1.1 p.example.net, 1.1 image-edge")])
    assert onward(Fields(), US) == Fields([("via", "1.1 image-edge"), ("cdn-loop", US)])


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (None, None),
        ("0", 0),
        (" 7 ", 7),
        ("-1", None),
        ("1.5", None),
        ("a", None),
        ("", None),
        ("٣", None),
        ("9" * 10, None),
    ],
)
def test_max_forwards_is_a_number_or_nothing(said: str | None, left: int | None) -> None:
    assert forwards_left(Fields([("max-forwards", said)] if said is not None else [])) == left


@pytest.mark.parametrize(
    ("method", "said", "sent"),
    [("OPTIONS", "3", "2"), ("TRACE", "1", "0"), ("OPTIONS", "0", None), ("GET", "3", None), ("OPTIONS", "x", None)],
)
def test_max_forwards_shrinks_on_its_way(method: str, said: str, sent: str | None) -> None:
    assert onward(Fields([("max-forwards", said)]), US, method).get("max-forwards") == sent
