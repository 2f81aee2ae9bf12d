"""BMP headers."""

import pytest

from edge.facts.sniff import NotAPicture, Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts.samples import bmp


def facts_of(whole: bytes) -> Facts:
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts)
    return answer


@pytest.mark.parametrize("header", [12, 16, 40, 52, 64, 108, 124])
def test_every_header_says_its_size(header: int) -> None:
    assert facts_of(bmp(30, 20, header=header)) == Facts("bmp", 30, 20, lossless=True)


def test_rows_from_the_top_are_a_negative_height() -> None:
    assert facts_of(bmp(30, -20)).upright == (30, 20)


@pytest.mark.parametrize(("depth", "packing"), [(8, 1), (4, 2), (16, 3), (32, 3), (1, 0), (2, 0), (4, 0), (8, 0)])
def test_every_packing_we_read_is_known(depth: int, packing: int) -> None:
    assert facts_of(bmp(30, 20, depth, packing, body=bytes(9999))).upright == (30, 20)


@pytest.mark.parametrize(
    "whole",
    [
        bmp(0, 20),
        bmp(30, 0),
        bmp(-30, 20, body=b""),
        bmp(30, 20, 5),
        bmp(30, 20, 24, 1, body=bytes(99)),
        bmp(30, 20, 24, 4),
        bmp(30, 20)[:26] + b"\2" + bmp(30, 20)[27:],
    ],
)
def test_what_makes_no_sense_is_left_to_the_worker(whole: bytes) -> None:
    assert sniff(whole, len(whole)) == Unsure("bmp")


def test_announced_alpha_is_left_to_the_worker() -> None:
    head = bytearray(bmp(30, 20, 32, 3, header=108))
    assert facts_of(bytes(head)).alpha is False
    head[66:70] = b"\0\0\0\xff"
    assert sniff(bytes(head), len(head)) == Unsure("bmp")


def test_two_letters_make_no_bitmap() -> None:
    assert sniff(b"BM" + b"W is a car maker " * 9, 155) == NotAPicture()
