"""Effects beyond what tests/golden compares: kinds of pictures, odd settings, streams, memory."""

import subprocess
import sys

import pytest
import pyvips

from edge.errors import BadRequest
from edge.imaging import effects
from edge.plan.steps import Balance, Blur, Caption, Crop, Dot, Encode, Pixelate, Recolour, Resize, Round, Step, Turn
from tests import pictures
from tests.edge.imaging.conftest import Make, difference, look, near

PLAIN = Encode("png", tuning=(("png.plain", 1.0),))
SAME = (1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0)
TINTED = (1, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0)
FADED = (1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0.5, 0)
ALL: tuple[Step, ...] = (
    Round((20.0, 20.0, 20.0, 20.0)),
    Recolour(TINTED),
    Balance(),
    Blur(1.5),
    Blur(30.0),
    Pixelate(7),
    Caption("edge"),
    Dot(),
)


@pytest.fixture(name="make")
def plainly(make: Make) -> Make:
    return lambda body, *steps, **options: make(body, *steps, **{"to": PLAIN, **options})


def bands(count: int, width: int = 30, height: int = 20) -> bytes:
    """A picture of 1 or 2 (grey), 3 or 4 (colour) bands, the even ones with alpha."""
    image = pictures.pixels(width, height)
    image = image[1] if count < 3 else image
    image = image.bandjoin(pyvips.Image.xyz(width, height)[0].cast("uchar") + 100) if count in (2, 4) else image
    body: bytes = image.cast("uchar").copy(interpretation="b-w" if count < 3 else "srgb").write_to_buffer(".png")
    return body


@pytest.mark.parametrize(
    ("step", "become"),
    [
        (Recolour(SAME), {1: 1, 2: 2, 3: 3, 4: 4}),
        (Recolour(TINTED), {1: 3, 2: 4, 3: 3, 4: 4}),
        (Recolour(FADED), {1: 2, 2: 2, 3: 4, 4: 4}),
        (Round((50.0, 50.0, 50.0, 50.0)), {1: 2, 2: 2, 3: 4, 4: 4}),
        (Round((50.0, 50.0, 50.0, 50.0), "808080ff"), {1: 1, 2: 2, 3: 3, 4: 4}),
        (Round((50.0, 50.0, 50.0, 50.0), "8080f0ff"), {1: 3, 2: 4, 3: 3, 4: 4}),
        (Round((50.0, 50.0, 50.0, 50.0), "80808080"), {1: 2, 2: 2, 3: 4, 4: 4}),
        (Balance(), {1: 1, 2: 2, 3: 3, 4: 4}),
        (Blur(3.0), {1: 1, 2: 2, 3: 3, 4: 4}),
        (Pixelate(3), {1: 1, 2: 2, 3: 3, 4: 4}),
        (Dot(), {1: 3, 2: 4, 3: 3, 4: 4}),
    ],
)
def test_pictures_gain_bands_only_where_they_must(make: Make, step: Step, become: dict[int, int]) -> None:
    assert {count: look(make(bands(count), step)).bands for count in become} == become


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3), (4, 4), (97, 5)])
@pytest.mark.parametrize("step", ALL)
def test_every_size_keeps_its_size(make: Make, step: Step, size: tuple[int, int]) -> None:
    for count in (1, 2, 3, 4):
        image = look(make(bands(count, *size), step))
        assert (image.width, image.height) == size


@pytest.mark.parametrize("step", ALL)
@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "gif", "tiff"])
def test_streams_can_be_under_every_effect(make: Make, format: str, step: Step) -> None:
    """From a stream the same as from a picture in memory, upright or not, whole or cropped."""
    body = pictures.photo(301, 1203, format)
    for before in ((), (Turn(3),), (Crop(10, 500, 280, 600),)):
        streamed = look(make(body, *before, step))
        held = look(make(look(make(body, *before)).write_to_buffer(".png"), step))
        assert difference(streamed, held) == 0


