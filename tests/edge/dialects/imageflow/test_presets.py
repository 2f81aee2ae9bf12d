"""What each preset becomes."""

from typing import Any

import pytest

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.recipe import Allowed
from edge.plan.steps import AUTO, WHITE, Encode, Fit
from tests.edge.dialects.imageflow.jobs import RED, encoded

HIGH = {"quality_profile": "high"}
SAFE = frozenset({"jpeg", "png", "gif"})


def only(name: str) -> Allowed:
    return Allowed(frozenset({name}))


def jpeg(quality: int, *tuning: tuple[str, float], matte: str = WHITE) -> Encode:
    return Encode("jpeg", qualities=(("jpeg", quality),), matte=matte, tuning=tuning)


def png(lossless: bool, *tuning: tuple[str, float], quality: int | None = None) -> Encode:
    qualities = () if quality is None else (("png", quality),)
    return Encode("png", qualities=qualities, lossless_of=(("png", lossless),), tuning=tuning)


@pytest.mark.parametrize(
    ("preset", "wanted"),
    [
        ("gif", Encode("gif")),
        ({"mozjpeg": {}}, jpeg(75)),
        ({"mozjpeg": {"quality": 255}}, jpeg(100)),
        ({"mozjpeg": {"quality": 0, "progressive": True}}, jpeg(0, ("jpeg.progressive", 1.0))),
        ({"mozjpeg": {"matte": RED}}, jpeg(75, matte="ff0000ff")),
        ({"mozjpeg": {"matte": {"srgb": {"hex": "ff000000"}}}}, jpeg(75)),
        ({"libjpegturbo": {}}, jpeg(75, ("jpeg.fast", 1.0))),
        (
            {"libjpegturbo": {"quality": -4, "progressive": False}},
            jpeg(0, ("jpeg.fast", 1.0), ("jpeg.progressive", 0.0)),
        ),
        ({"lodepng": {}}, png(True)),
        ({"lodepng": {"maximum_deflate": True}}, png(True, ("png.max_deflate", 1.0))),
        ({"libpng": {}}, png(True, ("png.plain", 1.0))),
        ({"libpng": {"zlib_compression": 9}}, png(True, ("png.max_deflate", 1.0), ("png.plain", 1.0))),
        ({"libpng": {"depth": "png_32", "matte": RED}}, png(True, ("png.plain", 1.0))),
        ({"pngquant": {}}, png(False, quality=100)),
        (
            {"pngquant": {"quality": 80, "minimum_quality": 40, "speed": 30, "maximum_deflate": True}},
            png(False, ("png.max_deflate", 1.0), ("png.min_quality", 40.0), ("png.speed", 10.0), quality=80),
        ),
        ({"webplossy": {"quality": 79.5}}, Encode("webp", qualities=(("webp", 80),), lossless_of=(("webp", False),))),
        ("webplossless", Encode("webp", lossless_of=(("webp", True),))),
    ],
)
def test_presets_that_name_a_format(preset: Any, wanted: Encode) -> None:
    recipe = encoded(preset)
    assert recipe.plan.outputs == (wanted,)
    assert recipe.allowed == (only(str(wanted.format)),)
    assert len(recipe.plan.nodes) == 2


def test_24_bits_hold_no_transparency() -> None:
    plan = encoded({"libpng": {"depth": "png_24", "matte": RED}}).plan
    assert plan.nodes[1].step == Fit(mode="max", background="ff0000ff", light="srgb")


def open_encode(**fields: Any) -> Encode:
    return Encode(**{"format": AUTO, "matte": WHITE, "tuning": (("jpeg.progressive", 0.0),), **fields})


@pytest.mark.parametrize(
    ("preset", "wanted", "formats"),
    [
        ({"auto": HIGH}, open_encode(profile=91.0), SAFE),
        ({"auto": {"quality_profile": {"percent": 400}}}, open_encode(profile=100.0), SAFE),
        ({"auto": {"quality_profile": {"percent": 37.5}}}, open_encode(profile=37.5), SAFE),
        ({"auto": {"quality_profile": "lossless"}}, open_encode(profile=100.0, lossless=True), SAFE),
        (
            {"auto": {"quality_profile": "lossless", "lossless": "false"}},
            open_encode(profile=100.0, lossless=False),
            SAFE,
        ),
        ({"auto": {**HIGH, "lossless": "keep"}}, open_encode(profile=91.0, lossless="keep"), SAFE),
        ({"auto": {**HIGH, "lossless": True}}, open_encode(profile=91.0, lossless=True), SAFE),
        ({"auto": {**HIGH, "quality_profile_dpr": 1}}, open_encode(profile=91.0, profile_dpr=1.0), SAFE),
        ({"auto": {**HIGH, "matte": "black"}}, open_encode(profile=91.0, matte="000000ff"), SAFE),
        ({"auto": {**HIGH, "allow": {"png": True}}}, open_encode(profile=91.0), {"png"}),
        ({"auto": {**HIGH, "allow": {"web_safe": True, "gif": False}}}, open_encode(profile=91.0), {"jpeg", "png"}),
        ({"format": {"format": "keep"}}, open_encode(format="keep"), SAFE),
        ({"format": {"format": "jpg"}}, open_encode(format="jpeg"), SAFE),
        ({"format": {"format": "avif", **HIGH}}, open_encode(format="avif", profile=91.0), SAFE),
        ({"format": {"format": "png", "lossless": "true"}}, open_encode(format="png", lossless=True), SAFE),
    ],
)
def test_presets_that_leave_things_open(preset: Any, wanted: Encode, formats: set[str]) -> None:
    recipe = encoded(preset)
    assert recipe.plan.outputs == (wanted,)
    assert recipe.allowed == (Allowed(frozenset(formats)),)


