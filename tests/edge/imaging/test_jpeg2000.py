"""Which JPEG 2000 pictures are let near libvips: needs no libvips that reads them."""

import random

import pytest

from edge.errors import EdgeError, Unprocessable, UnsupportedPicture
from edge.facts.sniff import sniff
from edge.imaging.jpeg2000 import checked
from edge.plan.facts import Facts
from tests.edge.facts.samples import Component, box, colr, jp2, siz

WHOLE = jp2(siz(30, 20))
FULL: tuple[Component, ...] = ((7, 1, 1),)


@pytest.mark.parametrize(
    "components",
    [
        FULL,
        FULL * 2,
        FULL * 3,
        FULL * 4,
        ((15, 1, 1),) * 3,
        ((7, 1, 1), (7, 2, 2), (7, 2, 2)),
        ((7, 1, 1), (7, 2, 1), (7, 2, 1)),
    ],
)
def test_plain_pictures_are_let_through(components: tuple[Component, ...]) -> None:
    for whole in (siz(30, 20, components), jp2(siz(30, 20, components))):
        found = checked(whole)
        assert (found.width, found.height, found.components) == (30, 20, components)


@pytest.mark.parametrize(
    "whole",
    [
        siz(30, 20, offset=1),
        siz(30, 20, tile=1),
        siz(30, 20, FULL * 5),
        siz(30, 20, ((7, 1, 1), (8, 1, 1), (7, 1, 1))),
        siz(30, 20, ((0x87, 1, 1),)),
        siz(30, 20, ((37, 1, 1),)),
        siz(30, 20, ((7, 2, 2),)),
        siz(30, 20, ((7, 1, 1), (7, 1, 1), (7, 2, 2))),
        siz(30, 20, ((7, 1, 1), (7, 2, 2))),
        siz(30, 20, ((7, 1, 1), (7, 4, 4), (7, 4, 4))),
        siz(30, 20, ((7, 1, 1), (7, 2, 2), (7, 2, 2), (7, 1, 1))),
        siz(30, 20, ((7, 1, 1), (7, 0, 0), (7, 0, 0))),
        jp2(siz(30, 20, FULL), colr(), box(b"pclr", bytes(20))),
        jp2(siz(30, 20, FULL), colr(), box(b"cmap", bytes(4))),
    ],
)
def test_others_are_unsupported(whole: bytes) -> None:
    with pytest.raises(UnsupportedPicture, match="Expected a JPEG 2000 picture with"):
        checked(whole)


@pytest.mark.parametrize("whole", [siz(0, 20), siz(30, 0), siz(30, 20, ()), jp2(b"\xff\x4f\xff\x52" + bytes(60))])
def test_what_makes_no_sense_is_broken(whole: bytes) -> None:
    with pytest.raises(Unprocessable):
        checked(whole)


def test_every_cut_is_noticed() -> None:
    for length in range(12, len(WHOLE)):
        with pytest.raises(Unprocessable):
            checked(WHOLE[:length])


def test_a_box_may_reach_to_the_end() -> None:
    open_ended = WHOLE.replace(len(siz(30, 20) + bytes(8)).to_bytes(4) + b"jp2c", bytes(4) + b"jp2c")
    assert open_ended != WHOLE
    assert checked(open_ended).width == 30


def test_damage_gives_a_size_or_a_sentence() -> None:
    dice = random.Random("jp2")
    for _ in range(2000):
        body = bytearray(WHOLE)
        for _ in range(dice.choice((1, 2, 5))):
            body[dice.randrange(len(body))] = dice.randrange(256)
        said = sniff(bytes(body), len(body))
        try:
            found = checked(bytes(body))
        except EdgeError:
            continue
        if isinstance(said, Facts):
            assert said.upright == (found.width, found.height)
