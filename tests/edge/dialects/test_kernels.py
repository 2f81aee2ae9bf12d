"""Filters and the kernels that stand for them."""

from typing import get_args

import pytest

from edge.dialects.kernels import FILTERS, KERNELS
from edge.plan.steps import Kernel

NAMES = """
robidoux robidoux_fast robidoux_sharp ginseng ginseng_sharp lanczos lanczos_sharp lanczos_2 lanczos_2_sharp cubic
cubic_sharp catmull_rom mitchell cubic_b_spline hermite jinc triangle linear box fastest n_cubic n_cubic_sharp
"""


def test_every_filter_of_the_language_has_a_kernel_and_a_reason() -> None:
    assert [row.name for row in FILTERS] == NAMES.split()
    assert {row.kernel for row in FILTERS} <= set(get_args(Kernel))
    assert all(row.reason.endswith(".") and len(row.reason) > 10 for row in FILTERS)


@pytest.mark.parametrize("name", NAMES.split())
def test_underscores_may_be_left_out(name: str) -> None:
    assert KERNELS[name] == KERNELS[name.replace("_", "")]


@pytest.mark.parametrize("name", ["box", "triangle", "linear", "hermite"])
def test_what_has_no_lobes_gets_a_kernel_without(name: str) -> None:
    assert KERNELS[name] in ("box", "linear")


@pytest.mark.parametrize(
    ("name", "kernel"),
    [("lanczos", "lanczos3"), ("lanczos_2", "lanczos2"), ("catmull_rom", "cubic"), ("mitchell", "mitchell")],
)
def test_what_libvips_has_too_is_the_same(name: str, kernel: Kernel) -> None:
    assert KERNELS[name] == kernel