@pytest.mark.parametrize(
    ("name", "percent"),
    [("lowest", 15), ("low", 20), ("mediumlow", 34), ("medium", 55), ("good", 73), ("high", 91), ("highest", 96)],
)
def test_profiles_have_names(name: str, percent: int) -> None:
    assert encoded({"auto": {"quality_profile": name}}).plan.outputs[0].profile == percent


@pytest.mark.parametrize(
    ("allow", "formats"),
    [
        ({"all": True}, {"jpeg", "png", "gif", "webp", "avif", "jxl"}),
        ({"modern_web_safe": True}, {"jpeg", "png", "gif", "webp"}),
    ],
)
def test_wide_sets_allow_progressive_jpegs_and_wide_colours(allow: dict[str, bool], formats: set[str]) -> None:
    recipe = encoded({"auto": {**HIGH, "allow": allow}})
    assert recipe.allowed == (Allowed(frozenset(formats), progressive=True),)
    assert recipe.plan.outputs == (open_encode(profile=91.0, gamut="p3", tuning=(("jpeg.progressive", 1.0),)),)


def test_a_hint_can_only_forbid_progressive_jpegs() -> None:
    hints = {"jpeg": {"progressive": True}}
    assert encoded({"format": {"format": "jpeg", "encoder_hints": hints}}).allowed == (Allowed(SAFE),)
    refuses = {"format": "jpeg", "allow": {"jpeg_progressive": True}, "encoder_hints": {"jpeg": {"progressive": False}}}
    assert encoded({"format": refuses}).plan.outputs[0].tuning == (("jpeg.progressive", 0.0),)


@pytest.mark.parametrize(
    ("hints", "qualities", "lossless_of", "tuning"),
    [
        ({"jpeg": {"quality": 70.4}}, (("jpeg", 70),), (), {}),
        ({"jpeg": {"mimic": "libjpegturbo"}}, (), (), {"jpeg.fast": 1.0}),
        ({"jpeg": {"mimic": "mozjpeg"}}, (), (), {}),
        (
            {"png": {"quality": 80, "min_quality": 20, "quantization_speed": 3, "hint_max_deflate": True}},
            (("png", 80),),
            (),
            {"png.min_quality": 20.0, "png.speed": 3.0, "png.max_deflate": 1.0},
        ),
        ({"png": {"mimic": "libpng"}}, (), (("png", True),), {"png.plain": 1.0}),
        ({"png": {"mimic": "lodepng"}}, (), (("png", True),), {}),
        ({"png": {"mimic": "pngquant"}}, (), (("png", False),), {}),
        ({"png": {"mimic": "pngquant", "lossless": "keep"}}, (), (("png", "keep"),), {}),
        ({"webp": {"quality": 50, "lossless": False}}, (("webp", 50),), (("webp", False),), {}),
        ({"gif": {}}, (), (), {}),
    ],
)
def test_hints_to_encoders(hints: Any, qualities: Any, lossless_of: Any, tuning: dict[str, float]) -> None:
    (made,) = encoded({"format": {"format": "keep", "encoder_hints": hints}}).plan.outputs
    assert (made.qualities, made.lossless_of) == (qualities, lossless_of)
    assert dict(made.tuning) == {**tuning, "jpeg.progressive": 0.0}


@pytest.mark.parametrize(
    ("preset", "kind", "field"),
    [
        ({"auto": {**HIGH, "allow": {}}}, "InvalidArgument", "allow"),
        ({"auto": {**HIGH, "allow": {"color_profiles": True, "web_safe": False}}}, "InvalidArgument", "allow"),
        ({"pngquant": {"quality": 10, "minimum_quality": 11}}, "InvalidNodeParams", "minimum_quality"),
        ({"mozjpeg": {"matte": {"srgb": {"hex": "red"}}}}, "InvalidNodeParams", "matte"),
    ],
)
def test_what_does_not_go_together_names_node_and_field(preset: Any, kind: str, field: str) -> None:
    with pytest.raises(JobError, match=rf"Node 1 \(encode\): .* for {field} but") as caught:
        encoded(preset)
    assert caught.value.kind == kind
