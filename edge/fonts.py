"""Where this system keeps fonts: without one, libvips draws a box for every letter."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

_PLACES = ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts")
_OF_USERS = (".fonts", ".local/share/fonts", "Library/Fonts")
_KINDS = (".ttf", ".otf", ".ttc", ".pfb", ".pcf.gz")
ADVICE = "text is drawn as boxes; on Debian: apt-get install fonts-dejavu-core"


def fonts(most: int = 1000) -> int:
    """How many files of fonts there are, counted up to `most`."""
    return sum(1 for _ in islice(_files(), most))


def _files() -> Iterator[Path]:
    homes = [Path.home() / place for place in _OF_USERS]
    for place in (*map(Path, _PLACES), *homes):
        yield from (path for path in place.rglob("*") if path.name.lower().endswith(_KINDS))
