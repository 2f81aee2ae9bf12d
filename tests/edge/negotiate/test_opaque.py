"""The quick look for transparency says what the whole layout says, or nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.negotiate.opaque import clears
from edge.plan.facts import Facts
from edge.plan.layout import gains_alpha
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Blur,
    Crop,
    Decode,
    Encode,
    Fit,
    Mirror,
    Overlay,
    Pad,
    Recolour,
    Round,
    Step,
    Trim,
    Turn,
    Window,
)

LENGTHS = st.none() | st.sampled_from([0, 1, 50, 99, 100, 101, 133, 150, 200, 900])
FITS = st.builds(
    Fit,
    width=LENGTHS,
    height=LENGTHS,
    max_width=LENGTHS,
    max_height=LENGTHS,
    mode=st.sampled_from(["max", "pad", "crop", "stretch", "aspectcrop"]),
    scale=st.sampled_from(["down", "up", "both", "canvas"]),
    zoom=st.sampled_from([1.0, 1.0, 0.3, 2.0, 7.5]),
    background=st.sampled_from([None, "ffffffff", "ffffff80"]),
    window=st.none() | st.just(Window(10, 10, 90, 77)),
    exact=st.booleans(),
)
IDENTITY = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
BEFORE: st.SearchStrategy[Step] = st.sampled_from(
    [Turn(1), Turn(2), Mirror("y"), Crop(1, 2, 70, 40), Trim(20), Pad(0, 0, 120, 100)]
)
AFTER: st.SearchStrategy[Step] = st.sampled_from(
    [Turn(3), Mirror("x"), Blur(2.0), Recolour(IDENTITY), Recolour((0.0,) * 20), Round((9.0,) * 4), Fit(40, 40)]
)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(BEFORE, max_size=2),
    FITS,
    st.lists(AFTER, max_size=2),
    st.tuples(st.integers(72, 300), st.integers(72, 300), st.sampled_from([1, 6])),
)
def test_the_quick_look_agrees_with_the_layout(
    before: list[Step], fit: Fit, after: list[Step], shape: tuple[int, int, int]
) -> None:
    plan = Plan.chain(Decode(), *before, fit, *after, Encode())
    facts = Facts("jpeg", *shape)
    told = clears(plan, len(plan.nodes) - 1, facts)
    assert told is None or told is gains_alpha(plan, facts)


def test_usual_plans_are_told() -> None:
    facts = Facts("jpeg", 300, 200)
    for fit, expected in ((Fit(100), False), (Fit(100, 100), True), (Fit(100, 100, mode="crop"), False)):
        assert clears(Plan.chain(Decode(), Turn(1), fit, Turn(1), Encode()), 4, facts) is expected


def test_unusual_plans_are_not() -> None:
    facts = Facts("jpeg", 300, 200)
    for odd in (Round((1.0,) * 4), Trim(9), Recolour((0.0,) * 20), Fit(9)):
        assert clears(Plan.chain(Decode(), odd, Fit(100), Encode()), 3, facts) is None
    assert clears(Plan.chain(Decode(1), Fit(100), Encode()), 2, facts) is None


def test_a_mark_that_replaces_what_is_below_is_unusual() -> None:
    for blend, told in (("compose", False), ("overwrite", None)):
        mark = Overlay(0, 0, blend=blend)  # type: ignore[arg-type]  # str of a Literal
        plan = Plan((Node(Decode()), Node(Decode(1)), Node(mark, (0, 1)), Node(Encode(), (2,))))
        assert clears(plan, 3, Facts("jpeg", 100, 100)) is told
