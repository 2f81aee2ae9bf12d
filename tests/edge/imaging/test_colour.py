"""Light, colour and transparency."""

import pytest
import pyvips

from edge.imaging.icc import gamma
from edge.plan.steps import Crop, Encode, Light, Pad, Resize
from tests import pictures
from tests.edge.imaging.conftest import Make, difference, look, near


@pytest.mark.parametrize(("light", "grey"), [("linear", 188), ("srgb", 128)])
@pytest.mark.parametrize("format", ["png", "webp", "tiff"])
def test_black_and_white_mix_by_light(make: Make, light: Light, grey: int, format: str) -> None:
    body = pictures.checkerboard(64, 64, "png")
    board = make(body, to=Encode(format, lossless=True)).body
    image = look(make(board, Resize(16, 16, light)))
    assert near(image(8, 8), (grey, grey, grey), 2)


def test_a_jpeg_mixes_by_light_too(make: Make) -> None:
    body = pyvips.Image.new_from_buffer(pictures.checkerboard(64, 64), "").write_to_buffer(".jpg", Q=100)
    assert near(look(make(body, Resize(16, 16)))(8, 8), (188, 188, 188), 3)


def test_a_plain_colour_survives_linear_light(make: Make) -> None:
    for level in (0, 1, 2, 3, 10, 100, 254, 255):
        image = look(make(pictures.plain(40, 40, (level, 255 - level, 7)), Resize(9, 9)))
        assert image(4, 4) == [level, 255 - level, 7]


@pytest.mark.parametrize("light", ["linear", "srgb"])
def test_transparent_pixels_lend_no_colour(make: Make, light: Light) -> None:
    """Opaque white beside transparent red: no pink appears where they meet."""
    white, red = (pyvips.Image.black(32, 32, bands=4) + ink for ink in ([255] * 4, [255, 0, 0, 0]))
    both = white.join(red, "horizontal").cast("uchar").copy(interpretation="srgb")
    image = look(make(both.write_to_buffer(".png"), Resize(13, 7, light), to="tiff"))
    seen = (image[3] > 20).ifthenelse(image[1], 255)
    assert seen.min() >= 250
    assert 60 < image(6, 3)[3] < 200


@pytest.mark.parametrize(("to", "alpha"), [("jpeg", False), ("png", True), ("webp", True), ("avif", True)])
def test_alpha_is_kept_where_the_format_has_it(make: Make, to: str, alpha: bool) -> None:
    image = look(make(pictures.with_alpha(64, 48), Resize(32, 24), to=to))
    assert image.hasalpha() == alpha
    assert not alpha or (image(0, 5)[3] < 20 and image(31, 5)[3] > 235)


def test_alpha_that_hides_nothing_is_dropped(make: Make) -> None:
    assert look(make(pictures.plain(8, 8, (1, 2, 3, 255)), Resize(4, 4))).bands == 3


@pytest.mark.parametrize(("matte", "seen"), [(None, (255, 255, 255)), ("0a141eff", (10, 20, 30))])
def test_jpeg_flattens_on_its_matte_or_white(make: Make, matte: str | None, seen: tuple[int, int, int]) -> None:
    image = look(make(pictures.plain(16, 16, (200, 0, 0, 0)), to=Encode("jpeg", 95, matte=matte)))
    assert near(image(8, 8), seen, 3)


def test_a_resize_matte_lies_under_transparent_pixels(make: Make) -> None:
    image = look(make(pictures.plain(16, 16, (200, 0, 0, 0)), Resize(8, 8, matte="00ff00ff")))
    assert image.bands == 3
    assert image(4, 4) == [0, 255, 0]


def test_a_matte_applies_without_resampling_too(make: Make) -> None:
    assert look(make(pictures.plain(8, 8, (9, 9, 9, 0)), Resize(8, 8, matte="ff0000ff")))(4, 4) == [255, 0, 0]


@pytest.mark.parametrize(("light", "grey"), [("linear", 188), ("srgb", 128)])
def test_half_transparent_pixels_mix_with_the_matte_by_light(make: Make, light: Light, grey: int) -> None:
    image = look(make(pictures.plain(8, 8, (255, 255, 255, 128)), Resize(4, 4, light, matte="000000ff")))
    assert near(image(2, 2), (grey, grey, grey), 2)


