"""The arithmetic of sharpening: how strong a mask raises a kernel's negative lobes to the share asked for."""

from typing import get_args

import pytest

from edge.imaging import sharpen
from edge.plan.steps import Kernel

LOBED: tuple[Kernel, ...] = ("cubic", "mitchell", "lanczos2", "lanczos3", "mks2013", "mks2021")


@pytest.mark.parametrize(
    ("kernel", "natural"), [("cubic", 0.077), ("mitchell", 0.034), ("lanczos2", 0.082), ("lanczos3", 0.152)]
)
def test_kernels_have_a_share_of_their_own(kernel: Kernel, natural: float) -> None:
    assert sharpen.share(kernel) == pytest.approx(natural, abs=0.001)


@pytest.mark.parametrize("percent", [1, 5, 12, 17, 25, 50, 80])
@pytest.mark.parametrize("kernel", LOBED)
def test_the_share_is_raised_to_what_is_asked_or_left(kernel: Kernel, percent: float) -> None:
    u = sharpen.strength(percent, kernel, 0.3)
    natural = sharpen.share(kernel)
    assert sharpen.share(kernel, u) == pytest.approx(max(natural, percent / 100), abs=0.005)
    assert (u == 0) == (natural >= percent / 100)


@pytest.mark.parametrize("percent", [1, 20, 60])
def test_a_size_that_stays_has_no_lobes_but_those_asked_for(percent: float) -> None:
    u = sharpen.strength(percent, "lanczos3", 1)
    assert 2 * u / (1 + 2 * u) == pytest.approx(percent / 100)


@pytest.mark.parametrize("scale", [0.3, 1, 3])
@pytest.mark.parametrize("kernel", sorted(set(get_args(Kernel)) - set(LOBED)))
def test_a_kernel_without_lobes_gets_none(kernel: Kernel, scale: float) -> None:
    assert sharpen.strength(99, kernel, scale) == 0


@pytest.mark.parametrize("percent", [0, -1, float("nan")])
def test_nothing_asked_nothing_done(percent: float) -> None:
    assert sharpen.strength(percent, "lanczos3", 1) == 0


def test_the_strongest_has_an_end() -> None:
    strongest = [sharpen.strength(percent, "lanczos3", 0.5) for percent in (90, 99, 1e9, float("inf"))]
    assert len(set(strongest)) == 1
    assert strongest[0] < 10
