"""URLs that an answer names, as paths of this server (RFC 3986 §5.2)."""

from collections.abc import Collection
from urllib.parse import urlsplit

_LONGEST = 8 << 10


def resolved(reference: str, target: str, hosts: Collection[str] = ()) -> str | None:
    """The path and query that a reference found in an answer to `target` (itself a path and query) stands for. None
    when it is elsewhere, broken, or longer than 8 KiB. `hosts` are the authorities that are this server, lower case.

    The standard library's join would fold empty segments, which name other resources."""
    if len(reference) > _LONGEST or any(letter <= " " or letter == "\\" for letter in reference):
        return None
    try:
        url = urlsplit(reference)
    except ValueError:
        return None
    if url.scheme or url.netloc:
        here = url.scheme in ("http", "https", "") and url.netloc.lower() in hosts
        return _printed(_without_dots(url.path or "/"), url.query) if here else None
    path, _, query = target.partition("?")
    if not url.path:
        return _printed(path, url.query if "?" in reference else query)
    absolute = url.path if url.path.startswith("/") else path[: path.rfind("/") + 1] + url.path
    return _printed(_without_dots(absolute), url.query)


def _printed(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
