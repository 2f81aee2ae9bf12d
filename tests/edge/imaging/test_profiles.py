"""Profiles that count, that are refused and that are ignored; and gamuts wider than sRGB."""

import pytest
import pyvips

from edge.errors import Unprocessable
from edge.imaging import colour, icc, run
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.steps import Crop, Decode, Encode, Pad, Resize, Step
from edge.plan.work import Source
from tests import pictures
from tests.edge.imaging.conftest import look, near

INK = (120, 200, 90)
SRGB_PLUS_GREY = pictures.profile(1.0, grey=True)


def made(body: bytes, *steps: Step, decode: Decode | None = None, to: Encode | None = None) -> pyvips.Image:
    plan = Plan.chain(decode or Decode(), *steps, to or Encode("tiff"))
    return look(run(plan, [Source(body)], Limits()))


def with_profile(profile: bytes, colour: tuple[int, ...] = INK) -> bytes:
    return pictures.profiled(pictures.plain(8, 8, colour), profile, "jpeg")


BROKEN: dict[str, bytes] = {
    "rubbish": b"no profile at all " * 20,
    "empty": b"\0",
    "cut": pictures.profile(1.8)[:-30],
    "of another kind": SRGB_PLUS_GREY,
    "without primaries": pictures.profile(1.8).replace(b"rXYZ", b"nope"),
    "pointing outside": pictures.profile(1.8)[:136] + b"\0\xff\0\0" + pictures.profile(1.8)[140:],
}


