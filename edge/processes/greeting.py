"""What is printed once the edge serves."""

import os
from collections.abc import Sequence
from itertools import islice
from urllib.parse import quote

from edge import __version__
from edge.settings.models import Settings
from edge.settings.origins import FilesOrigin
from edge.settings.routes import Route

_TRIED = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif")


def greeting(settings: Settings, public: str, admin: str | None, hint: Sequence[str] = ()) -> str:
    """Where it listens, and a URL to try; `hint` instead where there is one. Whole lines."""
    lines = [f"image-edge {__version__} serves"]
    lines += [f"  {public}{route.prefix} {_source(route)}" for route in settings.routes if not hint]
    if admin is not None:
        lines.append(f"  admin: {admin}/metrics")
    lines += hint or [f"  try: {public}{path}" for path in first_picture(settings)]
    return "\n".join(lines) + "\n"


def _source(route: Route) -> str:
    return f"from {' '.join(route.origin_names)}" if route.origin_names else "for jobs"


def first_picture(settings: Settings) -> list[str]:
    """The path of a picture that can be asked for, from the first route that makes pictures of a folder; none when the
    top of the folder has no picture."""
    for route in settings.routes:
        origin = settings.origins[route.origin_names[0]] if route.origin_names else None
        if route.dialect != "raw" and isinstance(origin, FilesOrigin):
            with os.scandir(origin.root) as found:
                names = sorted(entry.name for entry in islice(found, 10_000) if entry.name.lower().endswith(_TRIED))
            return [f"{route.prefix}{quote(name)}?w=400" for name in names[:1]]
    return []