def test_a_matte_that_is_itself_transparent_leaves_alpha(make: Make) -> None:
    image = look(make(pictures.plain(8, 8, (9, 9, 9, 0)), Resize(4, 4, matte="ff000080")))
    assert near(image(2, 2), (255, 0, 0, 128), 1)


def test_a_canvas_is_filled_with_its_background(make: Make) -> None:
    image = look(make(pictures.plain(8, 8, (1, 2, 3)), Pad(2, 3, 20, 16, "ff8000ff")))
    assert (image.width, image.height, image.bands) == (20, 16, 3)
    assert image(0, 0) == [255, 128, 0]
    assert image(2, 3) == [1, 2, 3]


def test_a_transparent_canvas_stays_so_where_alpha_can_be_kept(make: Make) -> None:
    image = look(make(pictures.plain(8, 8, (1, 2, 3)), Pad(2, 2, 12, 12)))
    assert image(0, 0)[3] == 0
    assert image(5, 5) == [1, 2, 3, 255]
    flat = look(make(pictures.plain(8, 8, (1, 2, 3)), Pad(2, 2, 12, 12), to=Encode("jpeg", 95)))
    assert near(flat(0, 0), (255, 255, 255), 6)


def test_grey_stays_grey_until_a_colour_joins_it(make: Make) -> None:
    body = pictures.plain(8, 8, (77,))
    assert look(make(body, Resize(4, 4), to="tiff")).bands == 1
    assert look(make(body, Pad(0, 0, 9, 8, "808080ff"), to="tiff")).bands == 1
    assert look(make(body, Pad(0, 0, 9, 8, "ff0000ff")))(8, 0) == [255, 0, 0]
    assert look(make(body, Pad(0, 0, 9, 8, "ff000000")))(8, 0)[-1] == 0


def test_gray_with_alpha_is_flattened_on_a_colour(make: Make) -> None:
    image = pyvips.Image.black(8, 8, bands=2).copy(interpretation="b-w").write_to_buffer(".png")
    assert look(make(image, Resize(4, 4, matte="ff0000ff")))(1, 1) == [255, 0, 0]


@pytest.mark.parametrize("format", ["jpeg", "tiff"])
@pytest.mark.parametrize("light", ["linear", "srgb"])
def test_cmyk_becomes_srgb(make: Make, format: str, light: Light) -> None:
    image = look(make(pictures.cmyk(32, 32, format=format), Resize(8, 8, light)))
    assert image.bands == 3
    red, green, blue = image(4, 4)
    assert red > 200
    assert max(green, blue) < 70


@pytest.mark.parametrize(
    "steps", [(), (Resize(5, 5),), (Resize(5, 5, "srgb"),), (Crop(1, 1, 5, 5),), (Pad(0, 0, 16, 16),)]
)
def test_display_p3_becomes_srgb(make: Make, steps: tuple[Resize, ...]) -> None:
    image = look(make(pictures.display_p3(16, 16, (120, 200, 90)), *steps))
    assert near(image(2, 2), (120, 200, 90), 2)
    assert not image.get_typeof("icc-profile-data")


@pytest.mark.parametrize("exponent", [1.0, 1.8, 2.2])
def test_light_mixes_by_the_curve_of_the_profile(make: Make, exponent: float) -> None:
    """Half the light is 188 in sRGB, whatever numbers a profile gives black and white. 2.2 counts as sRGB's."""
    body = pictures.profiled(pictures.checkerboard(64, 64), pictures.profile(exponent))
    assert near(look(make(body, Resize(16, 16)))(8, 8), (188, 188, 188), 2)


@pytest.mark.parametrize("steps", [(), (Resize(4, 4),), (Resize(4, 4, "srgb"),)])
@pytest.mark.parametrize("ink", [(64,), (64, 128)])
def test_grey_with_a_profile_stays_grey(make: Make, ink: tuple[int, ...], steps: tuple[Resize, ...]) -> None:
    """64 of 255 of the light is 137 in sRGB."""
    body = pictures.profiled(pictures.plain(8, 8, ink), pictures.profile(1.0, grey=True))
    image = look(make(body, *steps, to="tiff"))
    assert image.bands == len(ink)
    assert near(image(2, 2), (137, 128), 1)