@pytest.mark.parametrize("step", ALL)
def test_animations_stream_through_every_effect(make: Make, step: Step) -> None:
    """Each frame is what it would be alone; white balance is the same for all of them by intent."""
    body = pictures.animated(60, 50, 5, delays=(50, 60, 70, 80, 90), loop=3)
    still = Encode("webp", lossless=True)
    image = look(make(body, step, to=still), n=-1)
    assert (image.get("n-pages"), image.get("delay"), image.get("loop")) == (5, [50, 60, 70, 80, 90], 3)
    if not isinstance(step, Balance):
        for frame in range(5):
            alone = look(make(body, step, frame=frame))
            part = image.crop(0, 50 * frame, 60, 50)
            same = [one.flatten() if one.hasalpha() else one for one in (alone, part)]
            assert difference(*same) < 0.5


@pytest.mark.parametrize("step", ALL)
def test_effects_are_the_same_every_time(make: Make, step: Step) -> None:
    body = pictures.with_alpha(90, 70)
    assert make(body, Resize(60, 50), step).body == make(body, Resize(60, 50), step).body


@pytest.mark.parametrize("matrix", [(), SAME[:-1], (*SAME, 0.0), (float("nan"), *SAME[1:]), (*SAME[:-1], float("inf"))])
def test_a_matrix_that_is_none_is_refused(make: Make, matrix: tuple[float, ...]) -> None:
    with pytest.raises(BadRequest, match="Expected 20 numbers for a colour matrix"):
        make(bands(3), Recolour(matrix))


@pytest.mark.parametrize("step", [Blur(0.0), Blur(-3.0), Blur(float("nan")), Pixelate(1), Pixelate(0), Pixelate(-4)])
def test_what_asks_for_nothing_changes_nothing(make: Make, step: Step) -> None:
    assert difference(look(make(bands(3), step)), look(make(bands(3)))) == 0


@pytest.mark.parametrize("radii", [(0.0,) * 4, (-5.0,) * 4, (float("nan"),) * 4])
def test_corners_of_no_radius_stay(make: Make, radii: tuple[float, float, float, float]) -> None:
    assert difference(look(make(bands(3), Round(radii))), look(make(bands(3)))) == 0


def test_a_pill_is_as_round_as_can_be(make: Make) -> None:
    """Its area is that of a disc and what lies between its halves; more than 100 is 100."""
    for radius in (100.0, 250.0, float("inf")):
        alpha = look(make(pictures.plain(400, 200, pictures.RED), Round((radius,) * 4)))[3]
        assert abs(alpha.avg() / 255 * 400 * 200 - (3.14159 * 100**2 + 200 * 200)) < 30


def test_each_corner_has_its_own_radius(make: Make) -> None:
    alpha = look(make(pictures.plain(200, 200, pictures.RED), Round((100.0, 50.0, 20.0, 0.0))))[3]
    cuts = [alpha.crop(left, top, 100, 100).avg() for left, top in ((0, 0), (100, 0), (100, 100), (0, 100))]
    for cut, radius in zip(cuts, (100, 50, 20, 0), strict=True):
        assert abs((1 - cut / 255) * 100**2 - (1 - 3.14159 / 4) * radius**2) < 8


def test_balance_leaves_one_level_as_it_is(make: Make) -> None:
    image = look(make(pictures.plain(9, 9, (70, 80, 90)), Balance(0.006)))
    assert image(3, 3) == [70, 80, 90]


@pytest.mark.parametrize("clip", [0.5, 0.9, 1.0, 7.0])
def test_balance_that_clips_everything_changes_nothing(make: Make, clip: float) -> None:
    assert difference(look(make(bands(3), Balance(clip))), look(make(bands(3)))) == 0


