"""Upstream's limits, a job's own, and the server's on top."""

from typing import Any

import pytest

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import Security
from edge.jobs.security import Caps, Frame
from edge.plan.facts import Facts, Limits

WIDE = Limits(source_bytes=1 << 40, source_pixels=1 << 40, source_side=1 << 30, output_pixels=1 << 40)


def caps(*said: dict[str, Any], limits: Limits = WIDE) -> Caps:
    return Caps.of([Security.model_validate(each) for each in said], limits)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((12, 5), None),
        ((13, 6), "Frame width 13 exceeds max_decode_size.w 12"),
        ((12, 6), "Frame height 6 exceeds max_decode_size.h 5"),
        ((1, 5), None),
    ],
)
def test_what_is_greater_fails_and_what_is_equal_passes(size: tuple[int, int], said: str | None) -> None:
    assert Frame("max_decode_size", 12, 5, 0.00006).fault(*size) == said


def test_megapixels_are_millions() -> None:
    frame = Frame("max_frame_size", 10_000, 10_000, 2.5)
    assert frame.fault(2_500, 1_000) is None
    assert frame.fault(2_000, 1_500) == "Frame megapixels 3 exceeds max_frame_size.megapixels 2.5"
    assert frame.fault(2_501, 1_000) == "Frame megapixels 2.501 exceeds max_frame_size.megapixels 2.5"


def test_upstreams_limits_hold_where_nothing_is_said() -> None:
    usual = caps()
    assert usual.max_decode_size == Frame("max_decode_size", 12_000, 12_000, 100)
    assert usual.max_frame_size == Frame("max_frame_size", 10_000, 10_000, 100)
    assert usual.max_encode_size.fault(10_000, 10_000) is None
    assert (usual.max_input_file_bytes, usual.max_total_file_pixels) == (256 << 20, 400_000_000)


def test_a_job_may_say_less_or_more_and_null_says_nothing() -> None:
    said = caps(
        {"max_frame_size": {"w": 5, "h": 6, "megapixels": 7}, "max_total_file_pixels": 1_000_000_000},
        {"max_frame_size": None, "max_encode_size": {"w": 1, "h": 2, "megapixels": 3}},
    )
    assert said.max_frame_size == Frame("max_frame_size", 5, 6, 7)
    assert said.max_encode_size == Frame("max_encode_size", 1, 2, 3)
    assert said.max_total_file_pixels == 1_000_000_000
    assert said.max_decode_size == caps().max_decode_size


def test_the_last_word_counts() -> None:
    assert caps({"max_input_file_bytes": 1}, {"max_input_file_bytes": 2}).max_input_file_bytes == 2


def test_the_servers_limits_hold_whatever_a_job_says() -> None:
    most = {"w": 2**32 - 1, "h": 2**32 - 1, "megapixels": 1e30}
    names = ("max_decode_size", "max_frame_size", "max_encode_size")
    held = caps({"max_input_file_bytes": 2**60, **dict.fromkeys(names, most)}, limits=Limits())
    assert held.max_decode_size.fault(30_001, 1) == "Frame width 30001 exceeds max_decode_size.w 30000"
    assert held.max_decode_size.fault(20_000, 5_001) is not None
    assert held.max_frame_size.fault(20_000, 5_001) is not None
    assert held.max_encode_size.fault(10_000, 4_001) is not None
    assert held.max_input_file_bytes == Limits().source_bytes


def test_inputs_have_an_end() -> None:
    held = caps({"max_input_file_bytes": 10, "max_total_file_pixels": 1000})
    held.check_bytes(10)
    held.check_pixels(Facts("gif", 10, 10, frames=10))
    with pytest.raises(JobError, match="Input bytes 11 exceeds max_input_file_bytes 10") as caught:
        held.check_bytes(11)
    assert (caught.value.kind, caught.value.status) == ("SizeLimitExceeded", 400)
    with pytest.raises(JobError, match="Input pixels 1100 exceeds max_total_file_pixels 1000"):
        held.check_pixels(Facts("gif", 10, 10, frames=11))


def test_a_worker_holds_the_smaller_of_all() -> None:
    frame = {"max_frame_size": {"w": 100, "h": 200, "megapixels": 1}}
    assert caps(frame).limits(Limits()).output_pixels == 20_000
    assert caps(frame, {"max_encode_size": {"w": 9, "h": 9, "megapixels": 1}}).limits(Limits()).output_pixels == 81
    assert caps(limits=Limits()).limits(Limits()) == Limits()
