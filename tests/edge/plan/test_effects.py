"""Effects in a plan: where they act, what of them is left out, and what makes a picture transparent."""

from dataclasses import replace

import pytest

from edge.plan.facts import Facts
from edge.plan.layout import settle
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Balance,
    Blur,
    Crop,
    Decode,
    Dot,
    Effect,
    Encode,
    Fit,
    Pad,
    Pixelate,
    Recolour,
    Resize,
    Round,
    Step,
    Turn,
)
from tests.edge.plan.wishes import IDENTITY

OPAQUE = Facts("jpeg", 640, 480)
CLEAR = Facts("png", 640, 480, alpha=True)
PNG = Encode("png")
PILL = (100.0, 100.0, 100.0, 100.0)
INVERT = Recolour((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.0, 1.0, *IDENTITY[15:]))
EVERY: list[Effect] = [Round(PILL), INVERT, Balance(), Blur(2.0), Pixelate(8)]


def settled(*steps: Step, facts: Facts = OPAQUE) -> list[Step]:
    """What follows Decode."""
    return list(settle(Plan.chain(Decode(), *steps), [facts]).steps())[1:]


def alpha_row(*row: float) -> Recolour:
    return Recolour((*IDENTITY[:15], *row))


@pytest.mark.parametrize("effect", EVERY)
def test_effects_act_on_the_image_and_the_padding_is_put_around_them(effect: Effect) -> None:
    steps = settled(Fit(100, 100), effect, PNG)
    assert steps == [Resize(100, 75), effect, Pad(0, 12, 100, 100), PNG]


@pytest.mark.parametrize(
    "step", [Crop(0, 0, 50, 50), Resize(50, 50), Pad(1, 1, 200, 200), Turn(1), Dot(), Fit(50, mode="max")]
)
def test_padding_is_put_before_any_other_step(step: Step) -> None:
    kinds = [type(each) for each in settled(Fit(100, 100), step, Blur(2.0), PNG)]
    assert kinds[:2] == [Resize, Pad]
    assert kinds[-2:] == [Blur, Encode]


@pytest.mark.parametrize(
    "nothing",
    [
        Round((0.0, 0.0, -5.0, 0.0)),
        Recolour(IDENTITY),
        Blur(0.0),
        Blur(-1.0),
        Pixelate(1),
        Pixelate(-3),
        alpha_row(0.0, 0.0, 0.0, 2.0, 0.0),
    ],
)
def test_effects_that_change_nothing_are_left_out(nothing: Effect) -> None:
    assert settled(nothing, PNG) == [PNG]


def test_radii_lie_between_none_and_a_circle_and_colours_nobody_sees_are_one() -> None:
    assert settled(Round((250.0, 30.0, -4.0, 0.0), "12345600"), PNG)[0] == Round((100.0, 30.0, 0.0, 0.0))


def test_an_alpha_filter_acts_on_what_is_transparent_already() -> None:
    brighter = alpha_row(0.0, 0.0, 0.0, 2.0, 0.0)
    assert settled(brighter, PNG, facts=CLEAR) == [brighter, PNG]


@pytest.mark.parametrize(
    ("effect", "clear"),
    [
        (Round(PILL), True),
        (Round(PILL, "ff000080"), True),
        (Round(PILL, "ff0000ff"), False),
        (alpha_row(0.0, 0.0, 0.0, 0.5, 0.0), True),
        (alpha_row(0.0, 0.0, 0.0, 0.5, 0.5), False),
        (alpha_row(1.0, 0.0, 0.0, 1.0, 0.0), True),
        (INVERT, False),
        (Balance(), False),
        (Blur(3.0), False),
        (Pixelate(3), False),
    ],
)
def test_what_makes_a_picture_transparent_is_followed_to_the_matte(effect: Effect, clear: bool) -> None:
    """An opaque picture needs no matte, so its JPEG has the usual one whatever was asked for."""
    both = Plan(
        (
            Node(Decode()),
            Node(effect, (0,)),
            Node(Encode("jpeg", 80, matte="ff0000ff"), (1,)),
            Node(PNG, (1,)),
        )
    )
    assert settle(both, [OPAQUE]).outputs[0].matte == ("ff0000ff" if clear else "ffffffff")


def test_an_alpha_filter_may_make_a_picture_opaque() -> None:
    opaque = alpha_row(0.0, 0.0, 0.0, 0.0, 1.0)
    steps = settled(opaque, Encode("jpeg", 80, matte="ff0000ff"), facts=CLEAR)
    assert steps[-1] == Encode("jpeg", 80, matte="ffffffff")


@pytest.mark.parametrize(
    ("background", "matte", "shown"),
    [
        ("00000000", None, "ffffffff"),
        ("00000000", "0000ffff", "0000ffff"),
        ("ff000080", "0000ffff", "80007fff"),
        ("ff000080", "ff000080", "ff7f7fff"),
        ("ff0000ff", "0000ffff", "ff0000ff"),
    ],
)
def test_rounded_corners_show_the_matte_where_there_is_no_alpha(background: str, matte: str | None, shown: str) -> None:
    steps = settled(Round(PILL, background), Encode("jpeg", 80, matte=matte))
    assert steps == [Round(PILL, shown), Encode("jpeg", 80, matte="ffffffff")]


def test_corners_stay_clear_when_outputs_disagree_on_what_lies_under_them() -> None:
    nodes = (
        Node(Decode()),
        Node(Fit(background="00ff00ff"), (0,)),
        Node(Round(PILL), (1,)),
        Node(Encode("jpeg", 80, matte="ff0000ff"), (2,)),
        Node(Encode("jpeg", 80, matte="0000ffff"), (2,)),
    )
    assert settle(Plan(nodes), [OPAQUE]).find(Round) == Round(PILL)


def test_padding_shows_the_matte_where_there_is_no_alpha() -> None:
    steps = settled(Fit(100, 100), Encode("jpeg", 80, matte="ff0000ff"))
    assert steps[1] == Pad(0, 12, 100, 100, "ff0000ff")


@pytest.mark.parametrize("effect", EVERY)
def test_a_matte_lies_under_the_picture_before_effects_whatever_its_size(effect: Effect) -> None:
    jpeg = Encode("jpeg", 80, matte="ff0000ff")
    if isinstance(effect, Round):
        effect = replace(effect, background="ff0000ff")
    white = replace(jpeg, matte="ffffffff")
    assert settled(Fit(), effect, jpeg, facts=CLEAR) == [Resize(640, 480, matte="ff0000ff"), effect, white]
    assert settled(Fit(320), effect, jpeg, facts=CLEAR) == [Resize(320, 240, matte="ff0000ff"), effect, white]
    assert settled(Fit(), jpeg, facts=CLEAR) == [jpeg]


def test_each_of_two_mattes_is_put_where_it_belongs() -> None:
    jpeg = Encode("jpeg", 80, matte="0000ffff")
    steps = settled(Fit(background="ff0000ff"), Fit(background="00ff00ff"), Blur(2.0), jpeg, facts=CLEAR)
    assert steps[:2] == [Resize(640, 480, matte="ff0000ff"), Blur(2.0)]
