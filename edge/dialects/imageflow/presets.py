"""Encoder presets as the Encode they mean, with upstream's defaults (JSON_JOBS §3, encoder presets).

`auto` and `format` leave the format open, or what is turned in it: those are chosen once the picture is known, among
what the preset allows.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

from edge.dialects.imageflow import encoders as ours
from edge.dialects.imageflow.colours import Colour
from edge.dialects.imageflow.geometry import Line
from edge.dialects.imageflow.recipe import Allowed, Step
from edge.dialects.imageflow.sampling import colour
from edge.dialects.riapi.encoding import PROFILES, clamped_dpr, clamped_quality
from edge.errors import expected
from edge.plan.colour import on_white
from edge.plan.steps import AUTO, WHITE, Encode, Fit

Tuning = dict[str, float]
_Lossless = bool | Literal["keep"] | None

_FORMATS: Final = ("webp", "jxl", "avif", "jpeg", "png", "gif")
_WEB_SAFE: Final = frozenset({"jpeg", "png", "gif"})
_SETS: Final[Mapping[str, frozenset[str]]] = {
    "all": frozenset({*_FORMATS, "jpeg_progressive", "jpeg_xyb", "color_profiles"}),
    "web_safe": _WEB_SAFE,
    "modern_web_safe": _WEB_SAFE | {"webp", "color_profiles", "jpeg_progressive", "jpeg_xyb"},
}
_LOSSLESS: Final[Mapping[str | None, _Lossless]] = {None: None, "keep": "keep", "true": True, "false": False}
_WITHOUT_LOSS: Final = 100.0  # percent of the profile that is lossless
_USUAL_QUALITY: Final = 75  # of JPEG
_BEST_PALETTE: Final = 100
_SPEEDS: Final = (1, 10)
_MOST_DEFLATE: Final = 9  # zlib's slowest


class Encoded(NamedTuple):
    """An Encode, the steps before it, and what may be chosen. A format that is named must be one that can be written
    here."""

    step: Encode
    allowed: Allowed
    before: Line = ()


def encoded(preset: ours.Preset, whose: Step) -> Encoded:
    """What a preset means. JobError where its fields do not go together."""
    return _PRESETS[type(preset)](preset, whose)


def _named(format: str, before: Line = (), **fields: Any) -> Encoded:
    """A format that is not open; `tuning` may hold None for what is not said."""
    tuning = _tuning(fields.pop("tuning", {}))
    return Encoded(Encode(format, tuning=tuning, **fields), Allowed(frozenset({format})), before)


def _tuning(said: Mapping[str, float | None]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((name, float(value)) for name, value in said.items() if value is not None))


def _matte(said: Colour | None, whose: Step) -> str:
    """A JPEG is flattened on white unless the preset says otherwise."""
    return WHITE if said is None else on_white(colour(said, "matte", whose))


def _gif(preset: ours.Gif, whose: Step) -> Encoded:
    return _named("gif")


def _mozjpeg(preset: ours.Mozjpeg, whose: Step) -> Encoded:
    quality = _USUAL_QUALITY if preset.quality is None else preset.quality
    tuning = {"jpeg.progressive": preset.progressive}
    return _named(
        "jpeg", qualities=(("jpeg", clamped_quality(quality)),), matte=_matte(preset.matte, whose), tuning=tuning
    )


def _libjpegturbo(preset: ours.LibJpegTurbo, whose: Step) -> Encoded:
    quality = _USUAL_QUALITY if preset.quality is None else preset.quality
    tuning = {"jpeg.fast": 1.0, "jpeg.progressive": preset.progressive}
    return _named(
        "jpeg", qualities=(("jpeg", clamped_quality(quality)),), matte=_matte(preset.matte, whose), tuning=tuning
    )


def _lodepng(preset: ours.Lodepng, whose: Step) -> Encoded:
    return _named("png", lossless_of=(("png", True),), tuning={"png.max_deflate": preset.maximum_deflate})


def _libpng(preset: ours.Libpng, whose: Step) -> Encoded:
    """24 bits hold no transparency: the picture is laid on the matte first."""
    deflates = None if preset.zlib_compression is None else preset.zlib_compression >= _MOST_DEFLATE
    flat: Line = ()
    if preset.depth == "png_24":
        flat = (Fit(mode="max", background=_matte(preset.matte, whose), light="srgb"),)
    tuning = {"png.plain": 1.0, "png.max_deflate": deflates}
    return _named("png", flat, lossless_of=(("png", True),), tuning=tuning)


def _pngquant(preset: ours.Pngquant, whose: Step) -> Encoded:
    quality = clamped_quality(_BEST_PALETTE if preset.quality is None else preset.quality)
    least = clamped_quality(preset.minimum_quality or 0)
    if least > quality:
        raise whose.fault(expected(f"at most {quality}, the quality,", "minimum_quality", str(preset.minimum_quality)))
    return _named(
        "png",
        qualities=(("png", quality),),
        lossless_of=(("png", False),),
        tuning={
            "png.min_quality": least or None,
            "png.speed": _speed(preset.speed),
            "png.max_deflate": preset.maximum_deflate,
        },
    )


def _speed(said: int | None) -> float | None:
    return None if said is None else float(min(max(said, _SPEEDS[0]), _SPEEDS[1]))


def _webplossy(preset: ours.WebpLossy, whose: Step) -> Encoded:
    return _named("webp", qualities=(("webp", clamped_quality(preset.quality)),), lossless_of=(("webp", False),))


def _webplossless(preset: ours.WebpLossless, whose: Step) -> Encoded:
    return _named("webp", lossless_of=(("webp", True),))


def _auto(preset: ours.Auto, whose: Step) -> Encoded:
    allowed = _words(preset.allow)
    formats = allowed & frozenset(_FORMATS)
    if not formats:
        raise whose.fault(expected("at least one format", "allow", "none"), "InvalidArgument")
    return _chosen(preset, whose, Encode(AUTO), allowed)


def _format(preset: ours.Format, whose: Step) -> Encoded:
    name = "jpeg" if preset.format == "jpg" else preset.format
    hints = preset.encoder_hints or ours.EncoderHints()
    qualities, lossless_of, tuning = _hinted(hints)
    said = Encode(name, qualities=qualities, lossless_of=lossless_of, tuning=tuning)
    return _chosen(preset, whose, said, _words(preset.allow), hints.jpeg)


def _chosen(
    preset: ours.Auto | ours.Format,
    whose: Step,
    said: Encode,
    words: frozenset[str],
    jpeg: ours.JpegHints | None = None,
) -> Encoded:
    """What `auto` and `format` have in common. The lossless profile means it, unless `lossless` says otherwise."""
    profile, lossless = _profile(preset.quality_profile), _LOSSLESS[preset.lossless]
    if isinstance(preset.quality_profile, ours.WithoutLoss) and lossless is None:
        lossless = True
    progressive = "jpeg_progressive" in words and (jpeg is None or jpeg.progressive is not False)
    step = Encode(
        format=said.format,
        qualities=said.qualities,
        lossless=lossless,
        lossless_of=said.lossless_of,
        matte=_matte(preset.matte, whose),
        profile=profile,
        profile_dpr=3.0 if preset.quality_profile_dpr is None else clamped_dpr(float(preset.quality_profile_dpr)),
        tuning=_tuning({**dict(said.tuning), "jpeg.progressive": progressive}),
        gamut="p3" if "color_profiles" in words else "srgb",
    )
    return Encoded(step, Allowed(words & frozenset(_FORMATS), progressive))


def _profile(said: ours.QualityProfile | None) -> float | None:
    """In percent."""
    if said is None:
        return None
    if isinstance(said, ours.Percent):
        return min(max(float(said.value), 0.0), 100.0) + 0.0
    return PROFILES.get(said.tag, _WITHOUT_LOSS)


def _words(allow: ours.Allowed | None) -> frozenset[str]:
    """What is allowed: the sets, and what each word says of itself, which beats them. Nothing said is web_safe."""
    if allow is None:
        return _WEB_SAFE
    said = allow.model_dump(exclude_none=True)
    allowed = frozenset[str]().union(*(members for name, members in _SETS.items() if said.get(name)))
    plain = {name: wanted for name, wanted in said.items() if name not in _SETS}
    return (allowed | _of(plain, True)) - _of(plain, False)


def _of(said: Mapping[str, bool], value: bool) -> frozenset[str]:
    return frozenset(name for name, wanted in said.items() if wanted is value)


def _hinted(hints: ours.EncoderHints) -> tuple[tuple[tuple[str, int], ...], tuple[Any, ...], tuple[Any, ...]]:
    """Qualities, losslessness and tuning by format."""
    jpeg, png, webp = hints.jpeg or ours.JpegHints(), hints.png or ours.PngHints(), hints.webp or ours.WebpHints()
    least = None if png.min_quality is None else float(clamped_quality(png.min_quality))
    tuning = {
        "jpeg.fast": jpeg.mimic == "libjpegturbo" or None,
        "png.min_quality": least,
        "png.speed": _speed(png.quantization_speed),
        "png.max_deflate": png.hint_max_deflate,
        "png.plain": png.mimic == "libpng" or None,
    }
    qualities = _qualities((("jpeg", jpeg.quality), ("png", png.quality), ("webp", webp.quality)))
    lossless = (("png", _png_lossless(png)), ("webp", _LOSSLESS[webp.lossless]))
    return qualities, tuple(each for each in lossless if each[1] is not None), _tuning(tuning)


def _qualities(said: Iterable[tuple[str, float | None]]) -> tuple[tuple[str, int], ...]:
    return tuple((name, clamped_quality(number)) for name, number in said if number is not None)


def _png_lossless(png: ours.PngHints) -> _Lossless:
    """What is imitated tells where the hint itself does not."""
    if png.lossless is not None:
        return _LOSSLESS[png.lossless]
    return {"lodepng": True, "libpng": True, "pngquant": False}.get(png.mimic or "default")


_PRESETS: Final[Mapping[type, Callable[[Any, Step], Encoded]]] = {
    ours.Gif: _gif,
    ours.Mozjpeg: _mozjpeg,
    ours.LibJpegTurbo: _libjpegturbo,
    ours.Lodepng: _lodepng,
    ours.Libpng: _libpng,
    ours.Pngquant: _pngquant,
    ours.WebpLossy: _webplossy,
    ours.WebpLossless: _webplossless,
    ours.Auto: _auto,
    ours.Format: _format,
}