def test_a_profile_of_another_kind_of_picture_counts_as_none(make: Make) -> None:
    body = pictures.profiled(pictures.plain(8, 8, (120, 200, 90)), pictures.profile(1.0, grey=True), "jpeg")
    assert near(look(make(body, Resize(4, 4)))(2, 2), (120, 200, 90), 2)


@pytest.mark.parametrize(
    ("bands", "kind", "format", "seen"),
    [
        (3, "multiband", "uchar", 3),
        (2, "multiband", "uchar", 2),
        (6, "srgb", "uchar", 4),
        (3, "srgb", "float", 3),
        (1, "b-w", "float", 1),
        (1, "b-w", "short", 1),
        (3, "scrgb", "float", 3),
    ],
)
def test_odd_pictures_become_plain_ones(make: Make, bands: int, kind: str, format: str, seen: int) -> None:
    image = pyvips.Image.black(8, 8, bands=bands).cast(format).copy(interpretation=kind)
    assert look(make(image.write_to_buffer(".tif"), Resize(4, 4))).bands in (seen, 3)


def test_less_than_full_quality_makes_png_a_palette(make: Make) -> None:
    body = pictures.photo(64, 48)
    full, less = (make(body, to=Encode("png", quality)).body for quality in (100, 60))
    assert len(less) < len(full)
    assert b"PLTE" in less
    assert b"PLTE" not in full
    assert make(body, to=Encode("png", 60, lossless=True)).body == full


@pytest.mark.parametrize("format", ["webp", "avif"])
def test_lossless_keeps_every_pixel(make: Make, format: str) -> None:
    body = pictures.photo(64, 48, "png")
    image = look(make(body, to=Encode(format, lossless=True)))
    assert (image - look(make(body, to="png"))).abs().max() <= (0 if format == "webp" else 2)


@pytest.mark.parametrize("format", ["jpeg", "webp", "avif"])
def test_quality_buys_bytes_and_any_number_is_taken(make: Make, format: str) -> None:
    sizes = [len(make(pictures.photo(64, 48, "png"), to=Encode(format, quality)).body) for quality in (-5, 0, 50, 95)]
    assert sizes == sorted(sizes)
    assert make(pictures.photo(8, 8), to=Encode(format, 957)).width == 8


