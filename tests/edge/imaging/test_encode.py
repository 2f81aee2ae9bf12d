"""Settings of the encoders: what a plan asks for arrives, content and size choose the rest, and nothing grows."""

import struct
from pathlib import Path

import pytest
import pyvips

from edge.imaging import encode, options, rights, savers, traits
from edge.imaging.encode import write
from edge.imaging.indexed import indexed
from edge.imaging.savers import SAVERS, Order
from edge.plan.steps import Crop, Decode, Encode, Pad, Resize
from tests import pictures
from tests.edge.imaging.conftest import Make, difference, look

CORNERS = pictures.corners(200, 150, format="png")


def flat(width: int = 200, height: int = 150) -> pyvips.Image:
    """Red bars on white: sharp coloured edges, two colours."""
    bars = (pyvips.Image.xyz(width, height)[0] % 8) < 2
    return bars.ifthenelse([255, 0, 0], [255, 255, 255]).cast("uchar").copy(interpretation="srgb")


def photo(width: int = 200, height: int = 150) -> pyvips.Image:
    return pictures.pixels(width, height).copy_memory()


def png(image: pyvips.Image, **options: object) -> bytes:
    body: bytes = image.pngsave_buffer(**options)
    return body


def subsampled(jpeg: bytes) -> bool:
    return bool(pyvips.Image.new_from_buffer(jpeg, "").get("jpeg-chroma-subsample") != "4:4:4")


def progressive(jpeg: bytes) -> bool:
    return bool(pyvips.Image.new_from_buffer(jpeg, "").get("jpeg-multiscan"))


# ------------------------------------------------------------------------------------------------------------- content


def test_sharp_colours_keep_their_chroma_and_photographs_do_not(make: Make) -> None:
    assert traits.look(flat()).vivid
    assert not traits.look(photo()).vivid
    assert not subsampled(make(png(flat()), to="jpeg").body)
    assert subsampled(make(png(photo()), to="jpeg").body)


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (2, 1), (90, 1), (500, 400)])
def test_any_size_and_any_bands_can_be_looked_at(size: tuple[int, int]) -> None:
    image = photo(*size)
    for each in (image, image.bandjoin(128).copy(interpretation="srgb"), image.colourspace("b-w")):
        seen = traits.look(each.copy_memory())
        assert not seen.vivid
        assert seen.few or each.width * each.height > traits.FEW


@pytest.mark.parametrize(("asked", "coarse"), [(444, False), (422, False), (420, True), (411, True)])
def test_chroma_asked_for_wins(make: Make, asked: int, coarse: bool) -> None:
    tuning = (("jpeg.subsampling", float(asked)),)
    for image in (flat(), photo()):
        assert subsampled(make(png(image), to=Encode("jpeg", 80, tuning=tuning)).body) is coarse


@pytest.mark.parametrize("width", [100, 500, 1500])
@pytest.mark.parametrize("fast", [0.0, 1.0])
@pytest.mark.parametrize("asked", [0.0, 1.0])
def test_scans_asked_for_win(make: Make, width: int, fast: float, asked: float) -> None:
    tuning = (("jpeg.fast", fast), ("jpeg.progressive", asked))
    body = make(png(photo(width, width)), to=Encode("jpeg", 80, tuning=tuning)).body
    assert progressive(body) is bool(asked)


def test_the_way_is_chosen_by_pixels() -> None:
    ways = [savers._jpeg(Order(80, pixels=pixels)) for pixels in (10_000, 300_000, 3_000_000)]
    assert [way["trellis_quant"] for way in ways] == [True, False, False]
    assert [way["interlace"] for way in ways] == [False, True, False]
    assert [way["overshoot_deringing"] for way in ways] == [True, True, False]
    assert "quant_table" not in savers._jpeg(Order(80, tuning={"jpeg.fast": 1.0}, pixels=10_000))


def test_avif_speed_is_obeyed_within_bounds() -> None:
    efforts = [savers._avif(Order(50, tuning={"avif.speed": speed}, pixels=20_000))["effort"] for speed in range(11)]
    assert efforts == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert savers._avif(Order(50, tuning={"avif.speed": 0.0}, pixels=20_000_000))["effort"] == 0
    assert savers._avif(Order(50, pixels=500_000))["effort"] == 1
    assert savers._avif(Order(50, pixels=5_000_000))["effort"] == 0


