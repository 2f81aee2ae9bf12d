"""GIF: every frame is counted, and the size is libnsgif's."""

import pytest

from edge.facts.sniff import NeedMore, Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts.samples import CONTROL, frame, gif

NETSCAPE = b"!\xff\x0bNETSCAPE2.0\x03\1\0\0\0"
COMMENT = b"!\xfe\x05hello\x03bye\0"


def facts_of(whole: bytes) -> Facts:
    answer = sniff(whole, len(whole))
    assert isinstance(answer, Facts)
    return answer


def test_frames_are_counted_between_other_blocks() -> None:
    whole = gif(30, 20, NETSCAPE, frame(30, 20), COMMENT, frame(5, 5), b"!\x01\x01t\0", frame(1, 1))
    assert facts_of(whole) == Facts("gif", 30, 20, frames=3, bits=1)


def test_what_follows_the_trailer_is_not_counted() -> None:
    assert facts_of(gif(30, 20, frame(30, 20)) + frame(30, 20)).frames == 1


def test_a_missing_trailer_is_no_harm() -> None:
    whole = gif(30, 20, frame(30, 20), frame(30, 20), end=b"")
    assert facts_of(whole).frames == 2
    assert isinstance(sniff(whole), NeedMore)


@pytest.mark.parametrize("cut", range(1, 15))
def test_a_frame_that_is_cut_off_is_left_to_the_decoder(cut: int) -> None:
    whole = gif(30, 20, frame(30, 20), frame(30, 20), end=b"")[:-cut]
    assert sniff(whole, len(whole)) == Unsure("gif")


def test_the_first_frame_enlarges_the_screen_and_later_ones_do_not() -> None:
    assert facts_of(gif(10, 10, frame(16, 8, left=4), frame(99, 99))).upright == (20, 10)


@pytest.mark.parametrize("screen", [(640, 480), (640, 512), (800, 600), (1024, 768), (1280, 1024), (1600, 1200), (0, 0), (0, 5), (2049, 5), (65535, 65535)])  # fmt: skip  # noqa: E501 - one table
def test_a_screen_that_was_only_a_monitor_gives_way_to_the_frame(screen: tuple[int, int]) -> None:
    assert facts_of(gif(*screen, frame(30, 20))).upright == (30, 20)


def test_a_large_screen_within_bounds_is_believed() -> None:
    assert facts_of(gif(2048, 2048, frame(30, 20))).upright == (2048, 2048)


def test_transparency_is_of_frames_not_of_blocks() -> None:
    assert facts_of(gif(30, 20, frame(30, 20), CONTROL, frame(30, 20))).alpha
    assert not facts_of(gif(30, 20, frame(30, 20), CONTROL)).alpha
    assert not facts_of(gif(30, 20, b"!\xf9\x04\0\0\0\0\0", frame(30, 20))).alpha


def test_bits_are_of_the_largest_colour_table() -> None:
    assert facts_of(gif(30, 20, frame(30, 20), flags=0x82)).bits == 3
    assert facts_of(gif(30, 20, frame(30, 20, flags=0x84), flags=0)).bits == 5
    assert facts_of(gif(30, 20, frame(30, 20), flags=0)).bits == 1


def test_an_interlaced_frame_is_progressive() -> None:
    assert facts_of(gif(30, 20, frame(30, 20, flags=0x40))).progressive


@pytest.mark.parametrize(
    "blocks",
    [(), (b"\0", frame(3, 2)), (frame(3, 2), b"junk"), (b"!\xf9\0\0", frame(3, 2)), (frame(3, 2)[:10] + b"\x0c\0",)],
)
def test_what_the_decoder_may_read_otherwise_is_left_to_it(blocks: tuple[bytes, ...]) -> None:
    whole = gif(30, 20, *blocks)
    assert sniff(whole, len(whole)) == Unsure("gif")