def test_balance_does_not_look_at_what_is_hidden(make: Make) -> None:
    """Under no opacity lie black and white; what shows goes from 100 to 150, and is stretched."""
    grey = (pyvips.Image.xyz(51, 4)[0] + 100).cast("uchar")
    image = grey.bandjoin([grey, grey, 255]).cast("uchar").copy(interpretation="srgb")
    hidden = image.new_from_image([0, 255, 0, 0]).copy(interpretation="srgb")
    body = image.join(hidden, "vertical").write_to_buffer(".png")
    stretched = look(make(body, Balance(0.0)))
    assert stretched(0, 0)[:3] == [0, 0, 0]
    assert stretched(50, 0)[:3] == [255, 255, 255]


@pytest.mark.parametrize("sigma", [0.3, 2.0, 3.9, 4.0, 9.0, 40.0, 1e6])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_blurring_a_colour_gives_the_colour(make: Make, sigma: float, count: int) -> None:
    colour = (90, 200, 40, 120)[:count] if count > 2 else (90, 120)[:count]
    body = (
        (pyvips.Image.black(61, 47, bands=count) + list(colour))
        .cast("uchar")
        .copy(interpretation="b-w" if count < 3 else "srgb")
        .write_to_buffer(".png")
    )
    image = look(make(body, Blur(sigma)))
    assert all(image[band].min() == image[band].max() for band in range(count))
    assert near(image(5, 5), colour, 1)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 7.0, 20.0])
def test_an_edge_becomes_a_bell_of_that_width(make: Make, sigma: float) -> None:
    """Half its height at the edge, and 84 % a sigma further on."""
    edge = (pyvips.Image.xyz(401, 9)[0] >= 200).ifthenelse(255, 0).cast("uchar").write_to_buffer(".png")
    image = look(make(edge, Blur(sigma)))
    row = [image(x, 4)[0] for x in range(401)]
    place = next(x for x in range(401) if row[x] >= 0.8413 * 255)
    assert abs((row[199] + row[200]) / 2 - 127.5) < 2
    assert abs(place - 199.5 - sigma) <= max(1.0, 0.06 * sigma)
    assert row == sorted(row)


def test_the_dot_is_exactly_three_by_three(make: Make) -> None:
    image = look(make(pictures.plain(9, 4, (0, 0, 0)), Dot()))
    assert image[0].avg() * 9 * 4 == 255 * 9
    assert image(6, 1) == image(8, 3) == [255, 0, 0]
    for size in ((3, 9), (9, 3)):
        assert look(make(pictures.plain(*size, (0, 0, 0)), Dot())).max() == 0


def test_frames_without_a_stream_are_left_alone() -> None:
    """What changes nothing gives the frames themselves."""
    frames = (pyvips.Image.black(9, 9).copy(interpretation="b-w"),)
    assert effects.blurred(frames, Blur(0)) is frames
    assert effects.pixelated(frames, Pixelate(1)) is frames
    assert effects.rounded(frames, Round((0.0, 0.0, 0.0, 0.0))) is frames


_PEAK = """
import resource, sys
from edge.imaging import run
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.steps import *
from edge.plan.work import Source
body = sys.stdin.buffer.read()
def peak(*steps):
    run(Plan.chain(Decode(), Resize(4000, 3000, "srgb"), *steps, Encode("jpeg")), [Source(body)], Limits())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
print((peak(*eval(sys.argv[1])) - before) / (4000 * 3000 * 3 / 1024))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told in KiB on Linux only")
def test_many_effects_hold_few_copies() -> None:
    """Peak memory, in copies of the picture, beyond what it takes without effects."""
    steps = "(Recolour((1.1, 0, 0, 0, 0, 0, .9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0)), Balance(), Blur(2.0), Blur(20.0), Pixelate(3), Balance(), Round((9.0,) * 4), Caption('x'), Dot())"  # noqa: E501
    done = subprocess.run(  # our own interpreter, our own text
        [sys.executable, "-c", _PEAK, steps], input=pictures.photo(1000, 750), capture_output=True, check=True
    )
    assert float(done.stdout) < 4.5
