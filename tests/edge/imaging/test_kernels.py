"""Where resampled pixels lie: enlarged ones against plain Python, shrunk ones against a ramp, both against a mirror."""

import array
import math
import random
from collections.abc import Callable, Sequence
from typing import get_args

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.imaging import kernels, resize
from edge.imaging.geometry import View
from edge.imaging.picture import Picture
from edge.plan.facts import Limits
from edge.plan.steps import Kernel, Light, Resize
from tests import pictures

KERNELS: tuple[Kernel, ...] = get_args(Kernel)
LIGHTS: tuple[Light, ...] = get_args(Light)
WEIGHTED = tuple(kernel for kernel in KERNELS if kernel != "nearest")
LOBED = tuple(kernel for kernel in KERNELS if kernel not in ("box", "nearest", "linear"))

Taps = list[tuple[int, float]]


def _noise(width: int, height: int, bands: int = 1) -> pyvips.Image:
    body = random.Random(7).randbytes(width * height * bands)
    kind = "srgb" if bands > 2 else "b-w"
    return pyvips.Image.new_from_memory(body, width, height, bands, "uchar").copy(interpretation=kind)


def _rows(image: pyvips.Image) -> list[Sequence[float]]:
    """One band's values, row by row."""
    values = array.array("d")
    values.frombytes(image.cast("double").write_to_memory())
    return [values[at : at + image.width] for at in range(0, len(values), image.width)]


def _apart(one: pyvips.Image, other: pyvips.Image) -> float:
    """The largest difference."""
    assert (one.width, one.height, one.bands) == (other.width, other.height, other.bands)
    return float((one.copy_memory() - other.copy_memory()).abs().max())


# --- plain Python: pixel i of a result k times as long lies at (i + 0.5) / k - 0.5 of the source


def _nearest(place: float) -> Taps:
    """Of two equally near, the right one."""
    return [(math.floor(place + 0.5 + 1e-6), 1.0)]


def _linear(place: float) -> Taps:
    first = math.floor(place)
    return [(first, 1 - place + first), (first + 1, place - first)]


def _cubic(place: float) -> Taps:
    """Catmull and Rom's spline."""
    first = math.floor(place)
    return [(first + by, _spline(abs(place - first - by))) for by in (-1, 0, 1, 2)]


def _spline(x: float) -> float:
    return 1.5 * x**3 - 2.5 * x**2 + 1 if x < 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2


def _plainly(image: pyvips.Image, width: int, height: int, taps: Callable[[float], Taps]) -> list[list[float]]:
    """Enlarged; beyond an edge its pixels are repeated."""
    source = _rows(image)
    across, down = _line(image.width, width, taps), _line(image.height, height, taps)
    return [
        [sum(by * share * source[y][x] for y, by in rows for x, share in columns) for columns in across]
        for rows in down
    ]


def _line(length: int, made: int, taps: Callable[[float], Taps]) -> list[Taps]:
    places = [(at + 0.5) * length / made - 0.5 for at in range(made)]
    return [[(min(max(at, 0), length - 1), weight) for at, weight in taps(place)] for place in places]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["nearest", "box", "linear", "cubic"]),
    st.sampled_from([(1, 1), (1, 6), (7, 1), (5, 4), (8, 9)]),
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from(["uchar", "float"]),
)
def test_what_grows_lies_where_arithmetic_says(
    kernel: Kernel, size: tuple[int, int], across: int, down: int, kind: str
) -> None:
    """One axis or both, whole factors or not, up to the edges. libvips places bicubic weights by 64ths of a pixel."""
    image = _noise(*size).cast(kind).copy_memory()
    width, height = size[0] + across, size[1] + down
    taps, within = _TAPS[kernel]
    made = _rows(kernels.scaled(image, width / size[0], height / size[1], kernel))
    wanted = _plainly(image, width, height, taps)
    assert len(made) == height
    for row, expected in zip(made, wanted, strict=True):
        clipped = [min(max(value, 0), 255) for value in expected] if kind == "uchar" else expected
        assert row.tolist() == pytest.approx(clipped, abs=within)  # type: ignore[attr-defined]


_TAPS: dict[Kernel, tuple[Callable[[float], Taps], float]] = {
    "nearest": (_nearest, 0),
    "box": (_nearest, 0),
    "linear": (_linear, 0.6),
    "cubic": (_cubic, 6),
}


@pytest.mark.parametrize("kernel", LOBED)
def test_every_kernel_with_lobes_grows_as_the_spline(kernel: Kernel) -> None:
    image = _noise(9, 7)
    assert _apart(kernels.scaled(image, 2.5, 3, kernel), kernels.scaled(image, 2.5, 3, "cubic")) == 0


