"""The header fields of a picture, and file names that fit them."""

from functools import lru_cache
from string import ascii_letters, digits
from urllib.parse import quote

from edge.exchange import Fields
from edge.plan.formats import FORMATS

_PLAIN = frozenset(ascii_letters + digits + "-_. ")
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def picture_fields(path: str, key: str, format_name: str, freshness: Fields, vary: tuple[str, ...]) -> Fields:
    """What a 200 says besides its story."""
    format = FORMATS[format_name]
    lines = [
        ("content-type", format.media_type),
        ("content-disposition", disposition(path, format.extension)),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
    ]
    if format_name == "svg":
        lines.append(("content-security-policy", _SVG_POLICY))
    return Fields((*lines, *validator_fields(key, freshness, vary)))


def validator_fields(key: str, freshness: Fields, vary: tuple[str, ...]) -> Fields:
    """What a 304 repeats of the 200 (RFC 9110 §15.4.5)."""
    lines = [("etag", f'"{key}"'), *freshness]
    if vary:
        lines.append(("vary", ", ".join(vary)))
    return Fields(lines)


def privately(freshness: Fields) -> Fields:
    """For caches in front that ignore Vary: what hints chose is for this browser alone."""
    told = freshness.get("cache-control") or ""
    kept = [part for part in told.split(", ") if not part.startswith(("public", "private", "s-maxage"))]
    if "no-store" in kept:
        return freshness
    return freshness.having("cache-control", ", ".join(["private", *kept])).having("cdn-cache-control", "no-store")


@lru_cache(4096)
def disposition(path: str, extension: str) -> str:
    """inline, with the original's name and the rendition's extension (RFC 6266, RFC 8187)."""
    name = path.rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
    fitting = f"{stem or 'picture'}.{extension}"
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_. ") else "_" for letter in fitting
    )
    if plain == fitting:
        return f'inline; filename="{plain}"'
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(fitting, safe='')}"
