"""Every effect on every kind of picture, against the same effect in plain Python (tests/golden/reference.py)."""

from collections.abc import Callable
from typing import Any

import pytest
import pyvips

from edge.imaging import run
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Balance,
    Blur,
    Caption,
    Decode,
    Dot,
    Encode,
    Overlay,
    Pixelate,
    Point,
    Recolour,
    Round,
    Step,
)
from edge.plan.work import Source
from tests import pictures
from tests.golden import reference
from tests.golden.reference import Frame

WIDTH, HEIGHT = 26, 18
# What holds all there is. WebP moves; PNG also keeps the colours under no opacity.
MOVING, STILL = Encode("webp", lossless=True), Encode("png", tuning=(("png.plain", 1.0),))


def _grey_alpha() -> bytes:
    grey = pictures.pixels(WIDTH, HEIGHT).colourspace("b-w")
    fade = (pyvips.Image.xyz(WIDTH, HEIGHT)[1] * (255 / (HEIGHT - 1))).cast("uchar")
    body: bytes = grey.bandjoin(fade).copy(interpretation="b-w").write_to_buffer(".png")
    return body


def _inks() -> bytes:
    place = pyvips.Image.xyz(WIDTH, HEIGHT)
    inks = (place[0] * 9).bandjoin([place[1] * 13, (place[0] + place[1]) * 4, place[0] * 2]).cast("uchar")
    body: bytes = inks.copy(interpretation="cmyk").write_to_buffer(".tif")
    return body


def _moving() -> bytes:
    """Three frames of few colours, so that a palette holds them: a bar that wanders over halves, and grows."""
    frames = []
    for at in range(3):
        place = pyvips.Image.xyz(WIDTH, HEIGHT)
        halves = (place[1] > 8).ifthenelse([200, 120, 40], [30, 60, 90])
        bar = (place[0] > 5 * at + 3) & (place[0] < 8 * at + 9)
        frames.append(bar.ifthenelse([20, 220, 90], halves).cast("uchar"))
    strip = pyvips.Image.arrayjoin(frames, across=1).copy(interpretation="srgb").copy()
    strip.set_type(pyvips.GValue.gint_type, "page-height", HEIGHT)
    strip.set_type(pyvips.GValue.array_int_type, "delay", [100] * 3)
    body: bytes = strip.write_to_buffer(".gif", dither=0)
    return body


SOURCES: dict[str, bytes] = {
    "opaque": pictures.photo(WIDTH, HEIGHT, "png"),
    "alpha": pictures.with_alpha(WIDTH, HEIGHT),
    "grey": pictures.gray(WIDTH, HEIGHT, "png"),
    "grey and alpha": _grey_alpha(),
    "CMYK": _inks(),
    "animated": _moving(),
    **{f"orientation {at}": pictures.corners(WIDTH, HEIGHT, at, "png") for at in range(1, 9)},
}
SEPIA = (0.393, 0.769, 0.189, 0, 0, 0.349, 0.686, 0.168, 0, 0, 0.272, 0.534, 0.131, 0, 0, 0, 0, 0, 1, 0)
INVERT = (-1, 0, 0, 0, 1, 0, -1, 0, 0, 1, 0, 0, -1, 0, 1, 0, 0, 0, 1, 0)
GREY = (0.2125, 0.7154, 0.0721, 0, 0) * 3 + (0, 0, 0, 1, 0)
HALF = (1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0.5, 0)
BRIGHT = (1.4, 0, 0, 0, 0.1, 0, 1.4, 0, 0, 0.1, 0, 0, 1.4, 0, 0.1, 0, 0, 0, 1, 0)
BY_ALPHA = (1, 0, 0, -0.3, 0.2, 0, 0.5, 0, 0.2, 0, 0, 0, 1, 0, 0, 0.3, 0, 0, 0.6, 0)

# Where an effect has nothing to do: grey is grey.
IDLE = {("grey", "grey"), ("grey", "grey and alpha")}

Work = Callable[[list[Frame]], list[Frame]]


def _each(work: Callable[..., Frame], *settings: Any) -> Work:
    return lambda frames: [work(frame, *settings) for frame in frames]


# The step, the same in plain Python, and how far apart they may be, in levels of 255.
EFFECTS: dict[str, tuple[Step, Work, float]] = {
    "sepia": (Recolour(SEPIA), _each(reference.recoloured, SEPIA), 1.0),
    "invert": (Recolour(INVERT), _each(reference.recoloured, INVERT), 1.0),
    "grey": (Recolour(GREY), _each(reference.recoloured, GREY), 1.0),
    "half": (Recolour(HALF), _each(reference.recoloured, HALF), 1.0),
    "bright": (Recolour(BRIGHT), _each(reference.recoloured, BRIGHT), 1.0),
    "by alpha": (Recolour(BY_ALPHA), _each(reference.recoloured, BY_ALPHA), 2.0),
    "balance": (Balance(0.006), lambda frames: reference.balanced(frames, 0.006), 1.0),
    "balance, much": (Balance(0.1), lambda frames: reference.balanced(frames, 0.1), 1.0),
    "blur 0.7": (Blur(0.7), _each(reference.blurred, 0.7), 2.0),
    "blur 2": (Blur(2.0), _each(reference.blurred, 2.0), 2.0),
    "blur 5": (Blur(5.0), _each(reference.blurred, 5.0), 4.0),
    "pixelate 4": (Pixelate(4), _each(reference.pixelated, 4), 1.5),
    "pixelate 13": (Pixelate(13), _each(reference.pixelated, 13), 1.5),
    "pixelate 99": (Pixelate(99), _each(reference.pixelated, 99), 1.5),
    "round": (Round((30.0, 30.0, 30.0, 30.0)), _each(reference.rounded, (30, 30, 30, 30), (0, 0, 0, 0)), 12.0),
    "pill": (Round((100.0, 100.0, 100.0, 100.0)), _each(reference.rounded, (100,) * 4, (0, 0, 0, 0)), 12.0),
    "corners on blue": (
        Round((0.0, 20.0, 60.0, 100.0), "2040e0ff"),
        _each(reference.rounded, (0, 20, 60, 100), (0x20, 0x40, 0xE0, 255)),
        12.0,
    ),
    "corners on half grey": (
        Round((50.0, 0.0, 0.0, 70.0), "80808080"),
        _each(reference.rounded, (50, 0, 0, 70), (128, 128, 128, 128)),
        12.0,
    ),
    "dot": (Dot(), _each(reference.dotted), 0.0),
}


