"""Overlay and Caption: clipping, colours, opacity, gravity, and text that is only text."""

import pytest
import pyvips

from edge.errors import BadRequest
from edge.imaging import run
from edge.imaging.capabilities import capabilities
from edge.imaging.caption import LENGTH
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import Blur, Caption, Crop, Decode, Encode, Overlay, Point, Resize, Step
from edge.plan.work import Source
from tests import pictures
from tests.edge.imaging.conftest import Make, difference, look, near

# Without a palette: bands and pixels as they were made.
NEEDS_FONT = pytest.mark.needs("a font", "fonts-dejavu-core")
PLAIN = Encode("png", tuning=(("png.plain", 1.0),))


@pytest.fixture(name="make")
def plainly(make: Make) -> Make:
    return lambda body, *steps, **options: make(body, *steps, **{"to": PLAIN, **options})


def over(base: bytes, mark: bytes, step: Overlay, *, size: tuple[int, int] | None = None) -> bytes:
    """The mark, perhaps resized, laid over the base."""
    marked = [Node(Decode(1)), *([Node(Resize(*size), (1,))] if size else [])]
    nodes = [Node(Decode()), *marked, Node(step, (0, len(marked))), Node(PLAIN, (len(marked) + 1,))]
    return run(Plan(tuple(nodes)), [Source(base), Source(mark)], Limits()).body


