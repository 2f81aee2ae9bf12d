"""Keys of formats, qualities and encoders, and the Encode they become. Formats left open are negotiated later."""

from typing import Any, Final

from edge.dialects import values
from edge.dialects.book import Compat
from edge.dialects.riapi.asked import Asked
from edge.dialects.riapi.row import BOOLEAN, BYTE, KEEP, NUMBER, WHOLE, Notices, Row, clamped, when
from edge.dialects.riapi.sizing import background
from edge.plan.boxes import round_away
from edge.plan.formats import WRITABLE
from edge.plan.steps import AUTO, Auto, Encode

FORMATS: Final[dict[str, str | Auto]] = {**WRITABLE, "auto": AUTO, "keep": "keep"}

_KEY_FORMATS: Final = {**FORMATS, "json": "json"}
_SUBSAMPLINGS: Final = {"411": 411.0, "420": 420.0, "422": 422.0, "444": 444.0}
_ZOOM: Final = ("dpr", "dppx", "zoom")

# Names of the perceptual profiles, in percent (RIAPI §6.2).
PROFILES: Final[dict[str, float]] = {
    "lowest": 15.0,
    "low": 20.0,
    **dict.fromkeys(("medium-low", "mediumlow"), 34.0),
    "medium": 55.0,
    **dict.fromkeys(("good", "medium-high", "mediumhigh"), 73.0),
    "high": 91.0,
    "highest": 96.0,
}
_DPRS: Final = (0.1, 12.0)  # RIAPI §6.2


def clamped_quality(number: float) -> int:
    return round_away(min(max(number, 0.0), 100.0))


def clamped_dpr(number: float) -> float:
    return min(max(number, _DPRS[0]), _DPRS[1])


def profile(text: str) -> float | str | None:
    """A profile by name or in percent; `lossless` is 100 and means it."""
    name = text.lower()
    if name == "lossless":
        return name
    if name in PROFILES:
        return PROFILES[name]
    number = values.decimal(text)
    return None if number is None else min(max(number, 0.0), 100.0)


def _profile_or_quality(text: str) -> float | str | None:
    return "quality" if text.lower() == "quality" else profile(text)


def _dpr(text: str) -> float | str | None:
    if text.lower() in _ZOOM:
        return "zoom"
    number = values.decimal(text.rstrip("x"))
    return None if number is None else clamped_dpr(number)


def _quality(text: str) -> int | Auto | None:
    if text.lower() == "auto":
        return AUTO
    number = values.whole(text)
    return None if number is None else clamped_quality(number)


def _whole_quality(text: str) -> int | None:
    number = values.whole(text)
    return None if number is None else clamped_quality(number)


def _real_quality(text: str) -> int | None:
    number = values.decimal(text)
    return None if number is None else clamped_quality(number)


def _byte_quality(text: str) -> int | None:
    number = values.byte(text)
    return None if number is None else clamped_quality(number)


def _real_byte(text: str) -> float | None:
    number = values.byte(text)
    return None if number is None else float(number)


def _format(text: str) -> str | Auto | None:
    return values.word(text, _KEY_FORMATS)


def _subsampling(text: str) -> float | None:
    return _SUBSAMPLINGS.get(text)


def _progressive(text: str) -> float | None:
    said = values.boolean(text)
    return None if said is None else float(said)


def _jpegli_remark(text: str) -> tuple[str, str] | None:
    return "ignored", "jpeg.li has no effect: there is no jpegli here"


def _tuning(key: str, read: Any, what: str, name: str = "") -> Row:
    return Row("tuning", (key,), read, what, name or key)


_YES: Final = when(values.boolean, 1.0)