def test_a_broken_profile_is_told(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    make(pictures.broken_profile(16, 16, (120, 200, 90)), Resize(8, 8))
    assert "profile" in caplog.text
    caplog.clear()
    make(pictures.display_p3(16, 16), Resize(8, 8))
    make(pictures.photo(16, 16), Resize(8, 8))
    assert caplog.text == ""


def test_a_broken_profile_counts_as_srgb(make: Make) -> None:
    seen = look(make(pictures.broken_profile(16, 16, (120, 200, 90)), Resize(8, 8)))(4, 4)
    assert near(seen, (120, 200, 90), 2)


def test_sixteen_bits_become_eight(make: Make) -> None:
    deep, flat = (look(make(body, Resize(32, 24))) for body in (pictures.deep(64, 48), pictures.photo(64, 48, "png")))
    assert deep.format == "uchar"
    assert (deep - flat).abs().max() <= 1


@pytest.mark.parametrize("steps", [(), (Resize(16, 12),), (Resize(16, 12, "srgb"),)])
def test_deep_grey_becomes_eight_bits(make: Make, steps: tuple[Resize, ...]) -> None:
    wide = (pictures.pixels(32, 24)[1].cast("ushort") * 257).cast("ushort").copy(interpretation="grey16")
    for suffix in (".png", ".tif"):
        image = look(make(wide.write_to_buffer(suffix), *steps, to="tiff"))
        assert (image.bands, image.format) == (1, "uchar")
        assert abs(image.avg() - pictures.pixels(32, 24)[1].avg()) < 1.5


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_of_grey_become_eight(make: Make, bits: int) -> None:
    """Black at the left, white at the right."""
    half = (pyvips.Image.xyz(32, 8)[0] >= 16).copy(interpretation="b-w")
    body = half.write_to_buffer(".tif", bitdepth=bits)
    image = look(make(body, Resize(16, 4), to="tiff"))
    assert [image(2, 2)[0], image(13, 2)[0]] == [0, 255]


@pytest.mark.parametrize("steps", [(), (Resize(8, 8),), (Resize(8, 8, "srgb"),)])
def test_a_palette_with_transparency_is_seen_as_it_shows(make: Make, steps: tuple[Resize, ...]) -> None:
    left = pyvips.Image.xyz(16, 16)[0] < 8
    image = left.ifthenelse([200, 10, 20, 255], [20, 10, 200, 0]).cast("uchar").copy(interpretation="srgb")
    body = image.write_to_buffer(".png", palette=True)
    assert b"PLTE" in body
    assert b"tRNS" in body
    seen = look(make(body, *steps, to="tiff"))
    assert near(seen(1, 4), (200, 10, 20, 255), 4)
    assert seen(seen.width - 2, 4)[3] <= 2


def test_a_palette_without_transparency_is_opaque(make: Make) -> None:
    image = look(make(pictures.photo(32, 24, "png", palette=True), Resize(16, 12), to="tiff"))
    assert image.bands == 3
    assert difference(image, look(make(pictures.photo(32, 24, "png"), Resize(16, 12), to="tiff"))) < 5


@pytest.mark.parametrize(("kind", "value", "seen"), [("scrgb", 0.2140, 127), ("scrgb", 1.0, 255), ("b-w", 100.0, 100)])
def test_float_pictures_become_eight_bits(make: Make, kind: str, value: float, seen: int) -> None:
    """Light from 0 to 1 where it is light, else levels."""
    bands = 3 if kind == "scrgb" else 1
    image = (pyvips.Image.black(8, 8, bands=bands) + value).cast("float").copy(interpretation=kind)
    for steps in ((), (Resize(4, 4),)):
        assert near(look(make(image.write_to_buffer(".tif"), *steps, to="tiff"))(1, 1), (seen,) * bands, 1)


def test_lab_becomes_srgb(make: Make) -> None:
    lab = pyvips.Image.black(8, 8, bands=3).linear(1, [120, 200, 90]).cast("uchar").copy(interpretation="srgb")
    body = lab.colourspace("lab").write_to_buffer(".tif")
    assert near(look(make(body, Resize(4, 4)))(2, 2), (120, 200, 90), 3)


def _profile(curve: bytes) -> bytes:
    start = 128 + 4 + 12
    entry = b"rTRC" + start.to_bytes(4, "big") + len(curve).to_bytes(4, "big")
    return bytes(128) + (1).to_bytes(4, "big") + entry + curve


@pytest.mark.parametrize(
    ("curve", "exponent"),
    [
        (b"curv" + bytes(4) + (0).to_bytes(4, "big"), 1.0),
        (b"curv" + bytes(4) + (1).to_bytes(4, "big") + (0x01CD).to_bytes(2, "big"), 1.8),
        (b"curv" + bytes(4) + (3).to_bytes(4, "big") + bytes(2) + (16384).to_bytes(2, "big") + b"\xff\xff", 2.0),
        (b"para" + bytes(6) + bytes(0) + (0).to_bytes(2, "big") + (144179).to_bytes(4, "big") + bytes(8), 2.2),
        (b"mft2" + bytes(40), 0.0),
        (b"", 0.0),
    ],
)
def test_a_profile_tells_its_tone_curve(curve: bytes, exponent: float) -> None:
    curve = curve.replace(b"para" + bytes(8), b"para" + bytes(4) + bytes(4), 1)
    assert gamma(_profile(curve)) == pytest.approx(exponent, abs=0.01)


@pytest.mark.parametrize("junk", [b"", b"x" * 131, b"\xff" * 400, bytes(400)])
def test_a_profile_that_is_none_has_no_curve(junk: bytes) -> None:
    assert gamma(junk) == 0.0