@pytest.mark.parametrize("format", ["jpeg", "webp", "avif"])
def test_more_quality_is_more_bytes_and_less_difference(make: Make, format: str) -> None:
    source = png(photo(), compression=1)
    made = [make(source, to=Encode(format, quality)) for quality in (20, 60, 95)]
    sizes = [len(each.body) for each in made]
    apart = [difference(look(each), photo()) for each in made]
    assert sizes == sorted(sizes)
    assert apart == sorted(apart, reverse=True)


@pytest.mark.parametrize("format", ["webp", "avif", "png", "tiff"])
def test_lossless_loses_nothing(make: Make, format: str) -> None:
    for image in (photo(), flat()):
        apart = (look(make(png(image), to=Encode(format, 50, lossless=True)))[0:3] - image).abs().max()
        assert apart <= (1 if format == "avif" else 0)  # older builds have no way to store RGB as it is in one


def test_a_drawing_becomes_a_lossless_webp_where_that_is_smaller(make: Make) -> None:
    free, lossy = (make(png(flat()), to=Encode("webp", 78, lossless=way)) for way in (None, False))
    assert len(free.body) < len(lossy.body)
    assert (look(free) - flat()).abs().max() == 0


@pytest.mark.parametrize("format", ["heic", "jxl", "jp2"])
def test_a_format_without_a_quality_of_its_own_gets_a_usable_one(format: str) -> None:
    assert SAVERS[format].options(Order())["Q"] == savers.USUAL


def test_jxl_distance_and_effort_arrive() -> None:
    tuning = {"jxl.distance": 2.5, "jxl.effort": 0.0}
    assert savers._jxl(Order(75, tuning=tuning)) == {"effort": 1, "distance": 2.5}
    assert savers._jxl(Order(75, tuning={"jxl.distance": 0.0}))["lossless"] is True


# ----------------------------------------------------------------------------------------------------------------- png


@pytest.mark.parametrize(("colours", "bits"), [(2, 1), (3, 2), (16, 4), (17, 8), (256, 8)])
@pytest.mark.parametrize("alpha", [False, True])
def test_few_colours_make_a_small_palette_that_loses_nothing(make: Make, colours: int, bits: int, alpha: bool) -> None:
    at = pyvips.Image.xyz(64, 48)
    number = (at[0] + at[1] * 7) % colours
    bands = [number, (number * 37) % 256, (number * 91) % 256] + ([255 - number % 3 * 100] if alpha else [])
    image = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    body = indexed(image, 6)
    assert body is not None
    assert struct.unpack_from(">BB", body, 24) == (bits, 3)
    assert (pyvips.Image.new_from_buffer(body, "") - image).abs().max() == 0
    assert len(make(png(image), to="png").body) <= len(body)


def test_too_many_colours_make_no_palette() -> None:
    assert indexed(photo(), 6) is None


def test_colours_under_full_transparency_do_not_count() -> None:
    hidden = photo().bandjoin(0).copy(interpretation="srgb")
    body = indexed(hidden, 6)
    assert body is not None
    assert pyvips.Image.new_from_buffer(body, "")[3].max() == 0


def test_grey_and_grey_with_alpha_come_back(make: Make) -> None:
    grey = photo().colourspace("b-w")
    assert (look(make(png(grey), to="png"))[0] - grey).abs().max() == 0
    both = grey.bandjoin(200).copy(interpretation="b-w")
    seen = look(make(png(both), to="png"))
    assert (seen[0] - grey).abs().max() == 0
    assert seen[seen.bands - 1].min() == seen[seen.bands - 1].max() == 200


def test_a_quality_makes_a_palette_and_plain_does_not(make: Make) -> None:
    source = png(photo())
    lossy = make(source, to=Encode("png", 80)).body
    plain = make(source, to=Encode("png", 80, tuning=(("png.plain", 1.0),))).body
    assert lossy[25] == 3
    assert plain[25] == 2
    assert len(lossy) < len(plain)
    assert make(png(flat()), to=Encode("png", 100, tuning=(("png.plain", 1.0),))).body[25] == 2