ROWS: Final = (
    Row("format", ("format", "thumbnail"), _format, "a format"),
    Row("quality", ("quality",), _quality, "a whole number or auto"),
    Row("qualities", ("jpeg.quality",), _whole_quality, WHOLE, "jpeg"),
    Row("qualities", ("webp.quality",), _real_quality, NUMBER, "webp"),
    Row("qualities", ("avif.quality",), _real_quality, NUMBER, "avif"),
    Row("qualities", ("jxl.quality",), _real_quality, NUMBER, "jxl"),
    Row("qualities", ("png.quality",), _byte_quality, BYTE, "png"),
    Row("lossless", ("lossless",), values.boolean_or_keep, KEEP),
    Row("lossless_of", ("webp.lossless",), values.boolean_or_keep, KEEP, "webp"),
    Row("lossless_of", ("png.lossless",), values.boolean_or_keep, KEEP, "png"),
    Row("lossless_of", ("jxl.lossless",), values.boolean_or_keep, KEEP, "jxl"),
    Row("accepts", ("accept.webp",), values.boolean, BOOLEAN, "webp"),
    Row("accepts", ("accept.avif",), values.boolean, BOOLEAN, "avif"),
    Row("accepts", ("accept.jxl",), values.boolean, BOOLEAN, "jxl"),
    Row("wide", ("accept.color_profiles",), values.boolean, BOOLEAN),
    Row("profile", ("qp",), _profile_or_quality, "a profile like high, a number or quality"),
    Row("profile_dpr", ("qp.dpr", "qp.dppx"), _dpr, "a number or zoom"),
    Row("jpegli", ("jpeg.li",), values.boolean, BOOLEAN, remark=_jpegli_remark),
    _tuning("jpeg.turbo", _YES, BOOLEAN, "jpeg.fast"),
    _tuning("jpeg.progressive", _progressive, BOOLEAN),
    _tuning("subsampling", _subsampling, "411, 420, 422 or 444", "jpeg.subsampling"),
    _tuning("png.libpng", _YES, BOOLEAN, "png.plain"),
    _tuning("png.max_deflate", _YES, BOOLEAN),
    _tuning("png.min_quality", clamped(_real_byte, 0.0, 100.0), BYTE),
    _tuning("png.quantization_speed", clamped(_real_byte, 1.0, 10.0), BYTE, "png.speed"),
    _tuning("avif.speed", clamped(_real_byte, 0.0, 10.0), BYTE),
    _tuning("jxl.effort", clamped(_real_byte, 0.0, 9.0), BYTE),
    _tuning("jxl.distance", clamped(values.decimal, 0.0, 25.0), NUMBER),
)


def check(asked: Asked, notices: Notices) -> None:
    """Say what has no effect beside the rest."""
    if asked.jpegli and asked.tuning.pop("jpeg.fast", None) is not None:
        notices.note("ignored", "jpeg.turbo", "jpeg.turbo has no effect beside jpeg.li")
    if asked.profile == "quality" and not isinstance(asked.quality, int):
        notices.note("ignored", "qp", "qp=quality has no effect without a quality")


def encode(asked: Asked, compat: Compat) -> Encode:
    aim = _profile(asked, compat)
    return Encode(
        format=_chosen_format(asked, aim, compat),
        quality=asked.quality,
        qualities=tuple(sorted(asked.qualities.items())),
        lossless=True if asked.profile == "lossless" and asked.lossless is None else asked.lossless,
        lossless_of=tuple(sorted(asked.lossless_of.items())),
        matte=background(asked),
        accepts=tuple(sorted(name for name, accepted in asked.accepts.items() if accepted)),
        profile=aim,
        profile_dpr=_profile_dpr(asked),
        tuning=tuple(sorted(asked.tuning.items())),
        gamut="p3" if asked.wide else "srgb",
    )


def _profile(asked: Asked, compat: Compat) -> float | None:
    """The profile in percent. Upstream loses its decimals on the way to the encoder (RIAPI §5)."""
    if asked.profile == "lossless":
        return 100.0
    if asked.profile == "quality":
        return float(asked.quality) if isinstance(asked.quality, int) else None
    if asked.profile is None:
        return None
    return float(int(asked.profile)) if compat == "imageflow" else float(asked.profile)


def _profile_dpr(asked: Asked) -> float | Auto:
    if asked.profile_dpr != "zoom":
        return asked.profile_dpr
    return asked.zoom if isinstance(asked.zoom, Auto) else clamped_dpr(asked.zoom)


def _chosen_format(asked: Asked, aim: float | None, compat: Compat) -> str | Auto | None:
    """A profile alone asks for the best format; upstream otherwise keeps the source's, here the route decides."""
    if asked.format is not None:
        return asked.format
    if aim is not None:
        return AUTO
    return "keep" if compat == "imageflow" else None
