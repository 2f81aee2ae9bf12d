"""Files that a pattern matches: `*`, `?`, `[…]`, and `**` for folders of any depth.

As the glob module, but for two things: `**` enters no links to folders, so that one which leads back up is no endless
maze, and folders that cannot be read are told instead of passed over.
"""

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

Closed = Callable[[OSError], object]


def fixed_part(pattern: str) -> Path:
    """The folder that a pattern names before its first wildcard."""
    parts = Path(pattern).parts
    open_at = next(at for at, part in enumerate((*parts, "*")) if glob.has_magic(part))
    return Path(*parts[: min(open_at, len(parts) - 1)])


def matching(pattern: str, closed: Closed) -> Iterator[str]:
    """Each once. `closed` is told of folders that cannot be read."""
    root, unread = fixed_part(pattern), dict[str, OSError]()
    found = dict.fromkeys(_below(str(root), Path(pattern).parts[len(root.parts) :], lambda it: _note(it, unread)))
    for error in unread.values():
        closed(error)
    yield from found


def _note(error: OSError, unread: dict[str, OSError]) -> None:
    """Once for each folder, which `**` lists twice."""
    unread.setdefault(str(error.filename), error)


def _below(folder: str, parts: Sequence[str], closed: Closed) -> Iterator[str]:
    """What the parts of a pattern match in this folder."""
    first, rest = parts[0], parts[1:]
    if first == "**":
        yield from _at_any_depth(folder, rest or ["*"], closed)
    elif not glob.has_magic(first):
        place = os.path.join(folder, first)  # noqa: PTH118 - texts, as they are shown
        yield from _below(place, rest, closed) if rest else [place]
    else:
        for entry in _entries(folder, closed):
            if fnmatchcase(entry.name, first) and (first.startswith(".") or not entry.name.startswith(".")):
                if not rest:
                    yield entry.path
                elif entry.is_dir():
                    yield from _below(entry.path, rest, closed)


def _at_any_depth(folder: str, parts: Sequence[str], closed: Closed) -> Iterator[str]:
    while len(parts) > 1 and parts[0] == "**":
        parts = parts[1:]
    yield from _below(folder, parts, closed)
    for entry in _entries(folder, closed):
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from _at_any_depth(entry.path, parts, closed)


def _entries(folder: str, closed: Closed) -> Sequence["os.DirEntry[str]"]:
    """None of a folder that is not there: the pattern does not match, then."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        closed(error)
        return []