def test_a_palette_that_looks_too_bad_is_not_taken(make: Make) -> None:
    source = png(photo())
    strict = make(source, to=Encode("png", 5, tuning=(("png.min_quality", 99.0),)))
    lenient = make(source, to=Encode("png", 5, tuning=(("png.min_quality", 1.0),)))
    assert (look(strict) - photo()).abs().max() == 0
    assert lenient.body[25] == 3


def test_max_deflate_is_never_larger(make: Make) -> None:
    source = png(photo(), compression=1)
    assert len(make(source, to=Encode("png", tuning=(("png.max_deflate", 1.0),))).body) <= len(make(source).body)


# ----------------------------------------------------------------------------------------------------- never larger


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "gif", "avif"])
def test_an_untouched_picture_never_grows(make: Make, format: str) -> None:
    low = {"Q": 30} if format in ("jpeg", "webp", "avif") else {"palette": True} if format == "png" else {}
    operation = SAVERS[format].operation
    body = pictures.photo(160, 120, format, **options.metadata(operation), **low)
    for quality in (None, 95):
        made = make(body, to=Encode(format, quality))
        assert len(made.body) <= len(body)
        assert difference(look(made), pyvips.Image.new_from_buffer(body, "")) < 3


def test_an_untouched_picture_is_still_made_smaller(make: Make) -> None:
    body = pictures.photo(160, 120, Q=98)
    assert len(make(body, to=Encode("jpeg", 40)).body) < len(body) / 2


@pytest.mark.parametrize(
    ("source", "steps", "encode"),
    [
        (pictures.photo(160, 120, Q=10), (Resize(80, 60),), Encode("jpeg", 95)),
        (pictures.photo(160, 120, Q=10), (Crop(0, 0, 159, 120),), Encode("jpeg", 95)),
        (pictures.photo(160, 120, Q=10), (Pad(1, 0, 161, 120, "000000ff"),), Encode("jpeg", 95)),
        (pictures.photo(160, 120, Q=10), (), Encode("webp", 95)),
        (pictures.corners(60, 40, 6), (), Encode("jpeg", 100)),
        (pictures.cmyk(60, 40), (), Encode("jpeg", 100)),
        (pictures.display_p3(60, 40), (), Encode("png")),
        (pictures.deep(60, 40), (), Encode("png")),
    ],
)
def test_a_changed_picture_is_written_anew(make: Make, source: bytes, steps: tuple[Pad], encode: Encode) -> None:
    made = make(source, *steps, to=encode)
    image = look(made)
    assert (image.width, image.height) == (made.width, made.height)
    assert image.interpretation in ("srgb", "b-w")
    assert image.format == "uchar"
    assert made.body[2000:] not in source or len(made.body) < 2000


def test_a_frame_asked_for_is_not_the_whole_animation(make: Make) -> None:
    made = make(pictures.animated(60, 40), to="gif", frame=1)
    assert made.frames == 1
    assert not look(made).get_typeof("n-pages") or look(made).get("n-pages") == 1


# ------------------------------------------------------------------------------------------------------------ metadata


def owned(format: str = "jpeg") -> bytes:
    """A picture that says whose it is, and more than that."""
    image = pictures.pixels(80, 60).copy()
    texts = {"Copyright": "(c) Jane Doe", "Artist": "Jane", "ImageDescription": "at home", "Make": "Camera"}
    for name, text in texts.items():
        image.set_type(pyvips.GValue.gstr_type, f"exif-ifd0-{name}", text)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd3-GPSLatitude", "52/1 30/1 0/1")
    image = pyvips.Image.new_from_buffer(image.jpegsave_buffer(), "")
    operation = f"{format}save_buffer"
    body: bytes = pyvips.Operation.call(operation, image, **options.metadata(operation, options.EXIF))
    return body


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize("source", ["jpeg", "png", "webp"])
def test_only_the_owner_stays_and_only_when_asked(make: Make, source: str, to: str) -> None:
    kept = make(owned(source), to=Encode(to, keep=("copyright",)))
    fields = [name for name in look(kept).get_fields() if name.startswith("exif-ifd")]
    assert "exif-ifd0-Copyright" in fields
    assert "exif-ifd0-Artist" in fields
    assert b"(c) Jane Doe" in bytes(look(kept).get("exif-data"))
    assert not any(word in name for name in fields for word in ("GPS", "Description", "Make"))
    assert b"at home" not in kept.body
    bare = make(owned(source), to=to)
    assert not [name for name in look(bare).get_fields() if "exif" in name]


