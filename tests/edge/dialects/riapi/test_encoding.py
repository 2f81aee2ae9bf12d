"""Keys of formats, qualities and encoders."""

from dataclasses import replace

import pytest

from edge.dialects.book import Compat
from edge.dialects.riapi.keys import ROWS
from edge.plan.steps import AUTO, TUNING, Encode
from tests.edge.dialects.riapi.reading import COMPATS, encode, kinds

ENCODES: list[tuple[str, Encode]] = [
    *((f"format={word}", Encode("jpeg")) for word in ("jpg", "jpe", "jif", "jfif", "jfi", "exif", "JPEG")),
    *((f"thumbnail={word}", Encode(word)) for word in ("png", "gif", "webp", "avif", "jxl", "keep")),
    ("format=JpegXL", Encode("jxl")),
    ("format=auto", Encode(AUTO)),
    ("quality=957", Encode(quality=100)),
    ("quality=Auto", Encode(quality=AUTO)),
    ("qp=lowest", Encode(AUTO, profile=15.0)),
    ("qp=low", Encode(AUTO, profile=20.0)),
    ("qp=medium-low", Encode(AUTO, profile=34.0)),
    ("qp=mediumlow", Encode(AUTO, profile=34.0)),
    ("qp=medium", Encode(AUTO, profile=55.0)),
    ("qp=good", Encode(AUTO, profile=73.0)),
    ("qp=medium-high", Encode(AUTO, profile=73.0)),
    ("qp=MediumHigh", Encode(AUTO, profile=73.0)),
    ("qp=high", Encode(AUTO, profile=91.0)),
    ("qp=highest", Encode(AUTO, profile=96.0)),
    ("qp=lossless", Encode(AUTO, lossless=True, profile=100.0)),
    ("qp=lossless&lossless=keep", Encode(AUTO, lossless="keep", profile=100.0)),
    ("qp=-4", Encode(AUTO, profile=0.0)),
    ("qp=400", Encode(AUTO, profile=100.0)),
    ("qp=40&format=png", Encode("png", profile=40.0)),
    ("qp=40&format=keep", Encode("keep", profile=40.0)),
    ("qp=Quality&quality=44", Encode(AUTO, 44, profile=44.0)),
    ("qp=1&qp.dpr=2x", Encode(AUTO, profile=1.0, profile_dpr=2.0)),
    ("qp=1&qp.dpr=-2", Encode(AUTO, profile=1.0, profile_dpr=0.1)),
    ("qp=1&qp.dppx=99", Encode(AUTO, profile=1.0, profile_dpr=12.0)),
    ("qp=1&qp.dpr=dpr&zoom=2", Encode(AUTO, profile=1.0, profile_dpr=2.0)),
    ("qp=1&qp.dpr=DPPX&dpr=auto", Encode(AUTO, profile=1.0, profile_dpr=AUTO)),
    ("qp=1&qp.dpr=zoom", Encode(AUTO, profile=1.0, profile_dpr=1.0)),
    ("qp=1&qp.dpr=zoom&srcset=2x", Encode(AUTO, profile=1.0, profile_dpr=2.0)),
    ("lossless=preserve", Encode(lossless="keep")),
    ("lossless=off", Encode(lossless=False)),
    ("webp.lossless=1&png.lossless=0", Encode(lossless_of=(("png", False), ("webp", True)))),
    ("format=webp&lossless=0&webp.lossless=keep", Encode("webp", lossless=False, lossless_of=(("webp", "keep"),))),
    ("accept.webp=1&accept.avif=on&accept.jxl=no", Encode(accepts=("avif", "webp"))),
    ("jpeg.quality=-5", Encode(qualities=(("jpeg", 0),))),
    ("webp.quality=77.5", Encode(qualities=(("webp", 78),))),
    ("png.quality=255", Encode(qualities=(("png", 100),))),
    ("jpeg.turbo=1", Encode(tuning=(("jpeg.fast", 1.0),))),
    ("jpeg.turbo=0", Encode()),
    ("png.libpng=1&png.max_deflate=1", Encode(tuning=(("png.max_deflate", 1.0), ("png.plain", 1.0)))),
    ("png.libpng=0&png.max_deflate=0", Encode()),
    ("png.min_quality=200", Encode(tuning=(("png.min_quality", 100.0),))),
    ("png.quantization_speed=0", Encode(tuning=(("png.speed", 1.0),))),
    ("png.quantization_speed=11", Encode(tuning=(("png.speed", 10.0),))),
    ("bgcolor=1234", Encode(matte="11223344")),
]
MODERN_ENCODES: list[tuple[str, Encode]] = [
    ("", Encode()),
    ("avif.quality=1e30", Encode(qualities=(("avif", 100),))),
    ("jxl.quality=9.5", Encode(qualities=(("jxl", 10),))),
    ("jxl.lossless=keep", Encode(lossless_of=(("jxl", "keep"),))),
    ("accept.color_profiles=1", Encode(gamut="p3")),
    ("accept.color_profiles=0", Encode()),
    *((f"subsampling={n}", Encode(tuning=(("jpeg.subsampling", float(n)),))) for n in (411, 420, 422, 444)),
    ("jpeg.progressive=1", Encode(tuning=(("jpeg.progressive", 1.0),))),
    ("jpeg.progressive=0", Encode(tuning=(("jpeg.progressive", 0.0),))),
    ("avif.speed=99", Encode(tuning=(("avif.speed", 10.0),))),
    ("jxl.effort=99", Encode(tuning=(("jxl.effort", 9.0),))),
    ("jxl.distance=-1", Encode(tuning=(("jxl.distance", 0.0),))),
    ("jxl.distance=99", Encode(tuning=(("jxl.distance", 25.0),))),
    ("qp=37.7", Encode(AUTO, profile=37.7)),
]


@pytest.mark.parametrize("compat", COMPATS)
@pytest.mark.parametrize(("query", "wanted"), ENCODES)
def test_keys_of_encoding(query: str, wanted: Encode, compat: Compat) -> None:
    if compat == "imageflow" and wanted.format is None:
        wanted = replace(wanted, format="keep")
    assert encode(query, compat) == wanted
    assert kinds(query, compat) == []


@pytest.mark.parametrize(("query", "wanted"), MODERN_ENCODES)
def test_keys_of_encoding_on_a_modern_route(query: str, wanted: Encode) -> None:
    assert encode(query) == wanted
    assert kinds(query) == []


def test_every_setting_of_an_encoder_is_in_the_vocabulary() -> None:
    said = {row.item for row in ROWS["modern"].values() if row.into == "tuning"}
    assert said == {name for names in TUNING.values() for name in names}


def test_a_profile_loses_its_decimals_upstream() -> None:
    assert encode("qp=37.7", "imageflow").profile == 37.0


def test_an_invalid_format_is_none() -> None:
    assert encode("format=bogus&qp=3").format == AUTO
    assert encode("format=bogus", "imageflow").format == "keep"


def test_a_profile_of_no_quality_is_none() -> None:
    for query in ("qp=quality", "qp=quality&quality=auto", "qp=quality&quality=x"):
        assert (encode(query).profile, encode(query).format) == (None, None)
        assert ("ignored", "qp") in kinds(query)


def test_jpegli_beats_turbo_and_is_not_here() -> None:
    assert encode("jpeg.li=1&jpeg.turbo=1") == encode("jpeg.li=0") == Encode()
    assert kinds("jpeg.li=1&jpeg.turbo=1") == [("ignored", "jpeg.li"), ("ignored", "jpeg.turbo")]
    assert encode("jpeg.li=0&jpeg.turbo=1").tuning == (("jpeg.fast", 1.0),)
