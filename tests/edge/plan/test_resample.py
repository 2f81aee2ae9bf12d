"""Kernels, lights and sharpening."""

from dataclasses import replace

import pytest

from edge.plan.facts import Facts
from edge.plan.layout import settle
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Fit, Kernel, Resize, SharpenWhen, Step

PHOTO = Facts("jpeg", 640, 480)
PNG = Encode("png")
BOTH = Fit(mode="stretch", scale="both", light="linear", up_light="srgb", down_kernel="mitchell", up_kernel="lanczos2")


def settled(*steps: Step, facts: Facts = PHOTO) -> list[Step]:
    return list(settle(Plan.chain(Decode(), *steps, PNG), [facts]).steps())[1:-1]


@pytest.mark.parametrize(
    ("width", "height", "light", "kernel"),
    [
        (320, 240, "linear", "mitchell"),
        (320, 480, "linear", "mitchell"),
        (320, 960, "linear", "lanczos2"),  # an axis grows, an axis shrinks
        (640, 960, "srgb", "lanczos2"),
        (1280, 960, "srgb", "lanczos2"),
    ],
)
def test_growing_picks_the_kernel_and_shrinking_the_light(width: int, height: int, light: str, kernel: str) -> None:
    resize = settled(replace(BOTH, width=width, height=height))[0]
    assert isinstance(resize, Resize)
    assert (resize.light, resize.kernel) == (light, kernel)


def test_what_is_not_said_is_the_usual() -> None:
    assert settled(Fit(320)) == [Resize(320, 240)]
    assert settled(Fit(1280, scale="both", light="srgb")) == [Resize(1280, 960, "linear")]


SAME, LESS, MORE, MIXED = (640, 480), (320, 240), (1280, 960), (320, 960)


@pytest.mark.parametrize(
    ("when", "sharpened"),
    [("always", [SAME, LESS, MORE, MIXED]), ("downscaling", [LESS]), ("sizediffers", [LESS, MORE, MIXED])],
)
@pytest.mark.parametrize("size", [SAME, LESS, MORE, MIXED])
def test_when_to_sharpen(when: SharpenWhen, sharpened: list[tuple[int, int]], size: tuple[int, int]) -> None:
    steps = settled(Fit(*size, mode="stretch", scale="both", sharpen=15.0, sharpen_when=when))
    sharp = [step.sharpen for step in steps if isinstance(step, Resize)]
    assert sharp == ([15.0] if size in sharpened else [] if size == SAME else [0.0])


@pytest.mark.parametrize("kernel", ["box", "nearest", "linear"])
def test_kernels_without_negative_lobes_cannot_sharpen(kernel: Kernel) -> None:
    assert settled(Fit(sharpen=15.0, down_kernel=kernel)) == []
    assert settled(Fit(320, sharpen=15.0, down_kernel=kernel)) == [Resize(320, 240, kernel=kernel)]


def test_negative_sharpening_is_none() -> None:
    assert settled(Fit(320, sharpen=-5.0)) == [Resize(320, 240)]


def test_headroom_is_for_shrinking_only() -> None:
    assert settled(Fit(320, headroom=2.1)) == [Resize(320, 240, headroom=2.1)]
    assert settled(Fit(1280, scale="both", headroom=2.1)) == [Resize(1280, 960)]


def test_a_matte_alone_has_no_kernel() -> None:
    clear = Facts("png", 640, 480, alpha=True)
    fit = Fit(background="00ff00ff", down_kernel="box", up_kernel="box", light="srgb", headroom=3.0)
    assert settled(fit, facts=clear) == [Resize(640, 480, "srgb", "00ff00ff")]


def test_sharpening_and_flattening_are_one_step() -> None:
    clear, jpeg = Facts("png", 640, 480, alpha=True), Encode("jpeg", 80)
    steps = settle(Plan.chain(Decode(), Fit(sharpen=9.0), jpeg), [clear]).steps()
    assert list(steps)[1] == Resize(640, 480, matte="ffffffff", sharpen=9.0)