def opened(body: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(body, "")


def test_an_opaque_mark_covers_and_the_base_stays_opaque() -> None:
    image = opened(over(pictures.plain(20, 10, pictures.BLUE), pictures.plain(4, 3, pictures.RED), Overlay(5, 6)))
    assert image.bands == 3
    assert image(4, 6) == image(9, 6) == image(5, 5) == image(5, 9) == list(pictures.BLUE)
    assert image(5, 6) == image(8, 8) == list(pictures.RED)


def test_opacity_mixes_as_stored() -> None:
    image = opened(over(pictures.plain(8, 8, (0, 0, 0)), pictures.plain(8, 8, (200, 100, 50)), Overlay(0, 0, 0.5)))
    assert image(3, 3) == [100, 50, 25]


@pytest.mark.parametrize("step", [Overlay(0, 0, 0.0), Overlay(20, 0), Overlay(-4, 0), Overlay(0, 10), Overlay(0, -3)])
def test_a_mark_that_cannot_be_seen_changes_nothing(step: Overlay) -> None:
    base = pictures.photo(20, 10, "png")
    assert difference(opened(over(base, pictures.plain(4, 3, pictures.RED), step)), opened(base)) == 0


@pytest.mark.parametrize(("base", "mark", "bands"), [(1, 1, 1), (1, 3, 3), (3, 1, 3), (2, 1, 2), (1, 2, 1), (4, 2, 4)])
def test_grey_stays_grey_unless_colour_comes(base: int, mark: int, bands: int) -> None:
    """By the number of bands: grey, grey and alpha, RGB, RGB and alpha."""
    bodies = [
        (pyvips.Image.black(9, 9, bands=count) + [90, 120, 150, 200][:count])
        .cast("uchar")
        .copy(interpretation="b-w" if count < 3 else "srgb")
        .write_to_buffer(".png")
        for count in (base, mark)
    ]
    assert opened(over(bodies[0], bodies[1], Overlay(2, 2))).bands == bands


def test_a_transparent_base_shows_the_mark_as_it_is() -> None:
    clear, mark = pictures.plain(9, 9, (1, 2, 3, 0)), pictures.plain(4, 4, (200, 100, 50, 128))
    image = opened(over(clear, mark, Overlay(2, 2)))
    assert image(3, 3) == [200, 100, 50, 128]
    assert image(0, 0)[3] == 0


def test_a_mark_is_resized_by_its_own_chain() -> None:
    image = opened(over(pictures.plain(40, 40, pictures.BLUE), pictures.photo(900, 700), Overlay(4, 6), size=(9, 7)))
    mark = look_resized(pictures.photo(900, 700), 9, 7)
    assert difference(image.crop(4, 6, 9, 7), mark) < 1
    assert image(13, 6) == image(4, 13) == list(pictures.BLUE)


def look_resized(body: bytes, width: int, height: int) -> pyvips.Image:
    plan = Plan.chain(Decode(), Resize(width, height), PLAIN)
    return opened(run(plan, [Source(body)], Limits()).body)


def test_a_wide_gamut_base_gets_the_mark_in_its_colours() -> None:
    """Converted back from Display P3, the mark is the sRGB colour that it was."""
    base = pictures.display_p3(20, 20)
    nodes = (Node(Decode()), Node(Decode(1)), Node(Overlay(5, 5), (0, 1)), Node(Encode("png", gamut="p3"), (2,)))
    red = pictures.plain(9, 9, (200, 30, 40))
    image = opened(run(Plan(nodes), [Source(base), Source(red)], Limits()).body)
    assert image.get_typeof("icc-profile-data")
    assert near(image.icc_transform("srgb", embedded=True)(7, 7), (200, 30, 40), 2)


def test_a_picture_over_itself_is_read_once() -> None:
    """A stream that two steps need: the soft copy and the sharp one are of the same pixels."""
    nodes = (
        Node(Decode()),
        Node(Blur(9.0), (0,)),
        Node(Crop(50, 40, 60, 50), (0,)),
        Node(Overlay(50, 40), (1, 2)),
        Node(PLAIN, (3,)),
    )
    body = pictures.photo(400, 300)
    image = opened(run(Plan(nodes), [Source(body)], Limits()).body)
    assert difference(image.crop(50, 40, 60, 50), opened(body).crop(50, 40, 60, 50)) == 0
    assert difference(image.crop(0, 100, 400, 100), opened(body).crop(0, 100, 400, 100)) > 1


def test_a_mark_that_was_not_sent_is_told() -> None:
    nodes = (Node(Decode()), Node(Decode(1)), Node(Overlay(0, 0), (0, 1)), Node(PLAIN, (2,)))
    with pytest.raises(BadRequest, match="an input below 1"):
        run(Plan(nodes), [Source(pictures.photo(8, 8))], Limits())


# ------------------------------------------------------------------------------------------------------------ captions

PAPER = pictures.plain(200, 80, (0, 0, 0))


def inked(make: Make, step: Caption, body: bytes = PAPER) -> tuple[pyvips.Image, tuple[int, int, int, int]]:
    """The picture, and left, top, width and height of what is no longer black."""
    image = look(make(body, step))
    columns, rows = ((image if image.bands < 3 else image.extract_band(0, n=3)) > 20).bandor().project()
    across = [at for at in range(image.width) if columns(at, 0)[0]]
    down = [at for at in range(image.height) if rows(0, at)[0]]
    return image, (across[0], down[0], across[-1] - across[0] + 1, down[-1] - down[0] + 1)


@NEEDS_FONT
def test_sizes_are_pixels(make: Make) -> None:
    """A capital of a common typeface is 0.6 to 0.85 of its size high."""
    for size in (16.0, 32.0, 64.0):
        _, (_, _, _, height) = inked(make, Caption("H", size=size, margin=0))
        assert 0.6 * size - 1 <= height <= 0.85 * size + 1


@pytest.mark.parametrize(
    ("gravity", "left", "top"),
    [((0.0, 0.0), 10, 10), ((100.0, 100.0), None, None), ((None, None), "middle", "middle"), ((100.0, 0.0), None, 10)],
)
def test_gravity_is_inside_the_margin(
    make: Make, gravity: tuple[float | None, float | None], left: object, top: object
) -> None:
    _, box = inked(make, Caption("Hxj", size=20, margin=10, gravity=Point(*gravity)))
    for start, length, whole, wanted in ((box[0], box[2], 200, left), (box[1], box[3], 80, top)):
        expected = {10: 10, None: whole - 10 - length, "middle": (whole - length) / 2}[wanted]  # type: ignore[index]
        assert abs(start - expected) <= 1.5


@NEEDS_FONT
def test_a_long_text_is_made_smaller(make: Make) -> None:
    _, (left, _, width, height) = inked(make, Caption("Copyright by somebody with a name", size=60, margin=15))
    assert left >= 15
    assert 150 <= width <= 170
    assert height < 20


@NEEDS_FONT
def test_a_large_text_is_made_lower(make: Make) -> None:
    _, (_, top, _, height) = inked(make, Caption("Hj", size=1e9, margin=5))
    assert top >= 5
    assert 60 <= height <= 70


@NEEDS_FONT
@pytest.mark.parametrize("text", ["<b>x</b>", "a & b", "&lt;", "<span size='99999'>x", "</", "%s", "\\n"])
def test_markup_is_text(make: Make, text: str) -> None:
    """It is written out: as wide as as many letters, and never what the markup would do."""
    _, (_, _, width, height) = inked(make, Caption(text, font="monospace", size=12, margin=0))
    one = inked(make, Caption("a", font="monospace", size=12, margin=0))[1]
    assert len(text) * 7 - 7 <= width <= len(text) * 8
    assert height < 3 * one[3]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0", "\x01\x02", "\ud800"])
def test_a_text_of_nothing_leaves_the_picture(make: Make, text: str) -> None:
    assert difference(look(make(PAPER, Caption(text))), opened(PAPER)) == 0


def test_controls_and_line_breaks_are_no_letters(make: Make) -> None:
    plain = look(make(PAPER, Caption("ab cd")))
    assert difference(look(make(PAPER, Caption("a\0b\n\tc\x1bd\ud800"))), plain) == 0


def test_text_beyond_the_limit_is_cut(make: Make) -> None:
    """And costs no more than the limit."""
    cut = look(make(PAPER, Caption("m" * LENGTH)))
    assert difference(look(make(PAPER, Caption("m" * 100_000))), cut) == 0


@NEEDS_FONT
@pytest.mark.parametrize("font", ["No Such Font", "", "\0", "sans 9999", "<b>", "a" * 5000, "sans, serif bold italic"])
def test_a_font_that_is_not_there_falls_back(make: Make, font: str) -> None:
    _, (_, _, _, height) = inked(make, Caption("H", font=font, size=32, margin=0))
    assert 16 <= height <= 30


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (15, 15)])
def test_a_picture_smaller_than_its_caption_keeps_its_size(make: Make, size: tuple[int, int]) -> None:
    made = make(pictures.plain(*size, (0, 0, 0)), Caption("Somewhat longer than that", margin=10))
    assert (look(made).width, look(made).height) == size


def test_a_grey_picture_takes_grey_letters_and_turns_for_coloured_ones(make: Make) -> None:
    paper = pictures.plain(100, 40, (0,))
    assert look(make(paper, Caption("HHH", colour="c0c0c0ff"))).bands == 1
    image = look(make(paper, Caption("HHH", colour="e01020ff", opacity=0.5)))
    assert image.bands == 3
    assert near([image[band].max() for band in range(3)], (112, 8, 16), 3)


@pytest.mark.parametrize("steps", [(Caption("edge"),), (Caption("edge", font="serif", opacity=0.3), Caption("two"))])
def test_captions_are_the_same_every_time(make: Make, steps: tuple[Step, ...]) -> None:
    assert capabilities()
    assert make(PAPER, *steps).body == make(PAPER, *steps).body