@pytest.mark.parametrize("kernel", ["linear", "cubic", "mitchell", "lanczos3", "mks2021"])
@pytest.mark.parametrize("factor", [1.5, 2, 3, 4, 16])
def test_a_ramp_that_grows_is_not_shifted(kernel: Kernel, factor: float) -> None:
    ramp = pyvips.Image.xyz(40, 4)[0].cast("float").copy_memory()
    for made in (
        kernels.scaled(ramp, factor, 1.0, kernel),
        kernels.scaled(ramp, factor, factor, kernel),
        kernels.scaled(ramp.rot90(), 1.0, factor, kernel).rot270(),
        kernels.scaled(ramp, factor, 0.5, kernel),
    ):
        row = _rows(made)[made.height // 2]
        inside = range(math.ceil(3 * factor), math.floor(37 * factor))
        assert max(abs(row[at] - ((at + 0.5) / factor - 0.5)) for at in inside) < 0.01


@pytest.mark.parametrize("kernel", LOBED)
def test_an_axis_that_keeps_its_length_is_left_alone(kernel: Kernel) -> None:
    """Columns of noise grow downwards: each stays what it was."""
    columns = _noise(50, 1).embed(0, 0, 50, 6, extend="copy").copy_memory()
    assert _apart(kernels.scaled(columns, 1.0, 3.3, kernel), columns.embed(0, 0, 50, 20, extend="copy")) <= 1


# --- shrinking


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KERNELS), st.integers(40, 900), st.integers(12, 900), st.booleans())
def test_a_ramp_that_shrinks_is_not_shifted(kernel: Kernel, length: int, made: int, upright: bool) -> None:
    """By less than a tenth of a result pixel; what is picked without weights, by half a source pixel at most."""
    made = min(made, length)
    ramp = pyvips.Image.xyz(length, 3)[0].cast("float").copy_memory()
    ratio = length / made
    if upright:
        image = kernels.scaled(ramp.rot90().copy_memory(), 1.0, 1 / ratio, kernel).rot270()
    else:
        image = kernels.scaled(ramp, 1 / ratio, 1.0, kernel)
    assert image.width == made
    row = _rows(image)[1]
    inside = [at for at in range(made) if 8 * ratio < (at + 0.5) * ratio < length - 8 * ratio]
    away = 0.5 + 1e-6 if kernel == "nearest" else 0.1 * ratio
    assert all(abs(row[at] - ((at + 0.5) * ratio - 0.5)) <= away for at in inside)


@pytest.mark.parametrize("factor", [2.5, 3, 7.3, 40])
def test_what_is_picked_is_picked_from_the_middle(factor: float) -> None:
    """In the mean, within a tenth of a result pixel: not the first pixel of each block."""
    made = 60
    ramp = pyvips.Image.xyz(round(made * factor), 1)[0].cast("float").copy_memory()
    row = _rows(kernels.scaled(ramp, 1 / factor, 1.0, "nearest"))[0]
    shifts = [row[at] - ((at + 0.5) * factor - 0.5) for at in range(made)]
    assert abs(sum(shifts)) / made <= 0.1 * factor


# --- mirrors


def _sized(image: pyvips.Image, step: Resize) -> pyvips.Image:
    picture = Picture((image,), View.whole(image.width, image.height))
    return resize.resize(picture, step, Limits()).frames[0].copy_memory()


def _mirrored(image: pyvips.Image, step: Resize) -> tuple[pyvips.Image, pyvips.Image]:
    """Made from its mirror images, and mirrored back."""
    across, down = image.fliphor().copy_memory(), image.flipver().copy_memory()
    return _sized(across, step).fliphor(), _sized(down, step).flipver()


@pytest.mark.parametrize("size", [(62, 69), (74, 40), (31, 46), (93, 23), (300, 200)])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_mirror_image_grows_to_a_mirror_image(kernel: Kernel, light: Light, size: tuple[int, int]) -> None:
    """Odd lengths: of an even one, a place can lie halfway between two pixels, and either is nearest."""
    step = Resize(*size, light, kernel=kernel)
    for bands in (1, 3):
        image = _noise(31, 23, bands)
        made = _sized(image, step)
        assert max(_apart(made, other) for other in _mirrored(image, step)) <= 1
    covered = _noise(31, 23, 3).bandjoin(_noise(31, 23) | 192).copy(interpretation="srgb").copy_memory()
    made = _sized(covered, step)
    # Two premultiplied bytes, each a level apart at most, are divided.
    assert max(_apart(made, other) for other in _mirrored(covered, step)) <= 3


@pytest.mark.parametrize("size", [(10, 4), (17, 11), (62, 11), (15, 46)])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("kernel", WEIGHTED)
def test_a_mirror_image_shrinks_to_a_mirror_image(kernel: Kernel, light: Light, size: tuple[int, int]) -> None:
    """libvips starts its boxes at the first pixel and the last may be incomplete: a smooth picture shows little of it,
    but would show a quarter of a pixel."""
    image = pyvips.Image.new_from_buffer(pictures.photo(310, 230, "png"), "").copy_memory()
    small = image.resize(0.1, kernel="mitchell").copy_memory()
    step = Resize(*size, light, kernel=kernel)
    made = _sized(small, step)
    moved = _sized(small.affine([1, 0, 0, 1], idx=0.25 * 31 / size[0], idy=0, extend="copy").copy_memory(), step)
    away = [float((made - other).abs().avg()) for other in _mirrored(small, step)]
    assert max(away) < max(1.0, float((made - moved).abs().avg()))


# --- streams


@pytest.mark.parametrize("kernel", ["nearest", "box", "linear", "lanczos3"])
@pytest.mark.parametrize("factors", [(2.0, 3.0), (1.0, 1.7), (0.3, 2.0), (2.0, 0.02), (0.1, 0.1), (0.9, 0.005)])
def test_a_stream_gives_what_memory_gives(kernel: Kernel, factors: tuple[float, float]) -> None:
    body = pictures.photo(200, 1500, "png")
    kept = pyvips.Image.new_from_buffer(body, "").copy_memory()
    stream = pyvips.Image.new_from_buffer(body, "", access="sequential")
    assert _apart(kernels.scaled(stream, *factors, kernel), kernels.scaled(kept, *factors, kernel)) == 0
