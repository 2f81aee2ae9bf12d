"""JPEG 2000 headers."""

import pytest

from edge.facts.sniff import Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts.samples import box, colr, jp2, siz

GREY = ((7, 1, 1),)


def facts_of(whole: bytes) -> Facts:
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts)
    return answer


def test_a_codestream_says_its_size_with_and_without_boxes() -> None:
    assert facts_of(jp2(siz(30, 20))) == facts_of(siz(30, 20)) == Facts("jp2", 30, 20)


@pytest.mark.parametrize(("count", "alpha"), [(1, False), (2, True), (3, False), (4, True)])
def test_an_even_number_of_components_has_alpha(count: int, alpha: bool) -> None:
    assert facts_of(jp2(siz(30, 20, GREY * count), colr(17 if count < 3 else 16))).alpha is alpha


def test_deep_pictures_have_sixteen_bits() -> None:
    assert facts_of(siz(30, 20, ((11, 1, 1),) * 3)).bits == 16


@pytest.mark.parametrize(
    "whole",
    [
        siz(0, 20),
        siz(30, 20, offset=1),
        siz(30, 20, tile=1),
        siz(30, 20, ()),
        siz(30, 20, GREY * 5),
        siz(30, 20, ((7, 1, 1), (7, 2, 2), (7, 2, 2))),
        siz(30, 20, ((7, 1, 1), (8, 1, 1), (7, 1, 1))),
        siz(30, 20, ((0x87, 1, 1),) * 3),
        jp2(siz(30, 20), colr(18)),
        jp2(siz(30, 20), colr(17)),
        jp2(siz(30, 20, GREY), colr(16)),
        jp2(siz(30, 20), colr(), colr()),
        jp2(siz(30, 20), colr(), box(b"pclr", bytes(9))),
        jp2(siz(30, 20), box(b"colr", b"\2\0\0", bytes(40))),
        jp2(b"\xff\x4f\xff\x52" + bytes(60)),
        jp2(siz(30, 20))[:32] + siz(30, 20),
    ],
)
def test_every_other_kind_is_left_to_the_worker(whole: bytes) -> None:
    assert sniff(whole, len(whole)) == Unsure("jp2")