@pytest.mark.parametrize("profile", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("steps", [(), (Resize(4, 4),), (Resize(4, 4, "srgb"),)])
def test_a_profile_that_is_broken_or_does_not_fit_is_refused_by_the_strict_alone(
    profile: bytes, steps: tuple[Step, ...]
) -> None:
    body = with_profile(profile)
    with pytest.raises(Unprocessable, match=r"^This picture's colour profile is broken$"):
        made(body, *steps, decode=Decode(profile="strict"))
    assert made(body, *steps).bands == 3
    assert near(made(body, *steps, decode=Decode(profile="ignore"))(2, 2), INK, 2)


@pytest.mark.parametrize("name", ["rubbish", "empty", "of another kind"])
def test_a_profile_that_is_none_counts_as_none(name: str) -> None:
    assert near(made(with_profile(BROKEN[name]), Resize(4, 4))(2, 2), INK, 2)


@pytest.mark.parametrize("grey", [False, True])
def test_a_sound_profile_is_obeyed_or_ignored(grey: bool) -> None:
    """64 of 255 of the light is 137 in sRGB."""
    body = with_profile(pictures.profile(1.0, grey=grey), (64,) if grey else (64, 64, 64))
    assert near(made(body)(2, 2), (137, 137, 137), 1)
    assert near(made(body, decode=Decode(profile="strict"))(2, 2), (137, 137, 137), 1)
    assert near(made(body, decode=Decode(profile="ignore"))(2, 2), (64, 64, 64), 1)


def test_a_picture_without_a_profile_is_not_broken() -> None:
    assert near(made(pictures.plain(8, 8, INK), decode=Decode(profile="strict"))(2, 2), INK, 1)


def test_the_strict_look_at_animations_too() -> None:
    plain = pictures.animated(format="webp")
    assert plain[12:16] == b"VP8X"
    chunk = b"ICCP" + len(BROKEN["rubbish"]).to_bytes(4, "little") + BROKEN["rubbish"]
    size = (len(plain) + len(chunk) - 8).to_bytes(4, "little")
    body = b"RIFF" + size + plain[8:20] + bytes((plain[20] | 0x20,)) + plain[21:30] + chunk + plain[30:]
    with pytest.raises(Unprocessable, match="profile"):
        made(body, decode=Decode(profile="strict"), to=Encode("webp"))
    assert made(body, to=Encode("webp")).width == 40


# --- CMYK


def cmyk(profile: bytes | None, format: str, ink: tuple[int, int, int, int] = (0, 255, 255, 0)) -> bytes:
    body = pictures.cmyk(16, 16, ink, format)
    return body if profile is None else pictures.profiled(body, profile, format)


def fogra() -> bytes:
    """libvips' own CMYK profile."""
    spot = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb").icc_transform("cmyk", input_profile="srgb")
    return bytes(spot.get(colour.PROFILE))


CMYK = [("none", "jpeg"), ("none", "tiff"), ("its own", "jpeg"), ("its own", "tiff")]
CMYK += [("rubbish", "jpeg"), ("of another kind", "jpeg")]


@pytest.mark.parametrize("steps", [(), (Resize(5, 5),), (Resize(5, 5, "srgb"),)])
@pytest.mark.parametrize(("kind", "format"), CMYK)
def test_cmyk_is_red_where_its_inks_are(kind: str, format: str, steps: tuple[Step, ...]) -> None:
    profiles = {"none": None, "its own": fogra(), "rubbish": b"rubbish " * 30, "of another kind": pictures.profile(2.2)}
    body = cmyk(profiles[kind], format)
    red, green, blue = made(body, *steps)(2, 2)
    assert red > 200
    assert max(green, blue) < 75
    if kind in ("rubbish", "of another kind"):
        with pytest.raises(Unprocessable, match="profile"):
            made(body, *steps, decode=Decode(profile="strict"))


def test_inverted_inks_of_adobe_are_turned_round() -> None:
    """Photoshop's JPEGs hold 255 for no ink, and say so in APP14; without APP14 the numbers are as they are."""
    body = cmyk(None, "jpeg", (0, 0, 0, 0))
    assert b"\xff\xeeAdobe" in body or b"Adobe" in body[:600]
    assert min(made(body)(2, 2)) > 245


def test_ignoring_the_profile_of_cmyk_leaves_the_usual_inks() -> None:
    seen = made(cmyk(b"rubbish " * 30, "jpeg"), decode=Decode(profile="ignore"))
    assert near(seen(2, 2), tuple(made(cmyk(None, "jpeg"))(2, 2)), 2)


# --- wide gamuts

WIDE = Encode("tiff", gamut="p3")
# The reddest red of Display P3, which sRGB cannot show.
REDDEST = (255, 0, 0)


def p3(ink: tuple[int, ...] = REDDEST) -> bytes:
    return with_profile(colour.p3(), ink)


STEPS: tuple[tuple[Step, ...], ...] = (
    (),
    (Resize(5, 5),),
    (Resize(5, 5, "srgb"),),
    (Crop(1, 1, 5, 5),),
    (Pad(0, 0, 16, 16, "ffffffff"),),
)


@pytest.mark.parametrize("steps", STEPS)
def test_a_wide_picture_stays_wide_where_that_is_wanted(steps: tuple[Step, ...]) -> None:
    image = made(p3((255, 10, 10)), *steps, to=WIDE)
    assert near(image(2, 2), (255, 10, 10), 2)
    assert bytes(image.get(colour.PROFILE)) == colour.p3()


@pytest.mark.parametrize("steps", STEPS)
def test_else_it_becomes_srgb(steps: tuple[Step, ...]) -> None:
    image = made(p3((255, 10, 10)), *steps)
    assert near(image(2, 2), (255, 0, 0), 2)
    assert not image.get_typeof(colour.PROFILE)


@pytest.mark.parametrize("profile", [None, pictures.profile(2.2), b"rubbish " * 30])
def test_a_picture_that_is_not_wide_becomes_srgb_all_the_same(profile: bytes | None) -> None:
    body = pictures.plain(8, 8, INK, "tiff") if profile is None else with_profile(profile)
    assert not made(body, to=WIDE).get_typeof(colour.PROFILE)
    assert made(body, to=WIDE)(2, 2) == made(body)(2, 2)


def test_grey_and_inks_are_not_wide() -> None:
    assert not made(with_profile(SRGB_PLUS_GREY, (64,)), to=WIDE).get_typeof(colour.PROFILE)
    assert not made(cmyk(fogra(), "tiff"), to=WIDE).get_typeof(colour.PROFILE)


def wide_profile(exponent: float) -> bytes:
    """A profile whose green is far outside sRGB, as ProPhoto's is."""
    here, there = (round(value * 65536).to_bytes(4) for value in (0.3851, 0.1352))
    return pictures.profile(exponent).replace(here, there)


@pytest.mark.parametrize("light", ["linear", "srgb"])
@pytest.mark.parametrize("exponent", [1.8, 2.2])
def test_wider_profiles_than_p3_become_p3(light: str, exponent: float) -> None:
    body = with_profile(wide_profile(exponent), (128, 128, 128))
    step = Resize(4, 4, "linear" if light == "linear" else "srgb")
    image = made(body, step, to=WIDE)
    assert bytes(image.get(colour.PROFILE)) == colour.p3()
    back = image.icc_transform("srgb", embedded=True)
    assert near(back(2, 2), tuple(made(body, step)(2, 2)), 3)


def test_settling_twice_is_settling_once() -> None:
    image = pyvips.Image.new_from_buffer(p3(), "")
    once = colour.settle(image, "p3")
    assert colour.is_p3(once)
    assert colour.settle(once, "p3") is once
    assert not colour.is_p3(colour.settle(once))
    assert not colour.is_srgb(once)


@pytest.mark.parametrize("junk", [b"", b"x" * 131, b"\xff" * 400, bytes(400), colour.p3()[:140]])
def test_a_profile_that_is_none_is_neither_sound_nor_wide(junk: bytes) -> None:
    assert not icc.is_sound(junk)
    assert not icc.is_wide(junk)


def test_libvips_own_profiles_are_sound() -> None:
    assert icc.is_sound(colour.p3())
    assert icc.is_wide(colour.p3())
    assert icc.is_sound(fogra())
    assert icc.space(fogra()) == "CMYK"
    assert not icc.is_wide(pictures.profile(2.2))