def test_a_picture_without_an_owner_carries_no_block(make: Make) -> None:
    made = make(pictures.photo(60, 40), to=Encode("jpeg", keep=("copyright",)))
    assert not look(made).get_typeof("exif-data")


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\x7f",
        b"II*\0\x08\0\0\0\xff\xff" + b"\x98\x82\x02\0\xff\xff\xff\xff\0\0\0\0" * 3,
        b"II*\0\x08\0\0\0\1\0" + b"\x98\x82\x02\0\x09\0\0\0\xff\xff\xff\xff" + bytes(4),
        b"II*\0\x08\0\0\0\1\0" + b"\x98\x82\x07\0\x03\0\0\0abc\0" + bytes(4),
    ],
)
def test_a_broken_block_names_nobody(block: bytes) -> None:
    image = pyvips.Image.black(8, 8).copy()
    image.set_type(pyvips.GValue.blob_type, "exif-data", b"Exif\0\0" + block)
    assert rights.rights(image) == b""


def test_either_byte_order_and_short_texts_are_read() -> None:
    image = pyvips.Image.black(8, 8).copy()
    entry = struct.pack(">HHI4s", 0x8298, 2, 3, "é\0".encode())
    image.set_type(pyvips.GValue.blob_type, "exif-data", b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4))
    assert "é\0".encode() in rights.rights(image)


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "avif"])
def test_a_wide_gamut_is_written_with_its_profile(make: Make, to: str) -> None:
    source = pictures.display_p3(60, 40, (250, 20, 30))
    wide = look(make(source, Resize(30, 20), to=Encode(to, 95 if to != "png" else 100, gamut="p3")))
    assert wide.get_typeof("icc-profile-data")
    narrow = look(make(source, Resize(30, 20), to=to))
    assert not narrow.get_typeof("icc-profile-data")


# ------------------------------------------------------------------------------------------------- older libraries


def test_options_that_an_operation_lacks_are_left_out() -> None:
    asked = {"Q": 5, "nonsense": 1}
    assert options.supported("jpegsave_buffer", asked) == {"Q": 5}
    assert options.supported("nosuchsave_buffer", asked) == {}


def test_an_old_library_strips_instead_of_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "known", lambda _: frozenset({"strip", "Q"}))
    assert options.metadata("jpegsave_buffer") == {"strip": True}
    assert options.metadata("jpegsave_buffer", options.EXIF) == {"strip": False}


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "avif", "gif", "tiff"])
def test_every_setting_of_the_table_exists_in_this_library(format: str) -> None:
    saver = SAVERS[format]
    for order in (Order(80), Order(80, lossless=True), Order(80, frames=3), Order(40, vivid=True, pixels=10**7)):
        assert set(saver.options(order)) <= options.known(saver.operation)


def test_a_second_write_of_the_same_is_the_same() -> None:
    for format in ("jpeg", "png", "webp", "avif", "gif"):
        image = photo()
        assert write(image, Encode(format), image.height) == write(image, Encode(format), image.height)


def test_real_pictures_in_their_own_format_never_grow(corpus: Path, make: Make) -> None:
    for name in ("portrait.jpg", "smart_crop.jpg", "bird_alpha.png", "animated.gif", "animated.webp"):
        body = (corpus / "pictures" / name).read_bytes()
        format = {"jpg": "jpeg"}.get(name[-3:], name.rpartition(".")[2])
        assert len(make(body, to=Encode(format)).body) <= len(body), name


def test_the_name_of_a_plan_that_is_not_concrete_is_refused() -> None:
    with pytest.raises(Exception, match="cannot write"):
        encode.name(Encode("svg"))
    assert isinstance(Decode(), Decode)