def out(body: bytes) -> Encode:
    return MOVING if body[:3] == b"GIF" else STILL


def made(body: bytes, *steps: Step) -> list[Frame]:
    return reference.frames(run(Plan.chain(Decode(), *steps, out(body)), [Source(body)], Limits()).body)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("effect", EFFECTS)
def test_an_effect_is_what_plain_python_makes_of_it(effect: str, source: str) -> None:
    step, work, within = EFFECTS[effect]
    before = made(SOURCES[source])
    wanted, got = work(before), made(SOURCES[source], step)
    assert len(got) == len(before)
    assert max(reference.far(one, other) for one, other in zip(got, wanted, strict=True)) <= within
    assert (effect, source) in IDLE or max(map(reference.far, got, before)) > 0.5


def test_all_orientations_show_one_picture() -> None:
    """The yardstick of the others: what an effect is compared with is upright."""
    for effect, (step, _, _) in EFFECTS.items():
        upright = made(SOURCES["orientation 1"], step)[0]
        for at in range(2, 9):
            assert reference.far(made(SOURCES[f"orientation {at}"], step)[0], upright) == 0, (effect, at)


def test_frames_differ_and_stay_in_order() -> None:
    before, after = made(SOURCES["animated"]), made(SOURCES["animated"], Blur(2.0))
    assert len(before) == 3
    for at, frame in enumerate(after):
        distances = [reference.far(reference.blurred(other, 2.0), frame) for other in before]
        assert distances.index(min(distances)) == at


MARKS: dict[str, bytes] = {
    "opaque": pictures.photo(9, 7, "png"),
    "alpha": pictures.with_alpha(9, 7),
    "grey": pictures.gray(9, 7, "png"),
    "CMYK": pictures.cmyk(9, 7, (40, 10, 200, 30), "tiff"),
    "animated": pictures.animated(9, 7, 2),
    "orientation 6": pictures.corners(7, 9, 6, "png"),
}


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("source", SOURCES)
def test_a_mark_is_laid_over_every_frame(source: str, mark: str) -> None:
    """Inside, over each corner, and with less than its own opacity."""
    before, marks = made(SOURCES[source]), made(MARKS[mark])
    for step in (Overlay(5, 4), Overlay(-4, -3, 0.7), Overlay(21, 13, 0.4), Overlay(-2, 14), Overlay(20, -5, 1.0)):
        nodes = (Node(Decode()), Node(Decode(1)), Node(step, (0, 1)), Node(out(SOURCES[source]), (2,)))
        body = run(Plan(nodes), [Source(SOURCES[source]), Source(MARKS[mark])], Limits()).body
        got = reference.frames(body)
        # Of a mark that moves too, its frames go along until the last one stays.
        over = [marks[min(at, len(marks) - 1)] for at in range(len(before))]
        wanted = [
            reference.laid(frame, each, step.left, step.top, step.opacity)
            for frame, each in zip(before, over, strict=True)
        ]
        assert len(got) == len(before)
        assert max(reference.far(one, other) for one, other in zip(got, wanted, strict=True)) <= 1.0


@pytest.mark.needs("a font", "fonts-dejavu-core")
@pytest.mark.parametrize("source", SOURCES)
def test_a_caption_touches_its_corner_only(source: str) -> None:
    """Between the margins, in its colour where letters are, the same on every frame."""
    before = made(SOURCES[source])
    got = made(SOURCES[source], Caption("HI", size=9, colour="ff0080ff", margin=2, gravity=Point(100.0, 100.0)))
    for old, new in zip(before, got, strict=True):
        changed = [
            (x, y) for x in range(WIDTH) for y in range(HEIGHT) if reference.far(_spot(old, x, y), _spot(new, x, y)) > 1
        ]
        assert changed
        assert {x for x, _ in changed} <= set(range(WIDTH // 2, WIDTH - 2))
        assert {y for _, y in changed} <= set(range(HEIGHT // 2 - 2, HEIGHT - 2))
        inked = max(changed, key=lambda place: -reference.far(_spot(new, *place), Frame(1, [(255, 0, 128, 255)])))
        assert reference.far(_spot(new, *inked), Frame(1, [(255, 0, 128, 255)])) < 100


def _spot(frame: Frame, x: int, y: int) -> Frame:
    return Frame(1, [frame.at(x, y)])
