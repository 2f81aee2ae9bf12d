"""Moving pictures: delays and loops survive, equal frames cost nothing, drawings stay drawings, nothing balloons."""

from pathlib import Path

import pytest
import pyvips

from edge.errors import EdgeError
from edge.plan.steps import Crop, Encode, Mirror, Pad, Resize, Turn
from edge.plan.work import Made
from tests import pictures
from tests.edge.imaging.conftest import Make, difference, look, near

MOVING = ("gif", "webp")


def strip(frames: list[pyvips.Image], format: str, delays: list[int] | None = None, loop: int = 0) -> bytes:
    image = pyvips.Image.arrayjoin(frames, across=1).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    image.set_type(pyvips.GValue.array_int_type, "delay", delays or [100] * len(frames))
    image.set_type(pyvips.GValue.gint_type, "loop", loop)
    options = {"lossless": True} if format == "webp" else {"dither": 0}
    body: bytes = pyvips.Operation.call(f"{format}save_buffer", image, **options)
    return body


def ball(at: int, alpha: bool = False, width: int = 120, height: int = 80) -> pyvips.Image:
    """A red square that moves over white, or over nothing."""
    ground = pyvips.Image.black(width, height).new_from_image([255, 255, 255, 0 if alpha else 255])
    square = pyvips.Image.black(20, 20).new_from_image([220, 30, 40, 255])
    image = ground.insert(square, at, 30).cast("uchar").copy(interpretation="srgb")
    return image if alpha else image.extract_band(0, n=3)


def frames(made: Made) -> list[pyvips.Image]:
    image = look(made, n=-1)
    height = image.get("page-height") if image.get_typeof("page-height") else image.height
    return [image.crop(0, top, image.width, height) for top in range(0, image.height, height)]


def seconds(body: bytes) -> int:
    return sum(pyvips.Image.new_from_buffer(body, "", n=-1).get("delay"))


@pytest.mark.parametrize("to", MOVING)
@pytest.mark.parametrize("source", MOVING)
def test_delays_and_loop_survive(make: Make, source: str, to: str) -> None:
    body = strip([ball(at) for at in (0, 20, 40)], source, [50, 120, 300], 5)
    made = make(body, Resize(60, 40), to=to)
    image = look(made, n=-1)
    assert image.get("delay") == [50, 120, 300]
    assert image.get("loop") == 5
    assert (made.frames, made.width, made.height) == (3, 60, 40)


@pytest.mark.parametrize("to", MOVING)
def test_equal_frames_may_become_one_that_is_shown_as_long(make: Make, to: str) -> None:
    still, moved = ball(0), ball(50)
    body = strip([still, still, still, moved], "webp", [100, 200, 300, 400])
    made = make(body, Resize(60, 40), to=to)
    assert seconds(made.body) == 1000
    assert made.frames == len(frames(made)) <= 4


@pytest.mark.parametrize("to", MOVING)
@pytest.mark.parametrize("source", MOVING)
def test_nothing_of_an_earlier_frame_shines_through(make: Make, source: str, to: str) -> None:
    body = strip([ball(at, alpha=True) for at in (0, 40, 80)], source)
    made = make(body, to=Encode(to, 95))
    seen = frames(made)
    assert len(seen) == 3
    for number, image in enumerate(seen):
        for place in range(3):
            pixel = image(place * 40 + 10, 40)
            assert (pixel[3] > 200) is (place == number)


@pytest.mark.parametrize("to", MOVING)
@pytest.mark.parametrize("step", [Crop(10, 10, 60, 40), Turn(1), Mirror("x"), Pad(5, 5, 130, 90, "102030ff")])
def test_every_frame_passes_every_step(make: Make, step: Crop, to: str) -> None:
    body = strip([ball(at) for at in (0, 30, 60)], "gif")
    made = make(body, step, to=Encode(to, 95))
    alone = [look(make(body, step, frame=number)) for number in range(3)]
    for one, other in zip(frames(made), alone, strict=True):
        assert difference(one.extract_band(0, n=3), other.extract_band(0, n=3)) < 4


@pytest.mark.parametrize("to", ["jpeg", "png", "avif"])
def test_formats_that_cannot_move_show_the_first_frame(make: Make, to: str) -> None:
    body = strip([ball(0), ball(60)], "gif")
    made = make(body, to=to)
    assert made.frames == 1
    assert near(look(made)(10, 40), (220, 30, 40), 40)


@pytest.mark.parametrize("to", MOVING)
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_drawing_costs_no_more_than_its_source(make: Make, to: str, scale: float) -> None:
    body = strip([ball(at, width=240, height=160) for at in range(0, 200, 10)], "gif")
    made = make(body, Resize(round(240 * scale), round(160 * scale)), to=to)
    smooth = 0 if scale == 1 else 100 * made.frames  # edges that were hard get shades
    assert len(made.body) < len(body) * 1.1 + smooth


def test_a_drawing_moves_without_loss_in_webp(make: Make) -> None:
    body = strip([ball(at) for at in (0, 30, 60)], "gif")
    for one, other in zip(frames(make(body, to="webp")), (0, 30, 60), strict=True):
        assert (one.extract_band(0, n=3) - ball(other)).abs().max() == 0


def test_lossy_is_obeyed(make: Make) -> None:
    body = strip([ball(at) for at in (0, 30, 60)], "gif")
    lossy = make(body, to=Encode("webp", 30, lossless=False))
    assert (frames(lossy)[0].extract_band(0, n=3) - ball(0)).abs().max() > 0


@pytest.mark.parametrize("to", MOVING)
def test_an_untouched_animation_never_grows(make: Make, to: str) -> None:
    body = strip([ball(at) for at in range(0, 100, 5)], to, loop=2)
    made = make(body, to=to)
    assert len(made.body) <= len(body)
    assert seconds(made.body) == seconds(body)
    assert look(made, n=-1).get("loop") == 2


def test_the_colours_of_a_mark_are_not_cut_down(make: Make) -> None:
    """A GIF of two colours that is padded with a third keeps room for it."""
    body = strip([ball(at) for at in (0, 30)], "gif")
    made = make(body, Pad(10, 10, 140, 100, "1080e0ff"), to="gif")
    assert near(frames(made)[1](3, 3), (0x10, 0x80, 0xE0), 12)


@pytest.mark.parametrize("to", MOVING)
def test_equal_input_gives_equal_bytes(make: Make, to: str) -> None:
    body = pictures.animated(60, 40)
    assert make(body, Resize(30, 20), to=to).body == make(body, Resize(30, 20), to=to).body


def test_real_animations_do_not_balloon(corpus: Path, make: Make) -> None:
    """At their own size never larger than the source in its own format; half as wide, never more bytes than it. The GIF
    encoder of older builds wants a fifth more."""
    spare = 1.0 if pyvips.at_least_libvips(8, 18) else 1.2
    for name, to in (("animated.gif", "gif"), ("animated.webp", "webp"), ("imaginary/bimg_test.gif", "gif")):
        body = (corpus / "pictures" / name).read_bytes()
        image = pyvips.Image.new_from_buffer(body, "")
        assert len(make(body, to=to).body) <= len(body) * spare, name
        half = make(body, Resize(image.width // 2, image.height // 2), to=to)
        assert len(half.body) <= len(body) * spare, name


def test_hostile_animations_become_pictures_or_errors(corpus: Path, make: Make) -> None:
    made = 0
    for path in sorted((corpus / "hostile" / "animation").iterdir()):
        for to in MOVING:
            try:
                made += len(frames(make(path.read_bytes(), Resize(20, 20), to=to))) > 0
            except EdgeError:
                continue
    assert made > 10
